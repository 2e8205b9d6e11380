"""Laws with finitely many atoms, on the line or in a few dimensions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, final

import mpmath as mp
import numpy as np
import sympy as sp

from symsched.algebra.arrays import Array
from symsched.algebra.codegen import number
from symsched.algebra.escapes import brief
from symsched.algebra.forms import simplified
from symsched.algebra.formulas import formula_latex
from symsched.algebra.inputs import require_expression
from symsched.algebra.notation.lines import equation, packed
from symsched.algebra.notation.width import width
from symsched.laws import values
from symsched.laws.base import AbstractLaw, NormalPart
from symsched.laws.moments import WORKING_DIGITS, Estimates, cumulants_of_moments, sum_cumulants
from symsched.laws.numeric import AbstractSite, AtomSite
from symsched.laws.points import PointSite

_WIDEST_WEIGHT = 62.0
"""Points of a weight that is read beside its atom."""
_WEIGHT_TOLERANCE = 1e-9
"""By how much weights given as floats may miss the sum 1."""


@final
@dataclass(frozen=True, repr=False)
class AtomLaw(AbstractLaw):
    """The law sum_k w_k delta_{g_k}; ``values`` are expressions, or ``sp.Tuple`` points of one dimension r.

    For points, nu is a tuple (SymPy) or an array (..., r), and s g nu, g² mean the scalar products.

    >>> import sympy as sp
    >>> from symsched.symbols import nu, s
    >>> AtomLaw((1, -1), (sp.Rational(4, 5), sp.Rational(1, 5))).denoiser(s, nu)
    tanh(nu*s + log(2))
    """

    values: tuple[Any, ...]
    weights: tuple[Any, ...]

    def __post_init__(self) -> None:
        """Check the weights and put equal atoms together."""
        if isinstance(self.values, str) or isinstance(self.weights, str) or len(self.values) != len(self.weights):
            raise ValueError(f"one weight per value is required, got {self.values!r} and {self.weights!r}")
        if len(self.values) == 0:
            raise ValueError("a law needs at least one atom")
        merged: dict[sp.Basic, sp.Expr] = {}
        for value, weight in zip(self.values, self.weights, strict=True):
            atom = _atom(value)
            checked = require_expression(weight, f"the weight of {value}")
            if checked.is_negative or (not checked.free_symbols and number(checked, "a weight") < 0):
                raise ValueError(f"weights must not be negative, got {checked} for the atom {atom}")
            merged[atom] = merged.get(atom, sp.Integer(0)) + checked
        if len({len(atom) if isinstance(atom, sp.Tuple) else 0 for atom in merged}) > 1:
            raise ValueError(f"atoms must all be numbers or all be points of one dimension, got {list(merged)}")
        total = sp.Add(*merged.values())
        if not total.free_symbols:
            size = number(total, "the sum of the weights")
            if abs(size - 1) > _WEIGHT_TOLERANCE:
                raise ValueError(f"weights must sum to 1, got {total}")
        kept = {atom: weight for atom, weight in merged.items() if weight != 0}
        object.__setattr__(self, "values", tuple(kept))
        object.__setattr__(self, "weights", tuple(kept.values()))

    @property
    def dimension(self) -> int | None:
        """The number r of coordinates of a law of points, None for a law on the line."""
        return len(self.values[0]) if isinstance(self.values[0], sp.Tuple) else None

    @property
    def free_symbols(self) -> frozenset[sp.Symbol]:
        """The parameters in values and weights."""
        return frozenset().union(*(part.free_symbols for part in (*self.values, *self.weights)))

    def subs(self, mapping: Mapping[Any, Any]) -> AtomLaw:
        """Return the law with parameters replaced."""
        return AtomLaw(
            tuple(value.subs(mapping) for value in self.values), tuple(weight.subs(mapping) for weight in self.weights)
        )

    @property
    def atoms(self) -> dict[sp.Expr, sp.Expr]:
        """{value: weight}."""
        return dict(zip(self.values, self.weights, strict=True))

    def normal_parts(self) -> tuple[NormalPart, ...] | None:
        """Return (weight, value, 0) of every atom on the line."""
        if self.dimension is not None:
            return None
        return tuple((weight, value, sp.S.Zero) for value, weight in self.atoms.items())

    def __repr__(self) -> str:
        """One line: its atoms with their weights."""
        told = ", ".join(f"{weight} at {value}" for value, weight in self.atoms.items())
        return brief(f"<AtomLaw: {told}", 120) + ">"

    def lines(self, name: str = r"\rho", fresh: Iterator[sp.Symbol] | None = None) -> list[str]:
        """Return Σ_k w_k δ_{g_k} as LaTeX; weights that are no short fractions are named and defined beneath."""
        beneath: list[str] = []
        terms = []
        _, _, index = name.partition("_")
        for k, (value, weight) in enumerate(self.atoms.items(), 1):
            share = simplified(weight)
            shown = formula_latex(share)
            if width(shown) > _WIDEST_WEIGHT:
                shown = f"p_{{{index.strip('{}')}{',' * bool(index)}{k}}}"
                beneath += equation(shown, share, fresh)
            terms.append(rf"{'' if shown == '1' else shown}\,\delta_{{{formula_latex(value)}}}")
        return [*packed(f"{name} = ", terms), *beneath]

    @property
    def cumulants_exact(self) -> bool:
        """True."""
        return True

    def _closed_cumulants(self, order: int) -> tuple[sp.Expr, ...]:
        self._require_line("cumulants")
        moments = [sp.Add(*(weight * value**k for value, weight in self.atoms.items())) for k in range(1, order + 1)]
        return cumulants_of_moments(moments)

    def _numeric_cumulants(self, order: int) -> Estimates:
        with mp.workdps(WORKING_DIGITS):
            pairs = [tuple(mp.mpmathify(sp.N(part, WORKING_DIGITS)) for part in atom) for atom in self.atoms.items()]
            return sum_cumulants([(value, weight) for value, weight in pairs], order)

    def _new_site(self) -> AtomSite:
        self._require_line("site")
        return AtomSite(np.array([number(value, "an atom") for value in self.values]), self._numeric_weights)

    @property
    def _numeric_weights(self) -> Array:
        weights = np.array([number(weight, "a weight") for weight in self.weights])
        return np.asarray(weights / weights.sum())

    @cached_property
    def _numbers(self) -> AbstractSite | PointSite:
        if self.dimension is None:
            return self._site
        points = np.array([[number(entry, "an atom") for entry in point] for point in self.values])
        return PointSite(points, self._numeric_weights)

    def _expectation(self, function: Callable[[sp.Expr], sp.Expr]) -> sp.Expr:
        return sp.Add(*(weight * function(value) for value, weight in self.atoms.items()))

    def _require_line(self, name: str) -> None:
        if self.dimension is not None:
            raise ValueError(
                f"{name} is defined for a law on the line; this one has atoms in R^{self.dimension} "
                "(partition, denoiser and flow take points)"
            )

    def _exponents(self, s: sp.Expr, nu: sp.Expr | sp.Tuple) -> list[sp.Expr]:
        """Return s g_k·nu − s² |g_k|²/2 for every atom."""
        dimension = self.dimension
        if (len(nu) if isinstance(nu, sp.Tuple) else None) != dimension:
            wanted = "a single expression" if dimension is None else f"a tuple of {dimension} expressions"
            raise ValueError(f"nu must be {wanted} for this law, got {nu}")
        return [s * _dot(value, nu) - s**2 * _dot(value, value) / 2 for value in self.values]

    def _partition(self, s: sp.Expr, nu: sp.Expr | sp.Tuple) -> sp.Expr:
        return sp.Add(
            *(weight * sp.exp(power) for weight, power in zip(self.weights, self._exponents(s, nu), strict=True))
        )

    def _denoiser(self, s: sp.Expr, nu: sp.Expr | sp.Tuple) -> sp.Expr | sp.Tuple:
        powers = self._exponents(s, nu)
        if self.dimension is None and len(self.values) == 1:
            return self.values[0]
        if self.dimension is None and len(self.values) == 2:
            return self._pair_denoiser(s, nu)
        softmax = sp.Matrix([weight * sp.exp(power) for weight, power in zip(self.weights, powers, strict=True)])
        total = sp.Add(*softmax)
        if self.dimension is None:
            return softmax.dot(self.values) / total
        return sp.Tuple(*(softmax.dot(column) / total for column in zip(*self.values, strict=True)))

    def _pair_denoiser(self, s: sp.Expr, nu: sp.Expr) -> sp.Expr:
        """Return (g_1 + g_2)/2 + (g_1 − g_2)/2 tanh(half the log odds of g_1)."""
        first, second = 0, 1
        gap = sp.expand((self.values[0] - self.values[1]) / 2)
        if gap.is_negative or (not gap.is_positive and gap.could_extract_minus_sign()):
            first, second, gap = 1, 0, -gap
        g1, g2 = self.values[first], self.values[second]
        centre = sp.expand((g1 + g2) / 2)
        prior = half_log(self.weights[first], self.weights[second])
        drift = sp.expand((g1**2 - g2**2) / 4)
        return centre + gap * sp.tanh(prior + s * nu * gap - s**2 * drift)

    def _cdf(self, s: sp.Expr, nu: sp.Expr | sp.Tuple) -> sp.Expr:
        self._require_line("cdf")
        return super()._cdf(s, nu)

    def log_laplace(self, u: sp.Expr) -> sp.Expr:
        """Return log sum_k w_k exp(u g_k), with log cosh for a symmetric pair."""
        self._require_line("log_laplace")
        if len(self.values) == 2 and simplified(self.weights[0] - self.weights[1]) == 0:
            centre, gap = (self.values[0] + self.values[1]) / 2, (self.values[0] - self.values[1]) / 2
            gap = -gap if gap.could_extract_minus_sign() or gap.is_negative else gap
            return sp.expand(centre * u) + sp.log(sp.cosh(gap * u))
        if len(self.values) == 1:
            return u * self.values[0]
        return sp.log(self._expectation(lambda g: sp.exp(u * g)))

    def tilt(self, u: sp.Expr) -> AtomLaw:
        """Return the law with weights proportional to w_k exp(u g_k)."""
        self._require_line("tilt")
        field = require_expression(u, "u")
        factors = [weight * sp.exp(field * value) for value, weight in self.atoms.items()]
        total = sp.Add(*factors)
        return AtomLaw(self.values, tuple(factor / total for factor in factors))


def half_log(first: sp.Expr, second: sp.Expr) -> sp.Expr:
    """Return log(first/second)/2 in a short form.

    >>> half_log(sp.Rational(4, 5), sp.Rational(1, 5))
    log(2)
    >>> p = sp.Symbol("p", positive=True)
    >>> half_log(p, 1 - p)
    log(p/(1 - p))/2
    """
    ratio = sp.powsimp(sp.cancel(sp.powsimp(first / second)))
    if not ratio.is_Rational:
        ratio = simplified(ratio)
    root = sp.sqrt(ratio)
    if ratio.is_Rational:
        return sp.log(root) if root.is_Rational else sp.log(ratio) / 2
    if ratio.has(sp.exp):
        return sp.expand(sp.expand_log(sp.log(ratio), force=True) / 2)
    # p/(1 − p) as it is read; expanded, its logarithm would be log p + log(−1/(p − 1)).
    return sp.log(min(ratio, first / second, key=sp.count_ops)) / 2


def _atom(value: object) -> sp.Expr | sp.Tuple:
    """Return a value as an expression or a point."""
    atom = values.point(value, "an atom")
    if isinstance(atom, sp.Tuple):
        if len(atom) == 0:
            raise ValueError("a point needs at least one coordinate")
        return atom
    if atom.is_real is False:
        raise ValueError(f"atoms must be real, got {atom}")
    return atom


def _dot(left: sp.Expr | sp.Tuple, right: sp.Expr | sp.Tuple) -> sp.Expr:
    """Return the scalar product."""
    if isinstance(left, sp.Tuple):
        return sp.Add(*(one * other for one, other in zip(left, right, strict=True)))
    return left * right
