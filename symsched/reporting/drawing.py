"""Charts drawn: the only module that imports matplotlib.

Figures are objects of their own: no window, no global figure, no change of the user's settings.
"""

import io
import math
import re
import textwrap
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Literal

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import LogFormatter, NullLocator, ScalarFormatter

from symsched.reporting.charts import Chart, Curve

Format = Literal["svg", "png", "pdf"]

WIDTH = 6.6
"""Inches: the width of a column of text."""

# Wong, Nature Methods 8, 441 (2011): told apart by readers with any common colour blindness. The shades for a dark
# ground are the same hues, lightened. Behind them: ink, grid and ground.
_CYCLE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#111111", "#E69F00")
_INK, _FAINT, _GROUND = "#1c1e21", "#d9dce1", "#ffffff"
_DARK = ("#5AB4F0", "#FF8A3D", "#2FCCA0", "#E79BC6", "#A5D8F7", "#FFFFFF", "#F5C04A", "#e6e8eb", "#3b4047", "#16181c")
_SHADES = {light.lower(): dark for light, dark in zip((*_CYCLE, _INK, _FAINT, _GROUND), _DARK, strict=True)}
_DOTS: tuple[Any, ...] = (":", "-.", (0, (5, 2)), (0, (1, 4)))
_MARKERS = ("o", "s", "^", "D", "v", "P", "X")


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


def _plotted(axes: Axes, chart: Chart, ticks: list[str], *, marked: bool = False) -> None:
    """Draw the curves and levels of a chart, and its axes."""
    places = _places(chart.curves)
    for curve, place in zip(chart.curves, places, strict=True):
        mark = _MARKERS[place // len(_CYCLE) % len(_MARKERS)] if marked else ""
        _draw(axes, curve, _CYCLE[place % len(_CYCLE)], place, sideways=bool(chart.ticks), mark=mark)
    named = [level.label for level in chart.levels if level.label]
    for level in chart.levels:
        line = axes.axvline if level.axis == "x" else axes.axhline
        dots = _DOTS[named.index(level.label) % len(_DOTS)] if level.label else _DOTS[0]
        line(level.value, color=_INK, linewidth=1.1, linestyle=dots, zorder=1.5, label=level.label or None)
    _axes(axes, chart, ticks)


def _places(curves: Sequence[Curve]) -> list[int]:
    """Return the place in the cycle of colours of each curve: one for each quantity."""
    keys = [curve.quantity or f"curve {place}" for place, curve in enumerate(curves)]
    order = list(dict.fromkeys(keys))
    return [order.index(key) for key in keys]


def draw(chart: Chart | tuple[Chart, ...], format: Format) -> bytes:
    """Return the file of a chart, or of several beside each other: SVG text, PNG at 160 dots per inch, or PDF.

    The same chart gives the same bytes.
    """
    stream = io.BytesIO()
    metadata: dict[str, Any] = {"svg": {"Date": None, "Creator": None}, "png": {"Software": None}}.get(
        format, {"CreationDate": None, "Creator": None, "Producer": None}
    )
    with mpl.rc_context(_settings()):
        _laid_out(chart).savefig(stream, format=format, dpi=160, metadata=metadata)
    return stream.getvalue()


def darkened(svg: bytes) -> bytes:
    """Return a drawing in the colours for a dark ground: drawing it again would take as long as the first time."""
    return re.sub(rb"#[0-9a-f]{6}", lambda found: _SHADES[found[0].decode()].encode(), svg)


@lru_cache(maxsize=64)
def _laid_out(chart: Chart | tuple[Chart, ...]) -> Figure:
    """Return the figure with its layout found once: that is half of the work, and a report asks for several formats."""
    result = figure(chart) if isinstance(chart, Chart) else panels(chart)
    result.draw_without_rendering()
    result.set_layout_engine("none")
    return result


def _settings() -> dict[str, Any]:
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
    }


def _draw(axes: Axes, curve: Curve, colour: str, place: int, *, sideways: bool, mark: str = "") -> None:
    if curve.style == "points":
        across, up = (curve.error, None) if sideways else (None, curve.error)
        look: dict[str, Any] = {"color": colour, "fmt": _MARKERS[place % len(_MARKERS)], "zorder": 3}
        look |= {"markersize": 5.5, "capsize": 2.5, "elinewidth": 1.3}
        axes.errorbar(curve.x, curve.y, yerr=up, xerr=across, label=curve.label, **look)
        return
    # Beyond the seven colours of the cycle, lines of one colour differ in their dashes.
    again = place >= len(_CYCLE) and curve.style == "line" and not mark
    style = "-." if again else {"line": "-", "dashed": "--", "steps": "-"}[curve.style]
    how = "steps-mid" if curve.style == "steps" else "default"
    look = {"color": colour, "linewidth": 1.9, "drawstyle": how, "zorder": 2, "marker": mark, "markersize": 5}
    axes.plot(curve.x, curve.y, style, label=curve.label, **look)
    if curve.error is not None:
        low = [y - e for y, e in zip(curve.y, curve.error, strict=True)]
        high = [y + e for y, e in zip(curve.y, curve.error, strict=True)]
        axes.fill_between(
            curve.x, low, high, step="mid" if how != "default" else None, color=colour, alpha=0.2, linewidth=0
        )


def _axes(axes: Axes, chart: Chart, ticks: list[str]) -> None:
    axes.set(xlabel=chart.x_label, ylabel=chart.y_label)
    if chart.log_x:
        axes.set_xscale("log")
        # Numbers like 30 between powers of ten: 3 × 10¹ runs into its neighbours.
        axes.xaxis.set_minor_formatter(LogFormatter(minor_thresholds=(1, 0.4)))
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
