"""Paths of Gaussian product mixtures, which stay affine in their noise.

The posterior mean is affine in y with coefficients that depend on Σ y and Σ y², so that x_k = s_k z + c_k along the
whole path: scalars are stepped, and d numbers are touched twice, once to draw and once to scale. Where only statistics
are wanted, Σ z ~ √d N(0, 1) and Σ z² = (Σ z)²/d + χ²_{d−1} are all that is drawn.
"""

import math
from dataclasses import dataclass
from functools import partial
from typing import final

import numpy as np

from symsched.algebra.arrays import Array, unwritable
from symsched.laws.numeric.kernels import gaussian_coefficients
from symsched.models.method import Method
from symsched.models.noise import fill, tiles
from symsched.models.recording import BlockResult, Recording, Track, Workspace, hermite_coefficients
from symsched.schedules.plan import History, Plan


@final
@dataclass(frozen=True, eq=False)
class Gaussians:
    """K modes of d independent Gaussian coordinates: ``weights``, ``means`` and ``variances`` (K,)."""

    d: int
    weights: Array
    means: Array
    variances: Array

    def __post_init__(self) -> None:
        """Close the arrays to writing."""
        for name in ("weights", "means", "variances"):
            object.__setattr__(self, name, unwritable(getattr(self, name)))

    @property
    def methods(self) -> tuple[Method, ...]:
        """The ways to run paths: by two sums of the noise, or with all coordinates."""
        return (
            Method("order parameter", partial(integrate_sums, self), keeps="statistics", highest=2, linear=True),
            Method("affine", partial(integrate_product, self), linear=True),
        )


def step_product(model: Gaussians, plan: Plan, powers: Array, record: Recording) -> tuple[Array, Array, Track]:
    """Return the final scale s and shift c (r,) of x = s z + c given the power sums Σ z^j, (r, 3+) from j = 0."""
    d = float(model.d)
    intercepts, slopes, constants = gaussian_coefficients(model.means, model.variances, plan.psi[:, None])
    factors = (plan.psi / plan.alpha[:-1])[:, None]
    # What 1, Σ x and Σ x²/2 add to the log weight of every mode, relative to the first: common parts are of order d.
    loads = np.stack([d * constants + np.log(model.weights), intercepts * factors, slopes * factors**2 / 2], axis=2)
    loads -= loads[:, :1]
    # Per mode: the factor of x and the shift of a whole step, those of the posterior mean where a later step uses it,
    # and 1 for the normaliser.
    gains, pulls = plan.folded(factors * slopes, intercepts)
    means = () if plan.is_diagonal else (factors * slopes, intercepts)
    moves = np.stack([gains, pulls, *means, np.ones_like(pulls)], axis=1)
    rows = powers.shape[0]
    state = np.zeros((2, rows))
    state[0] = plan.alpha[0]
    sums = np.stack([powers[:, 1], powers[:, 0]])
    second = powers[:, 2].copy()
    parts, squares, features = np.empty((2, rows)), np.empty((2, rows)), np.ones((3, rows))
    logits, moved = np.empty((model.weights.size, rows)), np.empty((moves.shape[1], rows))
    factor, shift, responses, normaliser = moved[0], moved[1], moved[:-1], moved[-1]
    history = History(plan, np.array([[0.0], [1.0]]))
    track = Track(record, plan, model.d)
    for node, (load, move) in enumerate(zip(loads, moves, strict=True)):
        # Σ x = s Σ z + c d, and Σ x² = s (s Σ z²) + c (s Σ z + Σ x).
        np.multiply(state, sums, out=parts)
        np.add(parts[0], parts[1], out=features[1])
        np.multiply(state[0], second, out=squares[0])
        np.add(parts[0], features[1], out=squares[1])
        squares *= state
        np.add(squares[0], squares[1], out=features[2])
        _note(track, node, features[1], state, powers)
        np.matmul(load, features, out=logits)
        logits -= np.maximum.reduce(logits)
        np.exp(logits, out=logits)
        np.matmul(move, logits, out=moved)
        if node in record.watch:
            track.watch(node, (logits / normaliser).T)
        responses /= normaliser
        if means:
            mean = state * responses[2]
            mean[1] += responses[3]
        state *= factor
        state[1] += shift
        if means:
            history.complete(node, state, mean)
    _note(track, plan.steps, _power_sum(1, state[0], state[1], powers), state, powers)
    return state[0], state[1], track


def integrate_product(model: Gaussians, plan: Plan, work: Workspace) -> BlockResult:
    """Return a block of paths of a mixture of Gaussian product laws."""
    out, record = work.out, work.recording
    rows = out.shape[0]
    order = record.statistic.order if record.statistic is not None else 0
    powers = np.zeros((rows, max(2, order) + 1))
    powers[:, 0] = model.d
    for row, column in tiles(rows, model.d):
        tile = out[row, column]
        fill(work.generator, tile)
        power = tile
        powers[row, 1] += tile.sum(axis=1)
        for exponent in range(2, powers.shape[1]):
            powers[row, exponent] += np.einsum("ij,ij->i", power, tile)
            if exponent + 1 < powers.shape[1]:
                power = power * tile
    scale, shift, track = step_product(model, plan, powers, record)
    if work.keep:
        for row, column in tiles(rows, model.d):
            tile = out[row, column]
            tile *= scale[row, None]
            tile += shift[row, None]
    return track.finish(out if work.keep else None, _moments(scale, shift, powers))


def integrate_sums(model: Gaussians, plan: Plan, work: Workspace) -> BlockResult:
    """Return a block of paths without samples, from Σ z and Σ z²."""
    generator, rows, record = work.generator, work.out.shape[0], work.recording
    if record.statistic is not None and record.statistic.order > 2:
        raise ValueError(
            "the order parameter of order above 2 of Gaussian sites needs their samples; use method='affine'"
        )
    normal = generator.standard_normal(rows)
    rest = generator.chisquare(model.d - 1, rows) if model.d > 1 else np.zeros(rows)
    powers = np.stack([np.full(rows, float(model.d)), math.sqrt(model.d) * normal, normal**2 + rest], axis=1)
    scale, shift, track = step_product(model, plan, powers, record)
    return track.finish(None, _moments(scale, shift, powers))


def _moments(scale: Array, shift: Array, powers: Array) -> Array:
    """Return Σ x and Σ x², (r, 2)."""
    return np.stack([_power_sum(power, scale, shift, powers) for power in (1, 2)], axis=1)


def _note(track: Track, node: int, total: Array, state: Array, powers: Array) -> None:
    """Record Σ x, ``total``, and Σ He_q of the standardised coordinates at a node, from s and c, ``state`` (2, r)."""
    statistic, plan, sums = track.recording.statistic, track.plan, [total]
    if statistic is not None and statistic.order > 1 and track.defined(node):
        width = statistic.scale(plan.alpha[node], plan.beta[node])
        scale, shift = state[0] / width, (state[1] - plan.beta[node] * statistic.centre) / width
        terms = np.zeros_like(total)
        for power, coefficient in enumerate(hermite_coefficients(statistic.order)):
            if coefficient:
                terms += coefficient * _power_sum(power, scale, shift, powers)
        sums.append(terms)
    track.note(node, sums)


def _power_sum(power: int, scale: Array, shift: Array, powers: Array) -> Array:
    """Return Σ (s z + c)^power, (r,)."""
    if power == 0:
        return powers[:, 0]
    total: Array = scale**power * powers[:, power] + shift**power * powers[:, 0]
    for j in range(1, power):
        total += math.comb(power, j) * scale**j * shift ** (power - j) * powers[:, j]
    return total
