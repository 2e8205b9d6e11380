"""The univariate laws that the small language knows: their parameters and what is demanded of them."""

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


Demand = tuple[str, Callable[..., sp.Basic | bool]]
"""A condition on parameters, in words and as a predicate; a condition that SymPy cannot decide is let pass."""


@dataclass(frozen=True)
class LawForm:
    """A law of ``sympy.stats``, the names of its parameters in order, and the condition on each, if there is one."""

    constructor: Callable[..., RandomSymbol]
    parameters: Mapping[str, Demand | None]

    def usage(self, name: str) -> str:
        """Return the call as a user writes it."""
        return f"{name}({', '.join(self.parameters)})"

    def law(self, name: str, arguments: tuple[sp.Expr, ...]) -> RandomSymbol:
        """Return the random variable, or raise ValueError saying what was required."""
        if len(arguments) != len(self.parameters):
            raise ValueError(f"{self.usage(name)} takes {len(self.parameters)} parameters, got {len(arguments)}")
        for place, (parameter, demand) in enumerate(self.parameters.items()):
            if demand is not None and demand[1](*arguments[: place + 1]) in (False, sp.false):
                given = ", ".join(map(str, arguments))
                raise ValueError(f"{self.usage(name)} requires {demand[0].format(parameter)}, got {name}({given})")
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


# A demand sees the parameters up to its own.
_POSITIVE: Demand = ("{} > 0", lambda *known: known[-1] > 0)
_PROBABILITY: Demand = ("0 < {} < 1", lambda *known: sp.And(known[-1] > 0, known[-1] < 1))
_ABOVE_LEFT: Demand = ("left < {}", lambda left, right: sp.Gt(right - left, 0))
_TRIALS: Demand = (
    f"a whole number {{}} from 1 to {MAX_BINOMIAL}",
    lambda n: bool(n.is_Integer) and 1 <= n <= MAX_BINOMIAL,
)

LAWS = {
    "Normal": LawForm(stats.Normal, {"mean": None, "std": _POSITIVE}),
    "Rademacher": LawForm(stats.Rademacher, {}),
    "Bernoulli": LawForm(stats.Bernoulli, {"p": _PROBABILITY}),
    "Uniform": LawForm(stats.Uniform, {"left": None, "right": _ABOVE_LEFT}),
    "Laplace": LawForm(stats.Laplace, {"mean": None, "scale": _POSITIVE}),
    "Exponential": LawForm(stats.Exponential, {"rate": _POSITIVE}),
    "Gamma": LawForm(stats.Gamma, {"shape": _POSITIVE, "scale": _POSITIVE}),
    "Beta": LawForm(stats.Beta, {"alpha": _POSITIVE, "beta": _POSITIVE}),
    "Poisson": LawForm(stats.Poisson, {"mean": _POSITIVE}),
    "Logistic": LawForm(stats.Logistic, {"mean": None, "scale": _POSITIVE}),
    "Geometric": LawForm(stats.Geometric, {"p": _PROBABILITY}),
    "Binomial": LawForm(stats.Binomial, {"n": _TRIALS, "p": _PROBABILITY}),
    "StudentT": LawForm(stats.StudentT, {"freedom": _POSITIVE}),
}
"""Every law by its name; parameters have the order and the meaning they have in ``sympy.stats``."""
