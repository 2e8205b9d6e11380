"""Claim 22: how far a window of N uniform Euler steps should go."""

import math
from functools import cache

import sympy as sp
from scipy import integrate, optimize

from few_case import P, bend, claim, modes, p
from independent.few_steps import best_end
from symsched.symbols import kappa
from symsched.validation.cells import Formula, Identity, cell
from symsched.validation.checks import Axes, ClosedForm
from symsched.validation.effort import Sized

h = sp.log(p / (1 - p)) / 2
SPOTS = ({p: P, kappa: 2}, {p: sp.Rational(3, 5), kappa: sp.Rational(7, 2)})
COUNTS = Sized((4, 8, 16, 64, 256, 1024), (4, 16, 64, 256, 1024))


# %%
@cell("The window's end is read by the posterior: the paths above its tie at −h/κ count as those of the heavier mode.")
def tail():
    tie = -h / kappa
    yield Identity("the posterior mean vanishes there", modes().denoiser(kappa, tie), at=SPOTS)
    yield Formula("undecided tail: weight − p of the exact flow", excess())
    target = -2 * h * sp.sqrt(p * (1 - p)) * density(kappa) * sp.exp(-(h**2) / (2 * kappa**2)) / kappa**2
    yield Identity("its slope in κ", sp.diff(excess(), kappa), target, at=SPOTS)


@cell(
    "N uniform Euler steps add (κ/2N) ∫_0^κ |ν*''ρ| (claim 21), of the same sign for p = 4/5. The sum is least where "
    "the slopes cancel. The integral tends to a constant C, so that up to a correction e^{-κ²/2} the balance gives N:"
)
def balance():
    constant, count = sp.symbols("C N", positive=True)
    slope = sp.diff(excess(), kappa)
    found = sp.solve(constant / (2 * count) + slope, count)[0]
    yield Formula("N at which κ is best, p = 4/5", sp.simplify(found.subs(p, P)))
    logs = sp.expand_log(sp.log(sp.simplify((found * sp.exp(-(kappa**2) / 2)).subs({p: P, constant: 1}))), force=True)
    leading = sp.limit((logs + kappa**2 / 2) / kappa**2, kappa, sp.oo)
    yield Identity("log N = κ²/2 to leading order: κ ~ √(2 log N)", leading, sp.Rational(1, 2))
    corrected = sp.limit(logs / sp.log(kappa), kappa, sp.oo)
    yield Identity("and the next term is 2 log κ: at N = 1024 it takes 8 % off", corrected, 2)


@cell("How slowly that is reached, for p = 4/5.")
def slowly():
    for power in (3, 10, 100, 300):
        yield Formula(f"κ/√(2 log N) at N = 10^{power}", sp.Float(balanced_at(power * math.log(10)), 4))


# %%
def density(at):
    return sp.exp(-(at**2) / 2) / sp.sqrt(2 * sp.pi)


@cache
def excess():
    """The weight by argmax of the exact flow at κ, less p."""
    return 1 - modes().cdf(kappa, -h / kappa) - p


@cache
def _slope():
    """log of minus the slope of the tail, e^{-κ²/2} taken out."""
    part = sp.simplify(-sp.diff(excess(), kappa).subs(p, P) * sp.exp(kappa**2 / 2))
    return sp.lambdify(kappa, sp.log(part))


@cache
def stepped(end):
    """d/dκ of κ/2 ∫_0^κ |ν*''ρ|."""
    inner = integrate.quad(lambda at: abs(bend(at)), 0, min(end, 6.0), epsabs=1e-12, limit=200)[0]
    return (inner + end * abs(bend(min(end, 6.0)))) / 2


def balanced(logarithm):
    """The κ at which the slopes cancel, for log N."""
    at_top = math.sqrt(2 * logarithm) + 2
    return optimize.brentq(lambda at: _slope()(at) - at**2 / 2 - math.log(stepped(at)) + logarithm, 0.8, at_top)


def balanced_at(logarithm):
    return balanced(logarithm) / math.sqrt(2 * logarithm)


def best(count):
    return balanced(math.log(count))


def leading(count):
    return math.sqrt(2 * math.log(count))


CLAIM = claim(
    number=22,
    title="How far a window of N steps should go",
    statement="With N uniform Euler steps to s = κ, read by the posterior there, the weight of a mode is nearest to p "
    "where the undecided tail falls as fast as the error of the steps grows. That κ*(N) is √(2 log N) to leading order "
    "only: a term 2 log κ* is subtracted from log N, and at N = 1024 it is 8 % below.",
    formulas=lambda: (sp.diff(excess(), kappa),),
    cells=(tail, balance, slowly),
    checks=(
        ClosedForm(
            name="best end of {} uniform steps, by loops and SciPy's minimiser",
            points=COUNTS,
            derived=best,
            independent=lambda count: best_end(count, float(P)),
            tolerance=lambda count: best(count) / count,  # a step: what is left out is of the next order in it
            axes=Axes("ends", "Best end of a window of N uniform Euler steps, p = 4/5", "κ*", "N"),
            line=(4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256),
            seen=(4, 8, 16, 32, 64, 128, 256),
            wrong={"derived": leading},
        ),
    ),
)

if __name__ == "__main__":
    CLAIM.tell()
