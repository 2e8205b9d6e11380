"""Who is compared: our schedule, the paper's, and the grids in use, each with the scheme that it comes with."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import final

import numpy as np

from symsched.algebra.arrays import Array
from symsched.limits.limit import Limit
from symsched.models.order_model import AbstractOrderModel, AbstractPointsModel
from symsched.predictions.comparisons import grids
from symsched.predictions.comparisons.information import information
from symsched.predictions.comparisons.runge_kutta import CLASSICAL, HEUN, in_noise, runge_kutta
from symsched.schedules.interpolant import VE
from symsched.schedules.plan import Plan
from symsched.schedules.schedule import plain
from symsched.schedules.schemes import SCHEMES, Nodes

OURS, PAPERS, DESIGNED = "derived", "the paper's dilation", "designed"
_ENTROPIC, _PATH = "entropic time, tuned", "least path KL, tuned"
INFORMED = frozenset((_ENTROPIC, _PATH))
"""Grids that need the information curve."""
_KAPPA = 3.0
_SIGMA_MAX, _SIGMA_MIN, _RHO = 80.0, 0.05, 7.0
_BEYOND = 3.0
"""Largest σ that a search starts from, in units of the first scale d^γ: how far up the modes are chosen is told to
everyone.
"""

_OF_RUNGE_AND_KUTTA = ("heun", "rk4")
"""Schemes in x, of which the nodes alone do not make a plan."""
_LATTICE = 0.02
"""Distance of neighbours of the lattice in log ψ."""

Built = Callable[[int, Array, str], Plan]
"""From the number of evaluations, the free numbers and the scheme to a plan; ValueError where there is none."""


@final
@dataclass(frozen=True)
class Rival:
    """A grid for one limit at one d: its plans, the ``own`` scheme it comes with, and where a search starts.

    ``least``: evaluations below which its own scheme has no plan.
    """

    name: str
    own: str
    built: Built
    start: tuple[float, ...] = ()
    source: str = ""
    least: int = 1
    only_own: bool = False


def rivals(
    limit: Limit, model: AbstractOrderModel, d: float, *, quick: bool = False, informed: bool = True
) -> list[Rival]:
    """Return everyone who can be run on a limit at one d, ours first.

    ``informed`` adds the grids that need the information curve of the model. ``quick`` leaves these out, and moves the
    nodes of the others to a lattice, by 1 % at most: a law without a closed form is tabulated at every new ψ, which
    makes a search slow.
    """
    high = max(_SIGMA_MAX, _BEYOND * d ** float(limit.phases[0].exponent))
    deviation = max(math.sqrt(site.variance) for site in model.sites) or 1.0
    known = [*_ours(limit, d), *_untuned(d), *_lipschitz(model, d)]
    tuned = [
        _of("EDM, tuned", "heun", grids.karras, (high, _SIGMA_MIN, _RHO), "the same, σ_max, σ_min and ρ searched for"),
        _of("log-uniform σ, tuned", "dpmpp_2m", grids.log_uniform, (high, _SIGMA_MIN), "both ends searched for"),
        _of("tangent law, tuned", "canonical", grids.tangent, (deviation,), "arXiv 2601.13602, σ searched for"),
    ]
    if informed and not quick:
        curve = information(model)
        last = deviation / 20
        tuned += [
            _of(
                _ENTROPIC,
                "canonical",
                partial(grids.entropic, known=curve),
                (last,),
                "arXiv 2504.13612, of the exact mmse, σ_min searched for",
            ),
            _of(
                _PATH,
                "canonical",
                partial(grids.least_path_divergence, known=curve),
                (last,),
                "of the exact mmse, the term that arXiv 2601.21943 bounds; σ_min searched for",
            ),
        ]
    return [_on_lattice(rival) if quick else rival for rival in known + tuned]


def _on_lattice(rival: Rival) -> Rival:
    """Return a grid with its nodes on the lattice, where a scheme knows nothing but its nodes."""
    if rival.only_own or rival.name == OURS:
        return rival

    def built(count: int, numbers: Array, scheme: str) -> Plan:
        if scheme in _OF_RUNGE_AND_KUTTA:
            return rival.built(count, numbers, scheme)
        found = rival.built(count, numbers, "canonical").psi
        with np.errstate(divide="ignore"):
            return SCHEMES[scheme](Nodes.of_ratios(np.exp(_LATTICE * np.round(np.log(found) / _LATTICE))))

    return replace(rival, built=built)


def _of(
    name: str, own: str, rule: Callable[[int, Array], Array], start: tuple[float, ...] = (), source: str = ""
) -> Rival:
    def built(count: int, numbers: Array, scheme: str) -> Plan:
        if scheme != "heun":
            return SCHEMES[scheme](Nodes.of_ratios(rule(count, numbers)))
        # Two evaluations a step, and one for the last, which is Euler's to σ = 0.
        return runge_kutta(HEUN, in_noise, 1 / rule((count + 1) // 2, numbers))

    return Rival(name, own, built, start, source)


def _ours(limit: Limit, d: float) -> list[Rival]:
    def built(count: int, numbers: Array, scheme: str) -> Plan:
        # The first of its nodes is at ψ = 0, where the denoiser is E a.
        return limit.schedule.plan(count + 1, d, float(numbers[0]) if numbers.size else None, scheme)

    start = (_KAPPA,) if limit.schedule.needs_kappa else ()
    return [
        Rival(OURS, "edgeworth", built, start, "a scheme for each phase, κ searched for"),
        Rival(PAPERS, "interpolant", built, start, "arXiv 2501.00988, κ searched for", only_own=True),
    ]


def _untuned(d: float) -> list[Rival]:
    exploding = plain(VE)

    def ve(count: int, _: Array, scheme: str) -> Plan:
        return exploding.plan(count + 1, d, None, scheme)

    return [
        _of("uniform t, VP", "canonical", grids.uniform, source="flow matching, arXiv 2210.02747"),
        Rival("uniform t, VE", "interpolant", ve, source="the paper's VE path, not dilated"),
        _of("cosine", "canonical", grids.cosine, source="arXiv 2102.09672"),
        _of("EDM as published", "heun", grids.published, source="ρ = 7, σ from 80 to 0.002, arXiv 2206.00364"),
        *(
            _of(f"AYS, {name}", "dpmpp_2m", partial(_listed, table=table), source="arXiv 2404.14507, table 3")
            for name, table in grids.AYS.items()
        ),
    ]


def _listed(count: int, _: Array, table: tuple[float, ...]) -> Array:
    return grids.aligned(count, table)


def _lipschitz(model: AbstractOrderModel, d: float) -> list[Rival]:
    """Return the Lipschitz-guided closed form where it is one: two modes told apart by their means."""
    if not isinstance(model, AbstractPointsModel) or model.orders != (1,) or len(model.sites) != 2:
        return []
    first, second = model.points.places[:, 0]
    height = d * float(first - second) ** 2 / 4

    def path(time: Array) -> tuple[Array, Array, Array, Array]:
        square, rate = grids.lipschitz(time, height)
        alpha, beta = np.sqrt(1 - square), np.sqrt(square)
        return alpha, beta, -rate / (2 * alpha), rate / (2 * beta)

    def built(count: int, _: Array, scheme: str) -> Plan:
        if scheme != "rk4":
            return SCHEMES[scheme](Nodes.of_ratios(grids.lipschitz_nodes(count, height)))
        cut = grids.LIPSCHITZ_CUT
        return runge_kutta(CLASSICAL, path, np.linspace(cut, 1 - cut, (count - 1) // 4 + 1))

    return [Rival("Lipschitz closed form", "rk4", built, (), "arXiv 2509.01629, of two modes at ±M", least=5)]
