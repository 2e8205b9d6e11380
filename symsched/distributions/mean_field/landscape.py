"""What decides where the mean of many coupled sites lies: g − I, and what is smaller than d in the exponent."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import sympy as sp

from symsched.distributions.mean_field.regularity import require_normalisable, require_regular
from symsched.distributions.mean_field.responses import lead
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
        return _with_mass(self)

    def relative(self, saddle: Saddle, other: Saddle) -> tuple[sp.Expr, sp.Rational]:
        """Return (c, e) with log(weight/other weight) ~ c d^e but for their widths: what the tilt gives to one more."""
        if self.tilt == 0 or saddle == other:
            return sp.S.Zero, sp.S.Zero
        return lead(self.spin, self.interaction, self.tilt, saddle, other)


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
def _with_mass(landscape: Landscape) -> tuple[Saddle, ...]:
    """Return the maxima whose weights exp(f) d^{−1/bend}, a tilt times a width, are of the order of the largest."""
    found, kept = _saddles(landscape.spin, landscape.interaction), list[Saddle]()
    if landscape.tilt.has(m):
        with np.errstate(all="ignore"):
            require_normalisable(landscape.spin, landscape.interaction, landscape.tilt)
    for saddle in found:
        ahead = [_lead(landscape, saddle, other) for other in kept]
        if all(lead >= 0 for lead in ahead):
            kept = [other for other, lead in zip(kept, ahead, strict=True) if lead == 0] + [saddle]
    return tuple(kept)


def _lead(landscape: Landscape, saddle: Saddle, other: Saddle) -> int:
    """Return 1 if a maximum outweighs another as d → ∞, −1 if it is outweighed, 0 if their ratio converges."""
    coefficient, growth = landscape.relative(saddle, other)
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
