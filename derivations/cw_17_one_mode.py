"""Claim 17: for β < 1 one mode, no speciation, a schedule of one window; at β = 1 a continuous law."""

import itertools
import math
from functools import cache, partial

import numpy as np
import sympy as sp

from cw_case import BETA, FIELD, KAPPA, WEAK, claim, limit, own, value
from independent.paths import DILATED, PLAIN
from independent.spins import spin_means
from symsched.distributions.named import CurieWeiss
from symsched.models.estimates import Estimate, average, share
from symsched.predictions.predict import predict
from symsched.schedules.interpolant import VE
from symsched.schedules.schedule import plain
from symsched.symbols import d as d_symbol
from symsched.validation.cells import Formula, Identity, Steps, cell
from symsched.validation.checks import Axes, ClosedForm, Enumerated, Quantity, RateInD, Settles, Structure, WholeVectors
from symsched.validation.effort import Sized

HOT, CRITICAL = sp.Rational(1, 2), sp.S.One
STEPS, SIZE, WIDE = 20, 2000, 10_000
FIELDS = {"no field": sp.S.Zero, "field 0.8 u": sp.Rational(4, 5)}  # the tilt at criticality, in units of d^(1/4)
SIZES = tuple(16**k for k in (2, 3, 4, 5))  # a factor of 16 is one of 2 in d^(1/4)
FIELD_SHAKES = "what the collective field, of variance β²Λ''/(χd), shakes"
PULL = "the field's pull h/(d (1 − β))"

m, u = sp.symbols("m u", real=True)
beta, d = sp.symbols("beta d", positive=True)
EXPONENT = beta * m**2 / 2 - sp.integrate(sp.series(sp.atanh(m), m, 0, 8).removeO(), m)


@cell("g − I near m = 0: for β < 1 every term is negative, so there is one maximum, with d·Var(m̂) = 1/(1 − β).")
def near_zero():
    yield Formula("g − I, up to O(m¹⁰)", sp.collect(sp.expand(EXPONENT), m))
    yield Identity("−(g − I)'' = 1 − β at m = 0", -sp.diff(EXPONENT, m, 2).subs(m, 0), 1 - beta)
    critical = sp.expand(d * EXPONENT.subs(beta, 1).subs(m, u * d ** sp.Rational(-1, 4)))
    yield Formula("d (g − I) at β = 1 and m = d^−1/4 u", critical)
    yield Identity("at β = 1, u has density ∝ exp(−u⁴/12)", sp.limit(critical, d, sp.oo), -(u**4) / 12)


@cell("derive() on β = ½: one phase; VP is not dilated, VE has one window.")
def one_phase():
    for name in ("vp", "ve"):
        found = limit(name, HOT)
        yield Identity(f"{name}: no speciation time", sp.S(found.speciation_time is None and 1), 1)
        yield Formula("τ(t)", found.schedule.tau)
        yield Formula("the equation of a spin", found.phases[0].ode)


@cell("derive() on β = 1, the same call: a continuous effective law.")
def critical_point():
    found = critical("no field")
    yield Formula("effective law ∝", found.phases[0].law.density)
    yield Identity("it is chosen at ψ ~ d^−1/4", found.phases[0].exponent, sp.Rational(1, 4))
    yield Steps(found.derivation, ("saddle points", "critical", "law of u"))


# %% One mode
def counts(name, coupling=HOT):
    """What the derivation found, against maxima of the exact law of m̂ and what one mode means."""
    found, title = limit(name, coupling), name.upper()
    return {
        f"{title}: modes, against maxima of the exact law of m̂": (
            len(found.cascade.modes),
            spin_means(4000, float(HOT), 0.0).peaks,
        ),
        f"{title}: speciation phases": (len(found.cascade.speciations), 0),
        f"{title}: windows of the schedule": (len(found.schedule.windows), 1),
    }


def structure(name):
    return Structure(counts=partial(counts, name), wrong={"counts": partial(counts, name, BETA)})


def collective(*, coupled=True):
    found = limit("vp", HOT).distribution.saddles[0]
    return value(found.variance / (found.chi if coupled else 1))


def enumerated(size):
    law = spin_means(size, *own(HOT))
    return (size * (law.moment(2) - law.moment(1) ** 2),)


def sampled(coupling, size, effort):
    n = effort.choose(4000, 1000)
    means = CurieWeiss(coupling, FIELD).model(size).sample(np.random.default_rng(effort.seed), n).mean(axis=1)
    found = size * float(np.var(means, ddof=1))
    return {"variance": Estimate(found, found * math.sqrt(2 / n))}


# %% Spins simulated with the schedule that follows, by canonical Euler
def predicted(name):
    (found,) = predict(limit(name, HOT), STEPS, kappa=KAPPA if name == "ve" else None, scheme="canonical")
    return found


def near_one(values):
    """The mean of numbers in [0, 1], by path; where all are 1 its error is that of as many hits, not 0."""
    found, hits = average(np.mean(values, axis=1)), share(np.ones(values.size, dtype=bool))
    return Estimate(found.value, max(found.standard_error, hits.standard_error))


def read(run):
    site = run.sites[0]
    return {
        "mean": site.mean,
        "square": near_one(run.x**2),
        "up": average(np.mean(run.x > 0, axis=1)),
        "decided": share(np.abs(run.x).ravel() > 0.99),
    }


@cache
def by_recursion(name, field=0.0):
    """Mean square of the spins and share with |x_i| > 0.99 after canonical steps y' = tanh(u + ψy) in a ``field`` u."""
    ratios = [beta / alpha for alpha, beta, *_ in (PLAIN["vp"](k / STEPS, 1.0, KAPPA) for k in range(STEPS))]
    psi = np.array(ratios) / (KAPPA if name == "ve" else 1)
    y = np.linspace(-7, 7, 200_000)
    masses = np.exp(-(y**2) / 2) / np.exp(-(y**2) / 2).sum()
    for here, there in itertools.pairwise(psi):
        y = y + (there - here) * np.tanh(field + here * y)
    x = np.tanh(field + psi[-1] * y)
    return {"square": float(masses @ x**2), "decided": float(masses @ (np.abs(x) > 0.99))}


def shaken(what, name, size):
    """What the collective field changes of these, even in it: on average as much as one standard deviation does."""
    field = float(HOT) * math.sqrt(collective() / size)
    return abs(by_recursion(name, field)[what] - by_recursion(name)[what])


def pull(size):
    """What a field h of order one leaves of the spin mean at d, to first order in it."""
    return value(FIELD) / (1 - float(HOT)) / size


def simulated(name):
    """The check of one interpolant; plain VE leaves most spins undecided."""
    title = name.upper()
    return WholeVectors(
        distribution=lambda: CurieWeiss(HOT, FIELD),
        schedule=lambda: limit(name, HOT).schedule,
        read=read,
        quantities=(
            Quantity("mean", f"{title}: mean of a spin", lambda _: predicted(name).site_mean, pull, PULL),
            Quantity(
                "square",
                f"{title}: mean square of a spin, with Euler's error",
                lambda _: predicted(name).site_variance + predicted(name).site_mean ** 2,
                partial(shaken, "square", name),
                FIELD_SHAKES,
            ),
            Quantity("up", f"{title}: share of spins up", lambda _: 0.5, pull, PULL),
            Quantity(
                "decided",
                f"{title}: share of spins with |x_i| > 0.99",
                lambda _: by_recursion(name)["decided"],
                partial(shaken, "decided", name),
                FIELD_SHAKES,
            ),
        ),
        d=SIZE,
        n=Sized(300, 60),
        steps=STEPS,
        kappa=KAPPA if name == "ve" else None,
        method="scalar map",
        scheme="canonical",
        keep="x",
        wrong={"schedule": lambda: plain(VE), "kappa": None},
    )


# %% The critical point
def critical(label):
    return limit("vp", CRITICAL, FIELDS[label] * d_symbol ** sp.Rational(1, 4))


def moments(label, size):
    """E u and E u² of u = d^{1/4} m̂, enumerated."""
    law = spin_means(size, 1.0, float(FIELDS[label]) * size**0.25)
    return size**0.25 * law.moment(1), size**0.5 * law.moment(2)


def at_criticality(label, other):
    """The checks with one field; the law with the ``other`` fails."""

    def derived(field):
        site = critical(field).phases[0].law.site()
        return site.mean, site.variance + site.mean**2

    # Without a field E u = 0 by symmetry, in the law and in the sum.
    first = int(FIELDS[label] == 0)
    names = tuple(f"β = 1, {label}: {name}" for name in ("E u", "E u²"))
    yield Enumerated(
        names=names[first:],
        derived=lambda: derived(label)[first:],
        enumerated=lambda size: moments(label, size)[first:],
        base=SIZES[1:],
        powers=(0.5, 1.0),
        sizes=SIZES,
        rate=-0.5,
        rated=names[1:],
        wrong={"derived": lambda: derived(other)[first:]},
    )
    yield RateInD(
        name=f"β = 1, {label}: exponent γ of √d E[m̂²]^½ ~ d^γ",
        gap=lambda _, size, effort: (moments(label, size)[1] * size**0.5) ** 0.5,
        sizes=SIZES,
        expected=lambda: float(critical(label).phases[0].exponent),
        room=0.01,
        wrong={"expected": lambda: float(limit("vp", WEAK).phases[0].exponent)},
    )


# %% The schedule that follows, with and without speciation
def compressed(ratio):
    return float(np.arctan(ratio) * 2 / math.pi)


def dilation(coupling, name, t):
    """(2/π) arctan ψ at t, a multiple of 1/40, of the derived schedule at d = 10⁴."""
    return compressed(limit(name, coupling).schedule.psi(40, WIDE, KAPPA)[round(40 * t)])


def written_out(coupling, name, t):
    """The same from ψ = t/(1 − t), over κ for VE; for β > 1, of the paper's schedules."""
    alpha, beta, _, _ = (DILATED[name] if coupling > 1 else PLAIN["vp"])(t, float(WIDE), KAPPA)
    return compressed(beta / alpha / (KAPPA if name == "ve" and coupling < 1 else 1))


CLAIM = claim(
    number=17,
    title="Curie–Weiss at β < 1 (and β = 1)",
    part="the Curie–Weiss model at β ≤ 1, beside the paper's β > 1",
    statement="For β < 1 (h free of d) the derivation finds one mode, fair spins, no speciation phase and a schedule "
    "of one window (VP needs no dilation), with which twenty canonical steps give fair spins; d·Var(m̂) of the measure "
    "tends to Λ''/χ = 1/(1 − β). At β = 1, where χ = 0, it finds m̂ = d^−1/4 u with a continuous effective law "
    "∝ exp(−u⁴/12), chosen at ψ ~ d^−1/4; a field of order d^{1/4} matters there.",
    formulas=lambda: (
        *(limit(name, HOT).phases[0].ode for name in ("vp", "ve")),
        *(sp.Eq(sp.Symbol("tau"), limit(name, HOT).schedule.tau, evaluate=False) for name in ("vp", "ve")),
    ),
    cells=(near_zero, one_phase, critical_point),
    checks=(
        structure("vp"),
        structure("ve"),
        ClosedForm(
            name="β = {}, {}: (2/π) arctan ψ of the schedule at t = {}",
            points=tuple((HOT, name, t) for name in ("vp", "ve") for t in (0.25, 0.75)),
            derived=dilation,
            independent=written_out,
            tolerance=1e-12,  # rounded
            axes=Axes("schedules", "The schedule that follows, with and without speciation", "(2/π) arctan ψ", "t"),
            line=tuple(k / 40 for k in range(40)),
            seen=tuple(k / 8 for k in range(8)),
            series=tuple((coupling, name) for coupling in (HOT, BETA) for name in ("vp", "ve")),
            named=lambda coupling, name: f"β = {coupling}, {name.upper()}",
            wrong={"derived": lambda _, name, t: dilation(BETA, name, t)},
        ),
        Enumerated(
            names=("d·Var(m̂) = Λ''/χ",),
            derived=lambda: (collective(),),
            enumerated=enumerated,
            base=(4000, 16_000),
            powers=(1,),
            sizes=(1000, 4000, 16_000),
            axes=Axes("collective", "d·Var(m̂) at β = ½: enumerated minus derived", "error", log_y=True),
            wrong={"derived": lambda: (collective(coupled=False),)},
        ),
        Settles(
            schedule=HOT,
            sample=sampled,
            dimensions=(SIZE,),
            quantities=(Quantity("variance", "d·Var(m̂) of exact samples", lambda _: collective()),),
            wrong={"schedule": sp.Rational(1, 4)},
        ),
        simulated("vp"),
        simulated("ve"),
        *at_criticality("no field", "field 0.8 u"),
        *at_criticality("field 0.8 u", "no field"),
    ),
)

if __name__ == "__main__":
    CLAIM.tell()
