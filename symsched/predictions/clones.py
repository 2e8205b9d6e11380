"""Clones: paths that share a state and then go their own way, and the probability that they end in the same mode.

Given the state y at ψ, the mode of the data is distributed like the posterior π_k(y), so two clones agree with
probability Σ_k π_k² and φ = E Σ_k π_k². It runs from Σ w_k² to 1 and says what "speciated" means without a convention
(Biroli, Bonnaire, de Bortoli, Mézard, arXiv 2402.18491). The probability flow itself is deterministic; clones are
branched by drawing from the posterior, which is where the reverse stochastic equation leads from y.
"""

import math
from collections.abc import Iterator

import numpy as np
from scipy import integrate, special, stats

from symsched.algebra.arrays import Array
from symsched.algebra.codegen import number
from symsched.distributions.base import AbstractDistribution
from symsched.errors import require_integer, require_real
from symsched.laws import AbstractLaw, AtomLaw
from symsched.models.base import AbstractModel
from symsched.models.estimates import Estimate, average, share

_NUMBERS = 1 << 22  # coordinates held at once
_REPLICATES = 16  # scrambled nets, whose spread is the error
_NODES = 4001  # of the trapezoid on the line
_REACH = 9.0  # standard deviations: 1e-18 lies beyond


def clone_probability(law: AbstractLaw, s: float) -> Estimate:
    """Return φ(s) = E Σ_k π_k(s, ν_s)², ν_s = s g + z, of a law with atoms, with the error of its quadrature.

    On the line: the trapezoidal rule, which is exact to rounding for this integrand. For points in R^r: randomised
    quasi-Monte Carlo with its standard error. Raises TypeError for a law without atoms (it has no modes), ValueError
    for s < 0 or free symbols.

    >>> half = AtomLaw((1, -1), (0.5, 0.5))
    >>> round(clone_probability(half, 0.0).value, 12)
    0.5
    """
    strength = require_real(s, "s")
    if strength < 0:
        raise ValueError(f"s must not be negative, got {strength:g}")
    if not isinstance(law, AtomLaw):
        raise TypeError(f"clone_probability needs a law with finitely many atoms, the modes; got {law!r}")
    weights = np.array([number(weight, "a weight") for weight in law.weights])
    if law.dimension is None:
        points = np.array([[number(value, "an atom")] for value in law.values])
        return Estimate(_on_a_line(strength * points[:, 0], weights), 1e-12)
    points = np.array([[number(c, "an atom") for c in value] for value in law.values])
    return _in_space(strength * points, weights)


def _on_a_line(centres: Array, weights: Array) -> float:
    # Beyond 9 standard deviations from every centre there is less than 1e-18 of the mass.
    total = 0.0
    line = np.linspace(-_REACH, _REACH, _NODES)
    density = np.exp(-(line**2) / 2) / math.sqrt(2 * math.pi)
    for centre, weight in zip(centres, weights, strict=True):
        place = centre + line
        logits = np.log(weights)[:, None] + centres[:, None] * place - centres[:, None] ** 2 / 2
        agreement = np.sum(special.softmax(logits, axis=0) ** 2, axis=0)
        total += weight * float(integrate.trapezoid(density * agreement, line))
    return float(total)


def _in_space(centres: Array, weights: Array) -> Estimate:
    found = []
    for replicate in range(_REPLICATES):
        net = stats.qmc.Sobol(centres.shape[1], seed=np.random.default_rng(replicate)).random_base2(12)
        noise = special.ndtri(np.clip(net, 1e-15, 1 - 1e-15))
        total = 0.0
        for centre, weight in zip(centres, weights, strict=True):
            places = centre + noise
            logits = np.log(weights) + places @ centres.T - np.sum(centres**2, axis=1) / 2
            total += weight * float(np.mean(np.sum(special.softmax(logits, axis=1) ** 2, axis=1)))
        found.append(float(total))
    return average(np.array(found))


def simulate_clones(
    distribution: AbstractDistribution,
    psi: float,
    *,
    d: int,
    n: int,
    rng: np.random.Generator,
    believed: AbstractDistribution | None = None,
) -> Estimate:
    """Return the share of n pairs of clones, branched at ψ in dimension ``d``, that end in the same mode.

    Each pair draws data a and noise z, shares y = z + ψ a, and takes two independent modes from the exact finite-d
    posterior at y; no limit is taken. ``believed`` replaces the distribution whose posterior is used, to see what a
    wrong one does.
    """
    ratio = require_real(psi, "psi")
    pairs = require_integer(n, "n", 1)
    if ratio < 0:
        raise ValueError(f"psi must not be negative, got {ratio:g}")
    truth, judge = distribution.model(d), (believed or distribution).model(d)
    same = []
    for found in posteriors(truth, judge, ratio, pairs, rng):
        shares = np.cumsum(found, axis=1)
        picks = [np.sum(rng.random(len(shares))[:, None] > shares[:, :-1], axis=1) for _ in range(2)]
        same.append(picks[0] == picks[1])
    return share(np.concatenate(same))


def posteriors(
    truth: AbstractModel, judge: AbstractModel, psi: float, n: int, rng: np.random.Generator
) -> Iterator[Array]:
    """Yield, some at a time, the modes' probabilities (rows, K) under ``judge`` at n exact draws y = z + ψ a."""
    rows = max(1, _NUMBERS // truth.dimension)
    for first in range(0, n, rows):
        y = truth.sample(rng, min(n - first, rows))
        y *= psi
        y += rng.standard_normal(y.shape)
        yield judge.responsibilities(psi, y)
