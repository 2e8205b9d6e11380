"""Claim 5: the second half of dilated VP, given the mode S: M = r·X/(m²d) = τS, and what is orthogonal to r scales by
√(α² + σ²β²).

The equation is d → ∞ with steps → ∞ after it; it is held against SciPy's solution of the d-dimensional flow with the
exact posterior mean. The width after a fixed number of steps as d → ∞ is that of Euler's recursion, held against
samples.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.integrate import solve_ivp

from symsched.limits.limit import Limit
from symsched.predictions.predict import predict
from symsched.reporting.charts import Chart, Curve, Level
from symsched.reporting.claim import Finding
from symsched.reporting.verdicts import Row, deterministic
from symsched.schedules.schedule import Schedule
from symsched.validation.claims import gm_case
from symsched.validation.claims.gm_exact import ExactMixture
from symsched.validation.claims.gm_sums import draw_paths
from symsched.validation.claims.limit_ode import solve_ode
from symsched.validation.effort import Effort

Array = NDArray[np.float64]

STEPS = 20
_TIMES = (0.5, 0.6, 0.75, 0.9, 0.999)
_FINE_DIMENSION = 10**12


def claim(effort: Effort) -> Finding:
    """Return the claim with its rows."""
    limit = gm_case.limit("vp")
    rows = [*exact_rows(limit), *vector_rows(effort, limit), *width_rows(effort, limit)]
    return Finding(
        5,
        "Dilated VP, second half",
        "For t ≥ 1/2 the mode S is chosen and each coordinate follows the derived equation of its mode: the "
        "overlap is M = τS and the part orthogonal to r "
        "scales by √(α² + σ²β²), down to the width σ. With K fixed steps per half the width is that of the grid.",
        (*limit.phases[1].odes, limit.phases[1].initial),
        tuple(rows),
        charts=(_chart(limit),),
        group=gm_case.GROUP,
        source=gm_case.SOURCE,
    )


def means_and_widths(limit: Limit, mode: int, times: ArrayLike) -> tuple[Array, Array]:
    """Return mean and width of a coordinate in the mode at ``times`` from t = 1/2, from the derived equation, which
    is affine for this law.
    """
    mean, shifted = solve_ode(limit.phases[1].odes[mode], (0.0, 1.0), times, gm_case.KAPPA)
    return mean, shifted - mean


def exact_rows(limit: Limit, times: Sequence[float] = _TIMES) -> list[Row]:
    """Return overlap and width from the equation beside the exact facts at d = 10^24."""
    exact = ExactMixture.of("vp", "1e24")
    rows = []
    for mode, start in ((0, 1.0), (1, -2.0)):
        means, widths = means_and_widths(limit, mode, times)
        for at, mean, width in list(zip(times, means, widths, strict=True))[1:]:
            rows.append(
                deterministic(
                    f"mode {mode}: M at t = {at:g}, by the exact flow",
                    float(mean),
                    exact.overlap(at, start, gm_case.KAPPA),
                    1e-9,
                    dimension=1e24,
                )
            )
            if mode == 0:
                rows.append(
                    deterministic(
                        f"width at t = {at:g}, by √(α² + σ²β²)",
                        float(width),
                        exact.orthogonal(at, gm_case.KAPPA),
                        1e-9,
                        dimension=1e24,
                    )
                )
    return rows


def vector_rows(effort: Effort, limit: Limit) -> list[Row]:
    """Return overlap and width from the equation beside SciPy's solution of the flow of one vector in dimension d."""
    d = effort.choose(40_000, 10_000)
    start = np.random.default_rng([effort.seed, 5]).standard_normal(d)
    start += (1.0 - start.mean() * math.sqrt(d)) / math.sqrt(d)
    times = (0.5, 0.75, 0.95)
    states = vector_flow("vp", start, times)
    means, widths = means_and_widths(limit, 0, times)
    orthogonal = [state - state.mean() for state in states]
    rows = []
    for k in (1, 2):
        ratio = float(np.linalg.norm(orthogonal[k]) / np.linalg.norm(orthogonal[0]))
        # τ = κ/√d at t = 1/2, not 0: that much is not yet the limit.
        rows.append(
            deterministic(
                f"M at t = {times[k]:g}, one vector by SciPy",
                float(means[k]),
                float(states[k].mean()),
                gm_case.KAPPA / math.sqrt(d),
                dimension=d,
            )
        )
        rows.append(
            deterministic(
                f"width at t = {times[k]:g}, one vector by SciPy",
                float(widths[k]),
                ratio,
                gm_case.KAPPA / math.sqrt(d),
                dimension=d,
            )
        )
        lengths = np.linalg.norm(orthogonal[k]) * np.linalg.norm(orthogonal[0])
        straight = abs(float(orthogonal[k] @ orthogonal[0] / lengths))
        rows.append(
            deterministic(
                f"direction of the orthogonal part at t = {times[k]:g}: cosine to its start",
                1.0,
                straight,
                1e-6,
                dimension=d,
            )
        )
    return rows


def vector_flow(name: str, noise: Array, times: Sequence[float]) -> list[Array]:
    """Return x (d,) at ``times`` on the exact flow dy/dψ = E[a | y] from the noise z (d,), solved by SciPy."""
    d = len(noise)
    model = gm_case.mixture().model(d)
    nodes = [ExactMixture.of(name, d).amplitudes(at, gm_case.KAPPA) for at in times]
    ratios = [beta / alpha for alpha, beta in nodes]
    solution = solve_ivp(
        lambda psi, y: model.posterior(psi, y[None])[0][0],
        (0.0, ratios[-1]),
        noise,
        "DOP853",
        ratios,
        rtol=1e-8,
        atol=1e-8,
    )
    if not solution.success:
        raise ArithmeticError(f"the flow of a vector in dimension {d} could not be solved: {solution.message}")
    return [alpha * solution.y[:, k] for k, (alpha, _) in enumerate(nodes)]


def width_rows(effort: Effort, limit: Limit, sampled: Schedule | None = None) -> list[Row]:
    """Return the width at t = 1 after few and after many steps, predicted by the recursion and by the equation;
    ``sampled`` replaces the schedule.
    """
    rng = np.random.default_rng([effort.seed, 5, 1])
    schedule = sampled or limit.schedule
    fine = effort.choose(2_000, 500)
    end = float(means_and_widths(limit, 0, (0.5, 1 - 1e-9))[1][-1])
    few = math.sqrt(predict(limit, STEPS, kappa=gm_case.KAPPA)[0].site_variance)
    rows = []
    # The first half takes κ/√d of τ, and Euler's error is of first order: the tolerances.
    for steps, predicted, tolerance in (
        (STEPS, few, gm_case.KAPPA / math.sqrt(_FINE_DIMENSION)),
        (fine, end, 4 / fine),
    ):
        plan = schedule.plan(steps, _FINE_DIMENSION, gm_case.KAPPA)
        width = draw_paths(gm_case.mixture(), plan, _FINE_DIMENSION, 2_000, rng).width()
        what = "Euler's recursion" if steps == STEPS else "the equation"
        rows.append(
            deterministic(
                f"width at t = 1 after {steps // 2} steps per half, by {what}",
                predicted,
                width.value,
                tolerance,
                dimension=_FINE_DIMENSION,
            )
        )
    return rows


def _chart(limit: Limit) -> Chart:
    times = np.linspace(0.5, 0.999, 60)
    curves = []
    for mode, start in ((0, 1.0), (1, -2.0)):
        means, widths = means_and_widths(limit, mode, times)
        curves.append(Curve(f"M, mode {mode}", times, means))
        exact = ExactMixture.of("vp", 10_000)
        seen = times[::6]
        curves.append(
            Curve(
                f"exact flow, d = 10 000, mode {mode}",
                seen,
                [exact.overlap(at, start, gm_case.KAPPA) for at in seen],
                style="points",
            )
        )
    curves.append(Curve("width", times, widths, style="dashed"))
    return Chart(
        "halves",
        "Second half of dilated VP",
        "t",
        "M and width",
        tuple(curves),
        levels=(Level("σ", float(gm_case.SIGMA)),),
    )
