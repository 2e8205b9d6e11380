"""Export: what a library's call takes, and what the library then does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from symsched.predictions.designs.errors import Errors
from symsched.schedules.plan import Plan

Arguments = Mapping[str, Mapping[str, Any]]
"""Keyword arguments by the name of the call that takes them."""

_A_LINE = 5  # numbers in a line of LaTeX


@dataclass(frozen=True, repr=False, eq=False)
class Export:
    """A schedule or a design at one ``d``, as ``target`` takes it.

    ``values`` is the list, ``arguments`` the keyword arguments of each call that takes more than it, ``call`` the lines
    of Python that use them, in which ``export`` is this object, ``z`` standard normal noise (n, d) and ``model`` what
    the library asks. The sampler starts from ``start`` times z.

    ``plan`` is what the library then does, as coefficients in its own coordinates and with its own rounding of the
    nodes: ``simulate(distribution, export.plan, d=…)`` runs the same table here. ``scheme`` names it. ``predicted`` are
    the errors of mode weights and sites of that plan for the limit's own law, None where there is no limit to judge it
    by (``notes`` say why); ``own`` those of the source's own scheme. ``cut`` is ψ_0/ψ_1 where the first node was moved
    from σ = ∞, ``cut_cost`` what that adds to the errors.
    ``least_dimension`` is the d below which the source has no nodes.
    """

    target: str
    source: str
    d: float
    kappa: float | None
    values: tuple[float, ...]
    arguments: Arguments
    call: str
    start: float
    scheme: str
    plan: Plan
    least_dimension: float
    predicted: Errors | None
    own: Errors | None
    own_scheme: str
    cut: float | None
    cut_cost: Errors | None
    notes: tuple[str, ...] = field(default=())

    @property
    def evaluations(self) -> int:
        """Denoiser calls per sample. The library asks at every node, also at the first, where the answer is E a."""
        return self.plan.steps

    @property
    def range(self) -> tuple[float, float]:
        """The least and the largest σ = 1/ψ at which the model is asked; the latter is infinite without a cut."""
        low, high = (float(self.plan.psi[at]) for at in (-1, 0))
        return 1 / low if low else np.inf, 1 / high if high else np.inf

    @property
    def text(self) -> str:
        """The list as text, separated by commas, without exponents, which some readers take for two numbers."""
        return ", ".join(np.format_float_positional(value, trim="-") for value in self.values)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain data, ready for JSON; an infinite σ is null."""

        def errors(found: Errors | None) -> dict[str, float] | None:
            return None if found is None else {"weight": found.weight, "width": found.width}

        return {
            "target": self.target,
            "source": self.source,
            "d": self.d,
            "kappa": self.kappa,
            "values": list(self.values),
            "arguments": {name: dict(given) for name, given in self.arguments.items()},
            "call": self.call,
            "start": self.start,
            "scheme": self.scheme,
            "evaluations": self.evaluations,
            "psi": self.plan.psi.tolist(),
            "sigma_range": [one if np.isfinite(one) else None for one in self.range],
            "least_dimension": self.least_dimension,
            "predicted": errors(self.predicted),
            "own": errors(self.own),
            "own_scheme": self.own_scheme,
            "cut": self.cut,
            "cut_cost": errors(self.cut_cost),
            "notes": list(self.notes),
        }

    def latex(self) -> str:
        """Return the nodes ψ as LaTeX, a few on each line."""
        shown = [f"{value:.6g}" if value >= 1e-3 else _power(value) for value in self.plan.psi.tolist()]
        lines = [r",\; ".join(shown[first : first + _A_LINE]) for first in range(0, len(shown), _A_LINE)]
        body = ", \\\\\n&\\quad ".join(lines)
        return f"\\begin{{aligned}}\n\\psi_0, \\dots, \\psi_{{{len(shown) - 1}}} &= {body}\n\\end{{aligned}}"

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex()}$"

    def __repr__(self) -> str:
        """One line: target, what it costs and what it is predicted to miss."""
        told = (
            "no limit to predict errors by"
            if self.predicted is None
            else f"weights to {self.predicted.weight:.1e}, sites to {self.predicted.width:.1e} of their deviation"
        )
        return f"<Export to {self.target} at d = {self.d:g}: {self.evaluations} evaluations, {self.scheme}, {told}>"


def _power(value: float) -> str:
    if value == 0:
        return "0"
    digits, exponent = f"{value:.5e}".split("e")
    return rf"{float(digits):g} \cdot 10^{{{int(exponent)}}}"
