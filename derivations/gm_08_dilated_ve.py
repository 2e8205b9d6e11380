"""Claim 8. Dilated VE (linear): an equation for M on the first half, one for each coordinate on the second, and the
width σ_κ = σκ/√(κ² + σ²).

Assumes: the mixture of claim 2; d → ∞ at fixed t and κ. M = r·X/(m²d) = μ/m, with α = α(τ)/√d = 1 − τ on the first
half.
"""

# %% From the density to the two equations.
import sympy as sp
from telling import conclude, require, say, show, show_steps

from symsched.distributions.named import GaussianMixture
from symsched.limits.limit import derive
from symsched.schedules.interpolant import VE
from symsched.symbols import kappa, t
from symsched.validation.claims.gm_08_dilated_ve import claim, kept_width, width_factor
from symsched.validation.claims.gm_08_dilated_ve import sigma as any_sigma

p, m, sigma = sp.symbols("p m sigma", positive=True)
limit = derive(GaussianMixture(p, m, sigma), VE)

say(__doc__)
show_steps(limit.derivation, "window", "order parameter in t", "data: given its mode")
equation = limit.phases[0].ode
place, h = sp.symbols("mu h", real=True)
ours = equation.rhs.subs(equation.lhs.args[0], place)

# %% The paper's form, in τ = 2t: Ṁ = (α̇/α) M + (β̇ − α̇β/α) tanh(h + β m² M/α²), times dτ/dt = 2.
clock, overlap = 2 * t, place / m
alpha, beta = 1 - clock, clock
paper = 2 * m * (-overlap / alpha + (1 + beta / alpha) * sp.tanh(h + beta * m**2 * overlap / alpha**2))
values = {p: sp.Rational(4, 5), m: sp.Rational(7, 5), t: sp.Rational(1, 3), place: sp.Rational(-2, 9)}
gap = ours.subs(values) - paper.subs(h, sp.log(p / (1 - p)) / 2).subs(values)
show("first half", equation)
require("it is the paper's", abs(sp.N(gap, 30)) < 1e-25)

# %% Second half: deviations from the mode's mean are multiplied by w(t)/w(1/2).
show("second half", limit.phases[1].ode)
factor = width_factor(limit)
show("w(t)", factor)
unknown = limit.phases[1].ode.lhs.args[0]
moved = m + factor.subs(any_sigma, sigma)
residue = sp.simplify(sp.diff(moved, t) - limit.phases[1].ode.rhs.subs(unknown, moved))
require("m + w(t) solves the equation", residue == 0)
show("law at t = 1/2", limit.phases[1].initial)
kept = kept_width(limit)
show("width at t = 1", kept)
require("it is σκ/√(κ² + σ²)", sp.simplify(kept - any_sigma * kappa / sp.sqrt(kappa**2 + any_sigma**2)) == 0)
say(
    "The start N(mS, κ²) misses the σ² that a flow at finite d has by then: that is why σ_κ < σ, and why steps → ∞"
    " at fixed d gives σ."
)

# %%
conclude(claim)
