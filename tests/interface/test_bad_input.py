"""Bad input is refused by an error that names what was required, what came, and where it helps what to do."""

import numpy as np
import pytest
import sympy as sp
from refusals import HALF, pair, refused
from sympy.stats import (
    Cauchy,
    Exponential,
    FiniteRV,
    Levy,
    NegativeBinomial,
    Normal,
    Pareto,
    Poisson,
    Rademacher,
    StudentT,
    Uniform,
    Zeta,
)

import symsched
from symsched import DerivationError, GaussianMixture, GaussianModes, MeanField, ProductMixture
from symsched.errors import nearest, require_integer, require_real
from symsched.laws import AtomLaw, law_of
from symsched.symbols import d, m

# An error must say it all: no warning comes with it.
pytestmark = pytest.mark.filterwarnings("error")

R = sp.Rational
NAN, INF = float("nan"), float("inf")
UNIT = [[1, 0], [0, 1]]
P = sp.Symbol("p", positive=True)
MIXTURE = GaussianMixture(R(4, 5), 1, HALF)
NOT_NUMBERS = ["1/2", None, True, 1j, [HALF]]


# Numbers.


@pytest.mark.parametrize("bad", NOT_NUMBERS, ids=repr)
@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("weight 0", lambda bad: ProductMixture([(bad, Normal("a", 0, 1)), (HALF, Normal("a", 1, 1))])),
        ("weight 1", lambda bad: GaussianModes([HALF, bad], UNIT, 1)),
        (r"gram\[0\]\[1\]", lambda bad: GaussianModes([HALF, HALF], [[1, bad], [0, 1]], 1)),
        ("sigma", lambda bad: GaussianModes([HALF, HALF], UNIT, bad)),
        ("p", GaussianMixture),
        ("m", lambda bad: GaussianMixture(HALF, bad)),
        ("sigma", lambda bad: GaussianMixture(HALF, 1, bad)),
        ("beta", symsched.CurieWeiss),
        ("h", lambda bad: symsched.CurieWeiss(2, bad)),
        ("interaction", lambda bad: MeanField(Rademacher("a"), bad)),
        ("tilt", lambda bad: MeanField(Rademacher("a"), m**2, bad)),
        ("p", lambda bad: GaussianMixture(P).subs({P: bad})),
    ],
)
def test_what_is_no_number_is_named(name, make, bad):
    message = refused(lambda: make(bad), TypeError, rf"^{name} must be a number or a SymPy expression, got ")
    assert repr(bad) in message
    assert ("symsched.parse" in message) == isinstance(bad, str)


@pytest.mark.parametrize("bad", [NAN, INF, -INF, sp.nan, sp.zoo], ids=str)
@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("weight 0", lambda bad: pair(Normal("a", 0, 1), Normal("a", 1, 1), bad)),
        (r"gram\[0\]\[0\]", lambda bad: GaussianModes([HALF, HALF], [[bad, 0], [0, 1]], 1)),
        ("sigma", lambda bad: GaussianModes([HALF, HALF], UNIT, bad)),
        ("p", GaussianMixture),
        ("beta", symsched.CurieWeiss),
        ("tilt", lambda bad: MeanField(Rademacher("a"), m**2, bad * m)),
        ("p", lambda bad: GaussianMixture(P).subs({P: bad})),
    ],
)
def test_what_is_not_finite_is_named(name, make, bad):
    refused(lambda: make(bad), ValueError, rf"^{name} must be finite, got ")


@pytest.mark.parametrize(
    "make",
    [
        lambda: GaussianMixture(HALF, sp.I),
        lambda: MeanField(Rademacher("a"), sp.I * m**2),
        lambda: MeanField(Rademacher("a"), m**2, (1 + sp.I) * m),
        lambda: law_of(Normal("a", sp.I, 1)),
        lambda: law_of(Rademacher("a")).tilt(sp.I),
    ],
)
def test_imaginary_numbers_are_refused_and_not_dropped(make):
    refused(make, ValueError, "must be real, got .*I")


def test_numbers_of_numpy_and_of_the_library_are_numbers():
    for half in (0.5, np.float32(0.5), np.float64(0.5), HALF):
        assert GaussianModes([half, half], np.eye(2, dtype=np.int64), np.float32(2)).rank == 2


@pytest.mark.parametrize("bad", ["3", None, True, 3j, b"3", sp.Symbol("k")], ids=repr)
def test_text_and_truth_values_are_no_real_numbers(bad):
    refused(lambda: require_real(bad, "kappa"), TypeError, "kappa must be a real number, got")


@pytest.mark.parametrize("bad", [NAN, INF, 10**400], ids=["nan", "inf", "huge"])
def test_numbers_beyond_the_floats_are_not_finite(bad):
    refused(lambda: require_real(bad, "kappa"), ValueError, "kappa must be a finite number, got")


def test_a_truth_value_is_no_integer_and_no_float():
    refused(lambda: require_integer(True, "d", 1), TypeError, "d must be an integer of at least 1, got True$")
    refused(lambda: require_integer(3.5, "d", 1), TypeError, "d must be an integer of at least 1, got 3.5$")


@pytest.mark.parametrize("whole", [1e4, np.float32(1e4), np.int64(10_000), np.float64(1e4), R(10_000)], ids=repr)
def test_a_whole_float_is_an_integer(whole):
    assert require_integer(whole, "d", 1) == 10_000
    refused(lambda: require_integer(1e300, "d", 1), TypeError, "d must be an integer of at least 1, got 1e.300$")


def test_unknown_names_need_not_be_text():
    assert nearest(None, ["numpy"]) == "known names: numpy"


@pytest.mark.parametrize("bad", [0, -1, None, "3", True, NAN, INF, 1.5], ids=repr)
def test_dimensions(bad):
    refused(lambda: MIXTURE.model(bad), (ValueError, TypeError), "d must be (an integer of )?at least 1, got ")


LIMIT = symsched.derive(MIXTURE, symsched.VP)


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"d": 0}, ValueError, "d must be at least 1, got 0"),
        ({"d": True}, TypeError, "d must be an integer"),
        ({"steps": 0}, ValueError, "steps must be at least 1, got 0"),
        ({"steps": None}, TypeError, "steps must be an integer of at least 1, got None"),
        ({"kappa": 0}, ValueError, "kappa must be a number above 0, got 0"),
        ({"kappa": -1}, ValueError, "kappa must be a number above 0, got -1"),
        ({"kappa": NAN}, ValueError, "kappa must be a finite number, got nan"),
        ({"kappa": INF}, ValueError, "kappa must be a finite number, got inf"),
        ({"kappa": "3"}, TypeError, "kappa must be a real number, got '3'"),
        ({"kappa": True}, TypeError, "kappa must be a real number, got True"),
        ({"kappa": None}, ValueError, r"depends on kappa: pass kappa \(3 to 5"),
        ({"rng": -1}, ValueError, "rng must be at least 0, got -1"),
        (
            {"scheme": 2},
            ValueError,
            "unknown scheme 2; known names: adams, adams3, canonical, dpmpp_2m, ",
        ),
        ({"methods": "full"}, TypeError, "unexpected keyword argument 'methods'"),
    ],
)
def test_settings_of_a_run(change, error, words):
    settings = {"d": 100, "n": 10, "steps": 10, "kappa": 3, "rng": 0, **change}
    refused(lambda: symsched.simulate(MIXTURE, LIMIT.schedule, **settings), error, words)


@pytest.mark.parametrize("ask", [LIMIT.schedule.psi, LIMIT.schedule.sigmas])
def test_numbers_of_a_schedule(ask):
    refused(lambda: ask(0, 100, 3), ValueError, "steps must be at least 1, got 0")
    refused(lambda: ask(10, 0, 3), ValueError, "d must be a number above 0, got 0")
    refused(lambda: ask(10, 100, 0), ValueError, "kappa must be a number above 0, got 0")
    refused(lambda: ask(10, "100", 3), TypeError, "d must be a real number, got '100'")


def test_unknown_targets_and_clocks():
    refused(lambda: LIMIT.schedule.source(None), ValueError, "unknown target None; known names")
    refused(lambda: LIMIT.speciation_time_in("oo"), ValueError, "unknown clock 'oo'; did you mean 'ou'")


@pytest.mark.parametrize("bad", ["1", True, None, [["x"]]], ids=repr)
def test_arguments_of_a_law(bad):
    refused(lambda: law_of(Rademacher("a")).denoiser(bad, 0.5), (TypeError, ValueError), "s must be (finite )?numbers")


# Shapes of input.


@pytest.mark.parametrize("bad", [None, 3, "text", {}, Normal("a", 0, 1)], ids=repr)
def test_components_of_a_mixture(bad):
    refused(lambda: ProductMixture(bad), TypeError, r"components must be a sequence of pairs \(weight, law\).*got")


@pytest.mark.parametrize(
    ("weights", "gram", "words"),
    [
        (None, UNIT, "weights must be a sequence.*got None"),
        ([HALF, HALF], None, "gram must be a sequence.*row of products.*got None"),
        ([HALF, HALF], [1, 2], r"gram\[0\] must be a sequence.*got 1"),
        ([HALF, HALF], [[1, 0, 0], [0, 1, 0]], "gram must be 2 × 2"),
        ([HALF, HALF], [[1, 0], [1, 1]], "gram must be symmetric"),
        ([HALF, HALF], [[-1, 0], [0, 1]], "positive semi-definite.*-1"),
        ([HALF, R(1, 3)], UNIT, "weights must sum to 1, got 5/6"),
        ([0, 1], UNIT, "weight 0 must lie strictly between 0 and 1, got 0"),
        ([HALF, HALF], [[1, 1], [1, 1]], "modes 0 and 1 have the same mean; merge"),
    ],
)
def test_gram_matrices(weights, gram, words):
    refused(lambda: GaussianModes(weights, gram, 1), (ValueError, TypeError), words)


@pytest.mark.parametrize(
    "make", [lambda law: pair(law, Normal("a", 0, 1)), lambda law: MeanField(law, m**2)], ids=["mixture", "field"]
)
def test_a_law_in_the_plane_is_no_law_of_a_coordinate(make):
    plane = AtomLaw((sp.Tuple(1, 0), sp.Tuple(0, 1)), (HALF, HALF))
    refused(lambda: make(plane), ValueError, r"must be a law on the line, got atoms in R\^2; .*GaussianModes")


def test_substitutions():
    refused(lambda: GaussianMixture(P).subs({"p": HALF}), TypeError, "subs replaces SymPy symbols, got the key 'p'")
    refused(lambda: GaussianMixture(P).subs(None), TypeError, "subs needs a mapping .*got None")
    refused(lambda: GaussianMixture(P).subs({P: 2}), ValueError, "strictly between 0 and 1, got 2")
    # Text would be evaluated by SymPy.
    refused(lambda: GaussianMixture(P).subs({P: "print(1)"}), TypeError, r"p must be a number.*symsched\.parse")


# Weights and laws.


@pytest.mark.parametrize("weight", [0, -HALF, 1, R(3, 2)])
def test_weights_outside_the_unit_interval(weight):
    refused(
        lambda: pair(Normal("a", 0, 1), Normal("a", 1, 1), weight),
        ValueError,
        f"weight 0 must lie strictly between 0 and 1, got {weight}",
    )


def test_weights_with_symbols_say_how_to_write_them():
    refused(
        lambda: ProductMixture([(P, Normal("a", 0, 1)), (P, Normal("a", 1, 1))]),
        ValueError,
        r"must sum to 1, got 2\*p: write the last one as 1 minus the others",
    )


@pytest.mark.parametrize(
    ("weight", "words"), [(1 / d, "tends to 0"), (1 - 1 / d, "tends to 1"), (d, r"grows like d\^1")]
)
def test_a_weight_that_leaves_the_unit_interval_as_d_grows(weight, words):
    mixture = pair(Normal("a", 0, 1), Normal("a", 1, 1), weight)
    message = refused(lambda: symsched.derive(mixture, symsched.VP), DerivationError, f"^weights: .*{words}")
    assert "leave the mode out" in message


def test_a_weight_that_converges_is_its_limit():
    found = symsched.derive(pair(Normal("a", 0, 1), Normal("a", 1, 1), HALF + 1 / d), symsched.VP)
    assert found.phases[0].law.weights == (HALF, HALF)
    assert [mode.weight for mode in found.cascade.modes] == [HALF, HALF]


@pytest.mark.parametrize("part", ["weights", "gram", "sigma"])
def test_gaussian_modes_are_given_by_their_limits(part):
    parts = {"weights": [HALF, HALF], "gram": UNIT, "sigma": 1}
    parts[part] = {"weights": [1 / d, 1 - 1 / d], "gram": [[d, 0], [0, 1]], "sigma": 1 + 1 / d}[part]
    modes = GaussianModes(**parts)
    refused(lambda: symsched.derive(modes, symsched.VP), DerivationError, f"{part} = .* depends on d.*ProductMixture")


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: Normal("a", 0, -1), ValueError, "must be positive"),
        (lambda: Normal("a", None, 1), TypeError, "parameter of Normal must be a number.*got None"),
        (lambda: Normal("a", True, 1), TypeError, "parameter of Normal must be a number.*got True"),
        (lambda: Normal("a", NAN, 1), ValueError, "parameter of Normal must be a finite number, got nan"),
        (lambda: Uniform("a", 0, sp.oo), ValueError, "parameter of Uniform must be a finite number, got oo"),
        (lambda: FiniteRV("a", {sp.oo: HALF, 0: HALF}), ValueError, "an atom must be finite, got oo"),
        (lambda: Zeta("a", 3), ValueError, "too wide for a sum.*truncate its tail"),
        (lambda: Poisson("a", 10**12), ValueError, "too wide for a sum.*truncate its tail"),
    ],
)
def test_parameters_of_laws(make, error, words):
    refused(lambda: law_of(make()), error, words)


def test_masses_whose_factorials_overflow_are_no_less_masses():
    assert law_of(Poisson("a", 250)).site().variance == pytest.approx(250, rel=1e-11)
    assert law_of(NegativeBinomial("a", 40, R(3, 4))).site().mean == pytest.approx(40 / 3, rel=1e-11)


@pytest.mark.parametrize(
    ("law", "order"),
    [
        (StudentT("a", 2), 2),
        (StudentT("a", 1), 1),
        (Cauchy("a", 0, 1), 1),
        (Pareto("a", 1, R(3, 2)), 2),
        (Levy("a", 0, 1), 1),
    ],
    ids=str,
)
def test_laws_without_the_moments_that_decide(law, order):
    message = refused(
        lambda: symsched.derive(pair(law, Normal("a", 0, 1)), symsched.VP),
        DerivationError,
        f"^first differing cumulant: .*moment of order {order} does not exist",
    )
    assert "Truncate the law" in message


def test_many_equal_cumulants_in_one_of_three_pairs():
    first, second = (FiniteRV("a", table) for table in _alike())
    mixture = ProductMixture([(R(1, 3), Normal("a", 40, 1)), (R(1, 3), first), (R(1, 3), second)])
    refused(
        lambda: symsched.derive(mixture, symsched.VP), DerivationError, "modes 1 and 2 have the same cumulants.*merge"
    )


def _alike():
    """Two laws on 0 … 9 that share the moments 0 … 8."""
    masses = [R(1, 10)] * 10
    moved = [mass + R((-1) ** k * sp.binomial(9, k), 2000) for k, mass in enumerate(masses)]
    return dict(enumerate(masses)), dict(enumerate(moved))


def test_one_law_written_in_two_ways():
    refused(
        lambda: symsched.derive(pair(Exponential("a", 1), sp.stats.Gamma("a", 1, 1)), symsched.VP),
        (ValueError, DerivationError),
        "merge",
    )


def test_arguments_of_a_law_that_do_not_go_together():
    refused(
        lambda: law_of(Rademacher("a")).cdf(np.zeros((0, 3)), np.zeros(2)), ValueError, r"^shapes \(0, 3\) of s and"
    )
    refused(lambda: law_of(Normal("a", 0, 1)).flow([1, 2], [1, 2, 3]), ValueError, r"^shapes \(2,\) of s and \(3,\) of")
    points = AtomLaw(((0, 1), (1, 0)), (HALF, HALF))
    refused(lambda: points.denoiser(np.ones(3), np.ones((4, 2))), ValueError, r"^shapes \(3,\) of s and \(4, 2\) of nu")
    assert points.denoiser(np.ones(4), np.ones((4, 2))).shape == (4, 2)


def test_a_tilt_beyond_all_numbers():
    refused(lambda: law_of(Poisson("a", 2)).tilt(1e300), ValueError, r"^u = 1.0*E\+300 is too large")
