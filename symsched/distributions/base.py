"""What every distribution in dimension d is asked for, and what is derived of it once."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Self

import numpy as np
import sympy as sp
from sympy.stats.rv import RandomSymbol

from symsched.algebra.codegen import number
from symsched.algebra.notation.lines import display, equation, joined, names
from symsched.distributions.cascade import Cascade, ModeLaw
from symsched.errors import DerivationError, require_integer, require_real
from symsched.laws import AbstractLaw, AtomLaw, law_of
from symsched.models.base import AbstractModel
from symsched.models.denoiser import Denoiser
from symsched.models.estimates import Comparison
from symsched.models.order_model import AbstractOrderModel
from symsched.models.recording import OrderParameter
from symsched.symbols import d as d_symbol

_DERIVATIONS = 64
"""Distributions whose cascade is kept."""
_NUMBERS = 256
"""Pairs of a distribution and a dimension of which a handful of numbers is kept."""
_MODELS = 4
"""The same for models: the largest hold tables of some tens of megabytes."""


class AbstractDistribution(ABC):
    """A family (ρ_d) of laws on R^d, one for every dimension, with parameters that may be symbols or expressions in d.

    A distribution is a value: what is derived of it is derived once in a process, also for another one that is equal.
    A new family is a frozen dataclass with the methods below and the model that they return; nothing else knows it.
    """

    @property
    @abstractmethod
    def free_symbols(self) -> frozenset[sp.Symbol]:
        """Symbols that can be given a value, the dimension among them."""

    @abstractmethod
    def subs(self, values: Mapping[sp.Symbol, Any]) -> Self:
        """Return the same family with some parameters replaced."""

    @abstractmethod
    def _derive(self) -> Cascade:
        """Return the modes and phases; DerivationError, naming the step, where the family's rule does not apply."""

    @abstractmethod
    def _numeric(self, dimension: int) -> AbstractModel:
        """Return the member of dimension ``dimension``, every parameter being a number."""

    @abstractmethod
    def _order_numeric(self, dimension: float) -> AbstractOrderModel:
        """Return modes and order parameters in numbers; ``dimension`` is a real number."""

    @property
    def independent_modes(self) -> tuple[ModeLaw, ...]:
        """The modes at finite d where, given its mode, a sample's coordinates are independent and alike; else none."""
        return ()

    def lines(self) -> list[str]:
        """Return the definition as lines of LaTeX that fit a column; here, the modes with the law of a coordinate."""
        fresh = names(self.free_symbols)
        found = []
        for k, mode in enumerate(self.cascade.modes, 1):
            weight = equation(f"w_{{{k}}}", mode.weight, fresh)
            found += joined([*weight, *mode.law.lines(rf"\rho_{{{k}}}", fresh)])
        return found

    def latex(self) -> str:
        """Return the definition of the family as a display in LaTeX; it needs amsmath alone."""
        return display(self.lines())

    def _repr_latex_(self) -> str:
        return self.latex()

    def leading_variance(self) -> sp.Expr:
        """Return the largest eigenvalue of the covariance matrix at d; DerivationError where none is known."""
        raise DerivationError(
            "leading variance",
            f"no formula of the covariance matrix of a {type(self).__name__} is known",
            "Read the time of s = 1: leave out the convention.",
        )

    def comparisons(self, rng: np.random.Generator) -> list[Comparison]:
        """Return numbers of the limit beside exact samples of what only this family has."""
        return []

    @property
    def parameters(self) -> frozenset[sp.Symbol]:
        """Symbols that need a number before anything can be sampled; the dimension is not among them."""
        return self.free_symbols - {d_symbol}

    def at(self, dimension: float) -> Self:
        """Return the distribution with a number for d."""
        return self.subs({d_symbol: sp.Rational(dimension)}) if d_symbol in self.free_symbols else self

    @property
    def cascade(self) -> Cascade:
        """The modes and the phases of the canonical flow, in the order in which the flow meets them.

        Raises DerivationError, naming the step, where the family's rule does not apply.
        """
        found = _cascade(self)
        if isinstance(found, DerivationError):
            raise found.with_traceback(None)
        return found

    def model(self, d: int) -> AbstractModel:
        """Return the numeric model at dimension ``d``: exact sampler, exact posterior mean, log-density.

        Raises ValueError naming every parameter that is still a symbol.
        """
        return _model(self, require_integer(d, "d", 1))

    def denoiser(self, d: int) -> Denoiser:
        """Return D(y, ψ) = E[a | z + ψ a = y] at dimension ``d``, exact, a function of arrays (n, d) or torch tensors.

        Anyone's sampler can be tried on it: of x = α z + β a it is asked at y = x/α, ψ = β/α, of EDM's x = a + σ z at
        y = x/σ, ψ = 1/σ. ``Denoiser`` has the table of conventions. Raises ValueError naming every parameter that is
        still a symbol.

        >>> import numpy as np, symsched
        >>> symsched.CurieWeiss(beta=2, h=0).denoiser(3)(np.zeros((1, 3)), 0.0).round(6) + 0.0
        array([[0., 0., 0.]])
        """
        return Denoiser(self.model(d))

    def order_model(self, d: float) -> AbstractOrderModel:
        """Return modes and order parameters in numbers at dimension ``d``, a real number as large as it may be."""
        return _order_model(self, require_real(d, "d", above=0))

    def statistic(self, d: int) -> OrderParameter:
        """Return the order parameter of the first speciation at dimension ``d``; the mean where none is known."""
        return _statistic(self, require_integer(d, "d", 1))


@lru_cache(maxsize=_DERIVATIONS)
def _cascade(distribution: AbstractDistribution) -> Cascade | DerivationError:
    # A refusal takes as long to find as a cascade.
    try:
        return distribution._derive()
    except DerivationError as error:
        return error.with_traceback(None)


@lru_cache(maxsize=_MODELS)
def _model(distribution: AbstractDistribution, dimension: int) -> AbstractModel:
    if distribution.parameters:
        names = ", ".join(sorted(map(str, distribution.parameters)))
        raise ValueError(
            f"{distribution} needs numbers for {names}: call .subs({{{names}: ...}}) before asking for samples"
        )
    return distribution._numeric(dimension)


@lru_cache(maxsize=_NUMBERS)
def _order_model(distribution: AbstractDistribution, dimension: float) -> AbstractOrderModel:
    return distribution._order_numeric(dimension)


@lru_cache(maxsize=_NUMBERS)
def _statistic(distribution: AbstractDistribution, dimension: int) -> OrderParameter:
    try:
        first = distribution.cascade.phases[0]
    except DerivationError:
        return OrderParameter()
    if first.order is None:
        return OrderParameter()
    *common, shared = [
        number(c.subs(d_symbol, dimension), "a common cumulant") for c in (*first.common[0], *first.references[:1])
    ]
    if first.order == 1:
        return OrderParameter(1, shared)
    centre, variance = (*common, 0.0)[:2]
    return OrderParameter(first.order, centre, variance, shared)


def require_distribution(value: object) -> AbstractDistribution:
    """Return a distribution; TypeError for anything else, such as its name."""
    if not isinstance(value, AbstractDistribution):
        hint = "; symsched.parse reads the text of a mixture" if isinstance(value, str) else ""
        raise TypeError(
            f"distribution must be a ProductMixture, GaussianModes or MeanField, or built of them, got {value!r}{hint}"
        )
    return value


def require_line(law: RandomSymbol | AbstractLaw, name: str) -> AbstractLaw:
    """Return the law of one coordinate; ValueError for atoms that are points of a space."""
    found = law if isinstance(law, AbstractLaw) else law_of(law)
    if isinstance(found, AtomLaw) and found.dimension is not None:
        raise ValueError(
            f"{name} must be a law on the line, got atoms in R^{found.dimension}; "
            "modes in general directions are GaussianModes"
        )
    return found
