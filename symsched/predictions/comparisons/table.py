"""What a comparison shows: a table for each dimension, a figure, plain data, and the rule that says who holds."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

from symsched.predictions.comparisons.rivals import DESIGNED, OURS, PAPERS
from symsched.predictions.designs.errors import WEIGHT, WIDTH, Errors
from symsched.reporting.charts import Chart, Curve, Level, Style
from symsched.reporting.drawing import panels
from symsched.reporting.numbers import dimension_text
from symsched.reporting.pages.data import fields_to_dict

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_SHOWN = 1e-5
"""Errors below are drawn here: they depend on the digits of the search."""
_MOST_SHOWN = 3.0
"""Errors above are drawn here."""
_MINE = (OURS, DESIGNED)


@final
@dataclass(frozen=True)
class Cell:
    """The errors of one grid by one scheme with N evaluations at one d, and the numbers that were found for it.

    ``own`` says that it is the scheme that the grid comes with.
    """

    grid: str
    scheme: str
    evaluations: int
    dimension: float
    errors: Errors
    numbers: tuple[float, ...]
    own: bool = False


@final
@dataclass(frozen=True)
class Comparison:
    """The cells of a comparison, in the order of dimensions, evaluations and grids; not all if ``interrupted``."""

    cells: tuple[Cell, ...]
    title: str
    interrupted: bool = False

    def __repr__(self) -> str:
        """One line: what was compared."""
        return f"<Comparison of {len({(c.grid, c.scheme) for c in self.cells})} grids, {self.title}>"

    def needed(self, grid: str, scheme: str, dimension: float) -> float:
        """Return the least evaluations from which on weights hold to 1 % and sites to 5 %; infinite if none do."""
        least = math.inf
        for cell in reversed([c for c in self.cells if (c.grid, c.scheme, c.dimension) == (grid, scheme, dimension)]):
            if not cell.errors.worst <= 1:
                break
            least = cell.evaluations
        return least

    def losses(self, dimension: float) -> tuple[Cell, ...]:
        """Return, of each number of evaluations at which one of others has less error than all of ours, the best."""
        found = []
        here = [cell for cell in self.cells if cell.dimension == dimension]
        for count in sorted({cell.evaluations for cell in here}):
            cells = [cell for cell in here if cell.evaluations == count]
            mine = min((c.errors.worst for c in cells if c.grid in _MINE), default=math.inf)
            others = [c for c in cells if c.grid not in _MINE]
            best = min(others, key=lambda cell: cell.errors.worst, default=None)
            if best is not None and best.errors.worst < mine:
                found.append(best)
        return tuple(found)

    def to_markdown(self) -> str:
        """Return a table for each dimension, weight error / site error, and a line that says where ours loses."""
        parts = []
        for d in dict.fromkeys(cell.dimension for cell in self.cells):
            here = [cell for cell in self.cells if cell.dimension == d]
            counts = sorted({cell.evaluations for cell in here})
            head = ["grid", "scheme", *map(str, counts), "1 % and 5 % from"]
            lines = [f"d = {dimension_text(d)}\n", f"| {' | '.join(head)} |", "|:--|:--|" + "--:|" * (len(counts) + 1)]
            for grid, scheme in dict.fromkeys((cell.grid, cell.scheme) for cell in here):
                own = next(c.own for c in here if (c.grid, c.scheme) == (grid, scheme))
                found = {c.evaluations: c.errors for c in here if (c.grid, c.scheme) == (grid, scheme)}
                texts = [_errors_text(found.get(n)) for n in counts]
                needed = self.needed(grid, scheme, d)
                last = str(needed) if math.isfinite(needed) else f"more than {max(found)}"
                told = scheme + (", its own" if own and grid != DESIGNED else "")
                lines.append(f"| {' | '.join([grid, told, *texts, last])} |")
            parts.append("\n".join([*lines, "", self._verdict(d)]))
        return "\n\n".join(parts) + "\n"

    def _verdict(self, d: float) -> str:
        lost = self.losses(d)
        if not lost:
            return "Nobody else is better than the best of ours at any number of evaluations."
        told = "; ".join(f"{c.evaluations} to {c.grid} by {c.scheme} ({_errors_text(c.errors)})" for c in lost)
        return f"Ours loses at {told}."

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain data, ready for JSON."""
        lost = [fields_to_dict(cell) for d in dict.fromkeys(c.dimension for c in self.cells) for cell in self.losses(d)]
        cells = [fields_to_dict(cell) for cell in self.cells]
        return {"title": self.title, "interrupted": self.interrupted, "cells": cells, "losses": lost}

    def _repr_markdown_(self) -> str:
        return self.to_markdown()

    def charts(self, dimension: float | None = None) -> tuple[Chart, Chart]:
        """Return weight and site error against evaluations at one d, by default the last, each grid by its own scheme.

        Where a grid was not run with its own scheme, the first that it was run with stands for it.
        """
        d = (self.cells[-1].dimension if self.cells else 0.0) if dimension is None else dimension
        here = [cell for cell in self.cells if cell.dimension == d]
        # Ours first, and with it the colours that are told apart best.
        shown = dict.fromkeys(g for g in (DESIGNED, OURS, PAPERS) if any(c.grid == g for c in here))
        shown |= dict.fromkeys(cell.grid for cell in here)
        scheme = {name: next((c.scheme for c in here if c.grid == name and c.own), None) for name in shown}
        scheme |= {name: next(c.scheme for c in here if c.grid == name) for name, own in scheme.items() if own is None}
        out = []
        for name, title, limit in (("weight", "weight of a mode", WEIGHT), ("width", "law of a coordinate", WIDTH)):
            curves = []
            for grid in shown:
                own = [cell for cell in here if cell.grid == grid and cell.scheme == scheme[grid]]
                own = [cell for cell in own if math.isfinite(getattr(cell.errors, name))]
                heights = [min(max(getattr(cell.errors, name), _SHOWN), _MOST_SHOWN) for cell in own]
                style: Style = "line" if grid in (*_MINE, PAPERS) else "dashed"
                label = grid if grid == DESIGNED else f"{grid} ({scheme[grid]})"
                curves.append(Curve(label, [cell.evaluations for cell in own], heights, style=style))
            out.append(
                Chart(
                    f"comparison-{name}",
                    f"Errors against evaluations, d = {dimension_text(d)}",
                    "evaluations of the denoiser",
                    f"error of the {title}",
                    tuple(curves),
                    log_x=True,
                    log_y=True,
                    levels=(Level(f"{100 * limit:g} %", limit),),
                )
            )
        return out[0], out[1]

    def plot(self, dimension: float | None = None) -> Figure:
        """Return the figure of ``charts``, beside each other."""
        return panels(self.charts(dimension))


def _errors_text(errors: Errors | None) -> str:
    if errors is None or not math.isfinite(errors.weight):
        return "–"
    return f"{errors.weight:.4f} / {errors.width:.3f}"
