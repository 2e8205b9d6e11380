"""The exact posterior over modes at finite d, against the law that a limit claims for each of its windows.

At s = 1 the data a and the noise z are drawn exactly, y = z + ψ a with ψ = d^−γ, and the posterior π over modes at y
is the model's own: no schedule, no steps. In the limit π follows from the phase's atoms and weights alone, so a wrong
atom, weight or exponent shows here whatever a sampler does.
"""

import math
from collections.abc import Iterator
from functools import partial

import numpy as np

from symsched.algebra.arrays import Array
from symsched.algebra.codegen import number
from symsched.distributions.cascade import CanonicalPhase
from symsched.laws import AtomLaw
from symsched.limits.clones import posterior_nodes, posteriors
from symsched.limits.limit import Limit
from symsched.models.estimates import average
from symsched.predictions.spread import Spread
from symsched.reporting.verdicts import Row, statistical
from symsched.validation.averages import Judge, average_row
from symsched.validation.drift import drift

_LARGEST = 10_000  # dimension that exact draws can be had at
_SMALLNESS = 0.03  # ψ at which what the limit neglects, ψ², is 1e-3
_NOTHING = 1e-12  # of the mass

Blocks = list[tuple[int, ...]]


def posterior_rows(limit: Limit, rng: np.random.Generator, *, n: int, reach: float) -> list[Row]:
    """Return, for every speciation with atoms, rows for the weights of its outcomes and for φ(1) = E Σ π².

    A window whose ψ = d^−γ is above ``reach`` at every dimension that is affordable here, up to 10^4, has no rows; nor
    has a mean-field measure whose single-site law is known by quadrature only, at every coordinate of every draw. Modes
    that depend on d and are farther than ``reach``² from where they go decide nothing.
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
        left = drift(limit, phase, d)
        reason = "ψ² E a², what the limit neglects at this d"
        judge = partial(
            statistical,
            dimension=float(d),
            allowance=psi**2 * square + left,
            allowance_reason=f"{reason}, and {left:.2g} that its modes still move by" if left else reason,
            waiting_for=_unsettled(left) if left > reach**2 else "",
        )
        weights = [
            number(branch.weight * share, "a weight")
            for branch in phase.branches
            for share in (branch.law.atoms or {}).values()
        ]
        nodes = _nodes(phase)
        masses = np.concatenate([mass for _, mass in nodes])
        laws = np.concatenate([values for values, _ in nodes])
        for k, (block, weight, share) in enumerate(zip(outcomes, weights, shares.T, strict=False)):
            name = ("mode " if len(block) == 1 else "modes ") + ", ".join(map(str, block))
            law = Spread.of(laws[:, k], masses)
            rows.append(_row(f"{phase.name}: posterior weight of {name} at s = 1", weight, share, law, judge))
        law = Spread.of(laws[:, -1], masses)
        rows.append(_row(f"{phase.name}: φ = E Σ π² at s = 1", law.mean, np.sum(shares**2, axis=1), law, judge))
    return rows


def _unsettled(left: float) -> str:
    return f"the modes depend on d, and log-odds or weights are {left:.2g} from those as d → ∞"


def _nodes(phase: CanonicalPhase) -> list[tuple[Array, Array]]:
    """Return, per branch, nodes (P, K + 1) and masses (P,): the limit's law of the outcomes' weights and Σ π² at s = 1.

    Where a path is in another branch an outcome has weight 0; where it is in a group that is not split Σ π² = 1.
    """
    counts = [len(branch.law.atoms or {}) for branch in phase.branches]
    out: list[tuple[Array, Array]] = []
    for k, branch in enumerate(phase.branches):
        if not isinstance(branch.law, AtomLaw):
            raise TypeError(f"the outcomes of {phase.name} need a law with atoms, got {branch.law!r}")
        replicates = posterior_nodes(branch.law, 1.0)
        weight = number(branch.weight, "a weight") / len(replicates)
        for mass, shares in replicates:
            columns = np.zeros((len(mass), sum(counts) + 1))
            columns[:, sum(counts[:k]) : sum(counts[: k + 1])] = shares
            columns[:, -1] = np.sum(shares**2, axis=1)
            out.append((columns, weight * mass))
    rest = 1 - sum(number(branch.weight, "a weight") for branch in phase.branches)
    if rest > _NOTHING:
        out.append((np.eye(1, sum(counts) + 1, sum(counts)), np.array([rest])))
    return out


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


def _row(claim: str, predicted: float, values: Array, law: Spread, judge: Judge) -> Row:
    return average_row(claim, predicted, average(values), law, len(values), judge=judge)
