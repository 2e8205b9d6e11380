"""Claim 4: the first half of dilated VP."""

from functools import cache, partial

import numpy as np
import sympy as sp

from gm_case import FAR, KAPPA, ODDS, P, claim, ends, euler_halfway, h, law, limit, m, mixture, p, symbolic
from independent.mixture import ExactFlow
from independent.paths import DILATED, PLAIN
from symsched.models.estimates import average, share
from symsched.schedules.schedule import plain
from symsched.simulation.simulate import simulate
from symsched.symbols import kappa, nu, s, t
from symsched.validation.cells import Formula, Identity, Steps, cell
from symsched.validation.checks import Axes, Flow, Quantity, RateInD, Settles, SolvesODE, solve_ode
from symsched.validation.effort import Sized
from symsched.validation.validate import path_error

STARTS = (0.3, -1.0)  # ν(0) on both sides of the threshold
STEPS, FINE = 20, 2_000
TARGET = 7 * P / 8
"""Another weight, for the controls."""


# %%
@cell("From the density to the equation.")
def equation():
    found = symbolic("vp")
    words = ("canonical", "differs first", "local asymptotic", "speciation window", "order parameter in t")
    yield Steps(found.derivation, words)
    ode, place = found.phases[0].ode, sp.Symbol("mu", real=True)
    yield Formula("the equation", ode)
    paper = 2 * kappa * m * sp.tanh(h + 2 * kappa * m * t * place)
    at = {p: sp.Rational(4, 5), m: sp.Rational(7, 5), kappa: 3, t: sp.Rational(1, 3), place: sp.Rational(-2, 9)}
    ours = ode.rhs.subs(ode.lhs.args[0], place)
    yield Identity("it is the paper's, with h = ½ log(p/(1 − p))", ours, paper.subs(ODDS), at=(at,))


@cell("Its solution is a quantile map: F_s is constant along it, so the law at t = 1/2 is exact.")
def quantiles():
    effective = symbolic("vp").phases[0].law
    cdf = effective.cdf(s, nu)
    yield Formula("F_s(ν) = P(z + s g ≤ ν)", cdf)
    carried = sp.diff(cdf, s) + effective.denoiser(s, nu) * sp.diff(cdf, nu)
    spots = tuple({p: sp.Rational(4, 5), m: 1, s: sp.Rational(3, 2), nu: sp.Rational(k, 3)} for k in (-4, 1, 5))
    yield Identity("∂F/∂s + D ∂F/∂ν = 0", carried, at=spots)


# %%
def ode(weight=P):
    return limit("vp", weight).phases[0].ode


def distance(weight, d, _):
    end = float(solve_ode(ode(weight), STARTS[:1], (0.0, 0.5), KAPPA)[0, -1])
    return ExactFlow(DILATED["vp"], d).order_parameter(STARTS[0], 0.5) - end


@cache
def sampled_distance(schedule, d, effort):
    """Mean distance of sampled paths from the d = ∞ recursion with the same ν_0."""
    run = simulate(
        mixture(),
        schedule(),
        d=d,
        n=effort.choose(500, 200),
        steps=STEPS,
        kappa=KAPPA,
        rng=effort.seed,
        keep="statistics",
    )
    return path_error(limit("vp"), run, STEPS, KAPPA, "interpolant").measured


def halfway(path, d, effort):
    """Moments and tails of μ(1/2) over paths with many steps."""
    found = ends(path, FINE, d, n=effort.choose(20_000, 5_000), seed=effort.seed)
    mu = np.sqrt(d) * found.halfway
    return {"mean": average(mu), "square": average(mu**2), "positive": share(mu > 0), "far": share(mu > KAPPA)}


@cache
def by_euler():
    """The same numbers by Euler's recursion as d → ∞, with as many steps."""
    nu, masses = euler_halfway(KAPPA, FINE // 2)
    return {
        "mean": masses @ nu,
        "square": masses @ nu**2,
        "positive": masses @ (nu > 0),
        "far": masses @ (nu > KAPPA),
    }


def moment(power):
    atoms = zip(law().values, law().weights, strict=True)
    return float(sum(weight * (KAPPA * value) ** power for value, weight in atoms))


def above(place):
    return 1 - float(law().cdf(KAPPA, place))


def quantity(key, name, value):
    return Quantity(
        key,
        name,
        lambda _: value(),
        lambda _: abs(by_euler()[key] - value()),
        "Euler's error, by its recursion as d → ∞",
    )


CLAIM = claim(
    number=4,
    title="Dilated VP, first half",
    part="the dilated VP schedule of the Gaussian mixture, first half: the equation of μ",
    statement="For t ≤ 1/2 the component of x along the means, μ = r·x/(m√d), follows the derived equation from N(0, "
    "1) as d → ∞. At fixed steps, paths of the d-dimensional sampler approach its Euler recursion like d^−1/2; with "
    "many steps after d → ∞ its law at t = 1/2 is p N(κm, 1) + (1 − p) N(−κm, 1).",
    formulas=lambda: (limit("vp").phases[0].ode, limit("vp").phases[0].initial),
    cells=(equation, quantiles),
    checks=(
        SolvesODE(
            name="μ({t:g}) from μ_0 = {start:g}, by the exact flow",
            equation=ode,
            starts=STARTS,
            times=(0.5,),
            exact=ExactFlow(DILATED["vp"], "1e24").order_parameter,
            tolerance=1e-10,  # the solver's 1e-11, grown as paths part; d = 10²⁴ leaves 10⁻¹²
            dimension=1e24,
            flow=Flow(
                Axes("paths", "The component along the means, dilated VP", r"$\mu$", "t"),
                (-2.0, -1.0, -0.6, 0.3, 1.0),
                np.linspace(0.005, 0.5, 100),
                ExactFlow(DILATED["vp"], 10_000).order_parameter,
                "exact flow, d = 10 000",
            ),
            wrong={"equation": partial(ode, TARGET)},
        ),
        RateInD(
            name="rate in d at which the exact flow approaches the equation",
            subject=P,
            gap=distance,
            sizes=(1e4, 1e6, 1e8),
            expected=lambda: -float(limit("vp").phases[0].exponent),
            room=0.005,
            wrong={"subject": TARGET},
        ),
        RateInD(
            name="rate in d at which sampled paths approach the recursion",
            subject=lambda: limit("vp").schedule,
            gap=sampled_distance,
            sizes=Sized((100, 1_000, 10_000, 100_000), (100, 1_000, 10_000)),
            expected=lambda: -0.5,
            axes=Axes(
                "rate", f"Distance of paths from the limit, {STEPS} steps", "mean distance of a path", log_y=True
            ),
            wrong={"subject": lambda: plain(limit("vp").interpolant)},
        ),
        Settles(
            schedule=DILATED["vp"],
            sample=halfway,
            dimensions=(FAR,),
            quantities=(
                quantity("mean", "E μ(1/2)", partial(moment, 1)),
                quantity("square", "E μ(1/2)²", lambda: 1 + moment(2)),
                quantity("positive", "P(μ(1/2) > 0)", partial(above, 0.0)),
                quantity("far", "P(μ(1/2) > κ)", partial(above, KAPPA)),
            ),
            wrong={"schedule": PLAIN["vp"]},
        ),
    ),
)

if __name__ == "__main__":
    CLAIM.tell()
