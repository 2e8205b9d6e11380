"""Claim 9: dilated VE on the trigonometric interpolant: the limit equations hold, and Euler multiplies the orthogonal
noise by a known factor.

Limits meant: the equations are d → ∞, then steps → ∞. At K fixed steps per half and d → ∞, Euler leaves the first
half with orthogonal noise √d Π_{k<K} (1 − k/(K² − k²)) where the equation has κ: the two limits do not commute. Claim
18 says what that does to Θ(1) steps.
"""

from __future__ import annotations

import math

import numpy as np
import sympy as sp

from symsched.algebra.codegen import number
from symsched.models.noise import Blocks
from symsched.predictions.predict import predict
from symsched.reporting.charts import Chart, Curve
from symsched.reporting.claim import Finding
from symsched.reporting.verdicts import Row, deterministic, statistical
from symsched.schedules.interpolant import Interpolant
from symsched.schedules.plan import History
from symsched.symbols import d as d_symbol
from symsched.symbols import tau
from symsched.validation.claims import gm_case
from symsched.validation.claims.gm_08_dilated_ve import equation_rows, overlap_chart
from symsched.validation.claims.gm_sums import draw_paths
from symsched.validation.effort import Effort

NAME = "ve-trig"
steps_per_half = sp.Symbol("K", integer=True, positive=True)
_index = sp.Symbol("k", integer=True, nonnegative=True)


def claim(effort: Effort) -> Finding:
    """Return the claim with its rows."""
    limit = gm_case.limit(NAME)
    factor = noise_factor(limit.interpolant)
    rows = [*equation_rows(NAME, limit), *factor_rows(effort, factor), *end_rows(effort)]
    return Finding(
        9,
        "Dilated VE, trigonometric interpolant",
        "As d → ∞ and then steps → ∞ both halves follow the derived equations. With K Euler steps per half and d → "
        "∞ the noise orthogonal to the means leaves "
        "the first half multiplied by the predicted factor, of order √(d/K), instead of κ.",
        (limit.phases[0].ode, limit.phases[1].ode, sp.Eq(sp.Symbol("f_K"), factor, evaluate=False)),
        tuple(rows),
        charts=(overlap_chart(NAME, limit), _chart(factor)),
        group=gm_case.GROUP,
        source=gm_case.SOURCE,
    )


def noise_factor(interpolant: Interpolant) -> sp.Expr:
    """Return α(0) Π_{k<K} (1 + Δτ α̇/α) at τ = k/K: what Euler in x does in K steps to noise that the posterior does
    not see.
    """
    gain = 1 + interpolant.noise_rate.subs(tau, _index / steps_per_half) / steps_per_half
    return interpolant.alpha.subs(tau, 0) * sp.Product(sp.simplify(gain), (_index, 0, steps_per_half - 1))


def factor_value(factor: sp.Expr, steps: int, d: float) -> float:
    """Return the factor at K = ``steps``."""
    return number(factor.subs({steps_per_half: steps, d_symbol: sp.Rational(d)}).doit(), "the factor")


def factor_rows(effort: Effort, factor: sp.Expr) -> list[Row]:
    """Return the factor beside the spread of the coordinates of d-dimensional vectors after the first half, by the
    plain loop.
    """
    rows = []
    d = effort.choose(100_000, 20_000)
    for steps in (10,) if effort.quick else (5, 10, 40):
        plan = gm_case.limit(NAME).schedule.plan(2 * steps, d, gm_case.KAPPA)
        generator = Blocks(effort.seed, 4, d).generator(0)
        model = gm_case.mixture().model(d)
        noise = generator.standard_normal((4, d))
        x, history = plan.alpha[0] * noise, History(plan)
        for k in range(steps):
            history.advance(k, x, model.posterior(plan.psi[k], x / plan.alpha[k])[0])
        spread = np.sqrt(
            np.sum((x - x.mean(axis=1, keepdims=True)) ** 2, axis=1)
            / np.sum((noise - noise.mean(axis=1, keepdims=True)) ** 2, axis=1)
        )
        predicted = factor_value(factor, steps, d)
        # At finite d the half ends at τ = √(1 − κ²/d) and the posterior sees some of the noise: both of order K/d.
        rows.append(
            deterministic(
                f"factor of the orthogonal noise over √d, K = {steps}, whole vectors",
                predicted / math.sqrt(d),
                float(spread.mean()) / math.sqrt(d),
                2 * steps / d,
                dimension=d,
            )
        )
    return rows


def end_rows(effort: Effort) -> list[Row]:
    """Return weight and width at t = 1 after 10 steps per half beside Euler's recursion on the schedule of the same
    d.
    """
    limit = gm_case.limit(NAME)
    rng = np.random.default_rng([effort.seed, 9])
    rows = []
    for d in (10_000,) if effort.quick else (10_000, 1_000_000):
        predicted = predict(limit, 20, kappa=gm_case.KAPPA, d=d)[0]
        paths = draw_paths(
            gm_case.mixture(), limit.schedule.plan(20, d, gm_case.KAPPA), d, effort.choose(40_000, 10_000), rng
        )
        weight, width = paths.weight(), paths.width()
        rows.append(
            statistical(
                "weight after 10 steps per half, by Euler's recursion",
                predicted.weight,
                weight.value,
                weight.standard_error,
                dimension=d,
            )
        )
        rows.append(
            statistical(
                "width after 10 steps per half, by Euler's recursion",
                math.sqrt(predicted.site_variance),
                width.value,
                width.standard_error,
                dimension=d,
            )
        )
    return rows


def _chart(factor: sp.Expr) -> Chart:
    counts = (2, 3, 5, 8, 12, 20, 32, 50, 80)
    d = 10_000
    schedule = gm_case.limit(NAME).schedule
    euler = [float(schedule.plan(2 * count, d, gm_case.KAPPA).noise_gain[count]) for count in counts]
    curves = (
        Curve("product, d → ∞", counts, [factor_value(factor, count, d) for count in counts], style="dashed"),
        Curve("the sampler's steps, d = 10 000", counts, euler, style="points"),
        Curve("limit equation: κ", counts, [gm_case.KAPPA] * len(counts)),
    )
    return Chart("factor", "Orthogonal noise after the first half", "steps per half K", "factor", curves, log_y=True)
