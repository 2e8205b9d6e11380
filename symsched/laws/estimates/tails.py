"""Which moments a tail allows, read off the tail itself: a generating function may be continued past its domain."""

import math
from dataclasses import dataclass
from typing import final

import mpmath as mp
import numpy as np
import sympy as sp

from symsched.algebra.budget import within_budget
from symsched.errors import DerivationError
from symsched.laws.log_density import LogDensity, constants_to_floats

_DIGITS = 400
"""Γ(10³⁰⁰ + 1)/Γ(10³⁰⁰) loses 302 digits."""
_EXPONENTS = (150, 300)
"""The power of a tail is read at 10 to these."""
_NEAR = (1e6, 1e8)
_NEARER = (1e3, 1e4)
"""For a sum over an index, which has as many terms."""
_STEEP = 1e3
"""A tail that falls by this many powers between the near points has all moments."""


@final
@dataclass(frozen=True)
class Tail:
    """A tail like |a|^−power; ``drift`` is how far the local power at 10¹⁵⁰ is from it."""

    power: float
    drift: float

    @property
    def is_light(self) -> bool:
        """Whether all moments exist: the local power grows without a bound."""
        return math.isinf(self.power)

    def has_moment(self, order: int) -> bool:
        """Return whether |a|^order is integrable; beside a power, by Bertrand's rule for powers of the logarithm."""
        margin = self.power - (order + 1)
        if self.drift < 1e-9:
            return margin > 1e-9
        return margin * _EXPONENTS[1] * math.log(10) > 1 + 1e-3


LIGHT = Tail(math.inf, 0.0)


def tail_of(expression: sp.Expr, variable: sp.Symbol, sign: int) -> Tail:
    """Return the tail of a density or mass function, free of other symbols, as the variable tends to sign × ∞."""
    points = np.array(_NEARER if expression.has(sp.Sum) else _NEAR)
    with np.errstate(all="ignore"):
        near, far = LogDensity(expression, variable)(sign * points)
    if not np.isfinite(far) or near - far > _STEEP * math.log(points[1] / points[0]):
        return LIGHT
    return within_budget("tail", lambda: _read(expression, variable, sign))


def _read(expression: sp.Expr, variable: sp.Symbol, sign: int) -> Tail:
    with mp.workdps(_DIGITS):
        function = sp.lambdify(variable, constants_to_floats(expression, 60), "mpmath")
        powers = []
        for exponent in _EXPONENTS:
            try:
                values = [abs(mp.mpmathify(function(sign * mp.mpf(10) ** e))) for e in (exponent, exponent + 1)]
            except (ArithmeticError, MemoryError, ValueError):
                return LIGHT
            if values[0] == 0 or values[1] == 0:
                return LIGHT
            powers.append(float(mp.log10(values[0]) - mp.log10(values[1])))
    if powers[1] > 1.5 * max(powers[0], 1.0):
        return LIGHT
    return Tail(powers[1], abs(powers[1] - powers[0]))


def require_moments(tails: tuple[Tail, ...], order: int, names: str = "") -> None:
    """Raise DerivationError naming the first moment, up to ``order``, that does not exist.

    ``names`` are parameters that have no number yet: whether a power tail has the moment then depends on them.
    """
    for tail in tails:
        if names and not tail.is_light:
            raise DerivationError(
                "cumulants",
                f"whether the moment of order {order} exists depends on the symbols {names}: the tail is a power",
                "Substitute numbers with .subs({...})",
            )
        for k in range(1, order + 1):
            if not tail.has_moment(k):
                raise DerivationError(
                    "cumulants",
                    f"the moment of order {k} does not exist: the tail falls like |a|^-{tail.power:.6g}",
                    "Ask only for cumulants of lower order" if k > 1 else "Truncate the law",
                )
