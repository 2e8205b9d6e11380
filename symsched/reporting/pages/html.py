"""A ledger as one HTML page: no script, nothing loaded from elsewhere. What it looks like stands in templates/."""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from symsched.reporting.charts import Chart, caption_of
from symsched.reporting.claim import Finding, Ledger
from symsched.reporting.drawing import darkened, draw
from symsched.reporting.numbers import setting_text
from symsched.reporting.pages.formulas import formula_mathml
from symsched.reporting.prose import prose_html, prose_plain
from symsched.reporting.rows import NUMERIC, VERDICT_CLASSES, columns_of, row_cells

_SIGNS = {"agrees": "✓", "fails": "✗", "notyet": "…"}
_IMPRINT = ("symsched", "commit", "date", "author")
"""Settings that stand below the title, those that need it with their names."""


@dataclass(frozen=True)
class _Group:
    """Claims that follow each other below one heading."""

    name: str
    anchor: str
    claims: tuple[Finding, ...]


@dataclass(frozen=True)
class _Pictures:
    """A chart as the addresses of its drawings for a light and a dark ground, and in words."""

    light: str
    dark: str
    alternative: str


def to_html(ledger: Ledger) -> str:
    """Return the ledger as a self-contained page: contents, a summary table, then a section for each claim."""
    found = [(name, str(ledger.settings[name])) for name in _IMPRINT if name in ledger.settings]
    return _page().render(
        ledger=ledger,
        groups=_groups(ledger),
        standing="agrees" if ledger.passed else "fails",
        imprint=" · ".join(f"{name} {value}" if name in ("symsched", "commit") else value for name, value in found),
        sign=_SIGNS,
        numeric=NUMERIC,
        classes=VERDICT_CLASSES,
    )


def _groups(ledger: Ledger) -> list[_Group]:
    """Return the claims in their order, below the name of their group wherever it changes."""
    groups: list[_Group] = []
    for name, claims in groupby(ledger.claims, lambda claim: claim.group):
        heading = name or f"{ledger.noun.capitalize()}s"
        heading += ", continued" * any(heading == group.name for group in groups)
        groups.append(_Group(heading, f"part-{len(groups) + 1}", tuple(claims)))
    return groups


def _pictures(chart: Chart) -> _Pictures:
    svg = draw(chart, "svg")
    light, dark = (
        f"data:image/svg+xml;base64,{base64.b64encode(drawn).decode('ascii')}" for drawn in (svg, darkened(svg))
    )
    named = ", ".join(curve.label for curve in chart.curves if curve.label)
    axes = " against ".join(label for label in (chart.y_label, chart.x_label) if label)
    return _Pictures(light, dark, prose_plain(f"Chart: {chart.title}. {axes}. Shown: {named}."))


def _safe(made: Callable[[Any], str]) -> Callable[[Any], Markup]:
    """Return a function whose HTML is set as it is, because the function escapes what it is given."""
    return lambda given: Markup(made(given))


def _page() -> Template:
    pages = Environment(
        loader=PackageLoader("symsched.reporting.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    pages.filters |= {
        "prose": _safe(prose_html),
        "mathml": _safe(formula_mathml),
        "caption": caption_of,
        "cells": row_cells,
        "columns": columns_of,
        "pictures": _pictures,
        "setting": setting_text,
    }
    return pages.get_template("ledger.html")
