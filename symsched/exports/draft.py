"""What a target makes of nodes, before anyone has judged it; and what all targets do to a list."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import final

import numpy as np
from numpy.typing import ArrayLike

from symsched.algebra.arrays import Array
from symsched.exports.nodes import Nodes
from symsched.exports.result import Arguments
from symsched.schedules.grids import cut_at
from symsched.schedules.plan import Plan
from symsched.schedules.schemes import base, canonical, dpmpp_2m

EULER, TWO_STEP = "Euler", "DPM-Solver++(2M)"

FITTED = "fit"
"""What asks for betas that hold the list."""


@final
@dataclass(frozen=True)
class Settings:
    """What a user may set: ψ_0/ψ_1 of a list that cannot begin at σ = ∞, and what the scheduler was made with."""

    cut: float
    betas: ArrayLike | str | None = None
    shift: float = 1.0


@final
@dataclass(frozen=True)
class Draft:
    """The list, how it is used, and the plan that the library then runs; ``uncut`` is the plan without a cut."""

    values: tuple[float, ...]
    call: str
    start: float
    scheme: str
    plan: Plan
    uncut: Plan | None = None
    arguments: Arguments = field(default_factory=dict)
    notes: tuple[str, ...] = ()


Target = Callable[[Nodes, Settings], Draft]


def rounded(values: Array) -> Array:
    """Return numbers as float32 holds them."""
    with np.errstate(over="ignore"):
        return values.astype(np.float32).astype(np.float64)


def noise_levels(nodes: Nodes, settings: Settings) -> Array:
    """Return σ = 1/ψ (N,), decreasing, the first finite, as float32 holds them."""
    sigmas = rounded(1 / cut_at(nodes.psi, settings.cut))
    if not np.all(np.isfinite(sigmas)):
        raise ValueError(
            f"sigma_0 = {1 / cut_at(nodes.psi, settings.cut)[0]:.3g} is beyond float32; take a larger cut (ψ_0/ψ_1)"
        )
    return told_apart(sigmas, "sigma")


def told_apart(values: Array, name: str) -> Array:
    """Return ``values`` (N,); ValueError where two neighbours are one number to float32, so that a step is skipped."""
    same = np.flatnonzero(np.diff(values) == 0)
    if len(same):
        first = int(same[0])
        raise ValueError(
            f"nodes {first} and {first + 1} have the same {name} = {values[first]:.8g} in float32, and the library "
            "would skip a step: take fewer steps, a larger kappa, a smaller d, or a target whose list is sigma = 1/psi"
        )
    return values


def in_noise(sigmas: Array, scheme: str) -> Plan:
    """Return what a sampler of x = a + σ z does from σ_0 z on ``sigmas`` (N,) and a trailing 0."""
    return _run(np.append(sigmas, 0.0), np.ones(len(sigmas) + 1), scheme)


def on_a_sphere(sigmas: Array, scheme: str) -> Plan:
    """Return the same in x = (a + σ z)/√(1 + σ²)."""
    noise = np.append(sigmas, 0.0)
    scale = np.sqrt(1 + noise**2)
    return _run(noise / scale, 1 / scale, scheme)


def straight(noise: Array) -> Plan:
    """Return what Euler does in x = (1 − u) a + u z at ``noise`` u (N,), and then at 0."""
    levels = np.append(noise, 0.0)
    return _run(levels, 1 - levels, EULER)


def whole(nodes: Nodes, scheme: str) -> Plan:
    """Return what a scheme does on the nodes as they are, from σ = ∞ where they begin there."""
    return _scheme(base.Nodes.of_ratios(nodes.psi), scheme)


def _run(noise: Array, signal: Array, scheme: str) -> Plan:
    return _scheme(replace(base.Nodes.of_ratios(signal[:-1] / noise[:-1]), alpha=noise, beta=signal), scheme)


def _scheme(nodes: base.Nodes, scheme: str) -> Plan:
    if scheme == TWO_STEP:
        return dpmpp_2m(nodes, throughout=True)
    return canonical(nodes.times, nodes.alpha, nodes.beta)
