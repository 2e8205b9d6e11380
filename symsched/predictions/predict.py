"""What the limit predicts for a sampler with a fixed number of steps, before any d-dimensional number is drawn.

The same linear scheme that a sampler applies to (n, d) arrays is applied to the effective model: a handful of order
parameters and,
for one coordinate, a map of the line. d enters through the schedule (and may be 10^100, which is d = ∞ to double
precision).
Fixed steps with d → ∞ is what is predicted; fixed d with steps → ∞ is another limit.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

from symsched.errors import require_integer, require_real
from symsched.laws.numeric.tables import fast_kernel
from symsched.limits.limit import Limit
from symsched.predictions.order_model import EffectiveModel, effective_model
from symsched.schedules.plan import Plan
from symsched.schedules.schedule import Schedule

Array = NDArray[np.float64]

INFINITE = 1e100
"""A dimension at which corrections d^(-1/6) are below double precision."""
_REACH = 8.5
_LINE = 801
_REFINEMENTS = 2
_NODES = 28
_NET = 9
_REPLICATES = 16
_DECIDED = 1 - 1e-10
_LARGEST_WITH_ORDER = 1e20
_FARTHEST = 1e18


def practical_infinity(limit: Limit) -> float:
    """Return a dimension that stands for d = ∞: 10^100, or 10^18 where a later phase or an order q > 1 sets digits a
    limit."""
    speciations = limit.cascade.speciations
    simple = len(speciations) <= 1 and all(phase.order == 1 for phase in speciations)
    return INFINITE if simple else _FARTHEST


@dataclass(frozen=True)
class OrderPaths:
    """Order parameters of P paths along a plan of N steps.

    ``nu`` (P, N, C) at every evaluated node, canonical; ``responsibilities`` (P, N, K) there; ``modes`` (P,) the
    mode each path ends
    in; ``values`` (P, C) the posterior mean of g with which each path leaves its last speciation.
    """

    nu: Array
    responsibilities: Array
    modes: NDArray[np.intp]
    values: Array


@dataclass(frozen=True)
class ModePrediction:
    """A mode at the end of a plan: its weight with the numerical error of the prediction, and the statistics of one
    coordinate."""

    weight: float
    weight_error: float
    site_mean: float
    site_variance: float


def order_paths(model: EffectiveModel, plan: Plan, start: Array) -> OrderPaths:
    """Return the order parameters from ν_0 = ``start`` (P, C) under the plan, with the posterior over modes at every
    node.

    In x = α ν a step is x' = A x + B √d E[g | ν] for order 1; a component of order q > 1 moves by q ψ^{q−1} √d Δψ
    E[g | ν], and feels
    noise that the scheme leaves too wide or too narrow.
    """
    paths, components = start.shape
    if model.dimension > _LARGEST_WITH_ORDER and any(order > 1 for order in model.orders):
        raise ValueError(
            f"d = {model.dimension:g} is beyond double precision for an order parameter of order "
            f"{max(model.orders)}, whose hand-over depends on log d: ask at a finite d up to {_LARGEST_WITH_ORDER:g}"
        )
    orders = np.array(model.orders if model.continuous is None else (1,))
    state = plan.alpha[0] * start
    nu = start.copy()
    track, shares = np.empty((paths, plan.steps, components)), np.empty((paths, plan.steps, len(model.sites)))
    linear = orders == 1
    fixed = np.full(paths, -1)
    lift = model.dimension**model.exponent
    wide = _width_errors(model, plan)
    for k in range(plan.steps):
        psi, alpha = plan.psi[k], plan.alpha[k]
        nu = np.where(linear, state / alpha, nu)
        seen = nu + wide[k]
        track[:, k] = seen
        drift, now = model.drift(psi, seen)
        # A path whose mode is beyond doubt keeps it: past its window a Hermite sum of order > 1 is no longer Gaussian.
        fixed = np.where((fixed < 0) & (now.max(axis=1) > _DECIDED) & model.separated(psi), now.argmax(axis=1), fixed)
        kept = fixed >= 0
        now[kept] = np.eye(now.shape[1])[fixed[kept]]
        shares[:, k] = now
        if model.continuous is None:
            drift = now @ model.points
        state = plan.A[k] * state + plan.B[k] * lift * drift
        following = plan.alpha[k + 1]
        if following > 0:
            step = plan.B[k] / following
            nu = np.where(linear, nu, nu + orders * psi ** (orders - 1.0) * math.sqrt(model.dimension) * step * drift)
    return OrderPaths(track, shares, np.argmax(shares[:, -1], axis=1), drift)


def _width_errors(model: EffectiveModel, plan: Plan) -> Array:
    """Shift of each order parameter, (N, C), by coordinates whose common variance the scheme gets wrong.

    With ŷ ~ N(0, 1 + δ) the Hermite sum of even order q has mean √d (q−1)!! δ^{q/2}/√q!, which is O(1) although δ → 0.
    """
    out = np.zeros((plan.steps, len(model.orders)))
    gain = 1.0
    for k in range(plan.steps):
        psi, alpha = plan.psi[k], plan.alpha[k]
        expected = 1 + psi**2 * model.spread
        delta = (plan.alpha[0] * gain / alpha) ** 2 / expected - 1
        for c, order in enumerate(model.orders):
            if order > 1 and order % 2 == 0:
                out[k, c] = (
                    math.sqrt(model.dimension / math.factorial(order))
                    * float(special.factorial2(order - 1))
                    * delta ** (order // 2)
                )
        gain *= plan.A[k] + plan.B[k] * psi * model.spread / (alpha * expected)
    return out


def predict(
    limit: Limit,
    steps: int,
    *,
    kappa: float | None = None,
    scheme: str = "interpolant",
    d: float = INFINITE,
    schedule: Schedule | None = None,
) -> tuple[ModePrediction, ...]:
    """Return, per mode, the weight and the mean and variance of a coordinate after ``steps`` steps at dimension ``d``.

    With one order parameter the weight is exact (the map ν_0 → mode is a step function whose edges are bisected);
    with several it is a randomised quasi-Monte Carlo integral with its error.

    Raises TypeError or ValueError for bad input, naming what was required.
    """
    if not isinstance(limit, Limit):
        raise TypeError(f"limit must come from derive(), got {limit!r}")
    steps = require_integer(steps, "steps", 1)
    d = practical_infinity(limit) if d == INFINITE else require_real(d, "d", above=0)
    plan = (schedule or limit.schedule).plan(steps, d, kappa, scheme)
    model = effective_model(limit.distribution, limit.cascade, d)
    components = len(model.orders)
    count = len(model.sites)
    if components == 0 or count == 1:
        weights, errors = np.ones(count), np.zeros(count)
    elif components == 1:
        weights, errors = _weights_on_a_line(model, plan), np.zeros(count)
    else:
        weights, errors = _weights_in_space(model, plan)
    means, variances = site_statistics(model, plan)
    return tuple(
        ModePrediction(float(w), float(e), float(m), float(v))
        for w, e, m, v in zip(weights, errors, means, variances, strict=True)
    )


def _edges(model: EffectiveModel, plan: Plan) -> tuple[Array, NDArray[np.intp]]:
    """Return the ν_0 at which the mode changes, increasing, and the modes of the intervals between them."""
    grid = np.linspace(-_REACH, _REACH, 2001)
    modes = order_paths(model, plan, grid[:, None]).modes
    edges = np.flatnonzero(np.diff(modes))
    low, high, left = grid[edges], grid[edges + 1], modes[edges]
    for _ in range(60 if len(edges) else 0):
        middle = (low + high) / 2
        same = order_paths(model, plan, middle[:, None]).modes == left
        low, high = np.where(same, middle, low), np.where(same, high, middle)
    return (low + high) / 2, np.concatenate((left, modes[-1:]))


def _weights_on_a_line(model: EffectiveModel, plan: Plan) -> Array:
    """Mass of N(0, 1) that ends in each mode."""
    cuts, owners = _edges(model, plan)
    out = np.zeros(len(model.sites))
    np.add.at(out, owners, np.diff(special.ndtr(np.concatenate(([-np.inf], cuts, [np.inf])))))
    return out


def _weights_in_space(model: EffectiveModel, plan: Plan) -> tuple[Array, Array]:
    estimates = []
    for replicate in range(_REPLICATES):
        points = stats.qmc.Sobol(len(model.orders), seed=np.random.default_rng(replicate)).random_base2(12)
        start = special.ndtri(np.clip(points, 1e-15, 1 - 1e-15))
        modes = order_paths(model, plan, start).modes
        estimates.append(np.bincount(modes, minlength=len(model.sites)) / len(modes))
    table = np.array(estimates)
    return table.mean(axis=0), table.std(axis=0, ddof=1) / math.sqrt(_REPLICATES)


def typical_starts(model: EffectiveModel, plan: Plan) -> tuple[Array, Array]:
    """Return ν_0 (P, C) and masses (P,) that integrate over N(0, I) what a path ends in.

    On the line the integrand is smooth but for layers at the edges between modes, where a double exponential rule
    puts its nodes; in
    space a scrambled net.
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


def site_statistics(model: EffectiveModel, plan: Plan) -> tuple[Array, Array]:
    """Return mean and variance of one coordinate at t = 1 per mode, (K,) each, averaged over the paths that end in
    the mode.

    Along a path x = f(z) for one map f of the line; the posterior over modes that the path sees comes from its order
    parameters.
    """
    count = len(model.sites)
    offset = np.zeros((1, 1))
    if model.orders:
        starts, masses = typical_starts(model, plan)
        paths = order_paths(model, plan, starts)
        shares, modes = paths.responsibilities, paths.modes
        # Given ν_0 = Σ z_i/√d, a coordinate is N(ν_0/√d, 1): the first correction in d, and the largest.
        if model.orders == (1,) and not model.centred:
            offset = starts / math.sqrt(model.dimension)
    else:
        shares, modes, masses = np.ones((1, plan.steps, 1)), np.zeros(1, dtype=np.intp), np.ones(1)
    line = np.broadcast_to(np.linspace(-_REACH, _REACH, _LINE), (len(modes), _LINE))
    # Twice finds a step to 1e-8; more would chase it below the digits to which the feedback of the other coordinates
    # is known.
    for _ in range(_REFINEMENTS):
        line = _follow_steps(line, _carry_sites(model, plan, shares, line, offset))
    x = _carry_sites(model, plan, shares, line, offset)
    first, second = _moments(line, x)
    means, variances = np.zeros(count), np.zeros(count)
    for j in range(count):
        rows = modes == j
        if np.any(rows):
            share = masses[rows] / masses[rows].sum()
            means[j] = share @ first[rows]
            variances[j] = share @ (second - first**2)[rows]
    return means, variances


def _moments(line: Array, x: Array) -> tuple[Array, Array]:
    """Return E x and E x² under N(0, 1), (P,) each, x being linear in z between the nodes: exact for an affine map."""
    half, middle = np.diff(line, axis=1) / 2, (line[:, 1:] + line[:, :-1]) / 2
    climb, height = np.diff(x, axis=1) / 2, (x[:, 1:] + x[:, :-1]) / 2
    sums = np.zeros((3, line.shape[0]))
    for place, weight in zip(*np.polynomial.legendre.leggauss(6), strict=True):
        mass = weight * half * np.exp(-((middle + place * half) ** 2) / 2)
        value = height + place * climb
        sums += [mass.sum(axis=1), (mass * value).sum(axis=1), (mass * value**2).sum(axis=1)]
    return sums[1] / sums[0], sums[2] / sums[0]


def _carry_sites(model: EffectiveModel, plan: Plan, shares: Array, line: Array, offset: Array) -> Array:
    """Return x at t = 1 for coordinates that start from z = ``line`` (P, L), the path seeing ``shares`` (P, N, K)."""
    heights = np.diff(special.ndtr(line), axis=1)
    mass = (np.pad(heights, ((0, 0), (1, 0))) + np.pad(heights, ((0, 0), (0, 1)))) / 2
    x = plan.alpha[0] * (line + offset)
    for k in range(plan.steps):
        y = x / plan.alpha[k]
        posterior = np.zeros_like(y)
        for j in range(shares.shape[2]):
            undecided = shares[:, k, j] > 1e-14
            if np.any(undecided):
                seen = _denoise(model, j, plan.psi[k], y[undecided], mass[undecided])
                posterior[undecided] += shares[undecided, k, j, None] * seen
        x = plan.A[k] * x + plan.B[k] * posterior
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


def _denoise(model: EffectiveModel, mode: int, psi: float, y: Array, mass: Array) -> Array:
    """Return the posterior mean of the coordinates in one mode, shape of y."""
    if model.feedback is not None:
        return model.feedback.posterior_mean(mode, psi, y, mass)
    site = model.sites[mode]
    if psi == 0:
        return np.full_like(y, site.mean)
    # The tables that samplers use, built once per ψ: three passes over the same plan share them.
    return np.asarray(fast_kernel(site, float(psi)).mean(psi * y))
