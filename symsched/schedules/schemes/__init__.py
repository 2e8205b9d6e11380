"""Schemes: ways to fill a plan's table from what a schedule knows at the nodes."""

from collections.abc import Callable

from symsched.schedules.plan import Plan
from symsched.schedules.schemes.base import Nodes
from symsched.schedules.schemes.multistep import adams
from symsched.schedules.schemes.one_step import canonical, euler

__all__ = ["SCHEMES", "Nodes", "adams", "canonical", "euler"]

SCHEMES: dict[str, Callable[[Nodes], Plan]] = {
    "interpolant": lambda nodes: euler(nodes.times, nodes.alpha, nodes.beta, *nodes.tangents()),
    "canonical": lambda nodes: canonical(nodes.times, nodes.alpha, nodes.beta),
    "adams": adams,
}
"""Euler in the interpolant's coordinates x, or in canonical coordinates y = x/α (DDIM), or two-step Adams in ψ."""
