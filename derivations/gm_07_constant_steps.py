"""Claim 7: a number of steps free of d on the dilated schedule."""

from functools import partial

import numpy as np
import sympy as sp

from gm_case import KAPPA, SIGMA, P, claim, heavier, limit, mixture, predicted, symbolic
from independent.paths import DILATED, PLAIN
from symsched.reporting.charts import Level
from symsched.schedules.interpolant import INTERPOLANTS
from symsched.schedules.schedule import plain
from symsched.symbols import nu, s
from symsched.validation.cells import Formula, Identity, Steps, cell
from symsched.validation.checks import Axes, DoesNotMove, Quantity, Settles, WholeVectors
from symsched.validation.effort import Sized
from symsched.validation.validate import REACH

STEPS, HALF = 20, 10
DIMENSIONS = Sized(tuple(10**k for k in range(2, 9)), (10**4, 10**8))  # d over six decades
VECTORS = 4_000  # d of whole vectors
NEGLECTED = "what this d changes in Euler's numbers, the half not at hand taking κ/√d of τ"


# %%
@cell("The coefficients of the steps x' = A x + B D at ψ, as d grows, come from the windows of the schedule.")
def windows():
    found = symbolic("vp")
    yield Steps(found.derivation, ("window",))
    yield Formula("drift of ν", found.phases[0].law.denoiser(s, nu))


@cell("s = √d ψ at the nodes of the first half, and ψ at those of the second, no longer move with d.")
def nodes():
    plan = limit("vp").schedule.plan(STEPS, 1e32, KAPPA)
    for k in (1, HALF - 1):
        at = sp.Rational(k, STEPS)
        yield Identity(f"s = 2κt at t = {at}", np.sqrt(1e32) * plan.psi[k], 2 * KAPPA * at, within=1e-11)
    for k in (HALF + 1, STEPS - 1):
        tau = 2 * sp.Rational(k, STEPS) - 1
        yield Identity(f"ψ = τ/(1 − τ) at τ = {tau}", plan.psi[k], tau / (1 - tau), within=1e-11)


@cell("Euler's numbers at d = ∞ for p = 4/5, σ = 1/2.")
def numbers():
    for name, value in predicted("vp", STEPS).items():
        yield Formula(name, sp.Float(value, 13))


# %%
def allowance(name, d, what="weight"):
    """How far Euler's number at this d is from that at d = ∞."""
    return abs(predicted(name, STEPS, d)[what] - predicted(name, STEPS)[what])


def trusted(d):
    return KAPPA / d**0.5 <= REACH


def sample(path, d, effort):
    return heavier(path, STEPS, d, n=effort.choose(50_000, 20_000), seed=effort.seed)


def axes(what, name, target):
    title = f"{what.capitalize()} with {HALF} steps per half, dilated {INTERPOLANTS[name].name}"
    return Axes(f"{what}-{name}", title, what, levels=(Level("of the data", float(target)),))


def weights(run):
    return {"weight": run.weights[0]}


def constant(name, dimensions=DIMENSIONS, *, full_only=False):
    """The checks of Θ(1) steps under one interpolant."""
    title = f"dilated {INTERPOLANTS[name].name}"
    shared = {"schedule": DILATED[name], "sample": sample, "full_only": full_only}
    wrong = {"schedule": PLAIN[name]}
    weight = Quantity(
        "weight",
        f"{title}: weight",
        lambda _: predicted(name, STEPS)["weight"],
        partial(allowance, name),
        NEGLECTED,
        axes=axes("weight", name, P),
    )
    width = Quantity(
        "width", f"{title}: width", lambda d: predicted(name, STEPS, d)["width"], axes=axes("width", name, SIGMA)
    )
    end = Quantity(
        "width",
        f"{title}: width at the largest d, its number at d = ∞",
        lambda _: predicted(name, STEPS)["width"],
        partial(allowance, name, what="width"),
        NEGLECTED,
    )
    vectors = Quantity(
        "weight",
        f"{title}: weight, whole vectors",
        lambda _: predicted(name, STEPS)["weight"],
        partial(allowance, name),
        NEGLECTED,
    )
    return (
        Settles(dimensions=dimensions, quantities=(weight, width), ends=(end,), decides=trusted, wrong=wrong, **shared),
        DoesNotMove(
            name=f"{title}: change of the weight from d = 10⁴ to 10⁸",
            key="weight",
            between=(10**4, 10**8),
            allowance=allowance(name, 10**4),
            reason=NEGLECTED,
            wrong={"schedule": PLAIN["vp"], "between": (100, 10**4)},
            **shared,
        ),
        WholeVectors(
            distribution=mixture,
            schedule=lambda: limit(name).schedule,
            read=weights,
            quantities=(vectors,),
            d=VECTORS,
            n=Sized(2_000, 500),
            steps=STEPS,
            kappa=KAPPA,
            method="affine",
            full_only=full_only,
            wrong={"schedule": lambda: plain(INTERPOLANTS["vp"])},
        ),
    )


CLAIM = claim(
    number=7,
    title="Θ(1) steps on the dilated schedule",
    part="the dilated VP schedule of the Gaussian mixture: its Θ(1) steps",
    statement="With 10 steps per half on dilated VP, steps fixed and d → ∞, weight and width from d = 10² to 10⁸ agree "
    "with Euler's numbers at d = ∞, and the weight no longer moves with d.",
    formulas=lambda: (phase.ode for phase in limit("vp").phases),
    cells=(windows, nodes, numbers),
    checks=(*constant("vp"), *constant("vp-trig", full_only=True)),
)

if __name__ == "__main__":
    CLAIM.tell()
