"""Schemes that use the posterior mean of one node a step: Euler in x, Euler in y = x/α, and one for Gaussian sites."""

from scipy import sparse

from symsched.algebra.arrays import Array
from symsched.schedules.plan import Plan
from symsched.schedules.schemes.base import Nodes


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


def gaussian(nodes: Nodes) -> Plan:
    """Return the step that is exact for Gaussian sites N(m, v) of any mean m, at a variance v that is known."""
    A, B = nodes.gaussian()
    return Plan(nodes.times, nodes.beta[:-1] / nodes.alpha[:-1], nodes.alpha, nodes.beta, A, sparse.diags_array(B))


def _one_step(times: Array, alpha: Array, beta: Array, alpha_next: Array, beta_next: Array) -> Plan:
    """Return the step that takes α z + β a to ``alpha_next`` z + ``beta_next`` a where the posterior mean is a."""
    A = alpha_next / alpha[:-1]
    return Plan(times, beta[:-1] / alpha[:-1], alpha, beta, A, sparse.diags_array(beta_next - A * beta[:-1]))
