"""Curie–Weiss under dilated VE (linear): both halves.

Statement. With τ = (1 − κ/√d) 2t for t ≤ ½ and 1 − κ/√d + (κ/√d)(2t − 1) after: M = Σ x_i/(m d) follows M' = (α'/α)
M + (β' − α'β/α) tanh(hm + βm² M/α²), β and α = lim α/√d read at τ = 2t, from M_0 ~ N(0, 1/m²); then x_i' =
(A'/A)(x_i − tanh(βmS + x_i/A²)) with A = 2κ(1 − t), from x_i(½) ~ N(mS, κ²) if the first half takes fixed steps
while d → ∞.

Assumptions. VE (linear): α = √d (1 − τ), β = τ. (In tanh, β(τ) stands before m² M; the coupling stands in βmS.)
"""

# %% First half: μ = αν in α = α/√d, M = μ/m, dν/ds = m tanh(hm + s m ν) with s = √d ψ
import sympy as sp
from telling import conclude, require, say, show

from symsched.schedules.interpolant import VE
from symsched.validation.claims.cw_14_ve import claim
from symsched.validation.claims.cw_model import limit_of

say(__doc__)
t, m, h, kappa, d = sp.symbols("t m h kappa d", positive=True)
M, x, u = sp.symbols("M x u", real=True)
tau = (1 - kappa / sp.sqrt(d)) * 2 * t
amplitude = sp.limit(1 - tau, d, sp.oo)
signal = sp.limit(tau, d, sp.oo)
strength = sp.simplify(signal / amplitude)
print("lim α/√d =", amplitude, "   s =", strength)
drift = sp.diff(amplitude, t) / amplitude * M + amplitude * sp.diff(strength, t) * sp.tanh(
    h * m + strength * m**2 * M / amplitude
)
paper = sp.diff(amplitude, t) / amplitude * M + (
    sp.diff(signal, t) - sp.diff(amplitude, t) * signal / amplitude
) * sp.tanh(h * m + signal * m**2 * M / amplitude**2)
show("M'", drift)
require("that is the paper's form", sp.simplify(drift - paper) == 0)

# %% Second half: α itself is of order one, A = 2κ(1 − t), β → 1, ψ = 1/A
A = sp.limit(sp.sqrt(d) * (1 - (1 - kappa / sp.sqrt(d) + kappa / sp.sqrt(d) * (2 * t - 1))), d, sp.oo)
print("A =", sp.factor(A))
site = sp.diff(A, t) / A * x + A * sp.diff(1 / A, t) * sp.tanh(u + x / A**2)
require(
    "x' = (A'/A)(x − tanh(u + x/A²)), u = βmS", sp.simplify(site - sp.diff(A, t) / A * (x - sp.tanh(u + x / A**2))) == 0
)

# %% The same from derive()
limit = limit_of(VE)
constant = limit.distribution.saddles[-1].magnetisation
first, last = limit.phases[0].ode, limit.phases[-1].odes[-1]
show("derive() says, first half (μ = mM)", first)
show("second half, S = +1", last)
library = {symbol.name: symbol for symbol in last.rhs.free_symbols}
values = {library["t"]: sp.Rational(1, 3), library["kappa"]: 3}
mu = sp.Rational(2, 7)
own = (constant * drift.subs(M, mu / constant)).subs({m: constant, h: sp.log(2), t: sp.Rational(1, 3)})
require("first half: as found by hand", abs(sp.N(first.rhs.subs(first.lhs.args[0], mu).subs(values) - own, 30)) < 1e-25)
values = {library["t"]: sp.Rational(4, 5), library["kappa"]: 3}
own = site.subs({u: 2 * constant, kappa: 3}).subs({t: sp.Rational(4, 5), x: mu})
require("second half: as found by hand", abs(sp.N(last.rhs.subs(last.lhs.args[0], mu).subs(values) - own, 30)) < 1e-25)

# %% What fixed steps leave: the last step of the first half sees E[a_i] = mS, no single spin
say("d → ∞ first: x_i(½) ~ N(mS, κ²); steps → ∞ first: x_i(½) has two peaks, N(±1, κ²). The limits do not commute.")

# %% Check: quantiles, exact laws and paths at finite d, thresholds, and the mean spin that is kept
conclude(claim)
