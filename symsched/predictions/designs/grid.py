"""A table for any limit: nodes at the scales of its phases, with the coefficients of Adams, P_q and DPM-Solver++(2M).

Every row is blind to a common shift of the data and lies on the path of noisy data, so that no coefficient can store
the answer of one law. What is free are the nodes: how far the windows go and how they are divided, where the data
phase begins, ends and how its nodes thin out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations
from typing import final

import numpy as np
import sympy as sp
from scipy import special

from symsched.algebra.arrays import Array
from symsched.algebra.codegen import number
from symsched.distributions.cascade import CanonicalPhase
from symsched.errors import DerivationError
from symsched.laws import AbstractLaw, AtomLaw
from symsched.laws.numeric import AtomSite
from symsched.limits.limit import Limit
from symsched.models.order_model import AbstractOrderModel
from symsched.schedules.plan import History, Plan
from symsched.schedules.schemes import Nodes, Stretch, dpmpp_2m, edgeworth
from symsched.symbols import d as d_symbol

_LINE = np.linspace(-6.0, 6.0, 241)
"""Nodes of one coordinate's noise: 1e-9 lies beyond."""
_MASS = np.exp(-(_LINE**2) / 2) / np.exp(-(_LINE**2) / 2).sum()
_SHARP = 300.0
"""s, in units of one over a site's deviation, at which a coordinate is read off its noisy value."""


@final
@dataclass(frozen=True)
class Layout:
    """The free numbers of a grid, and how its evaluations are divided.

    ``counts``: the nodes of each window, and last those of the data phase. The windows reach s = ``reach``, in units
    of twice one over the smallest distance of the atoms, their nodes at s ~ (k/n)^``bend``. The data phase has ψ from
    ``first`` to ``last``, log ψ moving like (k/(n − 1))^``thin``.
    """

    counts: tuple[int, ...]
    reach: float = 3.0
    bend: float = 2.0
    first: float = 0.4
    last: float = 10.0
    thin: float = 1.0

    @property
    def data(self) -> Array:
        """ψ of the data phase."""
        count = self.counts[-1]
        share = np.linspace(0, 1, count) ** self.thin if count > 1 else np.zeros(1)
        return np.asarray(self.first * (self.last / self.first) ** share)


@final
@dataclass(frozen=True)
class Scales:
    """What a grid must know of a limit: per speciation γ, q and the unit of s, and how the last gap is crossed."""

    exponents: tuple[float, ...]
    orders: tuple[int, ...]
    units: tuple[float, ...]
    crossed: int | None
    variance: sp.Expr

    @property
    def anchored(self) -> bool:
        """Whether one node more anchors a later phase."""
        return self.crossed is not None and self.crossed > 0


def scales_of(limit: Limit) -> Scales:
    """Return the scales of a limit; DerivationError where an order q > 1 leaves a gap that no one step crosses."""
    speciations = limit.cascade.speciations
    crossings = {window.name: window.crossing for window in limit.schedule.windows}
    crossed, variance = None, sp.S.Zero
    for k, phase in enumerate(speciations):
        crossing = crossings[phase.name]
        if (phase.order or 1) > 1 and crossing is None:
            raise DerivationError(
                "design",
                f"behind the {phase.name} of {limit!r} the modes differ by more than the cumulant of order "
                f"{phase.order}, and no one step crosses the gap",
                "Take limit.schedule, whose bridge has steps of its own there.",
            )
        if crossing is not None:
            crossed, variance = k, crossing.variance
    return Scales(
        tuple(float(phase.exponent) for phase in speciations),
        tuple(phase.order or 1 for phase in speciations),
        tuple(_unit(phase) for phase in speciations),
        crossed,
        variance,
    )


def _unit(phase: CanonicalPhase) -> float:
    """Return twice one over the smallest distance of two atoms of a branch, or one over the deviation of its law."""
    found = []
    for branch in phase.branches:
        law: AbstractLaw = branch.law
        if isinstance(law, AtomLaw):
            points = [[number(c, "an atom") for c in (v.args if isinstance(v, sp.Tuple) else (v,))] for v in law.values]
            found += [2 / math.dist(one, other) for one, other in combinations(points, 2)]
        else:
            found.append(1 / math.sqrt(law.site().variance))
    return max(found)


def grid_plan(scales: Scales, layout: Layout, d: float) -> Plan:
    """Return the plan of a layout at ``d``, in canonical coordinates; ValueError where its windows overlap."""
    nodes: list[float] = [0.0]
    starts, stretch = [0], None
    for k, (gamma, order, unit) in enumerate(zip(scales.exponents, scales.orders, scales.units, strict=True)):
        count = layout.counts[k]
        strength = layout.reach * unit * (np.arange(1, count + 1) / count) ** layout.bend
        window = strength ** (1 / order) * d**-gamma
        anchor = 0
        if k == scales.crossed:
            if k > 0:
                anchor = len(nodes)
                nodes.append(math.sqrt(nodes[-1] * window[0]))
            shared = number(scales.variance.subs(d_symbol, sp.Rational(d)), "a common variance") if order > 2 else 0.0
            stretch = Stretch(anchor, len(nodes) + count - 1, order, shared)
        nodes += window.tolist()
        starts.append(len(nodes) - 1)
    starts.append(len(nodes))
    psi = np.concatenate([nodes, layout.data])
    if np.any(np.diff(psi) <= 0):
        raise ValueError(f"the windows of this design overlap at d = {d:g}: take a larger d, or limit.schedule")
    times, size = np.linspace(0, 1, len(psi) + 1), len(psi)
    alpha, beta = np.append(np.ones(size), 0.0), np.append(psi, 1.0)

    return edgeworth(Nodes(times, alpha, beta, tuple(starts), _no_tangents, stretch=stretch, behind=len(nodes)))


def _no_tangents() -> tuple[Array, Array]:
    raise ValueError("a grid of ψ has no interpolant: Euler in x is not among its schemes")


def data_error(model: AbstractOrderModel, scales: Scales, layout: Layout, cumulants: Array) -> float:
    """Return the worst Wasserstein-2 distance of a site over its deviation, for paths decided before the data phase.

    Of a site with atoms it is Wasserstein-1: the square would be a probability, of which the root says too much.

    They begin at ψ = ``first`` from where one step over the gap leaves them: ŷ = z + c_q He_{q−1}(z) ψ̂^q/q!, with the
    site's own c_q, (K,) ``cumulants``. Wasserstein-2 is that of the monotone map from the noise to the coordinate.
    """
    order = scales.orders[-1] if scales.orders else 1
    psi = layout.data
    worst = 0.0
    for mode, site in enumerate(model.sites):
        wide = order > 2
        spread = 1 + psi[0] ** 2 * site.variance if wide else 1.0
        reduced = psi[0] / math.sqrt(spread)
        wave = special.eval_hermitenorm(order - 1, _LINE)
        bent = cumulants[mode] * wave * reduced**order / math.factorial(order) if order > 1 else 0.0
        mean = 0.0 if model.centred else site.mean
        y = (math.sqrt(spread) * (_LINE + bent) + psi[0] * mean)[None]
        size = len(psi)
        times, noise, signal = np.linspace(0, 1, size + 1), np.append(np.ones(size), 0.0), np.append(psi, 1.0)
        history = History(dpmpp_2m(Nodes(times, noise, signal, (0,), _no_tangents)))
        for k in range(size):
            y = history.advance(k, y, model.denoise(mode, float(psi[k]), y.copy(), _MASS[None]))
        sharp = np.full(_LINE.shape, _SHARP / math.sqrt(site.variance)) if site.variance > 0 else None
        target = np.full(_LINE.shape, site.mean)
        if sharp is not None:
            target = site.denoiser(sharp, site.flow(sharp, _LINE))
        off = np.abs(y[0] - target + (site.mean if model.centred else 0.0))
        atoms = isinstance(site, AtomSite)
        missed = float(np.sum(_MASS * off)) if atoms else math.sqrt(float(np.sum(_MASS * off**2)))
        worst = max(worst, missed / (math.sqrt(site.variance) or 1.0))
    return worst
