"""The small language of mixtures, such as ``3/10*Normal(0, 3/2) + 7/10*Normal(0, 1/2)``, read without running anything.

=========  ==================================================================================================
element    form
=========  ==================================================================================================
numbers    ``3``, ``0.3``, ``1e-3``: exact rationals; ``pi``, ``E``; the dimension ``d``
arithmetic ``+ - * /``, ``**`` with a rational exponent, ``sqrt``, ``exp``, ``log``, brackets
laws       ``Normal(mean, std)``, ``Rademacher()``, ``Atoms({-1: 1/4, 2: 3/4})``, … (``LAWS`` lists them)
mixture    a sum of laws, each times (or divided by) its weight; the weights are positive and sum to 1
=========  ==================================================================================================

The text is turned into Python's syntax tree, and the tree is walked against this list: what is not on it is refused.
Sizes are bounded, so that no short text can take long.
"""

import ast
import re
from fractions import Fraction

import sympy as sp
from sympy.stats.rv import RandomSymbol

from symsched import symbols
from symsched.distributions.text.laws import LAWS, atoms_law, require_probabilities
from symsched.distributions.text.source import MAX_DEPTH, Source
from symsched.errors import nearest

Terms = tuple[tuple[sp.Expr, RandomSymbol], ...]
"""A mixture being read: pairs (weight, law)."""

MAX_EXPONENT = 64
"""Of a power, and of d when all is multiplied out: what SymPy expands at once."""
MAX_BITS = 1024
"""Of numerator and denominator: about the range of a float."""
LARGEST = 1e300
"""Numbers stay below this, so that floats hold them and their small multiples."""

CONSTANTS = {"d": symbols.d, "pi": sp.pi, "E": sp.E}
FUNCTIONS = {"sqrt": sp.sqrt, "exp": sp.exp, "log": sp.log}
ATOMS = "Atoms"
KNOWN = (*CONSTANTS, *FUNCTIONS, *LAWS, ATOMS)

_NUMBER = re.compile(r"(?:\d+\.?\d*|\.\d+)(?:[eE]([+-]?\d+))?")


def parse_mixture(text: str) -> Terms:
    """Return the modes of the mixture that ``text`` writes, as pairs (weight, law).

    Weights are positive and sum to 1; those that depend on d are judged by their numbers at large d.
    Raises TypeError if ``text`` is no string and ParseError if it is not in the language.

    >>> parse_mixture("Normal(0, 3/2)*0.3 + 7/10*Rademacher()")
    ((3/10, a), (7/10, a))
    """
    source = Source(text)
    node = source.tree()
    terms = _value(source, node, 0)
    if not isinstance(terms, tuple):
        raise source.error(
            node, f"a mixture needs at least one law ({', '.join([*LAWS, ATOMS])}), but this is a number"
        )
    try:
        require_probabilities([weight for weight, _ in terms], "the weights of a mixture")
    except ValueError as error:
        raise source.error(node, str(error)) from None
    return terms


def parse_value(text: str) -> sp.Expr:
    """Return the exact number, or expression in d, that ``text`` writes.

    Raises TypeError if ``text`` is no string and ParseError if it is not in the language.

    >>> parse_value("0.3 + sqrt(2)/d")
    3/10 + sqrt(2)/d
    """
    source = Source(text)
    return _number(source, source.tree(), 0)


def _number(source: Source, node: ast.expr, depth: int) -> sp.Expr:
    """Return the value of a node that must not hold a law."""
    value = _value(source, node, depth)
    if isinstance(value, tuple):
        raise source.error(node, "a number was required here, not a law")
    return value


def _value(source: Source, node: ast.expr, depth: int) -> sp.Expr | Terms:
    """Return the expression or the weighted laws that a node means."""
    if depth > MAX_DEPTH:
        raise source.error(node, f"brackets and terms nest at most {MAX_DEPTH} deep")
    match node:
        case ast.Constant():
            return _literal(source, node)
        case ast.Name(id=name):
            return _name(source, node, name)
        case ast.UnaryOp(op=ast.USub() | ast.UAdd()):
            operand = _number(source, node.operand, depth + 1)
            return -operand if isinstance(node.op, ast.USub) else operand
        case ast.BinOp():
            return _operation(source, node, depth)
        case ast.Call():
            return _call(source, node, depth)
        case ast.Dict():
            raise source.error(node, f"braces belong inside {ATOMS}({{value: weight, …}})")
    raise source.error(node, "only numbers, names, + - * / **, and calls by position are read here")


def _literal(source: Source, node: ast.Constant) -> sp.Expr:
    written = source.segment(node)
    match = _NUMBER.fullmatch(written)
    if match is None:
        raise source.error(node, f"a decimal number such as 3, 0.3 or 1e-3 was required, not {written}")
    if len(written) > 100 or abs(int(match[1] or 0)) > 100:
        raise source.error(node, "a number has at most 100 digits and an exponent of at most 100")
    exact = Fraction(written)
    return sp.Rational(exact.numerator, exact.denominator)


def _name(source: Source, node: ast.expr, name: str) -> sp.Expr:
    if name in CONSTANTS:
        return CONSTANTS[name]
    if name in LAWS:
        raise source.error(node, f"{name} is a law: give its parameters, {LAWS[name].usage(name)}")
    if name in FUNCTIONS:
        raise source.error(node, f"{name} is a function: give its argument, {name}(…)")
    raise source.error(node, f"unknown name {name!r}; {nearest(name, KNOWN)}")


def _operation(source: Source, node: ast.BinOp, depth: int) -> sp.Expr | Terms:
    left, right = _value(source, node.left, depth + 1), _value(source, node.right, depth + 1)
    if isinstance(left, tuple) or isinstance(right, tuple):
        return _weighted(source, node, left, right)
    match node.op:
        case ast.Add():
            result = left + right
        case ast.Sub():
            result = left - right
        case ast.Mult():
            result = left * right
        case ast.Div():
            if _is_zero(right):
                raise source.error(node.right, "division by zero")
            result = left / right
        case ast.Pow():
            result = _power(source, node, left, right)
        case _:
            raise source.error(node, "the operations are + - * / and **")
    return _checked(source, node, result)


def _weighted(source: Source, node: ast.BinOp, left: sp.Expr | Terms, right: sp.Expr | Terms) -> Terms:
    """Return the sum of two mixtures or the product of a mixture and a weight."""
    match node.op:
        case ast.Add() if isinstance(left, tuple) and isinstance(right, tuple):
            return left + right
        case ast.Mult() if isinstance(left, tuple) != isinstance(right, tuple):
            terms, weight = (left, right) if isinstance(left, tuple) else (right, left)
            return tuple((_checked(source, node, weight * own), law) for own, law in terms)
        case ast.Div() if isinstance(left, tuple) and not isinstance(right, tuple):
            if _is_zero(right):
                raise source.error(node.right, "division by zero")
            return tuple((_checked(source, node, own / right), law) for own, law in left)
    raise source.error(
        node.right, "a law may be multiplied or divided by its weight and added to other weighted laws, no more"
    )


def _power(source: Source, node: ast.BinOp, base: sp.Expr, exponent: sp.Expr) -> sp.Expr:
    if not exponent.is_Rational or max(abs(exponent.p), exponent.q) > MAX_EXPONENT:
        raise source.error(node.right, f"an exponent must be a fraction of whole numbers up to {MAX_EXPONENT}")
    if base.is_Rational and _bits(base) * abs(exponent.p) > MAX_BITS:
        raise source.error(node, f"this power has more than {MAX_BITS} binary digits")
    return base**exponent


def _call(source: Source, node: ast.Call, depth: int) -> sp.Expr | Terms:
    if not isinstance(node.func, ast.Name):
        raise source.error(node, f"only a known name may be called: {', '.join([*FUNCTIONS, *LAWS, ATOMS])}")
    name = node.func.id
    if name not in KNOWN:
        _name(source, node.func, name)
    if name in CONSTANTS:
        raise source.error(node, f"{name} is no function; write a product with *")
    if node.keywords:
        raise source.error(node.keywords[0].value, "arguments go by position, without a name")
    if name == ATOMS:
        return _atoms(source, node, depth)
    arguments = tuple(_number(source, argument, depth + 1) for argument in node.args)
    if name in FUNCTIONS:
        if len(arguments) != 1:
            raise source.error(node, f"{name} takes one argument, got {len(arguments)}")
        return _function(source, node, name, arguments[0])
    try:
        return ((sp.S.One, LAWS[name].law(name, arguments)),)
    except ValueError as error:
        raise source.error(node, str(error)) from None


def _function(source: Source, node: ast.Call, name: str, argument: sp.Expr) -> sp.Expr:
    if name == "exp" and (argument.has(sp.exp) or (argument.is_number and abs(argument.evalf(15, maxn=60)) > 690)):
        raise source.error(node, "the argument of exp must lie between -690 and 690 and hold no other exp")
    if name == "log" and argument.is_number and _is_zero(argument):
        raise source.error(node, "the logarithm of zero is not a number")
    return _checked(source, node, FUNCTIONS[name](argument))


def _atoms(source: Source, node: ast.Call, depth: int) -> Terms:
    table = node.args[0] if len(node.args) == 1 else None
    if not isinstance(table, ast.Dict) or not table.keys:
        raise source.error(node, f"{ATOMS} takes its values and weights in braces, {ATOMS}({{-1: 1/4, 2: 3/4}})")
    weights: dict[sp.Expr, sp.Expr] = {}
    for key, content in zip(table.keys, table.values, strict=True):
        if key is None:
            raise source.error(content, "a value: weight pair was required")
        value = _number(source, key, depth + 1)
        if value in weights:
            raise source.error(key, f"the value {value} stands twice")
        weights[value] = _number(source, content, depth + 1)
    try:
        return ((sp.S.One, atoms_law(weights)),)
    except ValueError as error:
        raise source.error(node, str(error)) from None


def _checked(source: Source, node: ast.expr, value: sp.Expr) -> sp.Expr:
    """Return ``value`` if it is finite, real and of bounded size."""
    if value.has(sp.zoo, sp.nan, sp.oo, -sp.oo):
        raise source.error(node, "this is not a finite number")
    if value.has(sp.I) or value.is_real is False:
        raise source.error(node, "this is not a real number")
    if any(_bits(number) > MAX_BITS for number in value.atoms(sp.Rational)):
        raise source.error(node, f"this needs a number of more than {MAX_BITS} binary digits")
    if value.is_number and not abs(value.evalf(15, maxn=60)) < LARGEST:
        raise source.error(node, f"this is not a number below {LARGEST:g}")
    if _degree(value) > MAX_EXPONENT:
        raise source.error(node, f"powers of d must stay below {MAX_EXPONENT} when all are multiplied out")
    return value


def _is_zero(value: sp.Expr) -> bool:
    return bool(value == 0 or (value.is_number and abs(value.evalf(15, maxn=60)) < 1e-40))


def _bits(number: sp.Rational) -> int:
    return max(abs(int(number.p)).bit_length(), int(number.q).bit_length())


def _degree(value: sp.Expr) -> sp.Expr:
    """Return a bound on the degree in d of the expression multiplied out."""
    if not value.free_symbols:
        return sp.S.Zero
    if value.is_Pow and value.exp.is_Rational:
        return abs(value.exp) * _degree(value.base)
    if value.is_Mul:
        return sp.Add(*(_degree(factor) for factor in value.args))
    if value.is_Add:
        return sp.Max(*(_degree(term) for term in value.args))
    return sp.S.One
