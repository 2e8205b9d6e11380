"""Claim 2: fixed steps on the plain schedules."""

from functools import partial

import sympy as sp
from sympy.stats import Normal

from gm_case import SIGMA, P, claim, heavier, m, mixture, p, predicted, sigma, symbolic
from independent.mixture import euler_weight, width_by_angles
from independent.paths import DILATED, PLAIN, euler_steps
from symsched.laws import law_of
from symsched.models.estimates import average
from symsched.reporting.charts import Level
from symsched.schedules.interpolant import INTERPOLANTS
from symsched.schedules.schedule import plain
from symsched.symbols import nu, psi, tau, y
from symsched.validation.cells import Formula, Identity, Steps, cell
from symsched.validation.checks import Axes, ClosedForm, Quantity, Settles, WholeVectors
from symsched.validation.effort import Sized

STEPS = 20  # as many as the dilated schedule gets
DIMENSIONS = Sized((100, 10_000, 1_000_000, 100_000_000), (10_000, 1_000_000))  # d over six decades


# %%
@cell(
    "The weight under plain VP: a step of 1/N in τ is √d/N in s, so the first one moves every path by √d/N times the "
    "drift at s = 0, which is positive for p > 1/2 and outgrows ν_0 ~ N(0, 1): all paths go to +r as d → ∞. Under "
    "plain VE, ψ√d = τ/(1 − τ) at every d: the grid sees the speciation the same way at every d."
)
def weight():
    limit = symbolic("vp")
    yield Steps(limit.derivation, ("differs first", "local asymptotic normality"))
    drift = sp.simplify(limit.phases[0].law.denoiser(sp.S.Zero, nu).rewrite(sp.exp))
    yield Formula("drift of ν at s = 0", drift)
    yield Identity("it is (2p − 1) m", drift, (2 * p - 1) * m)


@cell(
    "The width on any linear grid: what a step does to a deviation, over what the exact flow does. So "
    "σ̂/σ = Π cos(θ_k − θ_k+1). VP: the angles do not know d. VE: tan θ_k = √d (1 − τ)/(στ), so every angle but the "
    "last tends to π/2, and the last factor to 0."
)
def width():
    alpha, beta, after, signal = sp.symbols("alpha beta alpha_1 beta_1", positive=True)
    here, there = sp.symbols("theta theta_1", positive=True)
    slope = sp.simplify(sp.diff(law_of(Normal("g", 0, sigma)).denoiser(psi, y), y)).subs(psi, beta / alpha)
    shrink = after / alpha
    factor = shrink + (signal - shrink * beta) * slope / alpha
    exact = sp.sqrt(after**2 + sigma**2 * signal**2) / sp.sqrt(alpha**2 + sigma**2 * beta**2)
    angles = {alpha: sigma * beta * sp.tan(here), after: sigma * signal * sp.tan(there)}
    ratio = sp.simplify((factor**2 / exact**2).subs(angles))
    yield Formula("(Euler's factor / exact factor)², tan θ = α/(σβ)", ratio)
    yield Identity("it is cos²(θ − θ_1)", ratio, sp.cos(here - there) ** 2)


def formulas():
    theta, k = sp.Function("theta"), sp.Symbol("k", integer=True, nonnegative=True)
    count = sp.Symbol("N", integer=True, positive=True)
    product = sp.Product(sp.cos(theta(k) - theta(k + 1)), (k, 0, count - 1))
    yield sp.Eq(sp.Symbol("sigma_N") / sigma, product, evaluate=False)
    for name in ("vp", "ve"):
        ratio = (1 / (sigma * INTERPOLANTS[name].psi)).subs(tau, k / count)
        yield sp.Eq(sp.tan(theta(k)), sp.simplify(ratio), evaluate=False)


# %%
def grid(name, d):
    return predicted(name, STEPS, d, plain(INTERPOLANTS[name]))


def neglected(name, d):
    """What the order parameter neglects at d: the weight that it gives, against the sampler's own recursion."""
    return abs(euler_weight(euler_steps(PLAIN[name], STEPS, d, 1.0), d) - grid(name, d)["weight"])


def sample(path, d, effort):
    return heavier(path, STEPS, d, n=effort.choose(40_000, 10_000), seed=effort.seed)


def variance(run):
    return {"variance": average(run.site_variance[run.modes == 0])}


def end(name, what, limit):
    """The number that is left as d → ∞, at the largest d."""
    return Quantity(
        what,
        f"plain {name.upper()}: {what} at the largest d",
        lambda _: limit,
        lambda d: abs(grid(name, d)[what] - limit),
        "what this d leaves, by the grid",
    )


def checks(name, end):
    title = f"plain {name.upper()}"
    levels = {"weight": (Level("of the data", float(P)),), "width": (Level("of the data", float(SIGMA)),)}

    def axes(what):
        title = f"{what.capitalize()} after {STEPS} uniform steps, plain {name.upper()}"
        return Axes(f"{what}-{name}", title, what, levels=levels[what])

    return (
        WholeVectors(
            distribution=mixture,
            schedule=lambda: plain(INTERPOLANTS[name]),
            read=variance,
            quantities=(
                Quantity(
                    "variance",
                    f"{title}: variance of a coordinate, whole vectors",
                    # About the mean of its own path a coordinate's variance is smaller by 1/d.
                    lambda d: grid(name, d)["width"] ** 2 * (1 - 1 / d),
                ),
            ),
            d=2_000,
            n=Sized(400, 100),
            steps=STEPS,
            kappa=3.0,
            wrong={"schedule": lambda: symbolic(name).schedule},
        ),
        ClosedForm(
            name=f"{title}: width by Π cos(θ_k − θ_k+1), d = {{:.0e}}",
            points=DIMENSIONS,
            derived=lambda d: grid(name, d)["width"],
            independent=lambda d: width_by_angles(PLAIN[name], STEPS, d),
            tolerance=1e-12,  # twenty factors, each rounded
            wrong={"independent": lambda d: width_by_angles(DILATED[name], STEPS, d)},
        ),
        Settles(
            schedule=PLAIN[name],
            sample=sample,
            dimensions=DIMENSIONS,
            quantities=(
                Quantity(
                    "weight",
                    f"{title}: weight",
                    lambda d: grid(name, d)["weight"],
                    partial(neglected, name),
                    "what the order parameter neglects, by the sampler's own recursion",
                    axes=axes("weight"),
                ),
                Quantity("width", f"{title}: width", lambda d: grid(name, d)["width"], axes=axes("width")),
            ),
            ends=(end,),
            wrong={"schedule": DILATED[name]},
        ),
    )


CLAIM = claim(
    number=2,
    title="Plain schedules with fixed steps",
    part="the plain schedules of the Gaussian mixture at a fixed number of steps: what VP and VE each miss",
    statement=f"With {STEPS} uniform steps in τ and d → ∞, plain VP puts all weight on the heavier mode and keeps the "
    "width of its grid; plain VE keeps the weight of its grid and loses the width.",
    formulas=formulas,
    cells=(weight, width),
    checks=(
        *checks("vp", end("vp", "weight", 1.0)),
        *checks("ve", end("ve", "width", 0.0)),
    ),
)

if __name__ == "__main__":
    CLAIM.tell()
