"""Clones: paths that share a state and then go their own way, and the probability that they end in the same mode.

Given the state y at ψ, the mode of the data is distributed like the posterior π_k(y), so two clones agree with
probability Σ_k π_k² and φ = E Σ_k π_k². It runs from Σ w_k² to 1 and says what "speciated" means without a convention
(Biroli, Bonnaire, de Bortoli, Mézard, arXiv 2402.18491). The probability flow itself is deterministic; clones are
branched by drawing from the posterior, which is where the reverse stochastic equation leads from y.
"""

import math
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import numpy as np
from scipy import special, stats

from symsched.algebra.arrays import Array
from symsched.algebra.codegen import number
from symsched.distributions.base import AbstractDistribution
from symsched.errors import require_integer, require_real
from symsched.laws import AbstractLaw, AtomLaw
from symsched.models.base import AbstractModel
from symsched.models.estimates import Estimate, average, share

_NUMBERS = 1 << 22  # coordinates held at once
_POWER = 12  # binary logarithm of the points of a net
_REPLICATES = 16  # scrambled nets, whose spread is the error
_NODES = 4001  # of the trapezoid on the line
_REACH = 9.0  # standard deviations: 1e-18 lies beyond


class Phased(Protocol):
    """What has phases, such as a limit."""

    @property
    def phases(self) -> Sequence[Any]:
        """The phases, each with its effective ``law``."""


def clone_probability(source: AbstractLaw | Phased, s: float, phase: int = 0) -> Estimate:
    """Return φ(s) = E Σ_k π_k(s, ν_s)², ν_s = s g + z, of a law with atoms, with the error of its quadrature.

    ``source`` is the law, or a limit, whose ``phase`` has it.

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
    law = source
    if not isinstance(source, AbstractLaw):
        phases = getattr(source, "phases", ())
        place = require_integer(phase, "phase", 0)
        if place >= len(phases):
            raise ValueError(f"phase must be below {len(phases)}, the number of phases, got {place}")
        law = phases[place].law
    if not isinstance(law, AtomLaw):
        raise TypeError(f"clone_probability needs a law with finitely many atoms, the modes; got {law!r}")
    found = np.array([mass @ np.sum(shares**2, axis=1) for mass, shares in posterior_nodes(law, strength)])
    return Estimate(float(found[0]), 1e-12) if len(found) == 1 else average(found)


def posterior_nodes(law: AtomLaw, s: float) -> list[tuple[Array, Array]]:
    """Return replicates of masses (P,) and the modes' probabilities π(s, ν_s) (P, K) there: the law of π as nodes.

    On the line one replicate, by the trapezoidal rule; in space several, by scrambled nets.
    """
    weights = np.array([number(weight, "a weight") for weight in law.weights])
    values = [(value,) for value in law.values] if law.dimension is None else law.values
    centres = s * np.array([[number(part, "an atom") for part in value] for value in values])
    if law.dimension is None:
        # Beyond 9 standard deviations from every centre there is less than 1e-18 of the mass.
        line = np.linspace(-_REACH, _REACH, _NODES)
        mass = np.exp(-(line**2) / 2) / math.sqrt(2 * math.pi) * (line[1] - line[0])
        mass[[0, -1]] /= 2
        noises = [(line[:, None], mass)]
    else:
        noises = [(_net(centres.shape[1], seed), np.full(1 << _POWER, 2.0**-_POWER)) for seed in range(_REPLICATES)]
    return [
        (
            np.concatenate([weight * mass for weight in weights]),
            np.concatenate([_posterior(centre + noise, centres, weights) for centre in centres]),
        )
        for noise, mass in noises
    ]


def _net(dimension: int, seed: int) -> Array:
    net = stats.qmc.Sobol(dimension, seed=np.random.default_rng(seed)).random_base2(_POWER)
    return np.asarray(special.ndtri(np.clip(net, 1e-15, 1 - 1e-15)))


def _posterior(places: Array, centres: Array, weights: Array) -> Array:
    logits = np.log(weights) + places @ centres.T - np.sum(centres**2, axis=1) / 2
    return np.asarray(special.softmax(logits, axis=1))


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
