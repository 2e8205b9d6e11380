"""A claim as data: one sentence, its derivation in cells, and the checks that decide it. Its home is derivations/."""

import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from itertools import islice

import sympy as sp

from symsched.reporting.charts import Chart
from symsched.reporting.claim import Expected, Finding
from symsched.reporting.rows import rows_to_markdown
from symsched.reporting.verdicts import Row
from symsched.validation.beside import folder, load
from symsched.validation.cells import Cell
from symsched.validation.checks.base import AbstractCheck
from symsched.validation.effort import Effort

HOME = "derivations"
PAPER, FEW = ("gm", "cw"), ("few",)
"""The first words of the files whose claims the paper makes, and of those on few evaluations, which are ours."""
_FILE = re.compile(r"([a-z]+)_\d\d_\w+")


@dataclass(frozen=True)
class Claim:
    """One sentence that can be true or false, told once, with what derives it and what decides it.

    ``formulas`` are what the derivation arrives at, found when they are asked for; ``cells`` are the derivation itself;
    ``checks`` bring the rows, the charts and a negative control each; ``part`` says which result of the ``source`` it
    is, and which equation.
    """

    number: int
    title: str
    statement: str
    formulas: Callable[[], Iterable[sp.Basic]]
    cells: tuple[Cell, ...]
    checks: tuple[AbstractCheck, ...]
    group: str
    source: str
    part: str = ""
    expected: Expected = "holds"
    reason: str = ""

    def check(self, effort: Effort) -> Finding:
        """Return what is found of the claim now; a quick look draws one chart."""
        begin = time.perf_counter()
        rows: list[Row] = []
        drawn: list[tuple[AbstractCheck, tuple[Row, ...]]] = []
        for check in self.checks:
            if check.full_only and effort.quick:
                continue
            found = check.rows(effort)
            rows += found
            drawn.append((check, found))
        charts: Iterable[Chart] = (chart for check, found in drawn for chart in check.charts(effort, found))
        return Finding(
            self.number,
            self.title,
            self.statement,
            tuple(self.formulas()),
            tuple(rows),
            self.expected,
            self.reason,
            tuple(islice(charts, 1 if effort.quick else None)),
            self.group,
            f"{self.source}, {self.part}" if self.part else self.source,
            time.perf_counter() - begin,
        )

    def tell(self) -> None:
        """Print the statement, the cells, the rows of a quick check and the verdict; leave with 1 if one is broken."""
        print(f"Claim {self.number}. {self.title}\n\n{self.statement}\n")
        whole = True
        for cell in self.cells:
            print(f"\n{cell.text}\n")
            for shown in cell.shown():
                print(shown)
                whole = whole and shown.holds
        finding = self.check(Effort(quick=True))
        print(f"\n{rows_to_markdown(finding.rows)}")
        if self.reason:
            print(f"Expected to fail, because {self.reason}\n")
        print(f"Claim {self.number} {finding.outcome}.")
        raise SystemExit(0 if whole and finding.as_expected else 1)


@cache
def claims(words: tuple[str, ...] = PAPER) -> tuple[tuple[str, Claim], ...]:
    """Return (name of the file, claim) of every claim in derivations/ whose file begins with one of the ``words``.

    They are in the order of their numbers.
    """
    home = folder(HOME)
    files = sorted(path.stem for path in home.glob("*.py"))
    names = [name for name in files if (found := _FILE.fullmatch(name)) and found[1] in words]
    told = [(name, load(home, name).CLAIM) for name in names]
    return tuple(sorted(told, key=lambda pair: pair[1].number))
