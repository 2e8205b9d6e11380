"""Curie–Weiss under dilated VP: the first half.

Statement. With τ = 2κt/√d for t ≤ ½, μ = Σ x_i/√d follows μ' = 2κm tanh(hm + 2κm t μ) from μ_0 ~ N(0, 1) as d → ∞
at fixed t. Paths of the d-dimensional flow converge at rate d^−1/2 at equal t, and at rate 1/d at equal s = √d ψ.

Assumptions. VP (linear): α = 1 − τ, β = τ. β > 1; κ and t fixed.
"""

# %% The canonical flow of the effective law: two atoms ±m
import sympy as sp
from telling import conclude, require, say, show, show_steps

from symsched.schedules.interpolant import VP
from symsched.validation.claims.cw_12_vp_first import claim
from symsched.validation.claims.cw_model import limit_of

say(__doc__)
s, nu, t, mu = sp.symbols("s nu t mu", real=True)
m, h, kappa, d = sp.symbols("m h kappa d", positive=True)
up = sp.exp(h * m) / (2 * sp.cosh(h * m))
partition = up * sp.exp(s * m * nu - s**2 * m**2 / 2) + (1 - up) * sp.exp(-s * m * nu - s**2 * m**2 / 2)
drift = sp.diff(sp.log(partition), nu) / s
claimed = m * sp.tanh(h * m + s * m * nu)
show("Z(s, ν)", partition)
show("dν/ds = (1/s) ∂_ν log Z", claimed)
require("that is the logarithmic derivative of Z", sp.simplify((drift - claimed).rewrite(sp.exp)) == 0)

# %% Read in t: s = √d ψ with ψ = τ/(1 − τ), μ = αν
tau = 2 * kappa * t / sp.sqrt(d)
strength = sp.sqrt(d) * tau / (1 - tau)
root = sp.Symbol("epsilon", positive=True)  # 1/√d
print("s(t) =", sp.series(strength.subs(d, root**-2), root, 0, 3), " with ε = d^−1/2")
print("α(t) =", 1 - tau)
velocity = sp.limit(sp.diff(strength, t).subs(d, root**-2), root, 0) * claimed.subs({nu: mu, s: 2 * kappa * t})
print("μ' =", velocity, "  as d → ∞; what is left of order d^−1/2 stands in s(t) and α(t)")

# %% At equal s nothing of order d^−1/2 is left: the drift is a mean over coordinates, tanh expanded in ψ = s/√d
field, y = sp.symbols("u y", real=True)
term = sp.series(sp.tanh(field + s * root * y), root, 0, 4).removeO()
print("E[a_i | u, y_i] =", sp.collect(sp.expand(term), root))
print(
    "Σ_i of the term in ε is s (1 − tanh² u) ν: of order one, against √d m tanh(…) of the leading term, so "
    "relative corrections are 1/d"
)

# %% The same from derive()
limit = limit_of(VP)
phase = limit.phases[0]
show("derive() says", phase.ode)
print(phase.initial, *limit.definitions, sep="\n")
constant = limit.distribution.saddles[-1].magnetisation
library = {symbol.name: symbol for symbol in phase.ode.rhs.free_symbols}
own = velocity.subs({m: constant, h: sp.log(2), t: library["t"], kappa: library["kappa"]})
difference = phase.ode.rhs.subs(phase.ode.lhs.args[0], mu) - own
values = {library["t"]: sp.Rational(1, 3), library["kappa"]: 3, mu: sp.Rational(2, 7)}
require("derive() gives the equation found by hand", abs(sp.N(difference.subs(values), 30)) < 1e-25)
show_steps(limit.derivation, "speciation window", "order parameter in t")

# %% Check: exact flow by quantiles, exact law at finite d, and d-dimensional paths from the same noise
conclude(claim)
