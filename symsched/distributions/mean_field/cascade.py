"""The cascade of a mean-field measure: saddle points of g − I with their weights, or the law of a critical one."""

import sympy as sp

from symsched.algebra.asymptotics import leading_power, limit_in_dimension
from symsched.algebra.derivation import Assumption, Named, Step, each
from symsched.algebra.telling import sources
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
_MAXIMA = "the maxima $m_k$ of $g − I$"
_PLACES = "the places $g_k = m_k$ of the modes in the effective law"
_WEIGHTS = "the weights $w_k$ of the modes"
_DENSITY = "the density of $ν$ over that of noise, $Z = 𝔼 exp(s g ν − s^2 g^2/2)$"


def saddle_cascade(landscape: Landscape) -> Cascade:
    """Return the modes and phases of ρ_0^{⊗d} exp(d g(m) + f(m))."""
    saddles = landscape.saddles
    values = sp.Tuple(*(saddle.magnetisation for saddle in saddles))
    steps = [
        Step(
            "saddle points: global maxima of $g − I$, where $m = Λ'(g'(m))$",
            landscape.interaction,
            values,
            given=(Named("the interaction $g$ of the density $∏_i ρ_0(a_i) exp(d g(m) + f(m))$", "g(m)"),),
            found=each(_MAXIMA, "m", len(saddles)),
            assumes=(
                Assumption(
                    "$Λ(u) = log 𝔼_0 e^{u a}$ is finite where it is needed; $I$ is its Legendre transform",
                    "the tails of the law of a coordinate against $g$; heights on a fine grid of $u$",
                ),
            ),
            theorem="Cramér’s theorem and Varadhan’s lemma: $m$ has a density of order $exp(d (g − I))$",
            sources=(sources.VARADHAN,),
            verify=verifiers.maxima(landscape),
        )
    ]
    critical = [saddle for saddle in saddles if saddle.bend > 2]
    if critical:
        if len(critical) > 1:
            raise DerivationError(
                "critical point",
                "several critical points share the maximum",
                "Give a tilt that grows with d, which leaves one of them, or move a parameter.",
            )
        return _critical(landscape, critical[0], steps)
    weights = _weights(landscape, saddles)
    modes = tuple(ModeLaw(w, landscape.spin.tilt(saddle.tilt)) for w, saddle in zip(weights, saddles, strict=True))
    data = data_phase(modes, list(values))
    if len(modes) == 1:
        return Cascade(modes, (data,), tuple(steps))
    law = AtomLaw(tuple(values), weights)
    everyone = tuple(range(len(modes)))
    grows = landscape.tilt.has(d)
    gain = "F_k" if grows else "f(m_k)"
    steps += [
        Step(
            f"weights: $w_k ∝ e^{{{gain}}} χ_k^{{−1/2}}$, with $χ = 1 − g''Λ''$ from the fluctuations at each maximum"
            + (", $F_k$ the height of $d (g − I) + f$ at the maximum that $f$ moves away from $m_k$" if grows else ""),
            values,
            sp.Tuple(*weights),
            given=each(_MAXIMA, "m", len(modes)),
            found=each(_WEIGHTS, "w", len(modes)),
            assumes=(
                Assumption(
                    "every maximum is regular: $χ_k > 0$", "the bend of $g − I$ at each, exactly or in 40 digits"
                ),
            ),
            theorem="Laplace’s method",
            sources=(sources.LAPLACE,),
            verify=verifiers.weights(landscape),
        ),
        Step(
            "modes become product measures with means $m_k$: the first cumulant differs, $q = 1$ and $ψ ~ d^{−1/2}$",
            sp.Tuple(*values, *weights),
            law.partition(s, nu),
            given=(*each(_PLACES, "g", len(modes)), *each(_WEIGHTS, "w", len(modes))),
            found=(Named(_DENSITY, "Z(s, ν)"),),
            assumes=(Assumption("$d → ∞$ at fixed $s = √d ψ$", "the limit that is meant"),),
            theorem="local asymptotic normality",
            sources=(sources.LE_CAM, sources.PAPER),
            verify=partition(law),
        ),
    ]
    speciation = CanonicalPhase(
        "speciation",
        _HALF,
        1,
        (_branch(everyone, law, [mode.law for mode in modes]),),
        ((),),
        (sp.S.Zero,),
        collective=True,
    )
    return Cascade(modes, (speciation, data), tuple(steps))


def _branch(modes: tuple[int, ...], law: AbstractLaw, sites: list[AbstractLaw]) -> Branch:
    """Return the branch of all modes: an outcome each, or none where the law is continuous."""
    outcomes = tuple((k,) for k in modes) if isinstance(law, AtomLaw) else ()
    return Branch(modes, sp.S.One, law, outcomes, coordinates=tuple(sites))


def _weights(landscape: Landscape, saddles: tuple[Saddle, ...]) -> tuple[sp.Expr, ...]:
    """w_k = exp(f) χ_k^{−1/2} / Σ, with exponents relative to the first: only differences need a limit.

    f is that at the maximum of the whole exponent, which a field of d^{1/2} and more moves away from m_k by too much.
    """
    if len(saddles) == 1:
        return (sp.S.One,)
    terms = []
    for saddle in saddles:
        relative, _ = landscape.relative(saddle, saddles[0])  # what grows with d has been sorted out
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
            f"critical maximum: $χ = 0$ and $g − I$ bends at order {saddle.bend}, so $m − m_0 = d^{{−{scale}}} u$",
            saddle.magnetisation,
            law.density,
            given=(Named("the maximum of $g − I$", "m_0"),),
            found=(Named("the density $p$ of $u$, in $u = a$", "p(a)"),),
            assumes=(
                Assumption(
                    "$χ = 0$: the Gaussian fluctuations are unbounded", "the bend of $g − I$, exactly or in 40 digits"
                ),
                Assumption("$d → ∞$ at fixed $u$", "the limit that is meant; the law of $m$ at $d = 10^{16}$"),
            ),
            theorem="Laplace’s method at a maximum that is flat",
            sources=(sources.ELLIS_NEWMAN,),
            verify=verifiers.critical(landscape, saddle, law),
        ),
        Step(
            f"the whole law of $u$ is chosen at $ψ = s d^{{−{exponent}}}$",
            law.density,
            law.partition(s, nu),
            given=(Named("the density $p$ of $u$, in $u = a$", "p(a)"),),
            found=(Named(_DENSITY, "Z(s, ν)"),),
            assumes=(
                Assumption("$d → ∞$ at fixed $s$", "the limit that is meant; how fast it is reached is not derived"),
            ),
            theorem="local asymptotic normality, given $u$",
            sources=(sources.LE_CAM,),
            verify=partition(law),
        ),
    ]
    # The site mean m_0 is common to all u: the order parameter is centred on it.
    phase = CanonicalPhase("speciation", exponent, 1, (_branch((0,), law, [mode.law]),), ((),), (saddle.magnetisation,))
    return Cascade((mode,), (phase, data_phase([mode], [saddle.magnetisation])), tuple(steps))
