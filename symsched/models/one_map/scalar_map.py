"""Paths of exchangeable models through one scalar map each: the cost of a step does not depend on d."""

from __future__ import annotations

import abc
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import final

import numpy as np
from numpy.typing import NDArray

from symsched.distributions.mean_field.numeric.field_law import FieldLaw, Question, Windows
from symsched.distributions.mean_field.numeric.model import AbstractMeanFieldModel
from symsched.distributions.product.model import ProductModel
from symsched.laws.numeric.kernels import AbstractKernel
from symsched.laws.numeric.tables import fast_kernel
from symsched.models.base import softmax
from symsched.models.noise import fill, tiles
from symsched.models.one_map.bins import Bins
from symsched.models.one_map.cell_frame import CellFrame
from symsched.models.one_map.cells import Cells
from symsched.models.one_map.populations import Store
from symsched.models.recording import BlockResult, Recording, Track, Workspace
from symsched.schedules.plan import History, Plan

Array = NDArray[np.float64]
Index = NDArray[np.intp]

_RESOLVED = 3e-13
"""Size of the last Chebyshev coefficients, relative to the function, at which a cell is refined."""
_RESOLVED_SUMS = 1e-9
"""The same where only sums are wanted."""
_LOG_TOLERANCE = 1e-10
"""Error in a mode's log probability at which a cell is refined."""
_SHIFT = 1e-9
"""Error at the end of a path, from one step's unknown sums in one cell, at which the cell's coordinates are listed."""
_NEGLIGIBLE = 1e-7
"""Share of the coordinates whose cell need not be resolved when only sums are wanted."""
_FLAT = 1e-6
"""Slope below which a map counts as constant."""
_CUBIC_TOLERANCE = 2e-11
_FIELD = 1e-8
"""Relative error of the exponent of the field's law; that of its mean is far smaller."""
_URGENT = 3.0
"""Misfit above which a step is not made before the cell is halved; between 1 and this it is halved afterwards."""
_MOST_REFINEMENTS = 40
_PATIENCE = 4
_MOST_ROWS = 512
"""Paths whose bins are held at once."""


@final
@dataclass(frozen=True)
class Evaluation:
    """The posterior ``mean`` at every value (T,) and the ``responsibilities`` (r, K).

    ``misfit`` (C,): a cell is halved where it exceeds 1; ``shift`` (C,): error of the posterior mean from what the bins
    leave unknown of each cell's sums.
    """

    mean: Array
    responsibilities: Array
    misfit: Array
    shift: Array


class AbstractDrift(abc.ABC):
    """The posterior mean of an exchangeable model at the nodes of the cells."""

    @abc.abstractmethod
    def evaluate(self, frame: CellFrame, cells: Cells, psi: float, field: Array) -> Evaluation:
        """Return the posterior mean and how well the cells resolve it; ``field`` is ψ y at every value."""


@final
class ProductDrift(AbstractDrift):
    """Σ_k π_k E_k[a | y], π_k ∝ w_k exp(Σ_j log Z_k(ψ, y_j))."""

    def __init__(self, model: ProductModel) -> None:
        """Take the model."""
        self._model = model
        self._log_weights = np.log(model.weights)

    def evaluate(self, frame: CellFrame, cells: Cells, psi: float, field: Array) -> Evaluation:
        """Return posterior mean, responsibilities and misfits."""
        tilts: list[AbstractKernel] = [fast_kernel(site, psi) for site in self._model.sites]
        pairs = [tilt.both(field) for tilt in tilts]
        logs = np.stack([frame.sum(pair[0]) for pair in pairs], axis=1)
        responsibilities = softmax(logs + self._log_weights)
        mean = np.zeros(field.size)
        misfit, unknown = np.zeros(cells.path.size), np.zeros(cells.path.size)
        # An error in a log likelihood matters as far as the modes are not decided yet.
        doubt = (1 - responsibilities.max(axis=1))[cells.path]
        population = frame.population
        for k, (log_normaliser, site_mean) in enumerate(pairs):
            weight = responsibilities[frame.owner, k]
            mean += weight * site_mean
            floor = 1e-15 * np.abs(log_normaliser).max(initial=0.0) * population
            misfit = np.maximum(misfit, doubt * (frame.tails(log_normaliser) * population - floor) / _LOG_TOLERANCE)
            unknown = np.maximum(unknown, frame.moment_error(log_normaliser))
        shift = doubt * unknown * np.abs(mean).max(initial=0.0)
        return Evaluation(mean, responsibilities, np.maximum(misfit, _relative_tail(frame, cells, mean)), shift)


class MissedPeakError(ArithmeticError):
    """A peak of the field's law grew while nobody looked; the paths must be run again, looking at every step."""


@final
class MeanFieldDrift(AbstractDrift):
    """⟨⟨a⟩(u + ψ y)⟩ over the posterior of the collective field u.

    Where each law has one peak that leads by hundreds of nats, the next ``patience`` steps look near it only.
    """

    def __init__(self, model: AbstractMeanFieldModel, patience: int) -> None:
        """Take the model."""
        self._model = model
        self._cuts = np.asarray(model.boundaries, dtype=np.float64)
        self._patience = patience
        self._left = 0
        self._near: Windows | None = None
        self._store = Store()

    def evaluate(self, frame: CellFrame, cells: Cells, psi: float, field: Array) -> Evaluation:
        """Return posterior mean, basin masses and misfits."""
        collective = self._model.collective
        tilt = fast_kernel(self._model.site, psi, collective.scale)
        population = frame.coordinates(field, self._store)
        near = self._near if self._left else None
        law = collective.law(Question(population, tilt, self._cuts, near=near, tolerance=_FIELD))
        self._remember(law, near is not None)
        mean = frame.unpack(population.mixture(tilt, law.path, law.fields, law.weights))
        shift = frame.moment_error(mean) * (self._model.sensitivity / self._model.d)
        return Evaluation(mean, law.basins, _relative_tail(frame, cells, mean), shift)

    def _remember(self, law: FieldLaw, followed: bool) -> None:
        """Decide whether the next steps may look near the law of this one."""
        if followed:
            self._left -= 1
        else:
            if self._near is not None and not self._near.hold(law):
                raise MissedPeakError
            self._left = self._patience
        self._near = law.near if self._patience else None


def _relative_tail(frame: CellFrame, cells: Cells, values: Array) -> Array:
    """Return the tails of a function in units of what counts as resolved."""
    return frame.tails(values) / (_resolution(cells) * (1 + np.abs(values).max(initial=0.0)))


def _resolution(cells: Cells) -> float:
    """Return the relative tail that counts as resolved."""
    return _RESOLVED if cells.named else _RESOLVED_SUMS


def drift_of(model: ProductModel | AbstractMeanFieldModel, patience: int = 0) -> AbstractDrift:
    """Return the drift of an exchangeable model."""
    return ProductDrift(model) if isinstance(model, ProductModel) else MeanFieldDrift(model, patience)


def integrate_map(model: ProductModel | AbstractMeanFieldModel, plan: Plan, work: Workspace) -> BlockResult:
    """Return a block of paths of an exchangeable model, some rows at a time to bound the memory of their bins."""
    results = [
        _integrate_rows(model, plan, replace(work, out=work.out[start : start + _MOST_ROWS]))
        for start in range(0, work.out.shape[0], _MOST_ROWS)
    ]
    return replace(BlockResult.merge(results), x=work.out if work.keep else None)


def _integrate_rows(model: ProductModel | AbstractMeanFieldModel, plan: Plan, work: Workspace) -> BlockResult:
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
            outside.append(_flat(beyond, tile.shape[1], row, column, d))
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
    model: ProductModel | AbstractMeanFieldModel, plan: Plan, start: Callable[[], Cells], record: Recording
) -> tuple[Cells, Track, float]:
    """Return the maps at the end of the plan, the recording, and the estimated error."""
    # A plan of few steps moves too far in each to follow peaks.
    patience = min(_PATIENCE, plan.steps // 20)
    try:
        return _evolve(drift_of(model, patience), plan, start(), Track(record, plan, model.d))
    except MissedPeakError:
        return _evolve(drift_of(model), plan, start(), Track(record, plan, model.d))


def end_powers(cells: Cells) -> Array:
    """Return the sums of x, x², x³, x⁴ over the coordinates, (r, 4)."""
    frame = CellFrame(cells)
    square = cells.x**2
    return np.stack([frame.sum(power) for power in (cells.x, square, square * cells.x, square**2)], axis=1)


def _flat(beyond: Index, width: int, row: slice, column: slice, d: int) -> Index:
    """Return positions in the block of positions in a tile."""
    return np.asarray((beyond // width + row.start) * d + beyond % width + column.start)


def _evolve(drift: AbstractDrift, plan: Plan, cells: Cells, track: Track) -> tuple[Cells, Track, float]:
    """Carry the maps through the plan and return the estimated error of the coordinates at the end too.

    An error made when the map has slope s grows by the later steepening only, S/s in all, and a final slope S above d
    concerns no coordinate: that is how the errors of single steps are judged and added.
    """
    frame, history, influence = CellFrame(cells), History(plan), plan.influence
    worst = 0.0
    debt = np.zeros(cells.paths)
    for node in range(plan.steps + 1):
        track.note([frame.sum(column) for column in track.columns(node, cells.x)])
        if node == plan.steps:
            break
        psi = float(plan.psi[node])
        gain = float(influence[node]) / np.maximum(frame.steepest(cells.x), _FLAT)
        for _ in range(_MOST_REFINEMENTS):
            field = cells.x * (psi / plan.alpha[node])
            found = drift.evaluate(frame, cells, psi, field)
            counts = frame.population > _NEGLIGIBLE * track.d
            halve = (found.misfit > 1) & (counts | cells.named)
            listed = (found.shift * gain[cells.path] * track.d > _SHIFT) & cells.named
            if not (np.any(halve & (found.misfit > _URGENT)) or listed.any()):
                break
            history.re_express(cells.refine(halve, listed))
            frame = CellFrame(cells)
        worst = max(worst, float(found.misfit[counts].max(initial=0.0)))
        debt += gain * np.bincount(cells.path, found.shift, minlength=cells.paths)
        track.watch(node, found.responsibilities)
        history.advance(node, cells.x, found.mean)
        if halve.any():
            history.re_express(cells.refine(halve, np.zeros_like(halve)))
            frame = CellFrame(cells)
    error = max(worst * _resolution(cells), float(np.max(debt * np.minimum(frame.steepest(cells.x), track.d))))
    return cells, track, error
