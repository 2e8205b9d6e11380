"""What a scheme is told, a schedule at its nodes, and what schemes of several evaluations ask of an Euler plan."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from symsched.algebra.arrays import Array, Index
from symsched.schedules.plan import Plan

LONGEST = 4.0
"""Ratio of two steps above which a scheme would extrapolate too far: in the data phase Adams is unstable from about 3
on.
"""


def no_variance() -> tuple[Array, Array]:
    """Raise ValueError: nothing is known of the coordinates."""
    raise ValueError(
        "scheme='gaussian' needs the variance of a coordinate, which a limit's own schedule knows; "
        "hand it on by dataclasses.replace(schedule, sites=limit.schedule.sites), or use scheme='canonical'"
    )


def _no_tangents() -> tuple[Array, Array]:
    raise ValueError("a list of ψ has no interpolant: Euler in x is not among its schemes")


@dataclass(frozen=True)
class Stretch:
    """Nodes on which modes are undecided that share cumulants below the ``order`` q: from ``anchor`` to ``gap``.

    The last step goes from node ``gap`` over the gap behind the window. ``variance`` is the c_2 that they share, 0 for
    q = 2, where it is what tells them apart.
    """

    anchor: int
    gap: int
    order: int
    variance: float


@dataclass(frozen=True)
class Nodes:
    """A schedule at its N+1 nodes: ``times``, ``alpha``, ``beta``, (N+1,) each.

    ``starts``: the first node of each window. ``tangents`` returns α + Δt α̇ and β + Δt β̇, (N,) each, or raises where a
    step in x would overshoot. ``gaussian`` returns A and B, (N,) each, of the step that is exact for the schedule's
    Gaussian sites, or raises where it knows no variance. ``stretch`` is crossed by the scheme "edgeworth",
    which is 2M from node ``behind`` on.
    """

    times: Array
    alpha: Array
    beta: Array
    starts: tuple[int, ...]
    tangents: Callable[[], tuple[Array, Array]]
    gaussian: Callable[[], tuple[Array, Array]] = no_variance
    stretch: Stretch | None = None
    behind: int | None = None

    @classmethod
    def of_ratios(
        cls, psi: Array, starts: tuple[int, ...] = (0,), stretch: Stretch | None = None, behind: int | None = None
    ) -> Nodes:
        """Return nodes ψ (N,) of no interpolant: α = 1 and β = ψ, and data at the end."""
        size = len(psi)
        noise, signal = np.append(np.ones(size), 0.0), np.append(psi, 1.0)
        return cls(np.linspace(0, 1, size + 1), noise, signal, starts, _no_tangents, stretch=stretch, behind=behind)


def lengths(plan: Plan) -> Array:
    """Return Δψ of the N − 1 steps before the last of an Euler plan, with the digits of its table."""
    return np.asarray(plan.B.diagonal()[:-1] / plan.alpha[1:-1], dtype=np.float64)


def corrected(plan: Plan, nodes: Index, length: Array) -> Plan:
    """Return a plan with ``length`` (D_k − D_{k−1}) added to y_{k+1}, for every k in ``nodes``."""
    gained = plan.alpha[nodes + 1] * length
    places = np.concatenate([nodes, nodes]), np.concatenate([nodes, nodes - 1])
    change = sparse.csr_array((np.concatenate([gained, -gained]), places), shape=plan.B.shape)
    return replace(plan, B=plan.B + change)
