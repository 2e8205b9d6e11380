"""What every distribution in dimension d is asked for."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any

import sympy as sp
from sympy.stats.rv import RandomSymbol

from symsched.algebra.inputs import require_expression
from symsched.errors import require_integer
from symsched.laws import AbstractLaw, AtomLaw, law_of
from symsched.models.base import AbstractModel
from symsched.symbols import d as d_symbol


class AbstractDistribution(ABC):
    """A family (ρ_d) of laws on R^d, one for every dimension, with parameters that may be symbols or expressions in
    d."""

    @property
    @abstractmethod
    def parameters(self) -> frozenset[sp.Symbol]:
        """Symbols that need a number before anything can be sampled; the dimension is not among them."""

    @abstractmethod
    def subs(self, values: Mapping[sp.Symbol, Any]) -> AbstractDistribution:
        """Return the same family with some parameters replaced."""

    @abstractmethod
    def _numeric(self, dimension: int) -> AbstractModel:
        """Return the member of dimension ``dimension``, every parameter being a number."""

    def model(self, d: int) -> AbstractModel:
        """Return the numeric model at dimension ``d``: exact sampler, exact posterior mean, log-density.

        Raises ValueError naming every parameter that is still a symbol.
        """
        dimension = require_integer(d, "d", 1)
        if self.parameters:
            names = ", ".join(sorted(map(str, self.parameters)))
            raise ValueError(
                f"{self} needs numbers for {names}: call .subs({{{names}: ...}}) before asking for samples"
            )
        return self.subs({d_symbol: sp.Integer(dimension)})._numeric(dimension)


def require_probability(value: sp.Expr, name: str) -> sp.Expr:
    """Return ``value`` if it can lie strictly between 0 and 1; raise ValueError if it cannot."""
    value = require_expression(value, name)
    if value.is_real is False or (value.is_number and not 0 < value < 1):
        raise ValueError(f"{name} must lie strictly between 0 and 1, got {value}")
    return require_assumption(value, name, "positive", value.is_positive)


def require_positive(value: sp.Expr, name: str) -> sp.Expr:
    """Return ``value`` if it can be positive; raise ValueError if it cannot."""
    value = require_expression(value, name)
    if value.is_number and not value > 0:
        raise ValueError(f"{name} must be positive, got {value}")
    return require_assumption(value, name, "positive", value.is_positive)


INTEGERS = "a sequence of integers such as (1_000, 10_000)"


def require_sequence(value: object, name: str, wanted: str) -> list[Any]:
    """Return the entries of ``value``; TypeError, saying what is ``wanted``, where it has none."""
    if isinstance(value, (str, bytes, Mapping)) or not isinstance(value, Iterable):
        raise TypeError(f"{name} must be {wanted}, got {value!r}")
    return list(value)


def require_line(law: RandomSymbol | AbstractLaw, name: str) -> AbstractLaw:
    """Return the law of one coordinate; ValueError for atoms that are points of a space."""
    found = law if isinstance(law, AbstractLaw) else law_of(law)
    if isinstance(found, AtomLaw) and found.dimension is not None:
        raise ValueError(
            f"{name} must be a law on the line, got atoms in R^{found.dimension}; "
            "modes in general directions are GaussianModes"
        )
    return found


def require_substitution(values: object) -> dict[sp.Symbol, sp.Expr]:
    """Return a mapping from symbols to numbers or expressions; text is refused, because SymPy would evaluate it."""
    if not isinstance(values, Mapping):
        raise TypeError(f"subs needs a mapping such as {{symbol: number}}, got {values!r}")
    for symbol in values:
        if not isinstance(symbol, sp.Expr):
            raise TypeError(f"subs replaces SymPy symbols, got the key {symbol!r}; pass the symbol itself")
    return {symbol: require_expression(value, str(symbol)) for symbol, value in values.items()}


def require_assumption(value: sp.Expr, name: str, wanted: str, holds: bool | None) -> sp.Expr:
    """Raise ValueError, showing the assumptions, where they contradict what is ``wanted``."""
    if holds is False:
        shown = {str(s): s._assumptions_orig for s in sorted(value.free_symbols, key=str)}
        raise ValueError(
            f"{name} must be {wanted}, but {value} cannot be under the assumptions {shown}; declare the symbol {wanted}"
        )
    return value
