"""What decides where the mean of many coupled sites lies: g − I, and what is smaller than d in the exponent."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import sympy as sp

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
        """The global maxima of g − I, in increasing order of m."""
        return _saddles(self.spin, self.interaction)


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
