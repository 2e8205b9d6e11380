"""Claim 10. Speciation: s = √d ψ = 1 at τ ~ d^−1/2 (VP), at τ = O(1) (VE), at ½ log d (Ornstein–Uhlenbeck); φ(s) = E
Σ π_k² by clones.

Assumes: the mixture of claim 2; d → ∞ at fixed s for φ.
"""

# %% The window is at s = O(1); read in any clock it is one expression in d.
import sympy as sp
from telling import conclude, require, say, show, show_steps

from symsched.distributions.named import GaussianMixture
from symsched.limits.limit import derive
from symsched.schedules.interpolant import VE, VP
from symsched.symbols import d, nu, s
from symsched.validation.claims.gm_10_speciation import claim

p, m, sigma = sp.symbols("p m sigma", positive=True)
limits = {each.name: derive(GaussianMixture(p, m, sigma), each) for each in (VP, VE)}

say(__doc__)
show_steps(limits[VP.name].derivation, "differs first")
for name, limit in limits.items():
    show(f"τ at s = 1, {name}", limit.speciation_time_in("tau"))
preserving, exploding = (limit.speciation_time_in("tau") for limit in limits.values())
clock = limits[VP.name].speciation_time_in("ou")
show("t at s = 1, Ornstein–Uhlenbeck", clock)
require("VP: √d τ → 1", sp.limit(sp.sqrt(d) * preserving, d, sp.oo) == 1)
require("VE: τ does not know d", not exploding.has(d))
require("Ornstein–Uhlenbeck: t − ½ log d → 0", sp.limit(clock - sp.log(d) / 2, d, sp.oo) == 0)

# %% φ for the symmetric mixture: Σ π² = ½(1 + tanh²(sν)), and tanh² may be traded for tanh under the law of ν given +.
law = limits[VP.name].phases[0].law.subs({p: sp.Rational(1, 2), m: 1})
drift = law.denoiser(s, nu)
show("posterior mean of g", drift)
density = {sign: sp.exp(-((nu - sign * s) ** 2) / 2) / sp.sqrt(2 * sp.pi) for sign in (1, -1)}
shares = {sign: density[sign] / (density[1] + density[-1]) for sign in (1, -1)}
agreement = shares[1] ** 2 + shares[-1] ** 2
require("Σ π² = ½(1 + D²)", sp.simplify((agreement - (1 + drift**2) / 2).rewrite(sp.exp)) == 0)
mixed = (density[1] + density[-1]) / 2
# ν → −ν maps the two halves onto each other: the even part of D ρ_+ is D² times the mixture.
folded = (drift * density[1] + (drift * density[1]).subs(nu, -nu)) / 2
require("E D² = E[D | +]", sp.simplify((folded - drift**2 * mixed).rewrite(sp.exp)) == 0)
say(
    "Given +, ν = s + g, so s ν = s² + s g: φ = ½(1 + E tanh(Λ + √Λ g)) with Λ = s². At finite d, with noise of "
    "width 1 + σ²ψ² about the modes, "
    "Λ = dψ²/(1 + σ²ψ²), which is d e^−2t/(1 − e^−2t + σ² e^−2t) in the Ornstein–Uhlenbeck clock."
)

# %%
conclude(claim)
