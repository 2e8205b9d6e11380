"""Claim 1: the velocity, by the posterior and by the score."""

from functools import cache

import numpy as np
import sympy as sp

from gm_case import claim, mixture
from independent.mixture import overlap_rate, transported, velocity_by_score
from symsched.algebra.codegen import compiled
from symsched.models.estimates import average
from symsched.schedules.interpolant import INTERPOLANTS
from symsched.symbols import d, tau
from symsched.validation.cells import Formula, Identity, cell
from symsched.validation.checks import Axes, ClosedForm, Quantity, Settles
from symsched.validation.effort import Sized

TIME, DIMENSION, PLACE = 0.3, 100, (0.4, -0.7, 0.1, 0.9)
HALF = sp.Rational(1, 2)

# %%
x, a, mean = sp.symbols("x a D", real=True)
clock = sp.Symbol("tau", positive=True)
alpha, beta = sp.Function("alpha", positive=True)(clock), sp.Function("beta", positive=True)(clock)
kernel = sp.exp(-((x - beta * a) ** 2) / (2 * alpha**2)) / (sp.sqrt(2 * sp.pi) * alpha)


@cache
def score(at):
    return sp.simplify(sp.diff(kernel, x) / kernel).subs(a, at)


def by_posterior(drift=mean):
    return alpha.diff(clock) / alpha * x + (beta.diff(clock) - alpha.diff(clock) * beta / alpha) * drift


def by_score(slope):
    return beta.diff(clock) / beta * x + alpha * (alpha * beta.diff(clock) / beta - alpha.diff(clock)) * slope


@cell(
    "The density of I given a is Gaussian. Its score is affine in a, so the posterior average of it, which is the score"
    " of the marginal density, is the same with a → D = E[a | x]: differentiate under the integral."
)
def scores():
    yield Formula("score of the kernel, one coordinate", score(a))
    yield Formula("score of the density", score(mean))


@cell("The two velocities, and E[İ | I = x] with E[z | x] = (x − βD)/α.")
def velocities():
    yield Formula("velocity by the posterior mean", by_posterior())
    yield Identity("the two velocities are one", by_posterior(), by_score(score(mean)))
    conditional = alpha.diff(clock) * (x - beta * mean) / alpha + beta.diff(clock) * mean
    yield Identity("and they are E[α' z + β' a | I = x]", by_posterior(), conditional)


def formulas():
    drift, posterior, slope = sp.Function("b")(x), sp.Function("D")(x), sp.Function("s")(x)
    yield sp.Eq(drift, by_posterior(posterior), evaluate=False)
    yield sp.Eq(drift, by_score(slope), evaluate=False)


# %% The field that the package builds, from its derived rates and its exact posterior
@cache
def coefficients(name, dimension):
    path = INTERPOLANTS[name]
    parts = ("alpha", "psi", "noise_rate", "signal_rate")
    return tuple(float(compiled(getattr(path, part), [tau, d], part)(TIME, dimension)) for part in parts)


def velocity(name, states, weight=None):
    """b(τ, x) at τ = 0.3 for rows x (n, d); ``weight`` is that of +r which the posterior believes in."""
    width, psi, drag, push = coefficients(name, states.shape[1])
    model = (mixture() if weight is None else mixture(weight)).model(states.shape[1])
    return drag * states + push * model.posterior(psi, states / width)[0]


def along_r(name, overlap, weight=None):
    return float(velocity(name, np.full((1, DIMENSION), overlap), weight).mean())


def coordinate(name, index, weight=None):
    return float(velocity(name, np.array([PLACE]), weight)[0, index])


def carried(field, name, dimension, effort):
    """E[f(I) r·(İ − b(I))] under one interpolant, b being the velocity of ``field``."""
    rng = np.random.default_rng([effort.seed, 1, list(INTERPOLANTS).index(name)])
    pairs = transported(
        name, TIME, lambda _, x: velocity(field, x), d=dimension, n=effort.choose(20_000, 4_000), rng=rng
    )
    return {"gap": average(pairs)}


def transport(name, other):
    row = f"{INTERPOLANTS[name].name}: E[f(I) r·(İ − b(I))] over drawn pairs, f = tanh(5 r·x/|r|²)"
    return Settles(
        schedule=name,
        sample=lambda field, dimension, effort: carried(field, name, dimension, effort),
        dimensions=(DIMENSION,),
        quantities=(Quantity("gap", row, lambda _: 0.0),),
        wrong={"schedule": other},
    )


CLAIM = claim(
    number=1,
    title="The velocity field, by the posterior and by the score",
    part="the velocity of the interpolant: the equation of b(τ, x), in both of its forms",
    statement="At every dimension and time, the velocity built from the exact posterior mean is the one built from the "
    "score of the marginal density, and it transports the interpolant: E[f(I) İ] = E[f(I) b(I)]. No limit is taken.",
    formulas=formulas,
    cells=(scores, velocities),
    checks=(
        ClosedForm(
            name=lambda name, at: f"{INTERPOLANTS[name].name}: rate of r·x/|r|² at τ = 0.3, {at:g}, by quantiles",
            points=tuple((name, 0.02) for name in INTERPOLANTS),
            derived=along_r,
            independent=lambda name, at: overlap_rate(name, DIMENSION, str(TIME), str(at)),
            tolerance=1e-12,  # no limit is taken: both sides are rounded
            dimension=DIMENSION,
            axes=Axes("velocity", "Velocity along r at τ = 0.3, d = 100", r"$\dot M$", "$M = r·x/|r|^2$"),
            line=np.linspace(-0.6, 0.6, 241),
            seen=np.round(np.linspace(-0.6, 0.6, 11), 6),
            series=(("vp",), ("ve",)),
            named=lambda name: INTERPOLANTS[name].name,
            wrong={"derived": lambda name, at: along_r(name, at, HALF)},
        ),
        ClosedForm(
            name=lambda name, k: f"{INTERPOLANTS[name].name}: coordinate {k + 1} of b, by the score of the density",
            points=Sized(
                tuple((name, k) for name in INTERPOLANTS for k in (0, 1)), tuple((name, 0) for name in INTERPOLANTS)
            ),
            derived=coordinate,
            independent=lambda name, k: velocity_by_score(name, TIME, PLACE, k),
            tolerance=1e-12,  # no limit is taken: both sides are rounded
            dimension=len(PLACE),
            wrong={"derived": lambda name, k: coordinate(name, k, HALF)},
        ),
        transport("vp", "ve"),
        transport("ve", "vp"),
        transport("vp-trig", "ve-trig"),
        transport("ve-trig", "vp-trig"),
    ),
)

if __name__ == "__main__":
    CLAIM.tell()
