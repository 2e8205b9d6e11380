"""Curie–Weiss under dilated VP: the second half, and the threshold that decides a spin.

Statement. Given the mode S = ±1, x_i' = (α'/α) x_i + (β' − α'β/α) tanh(βmS + (β(τ)/α²) x_i) with τ = 2t − 1, from
x_i(½) ~ N(0, 1) as d → ∞. The spin ends at +1 if and only if x_i(½) > S Φ⁻¹((1 − m)/2).

Assumptions. The mode is chosen (first half over); VP (linear); d → ∞ at fixed t.
"""

# %% One spin in a field: E[a | z + ψa = y] for a = ±1 with P(a) ∝ e^{ua}
import mpmath
import sympy as sp
from telling import conclude, require, say, show

from symsched.schedules.interpolant import VP
from symsched.validation.claims import cw_13_vp_second
from symsched.validation.claims.cw_13_vp_second import claim
from symsched.validation.claims.cw_model import limit_of, magnetisation, normal_quantile

say(__doc__)
u, y, x = sp.symbols("u y x", real=True)
psi, t = sp.symbols("psi t", positive=True)
likelihood = {a: sp.exp(u * a + psi * a * y - psi**2 / 2) for a in (-1, 1)}
posterior = (likelihood[1] - likelihood[-1]) / (likelihood[1] + likelihood[-1])
require("E[a | y] = tanh(u + ψy)", sp.simplify((posterior - sp.tanh(u + psi * y)).rewrite(sp.exp)) == 0)
print("  with u = βmS, the field of the mode")

# %% In x = αy: x' = (α'/α) x + α ψ' E[a | y], and α ψ' = β' − α'β/α
tau = 2 * t - 1
alpha, signal = 1 - tau, tau
ratio = signal / alpha
rate = sp.simplify(sp.diff(signal, t) - sp.diff(alpha, t) * signal / alpha)
require("α ψ' = β' − α'β/α", sp.simplify(alpha * sp.diff(ratio, t) - rate) == 0)
velocity = sp.diff(alpha, t) / alpha * x + rate * sp.tanh(u + ratio * x / alpha)
show("x' in the mode u = βmS", velocity)

# %% The same from derive()
limit = limit_of(VP)
constant = limit.distribution.saddles[-1].magnetisation
for side, equation in zip((-1, 1), limit.phases[-1].odes, strict=True):
    show(f"derive() says for S = {side:+d}", equation)
    time = next(iter(equation.rhs.free_symbols))
    own = velocity.subs({u: 2 * constant * side, t: time})
    difference = (equation.rhs.subs(equation.lhs.args[0], x) - own).subs(
        {time: sp.Rational(4, 5), x: sp.Rational(1, 3)}
    )
    require("that is the equation found by hand", abs(sp.N(difference, 30)) < 1e-25)

# %% The threshold: the flow keeps quantiles, and the mass that ends at −1 is P(a = −1 | S) = (1 − Sm)/2
print(
    "\nF_ψ(y) = Σ_a P(a) Φ(y − ψa); y_ψ = F_ψ⁻¹(Φ(z)). As ψ → ∞ the lower (1 − Sm)/2 of all z go to −∞, the others"
    " to +∞."
)
m = magnetisation()
for side in (-1, 1):
    by_equation = cw_13_vp_second.decided_by_equation(limit, (side + 1) // 2)
    exact = normal_quantile((1 - side * m) / 2)
    print(f"S = {side:+d}: threshold {by_equation:.12f} by the equation, {mpmath.nstr(exact, 13)} = Φ⁻¹((1 − Sm)/2)")

# %% Check: the same threshold in exact d-dimensional flows
conclude(claim)
