"""Claim 15: ten steps per half are enough at every d."""

import math
from functools import cache, partial

import numpy as np
import sympy as sp
from scipy import special

from cw_case import BETA, FIELD, KAPPA, claim, limit, value
from independent.paths import DILATED, PLAIN, euler_steps
from independent.populations import mean_spins, weight
from independent.spins import magnetisation
from symsched.distributions.named import CurieWeiss
from symsched.models.estimates import average
from symsched.predictions.predict import predict
from symsched.predictions.weights import mode_weights
from symsched.schedules.schedule import plain
from symsched.validation.cells import Formula, Identity, cell
from symsched.validation.checks import Axes, Quantity, RateInD, Settles, WholeVectors
from symsched.validation.effort import Sized

STEPS, HALF = 20, 10
SIZES = Sized((10**2, 10**3, 10**4, 10**6, 10**8), (10**2, 10**4, 10**8))  # d of the predicted weights
SPUN = Sized((10**4, 10**6, 10**8), (10**4, 10**8))  # d of the spins that cross the threshold
VECTORS = ((1_000, Sized(400, 100)), (10_000, 250), (100_000, 40))  # d and number of whole vectors
SHIFT = "what the schedule's own d^−1/2 changes in the recursion"


@cache
def target(name):
    """Weight and mean spin of the + mode at fixed steps as d → ∞."""
    return predict(limit(name), STEPS, kappa=KAPPA)[-1]


@cache
def weight_with_the_schedule_of(name, d):
    """The weight of the + mode by the order parameter alone, on the schedule of this d."""
    return float(mode_weights(limit(name).order_model(d), limit(name).schedule.plan(STEPS, d, KAPPA))[0][-1])


# %%
def first_half():
    """The threshold of ν_0 in K Euler steps of dν/ds = m tanh(hm + smν), s_k = κk/K, and the weight that it gives."""
    m, h = magnetisation(), value(FIELD)
    low, high = -6.0, 6.0
    for _ in range(60):
        nu = middle = (low + high) / 2
        for k in range(HALF):
            nu += KAPPA / HALF * m * math.tanh(h * m + KAPPA * k / HALF * m * nu)
        low, high = (low, middle) if h * m + KAPPA * m * nu > 0 else (middle, high)
    return high, float(special.ndtr(-high))


@cache
def second_half(name, *, answers=True):
    """The mean spin of a path that is decided at t = ½, the field fixed at βm or answering to the spins."""
    steps = euler_steps(DILATED[name], STEPS, 1e30, KAPPA)
    z = np.linspace(-6.5, 6.5, 20_001)
    mass = np.exp(-(z**2) / 2) / np.exp(-(z**2) / 2).sum()
    x, u = steps[0, 0] * z, 2 * magnetisation()
    for k, (alpha, beta, gain, push) in enumerate(steps):
        y = beta / alpha * x / alpha
        # The answer converges by a factor 6 an iteration.
        for _ in range(24 if k > HALF and answers else 0):
            u = 2 * float(mass @ np.tanh(u + y))
        x = gain * x + push * np.tanh(u + y)
    return float(mass @ x)


@cell("The recursion of the first half, VP: s_k = κk/K and one Euler step of dν/ds = m tanh(hm + smν).")
def speciation():
    threshold, found = first_half()
    yield Formula("threshold of ν_0", sp.Float(threshold, 11))
    # Sixty bisections leave rounding; predict() bisects to 1e-12.
    yield Identity("its weight is that of predict()", found, target("vp").weight, within=1e-11)
    yield Formula("weight of the exact flow", sp.N(limit("vp").cascade.modes[-1].weight, 12))


@cell("The second half: the spins follow Euler steps, and the field answers to their law: Euler's error shifts it.")
def data():
    found = second_half("vp")
    yield Formula("mean spin of a path that is decided at t = ½", sp.Float(found, 9))
    yield Identity("those that are not decided cost less than 10⁻³", found, target("vp").site_mean, within=1e-3)


# %%
BISECTIONS = 28
BISECTED = 6.5 / 2**BISECTIONS / math.sqrt(2 * math.pi)
"""What bisection of ν_0 on ±6.5 leaves of a weight, the density of ν_0 being at most φ(0): 10⁻⁸."""
OTHER = 2_000
"""A dimension at which no row stands, where what the order parameter neglects is measured."""


def dense(d):
    """Paths and cells by which the weight at d is known to a part of what the order parameter neglects there."""
    return (12, 200) if d <= 100 else (4, 120)


@cache
def weighed(path, d, seed):
    paths, cells = dense(d)
    steps = euler_steps(path, STEPS, d, KAPPA)
    return average(weight(d, steps, paths, cells=cells, bisections=BISECTIONS, seed=seed))


@cache
def spun(path, d, paths, cells, seed):
    return average(mean_spins(d, euler_steps(path, STEPS, d, KAPPA), paths, cells, seed + 1))


def weights(path, d, effort):
    return {"weight": weighed(path, float(d), effort.seed)}


def spins(path, d, effort):
    return {"spin": spun(path, float(d), effort.choose(24, 12), effort.choose(800, 600), effort.seed)}


@cache
def coefficient(name):
    """What the order parameter neglects of the weight, times d."""
    seen = weighed(DILATED[name], float(OTHER), 0)
    return OTHER * (abs(seen.value - weight_with_the_schedule_of(name, OTHER)) + seen.standard_error)


def neglected(name, d):
    return coefficient(name) / d + BISECTED


def left(name, d):
    """What is left at d of the distance from d = ∞: the schedule's own, and what the order parameter neglects."""
    return abs(weight_with_the_schedule_of(name, d) - target(name).weight) + neglected(name, d)


@cache
def moved(name, d):
    """How far the mean spin of the recursion on the schedule of this d is from that at d = ∞."""
    found = predict(limit(name), STEPS, kappa=KAPPA, d=d)[-1]
    return abs(found.site_mean - target(name).site_mean)


def spin(name, label, predicted=None, axes=None):
    """The mean spin at d against its number at d = ∞."""
    return Quantity(
        "spin", label, lambda _: predicted or target(name).site_mean, partial(moved, name), SHIFT, axes=axes
    )


def vectors(run):
    site = run.sites[-1]
    return {"weight": run.weights[-1], **({} if site is None else {"spin": site.mean})}


def checks(name, wrong):
    """The checks of one interpolant; ``wrong`` is what fails for the mean spin."""
    title, up = name.upper(), f"{name.upper()}: weight of the + mode"
    mean = f"{title}: mean spin in the + mode"
    yield Settles(
        schedule=DILATED[name],
        sample=weights,
        dimensions=SIZES,
        quantities=(
            Quantity(
                "weight",
                f"{up}, with the schedule of this d",
                lambda d: weight_with_the_schedule_of(name, d),
                partial(neglected, name),
                "what the order parameter neglects, of order 1/d, measured at d = 2000",
                axes=Axes(f"weights-{name}", f"{up} after {STEPS} steps", "weight"),
            ),
        ),
        ends=(
            Quantity(
                "weight",
                f"{up} against d = ∞",
                lambda _: target(name).weight,
                partial(left, name),
                "what the schedule of this d changes in the recursion",
            ),
        ),
        wrong={"schedule": PLAIN[name]},
    )
    yield RateInD(
        name=f"{title}: rate in d at which the weight settles",
        subject=DILATED[name],
        gap=lambda path, d, effort: weights(path, d, effort)["weight"].value - target(name).weight,
        # Under VP the term in 1/d outweighs that in d^−1/2 up to d = 10⁵.
        sizes=(10**6, 10**8),
        expected=lambda: -0.5,
        wrong={"subject": PLAIN[name]},
    )
    yield Settles(
        schedule=DILATED[name],
        sample=spins,
        dimensions=SPUN,
        quantities=(spin(name, f"{mean} against d = ∞", axes=Axes(f"spins-{name}", mean, "mean spin")),),
        wrong=wrong,
    )
    for d, n in VECTORS:
        yield WholeVectors(
            distribution=lambda: CurieWeiss(BETA, FIELD),
            schedule=lambda: limit(name).schedule,
            read=vectors,
            quantities=(
                Quantity("weight", f"{up}, simulate()", lambda _: target(name).weight),
                spin(name, f"{mean}, simulate()"),
            ),
            d=d,
            n=n,
            steps=STEPS,
            kappa=KAPPA,
            method="auto",
            full_only=d > VECTORS[0][0],
            wrong={"schedule": lambda: plain(limit(name).interpolant)},
        )


def unanswered(name):
    """The mean spin if the field did not answer to Euler's error; it is off in the fourth digit."""
    return {"quantities": (spin(name, "mean spin, the field fixed at βm", second_half(name, answers=False)),)}


CLAIM = claim(
    number=15,
    title="Curie–Weiss: Θ(1) steps",
    part="the dilated schedules of the Curie–Weiss model: their Θ(1) steps",
    statement="With ten Euler steps per half of the dilated schedules, steps fixed and d → ∞, the weight of the + mode "
    "and the mean spin in it settle on the numbers of a recursion that does not know d, from d = 10² to 10⁸, at the "
    "schedule's own rate d^−1/2. (In it the collective field answers to Euler's own error; with the field fixed at βm "
    "the mean spin would be off in the fourth digit.)",
    formulas=lambda: (limit("vp").schedule.tau, *limit("vp").definitions),
    cells=(speciation, data),
    checks=(*checks("vp", {"schedule": PLAIN["vp"]}), *checks("ve", unanswered("ve"))),
)

if __name__ == "__main__":
    CLAIM.tell()
