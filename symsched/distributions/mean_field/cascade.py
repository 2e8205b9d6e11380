"""The cascade of a mean-field measure: saddle points of g − I with their weights, or the law of a critical one."""

import sympy as sp

from symsched.algebra.asymptotics import leading_power, limit_in_dimension
from symsched.algebra.derivation import Step, labels
from symsched.distributions.cascade import Branch, CanonicalPhase, Cascade, ModeLaw, data_phase
from symsched.distributions.mean_field import verifiers
from symsched.distributions.mean_field.crossover import crossover_cascade
from symsched.distributions.mean_field.landscape import Landscape
from symsched.distributions.mean_field.saddles import Saddle
from symsched.distributions.verifiers import partition
from symsched.errors import DerivationError
from symsched.laws import AbstractLaw, AtomLaw, DensityLaw
from symsched.symbols import d, m, nu, s, u

_HALF = sp.Rational(1, 2)
_LAPLACE = "Laplace's method; Ellis and Newman 1978 for critical points"


def saddle_cascade(landscape: Landscape) -> Cascade:
    """Return the modes and phases of ρ_0^{⊗d} exp(d g(m) + f(m))."""
    saddles = landscape.saddles
    values = sp.Tuple(*(saddle.magnetisation for saddle in saddles))
    steps = [
        Step(
            "saddle points: global maxima of g − I, where m = Λ'(g'(m))",
            landscape.interaction,
            values,
            verifiers.maxima(landscape),
            assumes=("E_0 exp(u a) is finite where it is needed",),
            cites="Cramér and Varadhan",
            found=labels("m", len(saddles)),
        )
    ]
    critical = [saddle for saddle in saddles if saddle.bend > 2]
    if critical:
        if len(critical) > 1:
            raise DerivationError(
                "critical point", "several critical points share the maximum", "Break the symmetry with a field."
            )
        return _critical(landscape, critical[0], steps)
    weights = _weights(landscape, saddles)
    modes = tuple(ModeLaw(w, landscape.spin.tilt(saddle.tilt)) for w, saddle in zip(weights, saddles, strict=True))
    data = data_phase(modes, list(values))
    if len(modes) == 1:
        return Cascade(modes, (data,), tuple(steps))
    law = AtomLaw(tuple(values), weights)
    everyone = tuple(range(len(modes)))
    steps += [
        Step(
            "weights: w_k ∝ exp(f(m_k)) χ_k^(-1/2), with χ = 1 − g''Λ'' from the Gaussian fluctuations at each maximum",
            values,
            sp.Tuple(*weights),
            verifiers.weights(landscape),
            assumes=("every maximum is regular: χ > 0",),
            cites=_LAPLACE,
            given=labels("m", len(modes)),
            found=labels("w", len(modes)),
        ),
        Step(
            "modes become product measures with means m_k: the first cumulant differs, q = 1 and ψ ~ d^-1/2",
            sp.Tuple(*values, *weights),
            law.partition(s, nu),
            partition(law),
            assumes=("d → ∞ at fixed s = √d ψ",),
            cites="arXiv 2501.00988 for Curie–Weiss",
            given=(*labels("m", len(modes)), *labels("w", len(modes))),
        ),
    ]
    speciation = CanonicalPhase(
        "speciation", _HALF, 1, (_branch(everyone, law, [mode.law for mode in modes]),), ((),), (sp.S.Zero,)
    )
    return Cascade(modes, (speciation, data), tuple(steps))


def _branch(modes: tuple[int, ...], law: AbstractLaw, sites: list[AbstractLaw]) -> Branch:
    """Return the branch of all modes: an outcome each, or none where the law is continuous."""
    outcomes = tuple((k,) for k in modes) if isinstance(law, AtomLaw) else ()
    return Branch(modes, sp.S.One, law, outcomes, coordinates=tuple(sites))


def _weights(landscape: Landscape, saddles: tuple[Saddle, ...]) -> tuple[sp.Expr, ...]:
    """w_k = exp(f(m_k)) χ_k^{−1/2} / Σ, with exponents relative to the first: only differences need a limit."""
    if len(saddles) == 1:
        return (sp.S.One,)
    first = landscape.tilt.subs(m, saddles[0].magnetisation)
    terms = []
    for saddle in saddles:
        difference = sp.expand(landscape.tilt.subs(m, saddle.magnetisation) - first)
        relative = limit_in_dimension(difference, "the tilt between two maxima")
        terms.append(sp.exp(relative) / sp.sqrt(saddle.chi))
    if len({saddle.chi for saddle in saddles}) == 1:
        terms = [term * sp.sqrt(saddles[0].chi) for term in terms]
    total = sp.Add(*terms)
    return tuple(term / total for term in terms)


def _critical(landscape: Landscape, saddle: Saddle, steps: list[Step]) -> Cascade:
    """One critical maximum: m − m_0 = d^{−1/2k} u with u ∝ exp(−c u^{2k} + field), a continuous effective law."""
    scale = sp.Rational(1, saddle.bend)
    moved = sp.expand(
        landscape.tilt.subs(m, saddle.magnetisation + d**-scale * u) - landscape.tilt.subs(m, saddle.magnetisation)
    )
    if moved != 0 and leading_power(moved, "the tilt at the critical point")[1] > 0:
        return crossover_cascade(landscape, saddle, steps)
    field = limit_in_dimension(moved, "the tilt at the critical point")
    exponent = _HALF - scale
    law = DensityLaw(u, sp.exp(-saddle.stiffness * u**saddle.bend + field), -sp.oo, sp.oo)
    mode = ModeLaw(sp.S.One, landscape.spin.tilt(saddle.tilt))
    steps = [
        *steps,
        Step(
            f"critical maximum: χ = 0 and g − I bends at order {saddle.bend}, so m − m_0 = d^-{scale} u",
            sp.Tuple(saddle.magnetisation),
            law.density,
            verifiers.critical(landscape, saddle, law),
            assumes=("d → ∞ at fixed u",),
            cites=_LAPLACE,
            given=("m_0",),
        ),
        Step(
            f"the whole law of u is chosen at ψ = s d^-{exponent}",
            law.density,
            law.partition(s, nu),
            partition(law),
            assumes=("d → ∞ at fixed s",),
        ),
    ]
    # The site mean m_0 is common to all u: the order parameter is centred on it.
    phase = CanonicalPhase("speciation", exponent, 1, (_branch((0,), law, [mode.law]),), ((),), (saddle.magnetisation,))
    return Cascade((mode,), (phase, data_phase([mode], [saddle.magnetisation])), tuple(steps))
