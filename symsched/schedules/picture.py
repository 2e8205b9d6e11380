"""The picture of a schedule: amplitudes, ψ and log-SNR, with the phases' windows shaded."""

from collections.abc import Sequence

import numpy as np
from scipy import special

from symsched.algebra.arrays import Array
from symsched.reporting.charts import Chart, Curve, Plate, Span
from symsched.reporting.numbers import dimension_text, number_text
from symsched.schedules.interpolant import Interpolant
from symsched.schedules.plan import Plan
from symsched.schedules.window import Window, evaluate
from symsched.symbols import tau

_POINTS = 241
"""Points of a line on a window."""
_EDGE = 7.0
"""Logit of the last point before an end of a window, where ψ may be 0 or ∞."""


def schedule_plate(
    interpolant: Interpolant,
    windows: Sequence[Window],
    dimension: float,
    kappa: float | None,
    plan: Plan | None,
) -> Plate:
    """Return the charts of a schedule at ``dimension``, with κ None where it has none, and the nodes of ``plan``."""
    constant = 1.0 if kappa is None else kappa
    shares = np.concatenate([[0.0], special.expit(np.linspace(-_EDGE, _EDGE, _POINTS)), [1.0]])
    times, lines = [], []
    for window in windows:
        motion = window.motion
        times.append(float(window.start) + shares * float(window.end - window.start))
        lines.append([evaluate(part, shares, dimension, constant) for part in (motion.alpha, motion.beta, motion.tau)])
    t, (noise, signal, dilated) = np.concatenate(times), np.concatenate(lines, axis=1)
    with np.errstate(divide="ignore"):
        psi = signal / noise
    seen = (psi > 0) & np.isfinite(psi)
    spans = tuple(Span(w.name, float(w.start), float(w.end)) for w in windows)
    exponent = windows[0].noise_exponent
    unit = dimension ** float(exponent)
    scaled = "" if exponent == 0 else f"/d^{{{exponent}}}"
    amplitudes = [
        Curve(rf"noise $\alpha{scaled}$", t, noise / unit, quantity="alpha"),
        Curve(r"signal $\beta$", t, signal, quantity="beta"),
    ]
    if interpolant.beta != tau:
        amplitudes.append(Curve(r"dilation $\tau$", t, dilated, quantity="tau"))
    ratio = [Curve("", t[seen], psi[seen], quantity="psi")]
    density = [Curve("", *_density(times, lines), quantity="time")]
    if plan is not None:
        inner = plan.psi > 0
        label = f"{plan.steps} steps"
        ratio.append(Curve(label, plan.times[:-1][inner], plan.psi[inner], style="points", quantity="psi"))
    charts = (
        Chart("amplitudes", "Amplitudes", "time $t$", "amplitude", tuple(amplitudes), spans=spans),
        Chart("psi", "Signal to noise", "time $t$", r"$\psi$", tuple(ratio), log_y=True, spans=spans),
        Chart(
            "logsnr",
            "Time spent",
            r"log-SNR $\lambda=2\,\log\psi$",
            r"$\mathrm{d}t/\mathrm{d}\lambda$",
            tuple(density),
            spans=_signal_spans(windows, lines),
        ),
    )
    return Plate(charts, _caption(interpolant, windows, dimension, kappa, plan))


def _log_ratio(line: Sequence[Array]) -> Array:
    """Return λ = 2 log(β/α) of a window's points but its ends, where it may be infinite."""
    return np.asarray(2 * np.log(line[1][1:-1] / line[0][1:-1]))


def _density(times: Sequence[Array], lines: Sequence[Sequence[Array]]) -> tuple[Array, Array]:
    """Return λ and dt/dλ, with a gap between windows, where it jumps, and on a window that stands still."""
    places, heights = [], []
    for t, line in zip(times, lines, strict=True):
        logs = _log_ratio(line)
        if np.ptp(logs) < 1e-9:
            continue
        places.append(np.append(logs, logs[-1]))
        heights.append(np.append(np.gradient(t[1:-1], logs), np.nan))
    return np.concatenate(places), np.concatenate(heights)


def _signal_spans(windows: Sequence[Window], lines: Sequence[Sequence[Array]]) -> tuple[Span, ...]:
    logs = [_log_ratio(line) for line in lines]
    return tuple(
        Span(window.name, float(own[0]), float(own[-1]))
        for window, own in zip(windows, logs, strict=True)
        if np.ptp(own) >= 1e-9
    )


def _caption(
    interpolant: Interpolant, windows: Sequence[Window], dimension: float, kappa: float | None, plan: Plan | None
) -> str:
    settings = f"d = {dimension_text(dimension)}" + ("" if kappa is None else f", κ = {number_text(kappa, 6)}")
    exponent = windows[0].noise_exponent
    noise = "Noise α" + (f" (in units of d^({exponent}))" if exponent else "")
    named = ", ".join(f"{window.name} (t from {window.start} to {window.end})" for window in windows)
    nodes = "" if plan is None else f" Points: the nodes of {plan.steps} steps with ψ > 0."
    return (
        f"Schedule under {interpolant.name} at {settings}. (a) {noise} and signal β against the time t. "
        "(b) Their ratio ψ = β/α, the root of the signal-to-noise ratio. "
        "(c) Time spent per unit of log-SNR, λ = 2 log ψ. "
        f"Shaded: the windows {named}.{nodes}"
    )
