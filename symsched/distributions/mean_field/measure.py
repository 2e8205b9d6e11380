"""Mean-field Gibbs measures: independent sites coupled through their mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import sympy as sp
from sympy.stats.rv import RandomSymbol

from symsched.algebra.asymptotics import limit_in_dimension
from symsched.algebra.codegen import Compiled, compiled, number
from symsched.algebra.escapes import brief
from symsched.algebra.inputs import require_expression, require_substitution
from symsched.algebra.notation.lines import equation, joined, names
from symsched.distributions.base import AbstractDistribution, require_line
from symsched.distributions.cascade import Cascade
from symsched.distributions.mean_field import collective
from symsched.distributions.mean_field.cascade import saddle_cascade
from symsched.distributions.mean_field.heights import Heights
from symsched.distributions.mean_field.landscape import Landscape
from symsched.distributions.mean_field.numeric.interaction import Interaction
from symsched.distributions.mean_field.numeric.interaction_model import InteractionModel
from symsched.distributions.mean_field.numeric.lattice_model import LatticeFieldModel, lattice_totals
from symsched.distributions.mean_field.numeric.model import MeanFieldModel
from symsched.distributions.mean_field.order_model import mean_field_order_model
from symsched.distributions.mean_field.saddles import Saddle
from symsched.errors import DerivationError
from symsched.laws import AbstractLaw
from symsched.laws.numeric import AbstractSite, AtomSite
from symsched.models.base import AbstractModel
from symsched.models.estimates import Comparison
from symsched.models.order_model import AbstractOrderModel
from symsched.symbols import d as d_symbol
from symsched.symbols import m

_MOST_TOTALS = 2500
"""Values of Σ a up to which they are summed one by one: the cost grows with their square."""


@dataclass(frozen=True, init=False, repr=False)
class MeanField(AbstractDistribution):
    """The measure ρ_d(a) ∝ Π_i ρ_0(a_i) · exp(d g(m) + f(m)) with m = (1/d) Σ a_i.

    ``spin`` is a univariate ``sympy.stats`` variable (or law) with finite exponential moments, ``interaction`` g and
    ``tilt`` f expressions in ``symsched.symbols.m``; both may depend on ``symsched.symbols.d``. Saddle points need
    numbers, so g must be free of other symbols; f may hold parameters.

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

    def __repr__(self) -> str:
        """One line: spin law, interaction and tilt."""
        return brief(f"<MeanField: {self.spin!r}, interaction {self.interaction}, tilt {self.tilt}", 250) + ">"

    def lines(self) -> list[str]:
        """Return ρ_d ∝ Π_i ρ_0(a_i) · exp(d g(m) + f(m)) as LaTeX, with g, f and ρ_0."""
        fresh = names(self.free_symbols)
        return [
            r"\rho_d(a) \propto e^{d\, g(m) + f(m)}\, \prod_{i=1}^{d} \rho_0(a_i),\quad "
            r"m = \frac{1}{d} \sum_{i=1}^{d} a_i",
            *joined([*equation("g(m)", self.interaction, fresh), *equation("f(m)", self.tilt, fresh)]),
            *self.spin.lines(r"\rho_0", fresh),
        ]

    @property
    def free_symbols(self) -> frozenset[sp.Symbol]:
        """Those of spin law, interaction and tilt, without m."""
        free = set(self.spin.free_symbols) | self.interaction.free_symbols | self.tilt.free_symbols
        return frozenset(free - {m})

    def subs(self, values: Mapping[sp.Symbol, Any]) -> MeanField:
        """Return the measure with some parameters replaced."""
        checked = require_substitution(values)
        return MeanField(self.spin.subs(checked), self.interaction.subs(checked), self.tilt.subs(checked))

    @cached_property
    def landscape(self) -> Landscape:
        """The exponent by powers of d: lim g, and f + d (g − lim g)."""
        leading = limit_in_dimension(self.interaction, "the interaction")
        return Landscape(self.spin, leading, sp.expand(self.tilt + d_symbol * (self.interaction - leading)))

    @property
    def saddles(self) -> tuple[Saddle, ...]:
        """The global maxima of g − I, in increasing order of m."""
        return self.landscape.saddles

    def _derive(self) -> Cascade:
        return saddle_cascade(self.landscape)

    def _order_numeric(self, dimension: float) -> AbstractOrderModel:
        landscape = self.landscape
        first = self.cascade.phases[0]
        decided = first.order is None or first.branches[0].outcomes
        if decided and any(saddle.bend > 2 for saddle in landscape.saddles):
            landscape = self._whole(dimension)
        return mean_field_order_model(self.cascade, landscape, dimension)

    def comparisons(self, rng: np.random.Generator) -> list[Comparison]:
        """Return the collective variance of every mode that is not critical."""
        return collective.collective_variances(self.model(collective.DIMENSION), self.landscape, self.saddles, rng)

    def _numeric(self, dimension: int) -> AbstractModel:
        return self.at(dimension)._member(dimension, self._modes_at(dimension))

    def _whole(self, dimension: float) -> Landscape:
        """Return the landscape at a dimension: what moves or splits a critical point is part of g there."""
        member = self.at(dimension)
        return Landscape(member.spin, member.interaction + member.tilt / sp.Rational(dimension), sp.S.Zero)

    def _modes_at(self, dimension: int) -> tuple[Saddle, ...]:
        """Return the modes of the limit; of the member itself where there is no limit."""
        try:
            if len(self.cascade.modes) == len(self.saddles):
                return self.saddles
            return self._whole(dimension).saddles
        except DerivationError:
            member = self.at(dimension)
            if member is self:
                raise
            return member.saddles

    def _member(self, dimension: int, saddles: tuple[Saddle, ...]) -> AbstractModel:
        """Return the model of a measure free of d whose modes are around the saddles."""
        quadratic = _quadratic(self.interaction, self.tilt)
        site = self.spin.site()
        tilts = [number(saddle.tilt, "a tilt") for saddle in saddles]
        cuts = Heights(self.spin, self.interaction).boundaries(tilts)
        if quadratic is None or quadratic[0] < 0:
            return self._general_model(dimension, site, cuts)
        coupling, slope, field = quadratic
        return MeanFieldModel(dimension, site, coupling, slope, field, tuple(slope + coupling * cut for cut in cuts))

    def _general_model(self, dimension: int, site: AbstractSite, cuts: tuple[float, ...]) -> AbstractModel:
        """Return the model for interactions that no real Gaussian field can carry."""
        strong, weak = self.interaction, self.tilt
        if isinstance(site, AtomSite) and (totals := lattice_totals(site, dimension)) and totals <= _MOST_TOTALS:
            return LatticeFieldModel(dimension, site, compiled(dimension * strong + weak, (m,), "the energy"), cuts)
        strong_functions, weak_functions = _derivatives(strong), _derivatives(weak)
        return InteractionModel(dimension, site, Interaction(strong_functions, weak_functions), cuts)


def _derivatives(part: sp.Expr) -> tuple[Compiled, Compiled, Compiled]:
    """Return a function of m and its first two derivatives."""
    first = sp.diff(part, m)
    value, slope, bend = (compiled(each, (m,), "the energy") for each in (part, first, sp.diff(first, m)))
    return value, slope, bend


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
