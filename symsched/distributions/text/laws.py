"""The univariate laws that the small language knows: their parameters and what is demanded of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

import sympy as sp
from sympy import stats
from sympy.stats.rv import RandomSymbol

from symsched import symbols

MAX_BINOMIAL = 1000
"""The most trials of a Binomial: each is an atom of the law."""

SITE = "a"
"""The name of the random variable: one coordinate of the data."""


@dataclass(frozen=True)
class Demand:
    """A condition on the parameters, in words and as a predicate; a condition that SymPy cannot decide is let pass."""

    words: str
    holds: Callable[..., sp.Basic | bool]


@dataclass(frozen=True)
class LawForm:
    """A law of ``sympy.stats``, the names of its parameters in order, and the conditions on them."""

    constructor: Callable[..., RandomSymbol]
    parameters: tuple[str, ...] = ()
    demands: tuple[Demand, ...] = ()

    def usage(self, name: str) -> str:
        """Return the call as a user writes it."""
        return f"{name}({', '.join(self.parameters)})"

    def law(self, name: str, arguments: tuple[sp.Expr, ...]) -> RandomSymbol:
        """Return the random variable, or raise ValueError saying what was required."""
        if len(arguments) != len(self.parameters):
            raise ValueError(f"{self.usage(name)} takes {len(self.parameters)} parameters, got {len(arguments)}")
        for demand in self.demands:
            if demand.holds(*arguments) in (False, sp.false):
                given = ", ".join(map(str, arguments))
                raise ValueError(f"{self.usage(name)} requires {demand.words}, got {name}({given})")
        return self.constructor(SITE, *arguments)


def atoms_law(weights: Mapping[sp.Expr, sp.Expr]) -> RandomSymbol:
    """Return the law on finitely many values, or raise ValueError if the weights are no probabilities."""
    require_probabilities(weights.values(), "the weights of Atoms")
    return stats.FiniteRV(SITE, dict(weights), check=False)


def require_probabilities(weights: Collection[sp.Expr], name: str) -> None:
    """Raise ValueError unless the weights are positive and sum to 1.

    Weights that depend on d are judged by their numbers at large d: a simplifier may take long on hostile input.
    """
    for dimension in (10**4, 10**8):
        values = [weight.subs(symbols.d, dimension).evalf(30) for weight in weights]
        excess = sp.Add(*values) - 1
        if not (excess == 0 or (excess.is_Float and abs(excess) < 1e-20)) or not all(v.is_positive for v in values):
            at = "" if all(not weight.free_symbols for weight in weights) else f" at d = {dimension}"
            shown = " + ".join(f"{sp.Float(v, 6)}" if v.is_Float else str(v) for v in values)
            raise ValueError(f"{name} must be positive and sum to 1, but here {shown} = {sp.N(excess + 1, 6)}{at}")


def _positive(name: str, index: int) -> Demand:
    return Demand(f"{name} > 0", lambda *arguments: arguments[index] > 0)


def _probability(name: str, index: int) -> Demand:
    return Demand(f"0 < {name} < 1", lambda *arguments: sp.And(arguments[index] > 0, arguments[index] < 1))


LAWS: dict[str, LawForm] = {
    "Normal": LawForm(stats.Normal, ("mean", "std"), (_positive("std", 1),)),
    "Rademacher": LawForm(stats.Rademacher),
    "Bernoulli": LawForm(stats.Bernoulli, ("p",), (_probability("p", 0),)),
    "Uniform": LawForm(
        stats.Uniform, ("left", "right"), (Demand("left < right", lambda left, right: sp.Gt(right - left, 0)),)
    ),
    "Laplace": LawForm(stats.Laplace, ("mean", "scale"), (_positive("scale", 1),)),
    "Exponential": LawForm(stats.Exponential, ("rate",), (_positive("rate", 0),)),
    "Gamma": LawForm(stats.Gamma, ("shape", "scale"), (_positive("shape", 0), _positive("scale", 1))),
    "Beta": LawForm(stats.Beta, ("alpha", "beta"), (_positive("alpha", 0), _positive("beta", 1))),
    "Poisson": LawForm(stats.Poisson, ("mean",), (_positive("mean", 0),)),
    "Logistic": LawForm(stats.Logistic, ("mean", "scale"), (_positive("scale", 1),)),
    "Geometric": LawForm(stats.Geometric, ("p",), (_probability("p", 0),)),
    "Binomial": LawForm(
        stats.Binomial,
        ("n", "p"),
        (
            Demand(
                f"a whole number n from 1 to {MAX_BINOMIAL}",
                lambda n, p: bool(n.is_Integer) and 1 <= n <= MAX_BINOMIAL,
            ),
            _probability("p", 1),
        ),
    ),
    "StudentT": LawForm(stats.StudentT, ("freedom",), (_positive("freedom", 0),)),
}
"""Every law by its name; parameters have the order and the meaning they have in ``sympy.stats``."""
