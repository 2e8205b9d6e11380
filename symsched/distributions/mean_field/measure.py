"""Mean-field Gibbs measures: independent sites coupled through their mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import sympy as sp
from scipy.optimize import minimize_scalar
from sympy.stats.rv import RandomSymbol

from symsched.algebra.asymptotics import limit_in_dimension
from symsched.algebra.codegen import Compiled, compiled, number
from symsched.algebra.inputs import require_expression
from symsched.distributions.base import AbstractDistribution, require_line, require_substitution
from symsched.distributions.mean_field.numeric.interaction import Interaction
from symsched.distributions.mean_field.numeric.interaction_model import InteractionModel
from symsched.distributions.mean_field.numeric.lattice_model import LatticeFieldModel, lattice_totals
from symsched.distributions.mean_field.numeric.model import MeanFieldModel
from symsched.distributions.mean_field.regularity import require_regular
from symsched.distributions.mean_field.saddles import Saddle, find_saddles
from symsched.errors import DerivationError
from symsched.laws import AbstractLaw
from symsched.laws.numeric import AbstractSite, AtomSite
from symsched.models.base import AbstractModel
from symsched.symbols import d as d_symbol
from symsched.symbols import m

_MOST_TOTALS = 2500
"""Values of Σ a up to which they are summed one by one: the cost grows with their square."""


@dataclass(frozen=True, init=False)
class MeanField(AbstractDistribution):
    """The measure ρ_d(a) ∝ Π_i ρ_0(a_i) · exp(d g(m) + f(m)) with m = (1/d) Σ a_i.

    ``spin`` is a univariate ``sympy.stats`` variable (or law) with finite exponential moments, ``interaction`` g and
    ``tilt`` f expressions
    in ``symsched.symbols.m``; both may depend on ``symsched.symbols.d``. Saddle points need numbers, so g must be
    free of other
    symbols; f may hold parameters.

    Raises DerivationError where exp(d g) outgrows the single-site law and the measure does not exist.
    """

    spin: AbstractLaw
    interaction: sp.Expr
    tilt: sp.Expr

    def __init__(
        self, spin: RandomSymbol | AbstractLaw, interaction: sp.Expr | float, tilt: sp.Expr | float = 0
    ) -> None:
        """Check that g and f are expressions in m (and d)."""
        object.__setattr__(self, "spin", require_line(spin, "spin"))
        object.__setattr__(self, "interaction", require_expression(interaction, "interaction"))
        object.__setattr__(self, "tilt", require_expression(tilt, "tilt"))
        for name, value in (("interaction", self.interaction), ("tilt", self.tilt)):
            for symbol in value.free_symbols:
                if symbol.name in {m.name, d_symbol.name} and symbol not in {m, d_symbol}:
                    raise ValueError(
                        f"{name} uses a symbol {symbol} with assumptions {symbol._assumptions_orig}; "
                        f"use symsched.symbols.{symbol.name}"
                    )

    @property
    def parameters(self) -> frozenset[sp.Symbol]:
        """Free symbols of spin law, interaction and tilt, without m and d."""
        free = set(self.spin.free_symbols) | self.interaction.free_symbols | self.tilt.free_symbols
        return frozenset(free - {d_symbol, m})

    def subs(self, values: Mapping[sp.Symbol, Any]) -> MeanField:
        """Return the measure with some parameters replaced."""
        checked = require_substitution(values)
        return MeanField(self.spin.subs(checked), self.interaction.subs(checked), self.tilt.subs(checked))

    @cached_property
    def limiting_interaction(self) -> sp.Expr:
        """g without the part that vanishes as d → ∞."""
        return limit_in_dimension(self.interaction, "the interaction")

    @cached_property
    def total_tilt(self) -> sp.Expr:
        """f + d (g − lim g): everything in the exponent that is smaller than d."""
        return sp.expand(self.tilt + d_symbol * (self.interaction - self.limiting_interaction))

    @cached_property
    def saddles(self) -> tuple[Saddle, ...]:
        """The global maxima of g − I, in increasing order of m."""
        needed = (set(self.spin.free_symbols) | self.limiting_interaction.free_symbols) - {m, d_symbol}
        if needed:
            names = ", ".join(sorted(map(str, needed)))
            raise DerivationError(
                "saddle points",
                f"the number of maxima of g − I depends on {names}",
                f"Give {names} a number; the tilt may keep symbols.",
            )
        if d_symbol in self.spin.free_symbols:
            raise DerivationError(
                "saddle points",
                f"the law of a spin depends on d: {self.spin}",
                "Give a spin law free of d, and put what depends on d into the interaction or the tilt.",
            )
        require_regular(self.limiting_interaction, self.spin.site())
        # At the ends of the range g may fall to −∞: the search only compares values.
        with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
            return find_saddles(self.spin, self.limiting_interaction)

    def _numeric(self, dimension: int) -> AbstractModel:
        quadratic = _quadratic(self.interaction, self.tilt)
        site = self.spin.site()
        means = [number(saddle.magnetisation, "m") for saddle in self.saddles]
        if quadratic is None or quadratic[0] < 0:
            return self._general_model(dimension, site, tuple((low + high) / 2 for low, high in pairwise(means)))
        coupling, slope, field = quadratic
        cuts = basin_boundaries(site, coupling, slope, means)
        return MeanFieldModel(dimension, site, coupling, slope, field, cuts)

    def _general_model(self, dimension: int, site: AbstractSite, cuts: tuple[float, ...]) -> AbstractModel:
        """Return the model for interactions that no real Gaussian field can carry."""
        strong, weak = (part.subs(d_symbol, dimension) for part in (self.interaction, self.tilt))
        if isinstance(site, AtomSite) and (totals := lattice_totals(site, dimension)) and totals <= _MOST_TOTALS:
            return LatticeFieldModel(dimension, site, compiled(dimension * strong + weak, (m,), "the energy"), cuts)
        strong_functions, weak_functions = _derivatives(strong), _derivatives(weak)
        return InteractionModel(dimension, site, Interaction(strong_functions, weak_functions), cuts)


def _derivatives(part: sp.Expr) -> tuple[Compiled, Compiled, Compiled]:
    """Return a function of m and its first two derivatives."""
    first = sp.diff(part, m)
    value, slope, bend = (compiled(each, (m,), "the energy") for each in (part, first, sp.diff(first, m)))
    return value, slope, bend


def basin_boundaries(site: AbstractSite, coupling: float, slope: float, means: list[float]) -> tuple[float, ...]:
    """Return the minima of Λ(u) − (u − slope)²/2c between the fields u = slope + c m of neighbouring maxima."""
    fields = [slope + coupling * mean for mean in means]

    def depth(u: float) -> float:
        return float(site.tilted(np.asarray(u), np.asarray(0.0))[0]) - (u - slope) ** 2 / (2 * coupling)

    cuts = []
    for low, high in pairwise(fields):
        grid = np.linspace(low, high, 401)[1:-1]
        lowest = int(np.argmin([depth(u) for u in grid]))
        found = minimize_scalar(
            depth, bounds=(grid[max(lowest - 1, 0)], grid[min(lowest + 1, len(grid) - 1)]), method="bounded"
        )
        cuts.append(float(found.x))
    return tuple(cuts)


def _quadratic(interaction: sp.Expr, tilt: sp.Expr) -> tuple[float, float, float] | None:
    """Return (coupling, slope, field) with g = coupling m²/2 + slope m and f = field m up to constants, or None."""
    parts = (
        sp.Poly(interaction, m) if interaction.is_polynomial(m) else None,
        sp.Poly(tilt, m) if tilt.is_polynomial(m) else None,
    )
    if parts[0] is None or parts[1] is None or parts[0].degree() > 2 or parts[1].degree() > 1:
        return None
    return (
        number(2 * parts[0].coeff_monomial(m**2), "coupling"),
        number(parts[0].coeff_monomial(m), "slope"),
        number(parts[1].coeff_monomial(m), "field"),
    )
