"""A polynomial density on a finite stretch, from terms of one sign: expanded in powers it loses all its digits."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import comb
from typing import final

import numpy as np
import sympy as sp
from scipy import special

from symsched import symbols
from symsched.algebra.arrays import Array, Mask
from symsched.algebra.gaussian_integrals import Interval

_DEGREES = range(4, 201)
"""A cubic loses no digits to speak of; of more than these the coefficients take seconds."""


@final
@dataclass(frozen=True)
class LogPolynomial:
    """a ↦ log Σ_k b_k binom(n, k) t^k (1 − t)^(n−k), t = (a − low)/(high − low), with b_k >= 0: Bernstein's form.

    On (j, j + 1) the density of a sum of n uniform variables is one: in powers of a its terms reach 10⁹ at n = 12.
    """

    coefficients: tuple[sp.Rational, ...]
    low: float
    high: float

    @classmethod
    def of(cls, part: Interval) -> LogPolynomial | None:
        """Return the form of a sum of powers with rational coefficients, None for any other, and where a b_k < 0."""
        if not (part.expression.as_coeff_Mul()[1].is_Add and part.low.is_Rational and part.high.is_Rational):
            return None
        if not part.expression.is_polynomial(symbols.a):
            return None
        power = sp.Poly(part.expression, symbols.a)
        if power.degree() not in _DEGREES or not power.get_domain().is_QQ | power.get_domain().is_ZZ:
            return None
        shifted = power.compose(sp.Poly(part.low + (part.high - part.low) * symbols.a, symbols.a))
        terms = shifted.all_coeffs()[::-1]
        degree = len(terms) - 1
        scaled = [term / comb(degree, k) for k, term in enumerate(terms)]
        found = [sum((comb(i, k) * scaled[k] for k in range(i + 1)), sp.S.Zero) for i in range(degree + 1)]
        return None if min(found) < 0 else cls(tuple(found), float(part.low), float(part.high))

    def __call__(self, points: Array) -> Array:
        """Return the logarithm at each point of the stretch."""
        orders, logs = self._terms
        place = np.asarray(points, dtype=np.float64)
        length = self.high - self.low
        t, rest = (np.clip(distance / length, 0.0, 1.0) for distance in (place - self.low, self.high - place))
        at = (slice(None), *(None,) * place.ndim)
        terms = logs[at] + special.xlogy(orders[at], t) + special.xlogy(len(self.coefficients) - 1 - orders[at], rest)
        top = terms.max(axis=0)
        with np.errstate(all="ignore"):
            return np.asarray(top + np.log(np.exp(terms - np.where(np.isfinite(top), top, 0.0)).sum(axis=0)))

    def is_negative(self, points: Array) -> Mask:
        """Return False everywhere."""
        return np.zeros(np.shape(points), dtype=bool)

    @cached_property
    def _terms(self) -> tuple[Array, Array]:
        """The orders k of positive coefficients, and the logarithm of each with its binomial."""
        degree = len(self.coefficients) - 1
        kept = [k for k, value in enumerate(self.coefficients) if value > 0]
        logs = [float(sp.log(sp.N(self.coefficients[k] * comb(degree, k), 20))) for k in kept]
        return np.array(kept, dtype=np.float64), np.array(logs)
