"""The step that expands the likelihood ratio of two modes, and says how large what it leaves is."""

from collections.abc import Iterator, Sequence
from functools import partial

import sympy as sp

from symsched.algebra.derivation import Assumption, Named, Step
from symsched.algebra.notation.lines import equation, joined
from symsched.algebra.telling import sources
from symsched.distributions.cascade import Branch, CanonicalPhase
from symsched.distributions.normality import KnownCumulants, normality
from symsched.errors import DerivationError
from symsched.laws import AbstractLaw
from symsched.limits.verifiers import likelihood
from symsched.symbols import d

_DIGITS = 6
_QUADRATURE = 1e-9
"""By how much a variance may be off that a site has by quadrature."""
_RATIO = "L_k = ∑_i λ_k(ψ, y_i) = s (g_k − g_1) ν − s^2 (g_k^2 − g_1^2)/2 + R_k"
_COLLECTIVE = sp.S.One


def likelihood_steps(phase: CanonicalPhase) -> Iterator[Step]:
    """Yield a step for every branch whose modes are product measures, with the laws of a coordinate at finite d."""
    if phase.order is None:
        return
    for branch, reference in zip(phase.branches, phase.references, strict=True):
        laws = branch.coordinates
        if len(laws) < 2 or (phase.collective and any(d in law.free_symbols for law in laws)):
            continue
        try:
            yield _step(phase, branch, reference, phase.order)
        except DerivationError:
            continue  # cumulants beyond those that decide are not known: the limit stands without a rate


def _step(phase: CanonicalPhase, branch: Branch, reference: sp.Expr, order: int) -> Step:
    laws, exponent = branch.coordinates, phase.exponent
    if phase.collective:
        # Beside the fluctuation that all share no more than mean and variance matter: their closed forms can be slow.
        first, *others = (_by_numbers(law, atom) for law, atom in zip(laws, branch.law.atoms or (), strict=True))
        found = [normality(first, other, order, exponent, reference, fastest=_COLLECTIVE) for other in others]
    else:
        found = [normality(laws[0], law, order, exponent, reference) for law in laws[1:]]
    slowest = min((one.exponent for one in found if one.exponent is not None), default=None)
    rest = "R_k = 0" if slowest is None else f"R_k = O_P(d^{{−{slowest}}})"
    moments = sp.ceiling((1 + (slowest or 0)) / exponent)
    for law in laws:
        law.require_moments(int(moments))
    labelled = list(enumerate(found, 2))
    ratios = [one.decides + one.rest for one in found]
    sized = [(k, one.size, one.exponent) for k, one in labelled if one.size is not None and one.exponent is not None]
    sizes = [size for _, size, _ in sized]
    scaled = any(law.cumulants(order)[-1].has(d) for law in laws)
    places = ", with the places $g_k$ that the cumulants have at this $d$" if scaled else ""
    centred = "ŷ = (y − ψ c_1)/√V" if order > 1 else "ŷ = y" if reference == 0 else "ŷ = y − ψ c_1"
    collective = (
        Assumption(
            "given a mode, coordinates share only the fluctuation of their mean",
            "taken: of relative order $ψ^2$, it moves $L_k$ by $O_P(d^{−1})$",
        ),
    )
    return Step(
        f"{phase.name}: the likelihood ratio expanded, and what is left of it, ${rest}$",
        sp.Tuple(*branch.law.atoms) if branch.law.atoms else sp.Tuple(),
        sp.Tuple(*ratios, *sizes),
        given=(
            Named(
                "the laws $ρ_k$ of a coordinate given mode $k$, and the places $g_k$",
                parts=tuple((f"g_{{{k}}}", atom) for k, atom in enumerate(branch.law.atoms or (), 1)),
                written=partial(_law_lines, laws, tuple(branch.law.atoms or ())),
            ),
        ),
        found=(
            *(
                Named(
                    f"$λ_k = log(Z_k/Z_1)$ of one coordinate, ${centred}$, to the first terms that are left",
                    parts=((f"λ_{{{k}}}", _rounded(ratio)),),
                )
                for k, ratio in enumerate(ratios, 2)
            ),
            *(
                Named(
                    "the root mean square of the leading part of $R_k$, over its power of $d$",
                    parts=((f"d^{{{power}}} |R_{{{k}}}|", _rounded(size)),),
                )
                for k, size, power in sized
            ),
        ),
        assumes=(
            Assumption(
                "$d → ∞$ at fixed $s = (ψ d^γ)^q$", "the limit that is meant; what is left by quadrature at growing $d$"
            ),
            Assumption(f"moments up to order {moments} exist", "the tails of the densities decide, not a formula"),
            *(collective if phase.collective else ()),
        ),
        theorem=f"the expansion of $log ∑_n ψ^n m_n He_n(ŷ)/n!$: ${_RATIO}${places}",
        sources=(sources.LE_CAM, sources.VAN_DER_VAART, sources.HERMITE),
        verify=likelihood.expansions(laws, found, order, exponent, reference),
    )


def _by_numbers(law: AbstractLaw, mean: sp.Expr) -> KnownCumulants:
    return KnownCumulants((sp.N(mean, 40), sp.Float(law.site().variance, 15)), (0.0, _QUADRATURE))


def _rounded(value: sp.Expr | None) -> sp.Expr:
    """Return a value with a few digits of numbers that are rounded anyway."""
    shown = sp.sympify(value)
    return sp.expand(shown.xreplace({one: sp.Float(one, _DIGITS) for one in shown.atoms(sp.Float)}))


def _law_lines(laws: Sequence[AbstractLaw], atoms: Sequence[sp.Expr], fresh: Iterator[sp.Symbol]) -> list[str]:
    lines = [line for k, law in enumerate(laws, 1) for line in law.lines(rf"\rho_{{{k}}}", fresh)]
    places = [line for k, atom in enumerate(atoms, 1) for line in equation(f"g_{{{k}}}", atom, fresh)]
    return [*lines, *joined(places)]
