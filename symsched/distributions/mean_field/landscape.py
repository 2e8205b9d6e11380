"""What decides where the mean of many coupled sites lies: g − I, and what is smaller than d in the exponent."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import sympy as sp

from symsched.algebra.asymptotics import leading_power, trial_values
from symsched.algebra.forms import simplified
from symsched.distributions.mean_field.regularity import require_regular
from symsched.distributions.mean_field.saddles import Saddle, find_saddles
from symsched.errors import DerivationError
from symsched.laws import AbstractLaw
from symsched.symbols import d, m


@dataclass(frozen=True)
class Landscape:
    """The exponent d g(m) + f(m) over sites of law ``spin``: ``interaction`` g is free of d, ``tilt`` f the rest."""

    spin: AbstractLaw
    interaction: sp.Expr
    tilt: sp.Expr

    @property
    def saddles(self) -> tuple[Saddle, ...]:
        """The global maxima of g − I that keep a share of the mass as d → ∞, in increasing order of m."""
        return _with_mass(_saddles(self.spin, self.interaction), self.tilt)


@lru_cache(maxsize=64)
def _saddles(spin: AbstractLaw, interaction: sp.Expr) -> tuple[Saddle, ...]:
    needed = (set(spin.free_symbols) | interaction.free_symbols) - {m, d}
    if needed:
        names = ", ".join(sorted(map(str, needed)))
        raise DerivationError(
            "saddle points",
            f"the number of maxima of g − I depends on {names}",
            f"Give {names} a number; the tilt may keep symbols.",
        )
    if d in spin.free_symbols:
        raise DerivationError(
            "saddle points",
            f"the law of a spin depends on d: {spin}",
            "Give a spin law free of d, and put what depends on d into the interaction or the tilt.",
        )
    require_regular(interaction, spin.site())
    # At the ends of the range g may fall to −∞: the search only compares values.
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        return find_saddles(spin, interaction)


@lru_cache(maxsize=64)
def _with_mass(saddles: tuple[Saddle, ...], tilt: sp.Expr) -> tuple[Saddle, ...]:
    """Return the maxima whose weights exp(f(m)) d^{−1/bend}, a tilt times a width, are of the order of the largest.

    A field f' ~ d^a moves a maximum too and adds f'² Λ''/(2χd) to its exponent: that must be the same at all that are
    left, or vanish.
    """
    kept: list[Saddle] = []
    for saddle in saddles:
        ahead = [_lead(saddle, other, tilt) for other in kept]
        if all(lead >= 0 for lead in ahead):
            kept = [other for other, lead in zip(kept, ahead, strict=True) if lead == 0] + [saddle]
    for saddle in kept[1:]:
        if saddle.bend == 2:
            _require_same_shift(kept[0], saddle, tilt)
    return tuple(kept)


def _lasts(difference: sp.Expr, shift: sp.Expr) -> bool:
    """Whether the difference of two shifts stays as d → ∞; symbols do not always show that it is zero."""
    at = trial_values(difference.free_symbols) | {d: sp.Integer(10) ** 40}
    gap, size = (abs(sp.N(part.subs(at), 30)) for part in (difference, shift))
    return bool(gap > size / 10**20) and leading_power(difference, "the shift of a maximum by the tilt")[1] >= 0


def _lead(saddle: Saddle, other: Saddle, tilt: sp.Expr) -> int:
    """Return 1 if a maximum outweighs another as d → ∞, −1 if it is outweighed, 0 if their ratio converges."""
    difference = sp.expand(tilt.subs(m, saddle.magnetisation) - tilt.subs(m, other.magnetisation))
    if difference != 0:
        coefficient, growth = leading_power(difference, "the tilt between two maxima")
        if growth > 0:
            if coefficient.is_positive is None and coefficient.is_negative is None:
                raise DerivationError(
                    "weights",
                    f"the tilt between two maxima grows like {coefficient} d^{growth}: which of them takes all the "
                    "weight depends on its sign",
                    "Give its parameters numbers, or declare their signs.",
                )
            return 1 if coefficient.is_positive else -1
    return int(np.sign(saddle.bend - other.bend))


def _require_same_shift(first: Saddle, saddle: Saddle, tilt: sp.Expr) -> None:
    """Raise where the second order of the tilt decides between maxima at which the first is the same."""
    shifts = [
        (sp.diff(tilt, m).subs(m, each.magnetisation) ** 2 * each.variance / (2 * each.chi * d))
        for each in (first, saddle)
    ]
    growths = [leading_power(shift, "the shift of a maximum by the tilt")[1] for shift in shifts if shift.has(d)]
    if max(growths, default=-1) < 0:
        return
    difference = simplified(shifts[1] - shifts[0])
    if _lasts(difference, shifts[0]):
        raise DerivationError(
            "weights",
            f"the tilt {tilt} grows so fast that it moves the maxima, and its second order decides their weights",
            "Scale the field by a power of d below 1/2.",
        )
