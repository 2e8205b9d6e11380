"""Charts drawn: the only module that imports matplotlib.

Figures are objects of their own: no window, no global figure, no change of the user's settings.
"""

import io
import math
import re
import textwrap
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Literal, get_args

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import FuncFormatter, LogFormatter, NullLocator, ScalarFormatter

from symsched.errors import nearest
from symsched.reporting.charts import Chart, Curve, Plate

Format = Literal["svg", "png", "pdf"]
FORMATS: tuple[Format, ...] = get_args(Format)

WIDTH = 6.6
"""Inches: the width of a column of text."""

WIDTHS = {"column": 345 / 72.27, "page": 510 / 72.27}
"""Inches: the text of an article in one column (345 pt), and of a page in two (510 pt)."""

# Wong, Nature Methods 8, 441 (2011): told apart by readers with any common colour blindness. The shades for a dark
# ground are the same hues, lightened. Behind them: ink, grid and ground.
_CYCLE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#111111", "#E69F00")
_INK, _FAINT, _GROUND = "#1c1e21", "#d9dce1", "#ffffff"
_DARK = ("#5AB4F0", "#FF8A3D", "#2FCCA0", "#E79BC6", "#A5D8F7", "#FFFFFF", "#F5C04A", "#e6e8eb", "#3b4047", "#16181c")
_SHADES = {light.lower(): dark for light, dark in zip((*_CYCLE, _INK, _FAINT, _GROUND), _DARK, strict=True)}
_DOTS: tuple[Any, ...] = (":", "-.", (0, (5, 2)), (0, (1, 4)))
_MARKERS = ("o", "s", "^", "D", "v", "P", "X")
_DASHES: tuple[Any, ...] = ("-", (0, (5, 1.6)), (0, (5, 1.4, 1, 1.4)), (0, (1.2, 1.2)), (0, (8, 1.5, 2, 1.5)))
"""Lines of the quantities of a figure for print: told apart without colour."""
_PLAIN = 1000.0
"""End of a logarithmic axis up to which its numbers are written out."""
_LETTER = 0.072
"""Inches that a letter of a legend takes in print, on average."""


def figure(chart: Chart) -> Figure:
    """Return the chart as a matplotlib figure."""
    with mpl.rc_context(_settings()):
        ticks = [textwrap.fill(tick, 34) for tick in chart.ticks]
        lines = sum(tick.count("\n") + 1.6 for tick in ticks)
        result = Figure(
            figsize=(WIDTH, 1.6 + 0.19 * lines if ticks else 4.0), layout=ConstrainedLayoutEngine(w_pad=0.1, h_pad=0.1)
        )
        result.suptitle(textwrap.fill(chart.title, 68), x=0.015, ha="left", weight="bold")
        axes = result.add_subplot()
        _plotted(axes, chart, ticks)
        order = [curve.label for curve in chart.curves] + [level.label for level in chart.levels]
        entries = sorted(zip(*axes.get_legend_handles_labels(), strict=True), key=lambda entry: order.index(entry[1]))
        if len(entries) > 1:
            labels = [label for _, label in entries]
            longest = max(map(len, labels))
            columns = 1 if longest > 42 else 2 if longest > 20 else min(3 if longest > 12 else 4, len(labels))
            result.legend([handle for handle, _ in entries], labels, loc="outside lower center", ncols=columns)
    return result


def panels(charts: Sequence[Chart]) -> Figure:
    """Return charts of the same curves beside each other, under the title of the first, with one legend.

    Curves of one colour differ in their markers.
    """
    with mpl.rc_context(_settings()):
        size = (WIDTH * 0.9 * len(charts), 4.2 + 0.22 * math.ceil(len(charts[0].curves) / 3))
        result = Figure(figsize=size, layout=ConstrainedLayoutEngine(w_pad=0.1, h_pad=0.1))
        result.suptitle(charts[0].title, x=0.015, ha="left", weight="bold")
        drawn = [result.add_subplot(1, len(charts), place) for place in range(1, len(charts) + 1)]
        for axes, chart in zip(drawn, charts, strict=True):
            _plotted(axes, chart, [], marked=True)
            for level in chart.levels:
                place: Any = ("axes fraction", "data")
                axes.annotate(level.label, (1, level.value), xycoords=place, ha="right", va="bottom")
        labels = {curve.label for curve in charts[0].curves}
        entries = [entry for entry in zip(*drawn[0].get_legend_handles_labels(), strict=True) if entry[1] in labels]
        result.legend(*zip(*entries, strict=True), loc="outside lower center", ncols=3)
    return result


class Printed(Figure):
    """A matplotlib figure that carries its ``caption``, a text without markup."""

    caption: str = ""


def printed(plate: Plate, width: str = "column") -> Printed:
    """Return a figure for print, without a title, that carries its caption.

    ``width`` "column" is 345 pt with the panels beneath each other, "page" 510 pt with up to three beside each other.
    Quantities differ in colour, in dashes and in markers; the legend stands below the axes.
    """
    if width not in WIDTHS:
        raise ValueError(f"unknown width {width!r}; {nearest(str(width), WIDTHS)}")
    inches, count = WIDTHS[width], len(plate.charts)
    columns = 1 if width == "column" else min(count, 3)
    rows = math.ceil(count / columns)
    places = dict(zip(_keys(plate.charts), _places([c for chart in plate.charts for c in chart.curves]), strict=True))
    with mpl.rc_context(_settings(small=True)):
        entries = _legend_texts(plate.charts)
        longest = max((len(re.sub(r"[\\${}]", "", text)) for text in entries), default=1)
        across = max(1, min(len(entries), int(inches / (longest * _LETTER + 0.55))))
        below = 0.19 * math.ceil(len(entries) / across) if len(entries) > 1 else 0.0
        panel = min(0.62 * inches / columns + 0.35, 3.0 if rows == 1 else 2.3)
        result = Printed((inches, rows * panel + below), layout=ConstrainedLayoutEngine(w_pad=0.04, h_pad=0.04))
        found: dict[str, Any] = {}
        for place, chart in enumerate(plate.charts):
            axes = result.add_subplot(rows, columns, place + 1)
            own = [places[place, k] for k in range(len(chart.curves))]
            _plotted(axes, chart, list(chart.ticks), places=own, room=inches / columns - 0.9)
            if count > 1:
                corner: dict[str, Any] = {"xycoords": "axes fraction", "textcoords": "offset points", "weight": "bold"}
                axes.annotate(f"({'abcdefghijkl'[place]})", (0, 1), (-32, 4), **corner)
            found = {text: handle for handle, text in zip(*axes.get_legend_handles_labels(), strict=True)} | found
        if len(entries) > 1:
            result.legend([found[text] for text in entries], entries, loc="outside lower center", ncols=across)
    result.caption = plate.caption
    return result


def _keys(charts: Sequence[Chart]) -> list[tuple[int, int]]:
    return [(place, k) for place, chart in enumerate(charts) for k in range(len(chart.curves))]


def _legend_texts(charts: Sequence[Chart]) -> list[str]:
    """Return what the legend of several charts holds, each text once."""
    texts: list[str] = []
    for chart in charts:
        texts += [curve.label for curve in chart.curves] + [level.label for level in chart.levels]
    return [text for text in dict.fromkeys(texts) if text]


def _plotted(
    axes: Axes,
    chart: Chart,
    ticks: list[str],
    *,
    marked: bool = False,
    places: Sequence[int] | None = None,
    room: float = WIDTH,
) -> None:
    """Draw the curves and levels of a chart, and its axes; ``places`` in the cycle of colours are given for print."""
    dashed = places is not None
    places = _places(chart.curves) if places is None else places
    _shade(axes, chart, room)
    own = list(dict.fromkeys(places))
    for curve, place in zip(chart.curves, places, strict=True):
        mark = _MARKERS[place // len(_CYCLE) % len(_MARKERS)] if marked else ""
        dash = _DASHES[own.index(place) % len(_DASHES)] if dashed and curve.style == "line" else None
        _draw(axes, curve, _CYCLE[place % len(_CYCLE)], place, sideways=bool(chart.ticks), mark=mark, dash=dash)
    named = [level.label for level in chart.levels if level.label]
    for level in chart.levels:
        line = axes.axvline if level.axis == "x" else axes.axhline
        dots = _DOTS[named.index(level.label) % len(_DOTS)] if level.label else _DOTS[0]
        line(level.value, color=_INK, linewidth=1.1, linestyle=dots, zorder=1.5, label=level.label or None)
    _axes(axes, chart, ticks)


def _shade(axes: Axes, chart: Chart, room: float) -> None:
    """Shade the spans and name them above the axes, ``room`` inches wide, in as many lines as names need."""
    spans = chart.spans
    if not spans:
        return
    scale = room / (spans[-1].end - spans[0].start)
    ends: list[float] = []
    for k, span in enumerate(spans):
        axes.axvspan(span.start, span.end, color=_FAINT, alpha=(0.55, 0.2)[k % 2], linewidth=0, zorder=0)
        middle, half = (span.start + span.end) / 2, (len(span.label) + 1) * _LETTER / 2
        left = middle * scale - half
        row = next((row for row, end in enumerate(ends) if end <= left), len(ends))
        ends[row : row + 1] = [middle * scale + half]
        where: dict[str, Any] = {"xycoords": axes.get_xaxis_transform(), "textcoords": "offset points"}
        where |= {"ha": "center", "va": "bottom", "fontsize": "small", "annotation_clip": False}
        axes.annotate(span.label, (middle, 1), (0, 2 + 10 * row), **where)


def _places(curves: Sequence[Curve]) -> list[int]:
    """Return the place in the cycle of colours of each curve: one for each quantity."""
    keys = [curve.quantity or f"curve {place}" for place, curve in enumerate(curves)]
    order = list(dict.fromkeys(keys))
    return [order.index(key) for key in keys]


def draw(chart: Chart | tuple[Chart, ...] | Plate, format: Format, width: str = "column") -> bytes:
    """Return the file of a chart, of several beside each other, or of a plate: SVG, PDF, or PNG.

    A PNG has 160 dots per inch, that of a plate, which is for print and has a ``width``, 300. The same chart gives the
    same bytes.
    """
    stream = io.BytesIO()
    metadata: dict[str, Any] = {"svg": {"Date": None, "Creator": None}, "png": {"Software": None}}.get(
        format, {"CreationDate": None, "Creator": None, "Producer": None}
    )
    small = isinstance(chart, Plate)
    with mpl.rc_context(_settings(small=small)):
        _laid_out(chart, width).savefig(stream, format=format, dpi=300 if small else 160, metadata=metadata)
    return stream.getvalue()


def darkened(svg: bytes) -> bytes:
    """Return a drawing in the colours for a dark ground: drawing it again would take as long as the first time."""
    return re.sub(rb"#[0-9a-f]{6}", lambda found: _SHADES[found[0].decode()].encode(), svg)


@lru_cache(maxsize=64)
def _laid_out(chart: Chart | tuple[Chart, ...] | Plate, width: str) -> Figure:
    """Return the figure with its layout found once: that is half of the work, and a report asks for several formats."""
    if isinstance(chart, Chart):
        result = figure(chart)
    else:
        result = printed(chart, width) if isinstance(chart, Plate) else panels(chart)
    result.draw_without_rendering()
    result.set_layout_engine("none")
    return result


def _settings(*, small: bool = False) -> dict[str, Any]:
    ink = ("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color")
    return {
        **{name: value for name, value in mpl.rcParamsDefault.items() if not name.startswith("backend")},
        "font.size": 11,
        "figure.titlesize": 12,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "axes.axisbelow": True,
        "axes.formatter.use_mathtext": True,
        "axes.formatter.limits": (-4, 5),
        "grid.color": _FAINT,
        "grid.linewidth": 0.7,
        "legend.frameon": False,
        "legend.fontsize": 10.5,
        "mathtext.fontset": "dejavuserif",
        "figure.facecolor": _GROUND,
        "savefig.facecolor": _GROUND,
        "axes.facecolor": _GROUND,
        "svg.hashsalt": "symsched",
        "pdf.fonttype": 3,
        **dict.fromkeys(ink, _INK),
        **(_SMALL if small else {}),
    }


_SMALL: dict[str, Any] = {
    "font.size": 9,
    "axes.labelsize": 9,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "legend.fontsize": 8,
    "legend.handlelength": 2.6,
    "axes.linewidth": 0.7,
    "grid.linewidth": 0.5,
    "lines.markersize": 4,
}


def _draw(
    axes: Axes, curve: Curve, colour: str, place: int, *, sideways: bool, mark: str = "", dash: object = None
) -> None:
    small = mpl.rcParams["lines.markersize"] < 5
    if curve.style == "points":
        across, up = (curve.error, None) if sideways else (None, curve.error)
        look: dict[str, Any] = {"color": colour, "fmt": _MARKERS[place % len(_MARKERS)], "zorder": 3}
        look |= {"markersize": 3.8 if small else 5.5, "capsize": 1.8 if small else 2.5}
        axes.errorbar(curve.x, curve.y, yerr=up, xerr=across, label=curve.label, elinewidth=1.3, **look)
        return
    if curve.style == "bars":
        axes.vlines(curve.x, 0, curve.y, color=colour, linewidth=4, alpha=0.45, zorder=2, label=curve.label)
        return
    # Beyond the seven colours of the cycle, lines of one colour differ in their dashes.
    again = place >= len(_CYCLE) and curve.style == "line" and not mark
    style = "-." if again else {"dashed": "--", "dotted": ":"}.get(curve.style, "-")
    how = "steps-mid" if curve.style == "steps" else "default"
    if small and curve.style == "steps":
        axes.fill_between(curve.x, curve.y, step="mid", color=colour, alpha=0.15, linewidth=0)
    if curve.style != "band":
        thin = curve.style == "threads"
        wide = 0.5 if thin else 0.8 if small and curve.style == "steps" else 1.5 if small else 1.9
        look = {"color": colour, "linewidth": wide, "drawstyle": how, "zorder": 2, "alpha": 0.55 if thin else 1.0}
        look |= {"marker": mark, "markersize": 5}
        look["linestyle"] = style if dash is None else dash
        axes.plot(curve.x, curve.y, label=curve.label, **look)
    if curve.error is not None:
        low = [y - e for y, e in zip(curve.y, curve.error, strict=True)]
        high = [y + e for y, e in zip(curve.y, curve.error, strict=True)]
        shade: dict[str, Any] = {"color": colour, "alpha": 0.2, "linewidth": 0}
        shade["label"] = curve.label if curve.style == "band" else None
        axes.fill_between(curve.x, low, high, step="mid" if how != "default" else None, **shade)


def _axes(axes: Axes, chart: Chart, ticks: list[str]) -> None:
    axes.set(xlabel=chart.x_label, ylabel=chart.y_label)
    if chart.log_x:
        axes.set_xscale("log")
        # Numbers like 30 between powers of ten: 3 × 10¹ runs into its neighbours.
        axes.xaxis.set_minor_formatter(LogFormatter(minor_thresholds=(1, 0.4)))
        powers = axes.xaxis.get_major_formatter()
        # Beside them a ten is no power where the axis holds few of those: 6, 10, 20 evaluations.
        axes.xaxis.set_major_formatter(
            FuncFormatter(lambda x, k: f"{x:g}" if axes.get_xlim()[1] < _PLAIN else powers(x, k))
        )
    if chart.log_y:
        axes.set_yscale("log")
    if ticks:
        axes.set_yticks(range(len(ticks)), ticks)
        axes.yaxis.set_minor_locator(NullLocator())
        axes.set_ylim(len(ticks) - 0.5, -0.5)
    for axis in (axes.xaxis, axes.yaxis):
        formatter = axis.get_major_formatter()
        if isinstance(formatter, ScalarFormatter):
            # A tick label set as a formula takes most of the time of a drawing; only a power of ten needs one.
            formatter.set_locs(list(axis.get_majorticklocs()))
            formatter.set_useMathText(bool(formatter.get_offset()))
