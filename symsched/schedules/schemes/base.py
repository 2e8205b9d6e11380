"""What a scheme is told: a schedule at its nodes."""

from collections.abc import Callable
from dataclasses import dataclass

from symsched.algebra.arrays import Array


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
