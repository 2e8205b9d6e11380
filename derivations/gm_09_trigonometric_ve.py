"""Claim 9. Dilated VE on the trigonometric interpolant: the limit equations hold; K Euler steps multiply orthogonal
noise by √d Π (1 − k/(K² − k²)).

Assumes: the mixture of claim 2; d → ∞ at fixed t and κ for the equations, at fixed K for the factor.
"""

# %% The equations, by the same rules as for the linear interpolant.
import sympy as sp
from telling import conclude, require, say, show, show_steps

from symsched.distributions.named import GaussianMixture
from symsched.limits.limit import derive
from symsched.schedules.interpolant import VE_TRIG
from symsched.validation.claims.gm_09_trigonometric_ve import claim, factor_value, noise_factor

p, m, sigma = sp.symbols("p m sigma", positive=True)
limit = derive(GaussianMixture(p, m, sigma), VE_TRIG)

say(__doc__)
show_steps(limit.derivation, "window", "order parameter in t", "data: given its mode")

# %% Noise that the posterior does not see is multiplied by 1 + Δτ α̇/α at every step, τ = k/K in the limit.
show("α̇/α", VE_TRIG.noise_rate)
factor = noise_factor(VE_TRIG)
show("factor after K steps", factor)
steps, k = sp.symbols("K k", integer=True, positive=True)
summand = next(iter(factor.atoms(sp.Product))).function
index = next(s for s in summand.free_symbols if s.name == "k")
require("its terms are 1 − k/(K² − k²)", sp.simplify(summand - (1 - index / (steps**2 - index**2))) == 0)
for count in (5, 10, 100, 1000):
    value = factor_value(factor, count, 1.0)
    print(f"  K = {count:5d}: factor/√d = {value:.6f},  times √K = {value * count**0.5:.6f}")
say("So the factor is about 0.80 √(d/K), where the equation has κ: for fixed K it grows with d.")
require("0.80 √(d/K) within 5 % at K = 1000", abs(factor_value(factor, 1000, 1.0) * 1000**0.5 - 0.8) < 0.04)

# %%
conclude(claim)
