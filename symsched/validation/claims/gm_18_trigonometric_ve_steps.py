"""Claim 18, beside claim 9 and expected to fail: Euler on dilated trigonometric VE recovers the width in a number of
steps free of d.

Limit meant: steps fixed, d → ∞. The limit equation keeps σ_κ; Euler's samples have a width that grows like √d.
"""

from __future__ import annotations

import numpy as np
import sympy as sp

from symsched.algebra.codegen import number
from symsched.reporting.charts import Chart, Curve, Level
from symsched.reporting.claim import Finding
from symsched.reporting.verdicts import Row, deterministic
from symsched.symbols import kappa
from symsched.validation.claims import gm_case
from symsched.validation.claims.gm_08_dilated_ve import kept_width, sigma
from symsched.validation.claims.gm_09_trigonometric_ve import NAME, noise_factor
from symsched.validation.claims.gm_sums import draw_paths
from symsched.validation.effort import Effort

_TOLERANCE = 0.2
_REASON = (
    "α is far from linear in τ, so K Euler steps leave the orthogonal noise multiplied by the factor of claim 9, "
    "of order √(d/K), where the equation has κ; "
    "the second half cannot remove it. Use the linear interpolant (claim 8), or Euler in canonical coordinates."
)


def claim(effort: Effort) -> Finding:
    """Return the claim with its rows; they fail, as they should."""
    limit = gm_case.limit(NAME)
    promised = kept_width(limit)
    value = number(promised.subs({sigma: gm_case.SIGMA, kappa: sp.Rational(gm_case.KAPPA)}), "the width")
    sizes = (10_000, 1_000_000) if effort.quick else (10_000, 100_000, 1_000_000, 100_000_000)
    rows = width_rows(effort, value, sizes)
    return Finding(
        18,
        "Θ(1) Euler steps on dilated trigonometric VE (beside claim 9)",
        "With 10 or 40 Euler steps per half on the dilated trigonometric VE schedule, samples have the width of "
        "the limit equation to within 0.2 at every d.",
        (
            sp.Eq(sp.Symbol("sigma_kappa"), promised, evaluate=False),
            sp.Eq(sp.Symbol("f_K"), noise_factor(limit.interpolant), evaluate=False),
        ),
        tuple(rows),
        expected="fails",
        reason=_REASON,
        charts=(_chart(rows, sizes, value),),
        group=gm_case.GROUP,
        source=gm_case.SOURCE,
    )


def width_rows(effort: Effort, promised: float, sizes: tuple[int, ...], scheme: str = "interpolant") -> list[Row]:
    """Return the width after 10 and 40 steps per half at each d beside the promised one; ``scheme`` says in which
    coordinates Euler runs.
    """
    schedule = gm_case.limit(NAME).schedule
    rng = np.random.default_rng([effort.seed, 18])
    rows = []
    for count in (10, 40):
        for d in sizes:
            width = draw_paths(
                gm_case.mixture(), schedule.plan(2 * count, d, gm_case.KAPPA, scheme), d, 2_000, rng
            ).width()
            rows.append(
                deterministic(
                    f"width after {count} Euler steps per half", promised, width.value, _TOLERANCE, dimension=d
                )
            )
    return rows


def _chart(rows: list[Row], sizes: tuple[int, ...], promised: float) -> Chart:
    few, many = rows[: len(sizes)], rows[len(sizes) :]
    curves = tuple(
        Curve(f"{count} steps per half", sizes, [row.measured for row in part], style="points")
        for count, part in ((10, few), (40, many))
    )
    return Chart(
        "width",
        "Width after Euler on trigonometric VE",
        "dimension d",
        "width",
        curves,
        log_x=True,
        log_y=True,
        levels=(Level("limit equation", promised),),
    )
