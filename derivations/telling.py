"""How the scripts of this folder print formulas and end: no mathematics is here."""

from __future__ import annotations

from collections.abc import Callable

import sympy as sp

from symsched.algebra.derivation import Derivation
from symsched.reporting.claim import Finding
from symsched.reporting.rows import rows_to_markdown
from symsched.validation.effort import Effort


def say(text: str) -> None:
    """Print a paragraph."""
    print(f"\n{text}\n")


def show(name: str, formula: sp.Basic) -> None:
    """Print a formula over several lines, with its name."""
    lines = sp.pretty(formula, use_unicode=True, wrap_line=False).split("\n")
    print(f"  {name}:\n")
    print("\n".join(f"      {line}" for line in lines) + "\n")


def show_steps(derivation: Derivation, *words: str) -> None:
    """Print the steps of a derivation whose rule holds one of the words, with their numeric checks."""
    for number, step in enumerate(derivation.steps, 1):
        if any(word in step.rule for word in words):
            print(f"{number}. {step}")
            print("\n".join(f"    {result}" for result in step.check()))


def require(sentence: str, holds: bool) -> None:
    """Print whether a symbolic identity holds; stop the script if it does not."""
    print(f"  {'ok    ' if holds else 'BROKEN'} {sentence}")
    if not holds:
        raise SystemExit(1)


def conclude(check: Callable[[Effort], Finding]) -> None:
    """Run the claim in its quick form, print its rows, and stop with an error if it does not come out as expected."""
    claim = check(Effort(quick=True))
    say(f"Check of claim {claim.number}: {claim.statement}")
    print(rows_to_markdown(claim.rows))
    if claim.reason:
        say(f"Expected to fail, because {claim.reason}")
    if not claim.as_expected:
        raise SystemExit(1)
    say(f"Claim {claim.number} {claim.outcome}.")
