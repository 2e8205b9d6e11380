"""Sentences with formulas in them, written once and read as text, as LaTeX and as HTML.

A formula stands between dollars, in signs as they are read: "$ψ ~ d^{−1/2}$". Indices and powers of several signs, and
what a root covers, are in braces.
"""

import re
import unicodedata
from collections.abc import Callable
from html import escape

from symsched.algebra.escapes import MATH_SIGNS, latex_text
from symsched.algebra.telling.mathml import mathml

_NAMES = ("log", "exp", "tanh", "max", "min", "lim")
_UPRIGHT = ("He", "Var")
_TOKEN = re.compile(rf"\b(?:{'|'.join((*_NAMES, *_UPRIGHT))})(?![A-Za-z])|.[\u0300-\u036f]?", re.DOTALL)
_ACCENTS = {"\u0302": r"\hat", "\u0307": r"\dot"}
_SCRIPT = re.compile(r"([_^])\{([^{}]*)\}")
_ROOT = re.compile(r"√\{([^{}]*)\}")


def plain(prose: str) -> str:
    """Return prose as text on a terminal.

    >>> plain("order $q = 2$: $ψ ~ d^{−1/4}$")
    'order q = 2: ψ ~ d^(−1/4)'
    """
    return _parts(prose, lambda words: words, plain_math)


def plain_math(formula: str) -> str:
    """Return the formula of a sentence, or the name of a quantity, as text."""

    def script(found: re.Match[str]) -> str:
        bare = len(found[2]) == 1 or (found[1] == "_" and found[2].isalnum())
        return found[1] + (found[2] if bare else f"({found[2]})")

    scripts = _SCRIPT.sub(script, formula)
    return _ROOT.sub(r"√(\1)", scripts)


def latex(prose: str) -> str:
    r"""Return prose as LaTeX.

    >>> latex("order $q = 2$: $ψ ~ d^{−1/4}$, 5 %")
    'order \\(q = 2\\): \\(\\psi \\sim d^{-1/4}\\), 5 \\%'
    """
    return _parts(prose, latex_text, lambda formula: rf"\({math_latex(formula)}\)")


def html(prose: str) -> str:
    """Return prose as HTML, its formulas as MathML."""
    return _parts(prose, escape, lambda formula: mathml(math_latex(formula), inline=True))


def _parts(prose: str, words: Callable[[str], str], formula: Callable[[str], str]) -> str:
    return "".join((formula if k % 2 else words)(part) for k, part in enumerate(prose.split("$")) if part)


def math_latex(formula: str) -> str:
    """Return the formula of a sentence, or the name of a quantity, as LaTeX without delimiters."""
    spaced = re.sub(r"√(?!\{)(\w)", r"√{\1}", formula)
    printed: list[str] = []
    for token in _TOKEN.findall(unicodedata.normalize("NFD", spaced)):
        letter, accent = token[0], token[-1]
        if token in _NAMES:
            found = rf"\{token}"
        elif token in _UPRIGHT:
            found = rf"\mathrm{{{token}}}"
        elif len(token) > 1 and accent in _ACCENTS:
            found = rf"{_ACCENTS[accent]}{{{_sign(letter)}}}"
        else:
            found = _sign(letter)
        # A command ends where a letter begins.
        if printed and re.search(r"\\[a-zA-Z]+$", printed[-1]) and found[:1].isalpha():
            printed.append(" ")
        printed.append(found)
    return "".join(printed)


def _sign(character: str) -> str:
    if character == "√":
        return r"\sqrt"
    if character == "~":
        return r"\sim"
    if unicodedata.decomposition(character).startswith("<super>"):
        return f"^{{{unicodedata.normalize('NFKC', character)}}}"
    return MATH_SIGNS.get(character, character)
