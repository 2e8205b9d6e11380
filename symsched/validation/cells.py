"""The cells of a derivation: text, with the formulas it shows and the identities it rests on, made when they are read.

A cell is data: a script prints it, a test holds it against a spoiled copy of itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import sympy as sp

from symsched.algebra.derivation import Derivation

_DIGITS = 30  # to which an identity is evaluated
_ROUNDING = 1e-25  # what may be left of it


@dataclass(frozen=True)
class Formula:
    """An expression or equation with its name."""

    name: str
    expression: sp.Basic

    holds = True

    def __str__(self) -> str:
        """The formula over several lines, below its name."""
        lines = sp.pretty(self.expression, use_unicode=True, wrap_line=False).split("\n")
        return f"  {self.name}:\n\n" + "\n".join(f"      {line}" for line in lines) + "\n"


@dataclass(frozen=True)
class Identity:
    """A sentence that holds if two sides are equal.

    They are compared by SymPy; at the points ``at`` (symbol → number) if there are any, to 25 digits; or as numbers, if
    they need to agree only ``within`` some distance.
    """

    sentence: str
    left: Any
    right: Any = 0
    at: tuple[Mapping[Any, Any], ...] = ()
    within: float = 0.0

    @property
    def holds(self) -> bool:
        """Whether the two sides are equal."""
        difference = sp.S(self.left) - sp.S(self.right)
        if self.at or self.within:
            room = self.within or _ROUNDING
            return all(abs(sp.N(difference.subs(point), _DIGITS)) <= room for point in self.at or ({},))
        return any(sp.simplify(form) == 0 for form in (difference, sp.expand_trig(difference.rewrite(sp.exp))))

    @property
    def spoiled(self) -> Identity:
        """A wrong identity with the same left side."""
        return replace(self, right=sp.Rational(11, 10) * self.right + sp.Rational(1, 7))

    def __str__(self) -> str:
        """The sentence with its verdict."""
        return f"  {'ok    ' if self.holds else 'BROKEN'} {self.sentence}"


@dataclass(frozen=True)
class Steps:
    """The steps of a derivation whose rule holds one of the ``words``, with the numbers that verify them."""

    derivation: Derivation
    words: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether there is such a step, and every number of each is confirmed."""
        checks = [check for _, step in self._chosen() for check in step.check()]
        return bool(checks) and all(check.passed for check in checks)

    def _chosen(self) -> list[tuple[int, Any]]:
        steps = enumerate(self.derivation.steps, 1)
        return [(k, step) for k, step in steps if any(word in step.rule for word in self.words)]

    def __str__(self) -> str:
        """The steps, numbered, each followed by its checks."""
        return "\n".join(
            line for k, step in self._chosen() for line in (f"{k}. {step}", *(f"    {check}" for check in step.check()))
        )


Shown: TypeAlias = Formula | Identity | Steps


@dataclass(frozen=True)
class Cell:
    """A paragraph of a derivation and what it shows, produced by the engine when it is read."""

    text: str
    shown: Callable[[], Iterable[Shown]]


def cell(text: str) -> Callable[[Callable[[], Iterable[Shown]]], Cell]:
    """Make a cell of a function that yields what is shown below ``text``."""
    return lambda shown: Cell(text, shown)
