"""Tables of a paper: rows of LaTeX cells under booktabs' rules, on lines that the page holds."""

from collections.abc import Iterable, Sequence

from symsched.reporting.numbers import number_latex, number_text
from symsched.reporting.prose import prose_latex


def number_cell(value: float | None, digits: int = 6) -> str:
    """Return a number as a cell, or a dash for none."""
    return "--" if value is None else number_latex(number_text(value, digits))


def text_cell(text: str) -> str:
    """Return text as a cell, its powers set as such."""
    return prose_latex(text)


def table(caption: str, heads: Sequence[str], rows: Iterable[Sequence[str]], *, columns: str = "") -> str:
    """Return a longtable of LaTeX cells below a caption in LaTeX; empty ``columns``, their kinds, are flush right."""
    lines = [
        r"{\small\setlength{\tabcolsep}{5pt}",
        rf"\begin{{longtable}}{{@{{}}{columns or 'r' * len(heads)}@{{}}}}",
        rf"\caption{{{caption}}}\\",
        r"\toprule " + " & ".join(heads) + r" \\ \midrule \endfirsthead",
        r"\toprule " + " & ".join(heads) + r" \\ \midrule \endhead",
        r"\bottomrule \endfoot",
        *(" & ".join(row) + r" \\" for row in rows),
        r"\end{longtable}}",
    ]
    return "\n".join(lines)
