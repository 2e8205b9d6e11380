"""Claim 11: the spin mean of Curie–Weiss spins sits at ±m, and the derived m, weights and χ are those of its exact
law.

m = tanh(βm), the + mode has weight e^{hm}/(2 cosh hm), inside a mode d·Var(m̂) → Λ''/χ with χ = 1 − βΛ''; all at
rate 1/d.
"""

from __future__ import annotations

import numpy as np
import sympy as sp

from symsched.algebra.codegen import number
from symsched.limits.limit import Limit
from symsched.reporting.charts import Chart, Curve
from symsched.reporting.claim import Finding
from symsched.reporting.verdicts import Row, bounded, deterministic
from symsched.schedules.interpolant import VP
from symsched.validation.claims.cw_enumeration import SpinMeans, spin_means
from symsched.validation.claims.cw_model import BETA, FIELD, GROUP, PAPER, limit_of, slope
from symsched.validation.effort import Effort

QUANTITIES = ("m", "weight of the + mode", "d·Var(m̂) in the + mode", "χ")
WEAK = sp.Rational(11, 10)


def derived(limit: Limit) -> tuple[float, ...]:
    """Return m, w_+, Λ''/χ and χ of the uppermost saddle, from the cascade."""
    saddle, mode = limit.distribution.saddles[-1], limit.cascade.modes[-1]  # type: ignore[attr-defined]
    collective = number(saddle.variance / saddle.chi, "the collective variance")
    return (number(saddle.magnetisation, "m"), number(mode.weight, "a weight"), collective, number(saddle.chi, "chi"))


def enumerated(law: SpinMeans) -> tuple[float, ...]:
    """Return the same four at finite d, the last as (1 − E[m̂ | m̂ > 0]²) over d·Var(m̂ | m̂ > 0)."""
    mean, variance = law.given_up()
    return (mean, law.up, law.d * variance, (1 - mean**2) / (law.d * variance))


def extrapolated(d: int, beta: float, field: float) -> tuple[float, ...]:
    """Return the limits of the four as numbers at d, 2d and 4d show them, corrections 1/d and 1/d² removed."""
    table = np.array([enumerated(spin_means(size, beta, field)) for size in (d, 2 * d, 4 * d)])
    once = 2 * table[1:] - table[:-1]
    return tuple((4 * once[1] - once[0]) / 3)


def rows_at(beta: sp.Expr, sizes: tuple[int, ...], base: int, tolerance: float) -> tuple[list[Row], np.ndarray]:
    """Return the rows of one β, and the errors (sizes, 4)."""
    predicted = np.array(derived(limit_of(VP, beta)))
    numeric = (number(beta, "beta"), number(FIELD, "h"))
    table = np.array([enumerated(spin_means(d, *numeric)) for d in sizes])
    errors = np.abs(table - predicted)
    found = extrapolated(base, *numeric)
    label = f"β = {beta}"
    rows = []
    for k, name in enumerate(QUANTITIES):
        rows.append(
            deterministic(
                f"{label}: {name}, extrapolated from d = {base}, {2 * base}, {4 * base}",
                predicted[k],
                found[k],
                tolerance,
            )
        )
        rows.append(bounded(f"{label}: rate in d of {name}", slope(sizes, errors[:, k]), -1.05, -0.95, predicted=-1.0))
    return rows, errors


def claim(effort: Effort) -> Finding:
    """Return claim 11."""
    sizes = tuple(10**k for k in range(3, effort.choose(7, 6)))
    rows, errors = rows_at(BETA, sizes, 2000, 1e-8)
    weak, _ = rows_at(WEAK, tuple(8 * size for size in sizes), 64_000, 2e-7)
    limit = limit_of(VP)
    saddle = limit.distribution.saddles[-1]  # type: ignore[attr-defined]
    chart = Chart(
        "rates",
        "Enumerated minus derived, β = 2, h = ln 2",
        "d",
        "error",
        (
            *(Curve(name, sizes, errors[:, k], style="points") for k, name in enumerate(QUANTITIES)),
            Curve("1/d", sizes, [1 / d for d in sizes], style="dashed"),
        ),
        log_x=True,
        log_y=True,
        caption="Exact sums over the d + 1 values of the spin mean; no sampling.",
    )
    return Finding(
        11,
        "Curie–Weiss: m, the weights and χ",
        "The limit's m, mode weights and χ, found as saddle points of g − I with their Gaussian fluctuations, are "
        "those of the exact law of "
        "the spin mean at finite d, and are approached at rate 1/d. At finite d everything is a sum over d + 1 values.",
        (
            *limit.definitions,
            sp.Eq(sp.Symbol("w_+"), limit.cascade.modes[-1].weight, evaluate=False),
            sp.Eq(sp.Symbol("chi"), saddle.chi, evaluate=False),
        ),
        (*rows, *weak),
        charts=(chart,),
        group=GROUP,
        source=PAPER,
    )
