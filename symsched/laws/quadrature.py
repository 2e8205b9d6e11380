"""A density without a closed form, in numbers: its site, and its moments to 20 digits."""

from collections.abc import Sequence
from itertools import pairwise

import mpmath as mp
import numpy as np
import sympy as sp

from symsched import symbols
from symsched.algebra.arrays import Array
from symsched.algebra.codegen import number
from symsched.algebra.gaussian_integrals import Interval
from symsched.errors import DerivationError
from symsched.laws.log_density import LogDensity, LogStretches, constants_to_floats
from symsched.laws.numeric import DensitySite

_DIGITS = 20
"""Of a moment: cumulants of order 12 lose a few by cancellation and still fill a float."""
_WORKING_DIGITS = 35
"""With which the integrals are done."""
_FAR = (1e30, 1e32)
"""Where the power of a tail is read."""


def numeric_site(intervals: Sequence[Interval], bumps: Sequence[tuple[sp.Expr, sp.Expr]] = ()) -> DensitySite:
    """Return the site of a density given by its smooth stretches; ValueError if it is negative somewhere.

    ``bumps`` are (centre, width) of structure that a scan might miss.
    """
    if not intervals:
        raise ValueError("it vanishes everywhere")
    stretches = []
    for part in intervals:
        low, high = (
            float(end) if end.is_infinite else number(end, "an end of the support") for end in (part.low, part.high)
        )
        if not low < high:
            raise ValueError(f"the stretch ({low:g}, {high:g}) is empty")
        stretches.append((low, high, LogDensity(part.expression, symbols.a)))
    ends = sorted({end for low, high, _ in stretches for end in (low, high)})
    marks = [(number(centre, "a centre"), number(width, "a width")) for centre, width in bumps]
    site = DensitySite(LogStretches(tuple(stretches)), tuple(ends), tuple(marks))
    for low, high, function in stretches:
        location, width = site.bulk
        inside = np.clip(location + width * np.linspace(-20, 20, 2001), low, high)
        inside = np.concatenate([inside[(inside > low) & (inside < high)], _spread(low, high)])
        below = inside[function.is_negative(inside)]
        if below.size:
            raise ValueError(f"it is negative, for example at {below[below.size // 2]:g}")
    return site


def _spread(low: float, high: float) -> Array:
    """Return points over a finite stretch."""
    if not np.isfinite(high - low):
        return np.empty(0)
    return low + (high - low) * np.linspace(0.001, 0.999, 999)


def numeric_moments(site: DensitySite, intervals: Sequence[Interval], order: int) -> list[sp.Expr]:
    """Return E a, …, E a^order as Floats; DerivationError names the first that does not exist."""
    location, width = site.bulk
    require_moments(site, order)
    with mp.workdps(_WORKING_DIGITS):
        totals = [mp.mpf(0)] * (order + 1)
        for part in intervals:
            function = sp.lambdify(symbols.a, constants_to_floats(part.expression, _WORKING_DIGITS), "mpmath")
            low, high = (mp.mpf(str(sp.N(end, _WORKING_DIGITS)).replace("oo", "inf")) for end in (part.low, part.high))
            marks = [mp.mpf(location) + mp.mpf(width) * k for k in (-60, -25, -10, -4, -1.5, 0, 1.5, 4, 10, 25, 60)]
            cuts = [low, *(mark for mark in marks if low < mark < high), high]
            for k in range(order + 1):
                totals[k] += sum(
                    (mp.quad(lambda a, k=k, f=function: f(a) * a**k, [left, right]) for left, right in pairwise(cuts)),
                    start=mp.mpf(0),
                )
        unit = abs(mp.mpf(location)) + mp.mpf(width)
        moments = [total / totals[0] for total in totals[1:]]
        # Cancellation leaves noise where symmetry makes a moment 0.
        cleaned = [0 if abs(value) < unit**k * mp.mpf(10) ** -25 else value for k, value in enumerate(moments, start=1)]
        return [sp.Float(mp.nstr(value, _DIGITS + 5), _DIGITS) if value else sp.Integer(0) for value in cleaned]


def require_moments(site: DensitySite, order: int) -> None:
    """Raise unless a^order is integrable: a tail like |a|^−p has moments below p − 1."""
    for end, sign in ((site.breakpoints[0], -1.0), (site.breakpoints[-1], 1.0)):
        if np.isfinite(end):
            continue
        with np.errstate(all="ignore"):
            near, far = site.log_weight(sign * np.array(_FAR))
        if not np.isfinite(far):
            continue
        power = -(far - near) / np.log(_FAR[1] / _FAR[0])
        for k in range(1, order + 1):
            if k >= power - 1 - 1e-9:
                raise DerivationError(
                    "cumulants",
                    f"the moment of order {k} does not exist: the density falls like |a|^-{power:.6g}",
                    "Ask only for cumulants of lower order" if k > 1 else "Truncate the law",
                )
