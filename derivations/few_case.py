"""What the claims about few evaluations share: the effective laws, in letters, and tables of coefficients on them.

They are ours, not the paper's: two modes at ±1 told apart by their means, and a coordinate N(m, σ²) of the data phase.
"""

from functools import cache, partial

import sympy as sp
from scipy import optimize
from sympy.stats import Normal

from symsched.laws import AtomLaw, law_of
from symsched.symbols import nu, psi, s, y
from symsched.validation.claim import Claim

claim = partial(Claim, group="Few evaluations", source="symsched")
p, sigma, v = sp.symbols("p sigma v", positive=True)
m = sp.Symbol("m", real=True)
P, SIGMA = sp.Rational(4, 5), sp.Rational(1, 2)


@cache
def modes(weight=p):
    """The two modes of the speciation."""
    return AtomLaw((1, -1), (weight, 1 - weight))


@cache
def posterior_mean():
    """D(ψ, y) of a coordinate N(m, σ²)."""
    return sp.factor(law_of(Normal("a", m, sigma)).denoiser(psi, y))


@cache
def slope():
    """∂D/∂y of it, in ψ and v = σ²: what D hands on of a deviation from the mean."""
    return sp.factor(sp.diff(posterior_mean(), y).subs(sigma, sp.sqrt(v)))


def deviations(nodes, rows, out):
    """By what a table multiplies the noise of a coordinate N(m, v): that of each D, and of what comes out.

    Row k is y_k = z + Σ c_ki D_i; ``out`` are the coefficients of z, D_1, …, D_n. E a is a constant and has none.
    """
    found = []
    for node, row in zip(nodes, rows, strict=True):
        state = 1 + sum(c * d for c, d in zip(row, found, strict=True))
        found.append(sp.together(slope().subs(psi, node) * state))
    return found, sp.together(out[0] + sum(c * d for c, d in zip(out[1:], found, strict=True)))


@cache
def separatrix():
    """ρ, ν', ν'' and ν''' along the curve F_s(ν*) = 1 − p in s, ν and p, F being the distribution function of ν_s."""
    level = modes().cdf(s, nu)
    density = sp.diff(level, nu)
    found = [-sp.diff(level, s) / density]
    for _ in range(2):
        found.append(sp.diff(found[-1], s) + sp.diff(found[-1], nu) * found[0])
    return density, *found


@cache
def _along():
    rates = separatrix()
    parts = (modes().cdf(s, nu), rates[0], rates[0] * rates[2], rates[0] * rates[3])
    # Without common factors of exponentials the third derivative has its digits to s = 6.
    return [sp.lambdify((s, nu, p), part, ["scipy", "numpy"]) for part in parts]


def undecided(strength, weight=P):
    """ν* at s: the mass 1 − p lies below it."""
    cdf, share = _along()[0], float(weight)
    return optimize.brentq(lambda at: cdf(strength, at, share) - (1 - share), -strength - 6, strength + 6, xtol=1e-15)


def bend(strength, weight=P, order=2):
    """ρ times the derivative of ν* of this order at s."""
    return float(_along()[order](strength, undecided(strength, weight), float(weight)))
