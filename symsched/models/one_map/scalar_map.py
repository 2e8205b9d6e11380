"""Paths of exchangeable models through one scalar map each: the cost of a step does not depend on d."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from symsched.algebra.arrays import Array
from symsched.models.noise import fill, tiles
from symsched.models.one_map.bins import Bins
from symsched.models.one_map.cell_frame import CellFrame
from symsched.models.one_map.cells import Cells
from symsched.models.one_map.drift import AbstractDrift, AbstractExchangeableModel, MissedPeakError, resolution
from symsched.models.recording import BlockResult, Recording, Track, Workspace
from symsched.schedules.plan import History, Plan

_SHIFT = 1e-9
"""Error at the end of a path, from one step's unknown sums in one cell, at which its coordinates take its place."""
_NEGLIGIBLE = 1e-7
"""Share of the coordinates whose cell need not be resolved when only sums are wanted."""
_FLAT = 1e-6
"""Slope below which a map counts as constant."""
_CUBIC_TOLERANCE = 2e-11  # error of the table by which a map is applied
_URGENT = 3.0
"""Misfit above which a step is not made before the cell is halved; between 1 and this it is halved afterwards."""
_MOST_REFINEMENTS = 40  # of one step: a cell is then thinner than rounding
_PATIENCE = 4  # steps for which what was seen once is taken for granted
_MOST_BINS = 1 << 21
"""Bins of all paths that are held at once: 64 MiB of moments."""


def integrate_map(model: AbstractExchangeableModel, plan: Plan, work: Workspace) -> BlockResult:
    """Return a block of paths of an exchangeable model, some rows at a time to bound the memory of their bins."""
    rows, d = work.out.shape
    step = _MOST_BINS // Bins.of(d).count
    results = [
        _integrate_rows(model, plan, replace(work, out=work.out[start : start + step]))
        for start in range(0, rows, step)
    ]
    return replace(BlockResult.merge(results), x=work.out if work.keep else None)


def _integrate_rows(model: AbstractExchangeableModel, plan: Plan, work: Workspace) -> BlockResult:
    """Draw the noise of some rows, bin it, carry their maps through the plan and apply them."""
    out = work.out
    rows, d = out.shape
    bins = Bins.of(d)
    moments = np.zeros((rows, bins.count, 4))
    outside = []
    for row, column in tiles(rows, d):
        tile = out[row, column]
        fill(work.generator, tile)
        found, beyond = bins.gather(tile)
        moments[row] += found
        if beyond.size:
            place, across = np.divmod(beyond, tile.shape[1])
            outside.append((place + row.start) * d + across + column.start)
    positions = np.concatenate(outside) if outside else np.empty(0, dtype=np.intp)
    amplitude = float(plan.alpha[0])
    cells, track, error = carry(
        model, plan, lambda: Cells.start(bins, out, moments, positions, amplitude), work.recording
    )
    sums = end_powers(cells)
    if work.keep:
        error = max(error, cells.scatter(_CUBIC_TOLERANCE))
    return track.finish(None, sums, error)


def carry(
    model: AbstractExchangeableModel, plan: Plan, start: Callable[[], Cells], record: Recording
) -> tuple[Cells, Track, float]:
    """Return the maps at the end of the plan, the recording, and the estimated error."""
    # A plan of few steps moves too far in each to follow peaks.
    patience = min(_PATIENCE, plan.steps // 20)
    try:
        return _evolve(model.drift(patience), plan, start(), Track(record, plan, model.dimension))
    except MissedPeakError:
        return _evolve(model.drift(0), plan, start(), Track(record, plan, model.dimension))


def end_powers(cells: Cells) -> Array:
    """Return Σ x and Σ x² over the coordinates, (r, 2)."""
    frame = CellFrame(cells)
    return np.stack([frame.sum(cells.x), frame.sum(cells.x**2)], axis=1)


def _evolve(drift: AbstractDrift, plan: Plan, cells: Cells, track: Track) -> tuple[Cells, Track, float]:
    """Carry the maps through the plan and return the estimated error of the coordinates at the end too.

    An error made when the map has slope s grows by the later steepening only, S/s in all, and a final slope S above d
    concerns no coordinate: that is how the errors of single steps are judged and added.
    """
    frame, influence = CellFrame(cells), plan.influence
    history = History(plan, bend=plan.bend(cells.x / plan.alpha[0]))
    worst = 0.0
    debt = np.zeros(cells.paths)
    for node in range(plan.steps + 1):
        track.note(node, [frame.sum(column) for column in track.columns(node, cells.x)])
        if node == plan.steps:
            break
        psi = float(plan.psi[node])
        gain = float(influence[node]) / np.maximum(frame.steepest(cells.x), _FLAT)
        for _ in range(_MOST_REFINEMENTS):
            field = cells.x * (psi / plan.alpha[node])
            found = drift.evaluate(frame, cells, psi, field)
            counts = frame.population > _NEGLIGIBLE * track.d
            halve = (found.misfit > 1) & (counts | cells.named)
            unknown = (found.shift * gain[cells.path] * track.d > _SHIFT) & cells.named
            if not (np.any(halve & (found.misfit > _URGENT)) or unknown.any()):
                break
            history.re_express(cells.refine(halve, unknown))
            frame = CellFrame(cells)
        worst = max(worst, float(found.misfit[counts].max(initial=0.0)))
        debt += gain * np.bincount(cells.path, found.shift, minlength=cells.paths)
        track.watch(node, found.responsibilities)
        history.advance(node, cells.x, found.mean)
        if halve.any():
            history.re_express(cells.refine(halve, np.zeros_like(halve)))
            frame = CellFrame(cells)
    error = max(worst * resolution(cells), float(np.max(debt * np.minimum(frame.steepest(cells.x), track.d))))
    return cells, track, error
