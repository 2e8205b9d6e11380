"""Paths of Gaussian modes in general directions, which stay affine in their noise.

The posterior mean is affine in y with coefficients that depend on r projections of y, so that x_k = s_k z + c_k along
the whole path, c_k in the span of the means. Where only statistics are wanted, the projections of z and χ²_{d−r} for
the rest of its length are all that is drawn.
"""

import math
from collections.abc import Iterator

import numpy as np

from symsched.algebra.arrays import Array
from symsched.distributions.gaussian_modes.directions import Directions
from symsched.models.noise import fill, tiles
from symsched.models.recording import BlockResult, Recording, Workspace
from symsched.schedules.plan import History, Plan

_STRIP = 1 << 12
"""Columns of all rows worked on together, so that the frame is read once per block."""


def step_directions(
    model: Directions, plan: Plan, projections: Array, record: Recording
) -> tuple[float, Array, list[Array], list[Array]]:
    """Return s and c (r, directions) of x = s z + c @ frame, the projections of x at every node, and responsibilities.

    ``projections`` (r, directions) are those of the noise.
    """
    # The rows of c, and below them s. Of the directions only the first, the constant one, feels a shift.
    path = np.zeros((projections.shape[0] + 1, model.directions))
    path[-1] = plan.alpha[0]
    scale, shift, unit = path[-1], path[:-1], np.zeros_like(path)
    unit[:-1, 0] = math.sqrt(model.d)
    damping = 1 + plan.psi**2 * model.sigma**2
    slopes, lifts = plan.psi * model.sigma**2 / damping / plan.alpha[:-1], math.sqrt(model.d) / damping
    gains, pulls = plan.folded(slopes, lifts)
    advancing = History(plan, unit)
    history, watched = [], []
    for node in range(plan.steps + 1):
        state = scale * projections + shift
        history.append(state)
        if node == plan.steps:
            break
        responsibilities = model.decide(float(plan.psi[node]), state / plan.alpha[node])
        if node in record.watch:
            watched.append(responsibilities)
        centres = responsibilities @ model.centres
        if plan.is_diagonal:
            path *= gains[node]
            shift += pulls[node] * centres
            continue
        mean = slopes[node] * path
        mean[:-1] += lifts[node] * centres
        advancing.advance(node, path, mean)
    return float(scale[0]), shift, history, watched


def integrate_directions(model: Directions, plan: Plan, work: Workspace) -> BlockResult:
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


def integrate_projections(model: Directions, plan: Plan, work: Workspace) -> BlockResult:
    """Return a block of paths without samples, from the projections of z and its length."""
    generator, rows, record = work.generator, work.out.shape[0], work.recording
    d, count = model.d, model.directions
    projections = generator.standard_normal((rows, count))
    rest = generator.chisquare(d - count, rows) if d > count else np.zeros(rows)
    scale, _, history, watched = step_directions(model, plan, projections, record)
    states = np.stack(history, axis=1)
    means = states[:, :, 0] / math.sqrt(d)
    second = (scale**2 * rest + np.sum(states[:, -1] ** 2, axis=1)) / d
    moments = np.stack([means[:, -1], second], axis=1)
    return BlockResult(None, means, np.empty((rows, 0)), states, np.stack(watched, axis=1), moments, 0.0)


def _strips(d: int) -> Iterator[slice]:
    """Yield slices of columns."""
    for column in range(0, d, _STRIP):
        yield slice(column, min(column + _STRIP, d))
