"""Order parameters under the steps of a plan: a handful of numbers per path."""

import math
from dataclasses import dataclass, fields

import numpy as np

from symsched.algebra.arrays import Array, Index, Mask
from symsched.models.order_model import AbstractOrderModel
from symsched.predictions.evidence import FEW, MANY, Coordinates
from symsched.schedules.plan import History, Plan

_DECIDED = 1 - 1e-10  # posterior of a mode that is kept from there on
_LARGEST_WITH_ORDER = 1e20  # √d ψ^q and its drift keep six digits


@dataclass(frozen=True)
class OrderPaths:
    """Order parameters of P paths along a plan of N steps.

    ``nu`` (P, N, C) at every evaluated node, canonical; ``responsibilities`` (P, N, K) there; ``spins`` (P, N, K) the
    mean over the coordinates in each mode, NaN where the mode's own will do; ``modes`` (P,) the mode each path
    ends in.
    """

    nu: Array
    responsibilities: Array
    spins: Array
    modes: Index


def order_paths(model: AbstractOrderModel, plan: Plan, start: Array) -> OrderPaths:
    """Return the order parameters from ν_0 = ``start`` (P, C) under the plan, with the posterior over modes at every
    node.

    For order 1 the plan is run on x = α ν with D = √d E[g | ν]. A component of order q > 1 moves by the plan's share
    of q ψ^{q−1} √d E[g | ν], and where q = n + 1 by √(d q!) of the plan's wave of He_n. Both feel a common mean or a
    width that the plan gets wrong. A path that no window has decided is at last divided by the laws of the coordinates,
    not by their cumulants: ``Coordinates``.
    """
    if model.dimension > _LARGEST_WITH_ORDER and any(order > 1 for order in model.orders):
        raise ValueError(
            f"d = {model.dimension:g} is beyond double precision for an order parameter of order "
            f"{max(model.orders)}, whose hand-over depends on log d: ask at a finite d up to {_LARGEST_WITH_ORDER:g}"
        )
    out, unresolved = _carried(model, plan, start, FEW)
    if unresolved.any():
        finer, _ = _carried(model, plan, start[unresolved], MANY)
        for part in fields(out):
            getattr(out, part.name)[unresolved] = getattr(finer, part.name)
    return out


def _carried(model: AbstractOrderModel, plan: Plan, start: Array, count: int) -> tuple[OrderPaths, Mask]:
    """Return the paths by ``count`` nodes for the noise of a coordinate, and which of them (P,) need more."""
    paths, components = start.shape
    orders = np.array(model.orders)
    state = plan.alpha[0] * start
    nu = start.copy()
    track, shares = np.empty((paths, plan.steps, components)), np.empty((paths, plan.steps, len(model.sites)))
    linear = orders == 1
    fixed = np.full(paths, -1)
    pull = np.where(linear, model.lift, orders * math.sqrt(model.dimension))
    # √(d/q!) E He_q(z + ε He_n(z)) is ε √(d q!) for n = q − 1, and of order ε² else.
    waves = [math.sqrt(model.dimension * math.factorial(q)) if q == plan.degree + 1 else 0.0 for q in model.orders]
    history, offsets = History(plan, 0.0, np.array(waves)), _offsets(model, plan)
    coordinates = Coordinates(model, plan, start, count) if model.whole and shares.shape[2] > 1 else None
    for k in range(plan.steps):
        psi, alpha = plan.psi[k], plan.alpha[k]
        nu = np.where(linear, state / alpha, nu)
        seen = nu + offsets[k]
        track[:, k] = seen
        now = model.responsibilities(psi, seen)
        # A path whose mode was beyond doubt keeps it, unless its coordinates say otherwise: past its window a Hermite
        # sum of order > 1 is no longer Gaussian.
        kept = fixed >= 0
        now[kept] = np.eye(now.shape[1])[fixed[kept]]
        if coordinates is not None:
            now = coordinates.corrected(k, now)
        fixed = np.where((now.max(axis=1) > _DECIDED) & model.separated(psi), now.argmax(axis=1), -1)
        shares[:, k] = now
        if coordinates is not None:
            coordinates.advance(k, now)
        drift = model.pull(psi, seen, now)
        # What a step adds to a component of order q > 1 is advanced from 0, and divided by the noise that it meets.
        state = history.advance(k, np.where(linear, state, 0.0), pull * psi ** (orders - 1.0) * drift)
        following = plan.alpha[k + 1]
        if following > 0:
            nu = np.where(linear, nu, nu + state / following)
    modes = np.argmax(shares[:, -1], axis=1)
    if coordinates is None:
        return OrderPaths(track, shares, np.full_like(shares, np.nan), modes), np.zeros(paths, dtype=bool)
    return OrderPaths(track, shares, coordinates.spins, modes), coordinates.unresolved


def _offsets(model: AbstractOrderModel, plan: Plan) -> Array:
    """Shift of each order parameter, (N, C), by coordinates whose common mean or variance the plan gets wrong.

    With ŷ ~ N(μ, 1 + δ) the Hermite sum of order q has mean √(d/q!) E He_q(ŷ), which is O(1) although μ, δ → 0.
    """
    out = np.zeros((plan.steps, len(model.orders)))
    # Factor of the noise, and mean of a coordinate at the mean posterior mean that all modes share.
    path, history = np.array([1.0, 0.0]), History(plan, np.array([0.0, 1.0]), 0.0)
    for k in range(plan.steps):
        psi, alpha = plan.psi[k], plan.alpha[k]
        expected = 1 + psi**2 * model.spread
        missed = path[1] - plan.beta[k] * model.centre
        mean, excess = missed / (alpha * math.sqrt(expected)), (plan.alpha[0] * path[0] / alpha) ** 2 / expected - 1
        # Of several components of order 1 only the first is that of the mean over coordinates.
        for c in range(len(model.orders)):
            if model.orders.index(model.orders[c]) == c:
                out[k, c] = math.sqrt(model.dimension) * _mean_hermite(model.orders[c], mean, excess)
        slope = psi * model.spread / (alpha * expected)
        history.advance(k, path, np.array([slope * path[0], model.centre + slope * missed]))
    return out


def _mean_hermite(order: int, mean: float, excess: float) -> float:
    """Return E He_order(y)/√order! for y ~ N(mean, 1 + excess)."""
    terms = (
        excess**j * mean ** (order - 2 * j) / (2**j * math.factorial(j) * math.factorial(order - 2 * j))
        for j in range(order // 2 + 1)
    )
    return math.sqrt(math.factorial(order)) * sum(terms)
