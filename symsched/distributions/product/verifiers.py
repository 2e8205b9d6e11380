"""Independent numbers for the steps of a product mixture: cumulants by quadrature, and the divergence of modes."""

import itertools
import math
from collections.abc import Sequence

import numpy as np
import sympy as sp

from symsched.algebra.codegen import number
from symsched.algebra.derivation import Check, Verifier
from symsched.distributions.verifiers import LARGE_DIMENSION, cumulant, extrapolated, trial_site, trial_values_of
from symsched.laws import AbstractLaw
from symsched.laws.numeric import AbstractSite

_START = 0.16
"""First ψ, in units of one over a site's width, of the sequence that is halved towards 0."""


def cumulants(laws: Sequence[AbstractLaw]) -> Verifier:
    """Return a verifier of a table of cumulants: row k holds c_1 … c_q of law k."""

    def verify(after: sp.Basic) -> tuple[Check, ...]:
        values = trial_values_of(laws)
        checks = []
        for row, law in enumerate(laws):
            site = trial_site(law)
            for column in range(after.shape[1]):
                claimed = number(after[row, column].subs(values), "cumulant")
                found = cumulant(site, column + 1)
                checks.append(
                    Check(f"cumulant {column + 1} of mode {row}", claimed, found, 1e-6, "moments by quadrature")
                )
        return tuple(checks)

    return verify


def jeffreys(left: AbstractSite, right: AbstractSite, psi: float) -> float:
    """Return half the symmetrised Kullback–Leibler divergence of z + ψa under two laws, for one coordinate.

    ½ ∫ φ (Z_k − Z_j) log(Z_k/Z_j), which loses no digits as ψ → 0: its integrand is a product of two small factors.
    """

    def integrand(y: float) -> float:
        at, curvature = np.asarray(psi * y), np.asarray(psi * psi)
        first, second = float(left.tilted(at, curvature)[0]), float(right.tilted(at, curvature)[0])
        return (
            0.5 * math.exp(-y * y / 2 + second) * math.expm1(first - second) * (first - second) / math.sqrt(2 * math.pi)
        )

    nodes, weights = np.polynomial.legendre.leggauss(160)
    return float(math.fsum(12 * w * integrand(12 * x) for x, w in zip(nodes, weights, strict=True)))


def divergence(laws: Sequence[AbstractLaw], growth: sp.Rational, reference: sp.Expr = sp.S.Zero) -> Verifier:
    """Return a verifier of (q, γ, atoms): the divergence of each pair over ψ^{2q} must tend to (Δg)²/2, γ must be
    (½+e)/q, and √q! g_k must be the q-th cumulant less ``reference`` over d^e.

    The divergence is blind to the sign of the atoms and to a shift of all of them, the cumulant to what it is for.
    """

    def verify(after: sp.Basic) -> tuple[Check, ...]:
        order, exponent, *atoms = after.args
        sites = [trial_site(law) for law in laws]
        scale = float(LARGE_DIMENSION) ** float(growth)
        width = max(math.sqrt(site.variance) + abs(site.mean) for site in sites)
        checks = [Check("exponent", float(exponent), (0.5 + float(growth)) / float(order), 1e-12, "(1/2 + e)/q")]
        values = trial_values_of(laws)
        shared = number(reference.subs(values), "a reference")
        unit = math.sqrt(math.factorial(int(order))) * scale
        numbers = [number(atom.subs(values), "an atom") for atom in atoms]
        for k, (atom, site) in enumerate(zip(numbers, sites, strict=True)):
            independent = (cumulant(site, int(order)) - shared) / unit
            checks.append(Check(f"atom of mode {k}", atom, independent, 2e-3, "moments by quadrature"))
        for k, j in itertools.combinations(range(len(laws)), 2):
            expected = (numbers[k] - numbers[j]) ** 2 / 2
            ratios = []
            for refinement in range(4):
                psi = _START / width / 2**refinement
                ratios.append(jeffreys(sites[k], sites[j], psi) / (scale**2 * psi ** (2 * int(order))))
            rule = f"divergence of modes {k}, {j} over ψ^{2 * order}"
            tolerance = 2e-3 * max(1.0, expected)
            checks.append(Check(rule, expected, extrapolated(ratios), tolerance, "quadrature, ψ → 0"))
        return tuple(checks)

    return verify
