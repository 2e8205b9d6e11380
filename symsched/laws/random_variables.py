"""From a univariate random variable of ``sympy.stats`` to a law."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import product

import sympy as sp
from sympy.stats import density
from sympy.stats.crv import SingleContinuousPSpace
from sympy.stats.drv import SingleDiscretePSpace
from sympy.stats.frv import SingleFinitePSpace
from sympy.stats.rv import NamedArgsMixin, RandomSymbol, random_symbols

from symsched import symbols
from symsched.algebra.budget import within_budget
from symsched.algebra.codegen import number
from symsched.algebra.escapes import brief
from symsched.errors import DerivationError
from symsched.laws.atoms import AtomLaw
from symsched.laws.base import AbstractLaw
from symsched.laws.density import DensityLaw
from symsched.laws.lattice import LatticeLaw

_MANY = 2000
"""Atoms from which on a law is not written out: exact masses of thousands of digits take minutes."""
_TOLERANCE = 1e-8
"""By how much the mass may miss 1, and SymPy's cumulants the numeric ones: quadrature errs by 1e−11."""


def law_of(rv: object) -> AbstractLaw:
    """Return the law of a univariate ``sympy.stats`` random variable; its parameters may be symbols.

    >>> import sympy as sp
    >>> from sympy.stats import Rademacher
    >>> law_of(Rademacher("a")).atoms
    {-1: 1/2, 1: 1/2}

    Raises TypeError for anything else, ValueError for a density that is negative or does not integrate to one.
    """
    if isinstance(rv, AbstractLaw):
        return rv
    if not isinstance(rv, RandomSymbol):
        hint = "an expression of random variables" if isinstance(rv, sp.Basic) and random_symbols(rv) else repr(rv)
        raise TypeError(
            f"a univariate sympy.stats random variable is required, such as Normal('a', 0, 1), got {hint}; "
            "give a transformed variable as ContinuousRV or FiniteRV with its own density"
        )
    space = rv.pspace
    _require_parameters(rv)
    if isinstance(space, SingleFinitePSpace):
        return _finite(rv)
    if isinstance(space, SingleContinuousPSpace):
        return _continuous(rv)
    if isinstance(space, SingleDiscretePSpace):
        return _discrete(rv)
    raise TypeError(
        f"a univariate random variable is required, got {rv} on {type(space).__name__}"
        " (joint, vector and compound variables have no law on the line here); give its density with ContinuousRV"
    )


def _require_parameters(rv: RandomSymbol) -> None:
    """Refuse what SymPy takes as a parameter without asking: None, infinities and what is not real."""
    distribution = getattr(rv.pspace, "distribution", None)
    if isinstance(distribution, sp.Lambda) or not isinstance(distribution, sp.Basic):
        return
    for value in distribution.args:
        name = f"a parameter of {_name(rv)}"
        if value is None:
            raise TypeError(f"{name} must be a number or a SymPy expression, got {value}")
        if not isinstance(value, sp.Expr) or isinstance(value, RandomSymbol | sp.Lambda):
            continue
        if value.has(sp.nan, sp.oo, -sp.oo, sp.zoo):
            raise ValueError(f"{name} must be a finite number, got {value}")
        if value.is_number and value.is_real is False:
            raise ValueError(f"{name} must be real, got {value}")


def _name(rv: RandomSymbol) -> str:
    return type(rv.pspace.distribution).__name__.removesuffix("Distribution")


def _weight(rv: RandomSymbol, at: sp.Symbol) -> sp.Expr:
    """Return SymPy's density or mass function at a symbol."""
    try:
        return within_budget("density", lambda: sp.sympify(density(rv)(at)))
    except TypeError as error:
        given = [value for value in rv.pspace.distribution.args if not isinstance(value, sp.Expr)]
        raise TypeError(
            f"a parameter of {_name(rv)} must be a number or a SymPy expression, "
            f"got {', '.join(map(str, given))}: {error}"
        ) from None


def _finite(rv: RandomSymbol) -> AtomLaw | LatticeLaw:
    if (wide := _wide(rv)) is not None:
        return wide
    table = within_budget("table of masses", lambda: density(rv))
    table = table if isinstance(table, Mapping | sp.Dict) else getattr(table, "dict", None)
    if not isinstance(table, Mapping | sp.Dict):
        raise ValueError(f"the number of atoms of {rv} depends on a symbol; substitute it before asking for the law")
    items = within_budget(
        "table of masses",
        lambda: [(sp.sympify(value), _rational(sp.sympify(weight))) for value, weight in table.items()],
    )
    if not all(isinstance(part, sp.Expr) for item in items for part in item):
        raise ValueError(f"atoms and weights must be numbers or expressions, got {dict(items)}")
    ordered = sorted(items, key=lambda item: sp.default_sort_key(item[0]))
    if all(not value.free_symbols for value, _ in ordered):
        ordered.sort(key=lambda item: float(sp.re(sp.N(item[0], 20))))
    return AtomLaw(tuple(value for value, _ in ordered), tuple(weight for _, weight in ordered))


def _rational(weight: sp.Basic) -> sp.Basic:
    """Return a quotient of beta functions as the number that it often is."""
    return sp.gammasimp(weight.rewrite(sp.gamma)) if weight.has(sp.beta) else weight


def _wide(rv: RandomSymbol) -> LatticeLaw | None:
    """Return a law on many integers by its mass function, without a table of exact masses; None for any other."""
    distribution = rv.pspace.distribution
    low, high = (getattr(distribution, name, None) for name in ("low", "high"))
    counts = getattr(distribution, "succ", 1) == 1 and getattr(distribution, "fail", 0) == 0
    if not (counts and isinstance(low, sp.Integer) and isinstance(high, sp.Integer) and high - low >= _MANY):
        return None
    index = sp.Symbol("k", integer=True)
    mass = within_budget("mass function", lambda: distribution.pmf(index))
    if isinstance(mass, sp.Piecewise):
        middle = (low + high) // 2
        mass = next(branch for branch, condition in mass.args if condition.subs(index, middle) == sp.true)
    return _checked(LatticeLaw(index, mass, low, high, _generating(rv)))


def _continuous(rv: RandomSymbol) -> DensityLaw:
    domain = rv.pspace.distribution.set
    weight = _weight(rv, symbols.a)
    if weight.has(sp.DiracDelta):
        raise ValueError(
            f"{weight} is a density with an atom in it, which is neither a density nor a law of atoms; "
            "give the atom as a narrow Normal, or as a mode of its own"
        )
    if weight.has(sp.oo):
        weight = within_budget("sum", weight.doit)
    lower, upper = domain.inf, domain.sup
    if not isinstance(domain, sp.Interval) and domain != sp.S.Reals:
        weight = sp.Piecewise((weight, domain.contains(symbols.a)), (0, True))
    law = DensityLaw(symbols.a, weight, lower, upper)
    generating = _generating(rv)
    if law.free_symbols:
        return replace(law, generating=generating)
    if (wrong := _no_density(law)) is not None:
        law = _on_its_own_support(rv, law, f"on its support {domain} {wrong}")
    if generating is None or law.cumulants_exact:
        return law
    full = replace(law, generating=generating)
    return full if _is_right(full) else law


def _no_density(law: DensityLaw) -> str | None:
    """Return what is wrong with a density, None where its mass is 1."""
    try:
        mass = law.numeric_mass()
    except DerivationError:
        raise
    except ValueError as error:
        return str(error)
    if abs(mass - 1) <= _TOLERANCE:
        return None
    return (
        f"the density {brief(law.weight)} integrates to {mass:.10g}, not to 1, as far as floats reach: divide it by "
        "that number, or truncate it where it is too steep for them"
    )


def _on_its_own_support(rv: RandomSymbol, law: DensityLaw, wrong: str) -> DensityLaw:
    """Return the law between two singular points of its formula where that has mass 1: SymPy's support is then wrong,
    or was left behind when the law was shifted.

    Raises ValueError for a density that a user gave, and where there is no such stretch.
    """
    if isinstance(rv.pspace.distribution, NamedArgsMixin) and not isinstance(rv.pspace.distribution.args[0], sp.Lambda):
        bases = [part.base for part in law.weight.atoms(sp.Pow) if part.base.is_polynomial(symbols.a)]
        roots = {root for base in bases if base.has(symbols.a) for root in sp.roots(base, symbols.a) if root.is_real}
        points = sorted({law.lower, law.upper, *roots})
        # The widest first: a part of it may hold all but a tail that tolerance does not see.
        for low, high in product(points, reversed(points)):
            if low < high and (low, high) != (law.lower, law.upper):
                part = replace(law, lower=low, upper=high)
                if _no_density(part) is None:
                    return part
    raise ValueError(wrong)


def _is_right(law: AbstractLaw) -> bool:
    """Return whether the generating function that SymPy gave has the law's own mean and variance."""
    site = law.site()
    try:
        law.require_moments(2)
    except DerivationError:
        return False
    if not law.has_closed_cumulants(2):
        return False
    try:
        first, second = (number(cumulant, "a cumulant") for cumulant in law.cumulants(2))
    except ValueError:
        return False
    return max(abs(first - site.mean), abs(second - site.variance)) <= _TOLERANCE * max(1.0, site.variance)


def _discrete(rv: RandomSymbol) -> LatticeLaw:
    domain = rv.pspace.distribution.set
    index = sp.Symbol("k", integer=True)
    law = LatticeLaw(index, _weight(rv, index), domain.inf, domain.sup, _generating(rv))
    return _checked(law)


def _checked(law: LatticeLaw) -> LatticeLaw:
    """Return the law, without its generating function where that is wrong; ValueError where masses do not sum to 1."""
    if law.free_symbols:
        return law
    law.site()
    return law if law.generating is None or _is_right(law) else replace(law, generating=None)


def _generating(rv: RandomSymbol) -> sp.Expr | None:
    """Return SymPy's moment generating function in ``symbols.u``, where it has a closed form."""
    method = getattr(rv.pspace.distribution, "_moment_generating_function", None)
    if method is None:
        return None
    try:
        found = within_budget("generating function", lambda: method(symbols.u), lambda: None)
    except NotImplementedError:
        return None
    if found is None or sp.sympify(found).has(sp.Integral, sp.Sum, sp.Piecewise):
        return None
    return sp.sympify(found)
