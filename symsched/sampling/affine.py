"""Paths that stay affine in their noise: Gaussian sites and Gaussian modes in general directions.

The posterior mean of a Gaussian mixture is affine in y with coefficients that depend on a few sums of y, so that
x_k = s_k z + c_k along the whole path: scalars are stepped, and d numbers are touched twice, once to draw and once to
scale.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from symsched.sampling.kernels import GaussianKernel, kernel
from symsched.sampling.model_base import softmax
from symsched.sampling.model_directions import DirectionModel, cosine_rows
from symsched.sampling.model_product import ProductModel
from symsched.sampling.noise import fill, tiles
from symsched.sampling.recording import BlockResult, Recording, Track, Workspace
from symsched.sampling.scheme import Plan

Array = NDArray[np.float64]

_POWERS = 4


def is_affine(model: ProductModel) -> bool:
    """Return whether every site is Gaussian."""
    return all(site.gaussian is not None for site in model.sites)


def step_product(model: ProductModel, plan: Plan, powers: Array, record: Recording) -> tuple[Array, Array, Track]:
    """Return the final scale s and shift c (r,) of x = s z + c given the power sums Σ z^j, (r, 5) for j = 0 … 4."""
    d = float(model.d)
    scale, shift = np.full(powers.shape[0], plan.alpha[0]), np.zeros(powers.shape[0])
    track = Track(record, plan, model.d)
    for node in range(plan.steps + 1):
        track.note(_sums(track, node, scale, shift, powers))
        if node == plan.steps:
            break
        psi = float(plan.psi[node])
        factor = psi / plan.alpha[node]
        kernels = [kernel(site, psi) for site in model.sites]
        first = factor * (scale * powers[:, 1] + d * shift)
        second = factor**2 * (scale**2 * powers[:, 2] + 2 * scale * shift * powers[:, 1] + d * shift**2)
        logits, intercepts, slopes = [], [], []
        for weight, tilt in zip(model.weights, kernels, strict=True):
            if not isinstance(tilt, GaussianKernel):
                raise TypeError("the affine method needs Gaussian sites; use the scalar map")
            logits.append(np.log(weight) + d * tilt.constant + tilt.intercept * first + tilt.slope / 2 * second)
            intercepts.append(tilt.intercept)
            slopes.append(tilt.slope)
        responsibilities = softmax(np.stack(logits, axis=1))
        track.watch(node, responsibilities)
        gain = responsibilities @ np.array(slopes) * factor
        constant = responsibilities @ np.array(intercepts)
        shift = plan.A[node] * shift + plan.B[node] * (gain * shift + constant)
        scale = (plan.A[node] + plan.B[node] * gain) * scale
    return scale, shift, track


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
    rows, count = out.shape[0], model.directions
    projections = np.zeros((rows, count))
    frame = model.frame
    for row, column in tiles(rows, model.d):
        tile = out[row, column]
        fill(work.generator, tile)
        projections[row] += tile @ frame[:, column].T
    scale, shift, history, watched = step_directions(model, plan, projections, work.recording)
    power_sums = np.zeros((rows, 4))
    for row, column in tiles(rows, model.d):
        tile = out[row, column]
        tile *= scale
        tile += shift[row] @ frame[:, column]
        squares = tile * tile
        power_sums[row, 0] += tile.sum(axis=1)
        power_sums[row, 1] += squares.sum(axis=1)
        power_sums[row, 2] += np.einsum("ij,ij->i", squares, tile)
        power_sums[row, 3] += np.einsum("ij,ij->i", squares, squares)
    states = np.stack(history, axis=1)
    ones = cosine_rows(1, model.d)[0, 0] * model.d
    return BlockResult(
        out if work.keep else None,
        states[:, :, 0] * (ones / model.d),
        np.empty((rows, 0)),
        states,
        np.stack(watched, axis=1),
        power_sums / model.d,
        0.0,
    )


def _sums(track: Track, node: int, scale: Array, shift: Array, powers: Array) -> list[Array]:
    """Return Σ x and Σ He_q of the standardised coordinates from the power sums of the noise."""
    sums = [_power_sum(1, scale, shift, powers)]
    statistic = track.recording.statistic
    if statistic is not None and track.defined(node):
        alpha, beta = float(track.plan.alpha[node]), float(track.plan.beta[node])
        width = statistic.scale(alpha, beta)
        standard_scale, standard_shift = scale / width, (shift - beta * statistic.centre) / width
        coefficients = np.polynomial.hermite_e.herme2poly([0.0] * statistic.order + [1.0])
        sums.append(
            sum(
                (c * _power_sum(j, standard_scale, standard_shift, powers) for j, c in enumerate(coefficients) if c),
                start=np.zeros(scale.size),
            )
        )
    return sums


def _power_sum(power: int, scale: Array, shift: Array, powers: Array) -> Array:
    """Return Σ (s z + c)^power."""
    total = np.zeros(scale.size)
    for j in range(power + 1):
        total += math.comb(power, j) * scale**j * shift ** (power - j) * powers[:, j]
    return total
