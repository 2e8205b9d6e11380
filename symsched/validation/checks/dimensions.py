"""Kinds of check that follow errors over dimensions: rates in d, and numbers that can be enumerated at finite d."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from symsched.algebra.arrays import Array
from symsched.models.estimates import Estimate, exponent
from symsched.reporting.charts import Chart, Curve
from symsched.reporting.verdicts import Row, bounded, deterministic
from symsched.validation.checks.base import AbstractCheck, Axes
from symsched.validation.effort import Effort, Sized

Sizes = tuple[float, ...]


def _guide(sizes: Sizes, first: float, exponent: float) -> Curve:
    return Curve(f"$d^{{{exponent:g}}}$", sizes, [first * (d / sizes[0]) ** exponent for d in sizes], style="dashed")


@final
@dataclass(frozen=True, kw_only=True)
class RateInD(AbstractCheck):
    """A distance (or any number of one sign) follows a power of d: the exponent lies within ``room`` of the expected.

    ``room`` (below, above) is the claim's own choice, not derived: how far the slope over its sizes may be from that as
    d → ∞, the next power of d being still there. Standard errors of the slope come on top of it.

    ``gap`` takes the ``subject`` (a schedule, an equation: what the distance is of), d and the effort. With a ``last``,
    the distance at the largest dimension is also bounded: (name of the row, bound at d).
    """

    name: str
    subject: Any = None
    gap: Callable[[Any, float, Effort], float | Estimate]
    sizes: Sizes | Sized[Sizes]
    expected: Callable[[], float]
    room: tuple[float, float]
    last: tuple[str, Callable[[float], float]] | None = None
    axes: Axes | None = None

    def _gaps(self, effort: Effort) -> list[Estimate]:
        found = [self.gap(self.subject, d, effort) for d in effort.of(self.sizes)]
        return [gap if isinstance(gap, Estimate) else Estimate(abs(gap), 0.0) for gap in found]

    def rows(self, effort: Effort) -> tuple[Row, ...]:
        """Return the row of the exponent, and that of the distance at the largest dimension."""
        sizes, gaps = effort.of(self.sizes), self._gaps(effort)
        rate, expected = exponent(sizes, gaps), self.expected()
        low, high = self.room
        error = rate.standard_error or None
        rows = [
            bounded(self.name, rate.value, expected + low, expected + high, predicted=expected, standard_error=error)
        ]
        if self.last is not None:
            name, bound = self.last
            end, d = gaps[-1], sizes[-1]
            rows.append(
                bounded(name, end.value, 0.0, bound(d), predicted=0.0, dimension=d, standard_error=end.standard_error)
            )
        return tuple(rows)

    def charts(self, effort: Effort, rows: Sequence[Row]) -> Iterator[Chart]:
        """Yield the distance against the dimension, with the expected power beside it."""
        if self.axes is not None:
            sizes, gaps = effort.of(self.sizes), self._gaps(effort)
            seen = Curve("distance", sizes, [gap.value for gap in gaps], [g.standard_error for g in gaps], "points")
            yield self.axes.chart((seen, _guide(sizes, gaps[0].value, self.expected())))


def extrapolated(table: Array, ratio: float, powers: Sequence[float]) -> Array:
    """Return the limit of rows (len(powers) + 1, …) at d, ratio·d, …, corrections d^−power removed one by one."""
    for power in powers:
        table = (ratio**power * table[1:] - table[:-1]) / (ratio**power - 1)
    return np.asarray(table[-1])


@final
@dataclass(frozen=True, kw_only=True)
class Enumerated(AbstractCheck):
    """Derived limits are what exact sums at finite d tend to, at the expected rate.

    ``enumerated`` takes d and returns the quantities ``names`` (formats of nothing: the rows' names); they are
    extrapolated from the sizes ``base``, in one ratio to each other, with corrections of the ``powers`` of 1/d removed.
    The rate is read off at ``sizes``; quantities named in ``rated`` (all, if it is None) have a row for it.
    """

    names: tuple[str, ...]
    derived: Callable[[], Sequence[float]]
    enumerated: Callable[[int], Sequence[float]]
    base: tuple[int, ...]
    powers: tuple[float, ...] = (1, 2)
    tolerance: float
    sizes: tuple[int, ...] | Sized[tuple[int, ...]] = ()
    rate: float = -1.0
    room: tuple[float, float] = (-0.05, 0.05)
    rated: tuple[str, ...] | None = None
    axes: Axes | None = None

    def _errors(self, effort: Effort) -> Array:
        table = np.array([self.enumerated(d) for d in effort.of(self.sizes)])
        return np.abs(table - np.array(self.derived()))

    def rows(self, effort: Effort) -> tuple[Row, ...]:
        """Return for every quantity the row of its limit, and that of its rate."""
        predicted, sizes = self.derived(), effort.of(self.sizes)
        found = extrapolated(
            np.array([self.enumerated(d) for d in self.base]), self.base[1] / self.base[0], self.powers
        )
        errors = self._errors(effort) if sizes else None
        listed = ", ".join(map(str, self.base))
        rows = []
        for k, name in enumerate(self.names):
            limit = f"{name}, extrapolated from d = {listed}"
            rows.append(deterministic(limit, float(predicted[k]), float(found[k]), self.tolerance))
            if errors is not None and (self.rated is None or name in self.rated):
                slope = exponent(sizes, [Estimate(error, 0.0) for error in errors[:, k]]).value
                low, high = self.room
                rows.append(
                    bounded(f"rate in d of {name}", slope, self.rate + low, self.rate + high, predicted=self.rate)
                )
        return tuple(rows)

    def charts(self, effort: Effort, rows: Sequence[Row]) -> Iterator[Chart]:
        """Yield the errors against the dimension, with the expected power beside them."""
        if self.axes is not None:
            sizes, errors = effort.of(self.sizes), self._errors(effort)
            curves = [Curve(name, sizes, errors[:, k], style="points") for k, name in enumerate(self.names)]
            yield self.axes.chart((*curves, _guide(sizes, float(errors[0].max()), self.rate)))
