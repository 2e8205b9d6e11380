"""Curie–Weiss for β < 1, and at β = 1.

Statement. For β < 1, g − I has one maximum, m = 0, with χ = 1 − β > 0: one mode of fair spins, no speciation phase,
a schedule of one window. The collective direction has variance d·Var(m̂) → Λ''/χ = 1/(1 − β). At β = 1, χ = 0 and
m̂ = d^−1/4 u with u ∝ exp(−u⁴/12): a continuous law, chosen at ψ ~ d^−1/4.

Assumptions. h does not depend on d (at β = 1 a field of order d^{1/4} matters).
"""

# %% g − I near m = 0
import sympy as sp
from telling import conclude, require, say, show, show_steps

from symsched.schedules.interpolant import VE, VP
from symsched.validation.claims.cw_17_one_mode import claim
from symsched.validation.claims.cw_model import limit_of

say(__doc__)
m, u = sp.symbols("m u", real=True)
beta, d = sp.symbols("beta d", positive=True)
exponent = beta * m**2 / 2 - sp.integrate(sp.series(sp.atanh(m), m, 0, 8).removeO(), m)
print("g − I =", sp.collect(sp.expand(exponent), m), "+ O(m¹⁰)")
print("β < 1: −(g − I)'' =", 1 - beta, "at m = 0, and every term is negative: one maximum, d·Var(m̂) =", 1 / (1 - beta))
critical = sp.expand(d * exponent.subs(beta, 1).subs(m, u * d ** sp.Rational(-1, 4)))
print("β = 1: d (g − I) at m = d^−1/4 u is", critical, "→", sp.limit(critical, d, sp.oo))
require("at β = 1, u has density ∝ exp(−u⁴/12)", sp.limit(critical, d, sp.oo) == -(u**4) / 12)

# %% derive() on β = ½: one phase; VP is not dilated, VE has one window
for interpolant in (VP, VE):
    limit = limit_of(interpolant, sp.Rational(1, 2))
    found = len(limit.cascade.modes) == 1 and not limit.cascade.speciations and limit.speciation_time is None
    require(f"{interpolant.name}: one mode, no speciation, no speciation time", found)
    show("τ(t)", limit.schedule.tau)
    show("the equation of a spin", limit.phases[0].ode)

# %% derive() on β = 1: the same call
limit = limit_of(VP, sp.S.One, sp.S.Zero)
print(
    f"\nβ = 1: phases {[(phase.name, phase.exponent) for phase in limit.phases]}, effective law ∝ "
    f"{limit.phases[0].law.density}"
)
show_steps(limit.derivation, "saddle points", "critical", "law of u")

# %% Check: enumeration, exact samples, and spins simulated with the schedule that follows
conclude(claim)
