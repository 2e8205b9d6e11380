"""A schedule as a paper prints it: τ(t) by cases, a window to a row."""

from collections.abc import Iterator, Sequence

import sympy as sp

from symsched.algebra.formulas import formula_latex, small_latex
from symsched.algebra.notation.lines import COLUMN, equation, names
from symsched.algebra.notation.width import width
from symsched.schedules.window import Window

_LEVEL = sp.Symbol("ell", positive=True)


def window_lines(windows: Sequence[Window], fresh: Iterator[sp.Symbol] | None = None) -> list[str]:
    """Return τ = cases as lines of LaTeX; a maximum, and a row that is too wide, are named and defined beneath."""
    fresh = names() if fresh is None else fresh
    beneath: list[str] = []
    levels: dict[sp.Basic, sp.Symbol] = {}
    rows = []
    for k, window in enumerate(windows, 1):
        value = window.tau
        for found in sorted(value.atoms(sp.Max, sp.Min), key=sp.default_sort_key):
            levels.setdefault(found, _LEVEL if not levels else sp.Symbol(f"ell_{len(levels)}", positive=True))
        value = value.xreplace(levels)
        shown = formula_latex(value)
        if width(_cases([_row(shown, window)])) > COLUMN:
            shown = rf"\tau_{{{k}}}"
            beneath += equation(shown, value, fresh)
        rows.append(_row(shown, window))
    defined = [line for value, name in levels.items() for line in equation(formula_latex(name), value, fresh)]
    return [_cases(rows), *beneath, *defined]


def _row(shown: str, window: Window) -> str:
    ends = [small_latex(end) for end in (window.start, window.end)]
    return rf"{shown} & {ends[0]} \le t \le {ends[1]}\ \text{{({window.name})}}"


def _cases(rows: Sequence[str]) -> str:
    return r"\tau = \begin{cases} " + r" \\ ".join(rows) + r" \end{cases}"
