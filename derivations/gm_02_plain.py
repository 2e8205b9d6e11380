"""Claim 2. N uniform steps in τ, N fixed, d → ∞: plain VP loses the weight, plain VE the width.

Assumes: p N(r, σ²I) + (1 − p) N(−r, σ²I), |r|² = m²d, p > 1/2; a linear interpolant, on which Euler is x' = A x + B D.
"""

# %% The weight under plain VP: the first step decides.
import sympy as sp
from sympy.stats import Normal
from telling import conclude, require, say, show, show_steps

from symsched.distributions.named import GaussianMixture
from symsched.laws import law_of
from symsched.limits.limit import derive
from symsched.schedules.interpolant import VP
from symsched.symbols import nu, psi, y
from symsched.validation.claims.gm_02_plain import claim

p, m, sigma = sp.symbols("p m sigma", positive=True)
limit = derive(GaussianMixture(p, m, sigma), VP)

say(__doc__)
show_steps(limit.derivation, "differs first", "local asymptotic normality")
first = sp.simplify(limit.phases[0].law.denoiser(sp.S.Zero, nu).rewrite(sp.exp))
show("drift of ν at s = 0", first)
say(
    "A step of 1/N in τ is a step √d/N in s. The first one moves every path by √d/N times this drift, which is "
    "positive for p > 1/2 and outgrows "
    "ν_0 ~ N(0, 1): all paths go to +r as d → ∞. Under plain VE, ψ√d = τ/(1 − τ) at every d: the grid sees the "
    "speciation the same way at every d."
)
require("the drift at s = 0 is (2p − 1) m", sp.simplify(first - (2 * p - 1) * m) == 0)

# %% The width on any linear grid: what a step does to a deviation, over what the exact flow does.
alpha, beta, after, signal = sp.symbols("alpha beta alpha_1 beta_1", positive=True)
here, there = sp.symbols("theta theta_1", positive=True)
slope = sp.simplify(sp.diff(law_of(Normal("g", 0, sigma)).denoiser(psi, y), y)).subs(psi, beta / alpha)
shrink = after / alpha
factor = shrink + (signal - shrink * beta) * slope / alpha
exact = sp.sqrt(after**2 + sigma**2 * signal**2) / sp.sqrt(alpha**2 + sigma**2 * beta**2)
angles = {alpha: sigma * beta * sp.tan(here), after: sigma * signal * sp.tan(there)}
ratio = sp.simplify((factor**2 / exact**2).subs(angles))
show("(Euler's factor / exact factor)², tan θ = α/(σβ)", ratio)
require("it is cos²(θ − θ_1)", sp.simplify(sp.expand_trig(ratio - sp.cos(here - there) ** 2)) == 0)
say(
    "So σ̂/σ = Π cos(θ_k − θ_k+1). VP: the angles do not know d. VE: tan θ_k = √d (1 − τ)/(στ), so every angle but"
    " the last tends to π/2, and the last factor to 0."
)

# %%
conclude(claim)
