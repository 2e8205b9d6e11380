"""A derivation as LaTeX: it needs amsmath alone, and no line is wider than a column of an article (345 pt)."""

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import groupby

import sympy as sp

from symsched.algebra.escapes import latex_text
from symsched.algebra.formulas import formula_latex, normal
from symsched.algebra.notation.lines import display, equation, joined
from symsched.algebra.telling import prose
from symsched.algebra.telling.glossary import Glossary, Introduction
from symsched.algebra.telling.parts import Shown, Telling, shown
from symsched.algebra.telling.sources import Source
from symsched.algebra.telling.text import prose_of


def step_latex(step: Telling, number: int | None, glossary: Glossary, fresh: Iterator[sp.Symbol]) -> str:
    """Return a step as a paragraph: what goes in, what comes out, why it is allowed, and what its symbols mean."""
    taken, made = shown(step.before, step.given), shown(step.after, step.found)
    sides = [lines_of(side, fresh) for side in (taken, made)]
    count = "" if number is None else f"{number}. "
    new = introduced(step, [line for side in sides for line in side], taken + made, glossary)
    parts = [
        rf"\paragraph{{{count}{prose.latex(step.heading)}.}}",
        _side("In", taken, sides[0]),
        _side("Out", made, sides[1]),
        _why(step, glossary),
        *([_symbols(new)] if new else []),
    ]
    return "\n".join(parts)


def lines_of(quantities: Sequence[Shown], fresh: Iterator[sp.Symbol]) -> list[str]:
    """Return the lines of LaTeX of a side of a step, without delimiters."""
    lines: list[str] = []
    for plainly, group in groupby(quantities, lambda one: one.written is None):
        found = [line for one in group for line in (one.written or partial(_lines, one))(fresh)]
        lines += joined(found) if plainly else found
    return lines


def _lines(quantities: Shown, fresh: Iterator[sp.Symbol]) -> list[str]:
    found: list[str] = []
    for sign, value in quantities.entries:
        found += formula_lines(sign, value, fresh)
    return found


def formula_lines(sign: str, value: sp.Basic, fresh: Iterator[sp.Symbol]) -> list[str]:
    """Return sign = value, or an equation by itself, on lines that a column holds."""
    if sign:
        return equation(prose.math_latex(sign), value, fresh)
    if isinstance(value, sp.Equality):
        relation = r"\sim" if getattr(value.rhs, "func", None) == normal else "="
        return equation(formula_latex(value.lhs), value.rhs, fresh, sign=relation)
    return [formula_latex(value)]


def introduced(
    step: Telling, lines: Sequence[str], quantities: Sequence[Shown], glossary: Glossary
) -> list[Introduction]:
    """Return the symbols that a step is the first to use."""
    return glossary.introduce(" ".join(lines), [step.before, step.after], prose_of(step, quantities))


def _side(head: str, quantities: Sequence[Shown], lines: Sequence[str]) -> str:
    names = "; ".join(prose.latex(one.name) for one in quantities)
    return f"\\emph{{{head}:}} {names}.\n{display(lines)}"


def _why(step: Telling, glossary: Glossary) -> str:
    assumed = [rf"{prose.latex(one.says)} ({prose.latex(one.checked)})" for one in step.assumes]
    allowed = f", if {'; '.join(assumed)}" if assumed else ""
    sources = "; ".join(_cited(source, glossary) for source in step.sources)
    return rf"\emph{{Allowed by}} {prose.latex(step.theorem)}{allowed}. \emph{{Source:}} {sources}."


def _cited(source: Source, glossary: Glossary) -> str:
    if not glossary.cite(source):
        return latex_text(source.short)
    where = f", {latex_text(source.where)}" if source.where else ""
    return rf"{latex_text(source.author)}, \emph{{{latex_text(source.title)}}}{where} ({source.year})"


def _symbols(new: Sequence[Introduction]) -> str:
    told = [
        rf"\({formula_latex(one.equation)}\)"
        if one.equation is not None
        else rf"\({sign_latex(one)}\) is {prose.latex(one.meaning)}"
        for one in new
    ]
    return rf"\emph{{Here}} {'; '.join(told)}."


def sign_latex(one: Introduction) -> str:
    """Return the sign of an introduction as LaTeX."""
    return prose.math_latex(one.sign) if one.symbol is None else formula_latex(one.symbol)
