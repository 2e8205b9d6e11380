"""Global maxima of g − I for a mean-field measure: where its spin mean can be as d → ∞.

Λ(u) = log E_0 e^{ua}, I its Legendre transform. A maximum m solves m = Λ'(g'(m)); there χ = 1 − g''(m) Λ''(u)
measures how much the interaction softens the collective direction. χ = 0 is critical, and the order at which g − I
bends takes its place.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import mpmath
import numpy as np
import sympy as sp
from scipy.optimize import brentq

from symsched.algebra.arrays import Array
from symsched.algebra.codegen import compiled, number
from symsched.algebra.constants import ImplicitConstant
from symsched.errors import DerivationError
from symsched.laws import AbstractLaw, LatticeLaw
from symsched.laws.numeric import AbstractSite
from symsched.symbols import m, u

MAX_BEND = 8
"""Highest order of g − I that is looked at where it is flat."""
_GRID = 4001
"""Tilts between which stationary points are looked for."""
_TIE = 1e-10
"""Error of heights that are known by quadrature only."""
_CRITICAL = 1e-7
"""The same of a derivative of g − I: below it counts as zero."""
_DIGITS = 200
"""With which it is decided what is equal or zero where Λ has a closed form."""
_EQUAL = mpmath.mpf(10) ** -150
"""Their rounding, with room."""
_ROUNDED = mpmath.mpf(10) ** -13
"""The same where parameters are floats: what rounding of theirs could have made of zero."""
_FLAT = 1e-2
"""χ below which further stationary points are looked for close by."""
_NOISE = 1e-14
"""Rounding of u − g'(Λ'(u)): two roots with no more than this between them are one."""
_SMALL = 1e-3
"""A tilt at which E exp(u a) must be finite on both sides."""
_LONG = 25
"""Operations of a formula with rounded numbers beyond which its value is shown instead."""


@dataclass(frozen=True)
class Saddle:
    """A global maximum m of g − I.

    ``tilt`` is u = g'(m); ``variance`` Λ''(u); ``chi`` = 1 − g'' Λ'' (0 where critical); ``bend`` the order at which
    g − I leaves its maximum (2 unless critical) and ``stiffness`` c > 0 in g − I ≈ maximum − c (δm)^bend. ``exact``
    says that all are closed forms or implicit constants, not rounded numbers.
    """

    magnetisation: sp.Expr
    tilt: sp.Expr
    variance: sp.Expr
    chi: sp.Expr
    bend: int
    stiffness: sp.Expr
    exact: bool


def find_saddles(law: AbstractLaw, interaction: sp.Expr) -> tuple[Saddle, ...]:
    """Return all global maxima of g(m) − I(m), in increasing order of m; every parameter must be a number.

    Raises DerivationError where the measure does not exist because g outgrows I.
    """
    landscape = _Landscape(law, interaction)
    tilts = landscape.stationary()
    precise = _Precise.of(law, interaction)
    top = landscape.highest(tilts) if precise is None else precise.highest(tilts)
    if not top:
        raise DerivationError(
            "saddle points",
            f"g − I is so flat with g = {interaction} that its maxima, if there are several, are not told apart",
            "Move a parameter away from the critical point, or onto it.",
        )
    _require_untruncated(law, landscape, top)
    magnetisations = _name(law, interaction, [float(landscape.mean(np.array(tilt))) for tilt in top], top)
    found = tuple(_saddle(law, interaction, value, tilt) for value, tilt in zip(magnetisations, top, strict=True))
    return tuple(_as_mirror(saddle, found) for saddle in found)


def _require_untruncated(law: AbstractLaw, landscape: _Landscape, tilts: list[float]) -> None:
    """Raise where a maximum lies among atoms that the numbers of an infinite lattice leave out."""
    cumulant = law.log_laplace(u) if isinstance(law, LatticeLaw) else None
    if cumulant is None:
        return
    for tilt in tilts:
        exact = sp.N(sp.diff(cumulant, u).subs(u, sp.Float(tilt, 20)), 20)
        if not abs(exact - float(landscape.mean(np.array(tilt)))) <= 1e-8 * max(1, abs(exact)):
            raise DerivationError(
                "saddle points",
                f"g = {landscape.interaction} pushes the spin mean to u = {tilt:.6g}, beyond the atoms that hold all "
                "but 1e-18 of the single-site mass: g outgrows I and the measure does not exist, or g pulls too far",
                "Take an interaction that grows more slowly than I(m), or fold its linear part into the site law.",
            )


def _as_mirror(saddle: Saddle, family: tuple[Saddle, ...]) -> Saddle:
    """Give −m the expressions of m where the two are mirror images, so that equal quantities look equal."""
    for other in family:
        mirrored = other.magnetisation == -saddle.magnetisation and isinstance(other.magnetisation, ImplicitConstant)
        # Each by itself: a difference that vanishes would be evaluated at ever more digits.
        if mirrored and abs(number(other.chi, "chi") - number(saddle.chi, "chi")) < 1e-14:
            return replace(saddle, variance=other.variance, chi=other.chi, stiffness=other.stiffness)
    return saddle


class _Landscape:
    """u ↦ g(Λ'(u)) − I(Λ'(u)) and its stationary points, by numbers."""

    def __init__(self, law: AbstractLaw, interaction: sp.Expr) -> None:
        self.site: AbstractSite = law.site()
        self.g = compiled(interaction, (m,), "the interaction")
        self.g1 = compiled(sp.diff(interaction, m), (m,), "the derivative of the interaction")
        self.interaction = interaction

    def mean(self, tilt: Array) -> Array:
        return self.site.tilted(tilt, np.zeros_like(tilt))[1]

    def height(self, tilt: Array) -> float:
        log_mass, mean = self.site.tilted(np.asarray(tilt), np.zeros_like(tilt))
        return float(self.g(mean) - tilt * mean + log_mass)

    def mismatch(self, tilt: Array) -> Array:
        return np.asarray(tilt - self.g1(self.mean(tilt)))

    def highest(self, tilts: list[float]) -> list[float]:
        """The tilts of the global maxima; heights that only rounding might tell apart are equal in mirror images."""
        heights = [self.height(np.array(tilt)) for tilt in tilts]
        top = [tilt for tilt, height in zip(tilts, heights, strict=True) if height > max(heights) - _TIE]
        # Where heights tie, a point between two others may be a minimum.
        kept = [tilt for tilt in top if len(top) == 1 or self._bends_down(tilt)]
        if len(kept) > 2 or (len(kept) == 2 and abs(kept[0] + kept[1]) > 1e-8 * (1 + abs(kept[0]))):
            shown = {tilt: height for tilt, height in zip(tilts, heights, strict=True) if tilt in kept}
            raise DerivationError(
                "saddle points",
                f"the maxima at the tilts {shown} of g − I are equally high to the {_TIE:g} that quadrature leaves: "
                "which of them is the highest is not decided",
                "Move a parameter, or give a site law with a closed form, for which it is decided to 150 digits.",
            )
        return kept or top

    def _bends_down(self, tilt: float) -> bool:
        """Whether u − g'(Λ'(u)) rises through a root, as it does at a maximum."""
        step = 1e-3 * max(1.0, abs(tilt))
        return float(self.mismatch(np.array(tilt + step)) - self.mismatch(np.array(tilt - step))) > 0

    def stationary(self) -> list[float]:
        """All u with u = g'(Λ'(u)), found by sign changes on a fine grid and refined to the last digit."""
        low, high = self._range()
        # Dense near 0, where weak couplings put their saddles, and geometric outwards.
        unit = np.linspace(-1, 1, _GRID)
        stretched = np.sinh(6 * unit) / np.sinh(6)
        grid = np.where(stretched < 0, -low * stretched, high * stretched)
        values = self.mismatch(grid)
        roots = [0.0] if float(self.mismatch(np.array(0.0))) == 0.0 else []
        for k in range(_GRID - 1):
            if values[k] == 0 and grid[k] != 0:
                roots.append(float(grid[k]))
            elif values[k] * values[k + 1] < 0:
                root = float(
                    brentq(lambda v: float(self.mismatch(np.array(v))), grid[k], grid[k + 1], xtol=1e-15, rtol=1e-14)
                )
                roots.append(root)
        distinct: list[float] = []
        for root in sorted(roots):
            if not distinct or not self._same(distinct[-1], root):
                distinct.append(root)
            elif root == 0.0:
                distinct[-1] = root
        if not distinct:
            raise self._nonexistent("g − I has no stationary point")
        return distinct

    def _same(self, low: float, high: float) -> bool:
        """Whether two roots are one: where u − g' is flatter than rounding, noise makes many of one."""
        between = np.linspace(low, high, 9)
        return high - low < 1e-9 or float(np.max(np.abs(self.mismatch(between)))) < _NOISE

    def _range(self) -> tuple[float, float]:
        """Bounds of u beyond which g − I only falls; where it rises for ever the measure does not exist."""
        self._require_exponential_moments()
        bounds = []
        for sign in (-1.0, 1.0):
            bound, pull, tilt = sign * 4.0, 1.0, sign * 0.5
            # g may outgrow I far out only: the pull counts where it ends, and the bound lies beyond its last change.
            for reach in 2.0 ** np.arange(28):
                previous, tilt = tilt, sign * float(reach)
                try:
                    pull = float(self.mismatch(np.array(tilt))) * sign
                except ValueError:  # E_0 exp(u a) diverges at this tilt: u cannot reach it
                    bound, pull = self._edge(previous, sign)
                    break
                if pull <= 0:
                    bound = 2 * tilt
            if pull <= 0:
                raise self._nonexistent("g outgrows I")
            bounds.append(bound)
        return bounds[0], bounds[1]

    def _require_exponential_moments(self) -> None:
        try:
            self.mismatch(np.array([-_SMALL, _SMALL]))
        except ValueError as error:
            raise DerivationError(
                "saddle points",
                f"E exp(u a) of the single-site law is infinite for every u of one sign ({error})",
                "Take a site law whose tails fall at least exponentially on both sides.",
            ) from error

    def _edge(self, inside: float, sign: float) -> tuple[float, float]:
        """Walk towards the end of the domain of Λ and return the last tilt that is still inside, with its pull."""
        step = abs(inside)
        for _ in range(40):
            step /= 2
            try:
                self.mismatch(np.array(inside + sign * step))
            except ValueError:
                continue
            inside += sign * step
        return inside, float(self.mismatch(np.array(inside))) * sign

    def _nonexistent(self, reason: str) -> DerivationError:
        return DerivationError(
            "saddle points",
            f"{reason} with g = {self.interaction}: exp(d g(m)) cannot be normalised against this single-site law",
            "Take an interaction that grows more slowly than I(m) at large |m|, or a site law with lighter tails.",
        )


class _Precise:
    """The stationary points of g − I to 200 digits, for a Λ with a closed form."""

    def __init__(self, cumulant: sp.Expr, interaction: sp.Expr) -> None:
        self._error = _ROUNDED if cumulant.has(sp.Float) or interaction.has(sp.Float) else _EQUAL
        slope = sp.diff(cumulant, u)
        self._log, self._mean, self._spread = (
            sp.lambdify(u, part, "mpmath") for part in (cumulant, slope, sp.diff(slope, u))
        )
        pull = sp.diff(interaction, m)
        self._g, self._g1, self._g2 = (sp.lambdify(m, part, "mpmath") for part in (interaction, pull, sp.diff(pull, m)))

    @staticmethod
    def of(law: AbstractLaw, interaction: sp.Expr) -> _Precise | None:
        """Return it where Λ has a closed form that is finite at u = 0, where log(sinh u/u) is 0/0."""
        cumulant = law.log_laplace(u)
        if cumulant is None or isinstance(law, LatticeLaw):
            return None
        found = _Precise(cumulant, interaction)
        try:
            with mpmath.workdps(_DIGITS):
                found._slope(mpmath.mpf(0))
        except (ZeroDivisionError, ValueError, TypeError, NameError):
            return None
        return found

    def _mismatch(self, tilt: mpmath.mpf) -> mpmath.mpf:
        return tilt - self._g1(self._mean(tilt))

    def _slope(self, tilt: mpmath.mpf) -> mpmath.mpf:
        """χ, by which u − g'(Λ'(u)) rises."""
        return 1 - self._g2(self._mean(tilt)) * self._spread(tilt)

    def _height(self, tilt: mpmath.mpf) -> mpmath.mpf:
        mean = self._mean(tilt)
        return self._g(mean) - tilt * mean + self._log(tilt)

    def highest(self, tilts: list[float]) -> list[float]:
        """Return the tilts of the global maxima, those included that a nearly flat g − I hides from a grid."""
        with mpmath.workdps(_DIGITS):
            found: list[mpmath.mpf] = []
            for tilt in tilts:
                root = self._root(mpmath.mpf(tilt))
                found += [root, *(self._close_by(root) if abs(self._slope(root)) < _FLAT else ())]
            heights = [self._height(root) for root in found]
            lowest = max(heights) - self._error * (1 + abs(max(heights)))
            # Where heights tie, a point between two others may be a minimum.
            maxima = [self._slope(root) > -self._error for root in found]
            top = sorted(r for r, h, is_top in zip(found, heights, maxima, strict=True) if is_top and h > lowest)
            kept = [r for k, r in enumerate(top) if k == 0 or r - top[k - 1] > mpmath.sqrt(_EQUAL) * (1 + abs(r))]
            return [float(root) for root in kept]

    def _root(self, tilt: mpmath.mpf) -> mpmath.mpf:
        """Polish a root, unless it is flat or 0 already."""
        if self._mismatch(tilt) == 0 or abs(self._slope(tilt)) < _CRITICAL:
            return tilt
        return mpmath.findroot(self._mismatch, tilt)

    def _close_by(self, root: mpmath.mpf) -> list[mpmath.mpf]:
        """Return roots within ±1 of one at which χ is small, by sign changes on a geometric grid."""
        roots = []
        for sign in (-1, 1):
            grid = [root + sign * mpmath.mpf(10) ** (-mpmath.mpf(k) / 4) for k in range(88)]
            values = [self._mismatch(point) for point in grid]
            for far, near, above, below in zip(grid, grid[1:], values, values[1:], strict=False):
                if above * below < 0:
                    roots.append(mpmath.findroot(self._mismatch, (far, near), solver="anderson"))
        return roots


def _name(law: AbstractLaw, interaction: sp.Expr, values: list[float], tilts: list[float]) -> list[sp.Expr]:
    """Return each maximum as 0, as an implicit constant of m = Λ'(g'(m)), as minus another one, or else as a number."""
    cumulant = law.log_laplace(u)
    named: list[sp.Expr] = []
    positive = sorted((v for v in values if v > 1e-12), reverse=True)
    for value, tilt in zip(values, tilts, strict=True):
        if tilt == 0.0:
            named.append(sp.simplify(law.cumulants(1)[0]))
            continue
        if cumulant is None:
            named.append(sp.Float(value, 16))
            continue
        equation = m - _slopes(cumulant)[0].subs(u, sp.diff(interaction, m))
        partner = next((v for v in positive if abs(v + value) < 1e-12), None) if value < 0 else None
        if partner is not None and sp.simplify(equation.subs(m, -m) + equation) == 0:
            named.append(-_constant(equation, partner, positive, len(values)))
        else:
            named.append(_constant(equation, value, positive or values, len(values)))
    return named


def _constant(equation: sp.Expr, value: float, family: list[float], count: int) -> ImplicitConstant:
    rank = family.index(value) + 1 if value in family else count
    name = "m_star" if rank == 1 else f"m_star{rank}"
    return ImplicitConstant(name, m, equation, sp.Float(value, 17))


def _saddle(law: AbstractLaw, interaction: sp.Expr, value: sp.Expr, tilt: float) -> Saddle:
    cumulant = law.log_laplace(u)
    field = sp.diff(interaction, m).subs(m, value)
    exact = cumulant is not None and not value.has(sp.Float)
    if exact:
        # At u = 0 a formula like log(sinh u/u) has no value, its cumulants do.
        variance = law.cumulants(2)[1] if field == 0 else _variance(cumulant, value, field)
        if variance.has(sp.Float) and sp.count_ops(variance) > _LONG:
            # Rounded parameters are not worth a long formula.
            variance = sp.Float(number(variance, "the variance"), 17)
    else:
        variance = sp.Float(float(law.site().tilted_variance(np.array(tilt), np.array(0.0))), 16)
    chi = 1 - sp.diff(interaction, m, 2).subs(m, value) * variance
    if not _vanishes(chi, exact):
        return Saddle(value, field, variance, chi, 2, chi / (2 * variance), exact)
    bend, stiffness = _bending(law, interaction, value, field, exact)
    return Saddle(value, field, variance, sp.S.Zero, bend, stiffness, exact)


def _variance(cumulant: sp.Expr, value: sp.Expr, field: sp.Expr) -> sp.Expr:
    """Λ''(u), written through m = Λ'(u) where that is shorter (1 − m² for spins)."""
    if value == 0:
        return sp.diff(cumulant, u, 2).subs(u, field)
    slope, curvature = _slopes(cumulant)
    # For Λ' = tanh u: Λ'' = 1 − tanh² u. Where Λ'' is a function of Λ' alone, it is one of m.
    through_mean = curvature.subs(slope, m)
    return through_mean.subs(m, value) if not through_mean.has(u) else curvature.subs(u, field)


@lru_cache(maxsize=64)
def _slopes(cumulant: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
    """Λ' and Λ'' as expressions in u, simplified while they still hold a plain symbol."""
    slope = sp.simplify(sp.diff(cumulant, u))
    return slope, sp.simplify(sp.diff(slope, u))


def _vanishes(derivative: sp.Expr, exact: bool) -> bool:
    """Whether a derivative of g − I is zero, to the digits that it has."""
    if not exact:
        return abs(float(sp.N(derivative, 20))) <= _CRITICAL
    # A constant that solves an equation is a number to any digits; only a parameter that is a float is rounded.
    size = abs(sp.N(derivative, _DIGITS))
    return bool(size <= (_ROUNDED if derivative.has(sp.Float) else _EQUAL))


def _bending(
    law: AbstractLaw, interaction: sp.Expr, value: sp.Expr, field: sp.Expr, exact: bool
) -> tuple[int, sp.Expr]:
    """Return the first order 2k > 2 at which g − I bends at a critical point, and c = −(g − I)^(2k)/(2k)!."""
    cumulants = law.tilt(field).cumulants(MAX_BEND)
    rate = legendre_derivatives(cumulants)
    for order in range(3, MAX_BEND + 1):
        derivative = sp.simplify(sp.diff(interaction, m, order).subs(m, value) - rate[order])
        if _vanishes(derivative, exact):
            continue
        if order % 2 == 1 or derivative > 0:
            raise DerivationError(
                "critical point",
                f"at m = {value} the derivative of order {order} of g − I is {derivative}: this is no maximum",
                "The parameters sit at a spinodal; move them.",
            )
        return order, sp.simplify(-derivative / sp.factorial(order))
    raise DerivationError(
        "critical point", f"g − I is flat at m = {value} up to order {MAX_BEND}", "No finite order decides."
    )


def legendre_derivatives(cumulants: tuple[sp.Expr, ...]) -> dict[int, sp.Expr]:
    """Return {n: I^(n)} at the mean, for n = 2 …, of the Legendre transform of a Λ whose derivatives are the cumulants.

    I'(m) is the inverse series of m = Λ'(u): I'' = 1/c_2, I''' = −c_3/c_2³, and so on by reversion.

    >>> legendre_derivatives((sp.S(0), sp.S(1), sp.S(0), sp.S(-2)))[4]
    2
    """
    size = len(cumulants)
    x = sp.Symbol("x")
    slopes = [cumulants[k] / sp.factorial(k) for k in range(1, size)]  # δm = Σ slopes[k−1] δu^k
    inverse: list[sp.Expr] = [1 / slopes[0]]
    for n in range(2, len(slopes) + 1):
        known = sum((c * x ** (k + 1) for k, c in enumerate(inverse)), sp.S.Zero)
        composed = sum((slopes[k - 1] * known**k for k in range(1, n + 1)), sp.S.Zero)
        residual = sp.expand(composed).coeff(x, n)
        inverse.append(sp.simplify(-residual / slopes[0]))
    return {k + 2: sp.simplify(coefficient * sp.factorial(k + 1)) for k, coefficient in enumerate(inverse)}
