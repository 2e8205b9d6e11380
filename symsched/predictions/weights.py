"""In which mode a plan ends: the starts ν_0 of the order parameters divided among the modes."""

import functools
import math
from itertools import pairwise

import numpy as np
from scipy import special, stats

from symsched.algebra.arrays import Array, Index, unwritable
from symsched.models.order_model import AbstractOrderModel
from symsched.predictions.order_paths import order_paths
from symsched.schedules.plan import Plan

_REACH = 8.5
"""Beyond it lies less than 1e-16 of a standard normal number."""
_GRID = 1001
"""Starts of which neighbours are taken to end in one mode, or in two that meet at one edge."""
_PARTS = 16  # a bracket is cut into at a time: a path costs little beside the first
_CUTS = 12  # of the grid's step into as many: to the rounding of ν_0
_NODES = 28  # on either side, of the double exponential rule
_NET = 9  # binary logarithm of the points in space
_REPLICATES = 16  # scrambled nets, whose spread is the error


def mode_weights(model: AbstractOrderModel, plan: Plan, replicates: int = _REPLICATES) -> tuple[Array, Array]:
    """Return the share of N(0, I) that ends in each mode, (K,), and the numerical errors of the shares, (K,).

    With one order parameter the map ν_0 → mode is a step function whose edges are bisected: no error. With several the
    shares are a randomised quasi-Monte Carlo integral of as many ``replicates``.
    """
    count = len(model.sites)
    if not model.orders or count == 1:
        return np.ones(count), np.zeros(count)
    if len(model.orders) == 1:
        return _on_a_line(model, plan), np.zeros(count)
    return _in_space(model, plan, replicates)


@functools.lru_cache(maxsize=1)  # shares and typical starts of one prediction need the same
def _edges(model: AbstractOrderModel, plan: Plan) -> tuple[Array, Index]:
    """Return the ν_0 at which the mode changes, increasing, and the modes of the intervals between them."""
    grid = np.linspace(-_REACH, _REACH, _GRID)
    modes = order_paths(model, plan, grid[:, None]).modes
    edges = np.flatnonzero(np.diff(modes))
    low, high, left = grid[edges], grid[edges + 1], modes[edges]
    each = np.arange(len(edges))
    for _ in range(_CUTS if len(edges) else 0):
        stops = np.linspace(low, high, _PARTS + 1, axis=1)
        inner = order_paths(model, plan, stops[:, 1:-1].reshape(-1, 1)).modes.reshape(len(edges), -1)
        # The first part at whose end another mode has been reached.
        first = np.argmin(np.pad(inner == left[:, None], ((0, 0), (0, 1))), axis=1)
        low, high = stops[each, first], stops[each, first + 1]
    return unwritable((low + high) / 2), np.concatenate((left, modes[-1:]))


def _on_a_line(model: AbstractOrderModel, plan: Plan) -> Array:
    """Mass of N(0, 1) that ends in each mode."""
    cuts, owners = _edges(model, plan)
    out = np.zeros(len(model.sites))
    np.add.at(out, owners, np.diff(special.ndtr(np.concatenate(([-np.inf], cuts, [np.inf])))))
    return out


def _in_space(model: AbstractOrderModel, plan: Plan, replicates: int) -> tuple[Array, Array]:
    estimates = []
    for replicate in range(replicates):
        points = stats.qmc.Sobol(len(model.orders), seed=np.random.default_rng(replicate)).random_base2(12)
        start = special.ndtri(np.clip(points, 1e-15, 1 - 1e-15))
        modes = order_paths(model, plan, start).modes
        estimates.append(np.bincount(modes, minlength=len(model.sites)) / len(modes))
    table = np.array(estimates)
    return table.mean(axis=0), table.std(axis=0, ddof=1) / math.sqrt(replicates)


def typical_starts(model: AbstractOrderModel, plan: Plan) -> tuple[Array, Array]:
    """Return ν_0 (P, C) and masses (P,) that integrate over N(0, I) what a path ends in.

    On the line the integrand is smooth but for layers at the edges between modes, where a double exponential rule
    puts its nodes; in space a scrambled net.
    """
    components = max(1, len(model.orders))
    if components > 1:
        net = stats.qmc.Sobol(components, seed=np.random.default_rng(0)).random_base2(_NET)
        return np.asarray(special.ndtri(np.clip(net, 1e-12, 1 - 1e-12))), np.full(len(net), 1.0 / len(net))
    cuts, _ = _edges(model, plan)
    bounds = special.ndtr(np.concatenate(([-_REACH], cuts, [_REACH])))
    grid = np.arange(-_NODES, _NODES + 1) * (3.2 / _NODES)
    inner = np.pi / 2 * np.sinh(grid)
    share = special.expit(2 * inner)
    slope = np.cosh(grid) / np.cosh(inner) ** 2
    slope /= slope.sum()
    starts, masses = [], []
    for low, high in pairwise(bounds):
        starts.append(special.ndtri(np.clip(low + (high - low) * share, low + 1e-300, high)))
        masses.append((high - low) * slope)
    return np.clip(np.concatenate(starts), -_REACH, _REACH)[:, None], np.concatenate(masses)
