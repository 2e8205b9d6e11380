"""The law of a phase's unknowns where its window starts."""

import sympy as sp

from symsched.algebra.budget import within_budget
from symsched.algebra.forms import simplified
from symsched.algebra.formulas import normal
from symsched.distributions.cascade import Branch, CanonicalPhase
from symsched.limits.equations import unknowns
from symsched.schedules.window import Window
from symsched.symbols import t


def initial_laws(canonical: CanonicalPhase, window: Window, noise: sp.Expr, ratio: sp.Expr) -> tuple[sp.Eq, ...]:
    """Return the law at the window's start of every branch, as left by the limits of the earlier phases.

    As d → ∞ at any time before, ψ is still far below this phase's scale: y, or ν, is the noise. Between there and the
    start nothing is learnt, so the posterior mean is the branch's own mean, and the noise moves by ψ times it.
    """
    amplitude = noise.subs(t, window.start)
    level = within_budget("law at the start of a window", lambda: sp.limit(ratio, t, window.start, "+"))
    finite = not amplitude.has(sp.zoo, sp.oo, sp.nan)
    # Noise that outweighs all that comes later by a power of d leaves a law to y = x/α, or ν, only.
    scale = simplified(amplitude ** (canonical.order or 1)) if finite else sp.S.One
    return tuple(
        _law(unknowns(canonical, k, lifted=finite), window.start, scale, _shift(canonical, branch, level))
        for k, branch in enumerate(canonical.branches)
    )


def _shift(canonical: CanonicalPhase, branch: Branch, level: sp.Expr) -> sp.Matrix:
    """How far the gap has moved ν: ψ E g for a mean; a cumulant of order q > 1 acts like ψ^q, which the gap loses."""
    size = canonical.dimension
    if level == 0 or (canonical.order or 1) > 1:
        return sp.zeros(size, 1)
    if branch.mean is not None:
        return sp.Matrix([level * branch.mean])
    if branch.law.atoms is None or size == 1:
        return sp.Matrix([level * branch.law.cumulants(1)[0]])
    return level * sum(
        (weight * sp.Matrix(list(point)) for point, weight in branch.law.atoms.items()), sp.zeros(size, 1)
    )


def _law(names: tuple[sp.Function, ...], start: sp.Expr, scale: sp.Expr, shift: sp.Matrix) -> sp.Eq:
    mean, variance = (scale * shift).applyfunc(simplified), simplified(scale**2)
    places = [name(start) for name in names]
    if len(places) == 1:
        return sp.Eq(places[0], normal(mean[0], variance), evaluate=False)
    covariance = sp.ImmutableMatrix(variance * sp.eye(len(places)))
    return sp.Eq(sp.Tuple(*places), normal(sp.ImmutableMatrix(mean), covariance), evaluate=False)
