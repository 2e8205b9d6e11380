"""A critical maximum of g − I that terms of the exponent below d, but above its fluctuations, shift or split.

Near m_0 the exponent is −c d δ^n + Σ_j t_j d^{a_j} δ^j. It is balanced at δ = v d^−σ, σ = min_j (1 − a_j)/(n − j): it
is d^{1 − nσ} P(v) there, P = −c v^n + Σ t_j v^j over the j that attain σ, and the mass sits at the maxima of P.
"""

import sympy as sp

from symsched.algebra.asymptotics import leading_power
from symsched.algebra.derivation import Assumption, Named, Step, each
from symsched.algebra.forms import is_zero, simplified
from symsched.algebra.telling import sources
from symsched.distributions.cascade import Branch, CanonicalPhase, Cascade, ModeLaw, data_phase
from symsched.distributions.mean_field import verifiers
from symsched.distributions.mean_field.landscape import Landscape
from symsched.distributions.mean_field.saddles import Saddle
from symsched.distributions.verifiers import partition
from symsched.errors import DerivationError
from symsched.laws import AtomLaw
from symsched.symbols import d, m, nu, s, u

_RULE = "critical point"
_DIGITS = 40
"""With which heights of P are compared."""


def crossover_cascade(landscape: Landscape, saddle: Saddle, steps: list[Step]) -> Cascade:
    """Return the modes around a critical maximum whose tilt outgrows its fluctuations."""
    centre, order = saddle.magnetisation, saddle.bend
    profile, scale = _profile(landscape.tilt, saddle)
    places = _maxima(profile)
    weights: list[sp.Expr] = [sp.S.One]
    if len(places) > 1:
        if len(places) > 2 or places[0] != -places[1] or not _is_even(landscape, centre):
            raise DerivationError(
                _RULE,
                f"{profile} is highest at {places}: what is smaller than d^{1 - order * scale} decides their weights",
                "Give sites and an interaction that are even in m, or break the tie by a field.",
            )
        places, weights = _weighed(places, landscape.tilt, scale)
    modes = tuple(ModeLaw(weight, landscape.spin.tilt(saddle.tilt)) for weight in weights)
    steps = [
        *steps,
        Step(
            "the tilt outgrows the fluctuations of a critical maximum: $m = m_0 + v d^{−ζ}$, $v$ a maximum of $P$",
            profile,
            sp.Tuple(scale, *places),
            given=(Named("what the exponent of the density of $m$ is near $m_0$, over its power of $d$", "P(u)"),),
            found=(
                Named("the exponent of the distance to $m_0$", "ζ"),
                *each("the maxima $v_k$ of $P$", "v", len(places)),
            ),
            assumes=(
                Assumption(
                    "$d → ∞$ at fixed $v$", "the limit that is meant; the slope of the exponent at $d = 10^{40}$"
                ),
            ),
            theorem="Laplace’s method at a maximum that is flat, and its tilt",
            sources=(sources.LAPLACE, sources.ELLIS_NEWMAN),
            verify=verifiers.shifted(landscape, saddle),
        ),
    ]
    data = data_phase(modes, [centre] * len(places))
    if len(places) == 1:
        return Cascade(modes, (data,), tuple(steps))
    law = AtomLaw(tuple(places), tuple(weights))
    exponent = sp.Rational(1, 2) - scale
    steps.append(
        Step(
            f"the modes’ means differ by $d^{{−{scale}}}$: $q = 1$ and $ψ = s d^{{−{exponent}}}$",
            sp.Tuple(*places, *weights),
            law.partition(s, nu),
            given=(
                *each("the places $g_k = v_k$ of the modes in the effective law", "g", len(places)),
                *each("the weights $w_k$ of the modes", "w", len(places)),
            ),
            found=(
                Named("the density of $ν$ over that of noise, $Z = ∑_k w_k exp(s g_k ν − s^2 g_k^2/2)$", "Z(s, ν)"),
            ),
            assumes=(
                Assumption("$d → ∞$ at fixed $s$", "the limit that is meant; how fast it is reached is not derived"),
            ),
            theorem="local asymptotic normality",
            sources=(sources.LE_CAM, sources.PAPER),
            verify=partition(law),
        )
    )
    # At finite d a coordinate's law is tilted by what moves its mean by v d^−σ: dm = Λ'' du.
    sites = tuple(landscape.spin.tilt(saddle.tilt + place * d**-scale / saddle.variance) for place in places)
    branch = Branch((0, 1), sp.S.One, law, ((0,), (1,)), coordinates=sites)
    return Cascade(modes, (CanonicalPhase("speciation", exponent, 1, (branch,), ((),), (centre,)), data), tuple(steps))


def _profile(tilt: sp.Expr, saddle: Saddle) -> tuple[sp.Expr, sp.Rational]:
    """Return P(v) as an expression in ``u``, and σ."""
    order = saddle.bend
    terms: dict[int, tuple[sp.Expr, sp.Rational]] = {}
    for power in range(1, order):
        coefficient = simplified(sp.diff(tilt, m, power).subs(m, saddle.magnetisation) / sp.factorial(power))
        if coefficient != 0:
            terms[power] = leading_power(coefficient, f"the tilt's derivative of order {power}")
    scale = min((1 - growth) / (order - power) for power, (_, growth) in terms.items())
    if scale <= 0:
        raise DerivationError(
            _RULE, f"the tilt {tilt} is not small beside d g(m)", "Put what grows like d into the interaction."
        )
    kept = [c * u**power for power, (c, growth) in terms.items() if (1 - growth) / (order - power) == scale]
    return sp.Add(-saddle.stiffness * u**order, *kept), scale


def _maxima(profile: sp.Expr) -> list[sp.Expr]:
    """Return the global maxima of P, in increasing order; DerivationError where they depend on a symbol."""
    if profile.free_symbols != {u}:
        names = ", ".join(sorted(map(str, profile.free_symbols - {u})))
        raise DerivationError(_RULE, f"the maxima of {profile} depend on {names}", f"Give {names} a number.")
    slope = sp.Poly(sp.diff(profile, u), u)
    roots = list(dict.fromkeys(sp.real_roots(slope))) if slope.domain.is_QQ or slope.domain.is_ZZ else []
    if not roots:
        roots = [root for root in slope.nroots(n=_DIGITS) if root.is_real]
    heights = [sp.N(profile.subs(u, root), _DIGITS) for root in roots]
    top = [root for root, height in zip(roots, heights, strict=True) if max(heights) - height < sp.Float("1e-30")]
    return sorted((sp.radsimp(root) for root in top), key=lambda root: sp.N(root, 20))


def _weighed(places: list[sp.Expr], tilt: sp.Expr, scale: sp.Rational) -> tuple[list[sp.Expr], list[sp.Expr]]:
    """Return those of two mirror images that keep mass, and their weights: the odd part of the tilt decides."""
    left, right = (tilt.subs(m, place * d**-scale) for place in places)
    difference = sp.expand(right - left)
    coefficient, growth = (
        leading_power(difference, "the tilt between two maxima") if difference != 0 else (sp.S.Zero, -1)
    )
    if growth > 0:
        if not coefficient.is_number:
            raise DerivationError(
                _RULE,
                f"the sign of {coefficient} decides which maximum takes all weight",
                "Give its parameters numbers.",
            )
        return [places[1] if coefficient > 0 else places[0]], [sp.S.One]
    odds = coefficient if growth == 0 else sp.S.Zero
    return places, [1 / (1 + sp.exp(odds)), 1 / (1 + sp.exp(-odds))]


def _is_even(landscape: Landscape, centre: sp.Expr) -> bool:
    """Whether sites and interaction are the same for −m."""
    cumulant = landscape.spin.log_laplace(u)
    return (
        centre == 0
        and is_zero(landscape.interaction - landscape.interaction.subs(m, -m), _RULE)
        and cumulant is not None
        and is_zero(cumulant - cumulant.subs(u, -u), _RULE)
    )
