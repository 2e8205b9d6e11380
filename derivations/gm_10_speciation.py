"""Claim 10: when the modes part."""

import math
from functools import cache, partial

import sympy as sp
from scipy.optimize import brentq

from gm_case import claim, law, limit, m, mixture, p, symbolic
from independent.mixture import SIGMA, agreement, clones, clones_by_tanh
from independent.paths import PLAIN
from symsched.algebra.asymptotics import leading_power
from symsched.limits.clones import clone_probability
from symsched.schedules.interpolant import INTERPOLANTS
from symsched.symbols import d, nu, s
from symsched.validation.cells import Formula, Identity, Steps, cell
from symsched.validation.checks import Axes, Clones, ClosedForm, RateInD
from symsched.validation.effort import Sized

HALF = sp.Rational(1, 2)
CLONES = 400
"""The dimension in which clones are drawn."""
EXACT_ROOM = 0.005
"""How far a slope of solved times may be from its exponent: a choice; linear VP is 0.001 away, the others 4·10⁻⁶."""


# %%
@cell("The window is at s = O(1); read in any clock it is one expression in d.")
def clocks():
    yield Steps(symbolic("vp").derivation, ("differs first",))
    for name in ("vp", "ve"):
        yield Formula(f"τ at s = 1, {INTERPOLANTS[name].name}", symbolic(name).speciation_time_in("tau"))
    clock = symbolic("vp").speciation_time_in("ou")
    yield Formula("t at s = 1, Ornstein–Uhlenbeck", clock)
    preserving, exploding = (symbolic(name).speciation_time_in("tau") for name in ("vp", "ve"))
    yield Identity("VP: √d τ → 1", sp.limit(sp.sqrt(d) * preserving, d, sp.oo), 1)
    yield Identity("VE: τ does not know d", sp.diff(exploding, d), 0)
    yield Identity("Ornstein–Uhlenbeck: t − ½ log d → 0", sp.limit(clock - sp.log(d) / 2, d, sp.oo), 0)


@cell(
    "φ for the symmetric mixture: Σ π² = ½(1 + tanh²(sν)), and tanh² may be traded for tanh under the law of ν given "
    "+: ν → −ν maps the two halves onto each other. Given +, ν = s + g, so φ = ½(1 + E tanh(Λ + √Λ g)) with Λ = s². "
    "At finite d, with noise of width 1 + σ²ψ² about the modes, Λ = dψ²/(1 + σ²ψ²), which is d e^−2t/(1 − e^−2t + σ² "
    "e^−2t) in the Ornstein–Uhlenbeck clock."
)
def closed_form():
    drift = symbolic("vp").phases[0].law.subs({p: HALF, m: 1}).denoiser(s, nu)
    yield Formula("posterior mean of g", drift)
    density = {sign: sp.exp(-((nu - sign * s) ** 2) / 2) / sp.sqrt(2 * sp.pi) for sign in (1, -1)}
    total = density[1] + density[-1]
    yield Identity("Σ π² = ½(1 + D²)", (density[1] ** 2 + density[-1] ** 2) / total**2, (1 + drift**2) / 2)
    folded = (drift * density[1] + (drift * density[1]).subs(nu, -nu)) / 2
    yield Identity("E D² = E[D | +]", folded, drift**2 * total / 2)


# %%
def finite_strength(psi, dimension, sigma=SIGMA):
    """Half the separation of the modes of Σ y_i at finite d in their own standard deviations."""
    return math.sqrt(dimension) * psi / math.sqrt(1 + sigma**2 * psi**2)


@cache
def midway():
    """The s at which φ passes midway between its ends."""
    middle = (agreement(0.0) + 1) / 2
    return brentq(lambda at: agreement(at) - middle, 0.5, 2.0, xtol=1e-8)


def ornstein_uhlenbeck(time, _=0.0):
    """ψ at a time of the Ornstein–Uhlenbeck clock."""
    return math.exp(-time) / math.sqrt(-math.expm1(-2 * time))


def along(name, tau, dimension):
    """ψ at a time τ of an undilated path."""
    alpha, beta, _, _ = PLAIN[name](tau, dimension, 1.0)
    return beta / alpha


def crossing(ratio, dimension, begin, end):
    """The time at which φ at finite d passes midway."""
    return brentq(lambda at: finite_strength(ratio(at, dimension), dimension) - midway(), begin, end, xtol=1e-15)


def exponent(name, *, full_only=False):
    other = "ve" if name.startswith("vp") else "vp"
    return RateInD(
        name=f"{INTERPOLANTS[name].name}: exponent in d of the time at which φ passes midway",
        subject=name,
        gap=lambda path, dimension, _: crossing(partial(along, path), dimension, 1e-9, 1 - 1e-9),
        sizes=(1e4, 1e6, 1e8),
        expected=lambda: float(leading_power(limit(name).speciation_time_in("tau"), "the speciation time")[1]),
        room=EXACT_ROOM,
        full_only=full_only,
        wrong={"subject": other},
    )


def symmetric_law():
    return mixture(HALF, sp.S.One).cascade.phases[0].branches[0].law


def ou_phi(dimension, time):
    return clone_probability(symmetric_law(), finite_strength(ornstein_uhlenbeck(time), dimension, 1.0)).value


def neglected(strength):
    """What σ²ψ² in the strength changes at this d."""
    near = finite_strength(strength / math.sqrt(CLONES), CLONES)
    return abs(clone_probability(law(), near).value - clone_probability(law(), strength).value)


CLAIM = claim(
    number=10,
    title="Speciation",
    part="the time at which the modes are decided; for clones arXiv 2402.18491",
    statement="Modes part at τ ~ d^−1/2 under VP and at τ = O(1) under VE, and at ½ log d in the Ornstein–Uhlenbeck "
    "clock; as d → ∞ two clones that share a path up to s = √d ψ end in the same mode with probability φ(s) = E Σ "
    "π_k².",
    formulas=lambda: (
        sp.Eq(sp.Symbol("tau_S"), limit("vp").speciation_time_in("tau"), evaluate=False),
        sp.Eq(sp.Symbol("tau_S"), limit("ve").speciation_time_in("tau"), evaluate=False),
        sp.Eq(sp.Symbol("t_S"), limit("vp").speciation_time_in("ou"), evaluate=False),
    ),
    cells=(clocks, closed_form),
    checks=(
        exponent("vp"),
        exponent("ve"),
        exponent("vp-trig", full_only=True),
        exponent("ve-trig", full_only=True),
        RateInD(
            name="Ornstein–Uhlenbeck clock: factor of log d in the time at which φ passes midway",
            subject=1.0,
            gap=lambda power, size, _: math.exp(power * crossing(ornstein_uhlenbeck, size, 1e-3, 40.0)),
            sizes=(1e4, 1e6, 1e8),
            # Where log d multiplies: the derivative of the clock's time in log d as d → ∞.
            expected=lambda: float(sp.limit(d * sp.diff(limit("vp").speciation_time_in("ou"), d), d, sp.oo)),
            room=EXACT_ROOM,
            wrong={"subject": 0.5},
        ),
        ClosedForm(
            name="φ at t = {1:g} in the Ornstein–Uhlenbeck clock, p = 1/2, σ = 1, by the closed form",
            points=((1024, 2.0), (1024, 3.0), (1024, 4.0)),
            derived=ou_phi,
            independent=lambda dimension, time: clones_by_tanh(dimension, time, 1.0),
            tolerance=1e-12,  # two quadratures, asked for 1e-13
            dimension=1024,
            wrong={"independent": lambda dimension, time: clones_by_tanh(dimension, time, 0.5)},
        ),
        Clones(
            law=law,
            strengths=(0.5, 1.0, 1.5, 2.0, 3.0),
            quadrature=agreement,
            draw=lambda strength, n, rng, believed: clones(strength / math.sqrt(CLONES), CLONES, n, rng, believed),
            believed=0.8,
            n=Sized(20_000, 4_000),
            dimension=CLONES,
            allowance=neglected,
            reason="σ²ψ² in the strength s at this d",
            axes=Axes("clones", "Two clones end in the same mode", r"$\varphi(s)$", r"$s = \sqrt{d}\,\psi$"),
            wrong={"believed": 0.5},
        ),
    ),
)

if __name__ == "__main__":
    CLAIM.tell()
