"""Claim 8: dilated VE on the linear interpolant."""

from functools import cache

import numpy as np
import sympy as sp
from sympy.stats import Normal

from gm_05_second_half_vp import widths
from gm_07_constant_steps import constant
from gm_case import FAR, KAPPA, ODDS, SIGMA, claim, h, heavier, limit, m, p, sigma, symbolic
from independent.mixture import ExactFlow, vector_flow, width_by_angles
from independent.paths import DILATED
from symsched.algebra.codegen import number
from symsched.laws import law_of
from symsched.reporting.charts import Level
from symsched.schedules.interpolant import INTERPOLANTS
from symsched.symbols import kappa, psi, t, y
from symsched.validation.cells import Formula, Identity, Steps, cell
from symsched.validation.checks import Axes, ClosedForm, Flow, Quantity, Settles, SolvesODE
from symsched.validation.effort import Sized

FINE, SMALL, LATE = 2_000, 400, 0.999
DIMENSIONS = Sized((1_000, 10_000, 1_000_000, 100_000_000), (10_000, 100_000_000))  # d over five decades


# %%
@cell("From the density to the two equations, and the first in the paper's form in τ = 2t, times dτ/dt = 2.")
def first_half():
    found = symbolic("ve")
    yield Steps(found.derivation, ("window", "order parameter in t", "data: given its mode"))
    ode, place = found.phases[0].ode, sp.Symbol("mu", real=True)
    clock, overlap = 2 * t, place / m
    alpha, beta = 1 - clock, clock
    paper = 2 * m * (-overlap / alpha + (1 + beta / alpha) * sp.tanh(h + beta * m**2 * overlap / alpha**2))
    at = {p: sp.Rational(4, 5), m: sp.Rational(7, 5), t: sp.Rational(1, 3), place: sp.Rational(-2, 9)}
    yield Formula("first half", ode)
    ours = ode.rhs.subs(ode.lhs.args[0], place)
    yield Identity("it is Ṁ = (α̇/α) M + (β̇ − α̇β/α) tanh(h + β m² M/α²)", ours, paper.subs(ODDS), at=(at,))


@cache
def width_factor(name):
    """w(t), with w(t)/w(1/2) the factor of a deviation from the mode's mean: exp ∫ (α̇/α + ψ̇ ∂D/∂y)."""
    phase = limit(name).phases[1]
    slope = sp.diff(law_of(Normal("g", 0, sigma)).denoiser(psi, y), y).subs(psi, phase.psi)
    rate = sp.diff(phase.alpha, t) / phase.alpha + sp.diff(phase.psi, t) * slope
    return sp.simplify(sp.exp(sp.integrate(sp.factor(sp.together(rate)), t)))


@cache
def kept_width(name):
    """The width at t = 1 of the derived equation started from its own initial law at t = 1/2."""
    factor = width_factor(name)
    begin = sp.sqrt(limit(name).phases[1].initial.rhs.args[1])
    return sp.simplify(begin * sp.limit(factor, t, 1, "-") / factor.subs(t, sp.Rational(1, 2)))


def kept(name="ve"):
    return number(kept_width(name).subs({sigma: SIGMA, kappa: sp.Rational(KAPPA)}), "the width")


@cell(
    "Second half: deviations from the mode's mean are multiplied by w(t)/w(1/2). The start N(mS, κ²) misses the σ² "
    "that a flow at finite d has by then: that is why σ_κ < σ, and why steps → ∞ at fixed d gives σ."
)
def second_half():
    phase, factor = symbolic("ve").phases[1], width_factor("ve")
    yield Formula("second half", phase.ode)
    yield Formula("w(t)", factor)
    moved = m + factor
    residue = sp.diff(moved, t) - phase.ode.rhs.subs(phase.ode.lhs.args[0], moved)
    yield Identity("m + w(t) solves the equation", residue)
    yield Formula("law at t = 1/2", phase.initial)
    yield Formula("width at t = 1", kept_width("ve"))
    yield Identity("it is σκ/√(κ² + σ²)", kept_width("ve"), sigma * kappa / sp.sqrt(kappa**2 + sigma**2))


# %%
def both_halves(name, other):
    """The checks that either half of dilated VE solves its equation; ``other`` is the interpolant of the control."""
    exact, drawn = ExactFlow(DILATED[name], "1e24"), ExactFlow(DILATED[name], 10_000)
    title = f"The overlap, dilated {INTERPOLANTS[name].name}"
    overlap = SolvesODE(
        name="M at t = {t:g} from M_0 = {start:g}, by the exact flow",
        equation=lambda: limit(name).phases[0].ode,
        starts=(0.3, -1.0),
        times=(0.25, 0.45),
        exact=exact.overlap,
        tolerance=1e-10,  # the solver's 1e-11, grown as paths part; d = 10²⁴ leaves 10⁻¹²
        dimension=1e24,
        flow=Flow(
            Axes("overlap", title, "M", "t", (Level("", 1.0), Level("", -1.0))),
            (-2.0, -1.0, -0.6, 0.3, 1.5),
            np.linspace(0.005, 0.49, 80),
            drawn.overlap,
            "exact flow, d = 10 000",
        ),
        wrong={"equation": lambda: limit(other).phases[0].ode},
    )
    return overlap, widths(name, (0.75, 0.95), wrong={"equation": lambda: limit("vp").phases[1].ode})


def kept_at_fixed_d():
    """What the mode's own law, blurred by α, has there; nothing of κ."""
    alpha, beta, _, _ = DILATED["ve"](LATE, SMALL, KAPPA)
    return float((alpha**2 + float(SIGMA) ** 2 * beta**2) ** 0.5)


def at_fixed_d():
    """The width at t = 0.999 of one vector on the exact flow in dimension 400."""
    noise = np.random.default_rng([0, 8, 2]).standard_normal((1, SMALL))
    alpha, beta, _, _ = DILATED["ve"](LATE, SMALL, KAPPA)
    return alpha * float(vector_flow(noise, (beta / alpha,))[0].std() / noise.std())


def sample(path, d, effort):
    return heavier(path, FINE, d, n=1_000, seed=effort.seed)


CLAIM = claim(
    number=8,
    title="Dilated VE, linear interpolant",
    part="the dilated VE schedule of the Gaussian mixture, linear interpolant: the equations of M and of x",
    statement="As d → ∞ the overlap M follows the first equation for t ≤ 1/2 and ends in ±1; then each coordinate "
    "follows the second from N(mS, κ²), which keeps the width σ_κ < σ. At fixed d with many steps the width is σ; with "
    "10 steps per half weight and width are Euler's numbers at every d.",
    formulas=lambda: (
        *(phase.ode for phase in limit("ve").phases),
        sp.Eq(sp.Symbol("sigma_kappa"), kept_width("ve"), evaluate=False),
    ),
    cells=(first_half, second_half),
    checks=(
        *both_halves("ve", "ve-trig"),
        Settles(
            schedule=DILATED["ve"],
            sample=sample,
            dimensions=(FAR,),
            quantities=(
                Quantity(
                    "width",
                    f"σ_κ: width at t = 1, d → ∞ before steps ({FINE // 2} per half)",
                    lambda _: kept(),
                    lambda d: abs(width_by_angles(DILATED["ve"], FINE, d, KAPPA) - kept()),
                    "Euler's error with these steps, by Π cos(θ_k − θ_k+1)",
                ),
            ),
            wrong={"schedule": DILATED["vp"]},
        ),
        ClosedForm(
            name="√(α² + σ²β²), which tends to σ: width at t = 0.999, steps → ∞ at fixed d",
            points=((),),
            derived=kept_at_fixed_d,
            independent=at_fixed_d,
            tolerance=1e-6,  # SciPy's flow has 1e-8 a step
            dimension=SMALL,
            wrong={"derived": kept},
        ),
        *constant("ve", DIMENSIONS),
    ),
)

if __name__ == "__main__":
    CLAIM.tell()
