"""How much the mean of coupled sites fluctuates inside a mode, on exact samples: d Var(m | mode) → Λ''/χ."""

from collections.abc import Sequence
from functools import partial

import numpy as np

from symsched.algebra.codegen import compiled, number
from symsched.distributions.mean_field.landscape import Landscape
from symsched.distributions.mean_field.saddles import Saddle
from symsched.models.base import AbstractModel
from symsched.models.estimates import Comparison, variance, variance_score
from symsched.symbols import d, m

DIMENSION = 2000
_SAMPLES = 1000  # a variance to 4 %
_AT_ONCE = 500  # rows of 2000 coordinates: 8 MB
_FEWEST = 50
"""Samples of a mode from which a variance is worth a row."""
_REACH, _NODES = 6.0, 1201
"""Deviations of the mean on both sides of a mode that are summed, and at how many nodes; beyond is 1e-9 of the mass."""


def _at_dimension(landscape: Landscape, saddle: Saddle, dimension: int) -> float:
    """Return d Var(m) of one mode at d from exp(d (g − I) + f) √I'', which leaves corrections of order 1/d² only.

    The sum runs over tilts u: I = um − Λ at m = Λ'(u), and √I'' dm = √Λ'' du.
    """
    variance, chi, tilt = (number(e, "a saddle point") for e in (saddle.variance, saddle.chi, saddle.tilt))
    tilts = tilt + np.linspace(-_REACH, _REACH, _NODES) / np.sqrt(variance * chi * dimension)
    site, nothing = landscape.spin.site(), np.zeros(_NODES)
    log_mass, mean = site.tilted(tilts, nothing)
    g, f = (compiled(e.subs(d, dimension), (m,), "the exponent") for e in (landscape.interaction, landscape.tilt))
    logs = dimension * (g(mean) - tilts * mean + log_mass) + f(mean) + np.log(site.tilted_variance(tilts, nothing)) / 2
    shares = np.exp(logs - logs.max()) / np.exp(logs - logs.max()).sum()
    return dimension * float(shares @ (mean - shares @ mean) ** 2)


def collective_variances(
    model: AbstractModel, landscape: Landscape, saddles: Sequence[Saddle], rng: np.random.Generator
) -> list[Comparison]:
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
                abs(_at_dimension(landscape, saddle, model.dimension) - expected),
                "corrections of order 1/d, by a sum over the law of the mean",
                partial(variance_score, n=len(inside)),
                "the chi-squared law",
            )
        )
    return found
