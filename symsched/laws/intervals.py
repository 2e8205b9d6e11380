"""The smooth stretches of a density with absolute values, steps and branches in it."""

from itertools import pairwise

import sympy as sp
from sympy.core.relational import Relational

from symsched.algebra.forms import simplified
from symsched.algebra.gaussian_integrals import Interval

_STEPS = (sp.floor, sp.ceiling)
_KINKS = (sp.Abs, sp.sign, sp.Heaviside, sp.Max, sp.Min, *_STEPS)
_MAX_STEPS = 200
"""Jumps of a rounded value on the support."""


def split(weight: sp.Expr, a: sp.Symbol, low: sp.Expr, high: sp.Expr) -> tuple[Interval, ...]:
    """Return the intervals between the kinks of ``weight`` on (low, high), each with its smooth expression.

    Raises ValueError if a kink cannot be solved for, or if several kinks cannot be ordered before their parameters
    are numbers.
    """
    kinks = _kinks(weight, a) + _jumps(weight, a, low, high)
    inner = [
        kink
        for kink in kinks
        if not any(_is_same(kink, end) for end in (low, high)) and _strictly_inside(kink, low, high)
    ]
    if len(inner) > 1:
        try:
            inner = sorted(inner, key=lambda kink: sp.N(kink, 20))
        except TypeError:
            raise ValueError(
                f"the branches of {weight} meet at {inner}, whose order depends on parameters; substitute numbers"
            ) from None
    ends = [low, *inner, high]
    intervals = []
    for left, right in pairwise(ends):
        branch = _resolve(weight, a, _between(left, right))
        if branch != 0:
            intervals.append(Interval(left, right, branch))
    return tuple(intervals)


def _kinks(weight: sp.Expr, a: sp.Symbol) -> list[sp.Expr]:
    arguments: list[sp.Expr] = []
    for node in sp.preorder_traversal(weight):
        if isinstance(node, sp.Abs | sp.sign | sp.Heaviside):
            arguments.append(node.args[0])
        elif isinstance(node, sp.Max | sp.Min):
            arguments += [one - other for i, one in enumerate(node.args) for other in node.args[:i]]
        elif isinstance(node, Relational):
            arguments.append(node.lhs - node.rhs)
        elif isinstance(node, sp.Contains) and isinstance(node.args[1], sp.Interval):
            arguments += [a - end for end in (node.args[1].start, node.args[1].end) if end.is_finite]
    kinks: list[sp.Expr] = []
    for argument in arguments:
        if not argument.has(a):
            continue
        for branch in _branches(argument):
            numerator = sp.numer(sp.together(branch))
            if not numerator.is_polynomial(a):
                raise ValueError(
                    f"the branches of a density must change at roots of polynomials in {a}, got {argument}"
                )
            kinks += [root for root in sp.roots(sp.Poly(numerator, a)) if root.is_real is not False]
    return list(dict.fromkeys(kinks))


def _jumps(weight: sp.Expr, a: sp.Symbol, low: sp.Expr, high: sp.Expr) -> list[sp.Expr]:
    """Return where the rounded values in ``weight`` jump: they must be linear in a, on a support of finite length."""
    jumps: list[sp.Expr] = []
    for node in weight.atoms(*_STEPS):
        if not node.has(a):
            continue
        slope, start = node.args[0].diff(a), node.args[0].subs(a, 0)
        ends = [sp.N(node.args[0].subs(a, end)) for end in (low, high)]
        if slope.has(a) or not all(end.is_Float and abs(end) < _MAX_STEPS for end in map(sp.Float, ends)):
            raise ValueError(f"{node} must be linear in {a} and jump at most {_MAX_STEPS} times on ({low}, {high})")
        jumps += [(value - start) / slope for value in range(int(min(ends)), int(max(ends)) + 1)]
    return list(dict.fromkeys(jumps))


def _branches(argument: sp.Expr) -> list[sp.Expr]:
    """Return the argument with each of its absolute values taken with either sign."""
    inner = sorted(argument.atoms(sp.Abs), key=sp.default_sort_key)
    if not inner:
        return [argument]
    first = inner[0]
    return [branch for sign in (1, -1) for branch in _branches(argument.xreplace({first: sign * first.args[0]}))]


def _is_same(kink: sp.Expr, end: sp.Expr) -> bool:
    """Return whether a kink is an end, which the root of an equation may write otherwise where it holds symbols."""
    return bool(kink == end or (kink.free_symbols and end.is_finite is not False and simplified(kink - end) == 0))


def _strictly_inside(kink: sp.Expr, low: sp.Expr, high: sp.Expr) -> bool:
    """Return False only where the kink is known to lie outside (low, high)."""
    return not (sp.sympify(kink > low) == sp.false or sp.sympify(kink < high) == sp.false)


def _between(low: sp.Expr, high: sp.Expr) -> sp.Expr:
    """Return a point inside (low, high)."""
    if low == -sp.oo:
        return sp.Rational(1, 3) if high == sp.oo else high - 1
    return low + 1 if high == sp.oo else (low + high) / 2


def _resolve(weight: sp.Expr, a: sp.Symbol, inside: sp.Expr) -> sp.Expr:
    """Return ``weight`` with every branch, sign and absolute value taken as at the point ``inside``."""
    if not weight.args:
        return weight
    if isinstance(weight, sp.Piecewise):
        for expression, condition in weight.args:
            truth = sp.simplify(condition.subs(a, inside))
            if truth not in (sp.true, sp.false):
                raise ValueError(f"the branch {condition} of a density depends on parameters; substitute numbers first")
            if truth == sp.true:
                return _resolve(expression, a, inside)
        return sp.Integer(0)
    if isinstance(weight, _KINKS) and weight.has(a):
        return _resolve_kink(weight, a, inside)
    resolved = weight.func(*(_resolve(part, a, inside) for part in weight.args))
    if not isinstance(resolved, sp.Sum):
        return resolved
    done = resolved.doit()
    # Powers of a polynomial multiplied out as polynomials, which SymPy's expand does one summand at a time.
    return sp.poly(done, a).as_expr() if done.has(a) and done.is_polynomial(a) else sp.expand(done)


def _resolve_kink(weight: sp.Expr, a: sp.Symbol, inside: sp.Expr) -> sp.Expr:
    """Return a maximum, minimum, sign, step or absolute value as at the point ``inside``."""
    if isinstance(weight, sp.Max | sp.Min):
        ordered = sorted(weight.args, key=lambda part: sp.N(part.subs(a, inside), 20))
        return _resolve(ordered[-1] if isinstance(weight, sp.Max) else ordered[0], a, inside)
    argument = _resolve(weight.args[0], a, inside)
    if isinstance(weight, _STEPS):
        return weight.func(argument.subs(a, inside))
    sign = sp.sign(sp.simplify(argument.subs(a, inside)))
    if sign not in (1, -1):
        raise ValueError(f"the sign of {argument} depends on parameters; substitute numbers first")
    if isinstance(weight, sp.Abs):
        return sign * argument
    return sign if isinstance(weight, sp.sign) else (1 + sign) / 2
