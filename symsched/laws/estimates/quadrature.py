"""A density without a closed form, in numbers: its site, and its cumulants with a bound on their error."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import final

import mpmath as mp
import numpy as np
import sympy as sp
from mpmath.calculus.quadrature import GaussLegendre

from symsched import symbols
from symsched.algebra.arrays import Array
from symsched.algebra.codegen import number
from symsched.algebra.gaussian_integrals import Interval
from symsched.laws.estimates.polynomials import LogPolynomial
from symsched.laws.log_density import LogDensity, LogStretches, constants_to_floats
from symsched.laws.moments import DIGITS, WORKING_DIGITS, Estimates, scaled_cumulants
from symsched.laws.numeric import DensitySite
from symsched.laws.numeric.pieces import Chart, Piece

_DEGREES = (4, 5)
"""Of mpmath's Gauss rules: 24 and 48 points."""
_NATS = 75.0
"""How far below its maximum an integrand of the moments is followed: exp(−75) = 3e−33."""
_SCAN = 2401
"""Points by which the stretch is found."""
_MAX_HALVINGS = 12
_MAX_PANELS = 1500
"""Bounds on time for a density that no panels resolve: its error is then as large as it is."""
_MAX_SUMMANDS = 64
"""Of a density: of more than these none is looked at by itself."""


def numeric_site(intervals: Sequence[Interval], bumps: Sequence[tuple[sp.Expr, sp.Expr]] = ()) -> DensitySite:
    """Return the site of a density given by its smooth stretches; ValueError if it is negative somewhere.

    ``bumps`` are (centre, width) of structure that a scan might miss.
    """
    if not intervals:
        raise ValueError("it vanishes everywhere")
    stretches = []
    for part in intervals:
        low, high = (_end(end) for end in (part.low, part.high))
        if not low < high:
            raise ValueError(f"the stretch ({low:g}, {high:g}) is empty")
        stretches.append((low, high, LogPolynomial.of(part) or LogDensity(part.expression, symbols.a)))
    ends = sorted({end for low, high, _ in stretches for end in (low, high)})
    marks = [(number(centre, "a centre"), number(width, "a width")) for centre, width in bumps]
    if not marks:
        plain = [part for part, (*_, f) in zip(intervals, stretches, strict=True) if isinstance(f, LogDensity)]
        marks = [mark for part in plain for mark in _summands(part)]
    site = DensitySite(LogStretches(tuple(stretches)), tuple(ends), tuple(marks))
    for low, high, function in stretches:
        location, width = site.bulk
        inside = np.clip(location + width * np.linspace(-20, 20, 2001), low, high)
        inside = np.concatenate([inside[(inside > low) & (inside < high)], _spread(low, high)])
        below = inside[function.is_negative(inside)]
        if below.size:
            raise ValueError(f"it is negative, for example at {below[below.size // 2]:g}")
    return site


def _end(end: sp.Expr) -> float:
    return float(end) if end.is_infinite else number(end, "an end of the support")


def _spread(low: float, high: float) -> Array:
    """Return points over a finite stretch."""
    if not np.isfinite(high - low):
        return np.empty(0)
    return low + (high - low) * np.linspace(0.001, 0.999, 999)


def _summands(part: Interval) -> list[tuple[float, float]]:
    """Return (centre, width) of each summand that is a density of its own: alone none hides another."""
    terms = sp.Add.make_args(sp.expand_mul(part.expression))
    found = []
    for term in terms if 1 < len(terms) <= _MAX_SUMMANDS else ():
        try:
            site = DensitySite(LogDensity(term, symbols.a), (_end(part.low), _end(part.high)))
        except ValueError:
            continue
        found.append(site.bulk)
    return found


def quadrature_cumulants(site: DensitySite, intervals: Sequence[Interval], order: int) -> Estimates:
    """Return c_1 … c_order and bounds on their errors: Gauss rules of 24 and 48 points on panels that are halved.

    The panels are those on which the site's own rule resolves the density, and go on as far as a^order needs.
    """
    location, width = site.bulk
    highest = order + order % 2
    with mp.workdps(WORKING_DIGITS):
        panels = []
        for piece, edges in site.charts:
            integrand = _Integrand.of(piece, intervals, location, width, highest)
            panels += [_Panel(integrand, left, right) for left, right in pairwise(integrand.edges(edges))]
        for _ in range(_MAX_HALVINGS):
            scale = [mp.fsum(abs(panel.fine[k]) for panel in panels) for k in range(highest + 1)]
            rough = [panel.is_rough(scale) for panel in panels]
            if not any(rough) or len(panels) > _MAX_PANELS:
                break
            panels = [
                part
                for panel, halve in zip(panels, rough, strict=True)
                for part in (panel.halves() if halve else (panel,))
            ]
        sums = [mp.fsum(panel.fine[k] for panel in panels) for k in range(highest + 1)]
        gaps = [mp.fsum(panel.gaps[k] for panel in panels) for k in range(highest + 1)]
        moments = [value / sums[0] for value in sums[1:]]
        errors = [(gap + gaps[0] * abs(m)) / sums[0] for gap, m in zip(gaps[1:], moments, strict=True)]
        return scaled_cumulants(moments, errors, mp.mpf(location), mp.mpf(width), order)


@final
@dataclass(frozen=True, eq=False)
class _Integrand:
    """A piece of a density in the coordinate of its chart, times powers of (a − location)/width, in many digits."""

    piece: Piece
    function: Callable[[mp.mpf], mp.mpf]
    shift: mp.mpf
    scale: mp.mpf
    location: float
    width: float
    highest: int

    @classmethod
    def of(cls, piece: Piece, intervals: Sequence[Interval], location: float, width: float, highest: int) -> _Integrand:
        """Return the piece of the interval in which it lies, finite ends as exact as their expressions."""
        middle = float(piece.point(np.array((piece.low + piece.high) / 2)))
        own = next(part for part in intervals if _end(part.low) <= middle <= _end(part.high))
        exact = {_end(end): end for end in (own.low, own.high) if end.is_finite}
        anchor = exact.get(piece.anchor, sp.Float(piece.anchor, WORKING_DIGITS))
        length = own.high - own.low
        scale = mp.mpf(piece.scale)
        if length.is_finite:  # all of it, or half where both ends are singular
            scale = mp.mpf(round(2 * piece.scale / float(length))) / 2 * mp.mpmathify(sp.N(length, WORKING_DIGITS))
        offset = sp.Dummy("offset", positive=True)
        shifted = own.expression.subs(symbols.a, anchor + int(piece.sign) * offset)
        # Next to a singular end the offset must stand alone: 1 − (1 − offset) has no digits left.
        shifted = shifted.replace(lambda part: isinstance(part, sp.Pow), lambda part: sp.expand(part.base) ** part.exp)
        function = sp.lambdify(offset, constants_to_floats(shifted, WORKING_DIGITS), "mpmath")
        shift = mp.mpmathify(sp.N(anchor, WORKING_DIGITS)) - mp.mpf(location)
        return cls(piece, function, shift, scale, location, width, highest)

    def edges(self, resolved: Array) -> list[float]:
        """Return the ends of panels: those that resolve the density, and beyond them as far as the moments reach."""
        piece = self.piece
        x = np.unique(np.concatenate([np.linspace(piece.low, piece.high, _SCAN), resolved]))
        with np.errstate(all="ignore"):
            log = piece.log_weight(x)
            power = np.log(np.maximum(np.abs(piece.point(x) - self.location) / self.width, 1.0)) * self.highest
        kept = np.flatnonzero((log > log.max() - _NATS) | (log + power > np.max(log + power) - _NATS))
        low, high = x[max(kept[0] - 1, 0)], x[min(kept[-1] + 1, x.size - 1)]
        unit = high - low if piece.chart is Chart.LINEAR else 1.0
        steps = np.linspace(low, high, math.ceil((high - low) / unit) + 1)
        steps = steps[(steps < resolved[0]) | (steps > resolved[-1])]
        inner = resolved[(resolved > low) & (resolved < high)]
        return [float(edge) for edge in np.unique(np.concatenate([[low, high], steps, inner]))]

    def _density(self, offset: mp.mpf) -> mp.mpf:
        """Return the density; with more digits where a denominator vanishes to working precision: exp(1/x) − 1."""
        try:
            return self.function(offset)
        except ZeroDivisionError:
            with mp.workdps(4 * WORKING_DIGITS):
                return self.function(offset)

    def moments(self, left: mp.mpf, right: mp.mpf, degree: int) -> list[mp.mpf]:
        """Return the integrals over a panel by one Gauss rule."""
        middle, half = (left + right) / 2, (right - left) / 2
        totals = [mp.mpf(0)] * (self.highest + 1)
        for node, weight in gauss_nodes(degree):
            x = middle + half * node
            if self.piece.chart is Chart.LINEAR:
                offset, slope = self.scale * x, self.scale
            elif self.piece.chart is Chart.SINH:
                growth = mp.exp(x)
                offset, slope = self.scale * (growth - 1 / growth) / 2, self.scale * (growth + 1 / growth) / 2
            else:
                offset = slope = self.scale * mp.exp(x)
            term = mp.re(self._density(offset)) * slope * weight * half
            place = (self.shift + int(self.piece.sign) * offset) / self.width
            for k in range(self.highest + 1):
                totals[k] += term
                term *= place
        return totals


@final
@dataclass(frozen=True, eq=False)
class _Panel:
    """One stretch of the coordinate, with the moments over it by two rules."""

    integrand: _Integrand
    left: float
    right: float

    @cached_property
    def fine(self) -> list[mp.mpf]:
        """The moments by the finer rule."""
        return self.integrand.moments(mp.mpf(self.left), mp.mpf(self.right), _DEGREES[1])

    @cached_property
    def gaps(self) -> list[mp.mpf]:
        """How far the coarser rule is from them."""
        coarse = self.integrand.moments(mp.mpf(self.left), mp.mpf(self.right), _DEGREES[0])
        return [abs(one - other) for one, other in zip(coarse, self.fine, strict=True)]

    def is_rough(self, scale: Sequence[mp.mpf]) -> bool:
        """Return whether the rules differ by more than the last digit of a cumulant."""
        return any(gap > mp.mpf(10) ** -(DIGITS + 1) * size for gap, size in zip(self.gaps, scale, strict=True))

    def halves(self) -> tuple[_Panel, _Panel]:
        """Return the two halves."""
        middle = (self.left + self.right) / 2
        return _Panel(self.integrand, self.left, middle), _Panel(self.integrand, middle, self.right)


@lru_cache(maxsize=4)
def gauss_nodes(degree: int) -> tuple[tuple[mp.mpf, mp.mpf], ...]:
    """Return abscissae and weights on (−1, 1) of mpmath's Gauss rule of 3 · 2^(degree − 1) points."""
    rule = GaussLegendre(mp.mp)
    with mp.workdps(WORKING_DIGITS + 5):
        return tuple(rule.calc_nodes(degree, mp.mp.prec))
