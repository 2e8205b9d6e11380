"""How a window moves: from one point of the interpolant to another, linearly in the quantity that runs there.

A point carries τ, 1 − τ, α and β as four expressions, so that nothing is ever found as a difference of nearly equal
numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import sympy as sp

from symsched.schedules.interpolant import Interpolant
from symsched.symbols import d, kappa, tau

elapsed = sp.Symbol("v", nonnegative=True)
"""Share of a window that has passed, from 0 to 1."""
remaining = sp.Symbol("r", nonnegative=True)
"""1 − elapsed, a symbol of its own: written out, the difference would cost digits in floating point."""
_rest = sp.Symbol("w", positive=True)


@dataclass(frozen=True)
class Point:
    """A place on the interpolant: time τ, remaining time 1 − τ, and the amplitudes α(τ), β(τ)."""

    tau: sp.Expr
    rest: sp.Expr
    alpha: sp.Expr
    beta: sp.Expr


def noise_at(interpolant: Interpolant, rest: sp.Expr) -> sp.Expr:
    """Return α at remaining time 1 − τ = ``rest``, factored so that it does not cancel near the data."""
    return _factored(interpolant.alpha.subs(tau, 1 - _rest)).subs(_rest, rest)


def tidy(expression: sp.Expr) -> sp.Expr:
    """Return the shortest of a few equal forms, for reading; numbers come from the motion itself."""
    forms = (sp.factor_terms(expression), sp.factor(expression), sp.simplify(expression))
    return min(forms, key=lambda form: (sp.count_ops(form), len(str(form)), str(form)))


def start(interpolant: Interpolant) -> Point:
    """Return τ = 0."""
    return Point(sp.S.Zero, sp.S.One, interpolant.alpha.subs(tau, 0), sp.S.Zero)


def end() -> Point:
    """Return τ = 1."""
    return Point(sp.S.One, sp.S.Zero, sp.S.Zero, sp.S.One)


def at_signal(interpolant: Interpolant, signal: sp.Expr) -> Point:
    """Return the point where β = ``signal``."""
    time = interpolant.time_of_signal(signal)
    rest = sp.simplify(1 - time)
    return Point(time, rest, noise_at(interpolant, rest), signal)


def at_noise(interpolant: Interpolant, noise: sp.Expr) -> Point:
    """Return the point where α = ``noise``."""
    time = interpolant.time_of_noise(noise)
    return Point(time, sp.simplify(1 - time), noise, interpolant.beta.subs(tau, time))


def at_ratio(interpolant: Interpolant, ratio: sp.Expr) -> Point:
    """Return the point where ψ = ``ratio``."""
    level = sp.Symbol("p", positive=True)
    time = interpolant.time_of_ratio(level)
    noise = sp.simplify(interpolant.alpha.subs(tau, time))
    parts = (time, sp.simplify(1 - time), noise, sp.simplify(interpolant.beta.subs(tau, time)))
    return Point(*(part.subs(level, ratio) for part in parts))


def signal_runs(interpolant: Interpolant, begin: Point, finish: Point) -> Point:
    """Return the motion with β linear in the elapsed share."""
    signal = remaining * begin.beta + elapsed * finish.beta
    moved = at_signal(interpolant, signal)
    if interpolant.beta == tau:
        rest = remaining * begin.rest + elapsed * finish.rest
        moved = Point(signal, rest, noise_at(interpolant, rest), signal)
    return moved


def noise_runs(interpolant: Interpolant, begin: Point, finish: Point) -> Point:
    """Return the motion with α linear in the elapsed share."""
    return at_noise(interpolant, remaining * begin.alpha + elapsed * finish.alpha)


def hyperbola(interpolant: Interpolant, scale: sp.Expr, finish: Point) -> Point:
    """Return the motion from ψ = 0 in which signal and noise, in the window's own unit ``scale`` of α/β, both move
    linearly."""
    return at_ratio(interpolant, elapsed / (scale * remaining + sp.simplify(finish.alpha / finish.beta) * elapsed))


Order = int | None


def stretches(
    interpolant: Interpolant, scales: Sequence[tuple[str, sp.Rational, Order]]
) -> Iterator[tuple[str, Point]]:
    """Yield (name, motion) for every window of the phases (name, exponent γ, order q), bridges included.

    Between two phases lies a knot. It is κ above the scale of the phase that ends where β runs next (β = κ α(0)
    d^−γ), else
    κ below the scale of the phase that begins (α = κ d^γ'). Behind an order q > 1 the flow crosses the gap with an
    order
    parameter ~ ψ^q, so the gap itself becomes a window, geometric in ψ.
    """
    amplitude, growth = interpolant.noise_scale
    here = start(interpolant)
    for k, (name, exponent, order) in enumerate(scales):
        following = scales[k + 1] if k + 1 < len(scales) else None
        bridged = following is not None and order is not None and order > 1
        if following is None:
            there = end()
        elif bridged:
            there = at_ratio(interpolant, kappa * d**-exponent)
        elif following[1] >= growth:
            there = at_signal(interpolant, kappa * amplitude * d ** (growth - exponent))
        else:
            there = at_noise(interpolant, kappa * d ** following[1])
        if exponent >= growth:
            yield name, signal_runs(interpolant, here, there)
        elif here.tau != 0:
            yield name, noise_runs(interpolant, here, there)
        elif bridged:
            yield name, at_ratio(interpolant, elapsed * kappa * d**-exponent)
        else:
            yield name, hyperbola(interpolant, kappa * d**exponent, there)
        here = there
        if bridged and following is not None:
            low = kappa * d**-exponent
            high = sp.Max(low, d ** -following[1] / kappa)
            yield f"bridge to {following[0]}", at_ratio(interpolant, low**remaining * high**elapsed)
            here = at_ratio(interpolant, high)


def _factored(expression: sp.Expr) -> sp.Expr:
    # Factor under every root first: 1 - (1 - w)^2 becomes w (2 - w), which keeps its digits as w -> 0.
    inside = expression.replace(lambda e: e.is_Pow and not e.exp.is_integer, lambda e: sp.factor(e.base) ** e.exp)
    return sp.factor(inside)
