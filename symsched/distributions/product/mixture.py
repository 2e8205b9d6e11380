"""Mixtures of product laws: ρ_d = Σ_k w_k ρ_k^{⊗d}."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp
from sympy.stats.rv import RandomSymbol

from symsched.algebra.codegen import number
from symsched.algebra.escapes import brief
from symsched.algebra.forms import simplified
from symsched.algebra.inputs import require_expression, require_sequence, require_substitution, require_weights
from symsched.algebra.notation.lines import equation, joined, names
from symsched.distributions.base import AbstractDistribution, require_line
from symsched.distributions.cascade import Cascade, ModeLaw
from symsched.distributions.product.cascade import product_cascade
from symsched.distributions.product.model import ProductModel
from symsched.distributions.product.order_model import product_order_model
from symsched.laws import AbstractLaw
from symsched.models.base import AbstractModel
from symsched.models.order_model import AbstractOrderModel
from symsched.symbols import d as d_symbol


@dataclass(frozen=True, init=False, repr=False)
class ProductMixture(AbstractDistribution):
    """The mixture Σ_k w_k ρ_k^{⊗d} of laws with independent, identically distributed coordinates.

    ``components`` is a sequence of pairs (weight, law), each law a univariate ``sympy.stats`` random variable (or a
    ``symsched.laws`` law); parameters may be symbols and may depend on ``symsched.symbols.d``.

    Raises ValueError where weights are not in (0, 1) or do not sum to 1, or where two modes are the same law.

    >>> from sympy.stats import Normal
    >>> half = sp.Rational(1, 2)
    >>> len(ProductMixture([(half, Normal("a", 0, 1)), (half, Normal("b", 0, 2))]).modes)
    2
    """

    modes: tuple[ModeLaw, ...]

    def __init__(self, components: Iterable[tuple[sp.Expr | float, RandomSymbol | AbstractLaw]]) -> None:
        """Read the components, check the weights and tell equal laws apart."""
        modes = []
        wanted = "a sequence of pairs (weight, law), such as [(1, Normal('a', 0, 1))]"
        for k, component in enumerate(require_sequence(components, "components", wanted)):
            try:
                weight, law = component
            except (TypeError, ValueError):
                raise TypeError(f"component {k} must be a pair (weight, law), got {component!r}") from None
            modes.append(ModeLaw(require_expression(weight, f"weight {k}"), require_line(law, f"law {k}")))
        if not modes:
            raise ValueError("a mixture needs at least one component (weight, law)")
        require_weights([mode.weight for mode in modes])
        for k, mode in enumerate(modes):
            for j in range(k):
                if modes[j].law == mode.law:
                    raise ValueError(
                        f"modes {j} and {k} are the same law; merge them into one of weight "
                        f"{modes[j].weight + mode.weight}"
                    )
        object.__setattr__(self, "modes", tuple(modes))

    def __repr__(self) -> str:
        """One line: each law with its weight."""
        told = ", ".join(f"{mode.weight} of {mode.law!r}" for mode in self.modes)
        return brief(f"<ProductMixture: {told}", 250) + ">"

    def lines(self) -> list[str]:
        """Return Σ_k w_k ρ_k^{⊗d} as LaTeX, with weights and laws."""
        fresh = names(self.free_symbols)
        found = [r"\rho_d = \sum_k w_k\, \rho_k^{\otimes d}"]
        for k, mode in enumerate(self.modes, 1):
            weight = equation(f"w_{{{k}}}", mode.weight, fresh)
            found += joined([*weight, *mode.law.lines(rf"\rho_{{{k}}}", fresh)])
        return found

    @property
    def free_symbols(self) -> frozenset[sp.Symbol]:
        """Those of the weights and laws."""
        free: set[sp.Symbol] = set()
        for mode in self.modes:
            free |= mode.weight.free_symbols | set(mode.law.free_symbols)
        return frozenset(free)

    def subs(self, values: Mapping[sp.Symbol, Any]) -> ProductMixture:
        """Return the mixture with some parameters replaced."""
        checked = require_substitution(values)
        return ProductMixture([(mode.weight.subs(checked), mode.law.subs(checked)) for mode in self.modes])

    @property
    def independent_modes(self) -> tuple[ModeLaw, ...]:
        """All of them."""
        return self.modes

    def leading_variance(self) -> sp.Expr:
        """Return d Var c_1 + E c_2 over the modes, from the cumulants of a coordinate: exact at every d.

        The covariance matrix is (E c_2) I + (Var c_1) 1 1ᵀ. Two modes of equal weight at ±m have m² d + σ².
        """
        table = [(mode.weight, *mode.law.cumulants(2)) for mode in self.modes]
        mean = sp.Add(*(w * first for w, first, _ in table))
        between = simplified(sp.Add(*(w * (first - mean) ** 2 for w, first, _ in table)))
        return d_symbol * between + simplified(sp.Add(*(w * second for w, _, second in table)))

    def _derive(self) -> Cascade:
        return product_cascade(self.modes)

    def _numeric(self, dimension: int) -> AbstractModel:
        modes = self.at(dimension).modes
        weights = np.array([number(mode.weight, f"weight {k}") for k, mode in enumerate(modes)])
        return ProductModel(dimension, weights, tuple(mode.law.site() for mode in modes))

    def _order_numeric(self, dimension: float) -> AbstractOrderModel:
        return product_order_model(self.cascade, self.at(dimension).modes, dimension)
