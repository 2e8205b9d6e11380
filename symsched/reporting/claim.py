"""What was found of a claim: prediction, measurement and verdict; and the ledger of all that was found."""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

import sympy as sp

from symsched.reporting.charts import Chart
from symsched.reporting.verdicts import Row, Verdict

Expected = Literal["holds", "fails"]


@dataclass(frozen=True)
class Finding:
    """What was found of one sentence that can be true or false: the rows that decide it.

    ``formula`` holds the derived expressions or equations; ``expected`` is what the ledger stands for, with ``reason``
    where a claim is expected to fail; ``source`` says where the claim is made; ``seconds`` is what checking it took.
    """

    number: int
    title: str
    statement: str
    formula: tuple[sp.Basic, ...]
    rows: tuple[Row, ...]
    expected: Expected = "holds"
    reason: str = ""
    charts: tuple[Chart, ...] = ()
    group: str = ""
    source: str = ""
    seconds: float = 0.0

    def __post_init__(self) -> None:
        """Refuse an expectation that is neither of the two, and one of failure without its reason."""
        if self.expected not in get_args(Expected):
            raise ValueError(f"claim {self.number} must be expected to hold or fail, got {self.expected!r}")
        if self.expected == "fails" and not self.reason:
            raise ValueError(f"claim {self.number} is expected to fail: give the reason")

    @property
    def decided(self) -> bool:
        """Whether some row gives a verdict: a claim that nothing was held against has none."""
        return any(row.decides for row in self.rows)

    @property
    def holds(self) -> bool:
        """Whether some row decides, and every row that does agrees."""
        return self.decided and all(row.verdict is not Verdict.FAILS for row in self.rows)

    @property
    def as_expected(self) -> bool:
        """Whether the claim is decided, in the way it was expected to be."""
        return self.decided and self.holds == (self.expected == "holds")

    @property
    def outcome(self) -> str:
        """The verdict in a word or two."""
        if not self.decided:
            return "undecided"
        word = "holds" if self.holds else "fails"
        return f"{word}, as expected" if self.expected == "fails" and self.as_expected else word

    @property
    def standing(self) -> str:
        """The outcome's colour: "agrees" if it is the expected one, "fails" if not, "notyet" if there is none."""
        return "agrees" if self.as_expected else "fails" if self.decided else "notyet"

    @property
    def remark(self) -> str:
        """The reason, as a reader is told it."""
        return f"Expected to fail: {self.reason}" if self.expected == "fails" else self.reason

    @property
    def anchor(self) -> str:
        """The claim's name in links and file names."""
        return f"claim-{self.number:02d}"


@dataclass(frozen=True)
class Ledger:
    """Claims in the order they are told, with the settings they were checked under.

    ``settings`` maps names to strings or numbers (seed, versions, cores); ``noun`` is what an entry is called.
    """

    title: str
    claims: tuple[Finding, ...]
    settings: Mapping[str, str | int | float] = field(default_factory=dict)
    introduction: str = ""
    noun: str = "claim"

    def __post_init__(self) -> None:
        """Refuse two claims of one number, and two charts of one name: they would share an address."""
        numbers = Counter(claim.number for claim in self.claims)
        names = Counter((claim.number, chart.name) for claim in self.claims for chart in claim.charts)
        twice = [str(key) for counter in (numbers, names) for key, count in counter.items() if count > 1]
        if twice:
            listed = ", ".join(twice)
            raise ValueError(f"claim numbers, and chart names within a claim, must be unique; repeated: {listed}")

    @property
    def passed(self) -> bool:
        """Whether there is a claim, and every claim is decided as expected."""
        return bool(self.claims) and all(claim.as_expected for claim in self.claims)

    @property
    def summary(self) -> str:
        """How many claims came out as expected."""
        good = sum(claim.as_expected for claim in self.claims)
        plural = "" if len(self.claims) == 1 else "s"
        return f"{good} of {len(self.claims)} {self.noun}{plural} as expected"

    @property
    def seconds(self) -> float:
        """What all claims took together."""
        return math.fsum(claim.seconds for claim in self.claims)

    def figures(self) -> tuple[tuple[str, Chart], ...]:
        """Return every chart with its file name (no ending)."""
        return tuple((figure_name(claim, chart), chart) for claim in self.claims for chart in claim.charts)


def figure_name(claim: Finding, chart: Chart) -> str:
    """Return the file name (no ending) of a claim's chart."""
    return f"{claim.number:02d}-{chart.name}"
