"""The exact posterior over modes at finite d, against the law that a limit claims for each of its windows.

At s = 1 the data a and the noise z are drawn exactly, y = z + ψ a with ψ = d^−γ, and the posterior π over modes at y
is the model's own: no schedule, no steps. In the limit π follows from the phase's atoms and weights alone, so a wrong
atom, weight or exponent shows here whatever a sampler does.
"""

import math
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from symsched.algebra.arrays import Array
from symsched.algebra.codegen import number
from symsched.distributions.cascade import CanonicalPhase
from symsched.limits.limit import Limit
from symsched.models.estimates import average
from symsched.predictions.clones import clone_probability, posteriors
from symsched.reporting.verdicts import Row, statistical

_LARGEST = 10_000  # dimension that exact draws can be had at
_SMALLNESS = 0.03  # ψ at which what the limit neglects, ψ², is 1e-3

Blocks = list[tuple[int, ...]]


def posterior_rows(limit: Limit, rng: np.random.Generator, *, n: int, reach: float) -> list[Row]:
    """Return, for every speciation with atoms, rows for the weights of its outcomes and for φ(1) = E Σ π².

    A window whose ψ = d^−γ is above ``reach`` at every dimension that is affordable here, up to 10^4, has no rows; nor
    has a mean-field measure whose single-site law is known by quadrature only, at every coordinate of every draw.
    """
    rows: list[Row] = []
    for phase, others, outcomes in _partitions(limit):
        exponent = float(phase.exponent)
        d = int(min(_LARGEST, max(100.0, math.ceil(_SMALLNESS ** (-1 / exponent)))))
        psi = float(d) ** -exponent
        model = limit.distribution.model(d)
        if psi > reach * (1 + 1e-9) or model.integrates:
            continue
        modes = np.concatenate(list(posteriors(model, model, psi, n, rng)))
        shares = np.stack([modes[:, list(block)].sum(axis=1) for block in (*outcomes, *others)], axis=1)
        sites = [mode.law.site() for mode in limit.cascade.modes]
        square = max(site.mean**2 + site.variance for site in sites)
        judge = partial(
            statistical,
            dimension=float(d),
            allowance=psi**2 * square,
            allowance_reason="ψ² E a², what the limit neglects at this d",
        )
        weights = [
            number(branch.weight * share, "a weight")
            for branch in phase.branches
            for share in (branch.law.atoms or {}).values()
        ]
        for block, weight, share in zip(outcomes, weights, shares.T, strict=False):
            name = ("mode " if len(block) == 1 else "modes ") + ", ".join(map(str, block))
            rows.append(_row(f"{phase.name}: posterior weight of {name} at s = 1", weight, share, judge))
        agreement = [(number(b.weight, "a weight"), clone_probability(b.law, 1.0)) for b in phase.branches]
        rest = 1 - sum(weight for weight, _ in agreement)
        predicted = rest + sum(weight * phi.value for weight, phi in agreement)
        rows.append(_row(f"{phase.name}: φ = E Σ π² at s = 1", predicted, np.sum(shares**2, axis=1), judge))
    return rows


def _partitions(limit: Limit) -> Iterator[tuple[CanonicalPhase, Blocks, Blocks]]:
    """Yield each speciation with atoms, the groups of modes that it leaves alone, and the outcomes of its branches."""
    groups: Blocks = [tuple(range(len(limit.cascade.modes)))]
    for phase in limit.cascade.speciations:
        split = {branch.modes: branch.outcomes for branch in phase.branches}
        if not all(split.values()):
            continue
        others = [group for group in groups if group not in split]
        outcomes = [block for blocks in split.values() for block in blocks]
        groups = [*others, *outcomes]
        yield phase, others, outcomes


def _row(claim: str, predicted: float, values: Array, judge: Callable[[str, float, float, float], Row]) -> Row:
    found = average(values)
    return judge(claim, predicted, found.value, found.standard_error)
