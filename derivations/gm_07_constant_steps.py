"""Claim 7. On the dilated schedule the sampler's recursion has a limit as d → ∞ at a fixed number of steps: Θ(1)
steps are enough.

Assumes: the mixture of claim 2; Euler on the linear interpolant, K steps per half, κ fixed.
"""

# %% The coefficients of the steps as d grows: x' = A x + B D at ψ.
import numpy as np
import sympy as sp
from telling import conclude, require, say, show, show_steps

from symsched.distributions.named import GaussianMixture
from symsched.limits.limit import derive
from symsched.predictions.predict import predict
from symsched.schedules.interpolant import VP
from symsched.symbols import nu, s
from symsched.validation.claims import gm_case
from symsched.validation.claims.gm_07_constant_steps import STEPS, claim

say(__doc__)
p, m, sigma = sp.symbols("p m sigma", positive=True)
limit = derive(GaussianMixture(p, m, sigma), VP)
show_steps(limit.derivation, "window")
show("drift of ν", limit.phases[0].law.denoiser(s, nu))

# %% s = √d ψ at the nodes of the first half, and ψ at those of the second, no longer move with d.
half = STEPS // 2
grids = {d: gm_case.limit("vp").schedule.plan(STEPS, d, gm_case.KAPPA) for d in (1e4, 1e8, 1e16, 1e32)}
for d, plan in grids.items():
    first, second = np.sqrt(d) * plan.psi[[1, half - 1]], plan.psi[[half + 1, -1]]
    print(f"  d = {d:.0e}: √d ψ = {first[0]:.6f} … {first[1]:.6f};  ψ = {second[0]:.6f} … {second[1]:.6f}")
last = grids[1e32]
nodes = 2 * gm_case.KAPPA * last.times[:half]
require(
    "first half: s = 2κt, the same steps at every d",
    bool(np.allclose(np.sqrt(1e32) * last.psi[:half], nodes, rtol=1e-12)),
)
require(
    "second half: ψ = τ/(1 − τ), τ = 2t − 1",
    bool(np.allclose(last.psi[half:], (2 * last.times[half:-1] - 1) / (2 - 2 * last.times[half:-1]), atol=1e-12)),
)
far = predict(gm_case.limit("vp"), STEPS, kappa=gm_case.KAPPA)[0]
say(f"Euler's numbers at d = ∞, p = 4/5, σ = 1/2: weight {far.weight:.12f}, width {far.site_variance**0.5:.12f}.")

# %%
conclude(claim)
