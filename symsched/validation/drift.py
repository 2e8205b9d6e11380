"""How far the modes of a distribution that is written with d still are, at one dimension, from where they go.

A limit says where that is as d → ∞; before that a coupling 1 + d^−1/8 has modes of its own at every d. The numbers here
are those of the distribution at each d, and not the limit's: one with a wrong atom or weight finds no excuse in them.
"""

import math

import numpy as np

from symsched.algebra.arrays import Array
from symsched.distributions.cascade import CanonicalPhase
from symsched.limits.limit import Limit
from symsched.models.order_model import AbstractPointsModel
from symsched.symbols import d as d_symbol

_FARTHEST = 1e18  # stands for d = ∞
_NEARER = 1e14
_ROUNDING = 1e-9
_STEADY = 0.02
"""Power of d at which log-odds may still move there; at the scale of another window they move by 1/8 or more."""


def drift(limit: Limit, phase: CanonicalPhase, d: float) -> float:
    """Return by how much the modes at ``d`` change a phase's posteriors from those as d → ∞.

    That is the larger of the relative change of the log-odds between outcomes at s = 1 and of the change of a weight:
    0 where the distribution is written without d, and where its modes do not settle at this phase's scale at all: then
    it is the phase that is wrong.
    """
    if d_symbol not in limit.distribution.free_symbols:
        return 0.0
    (odds, weights), (before, _), (last, final) = (_modes(limit, phase, at) for at in (d, _NEARER, _FARTHEST))
    if odds.shape != last.shape:
        return math.inf
    if np.any(np.abs(np.log(last / before)) > _STEADY * math.log(_FARTHEST / _NEARER)):
        return 0.0
    left = max(np.max(np.abs(odds / last - 1)), np.max(np.abs(weights - final)))
    return 0.0 if left < _ROUNDING else float(left)


def _modes(limit: Limit, phase: CanonicalPhase, d: float) -> tuple[Array, Array]:
    """Return the squared distances of ν between modes of different outcomes at s = 1, and all weights."""
    model = limit.order_model(d)
    if not isinstance(model, AbstractPointsModel):
        raise TypeError(f"the outcomes of {phase.name} need modes that are points, got {model!r}")
    chosen = np.array(model.orders) == phase.order
    signal = (model.strengths(d ** -float(phase.exponent)) * model.points.places)[:, chosen]
    gaps = np.sum((signal[:, None] - signal[None]) ** 2, axis=2)
    pairs = [
        (k, other)
        for branch in phase.branches
        for j, block in enumerate(branch.outcomes)
        for later in branch.outcomes[j + 1 :]
        for k in block
        for other in later
    ]
    return gaps[tuple(np.array(pairs).T)], model.points.weights
