"""Claim 6. At finite κ the weight by sign is pΦ(κm) + (1 − p)Φ(−κm), by the posterior's argmax pΦ(κm + h/(κm)) + (1 −
p)Φ(−κm + h/(κm)).

Assumes: the mixture of claim 2; d → ∞, then steps → ∞, κ fixed. At fixed d with steps → ∞ the weight is p.
"""

# %% The law of ν_κ is that of κ g + z; both weights are its mass above a point.
import sympy as sp
from telling import conclude, require, say, show

from symsched.distributions.named import GaussianMixture
from symsched.laws.base import normal_cdf
from symsched.limits.limit import derive
from symsched.schedules.interpolant import VP
from symsched.symbols import kappa, nu
from symsched.validation.claims.gm_06_weight import claim

p, m, sigma = sp.symbols("p m sigma", positive=True)
law = derive(GaussianMixture(p, m, sigma), VP).phases[0].law

say(__doc__)
by_sign = 1 - law.cdf(kappa, sp.S.Zero)
target = p * normal_cdf(kappa * m) + (1 - p) * normal_cdf(-kappa * m)
show("P(ν_κ > 0)", sp.simplify(by_sign))
require("it is pΦ(κm) + (1 − p)Φ(−κm)", sp.simplify(by_sign - target) == 0)

# %% The posterior is undecided where the drift vanishes.
h = sp.Symbol("h", real=True)
tie = -h / (kappa * m)
drift = law.denoiser(kappa, nu).subs(p, 1 / (1 + sp.exp(-2 * h)))
show("posterior mean of g at κ", law.denoiser(kappa, nu))
spots = [{h: sp.log(2), m: sp.Rational(6, 5), kappa: 3}, {h: -sp.Rational(1, 3), m: 1, kappa: 1}]
require("it vanishes at ν = −h/(κm)", all(abs(sp.N(drift.subs(nu, tie).subs(at), 30)) < 1e-25 for at in spots))
by_argmax = 1 - law.cdf(kappa, tie)
target = p * normal_cdf(kappa * m + h / (kappa * m)) + (1 - p) * normal_cdf(-kappa * m + h / (kappa * m))
require("the mass above it is pΦ(κm + h/(κm)) + (1 − p)Φ(−κm + h/(κm))", sp.simplify(by_argmax - target) == 0)

# %%
conclude(claim)
