"""Kinds of check that hold predictions at fixed steps against samples of the d-dimensional model."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from symsched.distributions.base import AbstractDistribution
from symsched.models.estimates import Estimate
from symsched.reporting.charts import Chart, Curve
from symsched.reporting.verdicts import Row, deterministic, statistical
from symsched.schedules.schedule import Schedule
from symsched.simulation.simulate import Run, simulate
from symsched.validation.checks.base import AbstractCheck, Axes, measured
from symsched.validation.effort import Effort, Sized

Sample = Callable[[Any, float, Effort], Mapping[str, Estimate]]
"""What the paths run on, d and effort → estimates by name."""


_LINE = 25
"""Points of a predicted line: a broken one says something of the dimensions between that is not predicted."""


def nothing(_: float) -> float:
    """Return 0: no allowance at any d."""
    return 0.0


@final
@dataclass(frozen=True)
class Quantity:
    """One number of a sample: its key there, its name in the rows, and what it is predicted to be at each d.

    ``allowance`` bounds a known bias at d, with its ``reason``: claims compute it, none is typed. With a ``tolerance``
    (a function of d) the row is a deterministic one, relative or in units of the ``scale``: for a number that the claim
    itself says how far off it may be.
    """

    key: str
    name: str
    predicted: Callable[[float], float]
    allowance: Callable[[float], float] = nothing
    reason: str = ""
    tolerance: Callable[[float], float] | None = None
    scale: float | None = None
    axes: Axes | None = None

    def row(self, found: Mapping[str, Estimate], d: float, *, decides: bool = True) -> Row:
        """Return the row of this number at one dimension."""
        predicted, seen = self.predicted(d), found[self.key]
        if self.tolerance is not None:
            return deterministic(self.name, predicted, seen.value, self.tolerance(d), dimension=d, scale=self.scale)
        return statistical(
            self.name,
            predicted,
            seen.value,
            seen.standard_error,
            dimension=d,
            allowance=self.allowance(d),
            allowance_reason=self.reason,
            decides=decides,
        )


@final
@dataclass(frozen=True, kw_only=True)
class Settles(AbstractCheck):
    """Samples have the numbers that are predicted at fixed steps, at every dimension, and at the largest the ``ends``.

    ``schedule`` is what the sampled paths run on: a wrong one is the negative control.
    """

    schedule: Any
    sample: Sample
    dimensions: tuple[float, ...] | Sized[tuple[float, ...]]
    quantities: tuple[Quantity, ...]
    ends: tuple[Quantity, ...] = ()
    decides: Callable[[float], bool] = lambda _: True

    def rows(self, effort: Effort) -> tuple[Row, ...]:
        """Return a row for every quantity at every dimension, then those of the largest one."""
        rows = []
        for d in effort.of(self.dimensions):
            found = self.sample(self.schedule, d, effort)
            rows += [quantity.row(found, d, decides=self.decides(d)) for quantity in self.quantities]
        return (*rows, *(end.row(found, d) for end in self.ends))

    def charts(self, effort: Effort, rows: Sequence[Row]) -> Iterator[Chart]:
        """Yield the chart of each quantity that has axes, against the dimension."""
        sizes = effort.of(self.dimensions)
        count = len(self.quantities)
        for k, quantity in enumerate(self.quantities):
            if quantity.axes is not None:
                own = rows[k : count * len(sizes) : count]
                line = [float(round(d)) for d in np.geomspace(sizes[0], sizes[-1], _LINE)]
                found = [quantity.predicted(d) for d in line]
                dashed = Curve("predicted", line, found, style="dashed", quantity="number")
                yield quantity.axes.chart((measured("paths", sizes, own, "number"), dashed))


@final
@dataclass(frozen=True, kw_only=True)
class DoesNotMove(AbstractCheck):
    """A number of the samples does not change from the first of two dimensions to the last.

    ``allowance`` is how much of a change is known, with its ``reason``: claims compute it.
    """

    name: str
    schedule: Any
    sample: Sample
    key: str
    between: tuple[float, float]
    allowance: float = 0.0
    reason: str = ""

    def rows(self, effort: Effort) -> tuple[Row, ...]:
        """Return the row of the change."""
        first, last = (self.sample(self.schedule, d, effort)[self.key] for d in self.between)
        return (
            statistical(
                self.name,
                0.0,
                last.value - first.value,
                (first.standard_error**2 + last.standard_error**2) ** 0.5,
                dimension=self.between[1],
                allowance=self.allowance,
                allowance_reason=self.reason,
            ),
        )


@final
@dataclass(frozen=True, kw_only=True)
class WholeVectors(AbstractCheck):
    """Whole d-dimensional vectors, run by simulate() on a schedule, have the numbers that are predicted."""

    distribution: Callable[[], AbstractDistribution]
    schedule: Callable[[], Schedule]
    read: Callable[[Run], Mapping[str, Estimate]]
    quantities: tuple[Quantity, ...]
    d: int | Sized[int]
    n: int | Sized[int]
    steps: int
    kappa: float | None
    method: str = "full"
    scheme: str = "interpolant"
    keep: str = "statistics"

    def rows(self, effort: Effort) -> tuple[Row, ...]:
        """Return a row for every quantity."""
        d = effort.of(self.d)
        run = simulate(
            self.distribution(),
            self.schedule(),
            d=d,
            n=effort.of(self.n),
            steps=self.steps,
            kappa=self.kappa,
            scheme=self.scheme,
            rng=effort.seed,
            method=self.method,
            keep=self.keep,
        )
        found = self.read(run)
        return tuple(quantity.row(found, d) for quantity in self.quantities)
