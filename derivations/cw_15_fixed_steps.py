"""Curie–Weiss: ten steps per half are enough at every d.

Statement. With K Euler steps per half on a dilated schedule, K fixed and d → ∞, weight and mean spin converge (rate
d^−1/2, the schedule's own) to those of a recursion that does not know d.

Assumptions. The steps are fixed, then d → ∞; κ fixed. The other order of limits gives the measure itself.
"""

# %% The recursion of the first half, VP: s_k = κk/K and one Euler step of dν/ds = m tanh(hm + s m ν)
import math

import numpy as np
import sympy as sp
from scipy import special
from telling import conclude, require, say

from symsched.predictions.predict import predict
from symsched.schedules.interpolant import VP
from symsched.schedules.plan import History
from symsched.validation.claims.cw_15_fixed_steps import claim
from symsched.validation.claims.cw_model import limit_of, magnetisation
from symsched.validation.claims.cw_recursion import euler_plan

say(__doc__)
K, kappa, m, h = 10, 3.0, magnetisation(), math.log(2)


def ends_up(start: float) -> bool:
    """Return whether the path of the recursion from ν_0 is on the + side of the posterior after K steps."""
    nu = start
    for k in range(K):
        nu += kappa / K * m * math.tanh(h * m + kappa * k / K * m * nu)
    return h * m + kappa * m * nu > 0


low, high = -6.0, 6.0
for _ in range(60):
    middle = (low + high) / 2
    low, high = (low, middle) if ends_up(middle) else (middle, high)
weight = float(special.ndtr(-high))
limit = limit_of(VP)
predicted = predict(limit, 2 * K, kappa=kappa)[-1].weight
print(f"threshold of ν_0: {high:.10f}; weight of the + mode: {weight:.12f} by hand, {predicted:.12f} from predict()")
print(f"(exact flow: {float(sp.N(limit.cascade.modes[-1].weight, 15)):.12f})")
require("the two agree", abs(weight - predicted) < 1e-10)

# %% The second half: the spins follow Euler steps, and the field answers to their law
plan = euler_plan(limit, 2 * K)
z = np.linspace(-6.5, 6.5, 200_001)
mass = np.exp(-(z**2) / 2) / np.exp(-(z**2) / 2).sum()
x, u, history = z.copy(), 2 * m, History(plan)
for k in range(K, 2 * K):
    y = x / plan.alpha[k]
    for _ in range(60 if k > K else 0):
        u = 2 * float(mass @ np.tanh(u + plan.psi[k] * y))
    history.advance(k, x, np.tanh(u + plan.psi[k] * y))
print(f"field at the end: u/β = {u / 2:.8f}, against m = {m:.8f}: Euler's error shifts it")
every = predict(limit, 2 * K, kappa=kappa)[-1].site_mean
print(f"mean spin of a path that is decided: {mass @ x:.8f}; over all paths of the + mode: {every:.8f}")
require("paths that are not decided at t = ½ cost less than 10⁻³", 0 <= mass @ x - every < 1e-3)

# %% Check: the exact posterior at d = 10² … 10⁸
conclude(claim)
