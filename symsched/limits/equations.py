"""The canonical flow of a phase's laws, read along its window: equations in t."""

from collections.abc import Sequence

import sympy as sp

from symsched.algebra.budget import within_budget
from symsched.algebra.forms import simplified
from symsched.distributions.cascade import CanonicalPhase
from symsched.laws import AbstractLaw
from symsched.symbols import t

_strength = sp.Dummy("s", positive=True)


def unknowns(canonical: CanonicalPhase, branch: int, *, lifted: bool = True) -> tuple[sp.Function, ...]:
    """Return the names of a branch's unknowns: μ or x, or without the factor α^q ν or y; numbered where several."""
    names = ("x", "y") if canonical.order is None else ("mu", "nu")
    name = names[0 if lifted else 1]
    if len(canonical.branches) > 1:
        name = f"{name}_{branch + 1}"
    if canonical.dimension == 1:
        return (sp.Function(name),)
    return tuple(sp.Function(f"{name}_{k + 1}") for k in range(canonical.dimension))


def equations(canonical: CanonicalPhase, noise: sp.Expr, ratio: sp.Expr) -> tuple[sp.Eq, ...]:
    """Return the equation in t of every branch, α and ψ being ``noise`` and ``ratio`` on the window."""
    return tuple(
        _equation(unknowns(canonical, k), branch.law, noise, ratio, canonical.order or 1)
        for k, branch in enumerate(canonical.branches)
    )


def _equation(names: tuple[sp.Function, ...], law: AbstractLaw, noise: sp.Expr, ratio: sp.Expr, order: int) -> sp.Eq:
    """μ' = q (α'/α) μ + α^q s' D(s, μ/α^q), with s = ψ^q: the canonical flow of the law, read in μ = α^q ν."""
    functions = [name(t) for name in names]
    strength, lifted = ratio**order, noise**order
    drag = simplified(order * sp.diff(noise, t) / noise)
    push = simplified(lifted * sp.diff(strength, t))
    positions = [simplified(1 / lifted) * f for f in functions]
    drifts = _drifts(law, strength, positions)
    sides = [_joined(drag * f + push * _readable(value), functions) for f, value in zip(functions, drifts, strict=True)]
    if len(functions) == 1:
        return sp.Eq(sp.Derivative(functions[0], t), sides[0], evaluate=False)
    left = sp.ImmutableMatrix([sp.Derivative(f, t) for f in functions])
    return sp.Eq(left, sp.ImmutableMatrix(sides), evaluate=False)


def _drifts(law: AbstractLaw, strength: sp.Expr, positions: Sequence[sp.Expr]) -> tuple[sp.Expr, ...]:
    """Return D(s, ν), found at plain symbols: what ψ is on a window is no business of the integrals."""
    places = [sp.Dummy(f"nu_{k}", real=True) for k in range(len(positions))]
    drift = sp.sympify(law.denoiser(_strength, places[0] if len(places) == 1 else tuple(places)))
    values = {_strength: strength, **dict(zip(places, positions, strict=True))}
    return tuple(part.subs(values) for part in (drift.args if isinstance(drift, sp.Tuple) else (drift,)))


def _joined(side: sp.Expr, functions: Sequence[sp.Expr]) -> sp.Expr:
    """Return a rational function as one fraction where that is shorter: of a Gaussian's flow α at 1 cancels."""
    plain = {f: sp.Dummy(f"x_{k}") for k, f in enumerate(functions)}
    rational = side.xreplace(plain)
    if not rational.is_rational_function(t, *plain.values()):
        return side
    numerator, denominator = sp.fraction(within_budget("cancel", lambda: sp.cancel(rational), lambda: rational))
    terms = sp.collect(sp.expand(numerator), list(plain.values()), sp.factor)
    one = (terms / denominator).xreplace({name: f for f, name in plain.items()})
    return one if sp.count_ops(one) < sp.count_ops(side) else side


def _readable(expression: sp.Expr) -> sp.Expr:
    # Integrals stay as they are: simplify would try to do them.
    if expression.has(sp.Integral, sp.Sum):
        return expression
    # A quotient of weights that are symbols is read as log(p/(1 − p)): only shorter logarithms are split.
    return sp.factor_terms(min(expression, sp.expand_log(expression), key=sp.count_ops))
