"""The interface of a law on the line (or in a few dimensions) and of its canonical flow."""

from __future__ import annotations

import abc
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar, Self, TypeAlias

import numpy as np
import sympy as sp

from symsched import symbols
from symsched.algebra.arrays import Array
from symsched.algebra.asymptotics import trial_values
from symsched.algebra.budget import within_budget
from symsched.algebra.escapes import brief
from symsched.algebra.formulas import formula_latex
from symsched.algebra.inputs import require_expression
from symsched.algebra.notation.lines import display, equation
from symsched.errors import DerivationError, require_integer
from symsched.laws import values
from symsched.laws.estimates.tails import Tail, require_moments
from symsched.laws.moments import MAX_ORDER, Estimates, cumulants_of_generating_function
from symsched.laws.numeric import AbstractSite
from symsched.laws.points import PointSite

Number: TypeAlias = float | Array
Result: TypeAlias = sp.Expr | float | Array
NormalPart: TypeAlias = tuple[sp.Expr, sp.Expr, sp.Expr]
_AGREE = 1e-8
"""By how much two quadratures of a moment may differ, in units of the width: each errs by 1e-11."""
_RESOLVED = 1e-11
"""The same, relative to the mean: a narrow bump far away is not resolved better by floats."""


class AbstractLaw(abc.ABC):
    """A random variable ``g``, with the quantities of its canonical flow dnu/ds = D(s, nu).

    Z(s, nu) = E exp(s g nu − s² g²/2), D = (1/s) d/dnu log Z = E[g | z + s g = nu], F = E Phi(nu − s g).
    Given SymPy arguments they return expressions, given numbers or arrays (of any broadcast shape) floats.
    Source: arXiv 2501.00988.
    """

    @property
    @abc.abstractmethod
    def free_symbols(self) -> frozenset[sp.Symbol]:
        """The parameters that are not numbers yet."""

    @abc.abstractmethod
    def subs(self, mapping: Mapping[Any, Any]) -> AbstractLaw:
        """Return the law with parameters replaced."""

    @property
    def atoms(self) -> dict[sp.Expr, sp.Expr] | None:
        """{value: weight} of a law with finitely many atoms, otherwise None."""
        return None

    @property
    def density(self) -> sp.Expr | None:
        """The density as an expression in ``symsched.symbols.a``, or None where there is none."""
        return None

    @property
    @abc.abstractmethod
    def cumulants_exact(self) -> bool:
        """Whether the cumulants are exact; otherwise they are Floats of about 20 correct digits."""

    @abc.abstractmethod
    def log_laplace(self, u: sp.Expr) -> sp.Expr | None:
        """Return Lambda(u) = log E exp(u g), or None where no closed form is found."""

    @abc.abstractmethod
    def tilt(self, u: sp.Expr) -> AbstractLaw:
        """Return the law proportional to rho exp(u g)."""

    def normal_parts(self) -> tuple[NormalPart, ...] | None:
        """Return (share, mean, variance) of the normal laws that it mixes, an atom having variance 0; else None."""
        return None

    @property
    def _tails(self) -> tuple[Tail, ...]:
        """The tails that reach to infinity, at trial values of parameters that are still symbols."""
        return ()

    @abc.abstractmethod
    def _closed_cumulants(self, order: int) -> tuple[sp.Expr, ...] | None:
        """Return exact cumulants, or None where no closed form is known."""

    @abc.abstractmethod
    def _numeric_cumulants(self, order: int) -> Estimates:
        """Return cumulants by numbers, of a law without free symbols, each with a bound on its error."""

    @abc.abstractmethod
    def _expectation(self, function: Callable[[sp.Expr], sp.Expr]) -> sp.Expr:
        """Return E function(g), as a sum or an integral that need not be done."""

    @abc.abstractmethod
    def _new_site(self) -> AbstractSite: ...

    @abc.abstractmethod
    def lines(self, name: str = r"\rho", fresh: Iterator[sp.Symbol] | None = None) -> list[str]:
        """Return the law as LaTeX, a few lines without delimiters that fit a column; ``name`` is LaTeX too."""

    def latex(self, name: str = r"\rho") -> str:
        """Return the law as a display in LaTeX, such as ρ = 4/5 δ_1 + 1/5 δ_−1; it needs amsmath alone."""
        return display(self.lines(name))

    def _repr_latex_(self) -> str:
        return self.latex()

    def site(self) -> AbstractSite:
        """Return the law in numbers; ValueError naming a free parameter, or where the law is none."""
        return self._site

    @cached_property
    def _site(self) -> AbstractSite:
        if self.free_symbols:
            names = ", ".join(sorted(map(str, self.free_symbols)))
            raise ValueError(f"the law needs a number for {names}; substitute it first with .subs({{...}})")
        return within_budget("law in numbers", self._new_site)

    @property
    def _numbers(self) -> AbstractSite | PointSite:
        return self._site

    def _partition(self, s: sp.Expr, nu: sp.Expr | sp.Tuple) -> sp.Expr:
        return self._expectation(lambda g: sp.exp(s * nu * g - s**2 * g**2 / 2))

    def _denoiser(self, s: sp.Expr, nu: sp.Expr | sp.Tuple) -> sp.Expr | sp.Tuple:
        return self._expectation(lambda g: g * sp.exp(s * nu * g - s**2 * g**2 / 2)) / self._partition(s, nu)

    def _cdf(self, s: sp.Expr, nu: sp.Expr | sp.Tuple) -> sp.Expr:
        return self._expectation(lambda g: normal_cdf(nu - s * g))

    @property
    def dimension(self) -> int | None:
        """r of a law on points of R^r, None of one on the line."""
        return None

    def _place(self, nu: object) -> sp.Expr | sp.Tuple:
        place = values.point(nu, "nu")
        if isinstance(place, sp.Tuple) and self.dimension is None:
            raise TypeError(f"nu must be one number or expression for a law on the line, got {nu!r}")
        return place

    def cumulants(self, n: int) -> tuple[sp.Expr, ...]:
        """Return the first ``n`` cumulants; DerivationError names an order at which none exists."""
        return self._estimates(n)[0]

    def cumulant_errors(self, n: int) -> tuple[float, ...]:
        """Return a bound on the error of each of the first ``n`` cumulants, 0 where they are exact."""
        return self._estimates(n)[1]

    def has_closed_cumulants(self, n: int) -> bool:
        """Return whether the first ``n`` cumulants have a closed form that is found in time."""
        return within_budget("cumulants", lambda: self._closed_cumulants(n), self._too_slow) is not None

    def require_moments(self, order: int) -> None:
        """Raise DerivationError, naming the order, unless a^order is integrable; the tails decide, not a formula."""
        free = ", ".join(sorted(map(str, self.free_symbols - {symbols.d})))
        require_moments(self._tails, order, free)

    @cached_property
    def _known(self) -> dict[int, Estimates]:
        return {}

    def _estimates(self, n: int) -> Estimates:
        order = require_integer(n, "n", 1)
        if order > MAX_ORDER:
            raise ValueError(f"cumulants are available up to order {MAX_ORDER}, got n = {order}")
        if order not in self._known:
            self.require_moments(order)
            self._known[order] = self._find_cumulants(order)
        return self._known[order]

    def _find_cumulants(self, order: int) -> Estimates:
        found = None
        if self.cumulants_exact:
            found = within_budget("cumulants", lambda: self._closed_cumulants(order), self._too_slow)
        if found is not None:
            return found, (0.0,) * order
        if self.free_symbols:
            free = ", ".join(sorted(map(str, self.free_symbols)))
            raise DerivationError(
                "cumulants",
                f"no closed form of the moments of {brief(self)} was found while {free} are symbols",
                "Substitute numbers with .subs({...}); the cumulants are then computed in numbers",
            )
        values, errors = within_budget("cumulants by quadrature", lambda: self._numeric_cumulants(order))
        site = self.site()
        # The mean by itself: a variance need not exist.
        own = (float(site.tilted(0.0, 0.0)[1]), *((site.variance,) if order > 1 else ()))
        unit = max(site.bulk[1], abs(own[-1]) ** 0.5 if order > 1 else 0.0)
        for k, value in enumerate(own):
            allowed = _AGREE * unit ** (k + 1) + _RESOLVED * abs(own[0]) * unit**k
            if not abs(float(values[k]) - value) <= errors[k] + allowed + self._site_slack(k + 1):
                raise DerivationError(
                    "cumulants",
                    f"two ways give {values[k]} ± {errors[k]:.1g} and {value!r} for order {k + 1} of {brief(self)}",
                    "Its structure or tail is beyond what they resolve: truncate it, or give a mixture of simple laws.",
                )
        return values, errors

    def _site_slack(self, order: int) -> float:
        """Return by how much the site's own moment of an order may be off: what it leaves out of a tail."""
        return 0.0

    def _too_slow(self) -> None:
        warnings.warn(
            f"the cumulants of {brief(self)} are taken from numbers: a closed form took too long", stacklevel=2
        )

    def _pair(self, s: object, nu: object, name: str) -> tuple[Array, Array]:
        """Return both as arrays; ValueError unless they broadcast, s against nu[..., 0] where nu is a point."""
        return values.pair(s, nu, name, ends=0 if self.dimension is None else 1)

    def partition(self, s: object, nu: object) -> Result:
        """Return Z(s, nu) = E exp(s g nu − s² g²/2)."""
        if values.is_symbolic((s, nu)):
            return self._partition(require_expression(s, "s"), self._place(nu))
        return values.plain(np.exp(self._numbers.log_partition(*self._pair(s, nu, "nu"))))

    def denoiser(self, s: object, nu: object) -> Result | sp.Tuple:
        """Return D(s, nu) = E[g | z + s g = nu]; numbers never come from the expression but from ``site()``."""
        if values.is_symbolic((s, nu)):
            return self._denoiser(require_expression(s, "s"), self._place(nu))
        return values.plain(self._numbers.denoiser(*self._pair(s, nu, "nu")))

    def cdf(self, s: object, nu: object) -> Result:
        """Return F_s(nu) = P(z + s g <= nu) = E Phi(nu − s g)."""
        if values.is_symbolic((s, nu)):
            return self._cdf(require_expression(s, "s"), self._place(nu))
        return values.plain(self._numbers.cdf(*self._pair(s, nu, "nu")))

    def flow(self, s: object, nu0: object) -> Number:
        """Return nu_s = F_s^{-1}(Phi(nu0)): the canonical flow from nu0, exact by quantiles (numbers only)."""
        if values.is_symbolic((s, nu0)):
            raise TypeError("flow needs numbers: the quantile function has no expression; substitute them first")
        return values.plain(self._numbers.flow(*self._pair(s, nu0, "nu0")))


@dataclass(frozen=True)
class AbstractWeightedLaw(AbstractLaw):
    """A law given by ``weight``, an expression in ``variable``, from ``lower`` to ``upper`` (±oo).

    ``generating`` is E exp(u g) as an expression in ``symsched.symbols.u``, where it is known.
    """

    variable: sp.Symbol
    weight: Any
    lower: Any
    upper: Any
    generating: Any = None
    _own_variable: ClassVar[sp.Symbol]

    def __post_init__(self) -> None:
        """Check the parts and rename the variable."""
        if not isinstance(self.variable, sp.Symbol):
            raise TypeError(f"variable must be a SymPy symbol, got {self.variable!r}")
        # A sum may run to a symbol, or to infinity.
        require_expression(
            self.weight.replace(sp.Sum, lambda term, *_: term) if isinstance(self.weight, sp.Expr) else self.weight,
            "weight",
        )
        weight = sp.sympify(self.weight).xreplace({self.variable: self._own_variable})
        object.__setattr__(self, "weight", weight)
        for end, name, infinite in ((self.lower, "lower", -sp.oo), (self.upper, "upper", sp.oo)):
            checked = infinite if sp.sympify(end, strict=True) == infinite else require_expression(end, name)
            object.__setattr__(self, name, checked)
        object.__setattr__(self, "variable", self._own_variable)

    @property
    def free_symbols(self) -> frozenset[sp.Symbol]:
        """The parameters in the weight and the ends."""
        return frozenset(
            (self.weight.free_symbols | self.lower.free_symbols | self.upper.free_symbols) - {self.variable}
        )

    def subs(self, mapping: Mapping[Any, Any]) -> Self:
        """Return the law with parameters replaced."""
        parts = {name: getattr(self, name) for name in ("weight", "lower", "upper", "generating")}
        return replace(self, **{name: part.subs(mapping) for name, part in parts.items() if part is not None})

    def __repr__(self) -> str:
        """One line: what its density, or mass, is proportional to, and where."""
        shape = f"{self._shape}, from {self.lower} to {self.upper}"
        return brief(f"<{type(self).__name__} proportional to {shape}", 150) + ">"

    @property
    def _shape(self) -> sp.Expr:
        """The weight on the support, without factors that do not hold the variable."""
        whole = self.weight
        if isinstance(whole, sp.Piecewise):
            pieces = [piece for piece, _ in whole.args if piece != 0]
            outside = whole.args[-1]
            if len(pieces) == 1 and len(whole.args) == 2 and outside[0] == 0:
                whole = pieces[0]
        return sp.sympify(whole.as_independent(self.variable, as_Add=False)[1])

    @abc.abstractmethod
    def _support(self) -> str:
        """Return where the law lives, as LaTeX."""

    def lines(self, name: str = r"\rho", fresh: Iterator[sp.Symbol] | None = None) -> list[str]:
        """Return the density, or the masses, up to a factor as LaTeX."""
        place = formula_latex(self.variable)
        told = equation(f"{name}({place})", self._shape, fresh, sign=r"\propto")
        behind = rf",\quad {self._support()}"
        return [*told[:-1], told[-1] + behind] if len(told) == 1 else [*told, self._support()]

    @property
    def cumulants_exact(self) -> bool:
        """Whether the generating function is known."""
        return self.generating is not None

    def _closed_cumulants(self, order: int) -> tuple[sp.Expr, ...] | None:
        if self.generating is None:
            return None
        found = cumulants_of_generating_function(self.generating, symbols.u, order)
        # A law whose tail is a power has no such function: what SymPy gives is a continuation, and may break off.
        return None if any(cumulant.has(sp.nan, sp.zoo, sp.oo, sp.Limit, sp.Subs) for cumulant in found) else found

    @cached_property
    def _at_trial(self) -> Self:
        """The law with numbers for its parameters."""
        free = self.free_symbols
        return self.subs({**trial_values(free), symbols.d: sp.Integer(10) ** 16}) if free else self

    @cached_property
    def _numeric_table(self) -> Estimates:
        """As many cumulants as exist, up to the highest: the time goes into evaluating the weight."""
        orders = range(1, MAX_ORDER + 1)
        order = max((k for k in orders if all(tail.has_moment(k) for tail in self._tails)), default=1)
        return self._new_estimates(order)

    @abc.abstractmethod
    def _new_estimates(self, order: int) -> Estimates: ...

    def _numeric_cumulants(self, order: int) -> Estimates:
        values, errors = self._numeric_table
        return values[:order], errors[:order]

    def log_laplace(self, u: sp.Expr) -> sp.Expr | None:
        """Return log E exp(u g) from the generating function."""
        return None if self.generating is None else sp.log(self.generating.subs(symbols.u, require_expression(u, "u")))

    def _tilted_generating(self, field: sp.Expr) -> sp.Expr | None:
        if self.generating is None:
            return None
        return self.generating.subs(symbols.u, symbols.u + field) / self.generating.subs(symbols.u, field)


def normal_cdf(x: sp.Expr) -> sp.Expr:
    """Return Phi(x) through erf."""
    return (1 + sp.erf(x / sp.sqrt(2))) / 2
