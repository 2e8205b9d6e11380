"""The symbols of a derivation, each introduced by the step in which it appears first."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import sympy as sp

from symsched.algebra.constants import ImplicitConstant
from symsched.algebra.formulas import formula_latex
from symsched.algebra.telling.prose import math_latex
from symsched.algebra.telling.sources import Source

MEANINGS: dict[str, tuple[str, str]] = {
    r"\alpha": ("α", "the amplitude of the noise in $I = α z + β a$"),
    r"\beta": ("β", "the amplitude of the data"),
    "z": ("z", "noise, $d$ independent numbers of law $N(0, 1)$"),
    "a": ("a", "the data, and one coordinate of it"),
    "b": ("b", "the velocity of the probability flow"),
    "x": ("x", "one coordinate of the state, $x = α y$"),
    "y": ("y", "one coordinate of the state in canonical coordinates, $y = z + ψ a$"),
    "D": ("D", "the posterior mean of the data, given the state"),
    r"\psi": ("ψ", "the root signal-to-noise ratio $β/α$, from 0 (noise) to $∞$ (data)"),
    r"\tau": ("τ", "the interpolant’s own time, from 0 to 1"),
    "d": ("d", "the dimension"),
    "t": ("t", "the time of sampling: 0 is noise, 1 is data"),
    r"\kappa": ("κ", "the window constant: how far beyond its scale a window ends"),
    r"\rho": ("ρ_k", "the law of a coordinate in mode $k$"),
    "Z": ("Z", "the density of $y$ over that of the noise"),
    "c": ("c_n", "the cumulant of order $n$ of a coordinate"),
    "q": ("q", "the order of the first cumulant in which the modes differ"),
    r"\gamma": ("γ", "the exponent of the scale $ψ ~ d^{−γ}$"),
    "s": ("s", "the signal inside the window, $s = (ψ d^γ)^q$"),
    r"\nu": ("ν", "the order parameter in canonical coordinates, of variance 1 under noise"),
    r"\mu": ("μ", "the order parameter, $μ = α^q ν$"),
    "g": ("g_k", "the place of mode $k$ in the effective law: given the mode, $ν$ has the mean $s g_k$"),
    "w": ("w_k", "the weight of mode $k$"),
    "G": ("G", "the effective law"),
    r"\pi": (r"π_k", "the posterior weight of mode $k$"),
    "h": ("h", "half the logarithm of the odds of the two modes"),
    "S": ("S_k", "the sign of mode $k$"),
    "m": ("m", "the mean of a coordinate, $∑_i a_i/d$"),
    "u": ("u", "the field that is conjugate to $m$"),
    "r": ("r_k", "the mean of mode $k$"),
    "R": ("R", "what is left when the leading part is taken off"),
    "V": ("V", "the variance of $y$"),
    "L": ("L", "the logarithm of the likelihood ratio of all coordinates"),
    r"\lambda": ("λ_k", "the logarithm of the likelihood ratio of one coordinate"),
    "He": ("He_n", "the Hermite polynomial of order $n$, $He_2(y) = y^2 − 1$"),
}
"""By what it looks like in LaTeX: the sign, and what it means, both in prose."""

_WORDS = re.compile(
    r"\\(?:text|begin|end|operatorname|textsuperscript)\{[^{}]*\}|\\frac\{d\}\{d [^{}]*\}|\((?:da|dg)\)|"
    r"\\(?:left|right|quad|log|exp|tanh)\b"
)
_FORMULAS = re.compile(r"\$([^$]*)\$")
_SIGN = re.compile(r"\\mathrm\{(He|Var)\}|(\\[A-Za-z]+)|([A-Za-z])")


@dataclass(frozen=True)
class Introduction:
    """A sign that appears for the first time, and what it means, in prose.

    ``symbol`` is that of a parameter; ``equation`` is all that is known of a constant.
    """

    sign: str
    meaning: str
    symbol: sp.Symbol | None = None
    equation: sp.Eq | None = None


class Glossary:
    """What has been introduced, and cited in full, so far; ``parameters`` are symbols of the distribution."""

    def __init__(self, parameters: Iterable[sp.Symbol] = ()) -> None:
        """Start with nothing introduced."""
        self._parameters = {_first_sign(formula_latex(symbol)): symbol for symbol in sorted(parameters, key=str)}
        self._told: set[str] = set()
        self._cited: set[Source] = set()

    def cite(self, source: Source) -> bool:
        """Return whether a work is cited for the first time, and remember it."""
        new = source not in self._cited
        self._cited.add(source)
        return new

    def introduce(self, tex: str, formulas: Sequence[sp.Basic], prose: Iterable[str]) -> list[Introduction]:
        """Return what is new in a step: its formulas as LaTeX, as expressions, and its prose."""
        written = " ".join([tex, *(math_latex(found) for words in prose for found in _FORMULAS.findall(words))])
        found = [*self._of(written), *self._constants(formulas)]
        # What explains a symbol may hold another.
        for one in found:
            found += self._of(" ".join(math_latex(part) for part in _FORMULAS.findall(one.meaning)))
        return found

    def _of(self, tex: str) -> Iterator[Introduction]:
        for sign in signs(tex):
            if sign in self._told or (sign not in MEANINGS and sign not in self._parameters):
                continue
            self._told.add(sign)
            if sign in self._parameters:
                yield Introduction("", "a parameter of the distribution", self._parameters[sign])
            else:
                yield Introduction(*MEANINGS[sign])

    def _constants(self, formulas: Sequence[sp.Basic]) -> Iterator[Introduction]:
        constants = {constant for formula in formulas for constant in formula.atoms(ImplicitConstant)}
        for constant in sorted(constants, key=lambda one: str(one.name)):
            if constant.name not in self._told:
                self._told.add(constant.name)
                yield Introduction("", "", None, constant.definition)


def signs(tex: str) -> list[str]:
    """Return the signs of a formula in the order in which they appear, each once."""
    bare = _WORDS.sub(" ", tex)
    found = (one[0] or one[1] or one[2] for one in _SIGN.findall(bare))
    return list(dict.fromkeys(sign for sign in found))


def _first_sign(tex: str) -> str:
    return next(iter(signs(tex)), tex)
