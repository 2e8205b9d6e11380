"""The windows of a time dilation: by the one rule for every distribution, or from a user's own expressions for τ.

The rule: each phase at ψ ~ d^−γ gets an equal share of t, and in its window the quantity that runs over its own scale
moves linearly in t: β where β does, α where β has saturated. With α(0) ~ c d^e, β runs in the phases with γ ≥ e and
has saturated in those with γ < e.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import sympy as sp

from symsched.algebra.forms import factored, is_zero, simplified
from symsched.errors import DerivationError
from symsched.schedules.interpolant import Interpolant, steady
from symsched.schedules.window import Position, Window, elapsed, remaining
from symsched.symbols import d, kappa, t, tau

Scale = tuple[str, sp.Rational, int | None]
"""Where a phase lives: its name, γ in ψ ~ d^−γ, and the order q of its parameter (None in the data phase)."""

_level = sp.Symbol("p", positive=True)
_rest = sp.Symbol("w", positive=True)


def dilated_windows(interpolant: Interpolant, scales: Sequence[Scale]) -> tuple[Window, ...]:
    """Return a window of equal length for each phase and each bridge, in the order in which the flow meets them."""
    if not scales or scales[-1][1] != 0:
        raise DerivationError(
            "dilation", "the last phase must be the data phase at psi = O(1)", "Pass the scales of a cascade."
        )
    if any(before[1] <= after[1] for before, after in pairwise(scales)):
        raise DerivationError(
            "dilation", "two phases share a scale of psi", "Merge the phases that live at the same exponent."
        )
    moved = list(_motions(interpolant, scales))
    return tuple(
        Window(name, sp.Rational(k, len(moved)), sp.Rational(k + 1, len(moved)), motion)
        for k, (name, motion) in enumerate(moved)
    )


def _motions(interpolant: Interpolant, scales: Sequence[Scale]) -> Iterator[tuple[str, Position]]:
    """Yield (name, motion) for every window, bridges included.

    Between two phases lies a knot. It is κ above the scale of the phase that ends where β runs next (β = κ α(0) d^−γ),
    else κ below the scale of the phase that begins (α = κ d^γ'). Behind an order q > 1 the flow crosses the gap with an
    order parameter ~ ψ^q, which an explicit step cannot follow: there the gap itself becomes a window, geometric in ψ.
    """
    amplitude, growth = interpolant.noise_scale
    here = Position(sp.S.Zero, sp.S.One, interpolant.alpha.subs(tau, 0), sp.S.Zero)
    for k, (name, exponent, order) in enumerate(scales):
        following = scales[k + 1] if k + 1 < len(scales) else None
        bridged = following is not None and order is not None and order > 1
        if following is None:
            there = Position(sp.S.One, sp.S.Zero, sp.S.Zero, sp.S.One)
        elif bridged:
            there = _at_ratio(interpolant, kappa * d**-exponent)
        elif following[1] >= growth:
            there = _at_signal(interpolant, kappa * amplitude * d ** (growth - exponent))
        else:
            there = _at_noise(interpolant, kappa * d ** following[1])
        if following is not None and not bridged and following[1] < growth < exponent:
            # β stays far below 1 on this scale, and α runs from the next one on: between them neither spans the gap.
            yield name, _hyperbola(interpolant, here, kappa * d**exponent, there)
        elif exponent >= growth:
            yield name, _signal_runs(interpolant, here, there)
        elif here.tau != 0:
            yield name, _at_noise(interpolant, remaining * here.alpha + elapsed * there.alpha)
        elif bridged:
            yield name, _at_ratio(interpolant, elapsed * kappa * d**-exponent)
        else:
            yield name, _hyperbola(interpolant, here, kappa * d**exponent, there)
        here = there
        if bridged and following is not None:
            low = kappa * d**-exponent
            high = sp.Max(low, d ** -following[1] / kappa)
            yield f"bridge to {following[0]}", _at_ratio(interpolant, low**remaining * high**elapsed)
            here = _at_ratio(interpolant, high)


def _at_signal(interpolant: Interpolant, signal: sp.Expr) -> Position:
    """Return the position where β = ``signal``."""
    time = interpolant.time_of("beta", signal)
    rest = _rest_after(time)
    return Position(time, rest, _noise_at(interpolant, rest), signal)


def _rest_after(time: sp.Expr) -> sp.Expr:
    """Return 1 − τ; where τ is a root that comes close to 1, as (1 − τ²)/(1 + τ), which keeps its digits there."""
    roots = (factor for factor in sp.Mul.make_args(time) if factor.is_Pow and not factor.exp.is_integer)
    if any(root.base.is_Add for root in roots):
        return simplified(1 - time**2) / (1 + time)
    return simplified(1 - time)


def _at_noise(interpolant: Interpolant, noise: sp.Expr) -> Position:
    """Return the position where α = ``noise``."""
    time = interpolant.time_of("alpha", noise)
    return Position(time, _rest_after(time), noise, interpolant.beta.subs(tau, time))


def _at_ratio(interpolant: Interpolant, ratio: sp.Expr) -> Position:
    """Return the position where ψ = ``ratio``."""
    time = interpolant.time_of("psi", _level)
    parts = (time, 1 - time, interpolant.alpha.subs(tau, time), interpolant.beta.subs(tau, time))
    return Position(time.subs(_level, ratio), *(steady(simplified(p), _level).subs(_level, ratio) for p in parts[1:]))


def _signal_runs(interpolant: Interpolant, begin: Position, finish: Position) -> Position:
    """Return the motion with β linear in the elapsed share."""
    signal = remaining * begin.beta + elapsed * finish.beta
    if interpolant.beta == tau:
        rest = remaining * begin.rest + elapsed * finish.rest
        return Position(signal, rest, _noise_at(interpolant, rest), signal)
    return _at_signal(interpolant, signal)


def _hyperbola(interpolant: Interpolant, begin: Position, scale: sp.Expr, finish: Position) -> Position:
    """Return the motion along which signal and noise both move linearly, ``scale`` being the unit of α/β."""
    signal = simplified(begin.beta / begin.alpha) * scale * remaining + elapsed
    noise = scale * remaining + simplified(finish.alpha / finish.beta) * elapsed
    return _at_ratio(interpolant, signal / noise)


def _noise_at(interpolant: Interpolant, rest: sp.Expr) -> sp.Expr:
    """Return α at remaining time 1 − τ = ``rest``, factored so that it does not cancel near the data."""
    expression = interpolant.alpha.subs(tau, 1 - _rest)
    # Factor under every root first: 1 - (1 - w)^2 becomes w (2 - w), which keeps its digits as w -> 0.
    inside = expression.replace(lambda e: e.is_Pow and not e.exp.is_integer, lambda e: factored(e.base) ** e.exp)
    return factored(inside).subs(_rest, rest)


def custom_windows(interpolant: Interpolant, dilations: Sequence[sp.Expr], name: str) -> tuple[Window, ...]:
    """Return windows of equal length with τ given by one expression in t each.

    Raises ValueError unless τ(0) = 0, τ(1) = 1, neighbouring expressions meet, and no symbol but t, d and κ occurs.
    """
    if not dilations:
        raise ValueError("custom needs at least one expression for tau in symsched.symbols.t")
    for dilation in dilations:
        stray = dilation.free_symbols - {t, d, kappa}
        if stray:
            raise ValueError(
                f"tau = {dilation} may hold symsched.symbols.t, d and kappa only; found {sorted(map(str, stray))}"
            )
    _require_joined(dilations)
    count = len(dilations)
    windows = []
    for k, dilation in enumerate(dilations):
        # On the last window the remaining share is the small quantity; elsewhere τ stays away from 1.
        position = (k + 1 - remaining) / count if k == count - 1 else (k + elapsed) / count
        moved = simplified(dilation.subs(t, position))
        rest = factored(1 - moved)
        motion = Position(moved, rest, _noise_at(interpolant, rest), interpolant.beta.subs(tau, moved))
        label = name if count == 1 else f"{name} {k + 1}"
        windows.append(Window(label, sp.Rational(k, count), sp.Rational(k + 1, count), motion))
    return tuple(windows)


def _require_joined(dilations: Sequence[sp.Expr]) -> None:
    """Raise ValueError unless τ runs from 0 to 1 without a jump."""
    knots = [(dilations[0], sp.S.Zero, sp.S.Zero), (dilations[-1], sp.S.One, sp.S.One)]
    ends = [sp.Rational(k, len(dilations)) for k in range(1, len(dilations))]
    knots += [(after, at, before.subs(t, at)) for at, (before, after) in zip(ends, pairwise(dilations), strict=True)]
    for expression, at, required in knots:
        if not is_zero(expression.subs(t, at) - required, "joining the windows"):
            raise ValueError(
                f"tau must be {required} at t = {at}, got {simplified(expression.subs(t, at))} from {expression}"
            )
