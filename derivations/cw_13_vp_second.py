"""Claim 13: dilated VP, the second half: every spin moves by itself, and one threshold decides it."""

from functools import cache

import numpy as np
import sympy as sp
from scipy import special

from cw_case import BETA, ENCLOSED, FAR, KAPPA, claim, decided, limit, saddle, value
from independent.paths import DILATED, PLAIN
from independent.populations import thresholds
from independent.spins import normal_quantile, spin_flow, spin_means, spin_threshold
from symsched.models.estimates import Estimate, average
from symsched.reporting.charts import Level
from symsched.symbols import t as time
from symsched.validation.cells import Formula, Identity, cell
from symsched.validation.checks import Axes, ClosedForm, Flow, Quantity, RateInD, Settles, SolvesODE, extrapolated
from symsched.validation.effort import Sized

SIDES = {"−": -1, "+": 1}  # of the two modes, the sign of m
COARSE = (6, 250, 32)  # paths, cells and nodes of the second half in a quick look
HALF = 0.5  # the time at which the second half starts
ENDLESS = 10**12
"""A dimension at which d^−1/2 is below what the steps of the integration leave."""
SIZES = Sized((10**3, 10**4, 10**6), (10**3, 10**6))  # d

u, y, x = sp.symbols("u y x", real=True)
psi, t = sp.symbols("psi t", positive=True)


@cell("One spin in the field u = βmS of its mode: E[a | z + ψa = y] for a = ±1 with P(a) ∝ e^{ua}.")
def one_spin():
    likelihood = {a: sp.exp(u * a + psi * a * y - psi**2 / 2) for a in (-1, 1)}
    posterior = (likelihood[1] - likelihood[-1]) / (likelihood[1] + likelihood[-1])
    yield Identity("E[a | y] = tanh(u + ψy)", posterior, sp.tanh(u + psi * y))


@cell("In x = αy: x' = (α'/α) x + αψ' E[a | y].")
def read_in_time():
    alpha, signal = 2 - 2 * t, 2 * t - 1
    push = sp.diff(signal, t) - sp.diff(alpha, t) * signal / alpha
    yield Identity("αψ' = β' − α'β/α", alpha * sp.diff(signal / alpha, t), push)
    velocity = sp.diff(alpha, t) / alpha * x + push * sp.tanh(u + signal / alpha**2 * x)
    yield Formula("x' in the mode u = βmS", velocity)
    for side, equation in zip(SIDES.values(), limit("vp").phases[-1].odes, strict=True):
        found = equation.rhs.subs(equation.lhs.args[0], x)
        own = velocity.subs({u: BETA * saddle().magnetisation * side, t: time})
        point = {time: sp.Rational(4, 5), x: sp.Rational(1, 3)}
        yield Formula(f"derive() says for S = {side:+d}", equation)
        yield Identity("that is the equation found by hand", found, own, at=(point,))


@cell(
    "The flow keeps quantiles: F_ψ(y) = Σ_a P(a) Φ(y − ψa), y_ψ = F_ψ⁻¹(Φ(z)). As ψ → ∞ the lower (1 − Sm)/2 of all z "
    "go to −∞, the others to +∞."
)
def threshold():
    for side in SIDES.values():
        quantile = normal_quantile((1 - side * value(saddle().magnetisation)) / 2)
        yield Identity(f"S = {side:+d}: threshold by the equation", decided("vp", side), quantile, within=ENCLOSED)


# %% What claim 14 shares
def site_equation(name):
    return lambda: limit(name).phases[-1].odes[-1]


def moves(name, starts, threshold, wrong):
    """The check that spins of the + mode follow their derived equation; drawn with some that start at the threshold."""

    def exact(start, at):
        (alpha, beta), (first, signal) = (DILATED[name](when, FAR, KAPPA)[:2] for when in (at, HALF))
        return alpha * spin_flow(1, signal / first, start / first, beta / alpha)

    title = f"{name.upper()}: spins of the + mode in the second half"
    return SolvesODE(
        name="x_i(t = {t}) from x_i(½) = {start} in the + mode",
        equation=site_equation(name),
        starts=starts,
        times=(0.75,),
        exact=exact,
        tolerance=1e-10,  # the solver's 1e-11, grown as spins part
        begin=HALF,
        flow=Flow(
            Axes("spins", title, "$x_i$", "t", levels=(Level("threshold of $x_i(1/2)$", threshold),)),
            (*starts, threshold - 0.02, threshold + 0.02),
            tuple(0.5 + 0.01 * k for k in range(1, 49)),
            exact,
            "exact, by quantiles",
            8,
        ),
        wrong={"equation": site_equation(wrong)},
    )


def dividing(name, exact):
    """The check that the derived equation divides spins where their exact flow does."""
    return ClosedForm(
        name="threshold of x_i(½) in the {} mode",
        points=tuple(SIDES),
        derived=lambda mode: decided(name, SIDES[mode]),
        independent=lambda mode: exact(SIDES[mode]),
        tolerance=ENCLOSED,  # relative, of places beyond 2
        wrong={"independent": lambda mode: exact(-SIDES[mode])},
    )


def settled_spin():
    """The mean spin of the + mode as d → ∞: enumerated, the corrections 1/d and 1/d² removed."""
    table = np.array([[spin_means(d).given_up()[0]] for d in (2000, 4000, 8000)])
    return float(extrapolated(table, 2, (1, 2))[0])


@cache
def measured(path, d, sizes, seed):
    paths, cells, nodes = sizes
    return thresholds(d, path, KAPPA, nodes=(12, nodes), paths=paths, cells=cells, seed=seed)


def sample(path, d, effort):
    found = measured(path, d, effort.of(Sized((16, 400, 40), COARSE)), effort.seed)
    return {"threshold": average(found), "spread": Estimate(float(found.std()), 0.0)}


def at_finite_d(name):
    """The check that exact d-dimensional flows have the threshold of the limit's law, read at that d."""

    def predicted(d):
        law, plan = limit(name).phases[-1].laws[-1], limit(name).schedule.plan(2, d, KAPPA)
        start = normal_quantile((1 - value(law.cumulants(1)[0])) / 2)
        return plan.alpha[1] * float(law.flow(plan.psi[1], start))

    def integrated(_):
        """What the coarser nodes leave at a d where they alone leave anything; a term in 1/d is below the errors."""
        return abs(measured(DILATED[name], ENDLESS, COARSE, 0).mean() - predicted(ENDLESS))

    return Settles(
        schedule=DILATED[name],
        sample=sample,
        dimensions=SIZES,
        quantities=(
            Quantity(
                "threshold",
                "S × threshold of x_i(½), exact flow at finite d",
                predicted,
                integrated,
                "what the steps of the integration leave, at d = 10¹²",
            ),
        ),
        wrong={"schedule": PLAIN[name]},
    )


# %%
CLAIM = claim(
    number=13,
    title="Curie–Weiss, dilated VP: the second half and the threshold of a spin",
    part="the dilated VP schedule of the Curie–Weiss model, second half: the equation of a spin",
    statement="VP (linear), τ = 2t − 1 for t > ½: as d → ∞, given the mode S, each spin follows its own equation "
    "x_i' = (α'/α) x_i + (β' − α'β/α) tanh(βmS + (β(τ)/α²) x_i) from x_i(½) ~ N(0, 1), and ends at +1 if x_i(½) "
    "exceeds the threshold S Φ⁻¹((1 − m)/2). The threshold found by integrating the derived equation is the exact "
    "quantile, and that of the exact d-dimensional flow, read path by path, up to d^−1/2.",
    formulas=lambda: (*limit("vp").phases[-1].odes, limit("vp").phases[-1].initial, *limit("vp").definitions),
    cells=(one_spin, read_in_time, threshold),
    checks=(
        moves("vp", (-3.0, -1.0, 0.5), spin_threshold(1), "ve"),
        dividing("vp", spin_threshold),
        ClosedForm(
            name="mean spin 2P(x_i(½) > threshold) − 1 in the {} mode, enumerated, as d → ∞",
            points=("+",),
            derived=lambda mode: float(special.erf(-decided("vp", SIDES[mode]) / 2**0.5)),
            independent=lambda _: settled_spin(),
            tolerance=ENCLOSED,
            wrong={"derived": lambda _: float(special.erf(-decided("vp", -1) / 2**0.5))},
        ),
        at_finite_d("vp"),
        RateInD(
            name="spread of the threshold over paths: rate in d",
            subject=DILATED["vp"],
            gap=lambda path, d, effort: sample(path, d, effort)["spread"],
            sizes=SIZES,
            expected=lambda: -0.5,
            wrong={"expected": lambda: -1.0},
        ),
    ),
)

if __name__ == "__main__":
    CLAIM.tell()
