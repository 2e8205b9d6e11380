"""A derivation as a record: each step a rewrite that can be printed, rendered and re-verified by numbers."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import sympy as sp

from symsched.algebra.notation.lines import names
from symsched.algebra.telling.glossary import Glossary
from symsched.algebra.telling.html import page, section, step_html
from symsched.algebra.telling.latex import step_latex
from symsched.algebra.telling.parts import Assumption, Named, Telling, each
from symsched.algebra.telling.text import step_text

__all__ = ["Assumption", "Check", "Derivation", "Named", "Step", "Verifier", "each"]


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


@dataclass(frozen=True, repr=False)
class Step(Telling):
    """One rewrite: ``before`` becomes ``after`` by ``theorem``, if ``assumes`` holds; ``sources`` say who proved it.

    ``given`` and ``found`` name ``before`` and ``after``, or each of their entries. Titles, names and assumptions are
    prose with formulas between dollars; ``rule`` and ``cites`` are title and sources as text.
    """

    verify: Verifier = field(compare=False, kw_only=True)

    def check(self) -> tuple[Check, ...]:
        """Return this step's checks, recomputed now from ``after``."""
        checks = self.verify(self.after)
        if not checks:
            raise ValueError(f"the step {self.rule!r} has no numeric check; every step needs one")
        return checks

    def __repr__(self) -> str:
        """One line: what it does."""
        return f"<Step: {self.rule}>"

    def __str__(self) -> str:
        """The step in plain text: what goes in and comes out by name, why it is allowed, and what its symbols mean."""
        return step_text(self, Glossary())

    def latex(self) -> str:
        """The step as a paragraph of LaTeX; it needs amsmath alone, and no line is wider than a column (345 pt)."""
        return step_latex(self, None, Glossary(), names(_SIGNS))

    def _repr_latex_(self) -> str:
        return self.latex()

    def _repr_html_(self) -> str:
        return section([step_html(self, None, Glossary(), names(_SIGNS))])


_SIGNS = tuple(sp.symbols("L R V Z"))
"""Letters of the steps' own, which name no part that is too wide."""


@dataclass(frozen=True, repr=False)
class Derivation:
    """The steps from a density to its limit, in order; ``parameters`` are the symbols of the distribution."""

    steps: tuple[Step, ...]
    parameters: frozenset[sp.Symbol] = frozenset()

    def check(self) -> tuple[Check, ...]:
        """Re-verify every step by numbers that share no code with it; look at ``passed`` of each."""
        return tuple(result for step in self.steps for result in step.check())

    def __repr__(self) -> str:
        """One line: how many steps, from what to what."""
        ends = f", from “{self.steps[0].rule}” to “{self.steps[-1].rule}”" if self.steps else ""
        return f"<Derivation of {len(self.steps)} steps{ends}>"

    def __str__(self) -> str:
        """The derivation in plain text."""
        return self.text()

    def text(self) -> str:
        """Return all steps as numbered text; a symbol is introduced by the step that uses it first."""
        glossary = Glossary(self.parameters)
        return "\n".join(f"{k}. {step_text(step, glossary)}" for k, step in enumerate(self.steps, 1))

    def latex(self) -> str:
        """Return the steps as paragraphs of LaTeX.

        It needs amsmath alone, and no line is wider than a column of an article (345 pt).
        """
        glossary, fresh = Glossary(self.parameters), names([*_SIGNS, *self.parameters])
        body = "\n".join(step_latex(step, k, glossary, fresh) for k, step in enumerate(self.steps, 1))
        # Sources and names are long words in a narrow column.
        return f"{{\\emergencystretch=4em\n{body}\n\\par}}"

    def html(self, title: str = "Derivation", introduction: str = "") -> str:
        """Return the steps as a page of HTML that loads nothing and runs no script; its formulas are MathML."""
        return page(title, introduction, self._html_steps())

    def _repr_latex_(self) -> str:
        return self.latex()

    def _repr_html_(self) -> str:
        return section(self._html_steps())

    def _html_steps(self) -> list[str]:
        glossary, fresh = Glossary(self.parameters), names([*_SIGNS, *self.parameters])
        return [step_html(step, k, glossary, fresh) for k, step in enumerate(self.steps, 1)]
