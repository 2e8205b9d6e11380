"""A ledger as values that JSON can hold."""

from __future__ import annotations

from symsched.reporting.charts import Chart
from symsched.reporting.claim import Finding, Ledger
from symsched.reporting.pages.formulas import formula_latex
from symsched.reporting.rows import Json, json_number, row_to_dict


def to_dict(ledger: Ledger) -> dict[str, Json]:
    """Return the ledger as JSON values, every number of every row and chart in it."""
    settings: dict[str, Json] = {
        name: value if isinstance(value, str) else json_number(value) for name, value in ledger.settings.items()
    }
    return {
        "title": ledger.title,
        "passed": ledger.passed,
        "summary": ledger.summary,
        "settings": settings,
        f"{ledger.noun}s": [_claim(claim) for claim in ledger.claims],
    }


def _claim(claim: Finding) -> dict[str, Json]:
    return {
        "number": claim.number,
        "title": claim.title,
        "group": claim.group,
        "statement": claim.statement,
        "source": claim.source,
        "expected": claim.expected,
        "reason": claim.reason,
        "outcome": claim.outcome,
        "holds": claim.holds,
        "as_expected": claim.as_expected,
        "seconds": json_number(round(claim.seconds, 3)),
        "formulas": [{"latex": formula_latex(formula), "sympy": str(formula)} for formula in claim.formula],
        "rows": [dict(row_to_dict(row)) for row in claim.rows],
        "charts": [_chart(chart) for chart in claim.charts],
    }


def _chart(chart: Chart) -> dict[str, Json]:
    curves: list[Json] = [
        {
            "label": curve.label,
            "style": curve.style,
            "x": [json_number(value) for value in curve.x],
            "y": [json_number(value) for value in curve.y],
            "error": None if curve.error is None else [json_number(value) for value in curve.error],
        }
        for curve in chart.curves
    ]
    levels: list[Json] = [
        {"label": level.label, "axis": level.axis, "value": json_number(level.value)} for level in chart.levels
    ]
    return {
        "name": chart.name,
        "title": chart.title,
        "caption": chart.caption,
        "x_label": chart.x_label,
        "y_label": chart.y_label,
        "log_x": chart.log_x,
        "log_y": chart.log_y,
        "levels": levels,
        "ticks": list(chart.ticks),
        "curves": curves,
    }
