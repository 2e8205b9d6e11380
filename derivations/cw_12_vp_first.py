"""Claim 12: dilated VP, the first half: the spin mean chooses its mode by a scalar equation."""

from functools import cache, partial

import numpy as np
import sympy as sp

from cw_case import (
    BETA,
    FIELD,
    KAPPA,
    PATHS_ROOM,
    WEAK,
    amplitudes,
    claim,
    exact,
    laws_apart,
    limit,
    nu,
    rate,
    rms,
    saddle,
    solved,
)
from independent.spins import order_parameters, spin_means
from symsched.symbols import kappa as kappa_symbol
from symsched.symbols import t as time
from symsched.validation.cells import Formula, Identity, Steps, cell
from symsched.validation.checks import Axes, Enumerated, Flow, SolvesODE
from symsched.validation.effort import Sized

STARTS = (-1.5, -1.0, -0.3, 0.3, 1.2)  # μ(0): both sides of the unstable point, near it and beyond one deviation
HALF, SHOWN = 0.5, 100
TIMES = tuple(0.02 * k for k in range(1, 26))  # of the compared paths: the whole first half
SMALL = Sized((64, 256, 1024, 4096), (64, 256, 1024))  # for paths on exact flows, which cost d a step
LARGE = Sized(tuple(4**k for k in range(5, 10)), (4**5, 4**6, 4**7))  # for laws

s, order, t, mu = sp.symbols("s nu t mu", real=True)
m, h, kappa, d = sp.symbols("m h kappa d", positive=True)
epsilon = sp.Symbol("epsilon", positive=True)
DRIFT = m * sp.tanh(h * m + s * m * order)


@cell("The canonical flow of the effective law, two atoms ±m: dν/ds = (1/s) ∂_ν log Z.")
def canonical():
    up = sp.exp(h * m) / (2 * sp.cosh(h * m))
    partition = up * sp.exp(s * m * order - s**2 * m**2 / 2) + (1 - up) * sp.exp(-s * m * order - s**2 * m**2 / 2)
    yield Formula("Z(s, ν)", partition)
    yield Identity("dν/ds = m tanh(hm + smν)", sp.diff(sp.log(partition), order) / s, DRIFT)


@cell("Read in t: s = √d ψ with ψ = τ/(1 − τ), μ = αν; what is left of order ε = d^−1/2 stands in s(t) and α(t).")
def read_in_time():
    tau = 2 * kappa * t * epsilon
    strength = tau / (1 - tau) / epsilon
    yield Formula("s(t)", sp.series(strength, epsilon, 0, 3))
    velocity = sp.limit(sp.diff(strength, t), epsilon, 0) * DRIFT.subs({order: mu, s: 2 * kappa * t})
    yield Formula("μ' as d → ∞", velocity)
    phase = limit("vp").phases[0]
    found = phase.ode.rhs.subs(phase.ode.lhs.args[0], mu)
    own = velocity.subs({m: saddle().magnetisation, h: FIELD, t: time, kappa: kappa_symbol})
    point = {time: sp.Rational(1, 3), kappa_symbol: 3, mu: sp.Rational(2, 7)}
    yield Identity("derive() gives the equation found by hand", found, own, at=(point,))
    yield Steps(limit("vp").derivation, ("speciation window", "order parameter in t"))


@cell(
    "At equal s nothing of order d^−1/2 is left. The drift is a mean over coordinates, tanh expanded in ψ = εs: Σ_i of "
    "the term in ε is s (1 − tanh² u) ν, of order one against √d m tanh(…), so that relative corrections are 1/d."
)
def at_equal_strength():
    u, y = sp.symbols("u y", real=True)
    yield Formula("E[a_i | u, y_i]", sp.series(sp.tanh(u + s * epsilon * y), epsilon, 0, 3).removeO())


# %%
@cache
def walked(seed=0):
    """μ at TIMES on exact flows at d = 100, (5, 25)."""
    read = [amplitudes("vp", at, float(SHOWN)) for at in TIMES]
    found = order_parameters(SHOWN, STARTS, [strength for _, strength in read], seed)
    return found * [alpha for alpha, _ in read]


def above_zero(beta=BETA):
    return (1 - float(limit("vp", beta).phases[0].law.cdf(KAPPA, 0.0)),)


def above_zero_at(size):
    return (1 - float(spin_means(size).noisy_cdf(amplitudes("vp", HALF, float(size))[1], np.zeros(1))[0]),)


def laws_at_equal_strength(beta, size, _):
    grid = np.linspace(-7, 7, 281)
    return np.max(np.abs(spin_means(size).noisy_cdf(KAPPA, grid) - limit("vp", beta).phases[0].law.cdf(KAPPA, grid)))


def paths_apart(beta, size, effort, *, read_in_time):
    paths = effort.choose(12, 6)
    alpha, strength = amplitudes("vp", HALF, float(size))
    equal, later = nu(size, paths, (KAPPA, strength), effort.seed).T
    return rms((alpha * later if read_in_time else equal) - solved("vp", HALF, paths, beta))


CLAIM = claim(
    number=12,
    title="Curie–Weiss, dilated VP: the first half",
    part="the dilated VP schedule of the Curie–Weiss model, first half: the equation of μ",
    statement="VP (linear) with τ = 2κt/√d for t ≤ ½, β > 1: as d → ∞ at fixed t, μ = Σ x_i/√d follows "
    "μ' = 2κm tanh(hm + 2κm t μ) from μ_0 ~ N(0, 1). Exact d-dimensional paths from the same noise converge at rate "
    "d^−1/2 at equal t and 1/d at equal s = √d ψ: the slower rate is the schedule's own correction.",
    formulas=lambda: (limit("vp").phases[0].ode, limit("vp").phases[0].initial, *limit("vp").definitions),
    cells=(canonical, read_in_time, at_equal_strength),
    checks=(
        SolvesODE(
            name="μ(½) from μ_0 = {start}",
            equation=lambda: limit("vp").phases[0].ode,
            starts=STARTS,
            times=(HALF,),
            exact=exact("vp"),
            tolerance=1e-10,  # the solver's 1e-11, grown as paths part
            flow=Flow(
                Axes("paths", "The spin mean chooses its mode", "μ", "t", caption="β = 2, h = ln 2, κ = 3, VP linear."),
                STARTS,
                TIMES,
                lambda start, at: walked()[STARTS.index(start), TIMES.index(at)],
                f"exact, d = {SHOWN}",
                3,
            ),
            wrong={"equation": lambda: limit("vp", WEAK).phases[0].ode},
        ),
        Enumerated(
            names=("P(μ(½) > 0)",),
            derived=above_zero,
            enumerated=above_zero_at,
            base=(4**7, 4**8),
            powers=(0.5,),
            wrong={"derived": lambda: above_zero(WEAK)},
        ),
        rate("law of μ(½), sup distance", laws_apart("vp", HALF), LARGE, expected=-0.5),
        rate("law of ν at s = κ, sup distance", laws_at_equal_strength, LARGE, expected=-1.0, room=0.02),
        rate(
            "paths from the same noise, at t = ½",
            partial(paths_apart, read_in_time=True),
            SMALL,
            expected=-0.5,
            room=PATHS_ROOM,
            drawn="paths at t = ½",
        ),
        rate(
            "paths from the same noise, at s = κ",
            partial(paths_apart, read_in_time=False),
            SMALL,
            expected=-1.0,
            room=PATHS_ROOM,
            drawn="paths at s = κ",
        ),
    ),
)

if __name__ == "__main__":
    CLAIM.tell()
