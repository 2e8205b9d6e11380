"""Order parameters under the steps of a plan: a handful of numbers per path."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from symsched.models.order_model import AbstractOrderModel
from symsched.schedules.plan import History, Plan

Array = NDArray[np.float64]

_DECIDED = 1 - 1e-10
_LARGEST_WITH_ORDER = 1e20


@dataclass(frozen=True)
class OrderPaths:
    """Order parameters of P paths along a plan of N steps.

    ``nu`` (P, N, C) at every evaluated node, canonical; ``responsibilities`` (P, N, K) there; ``modes`` (P,) the
    mode each path ends in.
    """

    nu: Array
    responsibilities: Array
    modes: NDArray[np.intp]


def order_paths(model: AbstractOrderModel, plan: Plan, start: Array) -> OrderPaths:
    """Return the order parameters from ν_0 = ``start`` (P, C) under the plan, with the posterior over modes at every
    node.

    For order 1 the plan is run on x = α ν with D = √d E[g | ν]. A component of order q > 1 moves by the plan's share
    of q ψ^{q−1} √d E[g | ν], and feels noise that the scheme leaves too wide or too narrow.
    """
    paths, components = start.shape
    if model.dimension > _LARGEST_WITH_ORDER and any(order > 1 for order in model.orders):
        raise ValueError(
            f"d = {model.dimension:g} is beyond double precision for an order parameter of order "
            f"{max(model.orders)}, whose hand-over depends on log d: ask at a finite d up to {_LARGEST_WITH_ORDER:g}"
        )
    orders = np.array(model.orders)
    state = plan.alpha[0] * start
    nu = start.copy()
    track, shares = np.empty((paths, plan.steps, components)), np.empty((paths, plan.steps, len(model.sites)))
    linear = orders == 1
    fixed = np.full(paths, -1)
    pull = np.where(linear, model.lift, orders * math.sqrt(model.dimension))
    history = History(plan, np.where(linear, math.sqrt(model.dimension), 0.0))
    wide = _width_errors(model, plan)
    for k in range(plan.steps):
        psi, alpha = plan.psi[k], plan.alpha[k]
        nu = np.where(linear, state / alpha, nu)
        seen = nu + wide[k]
        track[:, k] = seen
        now = model.responsibilities(psi, seen)
        # A path whose mode is beyond doubt keeps it: past its window a Hermite sum of order > 1 is no longer Gaussian.
        fixed = np.where((fixed < 0) & (now.max(axis=1) > _DECIDED) & model.separated(psi), now.argmax(axis=1), fixed)
        kept = fixed >= 0
        now[kept] = np.eye(now.shape[1])[fixed[kept]]
        shares[:, k] = now
        drift = model.pull(psi, seen, now)
        # What a step adds to a component of order q > 1 is advanced from 0, and divided by the noise that it meets.
        state = history.advance(k, np.where(linear, state, 0.0), pull * psi ** (orders - 1.0) * drift)
        following = plan.alpha[k + 1]
        if following > 0:
            nu = np.where(linear, nu, nu + state / following)
    return OrderPaths(track, shares, np.argmax(shares[:, -1], axis=1))


def _width_errors(model: AbstractOrderModel, plan: Plan) -> Array:
    """Shift of each order parameter, (N, C), by coordinates whose common variance the scheme gets wrong.

    With ŷ ~ N(0, 1 + δ) the Hermite sum of even order q has mean √d (q−1)!! δ^{q/2}/√q!, which is O(1) although δ → 0.
    """
    out = np.zeros((plan.steps, len(model.orders)))
    history, gain = History(plan, 0.0), np.ones(1)
    for k in range(plan.steps):
        psi, alpha = plan.psi[k], plan.alpha[k]
        expected = 1 + psi**2 * model.spread
        delta = (plan.alpha[0] * gain[0] / alpha) ** 2 / expected - 1
        for c, order in enumerate(model.orders):
            if order > 1 and order % 2 == 0:
                out[k, c] = (
                    math.sqrt(model.dimension / math.factorial(order))
                    * float(special.factorial2(order - 1))
                    * delta ** (order // 2)
                )
        history.advance(k, gain, psi * model.spread / (alpha * expected) * gain)
    return out
