"""Claim 3. On plain schedules N = ν√d uniform steps give a weight (VP) and a width (VE) that depend on ν alone.

Assumes: the mixture of claim 2 with m = 1; d → ∞ at fixed ν. a = σν.
"""

# %% Plain VP: s = √d ψ advances by 1/ν per step, and nothing else of d is left.
import sympy as sp
from telling import conclude, require, say, show

from symsched.symbols import nu, s
from symsched.validation.claims import gm_case
from symsched.validation.claims.gm_03_root_d import claim, plain_factor, plain_width, recursion_weight, width_ratio

say(__doc__)
law = gm_case.effective_law(gm_case.limit("vp"))
show("drift of the effective law (p = 4/5)", law.denoiser(s, nu))
for rate in (0.5, 1.0, 2.0, 8.0):
    print(f"  N = {rate:g} √d: weight {recursion_weight(law, 1 / rate):.11f}")

# %% Plain VE: with j steps left α = √d j/N = j/ν and β → 1. A step multiplies deviations from the mode's mean by
left, total = sp.symbols("j J", integer=True, positive=True)
factor = plain_factor(left)
show("factor of the step with j steps left", factor)
product = sp.Product(factor, (left, 1, total)).doit()
show("product of J factors", product)
say(
    "It starts from the width J/ν = σJ/a. With Γ(J + c)/Γ(c) ~ J^c Γ(J)/Γ(c) the powers of J cancel, and SymPy "
    "reflects the Γ functions:"
)
closed = plain_width()
show("σ̂/σ", closed)
target = sp.cosh(sp.pi * sp.sqrt(width_ratio**2 - sp.Rational(1, 4))) / sp.sinh(sp.pi * width_ratio)
points = [sp.Rational(1, 7), sp.Rational(1, 2), sp.Rational(5, 3)]
require(
    "it is cosh(π√(a² − 1/4))/sinh(πa)",
    all(abs(sp.N((closed - target).subs(width_ratio, at), 30)) < 1e-25 for at in points),
)

# %%
conclude(claim)
