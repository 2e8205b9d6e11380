"""One coordinate under the steps of a plan: a map of the line, along what its path sees of the modes."""

import math

import numpy as np
from scipy import special

from symsched.algebra.arrays import Array
from symsched.models.order_model import AbstractOrderModel
from symsched.predictions.order_paths import OrderPaths, order_paths
from symsched.predictions.spread import Spread
from symsched.predictions.weights import typical_starts
from symsched.schedules.plan import History, Plan

_REACH = 8.5  # standard deviations: 1e-17 lies beyond
_LINE = 801  # nodes of the map of the line
_REFINEMENTS = 2  # passes that move the nodes to where the map climbs


def site_statistics(model: AbstractOrderModel, plan: Plan) -> tuple[tuple[Spread, Spread], ...]:
    """Return, per mode, the laws of one path's mean and variance over its coordinates at t = 1, if it ends there.

    Along a path x = f(z) for one map f of the line; the posterior over modes that the path sees comes from its order
    parameters.
    """
    count = len(model.sites)
    offset, scale = np.zeros((1, 1)), np.ones((1, 1))
    if model.orders:
        starts, masses = typical_starts(model, plan)
        paths = order_paths(model, plan, starts)
        # Given ν_0 = Σ z_i/√d, a coordinate is N(ν_0/√d, 1), and given Σ (z_i² − 1)/√(2d) N(0, 1 + ν_0 √(2/d)): the
        # first corrections in d, and the largest.
        if model.orders.count(1) == 1 and not model.centred:
            offset = starts[:, [model.orders.index(1)]] / math.sqrt(model.dimension)
        if model.orders.count(2) == 1:
            wider = starts[:, [model.orders.index(2)]] * math.sqrt(2 / model.dimension)
            scale = np.sqrt(np.maximum(1 + wider, 0.0))
    else:
        masses, alone = np.ones(1), np.ones((1, plan.steps, 1))
        paths = OrderPaths(np.empty((1, plan.steps, 0)), alone, np.nan * alone, np.zeros(1, dtype=np.intp))
    modes = paths.modes
    line = np.broadcast_to(np.linspace(-_REACH, _REACH, _LINE), (len(modes), _LINE))
    # Twice finds a step to 1e-8; more would chase it below the digits to which the feedback of the other coordinates
    # is known.
    for _ in range(_REFINEMENTS):
        line = _follow_steps(line, _carry_sites(model, plan, paths, line, line * scale + offset))
    x = _carry_sites(model, plan, paths, line, line * scale + offset)
    means, variances, fourths = _moments(line, x)
    # d independent coordinates: their mean fluctuates by v/d, their variance by (μ_4 − v²)/d.
    noise = variances / model.dimension, np.maximum(fourths - variances**2, 0.0) / model.dimension
    out = []
    for j in range(count):
        rows = modes == j
        share = masses[rows] if np.any(rows) else np.ones(1)
        out.append(
            tuple(
                Spread(values[rows], share, float(share @ errors[rows] / share.sum()))
                if np.any(rows)
                else Spread(np.zeros(1), share, 0.0)
                for values, errors in zip((means, variances), noise, strict=True)
            )
        )
    return tuple((mean, variance) for mean, variance in out)


def _moments(line: Array, x: Array) -> tuple[Array, Array, Array]:
    """Return mean, variance and fourth central moment of x under N(0, 1), (P,) each.

    x is linear in z between the nodes: exact for an affine map.
    """
    half, middle = np.diff(line, axis=1) / 2, (line[:, 1:] + line[:, :-1]) / 2
    climb, height = np.diff(x, axis=1) / 2, (x[:, 1:] + x[:, :-1]) / 2
    sums = np.zeros((5, line.shape[0]))
    about = x[:, x.shape[1] // 2, None]  # powers of x − E x are taken from near it
    for place, weight in zip(*np.polynomial.legendre.leggauss(6), strict=True):
        mass = weight * half * np.exp(-((middle + place * half) ** 2) / 2)
        value = height + place * climb - about
        sums += [(mass * value**power).sum(axis=1) for power in range(5)]
    first, second, third, fourth = sums[1:] / sums[0]
    variance = second - first**2
    return first + about[:, 0], variance, fourth - 4 * first * third + 6 * first**2 * second - 3 * first**4


def _carry_sites(model: AbstractOrderModel, plan: Plan, paths: OrderPaths, line: Array, start: Array) -> Array:
    """Return x at t = 1 on ``paths`` for coordinates that start from z = ``start`` (P, L) where a normal number is at
    ``line`` (P, L).
    """
    shares, spins = paths.responsibilities, paths.spins
    heights = np.diff(special.ndtr(line), axis=1)
    mass = (np.pad(heights, ((0, 0), (1, 0))) + np.pad(heights, ((0, 0), (0, 1)))) / 2
    x, history = plan.alpha[0] * start, History(plan, 0.0 if model.centred else 1.0, plan.bend(start))
    for k in range(plan.steps):
        y = x / plan.alpha[k]
        posterior = np.zeros_like(y)
        for j in range(shares.shape[2]):
            undecided = shares[:, k, j] > 1e-14
            if np.any(undecided):
                seen = model.denoise(j, plan.psi[k], y[undecided], mass[undecided], spins[undecided, k, j])
                posterior[undecided] += shares[undecided, k, j, None] * seen
        history.advance(k, x, posterior)
    return x


def _follow_steps(line: Array, x: Array) -> Array:
    """Return nodes at equal shares of probability and of climb of the map z → x: a spin's map is a step, and the step
    is thin.
    """
    climb = np.abs(np.diff(x, axis=1))
    monitor = np.diff(special.ndtr(line), axis=1) + climb / np.maximum(climb.sum(axis=1, keepdims=True), 1e-300)
    monitor += 0.2 * np.diff(line, axis=1) / (2 * _REACH)
    grown = np.pad(np.cumsum(monitor, axis=1), ((0, 0), (1, 0)))
    targets = np.linspace(0, 1, line.shape[1])
    return np.stack([np.interp(targets * total[-1], total, nodes) for total, nodes in zip(grown, line, strict=True)])
