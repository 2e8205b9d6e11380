"""How much the mean of coupled sites fluctuates inside a mode, on exact samples: d Var(m | mode) → Λ''/χ."""

from collections.abc import Sequence
from functools import partial

import numpy as np

from symsched.algebra.codegen import number
from symsched.distributions.mean_field.saddles import Saddle
from symsched.models.base import AbstractModel
from symsched.models.estimates import Comparison, variance, variance_score

DIMENSION = 2000  # where corrections of order 1/d are below the error of the samples
_SAMPLES = 1000  # a variance to 4 %
_AT_ONCE = 500  # rows of 2000 coordinates: 8 MB
_FEWEST = 50
"""Samples of a mode from which a variance is worth a row."""


def collective_variances(model: AbstractModel, saddles: Sequence[Saddle], rng: np.random.Generator) -> list[Comparison]:
    """Return d Var(m) of every mode that enough samples of the model fall into; nothing where a maximum is critical."""
    if any(saddle.bend > 2 for saddle in saddles):
        return []
    means = np.concatenate([model.sample(rng, _AT_ONCE).mean(axis=1) for _ in range(_SAMPLES // _AT_ONCE)])
    centres = np.array([number(saddle.magnetisation, "m") for saddle in saddles])
    nearest = np.argmin(np.abs(means[:, None] - centres), axis=1)
    found = []
    for k, saddle in enumerate(saddles):
        inside = means[nearest == k]
        if len(inside) < _FEWEST:
            continue
        expected = number(saddle.variance / saddle.chi, "the collective variance")
        found.append(
            Comparison(
                f"mode {k}: d Var(m) of exact samples, Λ''/χ",
                expected,
                variance(inside, scale=model.dimension),
                model.dimension,
                expected * 20 / model.dimension,
                "corrections of order 1/d",
                partial(variance_score, n=len(inside)),
                "the chi-squared law",
            )
        )
    return found
