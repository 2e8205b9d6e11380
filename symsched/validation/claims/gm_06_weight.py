"""Claim 6: at finite κ the limit's weight depends on how a mode is read off, and the exact flow at finite d gives p.

By the sign of μ at t = 1/2 it is pΦ(κm) + (1 − p)Φ(−κm), by the posterior's argmax pΦ(κm + h/(κm)) + (1 − p)Φ(−κm +
h/(κm)): d → ∞, then steps → ∞, κ fixed. At fixed d with steps → ∞ the flow is the transport from noise to data, and
the weight is p for every κ.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import mpmath
import numpy as np
import sympy as sp
from numpy.typing import NDArray
from scipy import special
from scipy.integrate import solve_ivp
from scipy.optimize import brentq

from symsched.laws import AtomLaw
from symsched.limits.limit import Limit
from symsched.models.estimates import share
from symsched.reporting.charts import Chart, Curve, Level
from symsched.reporting.claim import Finding
from symsched.reporting.verdicts import Row, deterministic, statistical
from symsched.symbols import kappa, nu
from symsched.validation.claims import gm_case
from symsched.validation.claims.gm_sums import draw_paths
from symsched.validation.effort import Effort

Array = NDArray[np.float64]

_KAPPAS = (1.0, 3.0)
_DIMENSION = 10**12


def claim(effort: Effort) -> Finding:
    """Return the claim with its rows."""
    limit = gm_case.limit("vp")
    law = gm_case.effective_law(limit)
    kappas = _KAPPAS[:1] if effort.quick else _KAPPAS
    sampled = sampled_rows(effort, limit, law, kappas)
    tie = sp.Symbol("nu_tie", real=True)
    return Finding(
        6,
        "What the weight is at finite κ",
        "As d → ∞ at fixed κ (steps → ∞ after), the share of paths with μ(1/2) > 0 and the share whose posterior "
        "prefers +r differ from p by an amount that "
        "vanishes as κ grows; the exact flow at a fixed d gives p whatever κ is.",
        (
            sp.Eq(sp.Function("P")(sp.Gt(nu, 0)), sp.simplify(1 - law.cdf(kappa, sp.S.Zero)), evaluate=False),
            sp.Eq(sp.Function("P")(sp.Gt(nu, tie)), 1 - law.cdf(kappa, tie), evaluate=False),
            sp.Eq(law.denoiser(kappa, tie), 0, evaluate=False),
        ),
        (*quadrature_rows(law), *sampled, *exact_rows(16 if effort.quick else 25)),
        charts=(_chart(law, sampled, kappas),),
        group=gm_case.GROUP,
        source=gm_case.SOURCE,
    )


def by_sign(law: AtomLaw, strength: float) -> float:
    """Return P(ν_κ > 0) under the effective law."""
    return 1 - float(law.cdf(strength, 0.0))


def by_argmax(law: AtomLaw, strength: float) -> float:
    """Return P(ν_κ > ν*), the posterior being undecided at ν*: the zero of the denoiser, as the atoms are ±m."""
    tie = brentq(lambda v: float(law.denoiser(strength, v)), -60.0 / strength, 60.0 / strength, xtol=1e-14)
    return 1 - float(law.cdf(strength, tie))


def quadrature_rows(law: AtomLaw, kappas: Sequence[float] = _KAPPAS) -> list[Row]:
    """Return both weights beside integrals of the density of ν_κ = κg + z over the region, by mpmath."""
    rows = []
    for strength in kappas:
        with mpmath.workdps(25):
            heavy, level = mpmath.mpf("0.8"), mpmath.mpf(strength)

            def parts(
                v: mpmath.mpf, level: mpmath.mpf = level, heavy: mpmath.mpf = heavy
            ) -> tuple[mpmath.mpf, mpmath.mpf]:
                return heavy * mpmath.npdf(v, level), (1 - heavy) * mpmath.npdf(v, -level)

            edge = mpmath.findroot(lambda v: mpmath.log(parts(v)[0] / parts(v)[1]), 0)
            sign, argmax = (
                float(mpmath.quad(lambda v: mpmath.fsum(parts(v)), mpmath.linspace(low, level + 14, 9)))
                for low in (mpmath.mpf(0), edge)
            )
        rows.append(
            deterministic(f"weight by sign, κ = {strength:g}, by quadrature", by_sign(law, strength), sign, 1e-12)
        )
        rows.append(
            deterministic(f"weight by argmax, κ = {strength:g}, by quadrature", by_argmax(law, strength), argmax, 1e-12)
        )
    return rows


def sampled_rows(effort: Effort, limit: Limit, law: AtomLaw, kappas: Sequence[float]) -> list[Row]:
    """Return both weights beside paths of the d-dimensional sampler with many steps, read at t = 1/2; ``law``
    predicts.
    """
    rows = []
    rng = np.random.default_rng([effort.seed, 6])
    steps, count = effort.choose(800, 200), effort.choose(20_000, 10_000)
    sites = [mode.law.site() for mode in gm_case.mixture().modes]
    for strength in kappas:
        plan = limit.schedule.plan(steps, _DIMENSION, strength)
        paths = draw_paths(gm_case.mixture(), plan, _DIMENSION, count, rng, nodes=(steps // 2,))
        means = paths.nodes[:, 0]
        alpha, psi = plan.alpha[steps // 2], plan.psi[steps // 2]
        # log Z of either mode at y = x/α, summed over coordinates: only Σ y enters their difference.
        fields = psi * means / alpha
        odds = _DIMENSION * (sites[0].tilted(fields, psi**2)[0] - sites[1].tilted(fields, psi**2)[0])
        prefers = odds + math.log(gm_case.P / (1 - gm_case.P)) > 0
        for name, predicted, seen in (
            ("sign", by_sign(law, strength), share(means > 0)),
            ("argmax", by_argmax(law, strength), share(prefers)),
        ):
            rows.append(
                statistical(
                    f"weight by {name} at t = 1/2, κ = {strength:g}, paths with {steps // 2} steps",
                    predicted,
                    seen.value,
                    seen.standard_error,
                    dimension=_DIMENSION,
                    allowance=2 * strength / steps,
                    allowance_reason="2κ/steps: Euler's error of first order",
                )
            )
    return rows


def exact_rows(d: int, p: float = float(gm_case.P)) -> list[Row]:
    """Return the share of noise that SciPy's solution of the exact d-dimensional flow carries to +r; ``p`` is what is
    expected.
    """
    model = gm_case.mixture().model(d)
    direction = np.full(d, 1 / math.sqrt(d))
    noise = np.random.default_rng(d).standard_normal(d)
    orthogonal = noise - (noise @ direction) * direction

    def sides(starts: Array) -> Array:
        # At ψ = 10 the modes are 8 standard deviations from the middle: no path changes sides after it.
        begin = starts[:, None] * direction + orthogonal
        solution = solve_ivp(
            lambda psi, y: model.posterior(psi, y.reshape(begin.shape))[0].ravel(),
            (0.0, 10.0),
            begin.ravel(),
            "DOP853",
            rtol=1e-8,
            atol=1e-8,
        )
        return np.asarray(solution.y[:, -1].reshape(begin.shape) @ direction)

    low, high = -3.0, 2.0
    for _ in range(5):
        starts = np.linspace(low, high, 31)
        first = int(np.argmax(sides(starts) > 0))
        low, high = float(starts[first - 1]), float(starts[first])
    weight = float(special.ndtr(-(low + high) / 2))
    return [deterministic("weight of the exact flow at fixed d, by SciPy", p, weight, 1e-6, dimension=d)]


def _chart(law: AtomLaw, rows: Sequence[Row], kappas: Sequence[float]) -> Chart:
    line = np.linspace(0.4, 5, 70)
    curves = [
        Curve("by sign", line, [by_sign(law, at) for at in line]),
        Curve("by argmax", line, [by_argmax(law, at) for at in line]),
    ]
    for offset, name in enumerate(("sign", "argmax")):
        seen = rows[offset::2]
        curves.append(
            Curve(
                f"paths, by {name}",
                kappas,
                [row.measured for row in seen],
                [row.standard_error or 0.0 for row in seen],
                "points",
            )
        )
    return Chart(
        "weights",
        "Weight at the end of the first half",
        r"$\kappa$",
        "weight",
        tuple(curves),
        levels=(Level("p", float(gm_case.P)),),
    )
