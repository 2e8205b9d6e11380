"""Independent numbers for order parameters: their mean given each mode, and their variance under noise."""

import math
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import sympy as sp

from symsched.algebra.arrays import Array
from symsched.algebra.asymptotics import trial_values
from symsched.algebra.codegen import number
from symsched.algebra.derivation import Check, Verifier
from symsched.distributions.cascade import Branch, CanonicalPhase
from symsched.distributions.verifiers import LARGE_DIMENSION, extrapolated, moment, trial_site, trial_values_of
from symsched.laws import AtomLaw
from symsched.limits.order_parameter import coordinate, direction
from symsched.limits.verifiers.finite import KAPPA, inside, scaled_amplitudes
from symsched.schedules.interpolant import Interpolant
from symsched.schedules.window import Window
from symsched.symbols import d, kappa, psi, t

_START = 0.16
"""First ψ, in units of one over a site's width, of the sequence that is halved towards 0."""

Expectation = Callable[[sp.Expr], float]


def order_parameters(canonical: CanonicalPhase, window: Window, interpolant: Interpolant) -> Verifier:
    """Return a verifier of order parameters: given a mode their mean is α^q s g, g the mode's atom; under noise their
    variance is α^{2q}.
    """

    def verify(after: sp.Basic) -> tuple[Check, ...]:
        at = inside(window)[0]
        noise, _, _ = scaled_amplitudes(interpolant, window, at, canonical.exponent)
        scale = float(noise) ** (canonical.order or 1)
        shown = [part.subs({t: at, kappa: KAPPA}) for part in after.args]
        if canonical.directions is not None:
            return _projections(shown, canonical, scale)
        checks: list[Check] = []
        for expression, branch in zip(shown, canonical.branches, strict=True):
            checks += _sums(expression, canonical, branch, scale)
        return tuple(checks)

    return verify


def _sums(expression: sp.Expr, canonical: CanonicalPhase, branch: Branch, scale: float) -> list[Check]:
    order = canonical.order or 1
    values = trial_values_of(branch.coordinates)
    shown = expression.subs(values)
    sites = [trial_site(law) for law in branch.coordinates]
    if isinstance(branch.law, AtomLaw):
        atoms = [number(value.subs(values), "an atom") for value in branch.law.values]
        cases = [(f"mode {k}", site, 0.0, atom) for k, (site, atom) in enumerate(zip(sites, atoms, strict=True))]
    else:
        # At u the mean of a coordinate is off by u d^(γ − 1/2).
        unit = float(LARGE_DIMENSION) ** (float(canonical.exponent) - 0.5)
        cases = [(f"u = {u}", sites[0], u * unit, float(u)) for u in (-1, 0, 2)]
    unit_ratio = float(LARGE_DIMENSION) ** float(canonical.exponent)
    checks = []
    for name, site, shift, atom in cases:
        moments = [1.0, *(moment(site, k) for k in range(1, order + 1))]
        shifted = [
            math.fsum(math.comb(n, k) * shift ** (n - k) * moments[k] for k in range(n + 1)) for n in range(order + 1)
        ]
        first = _START / (math.sqrt(site.variance) + abs(site.mean) or 1.0)
        means = []
        for refinement in range(4):
            ratio = first / 2**refinement
            mean = _with_sums(shown.subs(psi, ratio), partial(_expectation, ratio=ratio, moments=shifted))
            means.append(mean / (ratio * unit_ratio) ** order / scale)
        rule = f"mean of the order parameter over α^q s given {name}"
        checks.append(Check(rule, extrapolated(means), atom, 2e-3, "moments by quadrature, ψ → 0"))
    under_noise = shown.subs(psi, 0)
    gain = _with_sums(under_noise, lambda f: 1.0) - _with_sums(under_noise, lambda f: 0.0)
    nodes, weights = np.polynomial.hermite_e.hermegauss(2 * order + 2)
    (summand,) = (part.args[0] for part in under_noise.atoms(sp.Sum))
    table = np.asarray(sp.lambdify(coordinate, summand)(nodes) * np.ones_like(nodes))
    weights = weights / weights.sum()
    variance = float(weights @ table**2 - (weights @ table) ** 2) * gain**2 / LARGE_DIMENSION
    checks.append(Check("variance of the order parameter under noise", variance, scale**2, 1e-5, "Gauss–Hermite sum"))
    return checks


def _with_sums(expression: sp.Expr, mean: Expectation) -> float:
    """Value of an expression at d = 10^16 with every sum over coordinates replaced by d times the mean of its term."""
    replaced = expression.replace(sp.Sum, lambda term, _: d * sp.Float(mean(term)))
    return number(replaced.subs(d, LARGE_DIMENSION), "an order parameter")


def _expectation(term: sp.Expr, ratio: float, moments: Sequence[float]) -> float:
    """E of a polynomial in y = z + ψ a, from the moments of a."""
    normal = [1.0, 0.0]
    for n in range(2, len(moments)):
        normal.append((n - 1) * normal[n - 2])
    coefficients = sp.Poly(term.subs(d, LARGE_DIMENSION), coordinate).all_coeffs()[::-1]
    return math.fsum(
        float(coefficient) * math.comb(n, k) * ratio**k * moments[k] * normal[n - k]
        for n, coefficient in enumerate(coefficients)
        for k in range(n + 1)
    )


def _projections(shown: Sequence[sp.Basic], canonical: CanonicalPhase, scale: float) -> tuple[Check, ...]:
    """Projections of explicit vectors: means with the given Gram matrix, and directions found from the atoms."""
    assert canonical.directions is not None
    (parameter,) = shown
    parts = parameter.args if isinstance(parameter, sp.Tuple) else (parameter,)
    values = trial_values(canonical.directions.free_symbols)
    gram = np.array(canonical.directions.subs(values).tolist(), dtype=float)
    law = canonical.branches[0].law
    atoms = law.values if isinstance(law, AtomLaw) else ()
    points = np.array([list(v) if isinstance(v, sp.Tuple) else [v] for v in sp.Tuple(*atoms).subs(values)], dtype=float)
    size = len(gram) + 2
    heights, vectors = np.linalg.eigh(gram)
    means = np.zeros((len(gram), size))
    means[:, : len(gram)] = math.sqrt(size) * vectors * np.sqrt(np.maximum(heights, 0))
    turned = means @ np.linalg.qr(np.random.default_rng(0).standard_normal((size, size)))[0]
    directions = np.linalg.lstsq(points, turned, rcond=None)[0] / math.sqrt(size)
    seen = np.array([[_projected(part, directions, row) / scale for part in parts] for row in turned / math.sqrt(size)])
    method = "explicit vectors"
    return tuple(
        Check(
            f"product of the order parameters of modes {k}, {j} at s = 1",
            float(seen[k] @ seen[j]),
            gram[k, j],
            1e-9,
            method,
        )
        for k in range(len(gram))
        for j in range(k + 1)
    )


def _projected(part: sp.Expr, directions: Array, y: Array) -> float:
    """Value of an order parameter at canonical coordinates ``y``, the directions being explicit rows."""

    def summed(term: sp.Expr, _: sp.Tuple) -> sp.Expr:
        return sp.Add(
            *(
                term.subs({coordinate: y[i], **{direction(k + 1): row[i] for k, row in enumerate(directions)}})
                for i in range(len(y))
            )
        )

    return number(part.replace(sp.Sum, summed).subs(d, len(y)), "an order parameter")
