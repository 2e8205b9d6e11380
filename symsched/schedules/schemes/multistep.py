"""Schemes that remember posterior means of earlier nodes: Adams in ψ, and DPM-Solver++ in log ψ.

A step of y is Δψ times an average of the posterior mean over the step; these schemes take it from a polynomial through
the last few values.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from scipy import sparse

from symsched.algebra.arrays import Array, Index
from symsched.schedules.plan import Plan
from symsched.schedules.schemes.base import LONGEST, Nodes, corrected, lengths
from symsched.schedules.schemes.one_step import canonical

Weights = Callable[[Array], Array]
"""From the lengths (p+1, M) of a step and of the p before it, latest first, to the weights (p+1, M) of the D's."""


def adams(nodes: Nodes, order: int = 2) -> Plan:
    """Return Adams in ψ, y' = y + ∫ p(ψ) dψ over the step, p the polynomial through the last ``order`` values of D.

    Of order 2 this is y' = y + Δψ ((1 + r/2) D_k − (r/2) D_{k−1}) with r = Δψ_k/Δψ_{k−1}. It is exact for a posterior
    mean that is a polynomial in ψ of degree ``order`` − 1. Euler starts it again in each window, where the scale of ψ
    changes, and behind a step that is far shorter: that of a bridge that stands still, those before a gap and ψ = ∞.
    Three steps become two where a step is longer than the one before by half. The order would be lost to the first
    step, Euler's: of order 3 the second adds Δψ_0 (D_1 − D_0)/2, which makes of the two the rule ``midpoint``.
    Source: Bashforth and Adams 1883; with steps of any lengths, Hairer, Nørsett and Wanner 1993, section III.5.
    """
    plan = canonical(nodes.times, nodes.alpha, nodes.beta)
    step = lengths(plan)
    memory = _memory(step, nodes.starts, order - 1)
    following = _remembering(plan, step, memory, adams_weights)
    second = np.flatnonzero((memory[1:] == 1) & (memory[:-1] == 0)) + 1
    return corrected(following, second, step[second - 1] / 2) if order > 2 else following


def dpmpp_2m(nodes: Nodes, *, throughout: bool = False) -> Plan:
    """Return DPM-Solver++(2M), y' = y + Δψ ((1 + 1/2r) D_k − (1/2r) D_{k−1}) with r = h_{k−1}/h_k and h = Δ log ψ.

    It extrapolates in log ψ, where two-step Adams does in ψ: behind the step from ψ = 0, which has h = ∞, it is Euler,
    and the step to ψ = ∞ is the last D. Euler starts it again in each window, and behind an h that is far shorter,
    that before a gap, which the published grids do not have; ``throughout`` leaves both out, as published samplers do.
    Source: Lu et al., arXiv 2211.01095, algorithm 2.
    """
    plan = canonical(nodes.times, nodes.alpha, nodes.beta)
    with np.errstate(divide="ignore", invalid="ignore"):
        step = np.log1p(lengths(plan) / plan.psi[:-1])
    memory = _memory(step, nodes.starts, 1)
    if throughout:
        memory[1:-1] = 1
    return _remembering(plan, step, memory, _halfway_weights)


def adams_weights(steps: Array) -> Array:
    """Return ∫ ℓ_j over the step, ℓ_j the Lagrange polynomials of its node and those before, in units of the step.

    Gauss's rule with a node for each polynomial integrates them without error.
    """
    places = np.concatenate([np.zeros((1, steps.shape[1])), -np.cumsum(steps[1:], axis=0)]) / steps[0]
    points, masses = np.polynomial.legendre.leggauss(len(steps))
    at = (1 + points[:, None, None]) / 2
    factors = [np.delete(places, j, axis=0) for j in range(len(places))]
    lines = (np.prod((at - others) / (own - others), axis=1) for own, others in zip(places, factors, strict=True))
    return np.stack([masses / 2 @ line for line in lines])


def _halfway_weights(steps: Array) -> Array:
    """Return the weights of the value that a straight line through the last two values of D has half a step ahead."""
    ahead = steps[0] / steps[1] / 2
    return np.stack([1 + ahead, -ahead])


def _memory(step: Array, starts: tuple[int, ...], most: int) -> Index:
    """Return how many earlier values of D each of the N steps uses: ``most``, or those since Euler last started."""
    node = np.arange(len(step) + 1)
    goes_on = np.zeros(len(node), dtype=bool)
    goes_on[1:-1] = (step[1:] <= LONGEST * step[:-1]) & (step[:-1] > 0)
    goes_on[list(starts)] = False
    allowed = np.ones(len(node), dtype=np.intp)
    allowed[1:-1] = np.where(step[1:] <= _LONG * step[:-1], most, 1)
    return np.minimum(node - np.maximum.accumulate(np.where(goes_on, 0, node)), allowed)


_LONG = 2.0
"""Ratio of two steps above which Adams of three steps takes two.

Measured on linear VP with Gaussian sites of width 1/2 and 2 at 10, 20 and 40 steps: with 2 three steps are closer to
the width than two in all six cases, with 4 in none.
"""


def _remembering(plan: Plan, step: Array, memory: Index, weights: Weights) -> Plan:
    """Return an Euler plan with its Δψ D_k replaced by Δψ Σ_j w_j D_{k−j}, over as many j as ``memory`` says."""
    own, table = plan.B.diagonal(), plan.B
    for count in range(1, int(memory.max(initial=0)) + 1):
        inner = np.flatnonzero(memory == count)
        places = inner - np.arange(count + 1)[:, None]
        change = weights(step[places])
        change[0] -= 1
        rows = np.broadcast_to(inner, places.shape)
        table = table + sparse.csr_array(
            ((own[inner] * change).ravel(), (rows.ravel(), places.ravel())), shape=table.shape
        )
    return replace(plan, B=table)
