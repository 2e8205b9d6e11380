"""Kinds of check that follow errors over dimensions: rates in d, and numbers that can be enumerated at finite d."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, final

import numpy as np

from symsched.algebra.arrays import Array
from symsched.models.estimates import Estimate, exponent
from symsched.reporting.charts import Chart, Curve
from symsched.reporting.verdicts import Row, bounded, deterministic
from symsched.validation.checks.base import AbstractCheck, Axes
from symsched.validation.effort import Effort, Sized

Sizes = tuple[float, ...]


ROOM = 0.1
"""How far a slope may be from its exponent: a choice, a fifth of the ½ by which two rates of these limits differ.

What is measured by samples or paths is up to 0.06 away; where no sample enters, claims choose less.
"""
_EXACT_ROOM = 0.02
"""The same for slopes of enumerated errors, a choice again: these are up to 0.009 away."""
_LEFT = 2
"""How much of the next power of d, times what it was measured to leave, the remaining ones may add up to."""


def _slope(name: str, rate: Estimate, expected: float, room: float) -> Row:
    error = rate.standard_error or None
    return bounded(name, rate.value, expected - room, expected + room, predicted=expected, standard_error=error)


def _guide(sizes: Sizes, first: float, exponent: float) -> Curve:
    power = Fraction(exponent).limit_denominator(12)
    return Curve(f"$d^{{{power}}}$", sizes, [first * (d / sizes[0]) ** exponent for d in sizes], style="dashed")


@final
@dataclass(frozen=True, kw_only=True)
class RateInD(AbstractCheck):
    """A distance (or any number of one sign) follows a power of d: the exponent lies within ``room`` of the expected.

    ``room`` is a choice, not derived: how far the slope over the sizes may be from that as d → ∞, the next power of d
    being still there. Standard errors of the slope come on top of it.

    ``gap`` takes the ``subject`` (a schedule, an equation: what the distance is of), d and the effort.
    """

    name: str
    subject: Any = None
    gap: Callable[[Any, float, Effort], float | Estimate]
    sizes: Sizes | Sized[Sizes]
    expected: Callable[[], float]
    room: float = ROOM
    axes: Axes | None = None

    def _gaps(self, effort: Effort) -> list[Estimate]:
        found = [self.gap(self.subject, d, effort) for d in effort.of(self.sizes)]
        return [gap if isinstance(gap, Estimate) else Estimate(abs(gap), 0.0) for gap in found]

    def rows(self, effort: Effort) -> tuple[Row, ...]:
        """Return the row of the exponent."""
        rate = exponent(effort.of(self.sizes), self._gaps(effort))
        return (_slope(self.name, rate, self.expected(), self.room),)

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
    What the next power leaves is measured by the same one size further down, no limit being needed for that; twice as
    much is tolerated. The rate is read off at ``sizes``; quantities in ``rated`` (all, if None) have a row for it.
    """

    names: tuple[str, ...]
    derived: Callable[[], Sequence[float]]
    enumerated: Callable[[int], Sequence[float]]
    base: tuple[int, ...]
    powers: tuple[float, ...] = (1, 2)
    sizes: tuple[int, ...] | Sized[tuple[int, ...]] = ()
    rate: float = -1.0
    rated: tuple[str, ...] | None = None
    axes: Axes | None = None

    def _errors(self, effort: Effort) -> Array:
        table = np.array([self.enumerated(d) for d in effort.of(self.sizes)])
        return np.abs(table - np.array(self.derived()))

    def _limits(self) -> tuple[Array, Array]:
        """Return the extrapolated quantities, and what the next power of 1/d leaves of them."""
        ratio, following = self.base[1] // self.base[0], self.powers[-1] + self.powers[0]
        table = np.array([self.enumerated(d) for d in (self.base[0] // ratio, *self.base)])
        found, coarse = (extrapolated(part, ratio, self.powers) for part in (table[1:], table[:-1]))
        return found, np.abs(found - coarse) / (ratio**following - 1)

    def rows(self, effort: Effort) -> tuple[Row, ...]:
        """Return for every quantity the row of its limit, and that of its rate."""
        predicted, sizes = self.derived(), effort.of(self.sizes)
        found, left = self._limits()
        errors = self._errors(effort) if sizes else None
        listed = ", ".join(map(str, self.base))
        rows = []
        for k, name in enumerate(self.names):
            limit = f"{name}, extrapolated from d = {listed}"
            rows.append(deterministic(limit, float(predicted[k]), float(found[k]), float(_LEFT * left[k]), scale=1.0))
            if errors is not None and (self.rated is None or name in self.rated):
                slope = exponent(sizes, [Estimate(error, 0.0) for error in errors[:, k]])
                rows.append(_slope(f"rate in d of {name}", slope, self.rate, _EXACT_ROOM))
        return tuple(rows)

    def charts(self, effort: Effort, rows: Sequence[Row]) -> Iterator[Chart]:
        """Yield the errors against the dimension, with the expected power beside them."""
        if self.axes is not None:
            sizes, errors = effort.of(self.sizes), self._errors(effort)
            curves = [Curve(name, sizes, errors[:, k], style="points") for k, name in enumerate(self.names)]
            yield self.axes.chart((*curves, _guide(sizes, float(errors[0].max()), self.rate)))
