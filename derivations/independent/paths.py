"""The paper's interpolants and dilations, typed in once more on purpose: α, β and their rates at time t.

Everything takes floats or numbers of mpmath, so that d may be 10^24. Small quantities are written without
cancellation: α near data is never 1 − τ.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Number: TypeAlias = Any
"""A float or a number of mpmath, which ships no types."""
Amplitudes: TypeAlias = tuple[Number, Number, Number, Number]
Path: TypeAlias = Callable[[Number, Number, Number], Amplitudes]
"""t, d, κ → α, β, dα/dt, dβ/dt."""


def plain_vp(t: Number, _d: Number, _kappa: Number) -> Amplitudes:
    """α = 1 − τ, β = τ at τ = t."""
    return 1 - t, t, -1, 1


def plain_vp_trig(t: Number, _d: Number, _kappa: Number) -> Amplitudes:
    """α = √(1 − τ²), β = τ at τ = t."""
    alpha = ((1 - t) * (1 + t)) ** 0.5
    return alpha, t, -t / alpha, 1


def plain_ve(t: Number, d: Number, _kappa: Number) -> Amplitudes:
    """α = √d (1 − τ), β = τ at τ = t."""
    return d**0.5 * (1 - t), t, -(d**0.5), 1


def plain_ve_trig(t: Number, d: Number, _kappa: Number) -> Amplitudes:
    """α = √d √(1 − τ²), β = τ at τ = t."""
    alpha, beta, fall, rise = plain_vp_trig(t, d, _kappa)
    return d**0.5 * alpha, beta, d**0.5 * fall, rise


def _vp_clock(t: Number, d: Number, kappa: Number) -> tuple[Number, Number, Number]:
    """τ, 1 − τ and dτ/dt: 2κt/√d up to t = ½, then κ/√d + (1 − κ/√d)(2t − 1)."""
    share = kappa / d**0.5
    if 2 * t < 1:
        return 2 * share * t, 1 - 2 * share * t, 2 * share
    return share + (1 - share) * (2 * t - 1), (1 - share) * (2 - 2 * t), 2 * (1 - share)


def vp(t: Number, d: Number, kappa: Number) -> Amplitudes:
    """Dilated VP, linear."""
    tau, left, rate = _vp_clock(t, d, kappa)
    return left, tau, -rate, rate


def vp_trig(t: Number, d: Number, kappa: Number) -> Amplitudes:
    """Dilated VP, trigonometric."""
    tau, left, rate = _vp_clock(t, d, kappa)
    alpha = (left * (1 + tau)) ** 0.5
    return alpha, tau, -tau * rate / alpha, rate


def ve(t: Number, d: Number, kappa: Number) -> Amplitudes:
    """Dilated VE, linear: τ = (1 − κ/√d) 2t up to t = ½, then 1 − κ/√d + (κ/√d)(2t − 1)."""
    root = d**0.5
    if 2 * t < 1:
        rate = 2 * (1 - kappa / root)
        return root * (1 - rate * t), rate * t, -root * rate, rate
    return kappa * (2 - 2 * t), 1 - kappa * (2 - 2 * t) / root, -2 * kappa, 2 * kappa / root


def ve_trig(t: Number, d: Number, kappa: Number) -> Amplitudes:
    """Dilated VE, trigonometric: τ = √(1 − κ²/d) 2t up to t = ½, then √(1 − κ²(2 − 2t)²/d)."""
    if 2 * t < 1:
        rate = 2 * (1 - kappa**2 / d) ** 0.5
        tau = rate * t
        alpha = (d * (1 - tau) * (1 + tau)) ** 0.5
        return alpha, tau, -d * tau * rate / alpha, rate
    alpha = kappa * (2 - 2 * t)
    beta = (1 - alpha**2 / d) ** 0.5
    return alpha, beta, -2 * kappa, 2 * kappa * alpha / (d * beta)


PLAIN: dict[str, Path] = {"vp": plain_vp, "ve": plain_ve, "vp-trig": plain_vp_trig, "ve-trig": plain_ve_trig}
DILATED: dict[str, Path] = {"vp": vp, "ve": ve, "vp-trig": vp_trig, "ve-trig": ve_trig}


def euler_steps(path: Path, steps: int, d: float, kappa: float, *, canonical: bool = False) -> Array:
    """Return α, β and the coefficients A, B of the steps x' = A x + B E[a | x] at uniform times, shape (steps, 4).

    A = 1 + Δt α̇/α and B = Δt (β̇ − α̇β/α), from the velocity (α̇/α) x + (β̇ − α̇β/α) E[a | x]; ``canonical`` steps
    instead in x/α, which replaces α + Δt α̇ and β + Δt β̇ by the amplitudes at the next node.
    """
    table = np.empty((steps, 4))
    for k in range(steps):
        alpha, beta, fall, rise = path(k / steps, d, kappa)
        ahead = (alpha + fall / steps, beta + rise / steps)
        if canonical:
            ahead = path((k + 1) / steps, d, kappa)[:2] if k + 1 < steps else (0.0, 1.0)
        gain = ahead[0] / alpha
        table[k] = alpha, beta, gain, ahead[1] - gain * beta
    return table
