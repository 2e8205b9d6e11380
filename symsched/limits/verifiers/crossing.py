"""Independent numbers for the step over a gap: the exact flow of a mode, with its posterior mean by quadrature."""

import itertools
import math
from functools import lru_cache

import numpy as np
import sympy as sp
from scipy import integrate

from symsched.algebra.codegen import number
from symsched.algebra.derivation import Check, Verifier
from symsched.distributions.cascade import CanonicalPhase
from symsched.distributions.verifiers import cumulant, extrapolated, trial_site
from symsched.laws.numeric import AbstractSite, AtomSite
from symsched.limits.crossing import cumulant as highest
from symsched.limits.crossing import standard

_PLACE = 0.7
"""ŷ at the start: no root of the Hermite polynomials of orders 1 to 8."""
_FIRST = 0.16
"""First ψ, in units of one over a site's width, of the sequence that is halved towards 0."""
_SOLVED = 1e-9
"""Relative tolerance of the flow, which is divided by ψ̂^q."""
_NEAR = 5e-3
"""Tolerance: four halvings leave a fifth power of the first ψ, amplified by ψ^{1−q} from the digits of a quadrature."""


def crossings(canonical: CanonicalPhase) -> Verifier:
    """Return a verifier of dŷ/d(ψ̂^q) and of P_q: ŷ(2ψ) − ŷ(ψ) of the exact flow over the step's own, as ψ → 0."""

    def verify(after: sp.Basic) -> tuple[Check, ...]:
        rate, step = (equation.rhs for equation in after.args)
        order = canonical.order or 1
        checks = []
        for branch in canonical.branches:
            for k, law in enumerate(branch.coordinates):
                site = trial_site(law)
                known = {standard: _PLACE, highest: cumulant(site, order)}
                slopes, gains = zip(*(_slopes(site, order, step, _FIRST / 2**j) for j in range(4)), strict=True)
                claimed = number(rate.subs(known), "a slope")
                name = f"mode {branch.outcomes[k][0]}"
                method = "exact flow, posterior mean by quadrature, ψ → 0"
                checks.append(Check(f"dŷ/d(ψ̂^{order}) of {name}", claimed, extrapolated(slopes), _NEAR, method))
                checks.append(Check(f"slope of P_{order} of {name}", extrapolated(gains), claimed, _NEAR, method))
        return tuple(checks)

    return verify


def _slopes(site: AbstractSite, order: int, step: sp.Expr, unit: float) -> tuple[float, float]:
    """Return what ŷ gains from ψ to 2ψ over the gain of ψ̂^q: by the exact flow, and by the step with R at ψ."""
    first = unit / (math.sqrt(site.variance) or 1.0)
    spread = site.variance if order > 2 else 0.0

    def variance(psi: float) -> float:
        return 1 + psi**2 * spread

    def velocity(psi: float, place: float) -> tuple[float, float]:
        """dŷ/dψ = R/√V, with R, at ŷ."""
        off = math.sqrt(variance(psi)) * place
        mean = _posterior_mean(site, psi, psi * site.mean + off)
        remainder = mean - site.mean - psi * spread * off / variance(psi)
        return remainder / math.sqrt(variance(psi)), remainder

    path = integrate.solve_ivp(
        lambda at, y: [velocity(at, y[0])[0]], (first, 2 * first), [_PLACE], rtol=_SOLVED, atol=0
    )
    begin, end = (psi / math.sqrt(variance(psi)) for psi in (first, 2 * first))
    gained = end**order - begin**order
    values = {"V": variance(first), "R": velocity(first, _PLACE)[1], "psihat": begin, "psihat'": end, "yhat": _PLACE}
    moved = number(step.subs({symbol: values[str(symbol)] for symbol in step.free_symbols}), "a step")
    return float(path.y[0, -1] - _PLACE) / gained, (moved - _PLACE) / gained


def _posterior_mean(site: AbstractSite, psi: float, y: float) -> float:
    """Return E[a | z + ψ a = y] by a sum over atoms or by quadrature over the density."""
    if isinstance(site, AtomSite):
        values, weights = np.asarray(site.values), np.asarray(site.weights)
        tilted = weights * np.exp(psi * y * (values - site.mean) - psi**2 * (values**2 - site.mean**2) / 2)
        return float(tilted @ values / tilted.sum())
    width = math.sqrt(site.variance)
    breaks = [site.mean + width * k for k in (-60, -12, -4, -1, 0, 1, 4, 12, 60)]

    def integral(power: int) -> float:
        def integrand(a: float) -> float:
            log = _log_density(site, a) + psi * y * (a - site.mean)
            return float((a - site.mean) ** power * math.exp(log - psi**2 * (a**2 - site.mean**2) / 2))

        pieces = itertools.pairwise(breaks)
        return math.fsum(integrate.quad(integrand, *piece, epsabs=0, epsrel=1e-11, limit=200)[0] for piece in pieces)

    return site.mean + integral(1) / integral(0)


@lru_cache(maxsize=1 << 15)
def _log_density(site: AbstractSite, a: float) -> float:
    # The quadrature asks at the same places for every ψ and y.
    return float(site.log_density(np.asarray(a)))
