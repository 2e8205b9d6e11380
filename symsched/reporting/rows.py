"""Rows of predictions and measurements as Markdown and as LaTeX."""

from collections.abc import Iterable, Sequence

from symsched.reporting.numbers import dimension_text, measured_text, number_latex, predicted_text, z_text
from symsched.reporting.prose import prose_latex, prose_markdown
from symsched.reporting.verdicts import Row, Verdict

VERDICT_CLASSES = {Verdict.AGREES: "agrees", Verdict.FAILS: "fails", Verdict.NOT_YET: "notyet", Verdict.FEW: "notyet"}
"""The name of a verdict's colour, in LaTeX as on the page."""
_NOTHING = 1e-16
_SIZES = {"footnotesize": 4.75, "scriptsize": 4.25, "tiny": 3.5}
"""Sizes of a table's letters with the points of a digit."""
_LINE, _GAP, _LEAST = 455.0, 7.0, 0.15
"""Points of a line, and between columns; the least share of a line for words."""
NUMERIC = frozenset({"d", "data", "predicted", "measured", "z"})
"""Columns that are set flush right."""

LATEX_COLOURS = r"""\definecolor{agrees}{HTML}{006B4F}
\definecolor{fails}{HTML}{A83200}
\definecolor{notyet}{HTML}{5C5F66}"""
"""What ``rows_to_latex`` needs in a preamble, with the packages booktabs, longtable, array and xcolor."""


def row_cells(row: Row) -> dict[str, str]:
    """Return what a reader is shown of the row, by column, as plain text."""
    return {
        "quantity": row.claim,
        "d": dimension_text(row.dimension),
        "data": "–" if row.target is None else predicted_text(row.target, row.standard_error),
        "predicted": predicted_text(_rounded(row.predicted), row.standard_error),
        "measured": measured_text(_rounded(row.measured), row.standard_error),
        "z": z_text(row.z),
        "verdict": row.verdict.value,
        "rule": row.rule,
    }


def _rounded(value: float) -> float:
    """Return 0 for what rounding has left of it: rows hold numbers of order 1."""
    return 0.0 if abs(value) < _NOTHING else value


def columns_of(rows: Sequence[Row]) -> list[str]:
    """Return the columns that a table of the rows has: d, the data's own value and z where some row has one."""
    shown = {
        "d": any(row.dimension is not None for row in rows),
        "data": any(row.target is not None for row in rows),
        "z": any(row.z is not None for row in rows),
    }
    names = ["verdict", "quantity", "d", "data", "predicted", "measured", "z", "rule"]
    return [name for name in names if shown.get(name, True)]


def rows_to_markdown(rows: Iterable[Row]) -> str:
    """Return a Markdown table of the rows; the d column is left out if no row has a dimension."""
    every = tuple(rows)
    names = columns_of(every)
    lines = [f"| {' | '.join(names)} |", f"|{'|'.join('--:' if name in NUMERIC else ':--' for name in names)}|"]
    for row in every:
        cells = row_cells(row)
        cells |= {name: prose_markdown(cells[name]) for name in ("quantity", "rule")}
        if row.verdict is Verdict.FAILS:
            cells["verdict"] = f"**{row.verdict.value}**"
        lines.append(f"| {' | '.join(cells[name] for name in names)} |")
    return "\n".join(lines) + "\n"


def rows_to_latex(rows: Iterable[Row]) -> str:
    """Return a LaTeX ``longtable`` of the rows, its rules lettered below it.

    Needs the packages booktabs, longtable, array, xcolor, and the colours ``LATEX_COLOURS``.
    """
    every = tuple(rows)
    names = columns_of(every)[:-1]
    rules = list(dict.fromkeys(row.rule for row in every))
    size, share = _fitting(every, names)
    columns = rf"l>{{\raggedright\arraybackslash}}p{{{share:.2f}\linewidth}}" + "r" * (len(names) - 2)
    head = [f"${name}$" if name in ("d", "z") else name for name in names]
    lines = [
        rf"\begingroup\{size}"
        r"\setlength{\tabcolsep}{3.5pt}\setlength{\LTleft}{0pt}\setlength{\LTpost}{2pt}",
        rf"\begin{{longtable}}{{@{{}}{columns}@{{}}}}",
        r"\toprule " + " & ".join(head) + r" \\ \midrule \endhead \bottomrule \endfoot",
    ]
    for row in every:
        cells = {name: number_latex(text) if name in NUMERIC else text for name, text in row_cells(row).items()}
        cells["quantity"] = prose_latex(row.claim)
        verdict = rf"\textcolor{{{VERDICT_CLASSES[row.verdict]}}}{{{row.verdict.value}}}"
        cells["verdict"] = rf"{verdict}\textsuperscript{{{_letter(rules.index(row.rule))}}}"
        lines.append(" & ".join(cells[name] for name in names) + r" \\")
    lines.append(r"\end{longtable}")
    notes = [rf"\textsuperscript{{{_letter(place)}}}\,{prose_latex(rule)}" for place, rule in enumerate(rules)]
    lines += [r"\noindent\footnotesize\raggedright " + r"\quad ".join(notes) + r"\par\endgroup"]
    return "\n".join(lines) + "\n"


def _fitting(rows: Sequence[Row], names: Sequence[str]) -> tuple[str, float]:
    """Return the size of letters, and the share of a line of 160 mm that the widest numbers then leave for words."""
    cells = [row_cells(row) for row in rows]
    widest = sum(max((len(cell[name]) for cell in cells), default=0) for name in names if name in NUMERIC)
    verdict = max((len(row.verdict.value) for row in rows), default=0) + 3
    left = {size: 1 - (digit * (widest + verdict) + _GAP * len(names)) / _LINE for size, digit in _SIZES.items()}
    return next(((size, share) for size, share in left.items() if share >= _LEAST), ("tiny", _LEAST))


def _letter(place: int) -> str:
    """Return a, b, …, z, aa, ab, …"""
    return (_letter(place // 26 - 1) if place >= 26 else "") + "abcdefghijklmnopqrstuvwxyz"[place % 26]
