"""Schemes: ways to fill a plan's table from what a schedule knows at the nodes."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from symsched.algebra.arrays import Array
from symsched.schedules.plan import Plan


@dataclass(frozen=True)
class Nodes:
    """A schedule at its N+1 nodes: ``times``, ``alpha``, ``beta``, (N+1,) each.

    ``starts``: the first node of each window. ``tangents`` returns α + Δt α̇ and β + Δt β̇, (N,) each, or raises where a
    step in x would overshoot.
    """

    times: Array
    alpha: Array
    beta: Array
    starts: tuple[int, ...]
    tangents: Callable[[], tuple[Array, Array]]


def canonical(times: Array, alpha: Array, beta: Array) -> Plan:
    """Return Euler in y = x/α, exact for a constant posterior mean: A = α'/α, B = β' − (α'/α) β.

    This is DDIM, and Euler on any interpolant that is linear between the nodes.
    """
    return _one_step(times, alpha, beta, alpha[1:], beta[1:])


def euler(times: Array, alpha: Array, beta: Array, alpha_tangent: Array, beta_tangent: Array) -> Plan:
    """Return Euler in x: A = 1 + Δt α̇/α, B = Δt (β̇ − α̇β/α), rates taken at the left node.

    ``alpha_tangent`` and ``beta_tangent``, shape (N,), are α + Δt α̇ and β + Δt β̇: where the noise all but vanishes in
    one step, 1 + Δt α̇/α would be lost to rounding, and the tangent's value is not.
    """
    return _one_step(times, alpha, beta, alpha_tangent, beta_tangent)


def _one_step(times: Array, alpha: Array, beta: Array, alpha_next: Array, beta_next: Array) -> Plan:
    """Return the step that takes α z + β a to ``alpha_next`` z + ``beta_next`` a where the posterior mean is a."""
    A = alpha_next / alpha[:-1]
    return Plan(times, beta[:-1] / alpha[:-1], alpha, beta, A, sparse.diags_array(beta_next - A * beta[:-1]))


def adams(nodes: Nodes) -> Plan:
    """Return two-step Adams in ψ, y' = y + Δψ ((1 + r/2) D_k − (r/2) D_{k−1}) with r = Δψ_k/Δψ_{k−1}.

    It is exact for a posterior mean that is linear in ψ. Euler starts it again in each window, where the scale of ψ
    changes, and behind a step that is far shorter: that of a bridge that stands still, those before a gap and ψ = ∞.
    """
    plan = canonical(nodes.times, nodes.alpha, nodes.beta)
    own = plan.B.diagonal()
    step = own[:-1] / nodes.alpha[1:-1]
    inner = np.setdiff1d(np.flatnonzero((step[1:] <= _LONGEST * step[:-1]) & (step[:-1] > 0)) + 1, nodes.starts)
    extrapolated = own[inner] * step[inner] / step[inner - 1] / 2
    places = (np.concatenate([inner, inner]), np.concatenate([inner, inner - 1]))
    change = sparse.csr_array((np.concatenate([extrapolated, -extrapolated]), places), shape=plan.B.shape)
    return replace(plan, B=plan.B + change)


_LONGEST = 4.0
"""Ratio of two steps above which Adams would extrapolate too far: in the data phase it is unstable from about 3 on."""


SCHEMES: dict[str, Callable[[Nodes], Plan]] = {
    "interpolant": lambda nodes: euler(nodes.times, nodes.alpha, nodes.beta, *nodes.tangents()),
    "canonical": lambda nodes: canonical(nodes.times, nodes.alpha, nodes.beta),
    "adams": adams,
}
"""Euler in the interpolant's coordinates x, or in canonical coordinates y = x/α (DDIM), or two-step Adams in ψ."""
