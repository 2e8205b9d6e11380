"""Kinds of check that hold a derived number against another way to it: closed forms, thresholds, counts, clones."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from symsched.algebra.arrays import Array, Mask
from symsched.laws import AtomLaw
from symsched.limits.clones import clone_probability
from symsched.models.estimates import share
from symsched.reporting.charts import Chart, Curve
from symsched.reporting.verdicts import Row, deterministic, statistical
from symsched.validation.checks.base import AbstractCheck, Axes, measured
from symsched.validation.effort import Effort, Sized

Points = tuple[Any, ...]


def _each(points: Points) -> list[Points]:
    """Return every point as the arguments that it stands for."""
    return [point if isinstance(point, tuple) else (point,) for point in points]


@final
@dataclass(frozen=True, kw_only=True)
class ClosedForm(AbstractCheck):
    """A derived number is the one that an independent computation gives, at every point.

    ``name`` is the row's, a format of the point or a function of it. The ``tolerance``, also one of the point, is
    relative, or in units of the ``scale``; the claim says where it comes from. Drawn are the derived curve along
    ``line`` for each of ``series`` (the point but for its last part, ``named`` in the legend), and the independent
    numbers at ``seen``.
    """

    name: str | Callable[..., str]
    points: Points | Sized[Points]
    derived: Callable[..., float]
    independent: Callable[..., float]
    tolerance: float | Callable[..., float]
    scale: float | None = None
    dimension: float | None = None
    axes: Axes | None = None
    line: Sequence[float] = ()
    seen: Sequence[float] = ()
    series: tuple[Points, ...] = ((),)
    named: Callable[..., str] = lambda *one: " ".join(map(str, one))

    def rows(self, effort: Effort) -> tuple[Row, ...]:
        """Return a row for every point."""
        named = self.name.format if isinstance(self.name, str) else self.name
        return tuple(
            deterministic(
                named(*at),
                self.derived(*at),
                self.independent(*at),
                self.tolerance(*at) if callable(self.tolerance) else self.tolerance,
                dimension=self.dimension,
                scale=self.scale,
            )
            for at in _each(effort.of(self.points))
        )

    def charts(self, effort: Effort, rows: Sequence[Row]) -> Iterator[Chart]:
        """Yield the curve with the independent numbers on it."""
        if self.axes is None:
            return
        curves = []
        for one in self.series:
            label = self.named(*one) if len(self.series) > 1 else ""
            found = [self.independent(*one, at) for at in self.seen]
            line, key = [self.derived(*one, at) for at in self.line], f"number {label}"
            part = f", {label}" if label else ""
            curves.append(Curve(f"derived{part}", self.line, line, quantity=key))
            curves.append(Curve(f"independent{part}", self.seen, found, style="points", quantity=key))
        yield self.axes.chart(curves)


def dividing_place(
    ends_up: Callable[[Array], Mask], low: float, high: float, probes: int = 31, rounds: int = 10
) -> float:
    """Return the start above which an increasing map ends up, enclosed probes − 1 times more tightly per round."""
    for _ in range(rounds):
        starts = np.linspace(low, high, probes)
        first = max(1, int(np.argmax(ends_up(starts))))
        low, high = float(starts[first - 1]), float(starts[first])
    return (low + high) / 2


@final
@dataclass(frozen=True, kw_only=True)
class Threshold(AbstractCheck):
    """The start that divides paths by where they end, read as a number, is the one predicted, at every point.

    ``ends_up`` takes starts (n,) and the point, and is increasing; ``read`` turns the dividing start into the number.
    The ``tolerance`` is relative, and no smaller than half the last of ``rounds`` enclosures read in that way.
    """

    name: str
    points: Points | Sized[Points] = ((),)
    ends_up: Callable[..., Mask]
    predicted: Callable[..., float]
    between: tuple[float, float]
    read: Callable[[float], float] = float
    rounds: int = 10
    tolerance: float
    dimension: Callable[..., float] | None = None

    def rows(self, effort: Effort) -> tuple[Row, ...]:
        """Return a row for every point."""
        out = []
        for at in _each(effort.of(self.points)):
            place = dividing_place(lambda starts, at=at: self.ends_up(starts, *at), *self.between, rounds=self.rounds)  # type: ignore[misc]
            size = None if self.dimension is None else self.dimension(*at)
            name = self.name.format(*at)
            out.append(deterministic(name, self.predicted(*at), self.read(place), self.tolerance, dimension=size))
        return tuple(out)


@final
@dataclass(frozen=True, kw_only=True)
class Structure(AbstractCheck):
    """What the derivation found is as many as were counted: {name: (found, counted)}."""

    counts: Callable[[], Mapping[str, tuple[int, int]]]

    def rows(self, effort: Effort) -> tuple[Row, ...]:
        """Return a row for every count."""
        return tuple(deterministic(name, found, counted, 0) for name, (found, counted) in self.counts().items())


@final
@dataclass(frozen=True, kw_only=True)
class Clones(AbstractCheck):
    """Two clones that share a path up to s end in the same mode with the probability φ(s) of the effective law.

    ``quadrature`` integrates φ from densities; ``draw`` takes s, n, a generator and ``believed`` (what the posterior
    of the clones assumes) and returns for n pairs whether they agree; ``allowance`` is what a finite d neglects at s,
    computed by the claim. The ``tolerance`` is that of the two quadratures, each of which asks for 1e-13 or better.
    """

    law: Callable[[], AtomLaw]
    strengths: tuple[float, ...]
    quadrature: Callable[[float], float]
    draw: Callable[[float, int, np.random.Generator, Any], Mask]
    believed: Any
    n: int | Sized[int]
    dimension: float
    allowance: Callable[[float], float]
    reason: str
    axes: Axes
    tolerance: float = 1e-12

    def rows(self, effort: Effort) -> tuple[Row, ...]:
        """Return two rows for every s: by quadrature and by clones."""
        rng = np.random.default_rng([effort.seed, 10])
        rows = []
        for s in self.strengths:
            predicted = clone_probability(self.law(), s)
            rows.append(deterministic(f"φ({s:g}), by quadrature", predicted.value, self.quadrature(s), self.tolerance))
            agree = self.draw(s, effort.of(self.n), rng, self.believed)
            seen = share(agree)
            rows.append(
                statistical(
                    f"φ({s:g}), by clones",
                    predicted.value,
                    seen.value,
                    math.hypot(seen.standard_error, predicted.standard_error),
                    dimension=self.dimension,
                    allowance=self.allowance(s),
                    allowance_reason=self.reason,
                )
            )
        return tuple(rows)

    def charts(self, effort: Effort, rows: Sequence[Row]) -> Iterator[Chart]:
        """Yield the curve φ(s) with the clones on it."""
        line = np.linspace(0, 1.3 * max(self.strengths), 81)
        limit = [clone_probability(self.law(), s).value for s in line]
        yield self.axes.chart(
            (Curve("limit", line, limit, quantity="φ"), measured("clones", self.strengths, rows[1::2], "φ"))
        )
