"""Pictures as data: curves, points with error bars and reference lines, with no drawing in them.

A chart can be drawn (``symsched.reporting.drawing``), written as numbers, or compared in a test, because it holds
numbers only. Labels may hold formulas between dollar signs (TeX).
"""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from symsched.algebra.arrays import Array
from symsched.reporting.numbers import dimension_text
from symsched.reporting.verdicts import Z_LIMIT, Row, Verdict

Style = Literal["line", "dashed", "dotted", "points", "steps", "bars", "band", "threads"]

Z_SHOWN = 10.0
"""A z-score beyond this is drawn at the edge, with its number in the label."""


@dataclass(frozen=True)
class Curve:
    """The points (x_i, y_i), with error bars if ``error`` (one standard error each) is given.

    ``style`` is "line", "dashed" or "dotted" (a curve), "points" (a measurement), "steps" (a histogram, x being bin
    centres), "bars" (masses at x), "band" (what lies within ``error`` of y, shaded) or "threads" (many thin curves with
    NaN between them). Curves of one ``quantity`` have one colour; without one a curve is a quantity of its own.
    """

    label: str
    x: Sequence[float] | Array
    y: Sequence[float] | Array
    error: Sequence[float] | Array | None = None
    style: Style = "line"
    quantity: str = ""

    def __post_init__(self) -> None:
        """Turn any sequences of numbers into tuples of floats of one length, or raise."""
        for name in ("x", "y", "error"):
            values = getattr(self, name)
            if values is not None:
                object.__setattr__(self, name, tuple(float(value) for value in values))
        lengths = {name: len(values) for name in ("x", "y", "error") if (values := getattr(self, name)) is not None}
        if len(set(lengths.values())) != 1:
            raise ValueError(f"the curve {self.label!r} needs x, y and error of one length, got {lengths}")
        if self.style not in get_args(Style):
            raise ValueError(f"the style of the curve {self.label!r} must be one of {get_args(Style)}")


@dataclass(frozen=True)
class Level:
    """A reference line across the chart: y = value, or x = value if ``axis`` is "x"."""

    label: str
    value: float
    axis: Literal["x", "y"] = "y"


@dataclass(frozen=True)
class Span:
    """A stretch of the horizontal axis, shaded, with its name above the axes."""

    label: str
    start: float
    end: float


@dataclass(frozen=True)
class Chart:
    """Curves over common axes, with what a reader needs to understand them.

    ``name`` is a file name without its ending; ``ticks`` names the positions 0, 1, … of the vertical axis, from the top
    (error bars then lie along the horizontal one).
    """

    name: str
    title: str
    x_label: str
    y_label: str
    curves: tuple[Curve, ...]
    log_x: bool = False
    log_y: bool = False
    caption: str = ""
    levels: tuple[Level, ...] = ()
    ticks: tuple[str, ...] = ()
    spans: tuple[Span, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a name that is no file name: it is used as one."""
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", self.name):
            raise ValueError(f"the name of a chart must be letters, digits, - and _, got {self.name!r}")


@dataclass(frozen=True)
class Plate:
    """Charts that make one figure of a paper, with the caption that says what is shown, d, n, steps and the seed.

    Every panel keeps its numbers: ``plate["weight"]`` is the chart of that name.
    """

    charts: tuple[Chart, ...]
    caption: str

    def __post_init__(self) -> None:
        """Refuse a figure of nothing."""
        if not self.charts:
            raise ValueError("a figure needs at least one chart")

    def __getitem__(self, name: str) -> Chart:
        """Return the chart of a name; KeyError with the names that there are."""
        for chart in self.charts:
            if chart.name == name:
                return chart
        raise KeyError(f"no chart {name!r} in this figure, which has {', '.join(chart.name for chart in self.charts)}")

    def to_dict(self) -> dict[str, Any]:
        """Return caption and curves as plain data, ready for JSON; a gap in a curve is None."""
        return {"caption": self.caption, "charts": [_chart_to_dict(chart) for chart in self.charts]}


def _chart_to_dict(chart: Chart) -> dict[str, Any]:
    def plain(values: Sequence[float] | Array | None) -> list[float | None] | None:
        return None if values is None else [float(one) if math.isfinite(one) else None for one in values]

    curves = [
        {"label": c.label, "style": c.style, "quantity": c.quantity}
        | {name: plain(getattr(c, name)) for name in ("x", "y", "error")}
        for c in chart.curves
    ]
    marks = {name: [asdict(one) for one in getattr(chart, name)] for name in ("levels", "spans")}
    axes = {"x_label": chart.x_label, "y_label": chart.y_label, "log_x": chart.log_x, "log_y": chart.log_y}
    return {"name": chart.name, **axes, "curves": curves, **marks}


_KINDS = {"line": "Lines", "dashed": "Dashed", "points": "Points", "steps": "Steps"}


def caption_of(chart: Chart) -> str:
    """Return the caption of a chart: its own, or what is drawn against what, and how."""
    if chart.caption:
        return chart.caption
    across = " against ".join(label for label in (chart.y_label, chart.x_label) if label)
    parts = [across[:1].upper() + across[1:]]
    for style, word in _KINDS.items():
        labels = [curve.label for curve in chart.curves if curve.style == style and curve.label]
        bars = any(curve.error is not None for curve in chart.curves if curve.style == style)
        if labels:
            parts.append(f"{word}: {', '.join(labels)}" + (", with one standard error" if bars else ""))
    levels = [level.label for level in chart.levels if level.label]
    parts += [f"Dotted: {', '.join(levels)}"] if levels else []
    return ". ".join(part for part in parts if part) + "."


def row_label(row: Row) -> str:
    """Return what the row is about: its claim, and its dimension if it has one."""
    return row.claim if row.dimension is None else f"{row.claim}, d\u00a0=\u00a0{dimension_text(row.dimension)}"


def chart_of_rows(rows: Iterable[Row], name: str = "rows", title: str = "Measured against predicted") -> Chart:
    """Return the chart of how far each measurement lies from its prediction.

    Rows with a standard error are shown as z = (measured − predicted)/standard error with the limits ±4. If there are
    none, each row is shown by (measured − predicted)/max(1, |predicted|). Raises ValueError if there is no row.
    """
    every = tuple(rows)
    if not every:
        raise ValueError("a chart of rows needs at least one row")
    levels: tuple[Level, ...] = (Level("", 0.0, "x"),)
    scores = [(row, row.z) for row in every if row.z is not None]
    if scores:
        pairs = [(row, math.copysign(min(abs(z), Z_SHOWN), z)) for row, z in scores]
        beyond = [f" (z\u00a0=\u00a0{z:.3g})" if abs(z) > Z_SHOWN else "" for _, z in scores]
        levels = (Level(f"limits ±{Z_LIMIT:g}", -Z_LIMIT, "x"), Level("", Z_LIMIT, "x"), *levels)
        axis = "z-score"
        caption = (
            "z = measured − predicted, beyond what is allowed for, in standard errors; "
            f"each bar is one standard error, the limits are ±{Z_LIMIT:g}."
        )
    else:
        relative = [(row, (row.measured - row.predicted) / max(1.0, abs(row.predicted))) for row in every]
        pairs = [(row, value) for row, value in relative if math.isfinite(value)]
        beyond = [""] * len(pairs)
        axis, caption = "(measured − predicted) / max(1, |predicted|)", ""
    ticks = tuple(row_label(row) + note for (row, _), note in zip(pairs, beyond, strict=True))
    curves = _by_verdict(pairs, error=1.0 if scores else None)
    return Chart(name, title, axis, "", curves, caption=caption, levels=levels, ticks=ticks)


def _by_verdict(pairs: Sequence[tuple[Row, float]], error: float | None) -> tuple[Curve, ...]:
    curves = []
    for verdict in Verdict:
        chosen = [(value, place) for place, (row, value) in enumerate(pairs) if row.verdict == verdict]
        if not chosen and verdict is Verdict.FEW:
            continue
        # Any other empty curve stays, so that a verdict has the same colour and marker in every chart.
        label = f"{verdict.value} ({len(chosen)})"
        bars = None if error is None else [error] * len(chosen)
        curves.append(Curve(label, [v for v, _ in chosen], [p for _, p in chosen], bars, "points"))
    return tuple(curves)
