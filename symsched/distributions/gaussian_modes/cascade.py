"""The cascade of Gaussian modes with means in general directions: the Gram matrix is all that matters."""

from collections.abc import Sequence

import sympy as sp

from symsched.algebra.derivation import Assumption, Named, Step, each
from symsched.algebra.telling import sources
from symsched.distributions.cascade import Branch, CanonicalPhase, Cascade, ModeLaw, data_phase
from symsched.distributions.gaussian_modes import verifiers
from symsched.distributions.verifiers import partition
from symsched.errors import DerivationError
from symsched.laws import AbstractLaw, AtomLaw
from symsched.symbols import d, nu, s

_HALF = sp.Rational(1, 2)
_root = sp.Dummy("epsilon", positive=True)


def gram_cascade(
    weights: tuple[sp.Expr, ...],
    gram: sp.ImmutableMatrix,
    points: tuple[tuple[sp.Expr, ...], ...],
    sigma: sp.Expr,
    noise: AbstractLaw,
) -> Cascade:
    """Return the phases of K Gaussians whose means have Gram matrix r_k·r_l/d: one speciation at d^−1/2, then the data.

    ``points`` (K, rank) have that matrix; ``noise`` is the law of a coordinate about its mode's mean.
    """
    _require_no_dimension(("weights", sp.Tuple(*weights)), ("gram", gram), ("sigma", sigma))
    rank = len(points[0])
    laws = tuple(ModeLaw(weight, noise) for weight in weights)
    data = data_phase(laws)
    if len(weights) == 1:
        return Cascade(laws, (data,), ())
    values = tuple(row[0] if rank == 1 else sp.Tuple(*row) for row in points)
    law = AtomLaw(values, weights)
    everyone = tuple(range(len(weights)))
    branch = Branch(everyone, sp.S.One, law, tuple((k,) for k in everyone))
    coordinates = nu if rank == 1 else tuple(sp.symbols(f"nu1:{rank + 1}", real=True))
    steps = (
        Step(
            "means enter through their Gram matrix alone: points of the smallest dimension with that matrix",
            gram,
            sp.ImmutableMatrix(points),
            given=(Named("the Gram matrix of the means $r_k$, of entries $r_k · r_l/d$"),),
            found=(
                Named(
                    "the places $g_k$ of the modes, points with that matrix",
                    parts=tuple((f"g_{{{k}}}", value) for k, value in enumerate(values, 1)),
                ),
            ),
            assumes=(
                Assumption("noise is isotropic", "so the distribution is defined: a rotation changes nothing"),
                Assumption("$|r_k|$ grows like $√d$", "so the distribution is defined"),
            ),
            theorem="a positive semi-definite matrix of rank $r$ is the Gram matrix of points of $r$ dimensions",
            sources=(sources.GRAM,),
            verify=verifiers.gram(gram),
        ),
        Step(
            "projections on the span of the means are the order parameters; $ψ ~ d^{−1/2}$",
            sp.Tuple(*values, *weights),
            law.partition(s, coordinates),
            given=(
                *each("the places $g_k$ of the modes", "g", len(weights)),
                *each("the weights $w_k$ of the modes", "w", len(weights)),
            ),
            found=(
                Named("the density of $ν$ over that of noise, $Z = ∑_k w_k exp(s g_k·ν − s^2 |g_k|^2/2)$", "Z(s, ν)"),
            ),
            assumes=(Assumption("$d → ∞$ at fixed $s = √d ψ$", "the limit that is meant"),),
            theorem="local asymptotic normality, in as many numbers as the means span dimensions",
            sources=(sources.LE_CAM, sources.PAPER),
            verify=partition(law),
        ),
        _expansion(values, noise),
    )
    speciation = CanonicalPhase("speciation", _HALF, 1, (branch,), ((),), (sp.S.Zero,), rank, gram)
    return Cascade(laws, (speciation, data), steps)


def _expansion(values: Sequence[sp.Basic], noise: AbstractLaw) -> Step:
    """Return the step that expands the likelihood ratio: log Z of a law moved by c is ψcy − ψ²c²/2 + log Z(y − ψc)."""
    points = [tuple(value.args) if isinstance(value, sp.Tuple) else (value,) for value in values]
    places = [nu] if len(points[0]) == 1 else list(sp.symbols(f"nu1:{len(points[0]) + 1}", real=True))
    rests = []
    for point in points[1:]:
        exact, limit = sp.S.Zero, sp.S.Zero
        for here, origin, place in zip(point, points[0], places, strict=True):
            exact += _moved(noise, here, place) - _moved(noise, origin, place)
            limit += s * (here - origin) * place - s**2 * (here**2 - origin**2) / 2
        # Even in ψ = s ε and 0 at ε = 0: ε² = 1/d is the first power that is left.
        rests.append(sp.factor(sp.diff(exact - limit, _root, 2).subs(_root, 0) / 2))
    return Step(
        "speciation: the likelihood ratio expanded, and what is left of it, $R_k = O_P(d^{−1})$",
        sp.Tuple(*values),
        sp.Tuple(*rests),
        given=each("the places $g_k$ of the modes", "g", len(values)),
        found=tuple(
            Named("what is left, $d R_k$, to leading order", f"d R_{{{k}}}") for k in range(2, len(values) + 1)
        ),
        assumes=(
            Assumption("a coordinate is Gaussian about the mean of its mode", "so the distribution is defined"),
            Assumption("$d → ∞$ at fixed $s$", "the limit that is meant; what is left at $d = 10^{12}$"),
        ),
        theorem="the expansion of $L_k = s (g_k − g_1)·ν − s^2 (|g_k|^2 − |g_1|^2)/2 + R_k$ in $ψ = s/√d$",
        sources=(sources.LE_CAM, sources.VAN_DER_VAART),
        verify=verifiers.rests(points, noise),
    )


def _moved(noise: AbstractLaw, place: sp.Expr, position: sp.Expr) -> sp.Expr:
    """Return log Z of noise moved by √d times a place, at ψ = s ε with ε = d^−1/2."""
    ratio, gap = sp.Dummy("psi", positive=True), sp.Dummy("y", real=True)
    centred = sp.expand_log(sp.log(noise.partition(ratio, gap)), force=True)
    return s * place * position - s**2 * place**2 / 2 + centred.subs({gap: position - s * place, ratio: s * _root})


def _require_no_dimension(*parts: tuple[str, sp.Basic]) -> None:
    for name, part in parts:
        if d in part.free_symbols:
            raise DerivationError(
                "Gram matrix",
                f"{name} = {part} depends on d",
                "Give the limits d → ∞ as numbers; laws with parameters that depend on d go into a ProductMixture.",
            )
