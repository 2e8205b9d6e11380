"""The paper's two distributions, as members of the general families: neither has code of its own elsewhere."""

import sympy as sp
from sympy.stats import Normal, Rademacher

from symsched.algebra.inputs import require_expression, require_positive, require_probability
from symsched.distributions.mean_field.measure import MeanField
from symsched.distributions.product.mixture import ProductMixture
from symsched.errors import DerivationError
from symsched.laws import AbstractLaw, AtomLaw, law_of
from symsched.symbols import d
from symsched.symbols import m as m_symbol


def GaussianMixture(p: sp.Expr | float, m: sp.Expr | float = 1, sigma: sp.Expr | float = 1) -> ProductMixture:  # noqa: N802
    """Return p N(r, σ²I) + (1 − p) N(−r, σ²I) with r = m·(1, …, 1), so r·r = m² d.

    p in (0, 1), m ≠ 0, σ ≥ 0 (σ = 0 leaves two points). Source: arXiv 2501.00988, the Gaussian mixture.

    >>> GaussianMixture(sp.Rational(4, 5)).modes[0].weight
    4/5
    """
    weight = require_probability(p, "p")
    mean = require_expression(m, "m")
    if mean == 0:
        raise ValueError("m must not be 0: the two modes would be the same law")
    width = require_expression(sigma, "sigma")
    if width.is_number and width < 0:
        raise ValueError(f"sigma must not be negative, got {width}")
    if width != 0:
        require_positive(width, "sigma")
    return ProductMixture([(weight, _normal(mean, width)), (1 - weight, _normal(-mean, width))])


def CurieWeiss(beta: sp.Expr | float, h: sp.Expr | float = 0) -> MeanField:  # noqa: N802
    """Return spins ±1 with density ∝ exp(d β m²/2 + h m), m = (1/d) Σ a_i the spin mean.

    β > 0 may depend on d; the field h may be a symbol or depend on d. Source: arXiv 2501.00988, the Curie–Weiss model.
    """
    coupling = require_positive(beta, "beta")
    if coupling.free_symbols - {d}:
        names = ", ".join(sorted(map(str, coupling.free_symbols - {d})))
        raise DerivationError(
            "Curie–Weiss", f"beta = {coupling} holds {names}", "The phases depend on beta: give it a number."
        )
    return MeanField(Rademacher("a"), coupling * m_symbol**2 / 2, require_expression(h, "h") * m_symbol)


def _normal(mean: sp.Expr, width: sp.Expr) -> AbstractLaw:
    return AtomLaw((mean,), (sp.S.One,)) if width == 0 else law_of(Normal("a", mean, width))
