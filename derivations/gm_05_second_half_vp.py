"""Claim 5. Second half of dilated VP, given the mode S = ±1: M = r·X/(m²d) = τS, and the orthogonal part scales by
√(α² + σ²β²).

Assumes: the mode is chosen; d → ∞ at fixed t, so that τ = 2t − 1, α = 2 − 2t.
"""

# %% The equation of one coordinate, for each mode.
import sympy as sp
from telling import conclude, require, say, show, show_steps

from symsched.distributions.named import GaussianMixture
from symsched.limits.limit import derive
from symsched.schedules.interpolant import VP
from symsched.symbols import t
from symsched.validation.claims.gm_05_second_half_vp import claim

p, m, sigma = sp.symbols("p m sigma", positive=True)
limit = derive(GaussianMixture(p, m, sigma), VP)

say(__doc__)
show_steps(limit.derivation, "data window", "data: given its mode")

# %% Its general solution: the mode's mean times τ, plus any multiple of the width.
clock = 2 * t - 1
width = sp.sqrt((1 - clock) ** 2 + sigma**2 * clock**2)
c = sp.Symbol("c", real=True)
for sign, equation in zip((1, -1), limit.phases[1].odes, strict=True):
    show(f"mode {sign:+d}", equation)
    unknown = equation.lhs.args[0]
    solution = sign * m * clock + c * width
    residue = sp.simplify(sp.diff(solution, t) - equation.rhs.subs(unknown, solution))
    require(f"x = {sign:+d}·m τ + c √((1 − τ)² + σ²τ²) solves it, for every c", residue == 0)
say(
    "At t = 1/2 the width is 1, so a coordinate z enters with c = z and leaves at t = 1 as ±m + σ z. The overlap M"
    " averages c away: M = τS."
)

# %%
conclude(claim)
