"""Rules of Runge and Kutta in x as plans, on any path of amplitudes: the classical one, and Heun's."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import final

import numpy as np
from scipy import sparse

from symsched.algebra.arrays import Array
from symsched.schedules.plan import Plan

Path = Callable[[Array], tuple[Array, Array, Array, Array]]
"""From times to α, β and their derivatives."""


@final
@dataclass(frozen=True)
class Rule:
    """``stages``: where in a step a stage lies, and how far the slope of the stage before leads to it; ``mean``: the
    weights of their slopes.
    """

    stages: tuple[float, ...]
    mean: tuple[float, ...]


CLASSICAL = Rule((0.0, 0.5, 0.5, 1.0), (1 / 6, 1 / 3, 1 / 3, 1 / 6))
"""Source: Kutta 1901."""
HEUN = Rule((0.0, 1.0), (0.5, 0.5))
"""Source: Heun 1900; in σ, Karras et al., arXiv 2206.00364, algorithm 1."""


def in_noise(sigma: Array) -> tuple[Array, Array, Array, Array]:
    """Return the path whose time is σ: α = σ, β = 1."""
    one = np.ones_like(sigma)
    return sigma, one, one, 0 * one


def runge_kutta(rule: Rule, path: Path, times: Array) -> Plan:
    """Return a rule for ẋ = (α̇/α) x + (β̇ − α̇β/α) D at ``times`` (k+1,), and D at the last of them as the output.

    With S stages it costs Sk + 1 evaluations. The scheme "heun" of a schedule is another: its time is ψ.
    """
    places: list[float] = []
    rows: list[Array] = []
    steps = len(times) - 1
    each = len(rule.stages)
    size = each * steps + 1
    # A state as a form in the one that the path starts from, entry 0, and the D's.
    state = np.zeros(size + 1)
    state[0] = 1.0
    for k, (begin, end) in enumerate(pairwise(times.tolist())):
        length = end - begin
        slopes: list[Array] = []
        for stage, share in enumerate(rule.stages):
            at = begin + share * length
            here = state + share * length * slopes[-1] if slopes else state
            noise, signal, noise_rate, signal_rate = (float(part[0]) for part in path(np.array([at])))
            pull = np.zeros(size + 1)
            pull[1 + each * k + stage] = signal_rate - noise_rate / noise * signal
            slopes.append(noise_rate / noise * here + pull)
            places.append(at)
            rows.append(here)
        state = state + length * sum(
            (w * slope for w, slope in zip(rule.mean, slopes, strict=True)), np.zeros(size + 1)
        )
    places.append(float(times[-1]))
    rows.append(state)
    alpha, beta, _, _ = path(np.array(places))
    forms = np.array(rows)
    ratio = forms[1:, 0] / forms[:-1, 0]
    moved = forms[1:, 1:] - ratio[:, None] * forms[:-1, 1:]
    last = np.zeros((1, size))
    last[0, -1] = 1.0
    return Plan(
        np.linspace(0, 1, size + 1),
        beta / alpha,
        np.append(alpha, 0.0),
        np.append(beta, 1.0),
        np.append(ratio, 0.0),
        sparse.csr_array(np.concatenate([moved, last])),
    )
