"""Claim 4: the first half of dilated VP is one equation for μ = r·X/(m√d), which the d-dimensional paths approach at
rate d^−1/2.

Two limits are told apart: the equation itself is d → ∞ with steps → ∞ after it, held against the exact quantile map
at growing d; its Euler recursion is d → ∞ at fixed steps, held against d-dimensional samples that start from the same
noise.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from symsched.limits.limit import Limit
from symsched.models.estimates import Estimate, average, exponent, share
from symsched.reporting.charts import Chart, Curve
from symsched.reporting.claim import Finding
from symsched.reporting.verdicts import Row, bounded, deterministic, statistical
from symsched.schedules.schedule import Schedule
from symsched.simulation.simulate import Run, simulate
from symsched.validation.claims import gm_case
from symsched.validation.claims.gm_exact import ExactMixture
from symsched.validation.claims.gm_sums import draw_paths
from symsched.validation.claims.limit_ode import solve_ode
from symsched.validation.effort import Effort
from symsched.validation.validate import path_error

Array = NDArray[np.float64]

_STARTS = (0.3, -1.0)
_STEPS = 20
_FINE = 2_000
_FINE_DIMENSION = 10**12


def claim(effort: Effort) -> Finding:
    """Return the claim with its rows."""
    limit = gm_case.limit("vp")
    errors = path_errors(effort, limit)
    rows = [*equation_rows(limit), *_rate_rows(errors), *law_rows(effort, limit)]
    return Finding(
        4,
        "Dilated VP, first half",
        "For t ≤ 1/2 the component of x along the means, μ = r·x/(m√d), follows the derived equation from N(0, 1) "
        "as d → ∞. At fixed steps, paths of "
        "the d-dimensional sampler approach its Euler recursion like d^−1/2; with many steps after d → ∞ its law "
        "at t = 1/2 is p N(κm, 1) + (1 − p) N(−κm, 1).",
        (limit.phases[0].ode, limit.phases[0].initial),
        tuple(rows),
        charts=(_paths_chart(limit), _error_chart(errors)),
        group=gm_case.GROUP,
        source=gm_case.SOURCE,
    )


def equation_rows(limit: Limit) -> list[Row]:
    """Return solutions of the derived equation at t = 1/2 beside the exact flow at finite d, and how fast the latter
    approaches.
    """
    ends = solve_ode(limit.phases[0].ode, _STARTS, (0.0, 0.5), gm_case.KAPPA)[:, -1]
    rows = []
    for start, end in zip(_STARTS, ends, strict=True):
        exact = ExactMixture.of("vp", "1e24").order_parameter(0.5, start, gm_case.KAPPA)
        rows.append(
            deterministic(f"μ(1/2) from μ_0 = {start:g}, by the exact flow", float(end), exact, 1e-9, dimension=1e24)
        )
    sizes = np.array([1e4, 1e6, 1e8])
    gaps = [abs(ExactMixture.of("vp", d).order_parameter(0.5, _STARTS[0], gm_case.KAPPA) - ends[0]) for d in sizes]
    slope = float(np.polyfit(np.log(sizes), np.log(gaps), 1)[0])
    rows.append(
        bounded(
            "rate in d at which the exact flow approaches the equation",
            slope,
            -0.55,
            -0.45,
            predicted=-float(limit.phases[0].exponent),
        )
    )
    return rows


def path_errors(effort: Effort, limit: Limit, sampled: Schedule | None = None) -> dict[int, Estimate]:
    """Return {d: mean distance of sampled paths from the d = ∞ recursion with the same ν_0}; ``sampled`` replaces the
    schedule.
    """
    sizes = (100, 1_000, 10_000) if effort.quick else (100, 1_000, 10_000, 100_000)
    return {
        d: path_error(limit, _sample(d, effort, sampled or limit.schedule), _STEPS, gm_case.KAPPA, "interpolant")
        for d in sizes
    }


def _sample(d: int, effort: Effort, schedule: Schedule) -> Run:
    count = effort.choose(500, 200)
    return simulate(
        gm_case.mixture(), schedule, d=d, n=count, steps=_STEPS, kappa=gm_case.KAPPA, rng=effort.seed, keep="statistics"
    )


def _rate_rows(errors: dict[int, Estimate]) -> list[Row]:
    sizes = list(errors)
    rate = exponent(sizes, list(errors.values()))
    claimed = "rate in d at which sampled paths approach the recursion"
    last = errors[sizes[-1]]
    return [
        bounded(claimed, rate.value, -0.6, -0.4, predicted=-0.5, standard_error=rate.standard_error),
        bounded(
            "their distance at the largest d",
            last.value,
            0.0,
            10 / np.sqrt(sizes[-1]),
            predicted=0.0,
            dimension=sizes[-1],
            standard_error=last.standard_error,
        ),
    ]


def law_rows(effort: Effort, limit: Limit, sampled: Schedule | None = None) -> list[Row]:
    """Return mean, second moment and sign of μ(1/2), from the effective law and from paths with many steps;
    ``sampled`` replaces the schedule.
    """
    law = gm_case.effective_law(limit)
    atoms, weights = (np.array([float(v) for v in part]) for part in (law.values, law.weights))
    strength, steps = gm_case.KAPPA, effort.choose(_FINE, _FINE // 4)
    plan = (sampled or limit.schedule).plan(steps, _FINE_DIMENSION, strength)
    rng = np.random.default_rng([effort.seed, 4])
    paths = draw_paths(gm_case.mixture(), plan, _FINE_DIMENSION, effort.choose(20_000, 5_000), rng, nodes=(steps // 2,))
    end = paths.nodes[:, 0] * np.sqrt(_FINE_DIMENSION)
    found = {
        "E μ(1/2)": (strength * float(weights @ atoms), average(end)),
        "E μ(1/2)²": (1 + strength**2 * float(weights @ atoms**2), average(end**2)),
        "P(μ(1/2) > 0)": (1 - float(law.cdf(strength, 0.0)), share(end > 0)),
        "P(μ(1/2) > κ)": (1 - float(law.cdf(strength, strength)), share(end > strength)),
    }
    return [
        statistical(
            name,
            predicted,
            seen.value,
            seen.standard_error,
            dimension=_FINE_DIMENSION,
            allowance=max(1.0, abs(predicted)) * 2 * strength / steps,
            allowance_reason="2κ/steps of the value: Euler's error of first order",
        )
        for name, (predicted, seen) in found.items()
    ]


def _paths_chart(limit: Limit) -> Chart:
    times = np.linspace(0, 0.5, 101)
    starts = (-2.0, -1.0, -0.6, 0.3, 1.0)
    curves = [
        Curve("limit" if k == 0 else "", times, path)
        for k, path in enumerate(solve_ode(limit.phases[0].ode, starts, times, gm_case.KAPPA))
    ]
    exact = ExactMixture.of("vp", 10_000)
    seen = times[::10]
    places = [(at, exact.order_parameter(at, start, gm_case.KAPPA)) for start in starts for at in seen]
    curves.append(
        Curve("exact flow, d = 10 000", [at for at, _ in places], [value for _, value in places], style="points")
    )
    return Chart("paths", "The component along the means, dilated VP", "t", r"$\mu$", tuple(curves))


def _error_chart(errors: dict[int, Estimate]) -> Chart:
    sizes = list(errors)
    guide = [errors[sizes[0]].value * (d / sizes[0]) ** -0.5 for d in sizes]
    curves = (
        Curve(
            "sampled paths",
            sizes,
            [error.value for error in errors.values()],
            [error.standard_error for error in errors.values()],
            style="points",
        ),
        Curve("$d^{-1/2}$", sizes, guide, style="dashed"),
    )
    return Chart(
        "rate",
        f"Distance of paths from the limit, {_STEPS} steps",
        "dimension d",
        "mean distance of a path",
        curves,
        log_x=True,
        log_y=True,
    )
