"""Curie–Weiss: where the spin mean sits, with which weights, and how it fluctuates.

Statement. Spins ±1 with density ∝ exp(d β m̂²/2 + h m̂), m̂ = Σ a_i/d, β > 1. As d → ∞ the spin mean is at ±m with
m = tanh(βm), at +m with weight e^{hm}/(2 cosh hm), and d·Var(m̂ | mode) → Λ''/χ with Λ'' = 1 − m² and χ = 1 − βΛ''.
Corrections are of order 1/d.

Assumptions. β and h do not depend on d; β > 1, so that g − I has two maxima of one height.
"""

# %% Large deviations of the spin mean: its density is exp(d (g − I) + f) √I'' up to a constant
import sympy as sp
from telling import conclude, require, say, show, show_steps

from symsched.schedules.interpolant import VP
from symsched.validation.claims.cw_11_modes import claim
from symsched.validation.claims.cw_model import limit_of

m, u = sp.symbols("m u", real=True)
beta, h = sp.symbols("beta h", positive=True)
cumulant = sp.log(sp.cosh(u))
say(__doc__)
rate = sp.integrate(sp.atanh(m), m)  # I' is the inverse of Λ' = tanh
exponent = beta * m**2 / 2 - rate
print("Λ(u) =", cumulant)
print("I(m) =", sp.simplify(rate))
print("(g − I)'(m) =", sp.diff(exponent, m), "   vanishes where m = tanh(βm)")

# %% Gaussian fluctuations at a maximum
curvature = sp.simplify(-sp.diff(exponent, m, 2))
chi = 1 - beta * (1 - m**2)
print("−(g − I)''(m) =", curvature)
require("−(g − I)'' = χ/Λ''", sp.simplify(curvature - chi / (1 - m**2)) == 0)
print("so d·Var(m̂ | mode) = Λ''/χ with Λ'' = 1 − m², χ =", chi)
weight = sp.exp(h * m) * sp.sqrt(sp.diff(rate, m, 2) / curvature)
require("the Gaussian integral at a maximum is e^{hm} χ^{−1/2}", sp.simplify(weight**2 - sp.exp(2 * h * m) / chi) == 0)
require("χ is the same at ±m", sp.simplify(chi - chi.subs(m, -m)) == 0)
show("so it cancels, and the weight of +m is", sp.exp(h * m) / (2 * sp.cosh(h * m)))

# %% The same from the general rules, for β = 2 and h = ln 2
limit = limit_of(VP)
show_steps(limit.derivation, "saddle points", "weights", "product measures")
for saddle in limit.distribution.saddles:
    print(f"\nm = {saddle.magnetisation} = {sp.N(saddle.magnetisation, 15)}, χ = {saddle.chi} = {sp.N(saddle.chi, 15)}")

# %% Check: every value of the spin mean enumerated at finite d
conclude(claim)
