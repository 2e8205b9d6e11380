"""Grids that people use beside ours: errors of weights and sites against evaluations, each grid tuned in the same way.

A grid is a list of ψ = 1/σ. One that starts at σ < ∞ starts from σ_0 z, and misses the share of the signal that is
there. Its free numbers are searched for with the same method and the same number of tries as ours, at the dimension and
the number of evaluations at which it is judged, by max(Δw/0.01, W2/(0.05 sd)).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

import numpy as np
from tqdm.auto import tqdm

from symsched.algebra.arrays import Array
from symsched.algebra.inputs import INTEGERS, require_sequence
from symsched.errors import DerivationError, require_integer, require_real
from symsched.limits.limit import Limit
from symsched.predictions.designs.base import AbstractDesign
from symsched.predictions.designs.design import Design, design
from symsched.predictions.designs.errors import Errors, moment_errors
from symsched.predictions.designs.minimax import simplex
from symsched.reporting.charts import Chart, Curve, Level, Style
from symsched.reporting.drawing import figure
from symsched.reporting.numbers import dimension_text
from symsched.reporting.pages.data import fields_to_dict
from symsched.schedules.plan import Plan
from symsched.schedules.schemes import SCHEMES, Nodes

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_TRIES = 30
"""Plans that a search may predict, for every grid the same."""
_CORNER = 0.5
"""Logarithm by which the simplex first changes a number."""
_FAILED = 1e3
_SHOWN = 1e-5
"""Errors below are drawn here: they depend on the digits of the search."""


@final
@dataclass(frozen=True)
class Grid:
    """A rule for nodes: ``nodes(N, numbers)`` returns ψ of the evaluations, ψ = 0 being free; ``start`` its numbers."""

    name: str
    nodes: Callable[[int, Array], Array]
    start: tuple[float, ...] = ()
    source: str = ""


def _uniform(count: int, _: Array) -> Array:
    share = np.arange(count + 1) / (count + 1)
    return np.asarray(share / (1 - share))


def _cosine(count: int, _: Array) -> Array:
    return np.asarray(np.tan(np.pi / 2 * np.arange(count + 1) / (count + 1)))


def _karras(count: int, numbers: Array) -> Array:
    high, low, rho = numbers
    ends = high ** (1 / rho), low ** (1 / rho)
    return np.asarray(1 / np.linspace(*ends, count) ** rho)


def _log_uniform(count: int, numbers: Array) -> Array:
    high, low = numbers
    return np.asarray(1 / np.geomspace(float(high), float(low), count))


def _karras_as_published(count: int, _: Array) -> Array:
    return _karras(count, np.array([80.0, 0.002, 7.0]))


GRIDS: tuple[Grid, ...] = (
    Grid("uniform t, linear path", _uniform, source="flow matching, arXiv 2210.02747"),
    Grid("cosine", _cosine, source="arXiv 2102.09672"),
    Grid("EDM as published", _karras_as_published, source="ρ = 7, σ from 80 to 0.002, arXiv 2206.00364"),
    Grid("EDM tuned", _karras, (80.0, 0.05, 7.0), source="the same with ends and ρ searched for"),
    Grid("log-uniform σ tuned", _log_uniform, (80.0, 0.05), source="ends searched for"),
)
"""What practitioners run, by rules that know nothing of the distribution."""


@final
@dataclass(frozen=True)
class Cell:
    """The errors of one grid by one scheme with N evaluations at one d, and the numbers that were found for it."""

    grid: str
    scheme: str
    evaluations: int
    dimension: float
    errors: Errors
    numbers: tuple[float, ...]


@final
@dataclass(frozen=True)
class Comparison:
    """The cells of a comparison, in the order of dimensions, evaluations and grids."""

    cells: tuple[Cell, ...]
    title: str

    def __repr__(self) -> str:
        """One line: what was compared."""
        return f"<Comparison of {len({(c.grid, c.scheme) for c in self.cells})} grids, {self.title}>"

    def needed(self, grid: str, scheme: str, dimension: float) -> float:
        """Return the least evaluations from which on weights hold to 1 % and sites to 5 %; infinite if none do."""
        least = math.inf
        for cell in reversed([c for c in self.cells if (c.grid, c.scheme, c.dimension) == (grid, scheme, dimension)]):
            if cell.errors.worst > 1:
                break
            least = cell.evaluations
        return least

    def to_markdown(self) -> str:
        """Return a table for each dimension: weight error / site error by grid, scheme and evaluations."""
        parts = []
        for d in dict.fromkeys(cell.dimension for cell in self.cells):
            here = [cell for cell in self.cells if cell.dimension == d]
            counts = sorted({cell.evaluations for cell in here})
            head = ["grid", "scheme", *map(str, counts), "1 % and 5 % from"]
            lines = [f"d = {dimension_text(d)}\n", f"| {' | '.join(head)} |", "|:--|:--|" + "--:|" * (len(counts) + 1)]
            for grid, scheme in dict.fromkeys((cell.grid, cell.scheme) for cell in here):
                found = {c.evaluations: c.errors for c in here if (c.grid, c.scheme) == (grid, scheme)}
                texts = [f"{found[n].weight:.4f} / {found[n].width:.3f}" if n in found else "–" for n in counts]
                needed = self.needed(grid, scheme, d)
                last = str(needed) if math.isfinite(needed) else f"more than {max(found)}"
                lines.append(f"| {' | '.join([grid, scheme, *texts, last])} |")
            parts.append("\n".join(lines))
        return "\n\n".join(parts) + "\n"

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain data, ready for JSON."""
        return {"title": self.title, "cells": [fields_to_dict(cell) for cell in self.cells]}

    def _repr_markdown_(self) -> str:
        return self.to_markdown()

    def chart(self, dimension: float | None = None) -> Chart:
        """Return the larger error, in units of 1 % and 5 %, against evaluations at one d, by default the last."""
        d = self.cells[-1].dimension if dimension is None else dimension
        here = [cell for cell in self.cells if cell.dimension == d]
        curves = []
        for grid, scheme in dict.fromkeys((cell.grid, cell.scheme) for cell in here):
            own = [cell for cell in here if (cell.grid, cell.scheme) == (grid, scheme)]
            heights = [max(cell.errors.worst, _SHOWN) for cell in own]
            style: Style = "line" if grid in {_OURS, _DESIGNED} else "dashed"
            curves.append(Curve(f"{grid}, {scheme}", [c.evaluations for c in own], heights, style=style))
        return Chart(
            "comparison",
            f"Error against evaluations, d = {dimension_text(d)}",
            "evaluations of the denoiser",
            "error, in units of 1 % and 5 %",
            tuple(curves),
            log_x=True,
            log_y=True,
            levels=(Level("1 % and 5 %", 1.0),),
        )

    def plot(self, dimension: float | None = None) -> Figure:
        """Return the figure of ``chart``."""
        return figure(self.chart(dimension))


_OURS, _DESIGNED, _OWN = "derived", "designed", "edgeworth"
_FEW, _MOST = 4, 8
"""Evaluations beyond which no design is searched for, of two normal modes and of other limits."""


def compare(
    limit: Limit,
    *,
    evaluations: Sequence[int] = (4, 8, 16, 32),
    dimensions: Sequence[float] = (1e6,),
    schemes: Sequence[str] = ("canonical", "dpmpp_2m"),
    designed: bool = True,
    progress: bool = False,
) -> Comparison:
    """Return predicted errors of our schedule and of the grids in use, by evaluations and dimension.

    Errors are those of mode weights, and of mean and deviation of a coordinate over its deviation, after the plan, by
    the order parameters at that d. Each grid is run with every one of ``schemes``, ours, of which κ is searched for in
    the same way, with its own as well: "edgeworth". ``designed`` adds what ``design`` finds, a search of its own and
    longer, with at most so many evaluations (none beyond 8, or 4 for two normal modes, where nothing is left to gain).
    Predicted, not sampled: fixed evaluations at a given d.

    Raises TypeError or ValueError for bad input.
    """
    if not isinstance(limit, Limit):
        raise TypeError(f"limit must come from derive(), got {limit!r}")
    asked = require_sequence(evaluations, "evaluations", INTEGERS)
    counts = [require_integer(n, "each of evaluations", 2) for n in asked]
    wanted_sizes = require_sequence(dimensions, "dimensions", "a sequence of numbers, such as [1e4, 1e6]")
    sizes = [require_real(d, "each of dimensions", above=1) for d in wanted_sizes]
    names = require_sequence(schemes, "schemes", f"a sequence of names out of {_KNOWN}")
    if any(name not in _KNOWN for name in names) or not (counts and sizes and names):
        raise ValueError(f"compare needs evaluations, dimensions and schemes out of {_KNOWN}, got schemes {schemes!r}")
    wanted = [(d, count) for d in sizes for count in sorted(set(counts))]
    cells: list[Cell] = []
    tables = _designs(limit, sorted(set(counts))) if designed else {}
    for d, count in tqdm(wanted, unit="cell", disable=not progress, leave=False):
        if count in tables and d > tables[count].least_dimension:
            errors = moment_errors(limit.order_model(d), tables[count].plan(d))
            cells.append(Cell(_DESIGNED, "its own", count, d, errors, ()))
        cells += _cells(limit, d, count, schemes)
    return Comparison(tuple(cells), f"{limit!r}, {_TRIES} tries for each grid")


_KNOWN = ("canonical", "adams", "adams3", "dpmpp_2m")


def _designs(limit: Limit, counts: Sequence[int]) -> dict[int, AbstractDesign]:
    """Return the best design of at most so many evaluations for each count that has one."""
    found: dict[int, AbstractDesign] = {}
    last: AbstractDesign | None = None
    for count in counts:
        if last is None or (count > last.evaluations and not (isinstance(last, Design) and last.evaluations >= _FEW)):
            try:
                last = design(limit, min(count, _MOST))
            except (DerivationError, ValueError):  # a gap that no one step crosses, or too few evaluations
                continue
        found[count] = last
    return found


def _cells(limit: Limit, d: float, count: int, schemes: Sequence[str]) -> Iterator[Cell]:
    model = limit.order_model(d)
    own = Grid(_OURS, lambda *_: np.zeros(0), (3.0,) if limit.schedule.needs_kappa else ())
    runs = [(own, scheme) for scheme in (_OWN, *schemes)] + [(grid, scheme) for grid in GRIDS for scheme in schemes]
    for grid, scheme in runs:

        def plan(numbers: Array, grid: Grid = grid, scheme: str = scheme) -> Plan:
            if grid is own:
                # The first of its nodes is at ψ = 0, where the denoiser is E a.
                return limit.schedule.plan(count + 1, d, float(numbers[0]) if numbers.size else None, scheme)
            return SCHEMES[scheme](Nodes.of_ratios(grid.nodes(count, numbers)))

        errors, numbers = _tuned(plan, grid.start, lambda made: moment_errors(model, made))
        yield Cell(grid.name, scheme, count, d, errors, numbers)


def _tuned(
    made: Callable[[Array], Plan], start: tuple[float, ...], judged: Callable[[Plan], Errors]
) -> tuple[Errors, tuple[float, ...]]:
    """Return the least errors that Nelder and Mead's simplex finds in the logarithms of the numbers, and these."""
    best: tuple[Errors, tuple[float, ...]] = (Errors(math.inf, math.inf), start)

    def cost(logs: Array) -> float:
        nonlocal best
        numbers = np.exp(logs)
        try:
            found = judged(made(numbers))
        except ValueError:  # windows that overlap, or ends in the wrong order
            return _FAILED
        if found.worst < best[0].worst:
            best = (found, tuple(float(n) for n in numbers))
        return found.worst

    logs = np.log(np.array(start))
    if not start:
        cost(logs)
    else:
        simplex(cost, logs, _TRIES, _CORNER)
    return best
