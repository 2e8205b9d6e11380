"""Laws with a density on the line."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import final

import numpy as np
import sympy as sp

from symsched import symbols
from symsched.algebra.budget import within_budget
from symsched.algebra.codegen import number
from symsched.algebra.escapes import brief
from symsched.algebra.formulas import formula_latex, normal
from symsched.algebra.gaussian_integrals import Interval, Term, bumps, moment, terms_of
from symsched.algebra.inputs import require_expression
from symsched.laws.base import AbstractWeightedLaw, NormalPart, normal_cdf
from symsched.laws.estimates.quadrature import numeric_site, quadrature_cumulants
from symsched.laws.estimates.tails import Tail, tail_of
from symsched.laws.intervals import split
from symsched.laws.moments import Estimates, cumulants_of_moments, tidy, tidy_ratio
from symsched.laws.numeric import AbstractSite, DensitySite, GaussianSite


@final
@dataclass(frozen=True, repr=False)
class DensityLaw(AbstractWeightedLaw):
    """The law with density proportional to ``weight`` on (lower, upper).

    Closed forms are found where the weight is, piece by piece, polynomial × exp(quadratic).

    >>> import sympy as sp
    >>> from symsched.symbols import a, nu, s
    >>> DensityLaw(a, sp.exp(-((a - 1) ** 2) / 8), -sp.oo, sp.oo).denoiser(s, nu)
    (4*nu*s + 1)/(4*s**2 + 1)
    """

    _own_variable = symbols.a

    def __post_init__(self) -> None:
        """Check the parts and rename the variable."""
        super().__post_init__()
        if sp.sympify(self.lower < self.upper) == sp.false:
            raise ValueError(f"the support must be an interval lower < upper, got ({self.lower}, {self.upper})")

    @cached_property
    def _intervals(self) -> tuple[Interval, ...]:
        """The smooth stretches of the weight."""
        return within_budget("smooth stretches", lambda: split(self.weight, symbols.a, self.lower, self.upper))

    @cached_property
    def _terms(self) -> tuple[Term, ...] | None:
        """The weight as polynomial × exp(quadratic), where it is that and SymPy finds it in time."""
        try:
            terms = within_budget("closed form", lambda: terms_of(self._intervals, symbols.a), self._too_slow)
        except ValueError:
            return None
        if terms is None or any(_undecided(term) for term in terms):
            return None
        return terms

    @cached_property
    def _mass(self) -> sp.Expr:
        """The integral of the weight."""
        if self._terms is None:
            return sp.Integral(self.weight, (symbols.a, self.lower, self.upper))
        return tidy(moment(self._terms, 0, sp.Integer(0), sp.Integer(0)))

    @property
    def density(self) -> sp.Expr:
        """The normalised density in ``symsched.symbols.a``."""
        return self.weight / self._mass

    @cached_property
    def _gaussian(self) -> tuple[sp.Expr, sp.Expr] | None:
        """(mean, variance) of a Gaussian law."""
        terms = self._terms
        if terms is None or len(terms) != 1:
            return None
        term = terms[0]
        if term.power != 0 or term.stiffness == 0 or term.low != -sp.oo or term.high != sp.oo:
            return None
        return tidy(term.slope / (2 * term.stiffness)), tidy(1 / (2 * term.stiffness))

    @property
    def _flat(self) -> Term | None:
        """The one term of a uniform law."""
        terms = self._terms or ()
        if len(terms) != 1 or terms[0].power != 0 or terms[0].stiffness != 0 or terms[0].slope != 0:
            return None
        return terms[0]

    def normal_parts(self) -> tuple[NormalPart, ...] | None:
        """Return (share, mean, variance) of the bumps of a weight that is a sum of Gaussians on the whole line."""
        terms = self._terms
        if not terms or any(
            term.power != 0 or term.stiffness == 0 or term.low != -sp.oo or term.high != sp.oo for term in terms
        ):
            return None
        zero = sp.S.Zero
        return tuple(
            (
                tidy_ratio(moment((term,), 0, zero, zero), self._mass),
                tidy(term.slope / (2 * term.stiffness)),
                tidy(1 / (2 * term.stiffness)),
            )
            for term in terms
        )

    def lines(self, name: str = r"\rho", fresh: Iterator[sp.Symbol] | None = None) -> list[str]:
        """Return a Gaussian by its mean and variance, any other law by its density up to a factor, as LaTeX."""
        if self._gaussian is None:
            return super().lines(name, fresh)
        return [f"{name} = {formula_latex(normal(*self._gaussian))}"]

    def __repr__(self) -> str:
        """One line: a Gaussian by its mean and variance, else its density up to a factor."""
        if self._gaussian is None:
            return super().__repr__()
        return "<DensityLaw Normal(mean {}, variance {})>".format(*self._gaussian)

    def _support(self) -> str:
        if self.lower == -sp.oo and self.upper == sp.oo:
            return r"a \in \mathbf{R}"
        return rf"{formula_latex(self.lower)} < a < {formula_latex(self.upper)}"

    @property
    def cumulants_exact(self) -> bool:
        """Whether moments have a closed form, by the Gaussian rule or by the generating function."""
        return self._terms is not None or super().cumulants_exact

    @cached_property
    def _tails(self) -> tuple[Tail, ...]:
        if self._terms is not None or (self.lower != -sp.oo and self.upper != sp.oo):
            return ()
        pieces = self._at_trial._intervals
        ends = [(pieces[0].low == -sp.oo, pieces[0], -1), (pieces[-1].high == sp.oo, pieces[-1], 1)] if pieces else []
        return tuple(tail_of(piece.expression, symbols.a, sign) for is_open, piece, sign in ends if is_open)

    def _closed_cumulants(self, order: int) -> tuple[sp.Expr, ...] | None:
        if self._gaussian is not None:
            return (*self._gaussian, *(sp.Integer(0),) * order)[:order]
        if (flat := self._flat) is not None:
            # A quotient of differences of powers that divides: SymPy takes minutes where the ends hold powers of d.
            low, high = flat.low, flat.high
            powers = [[high**j * low ** (k - j) for j in range(k + 1)] for k in range(1, order + 1)]
            return cumulants_of_moments([tidy(sp.Add(*terms) / len(terms)) for terms in powers])
        if self._terms is not None:
            zero = sp.Integer(0)
            return cumulants_of_moments(
                [tidy(moment(self._terms, k, zero, zero) / self._mass) for k in range(1, order + 1)]
            )
        return super()._closed_cumulants(order)

    def _new_estimates(self, order: int) -> Estimates:
        return quadrature_cumulants(self._numeric_site, self._intervals, order)

    def _expectation(self, function: Callable[[sp.Expr], sp.Expr]) -> sp.Expr:
        weighted, mass = (
            sp.Integral(self.weight * factor, (symbols.a, self.lower, self.upper))
            for factor in (function(symbols.a), sp.S.One)
        )
        return weighted / mass

    def _partition(self, s: sp.Expr, nu: sp.Expr | sp.Tuple) -> sp.Expr:
        if self._terms is None:
            return super()._partition(s, nu)
        return tidy_ratio(moment(self._terms, 0, s * nu, s**2), self._mass)

    def _denoiser(self, s: sp.Expr, nu: sp.Expr | sp.Tuple) -> sp.Expr:
        if self._terms is None:
            return super()._denoiser(s, nu)
        numerator, denominator = (moment(self._terms, k, s * nu, s**2) for k in (1, 0))
        return tidy_ratio(numerator, denominator)

    def _cdf(self, s: sp.Expr, nu: sp.Expr | sp.Tuple) -> sp.Expr:
        if self._gaussian is None:
            return super()._cdf(s, nu)
        mean, variance = self._gaussian
        return normal_cdf((nu - s * mean) / sp.sqrt(1 + s**2 * variance))

    def log_laplace(self, u: sp.Expr) -> sp.Expr | None:
        """Return log E exp(u a) by the Gaussian rule or from the generating function."""
        field = require_expression(u, "u")
        if self._gaussian is not None:
            mean, variance = self._gaussian
            return mean * field + variance * field**2 / 2
        if self._terms is not None:
            return sp.log(tidy_ratio(moment(self._terms, 0, field, sp.Integer(0)), self._mass))
        return super().log_laplace(field)

    def tilt(self, u: sp.Expr) -> DensityLaw:
        """Return the law with weight × exp(u a)."""
        field = require_expression(u, "u")
        return replace(self, weight=self.weight * sp.exp(field * symbols.a), generating=self._tilted_generating(field))

    def numeric_mass(self) -> float:
        """Return the integral of the weight."""
        return within_budget("law in numbers", lambda: float(np.exp(self._numeric_site.log_mass)))

    def _new_site(self) -> AbstractSite:
        gaussian = self._gaussian
        if gaussian is not None:
            variance = number(gaussian[1], "the variance")
            if not variance > 0:
                raise ValueError(f"the weight {self.weight} is not integrable: its Gaussian has variance {variance:g}")
            return GaussianSite(number(gaussian[0], "the mean"), variance)
        return self._numeric_site

    @cached_property
    def _numeric_site(self) -> DensitySite:
        try:
            return numeric_site(
                self._intervals, bumps(self._terms) if self._terms is not None and len(self._terms) > 1 else ()
            )
        except ValueError as error:
            raise ValueError(
                f"the weight {brief(self.weight)} on ({self.lower}, {self.upper}) is no density: {error}"
            ) from None


def _undecided(term: Term) -> bool:
    """Return whether a term grows where the others would hide it: exp(+a²) or exp(+a) at infinity is no density."""
    unbounded = term.low == -sp.oo or term.high == sp.oo
    if unbounded and term.stiffness.is_negative:
        return True
    return bool(unbounded and term.stiffness == 0 and term.slope == 0)
