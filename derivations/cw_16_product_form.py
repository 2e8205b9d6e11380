"""Curie–Weiss: what the two-mode product form of the posterior leaves out.

Statement. The exact posterior mean is ⟨tanh(u + ψy_i)⟩ over the collective field u; the product form puts u at its
saddle point βm. The difference at coordinate i is sech²(βm + ψy_i) δu, with δu Gaussian of variance (1/d) [1/(1/β −
Λ'') − 1/(1/β − Q)], Q = E sech²(βm + ψy): rate d^−1/2.

Assumptions. One mode dominates (√d ψ large); ψ fixed as d → ∞.
"""

# %% The exponent of the field's posterior and its expansion at u = βm
import mpmath
import sympy as sp
from telling import conclude, require, say, show

from symsched.schedules.interpolant import VP
from symsched.validation.claims import cw_16_product_form
from symsched.validation.claims.cw_16_product_form import claim
from symsched.validation.claims.cw_model import limit_of, magnetisation

say(__doc__)
u, y = sp.symbols("u y", real=True)
d, beta, psi = sp.symbols("d beta psi", positive=True)
one = sp.log(2 * sp.cosh(u + psi * y))
print("e(u) = −d u²/(2β) + Σ_j", one)
print("e'(u) = −d u/β + Σ_j", sp.diff(one, u))
curved = sp.diff(one, u, 2) - sp.cosh(u + psi * y) ** -2
require("e''(u) = −d/β + Σ_j sech²(u + ψy_j), which is −d (1/β − Q) as d → ∞", sp.simplify(curved.rewrite(sp.exp)) == 0)
moved = sp.diff(sp.tanh(u + psi * y), u) - sp.cosh(u + psi * y) ** -2
require("E[a_i | y] − tanh(βm + ψy_i) = sech²(βm + ψy_i) δu + O(1/d)", sp.simplify(moved.rewrite(sp.exp)) == 0)

# %% The law of δu = E[u | y] − βm: total variance of the Gaussian field
prior, hidden = 1 / (1 / beta - sp.Symbol("Lambda2")), 1 / (1 / beta - sp.Symbol("Q"))
print("prior: d·Var(u) =", prior, " (the same with ψ = 0: Q = Λ''); posterior: d·Var(u | y) =", hidden)
show("so d·Var(E[u | y])", prior - hidden)

# %% Numbers for β = 2, τ = ½ of plain VP (ψ = 1), by mpmath
m, strength = magnetisation(), mpmath.mpf(1)


def average(power: int) -> mpmath.mpf:
    """Return E sech^power(βm + ψy) for y = z + ψa in the + mode."""

    def integrand(z: mpmath.mpf) -> mpmath.mpf:
        both = [(1 + a * m) / 2 * mpmath.sech(2 * m + strength * (z + strength * a)) ** power for a in (-1, 1)]
        return mpmath.npdf(z) * sum(both)

    return mpmath.quad(integrand, [-12, -4, -2, 0, 2, 4, 12])


variance = 1 / (mpmath.mpf(1) / 2 - (1 - m**2)) - 1 / (mpmath.mpf(1) / 2 - average(2))
own = float(mpmath.sqrt(average(4) * variance))
derived = cw_16_product_form.predicted_error(limit_of(VP), 0.5)
print(f"√d × root mean square error: {own:.12f} by hand, {derived:.12f} from the derived saddle")
require("the two agree", abs(own - derived) < 1e-9)
weak = cw_16_product_form.predicted_error(limit_of(VP, cw_16_product_form.WEAK), 0.5)
print(f"β = 1.1, d = 100 000: {weak / 100_000**0.5:.3g} per coordinate")

# %% Check: exact samples, exact posterior
conclude(claim)
