"""What a cascade is made of: modes, and phases of the canonical flow in the order in which the flow meets them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations, zip_longest

import sympy as sp

from symsched.algebra.derivation import Step
from symsched.algebra.escapes import latex_text
from symsched.algebra.notation.lines import display, equation, joined, names
from symsched.laws import AbstractLaw


@dataclass(frozen=True)
class ModeLaw:
    """A mode: its weight, and the law of one coordinate given the mode; in a cascade both are free of d."""

    weight: sp.Expr
    law: AbstractLaw


@dataclass(frozen=True)
class Branch:
    """What a phase does to one group of modes that the flow has not told apart before.

    ``weight`` is the group's; ``law`` the effective law that its order parameter follows, given the group;
    ``outcomes[k]`` are the modes that the k-th atom of the law stands for (empty where the law is continuous or where
    nothing is left to decide), and ``coordinates[k]`` is the law of one coordinate given that outcome, at finite d.
    ``mean`` is the mean of a coordinate where the family knows a shorter form than its law's first cumulant.
    """

    modes: tuple[int, ...]
    weight: sp.Expr
    law: AbstractLaw
    outcomes: tuple[tuple[int, ...], ...] = ()
    mean: sp.Expr | None = None
    coordinates: tuple[AbstractLaw, ...] = ()


@dataclass(frozen=True)
class CanonicalPhase:
    """A window ψ ~ d^−exponent of the canonical flow.

    In a speciation ``order`` is q, s = (ψ d^exponent)^q, and ``common`` holds the cumulants c_1 … c_{q−1} on which
    the modes of every branch agree (one tuple per branch), ``references`` what they share of c_q itself, subtracted
    before atoms are formed. In the data phase ``order`` is None and each coordinate follows its own law.

    ``dimension`` is the number of order parameters. With ``directions``, the Gram matrix r_k·r_l/d of the means of the
    modes, they are projections on directions in general position; without, one sum over the coordinates.

    With ``collective`` the coordinates are independent given a mode only up to a fluctuation that they share.
    """

    name: str
    exponent: sp.Rational
    order: int | None
    branches: tuple[Branch, ...]
    common: tuple[tuple[sp.Expr, ...], ...] = ()
    references: tuple[sp.Expr, ...] = ()
    dimension: int = 1
    directions: sp.ImmutableMatrix | None = None
    collective: bool = False

    @property
    def distance(self) -> sp.Expr | None:
        """The smallest distance of two atoms of a branch, None where a law has none."""
        gaps = [
            sp.sqrt(sp.Add(*((a - b) ** 2 for a, b in zip(_coordinates(one), _coordinates(other), strict=True))))
            for branch in self.branches
            for one, other in combinations(branch.law.atoms or (), 2)
        ]
        return sp.Min(*gaps) if gaps else None

    @property
    def scale(self) -> tuple[str, sp.Rational, int | None]:
        """Name, γ in ψ ~ d^−γ and order: what a schedule needs to know of a phase."""
        return self.name, self.exponent, self.order


def _coordinates(atom: sp.Basic) -> tuple[sp.Basic, ...]:
    return atom.args if isinstance(atom, sp.Tuple) else (atom,)


@dataclass(frozen=True, repr=False)
class Cascade:
    """The modes of a distribution and the phases of its canonical flow, with the steps that led to them."""

    modes: tuple[ModeLaw, ...]
    phases: tuple[CanonicalPhase, ...]
    steps: tuple[Step, ...]

    def __repr__(self) -> str:
        """One line: how many modes, and the phases at their scales."""
        count = len(self.modes)
        return f"<Cascade of {count} mode{'s' * (count > 1)}: {', '.join(map(_told, self.phases))}>"

    def latex(self) -> str:
        """Return modes and phases as a display in LaTeX, each law defined where it is named.

        It needs amsmath alone, and no line is wider than a column of an article (345 pt).
        """
        fresh = names(frozenset().union(*(mode.law.free_symbols for mode in self.modes)))
        lines: list[str] = []
        for k, mode in enumerate(self.modes, 1):
            lines += [*equation(f"w_{{{k}}}", mode.weight, fresh), *mode.law.lines(rf"\rho_{{{k}}}", fresh)]
        for phase in self.phases:
            size = r"\psi = O(1)" if phase.exponent == 0 else rf"\psi \sim d^{{-{phase.exponent}}}"
            order = "" if phase.order is None else rf",\quad q = {phase.order}"
            lines.append(rf"\text{{{latex_text(phase.name.capitalize())}: }} {size}{order}")
            several = len(phase.branches) > 1
            for k, branch in enumerate(phase.branches if phase.order is not None else (), 1):
                lines += branch.law.lines(f"G_{{{k}}}" if several else "G", fresh)
        return display(joined(lines))

    def _repr_latex_(self) -> str:
        return self.latex()

    @property
    def speciations(self) -> tuple[CanonicalPhase, ...]:
        """The phases before the data phase."""
        return tuple(phase for phase in self.phases if phase.order is not None)


def _told(phase: CanonicalPhase) -> str:
    scale = "1" if phase.exponent == 0 else f"d^-{phase.exponent}"
    return f"{phase.name} at ψ ~ {scale}" + ("" if phase.order is None else f" (q = {phase.order})")


def data_phase(modes: Sequence[ModeLaw], means: Sequence[sp.Expr | None] = ()) -> CanonicalPhase:
    """Return the last phase: each coordinate follows the law of its mode, whose ``means`` may have a shorter form."""
    pairs = enumerate(zip_longest(modes, means))
    branches = tuple(Branch((k,), mode.weight, mode.law, mean=mean) for k, (mode, mean) in pairs)
    return CanonicalPhase("data", sp.S.Zero, None, branches)


def numbered(phases: list[CanonicalPhase]) -> tuple[CanonicalPhase, ...]:
    """Return the phases with their names numbered where several share one."""
    names = [phase.name for phase in phases]
    return tuple(
        replace(phase, name=f"{phase.name} {names[: k + 1].count(phase.name)}")
        if names.count(phase.name) > 1
        else phase
        for k, phase in enumerate(phases)
    )
