"""A table for any limit: nodes at the scales of its phases, with the coefficients of Adams, P_q and DPM-Solver++(2M).

Every row is blind to a common shift of the data and lies on the path of noisy data, so that no coefficient can store
the answer of one law. What is free are the nodes: how far the windows go and how they are divided, where the data
phase begins, ends and how its nodes thin out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import final

import numpy as np
import sympy as sp
from scipy import sparse, special

from symsched.algebra.arrays import Array
from symsched.algebra.codegen import number
from symsched.distributions.cascade import CanonicalPhase
from symsched.errors import DerivationError
from symsched.laws.numeric import AtomSite
from symsched.limits.limit import Limit
from symsched.models.order_model import AbstractOrderModel, DiscreteOrderModel
from symsched.predictions.designs.learned.sites import Landing, Rows
from symsched.predictions.designs.nodes import NodeLaw, monotone
from symsched.schedules.plan import History, Plan
from symsched.schedules.schemes import Nodes, Stretch, dpmpp_2m, edgeworth
from symsched.symbols import d as d_symbol

_LINE = np.linspace(-6.0, 6.0, 241)
"""Nodes of one coordinate's noise: 1e-9 lies beyond."""
_MASS = np.exp(-(_LINE**2) / 2) / np.exp(-(_LINE**2) / 2).sum()


@final
@dataclass(frozen=True)
class Layout:
    """The free numbers of a grid, and how its evaluations are divided.

    ``counts``: the nodes of each window, and last those of the data phase. The windows reach s = ``reach``, in units
    of twice one over the smallest distance of the atoms, their nodes at s ~ (k/n)^``bend``. The data phase has ψ from
    ``first`` to ``last``, log ψ moving like (k/(n − 1))^``thin``. Where ``places`` are given they are s of each node,
    and the data phase has found ``rows``.
    """

    counts: tuple[int, ...]
    reach: float = 3.0
    bend: float = 2.0
    first: float = 0.4
    last: float = 10.0
    thin: float = 1.0
    places: tuple[tuple[float, ...], ...] = ()
    rows: Rows | None = None

    def strengths(self, phase: int) -> Array:
        """s of a window's nodes, in units of twice one over the distance of the atoms."""
        if self.places:
            return np.array(self.places[phase])
        count = self.counts[phase]
        return np.asarray(self.reach * (np.arange(1, count + 1) / count) ** self.bend)

    @property
    def data(self) -> Array:
        """ψ of the data phase."""
        if self.rows is not None:
            return self.rows.nodes
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
    def last_order(self) -> int:
        """The order q behind which the data phase comes, 1 where nothing is decided."""
        return self.orders[-1] if self.orders else 1

    def windows(self, layout: Layout) -> list[Array]:
        """Return ψ d^γ at the nodes of each window."""
        return [
            (unit * layout.strengths(k)) ** (1 / order)
            for k, (order, unit) in enumerate(zip(self.orders, self.units, strict=True))
        ]

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
    if phase.distance is not None:
        return 2 / number(phase.distance, "a distance of modes")
    return max(1 / math.sqrt(branch.law.site().variance) for branch in phase.branches)


def grid_plan(scales: Scales, layout: Layout, d: float) -> Plan:
    """Return the plan of a layout at ``d``, in canonical coordinates; ValueError where its windows overlap."""
    nodes: list[float] = [0.0]
    starts, stretch = [0], None
    for k, (gamma, order, strengths) in enumerate(
        zip(scales.exponents, scales.orders, scales.windows(layout), strict=True)
    ):
        window = strengths * d**-gamma
        if k == scales.crossed:
            anchor = len(nodes) if k else 0
            if k:
                nodes.append(math.sqrt(nodes[-1] * window[0]))
            shared = number(scales.variance.subs(d_symbol, sp.Rational(d)), "a common variance")
            stretch = Stretch(anchor, len(nodes) + len(window) - 1, order, shared)
        nodes += window.tolist()
        starts.append(len(nodes) - 1)
    starts.append(len(nodes))
    psi = np.concatenate([nodes, layout.data])
    if np.any(np.diff(psi) <= 0):
        raise ValueError(f"the windows of this design overlap at d = {d:g}: take a larger d, or limit.schedule")
    plan = edgeworth(Nodes.of_ratios(psi, tuple(starts), stretch, len(nodes)))
    return plan if layout.rows is None else _ended(plan, len(nodes), layout.rows)


def _ended(plan: Plan, first: int, rows: Rows) -> Plan:
    """Return the plan with ``rows`` from its node ``first`` on; its own way there remains."""
    unit, table = np.eye(plan.steps + 1), plan.B.toarray()
    forms = [unit[0]]  # in z and D_0 … D_{N−1}
    for scale, row in zip(plan.A[:first], table[:first], strict=True):
        forms.append(scale * forms[-1] + np.append(0.0, row))
    seen = unit[1 + first :]
    forms += [unit[0] + row[1:] @ seen for row in rows.rows[1:]]
    forms.append(rows.output[0] * unit[0] + rows.output[2:] @ seen)
    states = np.array(forms)
    scales = states[1:, 0] / states[:-1, 0]
    return replace(plan, A=scales, B=sparse.csr_array((states[1:] - scales[:, None] * states[:-1])[:, 1:]))


@dataclass(frozen=True, eq=False)
class DataPhase:
    """The sites of a ``model``, and their c_q, (K,) ``cumulants``: ``order`` q is that of the gap before the data."""

    model: AbstractOrderModel
    order: int
    cumulants: Array

    @cached_property
    def targets(self) -> tuple[Array, ...]:
        """The coordinate that the monotone map makes of each noise, by mode: found once, whatever grids are tried."""
        return tuple(monotone(site, _LINE) for site in self.model.sites)

    @cached_property
    def landing(self) -> Landing:
        """Where paths that were decided before begin."""
        sites, alone = self.model.sites, (np.zeros(1), np.ones(1))
        return Landing(self.model, 0, tuple(site.mean for site in sites), 0.0, 0.0, 0.0, (alone,) * len(sites), None)

    def error(self, layout: Layout) -> float:
        """Return the worst Wasserstein-2 distance of a site over its deviation, for paths decided before.

        They begin at ψ = ``first`` from where one step over the gap leaves them: ŷ = z + c_q He_{q−1}(z) ψ̂^q/q!.
        Wasserstein-2 is that of the monotone map from the noise to the coordinate. Of a site with atoms it is
        Wasserstein-1: the square would be a probability, of which the root says too much.
        """
        if layout.rows is not None:
            return max(self.landing.errors(layout.rows, 0.0))
        plan = dpmpp_2m(Nodes.of_ratios(layout.data))
        return max(self._missed(mode, plan) for mode in range(len(self.model.sites)))

    @cached_property
    def _laws(self) -> tuple[NodeLaw | None, ...]:
        plain = isinstance(self.model, DiscreteOrderModel)
        return tuple(NodeLaw.of(site) if plain and site.gaussian is None else None for site in self.model.sites)

    def _denoised(self, mode: int, psi: float, y: Array) -> Array:
        law = self._laws[mode]
        return self.model.denoise(mode, psi, y, _MASS[None]) if law is None else law.both(psi, y)[1]

    def _missed(self, mode: int, plan: Plan) -> float:
        site, order, first = self.model.sites[mode], self.order, float(plan.psi[0])
        spread = 1 + first**2 * site.variance if order > 2 else 1.0
        wave = special.eval_hermitenorm(order - 1, _LINE) * (first / math.sqrt(spread)) ** order
        bent = self.cumulants[mode] * wave / math.factorial(order) if order > 1 else 0.0
        about = site.mean if self.model.centred else 0.0
        y = (math.sqrt(spread) * (_LINE + bent) + first * (site.mean - about))[None]
        history = History(plan)
        for k, psi in enumerate(plan.psi):
            y = history.advance(k, y, self._denoised(mode, float(psi), y.copy()))
        off = np.abs(y[0] - self.targets[mode] + about)
        mean = np.sum(_MASS * off) if isinstance(site, AtomSite) else math.sqrt(np.sum(_MASS * off**2))
        return float(mean) / (math.sqrt(site.variance) or 1.0)
