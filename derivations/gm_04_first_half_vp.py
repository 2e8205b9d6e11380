"""Claim 4. First half of dilated VP: μ = r·X/(m√d) follows μ' = 2κm tanh(h + 2κm t μ) from N(0, 1); h = ½ log(p/(1 −
p)).

Assumes: the mixture of claim 2; d → ∞ at fixed t and κ. What is orthogonal to r stays as it is.
"""

# %% From the density to the equation.
import sympy as sp
from telling import conclude, require, say, show, show_steps

from symsched.distributions.named import GaussianMixture
from symsched.limits.limit import derive
from symsched.schedules.interpolant import VP
from symsched.symbols import kappa, nu, s, t
from symsched.validation.claims.gm_04_first_half_vp import claim

p, m, sigma = sp.symbols("p m sigma", positive=True)
limit = derive(GaussianMixture(p, m, sigma), VP)

say(__doc__)
show_steps(
    limit.derivation, "canonical", "differs first", "local asymptotic", "speciation window", "order parameter in t"
)
equation = limit.phases[0].ode
show("the equation", equation)
place, h = sp.symbols("mu h", real=True)
paper = 2 * kappa * m * sp.tanh(h + 2 * kappa * m * t * place)
ours = equation.rhs.subs(equation.lhs.args[0], place)
values = {p: sp.Rational(4, 5), m: sp.Rational(7, 5), kappa: 3, t: sp.Rational(1, 3), place: sp.Rational(-2, 9)}
gap = ours.subs(values) - paper.subs(h, sp.log(p / (1 - p)) / 2).subs(values)
require("it is the paper's, with h = ½ log(p/(1 − p))", abs(sp.N(gap, 30)) < 1e-25)

# %% Its solution is a quantile map: F_s is constant along it, so the law at t = 1/2 is exact.
law = limit.phases[0].law
cdf = law.cdf(s, nu)
show("F_s(ν) = P(z + s g ≤ ν)", cdf)
carried = sp.diff(cdf, s) + law.denoiser(s, nu) * sp.diff(cdf, nu)
spots = [{p: sp.Rational(4, 5), m: 1, s: sp.Rational(3, 2), nu: sp.Rational(k, 3)} for k in (-4, 1, 5)]
require("∂F/∂s + D ∂F/∂ν = 0", all(abs(sp.N(carried.subs(spot), 30)) < 1e-25 for spot in spots))

# %%
conclude(claim)
