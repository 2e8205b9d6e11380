"""Schemes of two evaluations a step: they take the nodes of a window in pairs, so that N steps still cost N."""

import numpy as np

from symsched.algebra.arrays import Array, Index
from symsched.schedules.plan import Plan
from symsched.schedules.schemes.base import LONGEST, Nodes, corrected, lengths
from symsched.schedules.schemes.one_step import canonical


def midpoint(nodes: Nodes) -> Plan:
    """Return the midpoint rule y_{k+2} = y_k + (ψ_{k+2} − ψ_k) D_{k+1} with y_{k+1} of Euler, for each pair k, k + 1.

    Where a node is not half way, at the share c of the step, D_{k+1} is replaced by D_k + (D_{k+1} − D_k)/2c, so that
    the step is exact for a posterior mean that is linear in ψ. Euler takes the first of an odd number of steps of a
    window, the step to ψ = ∞, and a pair whose second step is far longer. On Gaussian sites the order is 3: there the
    error of a step, Δψ³ (λ''/24 + λλ'/4 + λ³/6) y with λ = ψv/(1 + ψ²v) where the centre is 0, vanishes.
    Source: Runge 1895; the rule for any c, Hairer, Nørsett and Wanner 1993, section II.1.
    """
    plan = canonical(nodes.times, nodes.alpha, nodes.beta)
    first = _pairs(lengths(plan), nodes.starts)
    before, behind = lengths(plan)[first], lengths(plan)[first + 1]
    return corrected(plan, first + 1, (before**2 + behind**2) / (2 * before))


def heun(nodes: Nodes) -> Plan:
    """Return Heun's rule y_{k+2} = y_k + Δψ (D_k + D_{k+1})/2 with y_{k+1} of Euler at the same ψ_{k+1} = ψ_{k+2}.

    The first node of each pair keeps its place and the second moves to the pair's end, so that ψ stands still behind
    it: N steps make N/2 corrected ones. Euler steps in where it does for ``midpoint``.
    Its long steps fail on the bridge of modes that differ in width only: of two-variances with 20 steps of VP, κ = 2,
    the wide mode's weight 0.3 becomes 0.17 at d = 10⁸ and 0 at 10¹⁰, predicted and sampled alike.
    Source: Heun 1900; of samplers, Karras et al., arXiv 2206.00364, algorithm 1.
    """
    given = canonical(nodes.times, nodes.alpha, nodes.beta)
    first = _pairs(lengths(given), nodes.starts)
    place = np.arange(given.steps + 1)
    place[first + 1] += 1
    plan = canonical(nodes.times[place], nodes.alpha[place], nodes.beta[place])
    return corrected(plan, first + 1, lengths(plan)[first] / 2)


def _pairs(step: Array, starts: tuple[int, ...]) -> Index:
    """Return the nodes k of which k + 1 is an inner stage, in windows that begin at ``starts``."""
    ends = (*starts[1:], len(step))
    pairs = np.concatenate(
        [np.arange(start + (end - start) % 2, end, 2) for start, end in zip(starts, ends, strict=True)]
    ).astype(np.intp)
    return pairs[(step[pairs] > 0) & (step[pairs + 1] <= LONGEST * step[pairs])]
