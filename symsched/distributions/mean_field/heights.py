"""Where g − I is stationary and highest: by numbers on a grid, and to 200 digits where Λ has a closed form."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import mpmath
import numpy as np
import sympy as sp
from scipy.optimize import brentq, minimize_scalar

from symsched.algebra.arrays import Array
from symsched.algebra.codegen import compiled
from symsched.errors import DerivationError
from symsched.laws import AbstractLaw, LatticeLaw
from symsched.laws.numeric import AbstractSite, AtomSite, DensitySite
from symsched.symbols import m, u

CRITICAL = 1e-7
"""The same of a derivative of g − I: below it counts as zero."""
DIGITS = 200
"""With which it is decided what is equal or zero where Λ has a closed form."""
EQUAL = mpmath.mpf(10) ** -150
"""Their rounding, with room."""
ROUNDED = mpmath.mpf(10) ** -13
"""The same where parameters are floats: what rounding of theirs could have made of zero."""
_GRID = 4001
"""Tilts between which stationary points are looked for."""
_BETWEEN = 401
"""Tilts between two maxima, of which the lowest is refined."""
_TIE = 1e-10
"""Error of heights that are known by quadrature only."""
_NOISE = 1e-14
"""Rounding of u − g'(Λ'(u)): two roots with no more than this between them are one."""
_SMALL = 1e-3
"""A tilt at which E exp(u a) must be finite on both sides."""
_HALVINGS = 400  # of a bracket that holds a root: 120 digits
_FLAT = 1e-2
"""χ below which further stationary points are looked for close by."""


def _ends(law: AbstractLaw, site: AbstractSite) -> tuple[float, float]:
    """Return the least and the largest value of a spin; ∞ for a lattice without an end, of which a site is a part."""
    if isinstance(law, LatticeLaw):
        return float(law.lower), float(law.upper)
    if isinstance(site, AtomSite):
        return float(np.min(site.values)), float(np.max(site.values))
    return (site.breakpoints[0], site.breakpoints[-1]) if isinstance(site, DensitySite) else (-np.inf, np.inf)


class Heights:
    """u ↦ g(Λ'(u)) − I(Λ'(u)) and its stationary points, by numbers."""

    def __init__(self, law: AbstractLaw, interaction: sp.Expr) -> None:
        """Compile g, and take the site in numbers."""
        self.site: AbstractSite = law.site()
        self.g = compiled(interaction, (m,), "the interaction")
        self.g1 = compiled(sp.diff(interaction, m), (m,), "the derivative of the interaction")
        self.interaction = interaction
        self.is_bounded = np.all(np.isfinite(_ends(law, self.site)))

    def mean(self, tilt: Array) -> Array:
        """Λ'(u)."""
        return self.site.tilted(tilt, np.zeros_like(tilt))[1]

    def height(self, tilt: Array) -> float:
        """The value of g − I at m = Λ'(u)."""
        log_mass, mean = self.site.tilted(np.asarray(tilt), np.zeros_like(tilt))
        return float(self.g(mean) - tilt * mean + log_mass)

    def mismatch(self, tilt: Array) -> Array:
        """The difference u − g'(Λ'(u)), zero at a stationary point."""
        return np.asarray(tilt - self.g1(self.mean(tilt)))

    def boundaries(self, tilts: Sequence[float]) -> tuple[float, ...]:
        """The means m at which g − I is lowest between neighbouring maxima at increasing ``tilts``."""
        cuts = []
        for low, high in pairwise(tilts):
            grid = np.linspace(low, high, _BETWEEN)
            lowest = 1 + int(np.argmin([self.height(tilt) for tilt in grid[1:-1]]))
            found = minimize_scalar(
                lambda tilt: self.height(np.asarray(tilt)), bounds=grid[[lowest - 1, lowest + 1]], method="bounded"
            )
            cuts.append(float(self.mean(np.asarray(found.x))))
        return tuple(cuts)

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
                    found = float(self.mismatch(np.array(tilt))) * sign
                except ValueError:  # E_0 exp(u a) diverges at this tilt: u cannot reach it
                    bound, pull = self._edge(previous, sign)
                    break
                if not np.isfinite(found):  # the mean is rounded to the end of its range, where g' is infinite
                    break
                pull = found
                if pull <= 0:
                    bound = 2 * tilt
            if abs(pull) < _NOISE * (1 + abs(tilt)):
                raise DerivationError(
                    "saddle points",
                    f"g − I with g = {self.interaction} is flat at large |m|: exp(d g(m)) alone cannot be normalised, "
                    "and a law that only a tilt gives to the spin mean is not carried",
                    "Take an interaction that stays below I(m) at large |m|.",
                )
            if pull <= 0 and self.is_bounded:
                raise DerivationError(
                    "saddle points",
                    f"g − I with g = {self.interaction} rises up to the end of the range of the spin mean, where all "
                    "spins are one atom or one point: no saddle point describes them",
                    "Take an interaction whose slope stays below that of I at the ends of the range.",
                )
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


class PreciseHeights:
    """The stationary points of g − I to 200 digits, for a Λ with a closed form."""

    def __init__(self, cumulant: sp.Expr, interaction: sp.Expr) -> None:
        """Take Λ and g as functions of mpmath."""
        self._error = ROUNDED if cumulant.has(sp.Float) or interaction.has(sp.Float) else EQUAL
        slope = sp.diff(cumulant, u)
        self._log, self._mean, self._spread = (
            sp.lambdify(u, part, "mpmath") for part in (cumulant, slope, sp.diff(slope, u))
        )
        pull = sp.diff(interaction, m)
        self._g, self._g1, self._g2 = (sp.lambdify(m, part, "mpmath") for part in (interaction, pull, sp.diff(pull, m)))

    @staticmethod
    def of(law: AbstractLaw, interaction: sp.Expr) -> PreciseHeights | None:
        """Return it where Λ has a closed form that is finite at u = 0, where log(sinh u/u) is 0/0."""
        cumulant = law.log_laplace(u)
        if cumulant is None or isinstance(law, LatticeLaw):
            return None
        found = PreciseHeights(cumulant, interaction)
        try:
            with mpmath.workdps(DIGITS):
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
        with mpmath.workdps(DIGITS):
            found: list[mpmath.mpf] = []
            for tilt in tilts:
                root = self._root(mpmath.mpf(tilt))
                found += [root, *(self._close_by(root) if abs(self._slope(root)) < _FLAT else ())]
            heights = [self._height(root) for root in found]
            lowest = max(heights) - self._error * (1 + abs(max(heights)))
            # Where heights tie, a point between two others may be a minimum.
            maxima = [self._slope(root) > -self._error for root in found]
            top = sorted(r for r, h, is_top in zip(found, heights, maxima, strict=True) if is_top and h > lowest)
            kept = [r for k, r in enumerate(top) if k == 0 or r - top[k - 1] > mpmath.sqrt(EQUAL) * (1 + abs(r))]
            return [float(root) for root in kept]

    def _root(self, tilt: mpmath.mpf) -> mpmath.mpf:
        """Polish a root, unless it is flat or 0 already."""
        if self._mismatch(tilt) == 0 or abs(self._slope(tilt)) < CRITICAL:
            return tilt
        return mpmath.findroot(self._mismatch, tilt)

    def _bisected(self, far: mpmath.mpf, near: mpmath.mpf, above: mpmath.mpf) -> mpmath.mpf:
        """Return a root between two points, whatever its multiplicity, which secants do not survive."""
        for _ in range(_HALVINGS):
            middle = (far + near) / 2
            far, near = (middle, near) if self._mismatch(middle) * above > 0 else (far, middle)
        return near

    def _close_by(self, root: mpmath.mpf) -> list[mpmath.mpf]:
        """Return roots within ±1 of one at which χ is small, by sign changes on a geometric grid."""
        roots = []
        for sign in (-1, 1):
            grid = [root + sign * mpmath.mpf(10) ** (-mpmath.mpf(k) / 4) for k in range(88)]
            values = [self._mismatch(point) for point in grid]
            for far, near, above, below in zip(grid, grid[1:], values, values[1:], strict=False):
                if above * below < 0:
                    roots.append(self._bisected(far, near, above))
        return roots
