"""Claim 6: what the weight is at finite κ."""

import numpy as np
import sympy as sp
from scipy import special
from scipy.optimize import brentq

from gm_case import FAR, P, claim, ends, euler_halfway, h, law, m, p, symbolic
from independent.mixture import ends_at_the_heavier, weight_above
from independent.paths import DILATED, PLAIN
from symsched.laws.base import normal_cdf
from symsched.models.estimates import share
from symsched.reporting.charts import Level
from symsched.symbols import kappa, nu
from symsched.validation.cells import Formula, Identity, cell
from symsched.validation.checks import Axes, ClosedForm, Quantity, Settles, Threshold
from symsched.validation.effort import Sized

STEPS = 800  # fine enough that κ, not the step, decides
OTHER = sp.Rational(7, 10)


# %%
@cell("The law of ν_κ is that of κ g + z; by sign the weight is its mass above 0.")
def sign():
    above = 1 - symbolic("vp").phases[0].law.cdf(kappa, sp.S.Zero)
    yield Formula("P(ν_κ > 0)", sp.simplify(above))
    target = p * normal_cdf(kappa * m) + (1 - p) * normal_cdf(-kappa * m)
    yield Identity("it is pΦ(κm) + (1 − p)Φ(−κm)", above, target)


@cell("The posterior is undecided where the drift vanishes; by argmax the weight is the mass above that.")
def argmax():
    effective, tie = symbolic("vp").phases[0].law, -h / (kappa * m)
    drift = effective.denoiser(kappa, nu)
    yield Formula("posterior mean of g at κ", drift)
    spots = ({h: sp.log(2), m: sp.Rational(6, 5), kappa: 3}, {h: sp.Rational(1, 3), m: 1, kappa: 1})
    undecided = drift.subs(p, 1 / (1 + sp.exp(-2 * h))).subs(nu, tie)
    yield Identity("it vanishes at ν = −h/(κm)", undecided, at=spots)
    target = p * normal_cdf(kappa * m + h / (kappa * m)) + (1 - p) * normal_cdf(-kappa * m + h / (kappa * m))
    yield Identity("the mass above is pΦ(κm + h/(κm)) + (1 − p)Φ(−κm + h/(κm))", 1 - effective.cdf(kappa, tie), target)


def formulas():
    tie, effective = sp.Symbol("nu_tie", real=True), law()
    yield sp.Eq(sp.Function("P")(sp.Gt(nu, 0)), sp.simplify(1 - effective.cdf(kappa, sp.S.Zero)), evaluate=False)
    yield sp.Eq(sp.Function("P")(sp.Gt(nu, tie)), 1 - effective.cdf(kappa, tie), evaluate=False)
    yield sp.Eq(effective.denoiser(kappa, tie), 0, evaluate=False)


# %%
def tie(reading, strength, effective):
    if reading == "sign":
        return 0.0
    return brentq(lambda v: float(effective.denoiser(strength, v)), -60 / strength, 60 / strength, xtol=1e-14)


def weight(reading, strength, effective=None):
    """P(ν_κ > ν*): ν* = 0 by sign, by argmax the zero of the denoiser, as the atoms are ±m."""
    effective = effective or law()
    return 1 - float(effective.cdf(strength, tie(reading, strength, effective)))


def by_euler(reading, strength):
    """The same after Euler's steps, as d → ∞."""
    nu, masses = euler_halfway(strength, STEPS // 2)
    return float(masses @ (nu > tie(reading, strength, law())))


def sampled(strength, *, full_only=False):
    """Both weights read at t = 1/2 over paths with many steps."""

    def sample(path, d, effort):
        found = ends(path, STEPS, d, n=effort.choose(20_000, 10_000), seed=effort.seed, kappa=strength)
        return {"sign": share(found.halfway > 0), "argmax": share(found.halfway_odds > 0)}

    return Settles(
        schedule=DILATED["vp"],
        sample=sample,
        dimensions=(FAR,),
        quantities=tuple(
            Quantity(
                reading,
                f"weight by {reading} at t = 1/2, κ = {strength:g}, paths with {STEPS // 2} steps",
                lambda _, reading=reading: weight(reading, strength),
                lambda _, reading=reading: abs(by_euler(reading, strength) - weight(reading, strength)),
                "Euler's error, by its recursion as d → ∞",
            )
            for reading in ("sign", "argmax")
        ),
        full_only=full_only,
        wrong={"schedule": PLAIN["vp"]},
    )


CLAIM = claim(
    number=6,
    title="What the weight is at finite κ",
    part="the dilated VP schedule of the Gaussian mixture: the weight at the end of the first half, at finite κ",
    statement="As d → ∞ at fixed κ (steps → ∞ after), the share of paths with μ(1/2) > 0 and the share whose posterior "
    "prefers +r differ from p by an amount that vanishes as κ grows; the exact flow at a fixed d gives p for every κ.",
    formulas=formulas,
    cells=(sign, argmax),
    checks=(
        ClosedForm(
            name="weight by {}, κ = {:g}, by quadrature",
            points=tuple((reading, strength) for strength in (1.0, 3.0) for reading in ("sign", "argmax")),
            derived=weight,
            independent=lambda reading, strength: weight_above(0.0 if reading == "sign" else None, strength),
            tolerance=1e-12,  # SciPy's quad is asked for 1e-13
            axes=Axes("weights", "Weight at the end of the first half", "weight", r"$\kappa$", (Level("p", float(P)),)),
            line=np.linspace(0.4, 5, 70),
            seen=(0.5, 1.0, 2.0, 3.0, 4.0, 5.0),
            series=(("sign",), ("argmax",)),
            wrong={"derived": lambda reading, strength: weight(reading, strength, law("vp", OTHER))},
        ),
        sampled(1.0),
        sampled(3.0, full_only=True),
        Threshold(
            name="weight of the exact flow at fixed d, by SciPy",
            points=Sized((25,), (16,)),
            ends_up=ends_at_the_heavier,
            predicted=lambda _: float(P),
            between=(-3.0, 2.0),
            read=lambda place: float(special.ndtr(-place)),
            rounds=5,
            tolerance=1e-7,  # half of 5/30⁵, times the density there, is 3·10⁻⁸; SciPy's flow has 1e-8
            dimension=float,
            wrong={"predicted": lambda _: 0.79},
        ),
    ),
)

if __name__ == "__main__":
    CLAIM.tell()
