"""What the claims about Curie–Weiss spins share: the measure of the paper, its limits, and their equations as numbers.

Spins ±1 with density ∝ exp(d β m̂²/2 + h m̂), β = 2, h = ln 2, and κ = 3.
"""

import re
from functools import cache, partial

import numpy as np
import sympy as sp

from independent.paths import DILATED
from independent.populations import typical
from independent.spins import mode_flow, order_parameters, spin_means
from symsched.algebra.codegen import number
from symsched.distributions.named import CurieWeiss
from symsched.limits.limit import derive
from symsched.schedules.interpolant import INTERPOLANTS
from symsched.validation.checks import ROOM, Axes, RateInD, dividing_place, solve_ode
from symsched.validation.claim import Claim

claim = partial(Claim, group="Curie–Weiss", source="arXiv 2501.00988")
BETA, WEAK, FIELD, KAPPA = sp.Integer(2), sp.Rational(11, 10), sp.log(2), 3.0
"""WEAK is the paper's other coupling; negative controls take it for β."""
FAR = 1e30
"""A dimension at which the paper's schedules are their limits to the last digit."""
PATHS_ROOM = 0.15
"""How far the rate of a distance over few paths may be from its exponent: a choice; of twelve paths up to 0.11 away."""
NEARLY = 0.99
"""Time at which a spin of the limit has made up its mind; its equation is singular at t = 1."""


@cache
def limit(name, beta=BETA, field=FIELD):
    """The limit under an interpolant by its command-line name."""
    return derive(CurieWeiss(beta, field), INTERPOLANTS[name])


def value(expression):
    return number(expression, "a constant")


def saddle(beta=BETA):
    """The saddle point of the + mode."""
    return limit("vp", beta).distribution.saddles[-1]


def own(beta):
    """β and h in floating point."""
    return float(beta), value(FIELD)


def amplitudes(name, t, d=FAR):
    """α in units of α(0), and s = √d ψ, at t of the paper's schedule: μ = (α/α(0)) ν."""
    path = DILATED[name]
    alpha, beta, _, _ = path(t, d, KAPPA)
    return alpha / path(0.0, d, KAPPA)[0], d**0.5 * beta / alpha


def exact(name):
    """Start and time → μ of the exact flow as d → ∞, by quantiles."""

    def place(start, t):
        alpha, s = amplitudes(name, t)
        return alpha * mode_flow(s, start)

    return place


# %% Distances from the limit at finite d
def laws_apart(name, t):
    """Sup distance of the law of μ(t), m̂ enumerated, from the limit's."""
    grid = np.linspace(-9, 9, 361)

    def gap(beta, d, _):
        (alpha, s), (far, strength) = amplitudes(name, t, d), amplitudes(name, t)
        law = limit(name, beta).phases[0].law
        return np.max(np.abs(spin_means(int(d)).noisy_cdf(s, grid / alpha) - law.cdf(strength, grid / far)))

    return gap


@cache
def nu(d, paths, strengths, seed):
    """Exact d-dimensional flows from typical ν_0."""
    return order_parameters(d, typical(paths), strengths, seed)


@cache
def solved(name, t, paths, beta):
    """Solutions of the first derived equation from the same typical starts."""
    return solve_ode(limit(name, beta).phases[0].ode, typical(paths), (0.0, t), KAPPA)[:, -1]


def rms(differences):
    return float(np.sqrt(np.mean(differences**2)))


def rate(name, gap, sizes, *, expected, room=ROOM, drawn=None):
    """The check of a rate in d, with the limit of another coupling as its control."""
    axes = drawn and Axes(
        re.sub("[^a-z]+", "-", drawn).strip("-"), f"Distance from the limit: {drawn}", "distance", log_y=True
    )
    return RateInD(
        name=f"{name}: rate in d",
        subject=BETA,
        gap=gap,
        sizes=sizes,
        expected=lambda: expected,
        room=room,
        axes=axes,
        wrong={"subject": WEAK},
    )


# %% Single spins
ROUNDS, BETWEEN = 6, (-7.0, 7.0)
ENCLOSED = (BETWEEN[1] - BETWEEN[0]) / 30**ROUNDS
"""Width of the interval in which decided() ends: each round encloses the place thirty times more tightly."""


@cache
def decided(name, side, beta=BETA):
    """The x_i(½) at which a solution of the derived site equation of the mode S = ±1 changes its final sign."""
    equation = limit(name, beta).phases[-1].odes[(side + 1) // 2]
    return dividing_place(
        lambda starts: solve_ode(equation, starts, (0.5, NEARLY), KAPPA)[:, -1] > 0, *BETWEEN, rounds=ROUNDS
    )
