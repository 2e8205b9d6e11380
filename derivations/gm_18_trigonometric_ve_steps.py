"""Claim 18, beside claim 9, expected to fail. Euler on dilated trigonometric VE recovers the width in a number of
steps free of d.

Assumes: the mixture of claim 2; K steps per half fixed, d → ∞.
"""

# %% What the limit equation keeps, and what K steps leave behind at the end of the first half.
from telling import conclude, require, say, show

from symsched.predictions.predict import predict
from symsched.symbols import kappa
from symsched.validation.claims import gm_case
from symsched.validation.claims.gm_08_dilated_ve import kept_width, sigma
from symsched.validation.claims.gm_09_trigonometric_ve import NAME, factor_value, noise_factor
from symsched.validation.claims.gm_18_trigonometric_ve_steps import claim

say(__doc__)
limit = gm_case.limit(NAME)
kept = kept_width(limit)
show("width that the equation keeps", kept)
factor = noise_factor(limit.interpolant)
show("orthogonal noise after K Euler steps", factor)

# %% The same schedule, two schemes: Euler in x fails, Euler in x/α does not.
promised = float(kept.subs({sigma: gm_case.SIGMA, kappa: 3}))
widths = {}
for d in (1e4, 1e6, 1e8):
    for scheme in ("interpolant", "canonical"):
        found = predict(limit, 20, kappa=gm_case.KAPPA, d=d, scheme=scheme)[0]
        widths[d, scheme] = found.site_variance**0.5
        print(
            f"  d = {d:.0e}, Euler in {scheme:11s} coordinates, K = 10: width {widths[d, scheme]:.6g} "
            f"({promised:.6f} promised)"
        )
growth = widths[1e8, "interpolant"] / widths[1e6, "interpolant"]
require("the width grows like √d: tenfold from d = 10⁶ to 10⁸", abs(growth - 10) < 0.01)
require(
    "in canonical coordinates it does not grow", abs(widths[1e8, "canonical"] / widths[1e6, "canonical"] - 1) < 0.01
)
print(f"  noise at t = 1/2, d = 10⁶: {factor_value(factor, 10, 1e6):.6g}, against κ = {gm_case.KAPPA:g}")

# %%
conclude(claim)
