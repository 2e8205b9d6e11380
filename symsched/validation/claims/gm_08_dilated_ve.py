"""Claim 8: dilated VE (linear interpolant): both halves, the width σ_κ that the limit keeps, and Θ(1) steps.

Limits meant: the equations and σ_κ² = σ²κ²/(κ² + σ²) are d → ∞, then steps → ∞, κ fixed; at fixed d with steps → ∞
the width is σ; with 10 steps per half and d → ∞ weight and width are Euler's numbers.
"""

from __future__ import annotations

import numpy as np
import sympy as sp
from sympy.stats import Normal

from symsched.algebra.codegen import number
from symsched.laws import law_of
from symsched.limits.limit import Limit
from symsched.reporting.charts import Chart, Curve, Level
from symsched.reporting.claim import Finding
from symsched.reporting.verdicts import Row, deterministic
from symsched.schedules.schedule import Schedule
from symsched.symbols import kappa, psi, t, y
from symsched.validation.claims import gm_case
from symsched.validation.claims.gm_05_second_half_vp import means_and_widths, vector_flow
from symsched.validation.claims.gm_07_constant_steps import chart_against_dimension, constant_rows
from symsched.validation.claims.gm_exact import ExactMixture
from symsched.validation.claims.gm_sums import draw_paths
from symsched.validation.claims.limit_ode import solve_ode
from symsched.validation.effort import Effort

sigma = sp.Symbol("sigma", positive=True)
_START = 0.3
_FAR = "1e24"


def claim(effort: Effort) -> Finding:
    """Return the claim with its rows."""
    limit = gm_case.limit("ve")
    dimensions = (10_000, 100_000_000) if effort.quick else (1_000, 10_000, 1_000_000, 100_000_000)
    constant = constant_rows("ve", effort, dimensions, number=8)
    kept = kept_width(limit)
    rows = [*equation_rows("ve", limit), *width_rows(effort, limit, kept), *constant]
    return Finding(
        8,
        "Dilated VE, linear interpolant",
        "As d → ∞ the overlap M follows the first equation for t ≤ 1/2 and ends in ±1; then each coordinate "
        "follows the second from N(mS, κ²), which keeps the "
        "width σ_κ < σ. At fixed d with many steps the width is σ; with 10 steps per half weight and width are "
        "Euler's numbers at every d.",
        (limit.phases[0].ode, limit.phases[1].ode, sp.Eq(sp.Symbol("sigma_kappa"), kept, evaluate=False)),
        tuple(rows),
        charts=(
            overlap_chart("ve", limit),
            chart_against_dimension("weight", constant, "weight", float(gm_case.P)),
            chart_against_dimension("width", constant, "width", float(gm_case.SIGMA)),
        ),
        group=gm_case.GROUP,
        source=gm_case.SOURCE,
    )


def width_factor(limit: Limit) -> sp.Expr:
    """Return w(t), for any σ, with w(t)/w(1/2) the factor of a deviation from the mode's mean on the second half.

    It is exp ∫ (α̇/α + ψ̇ ∂D/∂y), the rate of the derived equation, integrated by SymPy.
    """
    phase = limit.phases[1]
    slope = sp.diff(law_of(Normal("g", 0, sigma)).denoiser(psi, y), y).subs(psi, phase.psi)
    rate = sp.diff(phase.alpha, t) / phase.alpha + sp.diff(phase.psi, t) * slope
    return sp.simplify(sp.exp(sp.integrate(sp.factor(sp.together(rate)), t)))


def kept_width(limit: Limit) -> sp.Expr:
    """Return the width at t = 1 of the derived equation started from its own initial law at t = 1/2."""
    factor = width_factor(limit)
    begin = sp.sqrt(limit.phases[1].initial.rhs.args[1])
    return sp.simplify(begin * sp.limit(factor, t, 1, "-") / factor.subs(t, sp.Rational(1, 2)))


def equation_rows(name: str, limit: Limit, times: tuple[float, ...] = (0.0, 0.25, 0.45)) -> list[Row]:
    """Return the overlap and the width on either half, from the derived equations, beside the exact flow at d =
    10^24.
    """
    exact = ExactMixture.of(name, _FAR)
    values = solve_ode(limit.phases[0].ode, [_START, -1.0], times, gm_case.KAPPA)
    rows = []
    for start, path in zip((_START, -1.0), values, strict=True):
        for at, value in list(zip(times, path, strict=True))[1:]:
            rows.append(
                deterministic(
                    f"M at t = {at:g} from M_0 = {start:g}, by the exact flow",
                    float(value),
                    exact.overlap(at, start, gm_case.KAPPA),
                    1e-8,
                    dimension=1e24,
                )
            )
    after = (0.5, 0.75, 0.95)
    _, widths = means_and_widths(limit, 0, after)
    for at, width in list(zip(after, widths, strict=True))[1:]:
        rows.append(
            deterministic(
                f"factor of the width from t = 1/2 to {at:g}, by √D",
                float(width),
                exact.orthogonal(at, gm_case.KAPPA),
                1e-9,
                dimension=1e24,
            )
        )
    return rows


def width_rows(effort: Effort, limit: Limit, kept: sp.Expr, sampled: Schedule | None = None) -> list[Row]:
    """Return the final width in the two orders of limits: d → ∞ first (the formula ``kept``), and steps → ∞ at fixed
    d.
    """
    d, steps = 10**12, effort.choose(2_000, 600)
    predicted = number(kept.subs({sigma: gm_case.SIGMA, kappa: sp.Rational(gm_case.KAPPA)}), "the width")
    plan = (sampled or limit.schedule).plan(steps, d, gm_case.KAPPA)
    width = draw_paths(gm_case.mixture(), plan, d, 1_000, np.random.default_rng([effort.seed, 8, 1])).width()
    rows = [
        deterministic(
            f"σ_κ: width at t = 1, d → ∞ before steps ({steps // 2} per half)",
            predicted,
            width.value,
            4 / steps,
            dimension=d,
        )
    ]
    small = 400
    noise = np.random.default_rng([effort.seed, 8, 2]).standard_normal(small)
    ends = vector_flow("ve", noise, (0.0, 0.999))
    orthogonal = [end - end.mean() for end in ends]
    ratio = float(np.linalg.norm(orthogonal[1]) / np.linalg.norm(orthogonal[0])) * np.sqrt(small)
    rows.append(
        deterministic("σ: width at t = 0.999, steps → ∞ at fixed d", float(gm_case.SIGMA), ratio, 1e-3, dimension=small)
    )
    return rows


def overlap_chart(name: str, limit: Limit) -> Chart:
    """Return the chart of M on the first half: the derived equation and the exact flow at d = 10^4."""
    times = np.linspace(0, 0.49, 80)
    starts = (-2.0, -1.0, -0.6, 0.3, 1.5)
    curves = [
        Curve("limit" if k == 0 else "", times, path)
        for k, path in enumerate(solve_ode(limit.phases[0].ode, starts, times, gm_case.KAPPA))
    ]
    exact = ExactMixture.of(name, 10_000)
    places = [(at, exact.overlap(at, start, gm_case.KAPPA)) for start in starts for at in times[::10]]
    curves.append(
        Curve("exact flow, d = 10 000", [at for at, _ in places], [value for _, value in places], style="points")
    )
    return Chart(
        "overlap",
        f"The overlap, dilated {limit.interpolant.name}",
        "t",
        "M",
        tuple(curves),
        levels=(Level("", 1.0), Level("", -1.0)),
    )
