"""Claim 1: the velocity from the posterior mean equals the one from the score of the d-dimensional density.

Holds at every d and τ: no limit is taken. The velocity b = (α̇/α) x + (β̇ − α̇β/α) E[a | x] is built from the derived
rates and the exact posterior. It is held against two things that know neither: the finite-difference score of the
marginal density, which mpmath integrates from the densities of data and noise, and an average of İ over pairs (a, z)
that are only drawn.
"""

from __future__ import annotations

from dataclasses import dataclass

import mpmath
import numpy as np
import sympy as sp
from numpy.typing import NDArray

from symsched.algebra.codegen import compiled
from symsched.reporting.charts import Chart, Curve
from symsched.reporting.claim import Finding
from symsched.reporting.verdicts import Row, deterministic, statistical
from symsched.schedules.interpolant import INTERPOLANTS, Interpolant
from symsched.symbols import d as d_symbol
from symsched.symbols import tau as tau_symbol
from symsched.validation.claims import gm_case
from symsched.validation.claims.gm_exact import AMPLITUDES, ExactMixture
from symsched.validation.effort import Effort

Array = NDArray[np.float64]

_DIMENSION = 100
_TIME = 0.3
_SMALL = 4


@dataclass(frozen=True)
class Velocity:
    """The velocity field of the mixture at dimension ``d``, from the posterior mean; ``p`` is the weight of +r."""

    interpolant: Interpolant
    d: int
    p: sp.Rational = gm_case.P

    def __call__(self, tau: float, x: Array) -> Array:
        """Return b(τ, x) for rows x (n, d)."""
        names = ("alpha", "psi", "noise_rate", "signal_rate")
        alpha, psi, drag, push = (
            float(compiled(getattr(self.interpolant, name), [tau_symbol, d_symbol], name)(tau, self.d))
            for name in names
        )
        mean, _ = gm_case.mixture(self.p).model(self.d).posterior(psi, x / alpha)
        return np.asarray(drag * x + push * mean)


def claim(effort: Effort) -> Finding:
    """Return the claim with its rows for all four interpolants."""
    rows = [row for name in INTERPOLANTS for row in rows_for(name, effort)]
    x, drift = sp.Symbol("x"), sp.Function("b")
    alpha, beta = sp.Function("alpha")(tau_symbol), sp.Function("beta")(tau_symbol)
    posterior, score = sp.Function("D")(x), sp.Function("s")(x)
    by_posterior = (
        alpha.diff(tau_symbol) / alpha * x + (beta.diff(tau_symbol) - alpha.diff(tau_symbol) * beta / alpha) * posterior
    )
    by_score = (
        beta.diff(tau_symbol) / beta * x
        + alpha * (alpha * beta.diff(tau_symbol) / beta - alpha.diff(tau_symbol)) * score
    )
    return Finding(
        1,
        "The velocity field, by the posterior and by the score",
        "At every dimension and time, the velocity built from the exact posterior mean is the one built from the "
        "score of the "
        "marginal density, and it transports the interpolant: E[f(I) İ] = E[f(I) b(I)]. No limit is taken.",
        (sp.Eq(drift(x), by_posterior, evaluate=False), sp.Eq(drift(x), by_score, evaluate=False)),
        tuple(rows),
        charts=(_chart(),),
        group=gm_case.GROUP,
        source=gm_case.SOURCE,
    )


def rows_for(name: str, effort: Effort, p: sp.Rational = gm_case.P) -> list[Row]:
    """Return the rows of one interpolant; ``p`` is the weight that the velocity believes in."""
    title = INTERPOLANTS[name].name
    field = Velocity(INTERPOLANTS[name], _DIMENSION, p)
    rate = float(field(_TIME, np.full((1, _DIMENSION), 0.02))[0].mean())
    exact = ExactMixture.of(name, _DIMENSION)
    rows = [
        deterministic(
            f"{title}: rate of r·x/|r|² at τ = 0.3, 0.02, by quantiles",
            rate,
            exact.magnetisation_rate("0.3", "0.02"),
            1e-9,
            dimension=_DIMENSION,
        )
    ]
    place = np.array([0.4, -0.7, 0.1, 0.9])
    small = Velocity(INTERPOLANTS[name], _SMALL, p)(_TIME, place[None])[0]
    for index in range(1 if effort.quick else 2):
        other = _velocity_from_density(name, _TIME, place, index)
        rows.append(
            deterministic(
                f"{title}: coordinate {index + 1} of b, by the score of the density",
                float(small[index]),
                other,
                1e-9,
                dimension=_SMALL,
            )
        )
    rows.append(_transport(name, field, effort))
    return rows


def _transport(name: str, field: Velocity, effort: Effort) -> Row:
    """E[f(I) r·İ] over drawn pairs against E[f(I) r·b(I)], with f = tanh(5 M)."""
    rng = np.random.default_rng([effort.seed, 1, list(INTERPOLANTS).index(name)])
    count, d = effort.choose(20_000, 4_000), field.d
    labels = np.where(rng.random(count) < float(gm_case.P), 1.0, -1.0)
    data = labels[:, None] + float(gm_case.SIGMA) * rng.standard_normal((count, d))
    noise = rng.standard_normal((count, d))
    with mpmath.workdps(30):
        time = mpmath.mpf(str(_TIME))
        alpha, beta = (float(v) for v in AMPLITUDES[name](time, mpmath.mpf(d)))
        slopes = [float(mpmath.diff(lambda at, k=k: AMPLITUDES[name](at, mpmath.mpf(d))[k], time)) for k in (0, 1)]
    state = alpha * noise + beta * data
    test = np.tanh(5 * state.mean(axis=1))
    moving = test * (slopes[0] * noise + slopes[1] * data).mean(axis=1)
    carried = test * field(_TIME, state).mean(axis=1)
    # Both averages run over the same pairs, so the error of their difference is what counts.
    difference = moving - carried
    return statistical(
        f"{INTERPOLANTS[name].name}: E[f(I) r·İ] over drawn pairs, f = tanh(5 r·x/|r|²)",
        float(carried.mean()),
        float(carried.mean() + difference.mean()),
        float(difference.std(ddof=1)) / np.sqrt(count),
        dimension=d,
    )


def _velocity_from_density(name: str, tau: float, place: Array, index: int) -> float:
    """b from the score: (β̇/β) x + α (αβ̇/β − α̇) ∂ log p, with p = Σ_k w_k Π_i ∫ ρ_k(a) φ(x_i − βa; α²) da
    integrated numerically.
    """
    with mpmath.workdps(25):
        d, time, step = mpmath.mpf(len(place)), mpmath.mpf(str(tau)), mpmath.mpf(10) ** -5
        alpha, beta = AMPLITUDES[name](time, d)
        slopes = [mpmath.diff(lambda at, k=k: AMPLITUDES[name](at, d)[k], time) for k in (0, 1)]
        weight, sigma = mpmath.mpf("0.8"), mpmath.mpf("0.5")

        def coordinate(x: mpmath.mpf, centre: int) -> mpmath.mpf:
            return mpmath.quad(
                lambda a: mpmath.npdf(a, centre, sigma) * mpmath.npdf(x, beta * a, alpha),
                mpmath.linspace(centre - 8 * sigma, centre + 8 * sigma, 5),
            )

        rest = {
            c: mpmath.fprod(coordinate(mpmath.mpf(float(x)), c) for j, x in enumerate(place) if j != index)
            for c in (1, -1)
        }

        def log_density(x: mpmath.mpf) -> mpmath.mpf:
            return mpmath.log(weight * coordinate(x, 1) * rest[1] + (1 - weight) * coordinate(x, -1) * rest[-1])

        x = mpmath.mpf(float(place[index]))
        nodes = [log_density(x + k * step) for k in (-2, -1, 1, 2)]
        score = (nodes[0] - 8 * nodes[1] + 8 * nodes[2] - nodes[3]) / (12 * step)
        return float(slopes[1] / beta * x + alpha * (alpha * slopes[1] / beta - slopes[0]) * score)


def _chart() -> Chart:
    places = np.linspace(-0.6, 0.6, 121)
    seen = places[::12]
    curves = []
    for name in ("vp", "ve"):
        field = Velocity(INTERPOLANTS[name], _DIMENSION)
        rates = field(_TIME, np.repeat(places[:, None], _DIMENSION, axis=1)).mean(axis=1)
        curves.append(Curve(f"posterior mean, {INTERPOLANTS[name].name}", places, rates))
        exact = ExactMixture.of(name, _DIMENSION)
        measured = [exact.magnetisation_rate("0.3", str(m)) for m in np.round(seen, 6)]
        curves.append(Curve(f"quantile map, {INTERPOLANTS[name].name}", seen, measured, style="points"))
    return Chart("velocity", "Velocity along r at τ = 0.3, d = 100", "$M = r·x/|r|^2$", r"$\dot M$", tuple(curves))
