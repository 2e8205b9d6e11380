"""Schemes that remember posterior means of earlier nodes: Adams in ψ."""

from dataclasses import replace

import numpy as np
from scipy import sparse

from symsched.schedules.plan import Plan
from symsched.schedules.schemes.base import Nodes
from symsched.schedules.schemes.one_step import canonical


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
