"""Phases, exponents, atoms and trees; every derivation re-verifies itself, and a broken step is caught."""

import dataclasses

import pytest
import sympy as sp
from sympy.stats import Bernoulli, Exponential, FiniteRV, Gamma, Laplace, Normal, Poisson, Rademacher, Uniform

import symsched
from symsched.laws import AtomLaw, DensityLaw
from symsched.symbols import a, d, m

HALF = sp.Rational(1, 2)
THIRD = sp.Rational(1, 3)
INTERPOLANTS = {"vp": symsched.VP, "ve": symsched.VE, "vp-trig": symsched.VP_TRIG, "ve-trig": symsched.VE_TRIG}


def mixture(*pairs):
    return symsched.ProductMixture(pairs)


def triangle():
    c = -HALF
    return symsched.GaussianModes([HALF, THIRD, sp.Rational(1, 6)], [[1, c, c], [c, 1, c], [c, c, 1]], HALF)


def tree():
    """Two groups told apart by their means, and inside each two members told apart by their variances."""
    quarter = sp.Rational(1, 4)
    return mixture(
        (quarter, Normal("a", 1, 1)),
        (sp.Rational(1, 8), Normal("a", 1, 2)),
        (sp.Rational(3, 8), Normal("a", -1, 1)),
        (quarter, Normal("a", -1, 3)),
    )


def three_state(vacancy):
    side = (1 - vacancy) / 2
    return FiniteRV("a", {-1: side, 0: vacancy, 1: side})


def skewed(sign):
    return FiniteRV("a", {2 * sign: sp.Rational(1, 5), -sp.Rational(1, 2) * sign: sp.Rational(4, 5)})


GAUSS_HERMITE = FiniteRV("a", {-sp.sqrt(3): sp.Rational(1, 6), 0: 2 * THIRD, sp.sqrt(3): sp.Rational(1, 6)})

DISTRIBUTIONS = {
    "Gaussian mixture": symsched.GaussianMixture(sp.Rational(4, 5), 1, HALF),
    "two points": symsched.GaussianMixture(sp.Rational(1, 3), 2, 0),
    "two variances": mixture(
        (sp.Rational(3, 10), Normal("a", 0, sp.Rational(3, 2))), (1 - sp.Rational(3, 10), Normal("a", 0, HALF))
    ),
    "mirrored": mixture((sp.Rational(3, 5), skewed(1)), (sp.Rational(2, 5), skewed(-1))),
    "spins or normal": mixture((HALF, Rademacher("a")), (HALF, Normal("a", 0, 1))),
    "order six": mixture((HALF, GAUSS_HERMITE), (HALF, Normal("a", 0, 1))),
    "Gamma or exponential": mixture((THIRD, Gamma("a", 4, sp.Rational(1, 4))), (2 * THIRD, Exponential("a", 1))),
    "Poisson or Laplace": mixture((THIRD, Poisson("a", 2)), (2 * THIRD, Laplace("a", 0, 1))),
    "weak separation": mixture(
        (THIRD, Normal("a", d ** -sp.Rational(1, 4), 1)), (2 * THIRD, Normal("a", -(d ** -sp.Rational(1, 4)), 1))
    ),
    "triangle": triangle(),
    "tree": tree(),
    "Curie–Weiss": symsched.CurieWeiss(2, sp.log(2)),
    "hot": symsched.CurieWeiss(HALF, sp.log(2)),
    "critical": symsched.CurieWeiss(1, sp.Rational(4, 5) * d ** sp.Rational(1, 4)),
    "tricritical": symsched.MeanField(three_state(2 * THIRD), 3 * m**2 / 2),
    "soft spins": symsched.MeanField(DensityLaw(a, sp.exp(-(a**4)), -sp.oo, sp.oo), 2 * m**2, m / 5),
}


# Orders, exponents, atoms.


@pytest.mark.parametrize(
    ("first", "second", "order", "atoms"),
    [
        (Normal("a", 1, HALF), Normal("a", -1, 3), 1, (1, -1)),
        (Bernoulli("a", THIRD), Bernoulli("a", HALF), 1, (THIRD, HALF)),
        (Normal("a", 0, 2), Normal("a", 0, 3), 2, (4 / sp.sqrt(2), 9 / sp.sqrt(2))),
        (Normal("a", 5, 2), Normal("a", 5, 3), 2, (4 / sp.sqrt(2), 9 / sp.sqrt(2))),
        (Exponential("a", 1), Poisson("a", 1), 3, (2 / sp.sqrt(6), 1 / sp.sqrt(6))),
        (skewed(1), skewed(-1), 3, (sp.Rational(3, 2) / sp.sqrt(6), -sp.Rational(3, 2) / sp.sqrt(6))),
        (Rademacher("a"), Normal("a", 0, 1), 4, (-2 / sp.sqrt(24), 0)),
        (Uniform("a", -1, 1), Normal("a", 0, sp.sqrt(THIRD)), 4, (-sp.Rational(2, 15) / sp.sqrt(24), 0)),
        (GAUSS_HERMITE, Normal("a", 0, 1), 6, (-6 / sp.sqrt(720), 0)),
    ],
)
def test_the_first_differing_cumulant_sets_order_exponent_and_atoms(first, second, order, atoms):
    found = mixture((THIRD, first), (2 * THIRD, second)).cascade
    speciation, data = found.phases
    assert (speciation.order, speciation.exponent) == (order, sp.Rational(1, 2 * order))
    assert (data.order, data.exponent) == (None, 0)
    law = speciation.branches[0].law
    assert [sp.simplify(value - atom) for value, atom in zip(law.values, atoms, strict=True)] == [0, 0]
    assert law.weights == (THIRD, 2 * THIRD)


def test_order_five_by_laws_built_to_agree_up_to_order_four():
    """Masses on 0 … 5 that differ by ε (1, −5, 10, −10, 5, −1): five moments 0 … 4 agree."""
    masses = [sp.Rational(1, 6)] * 6
    signs = [sp.binomial(5, k) * (-1) ** k for k in range(6)]
    other = [mass + sp.Rational(sign, 120) for mass, sign in zip(masses, signs, strict=True)]
    first, second = (FiniteRV("a", dict(enumerate(table))) for table in (masses, other))
    found = mixture((HALF, first), (HALF, second)).cascade
    assert (found.phases[0].order, found.phases[0].exponent) == (5, sp.Rational(1, 10))
    left, right = found.phases[0].branches[0].law.values
    # Σ (−1)^k binom(5, k) k^5 = −5!, so c_5 differs by 1.
    assert sp.simplify((left - right) * sp.sqrt(120)) == 1
    limit = symsched.derive(mixture((HALF, first), (HALF, second)), symsched.VE)
    assert [str(check) for check in limit.derivation.check() if not check.passed] == []


def test_common_cumulants_standardise_the_order_parameter():
    limit = symsched.derive(mixture((HALF, Normal("a", 5, 2)), (HALF, Normal("a", 5, 3))), symsched.VP)
    phase = limit.phases[0].canonical
    assert phase.common == ((5,),)
    assert limit.phases[0].order_parameter.has(sp.Sum)


def test_a_separation_that_shrinks_moves_the_window():
    quarter = sp.Rational(1, 4)
    found = DISTRIBUTIONS["weak separation"].cascade
    assert found.phases[0].exponent == quarter
    assert found.phases[0].branches[0].law.values == (1, -1)
    assert [mode.law.cumulants(4) for mode in found.modes] == [(0, 1, 0, 0)] * 2
    variances = mixture((HALF, Normal("a", 0, sp.sqrt(1 + d**-quarter))), (HALF, Normal("a", 0, 1)))
    assert variances.cascade.phases[0].exponent == sp.Rational(1, 8)


def test_atoms_are_counted_from_the_limit_that_the_modes_share():
    """Means 1 ± d^(−1/4): neither the first mode nor 0 is where they part, but their common limit 1."""
    shift = d ** -sp.Rational(1, 4)
    found = mixture((THIRD, Normal("a", 1 + shift, 1)), (2 * THIRD, Normal("a", 1 - shift, 1))).cascade
    assert found.phases[0].branches[0].law.values == (1, -1)
    assert found.phases[0].references == (1,)


def test_a_variance_that_vanishes_leaves_points():
    narrow = d ** -sp.Rational(1, 4)
    found = mixture((HALF, Normal("a", 1, narrow)), (HALF, Normal("a", 0, narrow))).cascade
    assert [mode.law for mode in found.modes] == [AtomLaw((1,), (1,)), AtomLaw((0,), (1,))]


def test_a_tree_speciates_level_by_level():
    found = tree().cascade
    groups, members, data = found.phases
    assert [(p.name, p.exponent, p.order) for p in found.phases] == [
        ("speciation 1", HALF, 1),
        ("speciation 2", sp.Rational(1, 4), 2),
        ("data", 0, None),
    ]
    (root,) = groups.branches
    assert root.outcomes == ((0, 1), (2, 3))
    assert root.law.atoms == {1: sp.Rational(3, 8), -1: sp.Rational(5, 8)}
    assert [branch.modes for branch in members.branches] == [(0, 1), (2, 3)]
    assert [branch.weight for branch in members.branches] == [sp.Rational(3, 8), sp.Rational(5, 8)]
    assert members.branches[0].law.weights == (sp.Rational(2, 3), THIRD)
    assert members.branches[1].law.weights == (sp.Rational(3, 5), sp.Rational(2, 5))
    assert members.branches[1].law.values == (1 / sp.sqrt(2), 9 / sp.sqrt(2))
    assert members.common == ((1,), (-1,))
    assert len(data.branches) == 4
    schedule = symsched.derive(tree(), symsched.VP).schedule
    assert [name for name, *_ in schedule.shares if name in {"speciation 1", "speciation 2", "data"}] == [
        "speciation 1",
        "speciation 2",
        "data",
    ]


def test_a_level_may_split_one_group_only():
    found = mixture(
        (HALF, Normal("a", 1, 1)), (sp.Rational(1, 4), Normal("a", -1, 1)), (sp.Rational(1, 4), Normal("a", -1, 2))
    ).cascade
    assert [branch.modes for branch in found.phases[1].branches] == [(1, 2)]
    assert found.phases[1].branches[0].weight == HALF


def test_means_shared_by_all_modes_are_no_separation():
    """Gaussian modes whose Gram matrix is singular: three points on a line have one order parameter."""
    points = [-1, 0, 2]
    gram = [[x * y for y in points] for x in points]
    found = symsched.GaussianModes([THIRD] * 3, gram, 1).cascade
    values = found.phases[0].branches[0].law.values
    assert found.phases[0].dimension == 1
    assert sorted(abs(values[k] - values[j]) for k in range(3) for j in range(k)) == [1, 2, 3]


def test_a_gram_matrix_is_reproduced_by_its_points():
    found = triangle().cascade
    points = sp.Matrix([list(value) for value in found.phases[0].branches[0].law.values])
    assert (points * points.T - triangle().gram).applyfunc(sp.simplify).is_zero_matrix


def test_parameters_may_be_symbols():
    p, sigma = sp.symbols("p sigma", positive=True)
    found = symsched.GaussianMixture(p, 2, sigma).cascade
    assert found.phases[0].branches[0].law.atoms == {2: p, -2: 1 - p}
    limit = symsched.derive(symsched.GaussianMixture(p, 2, sigma), symsched.VP)
    assert [str(check) for check in limit.derivation.check() if not check.passed] == []


# What no rule covers.


def test_modes_with_many_equal_cumulants():
    """Masses on 0 … 9 that differ by the signed binomials of 9 share the moments 0 … 8."""
    masses = [sp.Rational(1, 10)] * 10
    other = [mass + sp.Rational((-1) ** k * sp.binomial(9, k), 2000) for k, mass in enumerate(masses)]
    first, second = (FiniteRV("a", dict(enumerate(table))) for table in (masses, other))
    with pytest.raises(symsched.DerivationError, match="same cumulants up to order 8") as caught:
        _ = mixture((HALF, first), (HALF, second)).cascade
    assert "merge them" in caught.value.remedy


@pytest.mark.parametrize("power", [HALF, 1])
def test_modes_that_approach_each_other_too_fast(power):
    with pytest.raises(symsched.DerivationError, match=r"too fast.*d\^\(-1/2\).*merge"):
        _ = mixture((HALF, Normal("a", d**-power, 1)), (HALF, Normal("a", 0, 1))).cascade


def test_two_orders_at_one_scale():
    # Means d^−1/4 apart and variances of order one apart: both tell the modes apart at d^−1/4.
    with pytest.raises(symsched.DerivationError, match=r"orders \[1, 2\].*same scale d\^-1/4"):
        _ = mixture((HALF, Normal("a", d ** -sp.Rational(1, 4), 1)), (HALF, Normal("a", 0, 2))).cascade


def test_two_groups_that_split_at_one_scale_by_different_orders():
    shift = d ** -sp.Rational(1, 4)
    quarter = sp.Rational(1, 4)
    with pytest.raises(symsched.DerivationError, match=r"same scale d\^-1/4 by cumulants of different orders \[1, 2\]"):
        _ = mixture(
            (quarter, Normal("a", 1, 1)),
            (quarter, Normal("a", 1, 2)),
            (quarter, Normal("a", -1 + shift, 1)),
            (quarter, Normal("a", -1, 1)),
        ).cascade


def test_coordinates_that_grow():
    with pytest.raises(symsched.DerivationError, match=r"no limit.*grows like d\^1/4.*converge"):
        _ = mixture((HALF, Normal("a", d ** sp.Rational(1, 4), 1)), (HALF, Normal("a", 0, 1))).cascade


def test_a_logarithm_is_no_power():
    with pytest.raises(symsched.DerivationError, match=r"powers of symsched\.symbols\.d"):
        _ = mixture((HALF, Normal("a", sp.log(d), 1)), (HALF, Normal("a", 0, 1))).cascade


# Derivations re-verify themselves.


@pytest.mark.parametrize("path", ["vp", "ve"])
@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_every_step_passes_its_checks(name, path):
    limit = symsched.derive(DISTRIBUTIONS[name], INTERPOLANTS[path])
    checks = limit.derivation.check()
    assert len(checks) >= len(limit.derivation.steps) >= 3
    assert [str(check) for check in checks if not check.passed] == []


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("Gaussian mixture", "vp-trig"),
        ("Gaussian mixture", "ve-trig"),
        ("two variances", "vp-trig"),
        ("two variances", "ve-trig"),
        ("tree", "ve-trig"),
        ("Curie–Weiss", "vp-trig"),
        ("tricritical", "ve-trig"),
    ],
)
def test_every_step_passes_its_checks_on_trigonometric_paths(name, path):
    checks = symsched.derive(DISTRIBUTIONS[name], INTERPOLANTS[path]).derivation.check()
    assert [str(check) for check in checks if not check.passed] == []


def wrong_forms(after):
    """What a step might have arrived at by mistake: one entry moved or lost, a sign or a factor wrong."""
    if isinstance(after, sp.Equality):
        yield from (sp.Eq(after.lhs, wrong, evaluate=False) for wrong in wrong_sides(after.rhs))
    elif isinstance(after, sp.MatrixBase):
        for k in range(len(after)):
            entries = after.tolist()
            row, column = divmod(k, after.shape[1])
            entries[row][column] += sp.Rational(1, 7)
            yield sp.ImmutableMatrix(entries)
    elif isinstance(after, sp.Tuple):
        for k, entry in enumerate(after.args):
            for wrong in wrong_forms(entry):
                yield sp.Tuple(*after.args[:k], wrong, *after.args[k + 1 :])
        yield sp.Tuple(*after.args[:-1])
        if all(entry.is_number for entry in after.args[2:]) and len(after.args) > 3:
            # Atoms with the opposite sign, and all atoms shifted: their differences are as they were.
            yield sp.Tuple(*after.args[:2], *(-entry for entry in after.args[2:]))
            yield sp.Tuple(*after.args[:2], *(entry + 1 for entry in after.args[2:]))
    elif after.is_number:
        yield after + sp.Rational(1, 7)
    else:
        yield sp.Rational(11, 10) * after
        yield from (after.subs(symbol, -2 * symbol) for symbol in after.free_symbols & {sp.Symbol("nu", real=True)})


def wrong_sides(side):
    """Wrong right-hand sides of an ODE: the sign of one term, a factor in one term."""
    if isinstance(side, sp.MatrixBase):
        for k, entry in enumerate(side):
            for wrong in wrong_sides(entry):
                entries = list(side)
                entries[k] = wrong
                yield sp.ImmutableMatrix(entries)
        return
    terms = sp.Add.make_args(side)
    for k, term in enumerate(terms):
        for factor in (-1, sp.Rational(101, 100)):
            yield sp.Add(*terms[:k], factor * term, *terms[k + 1 :])


def is_caught(step, after):
    try:
        checks = dataclasses.replace(step, after=after).check()
    except (ValueError, TypeError):
        return True
    return not all(check.passed for check in checks)


@pytest.mark.parametrize(
    "name", ["Gaussian mixture", "two variances", "weak separation", "triangle", "tree", "Curie–Weiss", "critical"]
)
def test_a_broken_step_is_caught(name):
    tried = 0
    limit = symsched.derive(DISTRIBUTIONS[name], symsched.VP)
    for step in limit.derivation.steps:
        for wrong in wrong_forms(step.after):
            if wrong == step.after:
                continue
            tried += 1
            assert is_caught(step, wrong), f"{step.rule}: {wrong}"
    assert tried >= 2 * len(limit.derivation.steps)


def test_a_step_without_checks_is_refused():
    step = symsched.derive(DISTRIBUTIONS["Gaussian mixture"], symsched.VP).derivation.steps[0]
    with pytest.raises(ValueError, match="no numeric check"):
        dataclasses.replace(step, verify=lambda after: ()).check()
