"""The cascade of Gaussian modes with means in general directions: the Gram matrix is all that matters."""

from __future__ import annotations

import sympy as sp

from symsched.algebra.derivation import Step
from symsched.distributions.cascade import Branch, CanonicalPhase, Cascade, ModeLaw
from symsched.distributions.gaussian_modes import verifiers
from symsched.distributions.gaussian_modes.modes import GaussianModes
from symsched.distributions.verifiers import partition
from symsched.errors import DerivationError
from symsched.laws import AtomLaw
from symsched.symbols import d, nu, s

_HALF = sp.Rational(1, 2)


def gram_cascade(modes: GaussianModes) -> Cascade:
    """Return the phases of K Gaussians whose means have Gram matrix r_k·r_l/d: one speciation at d^−1/2, then the
    data."""
    _require_no_dimension(modes)
    points, rank = modes.centres, modes.rank
    data_law = modes.noise_law()
    laws = tuple(ModeLaw(weight, data_law) for weight in modes.weights)
    data = CanonicalPhase(
        "data", sp.S.Zero, None, tuple(Branch((k,), w, data_law) for k, w in enumerate(modes.weights))
    )
    if len(modes.weights) == 1:
        return Cascade(laws, (data,), ())
    values = tuple(row[0] if rank == 1 else sp.Tuple(*row) for row in points)
    law = AtomLaw(values, modes.weights)
    everyone = tuple(range(len(modes.weights)))
    branch = Branch(everyone, sp.S.One, law, tuple((k,) for k in everyone))
    coordinates = nu if rank == 1 else tuple(sp.symbols(f"nu1:{rank + 1}", real=True))
    steps = (
        Step(
            "means enter through their Gram matrix alone: points of the smallest dimension with that matrix",
            modes.gram,
            sp.ImmutableMatrix(points),
            verifiers.gram(modes.gram),
            assumes=("noise is isotropic", "|r_k| grows like √d"),
        ),
        Step(
            "projections on the span of the means are the order parameters; ψ ~ d^-1/2",
            sp.ImmutableMatrix(points),
            law.partition(s, coordinates),
            partition(law),
            assumes=("d → ∞ at fixed s = √d ψ",),
            cites="arXiv 2501.00988 for two opposite means",
        ),
    )
    speciation = CanonicalPhase("speciation", _HALF, 1, (branch,), ((),), (sp.S.Zero,), rank, modes.gram)
    return Cascade(laws, (speciation, data), steps)


def _require_no_dimension(modes: GaussianModes) -> None:
    parts = (("weights", sp.Tuple(*modes.weights)), ("gram", modes.gram), ("sigma", modes.sigma))
    for name, part in parts:
        if d in part.free_symbols:
            raise DerivationError(
                "Gram matrix",
                f"{name} = {part} depends on d",
                "Give the limits d → ∞ as numbers; laws with parameters that depend on d go into a ProductMixture.",
            )
