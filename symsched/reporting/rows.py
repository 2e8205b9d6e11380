"""Rows of predictions and measurements as Markdown, as LaTeX, and as numbers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from symsched.algebra.escapes import latex_text, markdown_text
from symsched.reporting.numbers import dimension_text, measured_text, number_latex, predicted_text, z_text
from symsched.reporting.verdicts import Row, Verdict

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]

_VERDICT_COLOURS = {Verdict.AGREES: "agrees", Verdict.FAILS: "fails", Verdict.NOT_YET: "notyet"}

LATEX_COLOURS = r"""\definecolor{agrees}{HTML}{006B4F}
\definecolor{fails}{HTML}{A83200}
\definecolor{notyet}{HTML}{5C5F66}"""
"""What ``rows_to_latex`` needs in a preamble, with the packages booktabs, longtable, array and xcolor."""


def rows_to_markdown(rows: Iterable[Row]) -> str:
    """Return a Markdown table of the rows; the d column is left out if no row has a dimension."""
    every = tuple(rows)
    dimensions = _dimensions(every)
    head = ["quantity", *(["d"] if dimensions else []), "predicted", "measured", "z", "verdict", "rule"]
    lines = [f"| {' | '.join(head)} |", f"|{'|'.join(':--' if h in _WORDS else '--:' for h in head)}|"]
    for row in every:
        cells = [
            markdown_text(row.claim),
            *([dimension_text(row.dimension)] if dimensions else []),
            predicted_text(row.predicted, row.standard_error),
            measured_text(row.measured, row.standard_error),
            z_text(row.z),
            f"**{row.verdict.value}**" if row.verdict is Verdict.FAILS else row.verdict.value,
            markdown_text(row.rule),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


_WORDS = frozenset({"quantity", "verdict", "rule"})


def rows_to_latex(rows: Iterable[Row]) -> str:
    """Return a LaTeX ``longtable`` of the rows, its rules lettered below it.

    Needs the packages booktabs, longtable, array, xcolor, and the colours ``LATEX_COLOURS``.
    """
    every = tuple(rows)
    dimensions = _dimensions(every)
    rules = list(dict.fromkeys(row.rule for row in every))
    width = "0.3" if dimensions else "0.4"
    head = ["quantity", *(["$d$"] if dimensions else []), "predicted", "measured", "$z$", "verdict"]
    columns = rf">{{\raggedright\arraybackslash}}p{{{width}\linewidth}}" + ("r" if dimensions else "") + "rrrl"
    lines = [
        r"\begingroup\small\setlength{\tabcolsep}{5pt}\setlength{\LTleft}{0pt}\setlength{\LTpost}{2pt}",
        rf"\begin{{longtable}}{{@{{}}{columns}@{{}}}}",
        r"\toprule " + " & ".join(head) + r" \\ \midrule \endhead \bottomrule \endfoot",
    ]
    for row in every:
        colour = _VERDICT_COLOURS[row.verdict]
        cells = [
            latex_text(row.claim),
            *([number_latex(dimension_text(row.dimension))] if dimensions else []),
            number_latex(predicted_text(row.predicted, row.standard_error)),
            number_latex(measured_text(row.measured, row.standard_error)),
            number_latex(z_text(row.z)),
            rf"\textcolor{{{colour}}}{{{row.verdict.value}}}\textsuperscript{{{_letter(rules.index(row.rule))}}}",
        ]
        lines.append(" & ".join(cells) + r" \\")
    lines.append(r"\end{longtable}")
    notes = [rf"\textsuperscript{{{_letter(place)}}}\,{latex_text(rule)}" for place, rule in enumerate(rules)]
    lines += [r"\noindent\footnotesize " + r"\quad ".join(notes) + r"\par\endgroup"]
    return "\n".join(lines) + "\n"


def row_to_dict(row: Row) -> dict[str, Json]:
    """Return the row as JSON values: numbers to 15 significant digits, an infinite one as the string "inf"."""
    return {
        "claim": row.claim,
        "dimension": json_number(row.dimension),
        "predicted": json_number(row.predicted),
        "measured": json_number(row.measured),
        "standard_error": json_number(row.standard_error),
        "z": json_number(row.z),
        "verdict": row.verdict.value,
        "decides": row.decides,
        "rule": row.rule,
    }


def json_number(value: float | None) -> float | int | str | None:
    """Return a number that JSON can hold: infinities become "inf" and "-inf", a NaN becomes null.

    >>> json_number(0.1 + 0.2), json_number(float("inf")), json_number(10_000)
    (0.3, 'inf', 10000)
    """
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    number = float(value)
    if math.isnan(number):
        return None
    return str(number) if math.isinf(number) else float(f"{number:.15g}")


def _dimensions(rows: Sequence[Row]) -> bool:
    return any(row.dimension is not None for row in rows)


def _letter(place: int) -> str:
    """Return a, b, …, z, aa, ab, …"""
    return (_letter(place // 26 - 1) if place >= 26 else "") + "abcdefghijklmnopqrstuvwxyz"[place % 26]
