"""How long the symbolic side takes: deriving a limit, compiling its schedule, printing it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

from sympy.core.cache import clear_cache

from symsched.limits.limit import derive
from symsched.zoo import Entry

_STEPS = 20


@final
@dataclass(frozen=True)
class SymbolicTiming:
    """Seconds for one distribution, from empty SymPy caches: the distribution and its limit, numbers, LaTeX."""

    name: str
    derive: float
    compile: float
    print: float


def measure_symbolic(entry: Entry) -> SymbolicTiming:
    """Return the times of deriving a zoo entry, of turning its schedule into NumPy numbers, and of printing it."""
    clear_cache()
    start = time.perf_counter()
    limit = derive(entry.distribution(), entry.settings.path)
    derived = time.perf_counter()
    limit.schedule.plan(_STEPS, 10**6, entry.settings.kappa)
    compiled = time.perf_counter()
    limit.latex()
    return SymbolicTiming(entry.name, derived - start, compiled - derived, time.perf_counter() - compiled)


def symbolic_markdown(timings: Sequence[SymbolicTiming]) -> str:
    """Return the times as a table."""
    lines = ["| distribution | derive | compile | print |", "|---|---|---|---|"]
    lines += [f"| {t.name} | {t.derive:.2f} s | {t.compile:.3f} s | {t.print:.2f} s |" for t in timings]
    return "\n".join(lines) + "\n"
