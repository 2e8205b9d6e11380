"""The leading power of d of an expression, where SymPy's limit is another branch's, or is none."""

import mpmath
import pytest
import sympy as sp

from symsched.algebra.asymptotics import leading_power
from symsched.symbols import d, kappa

r, v = sp.symbols("r v", positive=True)


def test_a_limit_whose_root_changed_sign_is_put_right_by_numbers() -> None:
    """α of (√(1 − τ⁴), τ²) near τ²(v + κr/√d): SymPy's limit is −√(1 − v²), the derivation was refused for it."""
    near = v + kappa * r / sp.sqrt(d)
    root = (1 - near) / (sp.sqrt(near) + 1)
    product = sp.Mul(-1, root - 2, 2 - 2 * root + root**2, evaluate=False)
    alpha = sp.sqrt(product) * sp.sqrt(1 - near) / sp.sqrt(sp.sqrt(near) + 1)
    limit, exponent = leading_power(alpha, "alpha")
    assert exponent == 0
    for at in ("0.01", "0.3", "0.97"):
        direct = mpmath.sqrt(1 - mpmath.mpf(at) ** 2)
        assert float(sp.N(limit.subs(v, sp.Rational(at)), 30)) == pytest.approx(float(direct), rel=1e-12)
