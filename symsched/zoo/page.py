"""The zoo's page: every entry derived now, its derivation re-verified, its limit set against Monte Carlo."""

import time
import zlib
from collections.abc import Iterable

import numpy as np
import sympy as sp

from symsched.algebra.codegen import number
from symsched.algebra.derivation import Check, Step
from symsched.limits.limit import Limit, Phase, derive
from symsched.models.one_thread import one_thread
from symsched.reporting.claim import Finding, Ledger
from symsched.reporting.imprint import imprint
from symsched.reporting.numbers import number_text
from symsched.reporting.verdicts import Row, Verdict, deterministic
from symsched.validation.reach import expected_from
from symsched.validation.validate import validate
from symsched.zoo.entry import Entry, Settings
from symsched.zoo.pictures import chart_of_limit

_INTRODUCTION = (
    "Each distribution is derived from its density when this page is made: the phases of its probability flow, their "
    "scales in d, the effective law that each phase follows, and the schedule that gives each its share of time. Every "
    "step of the derivation is re-verified by numbers that share no code with it, and the limit is set against Monte "
    "Carlo with the exact posterior in dimension d. Predictions are for fixed steps as d → ∞."
)


@one_thread
def exhibit(entry: Entry, place: int, *, seed: int = 0, quick: bool = False) -> Finding:
    """Derive, re-verify and validate one entry, and return it as claim number ``place`` with its picture."""
    began = time.perf_counter()
    settings = entry.settings.quick if quick else entry.settings
    # A seed of its own for every name: an entry's numbers do not depend on which others are shown.
    rng = np.random.default_rng([seed, zlib.crc32(entry.name.encode())])
    limit = derive(entry.distribution(), settings.path)
    report = validate(
        limit,
        dimensions=settings.dimensions,
        n=settings.n,
        steps=settings.steps,
        kappa=settings.kappa,
        rng=rng,
    )
    rows = (*_step_rows(limit), *report.rows)
    chart = chart_of_limit(limit, max(settings.dimensions), settings.kappa, rng)
    return Finding(
        place,
        entry.name,
        f"{entry.description}. {' '.join(map(_sentence, limit.phases))}",
        tuple(equation for phase in limit.phases for equation in phase.odes[:1]) + limit.definitions,
        rows,
        reason=_patience(limit, settings),
        charts=(chart,),
        group=entry.group,
        seconds=time.perf_counter() - began,
    )


def gallery(
    claims: Iterable[Finding],
    *,
    seed: int = 0,
    quick: bool = False,
    date: str | None = None,
    commit: str | None = None,
) -> Ledger:
    """Return the ledger of the claims, whose entries are distributions; ``date`` and ``commit`` are ``imprint``'s."""
    versions = {"SymPy": sp.__version__, "NumPy": np.__version__}
    settings = {"seed": seed, "size": "quick" if quick else "full", **imprint(date, commit), **versions}
    return Ledger("A zoo of high-dimensional limits", tuple(claims), settings, _INTRODUCTION, noun="distribution")


def _sentence(phase: Phase) -> str:
    """Say where a phase lives and what it does."""
    if phase.order is None:
        return f"{phase.name.capitalize()} phase at ψ = O(1): each coordinate follows its mode's own law."
    start = f"{phase.name.capitalize()} at ψ ~ d^(−{phase.exponent}), order q = {phase.order}: "
    if not phase.branches[0].outcomes:
        return start + "a continuous effective law is chosen."
    splits = []
    for branch in phase.branches:
        weights = [branch.law.atoms[value] for value in branch.law.atoms] if branch.law.atoms else []
        shares = ", ".join(number_text(number(weight, "a weight"), 4) for weight in weights)
        splits.append(f"{len(branch.outcomes)} outcomes of weight {shares}")
    where = "" if phase.canonical.dimension == 1 else f" in {phase.canonical.dimension} order parameters"
    return f"{start}{'; '.join(splits)}{where}."


def _step_rows(limit: Limit) -> tuple[Row, ...]:
    """Return a row for every step of the cascade, by the check that fits its tolerance least, and one for all steps."""
    checked = [(step, step.check()) for step in limit.derivation.steps]
    own = [_step_row(step, checks) for step, checks in checked if step in limit.cascade.steps]
    every = [check for _, checks in checked for check in checks]
    passed = sum(check.passed for check in every)
    claim = f"checks passed by all {len(checked)} steps of the derivation"
    return (*own, deterministic(claim, len(every), passed, 0))


def _step_row(step: Step, checks: tuple[Check, ...]) -> Row:
    worst = max(checks, key=lambda c: abs(c.claimed - c.independent) / (c.tolerance * max(1.0, abs(c.independent))))
    verdict = Verdict.AGREES if all(check.passed for check in checks) else Verdict.FAILS
    rule = f"within {worst.tolerance:.2g} of {worst.method}; the tightest of {len(checks)}: {worst.rule}"
    return Row(step.rule, worst.claimed, worst.independent, None, None, verdict, rule)


def _patience(limit: Limit, settings: Settings) -> str:
    """Say from which d on the limit is expected to hold, where the dimensions shown do not reach it."""
    speciations = limit.cascade.speciations
    needed = expected_from(limit, settings.kappa) if speciations else 0.0
    if needed <= max(settings.dimensions):
        return ""
    end = f"ψ = {settings.kappa:g} d^(−{speciations[-1].exponent})"
    return (
        f"This limit is slow: what it neglects is of the size ψ² at the end of the window, {end}; it is expected to "
        f"hold from d ≈ {number_text(needed, 2)} on. Below that a measurement decides nothing, and is “not yet” where "
        "it is off: the verdict rests on the numbers that re-verify the derivation, as the divergence of the modes."
    )
