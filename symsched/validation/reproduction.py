"""reproduce(): every claim derived, simulated and judged now, on screen and in a folder."""

import os
import platform
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from importlib.metadata import version
from pathlib import Path

from tqdm.auto import tqdm

from symsched.errors import require_integer
from symsched.reporting.claim import Finding, Ledger
from symsched.reporting.folder import folder_path, require_folder, write_folder
from symsched.reporting.imprint import imprint
from symsched.reporting.numbers import seconds_text
from symsched.validation.claim import FEW, PAPER, claims
from symsched.validation.effort import Effort

Check = Callable[[Effort], Finding]

TITLE = "Noise schedules in high dimension: the claims of arXiv 2501.00988, checked"
_INTRODUCTION = (
    "Each claim is derived from the density and the interpolant, then held against numbers that share no code with "
    "the derivation: quadrature, exact flows, exact enumeration, and samples of the d-dimensional model with standard "
    "errors. Where a number depends on the order of limits, the claim says which is meant: fixed steps with "
    "d → ∞, or fixed d with steps → ∞."
)


def reproduce(
    folder: Path | None = None,
    *,
    quick: bool = False,
    progress: bool = True,
    seed: int = 0,
    everything: bool = False,
    checks: Sequence[tuple[str, Check]] | None = None,
    date: str | None = None,
    commit: str | None = None,
) -> Ledger:
    """Return the ledger of all claims of the paper, checked now, and write it into ``folder`` if one is given.

    ``everything`` adds the claims on few evaluations, which the paper does not make.
    ``quick`` takes fewer samples and dimensions, and one picture per claim; the same ``seed`` gives the same numbers,
    and the same bytes of the report: ``date`` and ``commit`` are those of ``imprint``, and no time that a run took is
    written. ``progress`` goes to standard error: a bar on a terminal, elsewhere a line for every claim. A run that is
    interrupted, or stopped by an error, leaves the report of the claims that were finished and raises on. Raises
    FolderError before any work if the folder cannot be written to, and ValueError for a bad date or commit.
    """
    made = imprint(date, commit)
    effort = Effort(quick, require_integer(seed, "seed", 0))
    if folder is not None:
        require_folder(folder_path(folder))
    told = claims(PAPER + FEW) if everything else claims()
    chosen = [(name, claim.check) for name, claim in told] if checks is None else checks
    finished: list[Finding] = []
    lines = progress and not sys.stderr.isatty()
    say = partial(print, file=sys.stderr, flush=True)
    try:
        with tqdm(total=len(chosen), unit="claim", disable=lines or not progress) as bar:
            for name, check in chosen:
                bar.set_description(name.replace("_", " "))
                begin = time.perf_counter()
                claim = check(effort)
                finished.append(replace(claim, seconds=time.perf_counter() - begin))
                bar.update()
                if lines:
                    far = f"{len(finished)} of {len(chosen)}, {seconds_text(finished[-1].seconds)}"
                    say(f"claim {claim.number} {claim.outcome} ({far}): {claim.title}")
    finally:
        title = f"{TITLE}, with those on few evaluations" if everything else TITLE
        ledger = Ledger(title, tuple(finished), _settings(effort, made, len(finished), len(chosen)), _INTRODUCTION)
        if folder is not None and finished:
            if lines:
                say(f"writing {len(ledger.figures())} figures and the report to {folder}")
            write_folder(ledger, folder)
    return ledger


def _settings(effort: Effort, made: Mapping[str, str], finished: int, total: int) -> dict[str, str | int | float]:
    """Return what the numbers depend on, and how far the run came."""
    return {
        "effort": "quick" if effort.quick else "full",
        "seed": effort.seed,
        "claims finished": f"{finished} of {total}",
        **made,
        "Python": platform.python_version(),
        **{name: version(package) for name, package in (("NumPy", "numpy"), ("SciPy", "scipy"), ("SymPy", "sympy"))},
        "processor cores": os.cpu_count() or 1,
    }
