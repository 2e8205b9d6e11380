"""reproduce(): every claim derived, simulated and judged now, on screen and in a folder."""

from __future__ import annotations

import importlib
import os
import pkgutil
import platform
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

from tqdm.auto import tqdm

from symsched.errors import require_integer
from symsched.reporting.claim import Finding, Ledger
from symsched.reporting.report import require_folder, write_folder
from symsched.validation import claims
from symsched.validation.effort import Effort

Check = Callable[[Effort], Finding]

TITLE = "Noise schedules in high dimension: the claims of arXiv 2501.00988, checked"
_INTRODUCTION = (
    "Each claim is derived from the density and the interpolant, then held against numbers that share no code with "
    "the derivation: quadrature, exact flows, "
    "exact enumeration, and samples of the d-dimensional model with standard errors. Where a number depends on the "
    "order of limits, the claim says which "
    "is meant: fixed steps with d → ∞, or fixed d with steps → ∞."
)
_MODULE = re.compile(r"(?:gm|cw)_(\d\d)_\w+")
_BESIDE = {18: 9.5}
"""A claim that belongs beside another is told there."""


def _registered() -> tuple[tuple[str, Check], ...]:
    """Return (name, function) of every module gm_NN_… and cw_NN_… among the claims, in the order in which they are
    told.
    """
    found = [
        (match, module.name)
        for module in pkgutil.iter_modules(claims.__path__)
        if (match := _MODULE.fullmatch(module.name))
    ]
    places = sorted((_BESIDE.get(int(match[1]), float(match[1])), name) for match, name in found)
    return tuple((name, importlib.import_module(f"{claims.__name__}.{name}").claim) for _, name in places)


CHECKS = _registered()
"""The claims in the order in which they are told: module name and function of an ``Effort``."""


def reproduce(
    folder: Path | None = None,
    *,
    quick: bool = False,
    progress: bool = True,
    seed: int = 0,
    checks: Sequence[tuple[str, Check]] = CHECKS,
) -> Ledger:
    """Return the ledger of all claims, checked now, and write it into ``folder`` if one is given.

    ``quick`` takes fewer samples and dimensions, and one picture per claim; the same ``seed`` gives the same numbers.
    A run that is interrupted,
    or stopped by an error, leaves the report of the claims that were finished and raises on. Raises ReportFolderError
    before any work if the folder cannot be written to.
    """
    effort = Effort(quick, require_integer(seed, "seed", 0))
    if folder is not None:
        require_folder(Path(folder))
    finished: list[Finding] = []
    try:
        with tqdm(total=len(checks), unit="claim", disable=not progress) as bar:
            for name, check in checks:
                bar.set_description(name.replace("_", " "))
                begin = time.perf_counter()
                claim = check(effort)
                charts = claim.charts[:1] if quick else claim.charts
                finished.append(replace(claim, seconds=time.perf_counter() - begin, charts=charts))
                bar.update()
    finally:
        ledger = Ledger(TITLE, tuple(finished), _settings(effort, len(finished), len(checks)), _INTRODUCTION)
        if folder is not None and finished:
            write_folder(ledger, folder)
    return ledger


def _settings(effort: Effort, finished: int, total: int) -> dict[str, str | int | float]:
    """Return what the numbers depend on, and how far the run came."""
    return {
        "effort": "quick" if effort.quick else "full",
        "seed": effort.seed,
        "claims finished": f"{finished} of {total}",
        "Python": platform.python_version(),
        **{name: version(package) for name, package in (("NumPy", "numpy"), ("SciPy", "scipy"), ("SymPy", "sympy"))},
        "processor cores": os.cpu_count() or 1,
    }
