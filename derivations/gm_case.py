"""What the claims about the Gaussian mixture share: the mixture of the reference values, its limits, and its paths.

p N(r, σ²I) + (1 − p) N(−r, σ²I) with p = 4/5, |r|² = d, σ = 1/2, and κ = 3.
"""

from functools import cache, partial

import numpy as np
import sympy as sp

from independent.mixture import euler_ends
from independent.paths import euler_steps
from symsched.distributions.named import GaussianMixture
from symsched.limits.limit import derive
from symsched.models.estimates import Estimate, share
from symsched.predictions.predict import INFINITE, predict
from symsched.schedules.interpolant import INTERPOLANTS
from symsched.validation.claim import Claim

SOURCE = "arXiv 2501.00988"
claim = partial(Claim, group="Gaussian mixture", source=SOURCE)
P, SIGMA, KAPPA = sp.Rational(4, 5), sp.Rational(1, 2), 3.0
FAR = 10**12
"""A dimension at which corrections κ/√d are below what samples resolve."""
p, m, sigma, h = sp.symbols("p m sigma h", positive=True)
ODDS = {h: sp.log(p / (1 - p)) / 2}


@cache
def mixture(weight=P, width=SIGMA):
    return GaussianMixture(p=weight, m=1, sigma=width)


@cache
def limit(name, weight=P):
    """The limit in numbers, under an interpolant by its command-line name."""
    return derive(mixture(weight), INTERPOLANTS[name])


@cache
def symbolic(name):
    """The limit in letters: p, m and σ are free."""
    return derive(GaussianMixture(p, m, sigma), INTERPOLANTS[name])


def law(name="vp", weight=P):
    """The two atoms that the speciation chooses between."""
    return limit(name, weight).phases[0].law


@cache
def predicted(name, steps, d=INFINITE, schedule=None):
    """Weight and width of the heavier mode after Euler steps, as the limit predicts them with the schedule of d."""
    found = predict(limit(name), steps, kappa=KAPPA, schedule=schedule, d=d)[0]
    return {"weight": found.weight, "width": found.site_variance**0.5}


@cache
def euler_halfway(strength, steps, effective=None):
    """ν after Euler steps of dν/ds = D(s, ν) up to s = ``strength`` from a grid of ν_0 ~ N(0, 1), and their masses."""
    state = np.linspace(-8, 8, 20_001)
    masses = np.exp(-(state**2) / 2) / np.exp(-(state**2) / 2).sum()
    for k in range(steps):
        state = state + strength / steps * np.asarray((effective or law()).denoiser(strength * k / steps, state))
    return state, masses


@cache
def ends(path, steps, d, *, n, seed, canonical=False, kappa=KAPPA):
    """Paths of the d-dimensional sampler, by the plain loop that shares nothing with the package."""
    rng = np.random.default_rng([seed, steps, round(100 * np.log(d))])
    return euler_ends(euler_steps(path, steps, float(d), kappa, canonical=canonical), float(d), n, rng)


def heavier(path, steps, d, *, n, seed, canonical=False):
    """Weight and width of the heavier mode over such paths."""
    found = ends(path, steps, d, n=n, seed=seed, canonical=canonical)
    up = found.odds > 0
    squares = found.width[up] ** 2
    width = float(np.sqrt(squares.mean()))
    return {
        "weight": share(up),
        "width": Estimate(width, float(squares.std(ddof=1)) / np.sqrt(len(squares)) / (2 * width)),
    }
