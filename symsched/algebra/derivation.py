"""A derivation as a record: each step a rewrite that can be printed, rendered and re-verified by numbers."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import sympy as sp

from symsched.algebra.escapes import latex_text
from symsched.algebra.formulas import formula_latex


@dataclass(frozen=True)
class Check:
    """A step's claim evaluated at one point, beside an independent number for the same quantity."""

    rule: str
    claimed: float
    independent: float
    tolerance: float
    method: str

    @property
    def passed(self) -> bool:
        """Whether the two numbers agree within the tolerance, relative above 1 and absolute below."""
        difference = abs(self.claimed - self.independent)
        return bool(math.isfinite(difference) and difference <= self.tolerance * max(1.0, abs(self.independent)))

    def __str__(self) -> str:
        """One line: verdict, rule, both numbers, how the second was found."""
        word = "ok    " if self.passed else "BROKEN"
        return f"{word} {self.rule}: {self.claimed:.12g} against {self.independent:.12g} ({self.method})"


Verifier = Callable[[sp.Basic], tuple[Check, ...]]
"""Takes what a step arrived at and returns numbers for it beside independent ones."""


@dataclass(frozen=True)
class Step:
    """One rewrite: ``before`` becomes ``after`` by ``rule``, if ``assumes`` holds; ``cites`` says who proved it.

    ``given`` and ``found`` name the entries of ``before`` and ``after`` where these are tuples of values.
    """

    rule: str
    before: sp.Basic
    after: sp.Basic
    verify: Verifier = field(repr=False, compare=False)
    assumes: tuple[str, ...] = ()
    cites: str = ""
    given: tuple[str, ...] = field(default=(), repr=False, compare=False)
    found: tuple[str, ...] = field(default=(), repr=False, compare=False)

    def check(self) -> tuple[Check, ...]:
        """Return this step's checks, recomputed now from ``after``."""
        checks = self.verify(self.after)
        if not checks:
            raise ValueError(f"the step {self.rule!r} has no numeric check; every step needs one")
        return checks

    def __str__(self) -> str:
        """The step in plain text."""
        lines = [self.rule, f"    from  {_told(self.before, self.given)}", f"    to    {_told(self.after, self.found)}"]
        lines += [f"    if    {condition}" for condition in self.assumes]
        lines += [f"    cf.   {self.cites}"] if self.cites else []
        return "\n".join(lines)

    def latex(self) -> str:
        """The step as a LaTeX item: the rule in words, the two sides as displayed formulas."""
        conditions = f" Assumes {'; '.join(latex_text(c) for c in self.assumes)}." if self.assumes else ""
        source = f" ({latex_text(self.cites)})" if self.cites else ""
        before, after = (formula_latex(side) for side in (self.before, self.after))
        return (
            f"\\item {latex_text(self.rule)}.{conditions}{source}\n"
            f"\\begin{{dmath*}}\n{before}\n\\end{{dmath*}}\n\\[\\Longrightarrow\\]\n\\begin{{dmath*}}\n{after}\n\\end{{dmath*}}"
        )


def labels(name: str, count: int) -> tuple[str, ...]:
    """Return "name 1", "name 2", …, or the name alone where there is one."""
    return (name,) if count == 1 else tuple(f"{name} {k + 1}" for k in range(count))


def _told(side: sp.Basic, names: tuple[str, ...]) -> str:
    """Return a side of a step in plain text: equations with "=", the entries of a tuple by their names."""
    if isinstance(side, sp.Tuple):
        if len(names) == len(side):
            return ", ".join(f"{name} = {_told(part, ())}" for name, part in zip(names, side, strict=True))
        return ", ".join(_told(part, ()) for part in side)
    return f"{side.lhs} = {side.rhs}" if isinstance(side, sp.Equality) else str(side)


@dataclass(frozen=True, repr=False)
class Derivation:
    """The steps from a density to its limit, in order."""

    steps: tuple[Step, ...]

    def check(self) -> tuple[Check, ...]:
        """Re-verify every step by numbers that share no code with it; look at ``passed`` of each."""
        return tuple(result for step in self.steps for result in step.check())

    def __repr__(self) -> str:
        """One line: how many steps, from what to what."""
        return f"<Derivation of {len(self.steps)} steps>"

    def __str__(self) -> str:
        """All steps, numbered."""
        return "\n".join(f"{k}. {step}" for k, step in enumerate(self.steps, 1))

    def latex(self) -> str:
        """The steps as a LaTeX ``enumerate``; needs the packages amsmath and breqn."""
        return "\\begin{enumerate}\n" + "\n".join(step.latex() for step in self.steps) + "\n\\end{enumerate}"
