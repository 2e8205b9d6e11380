"""The gap behind a phase of order q > 1: whether one step crosses it, and the expansion that the step rests on."""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise

import sympy as sp

from symsched.algebra.codegen import number
from symsched.algebra.forms import simplified
from symsched.distributions.cascade import CanonicalPhase, Cascade
from symsched.laws import AbstractLaw
from symsched.schedules.window import Crossing, Window

_HALF = sp.Rational(1, 2)
_ROUNDED = 1e-11
"""Part of its own scale below which a number counts as the 0 that a symmetry makes it."""

standard = sp.Symbol("yhat", real=True)
"""ŷ = (y − ψ c_1)/√V."""
centre, spread, cumulant = sp.Symbol("c_1", real=True), sp.Symbol("c_2", positive=True), sp.Symbol("c_q", real=True)
reduced, later = sp.symbols("psihat psihat'", positive=True)


def crossed(windows: Sequence[Window], cascade: Cascade) -> tuple[Window, ...]:
    """Return the windows, those of phases that have it with their ``crossing``, and the bridges behind as gaps."""
    phases = {phase.name: phase for phase in cascade.phases}
    found = [
        replace(window, crossing=_crossing(phases[window.name], cascade)) if window.name in phases else window
        for window in windows
    ]
    for k, (before, behind) in enumerate(pairwise(tuple(found)), 1):
        if before.crossing is not None:
            found[k] = replace(behind, name=behind.name.replace("bridge to", "gap before"))
    return tuple(found)


def _crossing(phase: CanonicalPhase, cascade: Cascade) -> Crossing | None:
    """Return what the modes share that a phase tells apart, if a step that is straight in ψ̂^q crosses the gap behind.

    What is left of D behind it must be what all modes share: their variance where q > 2, no third to (q−1)-th
    cumulant. A separation that shrinks with d does not stand it: the law of a coordinate is off by O(1) behind the
    gap, more than such modes differ by.
    """
    order = phase.order or 1
    if order == 1 or phase.exponent * order != _HALF:
        return None
    first, *others = (mode.law for mode in cascade.modes)
    if order > 2 and not all(_vanishes(2, law, first) for law in others):
        return None
    if not all(_vanishes(power, law) for law in (first, *others) for power in range(3, order)):
        return None
    earlier = [other.exponent for other in cascade.phases if other.exponent > phase.exponent]
    shared = _of(phase.branches[0].coordinates[0], 2) if order > 2 else sp.S.Zero
    assert phase.distance is not None  # a phase of order q > 1 chooses among atoms
    return Crossing(order, shared, phase.distance, min(earlier, default=None))


def _of(law: AbstractLaw, power: int) -> sp.Expr:
    return law.cumulants(power)[power - 1]


def _vanishes(power: int, law: AbstractLaw, other: AbstractLaw | None = None) -> bool:
    """Whether a cumulant, or the difference of two, is 0 within the errors of those that enter."""
    value = simplified(_of(law, power) - (0 if other is None else _of(other, power)))
    if value == 0 or not value.is_number:
        return value == 0
    error = sum(one.cumulant_errors(power)[power - 1] for one in (law, other) if one is not None)
    scale = number(_of(law, 2), "a variance") ** (power / 2)
    return abs(number(value, "a cumulant")) <= error + _ROUNDED * scale


@lru_cache(maxsize=16)
def slope(order: int) -> sp.Expr:
    """Return dŷ/d(ψ̂^q) as ψ → 0 for a coordinate with cumulants c_1, c_2 and then c_q, in ŷ = ``standard``.

    From ψ D = y + ∂_y log p with Edgeworth's p = φ(ŷ) (1 + c_q ψ̂^q He_q(ŷ)/q!)/√V.
    """
    y, at = sp.Symbol("y", real=True), sp.Symbol("psi", positive=True)
    shared = spread if order > 2 else sp.S.Zero
    variance = 1 + at**2 * shared
    place = (y - at * centre) / sp.sqrt(variance)
    factor = 1 + cumulant * (at / sp.sqrt(variance)) ** order * sp.hermite_prob(order, place) / sp.factorial(order)
    score = sp.diff(factor, y) / factor - (y - at * centre) / variance
    denoiser = (y + score) / at
    remainder = sp.together(denoiser - centre - at * shared * (y - at * centre) / variance)
    rate = variance * remainder / (order * (at / sp.sqrt(variance)) ** (order - 1))
    found = sp.limit(sp.simplify(rate.subs(y, at * centre + sp.sqrt(variance) * standard)), at, 0, "+")
    return sp.factor(found)


def step_over(order: int) -> sp.Eq:
    """Return the step P_q: ŷ' in ŷ, ψ̂, ψ̂' and R, the straight line in ψ̂^q with the slope at the left."""
    remainder, variance, following = sp.Symbol("R"), sp.Symbol("V", positive=True), sp.Symbol("yhat'", real=True)
    rate = variance * remainder / (order * reduced ** (order - 1))
    return sp.Eq(following, standard + rate * (later**order - reduced**order), evaluate=False)
