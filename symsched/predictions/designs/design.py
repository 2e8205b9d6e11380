"""design(): nodes and coefficients of a handful of evaluations, found at d = ∞ and good at every large d."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence

import numpy as np
from tqdm.auto import tqdm

from symsched.errors import DerivationError, require_integer, require_real
from symsched.limits.limit import Limit
from symsched.models.order_model import DiscreteOrderModel
from symsched.predictions.designs.errors import WEIGHT, WIDTH, Errors
from symsched.predictions.designs.grid_design import GridDesign, grid_design
from symsched.predictions.designs.learned.design import LearnedDesign
from symsched.predictions.designs.learned.search import learned_design
from symsched.predictions.designs.pair_design import Design
from symsched.predictions.designs.search import best_table, grown, refined, without_idle_nodes, worst
from symsched.predictions.designs.two_modes import laws_between
from symsched.symbols import d as d_symbol

_OUTPUTS = ("row", "last")
_WEIGHTS = (0.505, 0.99)
_WIDTHS = (0.3, 1.0)
_FEWEST, _MOST = 2, 8
_PAIR = 2
_GRID = 6
"""Evaluations from which a grid is tried where found rows have missed."""
_TAIL = 1e-2
"""1/√d at the d from which a table is made to hold: d = ∞ is one law of the worst case, this d the other."""
_ROBUST_START = 3  # evaluations, from which a robust table grows one by one


def design(
    limit: Limit | Sequence[Limit],
    evaluations: int = 6,
    *,
    weights: tuple[float, float] | float | None = None,
    widths: tuple[float, float] | float | None = None,
    robust: bool = False,
    output: str = "row",
    progress: bool = False,
) -> Design | LearnedDesign | GridDesign:
    """Return the table of at most ``evaluations`` denoiser calls with the least worst error at d = 10⁴ and at d = ∞.

    Minimised is max(Δw/0.01, W2/(0.05 sd)): Δw the error of a mode's weight as the rest of the table carries the paths,
    W2 the Wasserstein distance of one coordinate's law to the site's, the mean included. The worst case is over
    ``weights`` (of either mode; 0.505 to 0.99 unless given) and ``widths`` (0.3 m to m unless given, and the limit's
    own), a number or two. ``output`` "row" ends with a combination of z and all D, "last" with the last D. ``robust``
    adds modes 10 % farther apart or closer and a denoiser larger by 1 % to the worst case.
    Every row is blind to a common shift of the data: its coefficients sum to ψ, those of the output to 1, so that no
    coefficient can store the answer of one law.

    Where a further evaluation was not found to help, the table has fewer. Deterministic: fixed starts, SLSQP on a
    Gauss–Legendre quadrature. A table that misses 1 % or 5 % over what was asked is returned with a UserWarning that
    has both numbers. ``progress`` counts the tables that are tried on standard error.

    This is for two modes that their means tell apart, with normal coordinates of one width: a ``Design``. Two modes of
    any other laws that one cumulant tells apart, normal modes in general directions, and laws of one mode
    have a ``LearnedDesign``, made for the limit's own laws of a coordinate, or normal modes' ``widths``, and for all
    ``weights``. For every other limit, and with ``robust``, the coefficients are those of Adams, of P_q and of
    DPM-Solver++(2M), and the nodes are searched for: a ``GridDesign``.

    Raises DerivationError where an order q > 1 leaves a gap that no one step crosses, and ValueError or TypeError for
    bad arguments.
    """
    with tqdm(unit="table", disable=not progress, leave=False) as bar:
        found = quiet_design(
            limit, evaluations, weights=weights, widths=widths, robust=robust, output=output, tried=bar.update
        )
    if found.predicted.worst > 1:
        warnings.warn(
            f"{found.evaluations} evaluations miss what a design aims at, weights to {WEIGHT:g} and sites to {WIDTH:g} "
            f"of their deviation: the worst errors over what was asked are {found.predicted.weight:.3g} and "
            f"{found.predicted.width:.3g}. Allow more evaluations, or ask for a smaller range",
            stacklevel=2,
        )
    return found


def quiet_design(
    limit: Limit | Sequence[Limit],
    evaluations: int,
    *,
    weights: tuple[float, float] | float | None = None,
    widths: tuple[float, float] | float | None = None,
    robust: bool = False,
    output: str = "row",
    tried: Callable[[], object] = lambda: None,
) -> Design | LearnedDesign | GridDesign:
    """Return what ``design`` does, without a word where it misses; ``tried`` is called for each table."""
    limit, *others = _limits(limit)
    count = require_integer(evaluations, "evaluations", _FEWEST)
    if count > _MOST:
        raise ValueError(f"evaluations must be from {_FEWEST} to {_MOST}, got {count}; beyond, use limit.schedule")
    if not isinstance(robust, bool):
        raise TypeError(f"robust must be True or False, got {robust!r}")
    if output not in _OUTPUTS:
        raise ValueError(f"output must be one of {_OUTPUTS}, got {output!r}")
    if others:
        if robust or widths is not None:
            raise ValueError("several limits are the range that a table is made for: leave robust and widths out")
        return _of_several([limit, *others], count, weights, output=output, tried=tried)
    pair = _two_modes(limit)
    if pair is None:
        return _of_other_laws(limit, count, weights, widths, robust=robust, output=output, tried=tried)
    m, own_weight, own_width = pair
    own = max(own_weight, 1 - own_weight)
    chosen = _range(weights, (min(_WEIGHTS[0], own), max(_WEIGHTS[1], own)), "weights", 1.0)
    chosen = _of_the_heavier(chosen)
    spread = _range(widths, (min(_WIDTHS[0] * m, own_width), max(_WIDTHS[1] * m, own_width)), "widths", math.inf)
    fit = [laws_between(m, chosen, spread, (9, 5)), laws_between(m, chosen, spread, (5, 3), tail=_TAIL)]
    if robust:
        fit += [
            laws_between(m, chosen, spread, (5, 3), **off)
            for off in ({"ratio": 1.1}, {"ratio": 1 / 1.1}, {"gain": 1.01})
        ]
        row = output == "row"
        table, _ = best_table(fit[:2], min(count, _ROBUST_START) if row else count, row=row)
        table, optimum = refined(fit, table)
        while table.shape.evaluations < count:
            table, optimum = grown(fit, table)
    else:
        table, optimum = best_table(fit, count, row=output == "row")
    table = without_idle_nodes(table)
    tried()
    predicted = Errors(*worst([laws_between(m, chosen, spread, (33, 17))], table))
    return Design(limit, table, m, chosen, spread, robust, predicted, optimum.values)


def _limits(given: Limit | Sequence[Limit]) -> list[Limit]:
    """Return one limit or several as a list."""
    limits = list(given) if isinstance(given, (list, tuple)) else [given]
    found = [one for one in limits if isinstance(one, Limit)]
    if not limits or len(found) < len(limits):
        stray = next((one for one in limits if not isinstance(one, Limit)), given)
        raise TypeError(f"limit must come from derive(), or be several that do, got {stray!r}")
    return found


def _of_several(
    limits: list[Limit],
    count: int,
    weights: tuple[float, float] | float | None,
    *,
    output: str,
    tried: Callable[[], object],
) -> LearnedDesign:
    """Return the rows that are best for the worst of several limits."""
    limit, *others = limits
    chosen = None
    if weights is not None:
        if any(len(one.cascade.modes) != _PAIR for one in limits):
            raise ValueError("weights is a range for two modes, and not all of these limits have two: leave it out")
        chosen = _of_the_heavier(_range(weights, (0.5, 0.5), "weights", 1.0))
    found = learned_design(limit, count, weights=chosen, widths=None, row=output == "row", tried=tried, others=others)
    if found is None:
        raise ValueError(
            f"no table of at most {count} evaluations is one for all of {limits!r}: they must be of one mode each, or "
            f"of two modes with independent or mean-field coordinates whose means part at psi ~ d^-1/2 and have one "
            f"middle. Make a design of each, or give widths= for normal modes"
        )
    return found


def _of_other_laws(
    limit: Limit,
    count: int,
    weights: tuple[float, float] | float | None,
    widths: tuple[float, float] | float | None,
    *,
    robust: bool,
    output: str,
    tried: Callable[[], object],
) -> LearnedDesign | GridDesign:
    """Return the design of a limit that is not two normal modes of one width: rows that were found, or a grid."""
    pair = len(limit.cascade.modes) == 2
    model = limit.order_model(1e6)
    if weights is not None and not pair:
        raise ValueError(
            f"weights is a range for two modes, and {limit!r} has {len(limit.cascade.modes)}: leave it out"
        )
    if widths is not None and not model.centred:
        raise ValueError(
            f"widths is a range for normal coordinates of one width, and {limit!r} is not of that form: leave it out"
        )
    chosen = None if weights is None else _of_the_heavier(_range(weights, (0.5, 0.5), "weights", 1.0))
    spread = None if widths is None else _range(widths, (1.0, 1.0), "widths", math.inf)
    learned = None
    if not robust:
        learned = learned_design(limit, count, weights=chosen, widths=spread, row=output == "row", tried=tried)
    missed = learned is None or (learned.predicted.worst > 1 and count >= _GRID)
    if learned is not None and (not missed or output != "row" or widths or weights):
        return learned
    if output != "row" or weights is not None or widths is not None:
        raise ValueError(
            f"{limit!r} has a grid for a design, which is the same for all weights and ends with the last D: leave "
            f"weights, widths and output out"
        )
    try:
        grid = grid_design(limit, count, staged=not robust)
        tried()
    except (DerivationError, ValueError):
        if learned is None:
            raise
        return learned
    return grid if learned is None or grid.predicted.worst < learned.predicted.worst else learned


def _of_the_heavier(weights: tuple[float, float]) -> tuple[float, float]:
    """Return a range of weights as that of the heavier mode: p and 1 − p are those of one pair."""
    low, high = weights
    return max(0.5, low, 1 - high), max(high, 1 - low)


def _range(
    given: tuple[float, float] | float | None, default: tuple[float, float], name: str, most: float
) -> tuple[float, float]:
    """Return the two ends of a range that may be a number, two numbers or nothing."""
    if given is None:
        return default
    ends = tuple(given) if isinstance(given, (tuple, list, np.ndarray)) else (given, given)
    if len(ends) != 2:
        raise ValueError(f"{name} must be a number or a pair (low, high), got {given!r}")
    low, high = (require_real(one, f"each end of {name}", above=0) for one in ends)
    if not low <= high < most:
        raise ValueError(f"{name} must be a range with 0 < low <= high < {most:g}, got {given!r}")
    return low, high


def _two_modes(limit: Limit) -> tuple[float, float, float] | None:
    """Return half the distance of two modes, the weight of the first, and the width of their sites; None where they are
    not two modes of normal coordinates of one width, told apart by their means at ψ ~ d^−1/2 and free of d.
    """
    if d_symbol in limit.distribution.free_symbols:
        return None
    model = limit.order_model(1e6)
    laws = [site.gaussian for site in model.sites]
    speciations = limit.cascade.speciations
    fits = (
        isinstance(model, DiscreteOrderModel)
        and len(model.sites) == 2
        and len(speciations) == 1
        and set(model.orders) == {1}
        and all(law is not None and law[1] == model.sites[0].variance > 0 for law in laws)
    )
    if not fits or not isinstance(model, DiscreteOrderModel) or any(p.exponent * 2 != 1 for p in speciations):
        return None
    first, second = model.points.places
    return float(np.linalg.norm(first - second)) / 2, float(model.points.weights[0]), math.sqrt(model.sites[0].variance)
