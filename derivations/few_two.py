"""What two evaluations make of two modes ±r of coordinates N(±1, v) as d → ∞, and how far that can be right at best."""

import math
from functools import cache

import numpy as np
import sympy as sp
from scipy import optimize, special

from few_case import m, posterior_mean, sigma, v
from few_elliptic import HIGH, LOW
from symsched.symbols import psi, y

z, T, S, E, g, b = sp.symbols("z T S E g b", real=True)
ROW = e_z, e_0, e_1, e_2 = sp.symbols("e_z e_0 e_1 e_2", real=True)
WEIGHT, LAW = 0.01, 0.05
"""What is asked of the weight, and of a coordinate's law over its width (Wasserstein-2)."""
_P = np.linspace(0.505, 0.99, 40)
_MEAN, _HALF = 2 * _P - 1, np.log(_P / (1 - _P)) / 2
_RATIOS = np.linspace(-1.3, 1.3, 2_601)[:, None]  # b/g


@cache
def outcome():
    """The coordinate that comes out, in units of r and of its noise."""
    second = posterior_mean().subs({m: S, sigma: sp.sqrt(v)}).subs(y, z + g * T + b * E)
    return e_z * z + e_0 * E + e_1 * T + e_2 * second


def part(of):
    return sp.factor(sp.diff(outcome(), of))


@cache
def q(strength):
    """What sign T keeps of its own beside T = tanh(sν), ν ~ N(0, 1)."""
    nodes = np.linspace(0, 9, 20_001)
    masses = np.exp(-(nodes**2) / 2)
    masses /= masses.sum()
    size = np.tanh(strength * nodes)
    return math.sqrt(1 - float(masses @ size) ** 2 / float(masses @ size**2))


def reachable(strength, x):
    """Whether some b/g and c have the weight right to 0.01 x for all p: for a b/g, each p leaves an interval of c."""
    inside = np.abs(_RATIOS * _MEAN) < 1
    turn = (_HALF + np.arctanh(np.where(inside, _RATIOS * _MEAN, 0))) / strength
    low = (special.ndtri(_P - WEIGHT * x) - turn) / _MEAN
    high = (special.ndtri(np.minimum(_P + WEIGHT * x, 1)) - turn) / _MEAN
    # Beyond, all paths have one sign: right enough for some p, wrong for the others.
    always = (_RATIOS * _MEAN >= 1) & (WEIGHT * x >= 1 - _P)
    low, high = np.where(inside, low, np.where(always, -np.inf, np.inf)), np.where(inside, high, np.inf)
    return bool(np.any(low.max(axis=1) <= high.min(axis=1)))


@cache
def strongest(x):
    """The largest s that is reachable."""
    steps = np.geomspace(1.2, 60, 24)
    last = max(k for k, one in enumerate(steps) if reachable(one, x))
    low, high = steps[last], steps[last + 1]
    for _ in range(20):
        middle = (low + high) / 2
        low, high = (middle, high) if reachable(middle, x) else (low, middle)
    return float(high)


def widest_step(x):
    """The largest ψ by (ii)."""
    allowed = LAW * x
    return allowed * (HIGH + LOW) / (q(strongest(x)) * (HIGH * (1 - allowed) - LOW * (1 + allowed)))


def width_error(at):
    """The least worst relative error of W at this ψ: equal at both ends, the opposite in between."""
    shape = sp.lambdify((v, e_z), (part(z) / sp.sqrt(v)).subs({e_2: 1, psi: at}))
    share = optimize.brentq(lambda e: shape(LOW**2, e) - shape(HIGH**2, e), 0.0, 1.0)
    dip = optimize.minimize_scalar(lambda width: shape(width**2, share), bounds=(LOW, HIGH), method="bounded").fun
    top = shape(HIGH**2, share)
    return (top - dip) / (top + dip)


@cache
def least_step(x):
    """The least ψ by (iii)."""
    return optimize.brentq(lambda at: width_error(at) - LAW * x, 0.02, 0.9)


@cache
def floor():
    """The x at which (ii) and (iii) meet."""
    return optimize.brentq(lambda x: widest_step(x) - least_step(x), 0.8, 1.68, xtol=1e-4)
