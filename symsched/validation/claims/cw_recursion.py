"""The d = ∞ recursion of the order parameter under the steps of any plan, read as a weight."""

from __future__ import annotations

import numpy as np
from scipy import special

from symsched.limits.limit import Limit
from symsched.predictions.order_paths import order_paths
from symsched.predictions.predict import INFINITE
from symsched.schedules.plan import Plan
from symsched.validation.claims.cw_model import KAPPA

_REACH = 8.0


def euler_plan(limit: Limit, steps: int, d: float = INFINITE) -> Plan:
    """Return Euler's plan on the limit's own schedule."""
    return limit.schedule.plan(steps, d, KAPPA)


def last_weight(limit: Limit, plan: Plan, d: float) -> float:
    """Return the weight of the last mode after a plan by the effective model at d: 1 − Φ of the ν_0 that decides."""
    model = limit.order_model(d)
    low, high = -_REACH, _REACH
    for _ in range(60):
        middle = (low + high) / 2
        last = order_paths(model, plan, np.array([[middle]])).modes[0] == len(model.sites) - 1
        low, high = (low, middle) if last else (middle, high)
    return float(special.ndtr(-high))
