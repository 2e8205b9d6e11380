"""A derivation as text."""

from collections.abc import Sequence

import sympy as sp

from symsched.algebra.formulas import formula_latex
from symsched.algebra.telling.glossary import Glossary, Introduction
from symsched.algebra.telling.parts import Shown, Telling, shown
from symsched.algebra.telling.plain import formula_text
from symsched.algebra.telling.prose import math_latex, plain, plain_math
from symsched.algebra.telling.sources import Source

_MARGIN = 10


def step_text(step: Telling, glossary: Glossary) -> str:
    """Return a step as lines of text: its title, what goes in and comes out, why, by whom, and what is new."""
    taken, made = shown(step.before, step.given), shown(step.after, step.found)
    lines = [plain(step.heading), *_side("in", taken), *_side("out", made)]
    lines += [_line("if" if k == 0 else "", str(one)) for k, one in enumerate(step.assumes)]
    lines += [
        _line("by", plain(step.theorem)),
        _line("cf.", "; ".join(_cited(source, glossary) for source in step.sources)),
    ]
    tex = " ".join(f"{math_latex(sign)} {formula_latex(value)}" for one in taken + made for sign, value in one.entries)
    new = glossary.introduce(tex, [step.before, step.after], prose_of(step, taken + made))
    return "\n".join([*lines, *(_line("here" if k == 0 else "", _introduced(one)) for k, one in enumerate(new))])


def prose_of(step: Telling, quantities: Sequence[Shown]) -> list[str]:
    """Return all prose of a step."""
    assumed = [part for one in step.assumes for part in (one.says, one.checked)]
    return [step.title, step.theorem, *assumed, *(one.name for one in quantities)]


def _line(head: str, body: str) -> str:
    return f"    {head:<{_MARGIN - 4}}{body}"


def _side(head: str, quantities: Sequence[Shown]) -> list[str]:
    lines = []
    for k, one in enumerate(quantities):
        values = ", ".join(_entry(sign, value) for sign, value in one.entries)
        lines.append(_line(head if k == 0 else "", f"{plain(one.name)}: {values}"))
    return lines


def _entry(sign: str, value: sp.Basic) -> str:
    return f"{plain_math(sign)} = {formula_text(value)}" if sign else formula_text(value)


def _cited(source: Source, glossary: Glossary) -> str:
    return str(source) if glossary.cite(source) else source.short


def _introduced(one: Introduction) -> str:
    if one.equation is not None:
        return f"{formula_text(one.equation)}"
    sign = plain_math(one.sign) if one.symbol is None else formula_text(one.symbol)
    return f"{sign}: {plain(one.meaning)}"
