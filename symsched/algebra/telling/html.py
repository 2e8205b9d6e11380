"""A derivation as HTML: nothing is loaded from elsewhere, no script runs, and formulas are MathML."""

from collections.abc import Iterator, Sequence
from html import escape

import sympy as sp

from symsched.algebra.formulas import formula_latex
from symsched.algebra.telling import prose
from symsched.algebra.telling.glossary import Glossary, Introduction
from symsched.algebra.telling.latex import introduced, lines_of, sign_latex
from symsched.algebra.telling.mathml import mathml
from symsched.algebra.telling.parts import Shown, Telling, shown
from symsched.algebra.telling.sources import Source
from symsched.algebra.telling.style import STYLE


def page(title: str, introduction: str, steps: Sequence[str]) -> str:
    """Return a whole page; ``title`` and ``introduction`` are plain text, ``steps`` HTML."""
    below = f"<p>{escape(introduction)}</p>" if introduction else ""
    return (
        '<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta name="color-scheme" content="light dark"><title>{escape(title)}</title></head>\n'
        f'<body style="margin:0">\n{section([f"<header><h1>{escape(title)}</h1>{below}</header>", *steps])}\n'
        "</body></html>\n"
    )


def section(steps: Sequence[str]) -> str:
    """Return steps as a part of a page, with the style that is theirs alone."""
    body = "\n".join(steps)
    return f'<div class="symsched-derivation"><style>{STYLE}</style>\n{body}\n</div>'


def step_html(step: Telling, number: int | None, glossary: Glossary, fresh: Iterator[sp.Symbol]) -> str:
    """Return a step: what goes in, what comes out, why it is allowed, and what its symbols mean."""
    taken, made = shown(step.before, step.given), shown(step.after, step.found)
    sides = [lines_of(side, fresh) for side in (taken, made)]
    new = introduced(step, [line for side in sides for line in side], taken + made, glossary)
    count = "" if number is None else f'<span class="count">{number}.</span> '
    assumed = "".join(
        f'<li>{prose.html(one.says)} <span class="checked">({prose.html(one.checked)})</span></li>'
        for one in step.assumes
    )
    parts = [
        f"<article><h2>{count}{prose.html(step.heading)}</h2><dl>",
        _side("In", taken, sides[0]),
        _side("Out", made, sides[1]),
        f"<dt>Allowed by</dt><dd>{prose.html(step.theorem)}{f'<ul>{assumed}</ul>' if assumed else ''}</dd>",
        f"<dt>Source</dt><dd>{'; '.join(_cited(source, glossary) for source in step.sources)}</dd>",
        f"<dt>Here</dt><dd><ul>{''.join(map(_introduced, new))}</ul></dd>" if new else "",
        "</dl></article>",
    ]
    return "".join(parts)


def _side(head: str, quantities: Sequence[Shown], lines: Sequence[str]) -> str:
    names = "; ".join(prose.html(one.name) for one in quantities)
    formulas = "".join(mathml(line) for line in lines)
    label = f"{head}: formulas"
    return (
        f'<dt>{head}</dt><dd>{names}<div class="formula" role="region" tabindex="0" aria-label="{label}">'
        f"{formulas}</div></dd>"
    )


def _cited(source: Source, glossary: Glossary) -> str:
    if not glossary.cite(source):
        return escape(source.short)
    where = f", {escape(source.where)}" if source.where else ""
    return f"{escape(source.author)}, <cite>{escape(source.title)}</cite>{where} ({source.year})"


def _introduced(one: Introduction) -> str:
    if one.equation is not None:
        return f"<li>{mathml(formula_latex(one.equation), inline=True)}</li>"
    return f"<li>{mathml(sign_latex(one), inline=True)}: {prose.html(one.meaning)}</li>"
