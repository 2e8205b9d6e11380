"""Paths that stay affine in their noise: Gaussian sites and Gaussian modes in general directions.

The posterior mean of a Gaussian mixture is affine in y with coefficients that depend on a few sums of y, so that
x_k = s_k z + c_k along the whole path: scalars are stepped, and d numbers are touched twice, once to draw and once to
scale.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from symsched.sampling.kernels import gaussian_coefficients
from symsched.sampling.model_base import softmax
from symsched.sampling.model_directions import DirectionModel
from symsched.sampling.model_product import ProductModel
from symsched.sampling.noise import fill, tiles
from symsched.sampling.recording import BlockResult, Recording, Track, Workspace, hermite_coefficients
from symsched.sampling.scheme import Plan
from symsched.sampling.sites import AbstractSite

Array = NDArray[np.float64]

_POWERS = 4
_STRIP = 1 << 12
"""Columns of all rows worked on together, so that the frame is read once per block."""


def is_affine(model: ProductModel) -> bool:
    """Return whether every site is Gaussian."""
    return all(site.gaussian is not None for site in model.sites)


def step_product(model: ProductModel, plan: Plan, powers: Array, record: Recording) -> tuple[Array, Array, Track]:
    """Return the final scale s and shift c (r,) of x = s z + c given the power sums Σ z^j, (r, 5) for j = 0 … 4."""
    d = float(model.d)
    centres, variances = np.array([_gaussian(site) for site in model.sites]).T
    intercepts, slopes, constants = gaussian_coefficients(centres, variances, plan.psi[:, None])
    offsets = d * constants + np.log(model.weights)
    factors = plan.psi / plan.alpha[:-1]
    # Fields are Σ y and Σ y²/2: what each of them adds to the log weight of every mode.
    loads = np.stack([intercepts * factors[:, None], slopes * (factors**2 / 2)[:, None]], axis=1)
    pulls, gains = plan.B[:, None] * intercepts, (plan.B * factors)[:, None] * slopes
    rows = powers.shape[0]
    scales, shifts = np.empty((plan.steps + 1, rows)), np.empty((plan.steps + 1, rows))
    scales[0], shifts[0] = plan.alpha[0], 0.0
    first, second, fields = powers[:, 1], powers[:, 2], np.empty((rows, 2))
    track = Track(record, plan, model.d)
    for node in range(plan.steps):
        scale, shift = scales[node], shifts[node]
        inner, outer = scale * first, d * shift
        fields[:, 0] = inner + outer
        fields[:, 1] = scale * (scale * second) + shift * (2 * inner + outer)
        responsibilities = softmax(offsets[node] + fields @ loads[node])
        track.watch(node, responsibilities)
        gain = plan.A[node] + responsibilities @ gains[node]
        np.multiply(gain, shift, out=shifts[node + 1])
        shifts[node + 1] += responsibilities @ pulls[node]
        np.multiply(gain, scale, out=scales[node + 1])
    for node in range(plan.steps + 1):
        track.note(_sums(track, node, scales[node], shifts[node], powers))
    return scales[-1], shifts[-1], track


def _gaussian(site: AbstractSite) -> tuple[float, float]:
    """Return mean and variance of a Gaussian site."""
    if site.gaussian is None:
        raise ValueError("the affine method needs Gaussian sites; use the scalar map")
    return site.gaussian


def integrate_product(model: ProductModel, plan: Plan, work: Workspace) -> BlockResult:
    """Return a block of paths of a mixture of Gaussian product laws."""
    out, record = work.out, work.recording
    rows = out.shape[0]
    order = record.statistic.order if record.statistic is not None else 0
    powers = np.zeros((rows, max(_POWERS, order) + 1))
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
    moments = np.stack([_power_sum(j, scale, shift, powers) for j in range(1, 5)], axis=1)
    return track.finish(out if work.keep else None, moments)


def step_directions(
    model: DirectionModel, plan: Plan, projections: Array, record: Recording
) -> tuple[float, Array, list[Array], list[Array]]:
    """Return s and c (r, directions) of x = s z + c @ frame, the projections of x at every node, and responsibilities.

    ``projections`` (r, directions) are those of the noise.
    """
    scale, shift = float(plan.alpha[0]), np.zeros_like(projections)
    history, watched = [], []
    for node in range(plan.steps + 1):
        state = scale * projections + shift
        history.append(state)
        if node == plan.steps:
            break
        psi, alpha = float(plan.psi[node]), float(plan.alpha[node])
        responsibilities = model.responsibilities(psi, state / alpha)
        if node in record.watch:
            watched.append(responsibilities)
        damping = 1 + psi**2 * model.sigma**2
        gain = float(plan.A[node] + plan.B[node] * psi * model.sigma**2 / damping / alpha)
        pull = plan.B[node] * math.sqrt(model.d) / damping
        shift = gain * shift + pull * (responsibilities @ model.centres)
        scale *= gain
    return scale, shift, history, watched


def integrate_directions(model: DirectionModel, plan: Plan, work: Workspace) -> BlockResult:
    """Return a block of paths of Gaussian modes in general directions."""
    out = work.out
    rows, d = out.shape
    projections, squares = np.zeros((rows, model.directions)), np.zeros(rows)
    frame = model.frame
    for row, column in tiles(rows, d):
        tile = out[row, column]
        fill(work.generator, tile)
        squares[row] += np.einsum("ij,ij->i", tile, tile)
    for column in _strips(d):
        projections += out[:, column] @ frame[:, column].T
    scale, shift, history, watched = step_directions(model, plan, projections, work.recording)
    if work.keep:
        for column in _strips(d):
            strip = out[:, column]
            strip *= scale
            strip += shift @ frame[:, column]
    states = np.stack(history, axis=1)
    # The first direction is the constant one, so that its projection is √d times the mean.
    means = states[:, :, 0] / math.sqrt(d)
    outside = scale**2 * (squares - np.sum(projections**2, axis=1))
    second = (outside + np.sum(states[:, -1] ** 2, axis=1)) / d
    return BlockResult(
        out if work.keep else None,
        means,
        np.empty((rows, 0)),
        states,
        np.stack(watched, axis=1),
        np.stack([means[:, -1], second], axis=1),
        0.0,
    )


def _strips(d: int) -> Iterator[slice]:
    """Yield slices of columns."""
    for column in range(0, d, _STRIP):
        yield slice(column, min(column + _STRIP, d))


def _sums(track: Track, node: int, scale: Array, shift: Array, powers: Array) -> list[Array]:
    """Return Σ x and Σ He_q of the standardised coordinates from the power sums of the noise."""
    sums = [scale * powers[:, 1] + shift * powers[:, 0]]
    statistic = track.recording.statistic
    if statistic is not None and track.defined(node):
        alpha, beta = float(track.plan.alpha[node]), float(track.plan.beta[node])
        width = statistic.scale(alpha, beta)
        standard_scale, standard_shift = scale / width, (shift - beta * statistic.centre) / width
        coefficients = hermite_coefficients(statistic.order)
        sums.append(
            sum(
                (c * _power_sum(j, standard_scale, standard_shift, powers) for j, c in enumerate(coefficients) if c),
                start=np.zeros(scale.size),
            )
        )
    return sums


def _power_sum(power: int, scale: Array, shift: Array, powers: Array) -> Array:
    """Return Σ (s z + c)^power."""
    if power == 0:
        return powers[:, 0]
    total = scale**power * powers[:, power] + shift**power * powers[:, 0]
    for j in range(1, power):
        total += math.comb(power, j) * scale**j * shift ** (power - j) * powers[:, j]
    return np.asarray(total)
