"""The picture of a sweep: weight and width of a mode as points, on the lines that the limit predicts."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from symsched.algebra.codegen import number
from symsched.distributions.base import AbstractDistribution
from symsched.errors import DerivationError
from symsched.limits.limit import Limit, derive
from symsched.models.estimates import Estimate
from symsched.predictions.predict import predict
from symsched.reporting.charts import Chart, Curve, Level, Plate
from symsched.reporting.lines import Drawn, refined
from symsched.reporting.numbers import dimension_text, number_text
from symsched.schedules.interpolant import VP
from symsched.schedules.plan import AbstractTable
from symsched.schedules.schedule import Schedule, planned

AXES = ("d", "evaluations")
"""What a sweep is drawn against."""


@dataclass(frozen=True)
class Asked:
    """What a sweep was asked for: what its lines are predicted from."""

    distribution: AbstractDistribution
    schedules: Mapping[str, Schedule | AbstractTable]
    scheme: str | None
    seed: int


class Statistics(Protocol):
    """What is drawn of the coordinates of a mode."""

    @property
    def variance(self) -> Estimate: ...  # noqa: D102


class Swept(Protocol):
    """What a picture takes from a cell."""

    @property
    def schedule(self) -> str: ...  # noqa: D102
    @property
    def dimension(self) -> int: ...  # noqa: D102
    @property
    def steps(self) -> int: ...  # noqa: D102
    @property
    def kappa(self) -> float | None: ...  # noqa: D102
    @property
    def n(self) -> int: ...  # noqa: D102
    @property
    def weights(self) -> Sequence[Estimate]: ...  # noqa: D102
    @property
    def sites(self) -> Sequence[Statistics | None]: ...  # noqa: D102


class Cells(Protocol):
    """What a picture takes from a sweep."""

    @property
    def cells(self) -> Sequence[Swept]: ...  # noqa: D102
    @property
    def title(self) -> str: ...  # noqa: D102
    @property
    def asked(self) -> Asked | None: ...  # noqa: D102


@dataclass(frozen=True)
class Line:
    """The cells of one schedule that differ in d alone, or in the number of steps alone."""

    label: str
    cells: tuple[Swept, ...]


def sweep_plate(sweep: Cells, against: str, mode: int, *, predicted: bool) -> Plate:
    """Return weight and width of a mode ``against`` d or evaluations; lines are predictions."""
    if not sweep.cells:
        raise ValueError("the sweep has no cell to draw")
    modes = len(sweep.cells[0].weights)
    if mode >= modes:
        raise ValueError(f"mode must be below {modes}, the number of modes, got {mode}")
    asked = sweep.asked
    if asked is None:
        raise ValueError("this sweep does not know its distribution: it was not made by sweep()")
    limit = _limit(asked.distribution) if predicted else None
    weights: list[Curve] = []
    widths: list[Curve] = []
    for line in _lines(sweep.cells, against):
        places = [_place(asked, cell, against) for cell in line.cells]
        found = [cell.weights[mode] for cell in line.cells]
        weights.append(_points(line.label, places, found))
        seen = [(place, s.variance) for place, cell in zip(places, line.cells, strict=True) if (s := cell.sites[mode])]
        widths.append(_points(line.label, [place for place, _ in seen], [_root(one) for _, one in seen]))
        ends = sorted(float(cell.dimension if against == "d" else cell.steps) for cell in line.cells)
        if limit is not None and ends[0] < ends[-1]:
            at = _prediction(limit, asked, line.cells[0], against, mode)
            drawn = refined(at, ends[0], ends[-1], grain=0 if against == "d" else _grain(asked, line.cells))
            x = [place for place, _ in drawn]
            weights.append(Curve("", x, [values[0] for _, values in drawn], quantity=line.label))
            widths.append(Curve("", x, [values[1] for _, values in drawn], quantity=line.label))
    levels = ((), ()) if limit is None else _levels(limit, mode)
    label = "dimension $d$" if against == "d" else "evaluations of the denoiser"
    charts = (
        Chart("weight", "Weight", label, f"weight of mode {mode}", tuple(weights), log_x=True, levels=levels[0]),
        Chart("width", "Width", label, f"width in mode {mode}", tuple(widths), log_x=True, levels=levels[1]),
    )
    return Plate(charts, _caption(sweep, asked, against, mode, drawn=limit is not None))


def _caption(sweep: Cells, asked: Asked, against: str, mode: int, *, drawn: bool) -> str:
    first = sweep.cells[0]
    kappas = dict.fromkeys(number_text(c.kappa, 6) for c in sweep.cells if c.kappa is not None)
    kappa = f", κ = {', '.join(kappas)}" if kappas else ""
    other = (
        f"{', '.join(str(one) for one in dict.fromkeys(c.steps for c in sweep.cells))} steps"
        if against == "d"
        else f"d = {', '.join(dimension_text(one) for one in dict.fromkeys(c.dimension for c in sweep.cells))}"
    )
    lines = " Lines: predicted from the limit for the same steps. Dotted: the data's own values." if drawn else ""
    return (
        f"(a) Weight of mode {mode} and (b) width of its coordinates (standard deviation within a path), against "
        f"{'the dimension d' if against == 'd' else 'evaluations of the denoiser'}; {other}{kappa}. "
        f"Points: n = {first.n} paths each, seed {asked.seed}, with one standard error.{lines}"
    )


@lru_cache(maxsize=8)
def _limit(distribution: AbstractDistribution) -> Limit | None:
    """Return a limit of the distribution, of which its phases alone are used; None where there is none."""
    try:
        return derive(distribution, VP)
    except DerivationError:
        return None


def _lines(cells: Sequence[Swept], against: str) -> list[Line]:
    """Return the cells in groups that a line goes through, in their order."""
    groups: dict[tuple[str, int], list[Swept]] = {}
    for cell in cells:
        key = (cell.schedule, cell.steps if against == "d" else cell.dimension)
        groups.setdefault(key, []).append(cell)
    alone = len({name for name, _ in groups}) == 1
    out = []
    for (name, value), own in groups.items():
        what = f"{value} steps" if against == "d" else f"d = {dimension_text(value)}"
        out.append(Line(what if alone else f"{name}, {what}", tuple(own)))
    return out


def _grain(asked: Asked, cells: Sequence[Swept]) -> int:
    """Return what numbers of steps are multiples of: the number of windows, where all cells keep to that."""
    schedule = asked.schedules[cells[0].schedule]
    windows = len(schedule.windows) if isinstance(schedule, Schedule) else 1
    return windows if all(cell.steps % windows == 0 for cell in cells) else 1


def _place(asked: Asked, cell: Swept, against: str) -> float:
    if against == "d":
        return float(cell.dimension)
    schedule = asked.schedules[cell.schedule]
    if isinstance(schedule, AbstractTable):
        return float(planned(schedule, None, cell.dimension, None, None).evaluations)
    return float(planned(schedule, cell.steps, cell.dimension, cell.kappa, asked.scheme).evaluations)


def _points(label: str, places: Sequence[float], found: Sequence[Estimate]) -> Curve:
    values, errors = [one.value for one in found], [one.standard_error for one in found]
    return Curve(label, places, values, errors, "points", label)


def _root(variance: Estimate) -> Estimate:
    """Return a standard deviation with its error, from the variance with its own."""
    width = math.sqrt(variance.value)
    return Estimate(width, variance.standard_error / (2 * width) if width else 0.0)


def _prediction(limit: Limit, asked: Asked, cell: Swept, against: str, mode: int) -> Callable[[float], Drawn]:
    """Return a function of d, or of the number of steps: the place on the axis, weight and width of a mode there."""
    schedule = asked.schedules[cell.schedule]
    table = isinstance(schedule, AbstractTable)

    def at(value: float) -> Drawn:
        d, steps = (value, cell.steps) if against == "d" else (float(cell.dimension), round(value))
        plan = planned(schedule, None if table else steps, d, cell.kappa, None if table else asked.scheme)
        found = predict(limit, d=d, schedule=plan)[mode]
        place = d if against == "d" else float(plan.evaluations)
        return place, (found.weight, math.sqrt(max(found.site_variance, 0.0)))

    return at


def _levels(limit: Limit, mode: int) -> tuple[tuple[Level, ...], tuple[Level, ...]]:
    """Return the data's own weight and width of a mode, in the limit."""
    own = limit.cascade.modes[mode]
    width = own.law.site().variance ** 0.5
    return (Level("data", number(own.weight, "a weight")),), (Level("data", width),)
