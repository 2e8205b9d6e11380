"""validate(): what is right passes, what is wrong fails, and what cannot be decided yet says so."""

import dataclasses
import json
import math

import pytest
import sympy as sp
from sympy.stats import Gamma, Laplace, Normal, Rademacher

import symsched
from symsched.laws import AtomLaw
from symsched.reporting.verdicts import Row, Verdict, bounded, deterministic, statistical
from symsched.schedules.schedule import custom, dilate, plain
from symsched.symbols import d, kappa, t
from symsched.validation import validate as validation
from symsched.zoo import find

pytestmark = pytest.mark.slow

HALF = sp.Rational(1, 2)
PAIR = symsched.GaussianMixture(sp.Rational(4, 5), 1, HALF)
VARIANCES = symsched.ProductMixture(
    [(sp.Rational(3, 10), Normal("a", 0, sp.Rational(3, 2))), (sp.Rational(7, 10), Normal("a", 0, HALF))]
)
TRIANGLE = symsched.GaussianModes(
    [HALF, sp.Rational(1, 3), sp.Rational(1, 6)], [[1, -HALF, -HALF], [-HALF, 1, -HALF], [-HALF, -HALF, 1]], HALF
)
SPINS_OR_NORMAL = symsched.ProductMixture([(HALF, Rademacher("a")), (HALF, Normal("a", 0, 1))])
SMALL = {"dimensions": (1_000, 10_000), "n": 1_000, "steps": 20}
PAPER_WINDOW = dilate(symsched.VP, [("speciation", HALF, 1), ("data", sp.S.Zero, None)])


def failures(report):
    return [row for row in report.rows if row.verdict is Verdict.FAILS]


def with_law(limit, values, weights):
    """The limit with other atoms and weights in its first phase."""
    first, *others = limit.cascade.phases
    branch = dataclasses.replace(first.branches[0], law=AtomLaw(values, weights))
    phases = (dataclasses.replace(first, branches=(branch,)), *others)
    return dataclasses.replace(limit, cascade=dataclasses.replace(limit.cascade, phases=phases))


# What is right passes.


@pytest.mark.parametrize("path", [symsched.VP, symsched.VE], ids=["VP", "VE"])
@pytest.mark.parametrize(
    ("distribution", "settings"),
    [
        (PAIR, SMALL),
        (symsched.CurieWeiss(2, sp.log(2)), {**SMALL, "n": 500}),
        (TRIANGLE, SMALL),
        (VARIANCES, {"dimensions": (100_000, 1_000_000), "n": 400, "steps": 30}),
        (symsched.CurieWeiss(HALF, 1), {**SMALL, "dimensions": (400, 4_000), "n": 300}),
    ],
    ids=["Gaussian mixture", "Curie–Weiss", "triangle", "two variances", "hot"],
)
def test_a_derived_limit_passes(distribution, settings, path):
    report = symsched.validate(symsched.derive(distribution, path), **settings)
    assert failures(report) == []
    assert report.passed
    numbers = [value for row in report.rows for value in (row.predicted, row.measured, row.z, row.standard_error)]
    assert not any(value is not None and math.isnan(value) for value in numbers)
    text = json.dumps(report.to_dict(), allow_nan=False)
    assert json.loads(text)["passed"] is True


def test_a_slow_limit_passes_where_it_is_expected_to_hold():
    report = symsched.validate(
        symsched.derive(SPINS_OR_NORMAL, symsched.VP), dimensions=(10**12,), n=300, steps=60, kappa=3
    )
    assert report.passed
    assert all(row.decides for row in report.rows)


def test_the_same_seed_gives_the_same_report():
    limit = symsched.derive(PAIR, symsched.VP)
    settings = {"dimensions": (1_000,), "n": 200, "steps": 10}
    first, again, other = (symsched.validate(limit, rng=seed, **settings) for seed in (7, 7, 8))
    assert first == again
    assert first.to_markdown() == again.to_markdown()
    assert first != other


# What is wrong fails.


def test_the_window_of_separated_means_fails_for_separated_variances():
    settings = {"dimensions": (100_000, 1_000_000), "n": 400, "steps": 30}
    report = symsched.validate(symsched.derive(VARIANCES, symsched.VP), schedule=PAPER_WINDOW, **settings)
    assert not report.passed
    assert {"mode 0: weight", "mode 1: weight"} <= {row.claim for row in failures(report)}
    # Before the limit decides, a distant row is "not yet", never "agrees".
    early = [row for row in report.rows if row.dimension == 100_000 and abs(row.z) > 4]
    assert early
    assert {row.verdict for row in early} == {Verdict.NOT_YET}


@pytest.mark.parametrize(
    "schedule",
    [
        plain(symsched.VP),
        dilate(symsched.VP, [("speciation", sp.Rational(1, 4), 2), ("data", sp.S.Zero, None)]),
        dilate(symsched.VP, [("speciation", sp.S.One, 1), ("data", sp.S.Zero, None)]),
        custom(symsched.VP, 2 * kappa * t / d, kappa / d + (1 - kappa / d) * (2 * t - 1)),
        custom(
            symsched.VP,
            kappa * t / (2 * sp.sqrt(d)),
            kappa / (4 * sp.sqrt(d)) + (1 - kappa / (4 * sp.sqrt(d))) * (2 * t - 1),
        ),
    ],
    ids=["plain", "a window too late", "a window too early", "the same, written out", "a quarter of kappa"],
)
def test_a_wrong_schedule_fails(schedule):
    report = symsched.validate(symsched.derive(PAIR, symsched.VP), schedule=schedule, **SMALL)
    assert not report.passed
    assert failures(report)


def test_the_right_schedule_written_by_hand_passes():
    edge = kappa / sp.sqrt(d)
    schedule = custom(symsched.VP, 2 * edge * t, edge + (1 - edge) * (2 * t - 1))
    assert symsched.validate(symsched.derive(PAIR, symsched.VP), schedule=schedule, **SMALL).passed


@pytest.mark.parametrize(
    ("values", "weights"),
    [
        ((1, -1), (sp.Rational(7, 10), sp.Rational(3, 10))),
        ((1, -1), (sp.Rational(1, 5), sp.Rational(4, 5))),
        ((sp.Rational(3, 2), -sp.Rational(3, 2)), (sp.Rational(4, 5), sp.Rational(1, 5))),
        ((HALF, -HALF), (sp.Rational(4, 5), sp.Rational(1, 5))),
    ],
    ids=["weights", "swapped weights", "atoms too far", "atoms too near"],
)
def test_a_wrong_effective_law_fails(values, weights):
    limit = symsched.derive(PAIR, symsched.VP)
    settings = {"dimensions": (1_000,), "n": 1_000, "steps": 10}
    assert symsched.validate(with_law(limit, (1, -1), (sp.Rational(4, 5), sp.Rational(1, 5))), **settings).passed
    report = symsched.validate(with_law(limit, values, weights), **settings)
    assert not report.passed
    assert all("at s = 1" in row.claim for row in failures(report))


def test_a_wrong_effective_law_of_order_two_fails():
    limit = symsched.derive(VARIANCES, symsched.VP)
    wrong = with_law(limit, (sp.Rational(3, 2), HALF), limit.phases[0].law.weights)
    report = symsched.validate(wrong, dimensions=(1_000_000,), n=400, steps=20)
    assert not report.passed


@pytest.mark.parametrize(
    "other",
    [
        symsched.GaussianMixture(sp.Rational(7, 10), 1, HALF),
        symsched.GaussianMixture(sp.Rational(4, 5), 1, 1),
        symsched.GaussianMixture(sp.Rational(4, 5), sp.Rational(11, 10), HALF),
    ],
    ids=["weight", "width", "mean"],
)
def test_the_predictions_of_another_mixture_fail(other, monkeypatch):
    """Simulated is the right mixture; predicted is what a limit with one wrong number says."""
    limit, wrong = symsched.derive(PAIR, symsched.VP), symsched.derive(other, symsched.VP)

    right = validation.predict
    monkeypatch.setattr(validation, "predict", lambda _, steps, **settings: right(wrong, steps, **settings))
    assert not symsched.validate(limit, **SMALL).passed


def test_an_exponent_off_by_one_fails():
    """A limit that puts the window of separated variances at d^−1/2 and samples by it."""
    limit = symsched.derive(VARIANCES, symsched.VP)
    first, data = limit.cascade.phases
    phases = (dataclasses.replace(first, exponent=HALF), data)
    wrong = dataclasses.replace(limit, cascade=dataclasses.replace(limit.cascade, phases=phases), dilated=PAPER_WINDOW)
    report = symsched.validate(wrong, dimensions=(10_000,), n=400, steps=30)
    assert not report.passed
    assert any("at s = 1" in row.claim for row in failures(report))


# What cannot be decided yet.


def test_a_slow_limit_is_not_called_passed_before_its_time():
    report = symsched.validate(
        symsched.derive(SPINS_OR_NORMAL, symsched.VP), dimensions=(1_000, 10_000), n=4_000, steps=60, kappa=3
    )
    assert not report.passed
    assert failures(report) == []
    assert not any(row.decides for row in report.rows)
    # κ d^−1/8 ≤ 1/10 from d = 30^8 = 6.6e11 on.
    assert all("d ≈ 6.6e+11" in row.rule for row in report.rows)
    distant = [row for row in report.rows if row.z is not None and abs(row.z) > 4]
    assert distant
    assert {row.verdict for row in distant} == {Verdict.NOT_YET}


def test_one_decided_dimension_settles_what_smaller_ones_leave_open():
    limit = symsched.derive(PAIR, symsched.VP)
    both = symsched.validate(limit, dimensions=(100, 1_000), n=300, steps=10)
    alone = symsched.validate(limit, dimensions=(100,), n=300, steps=10)
    assert both.passed
    assert not alone.passed
    assert {row.decides for row in both.rows if row.dimension == 100} == {False}


def test_verdicts_of_statistical_rows():
    inside = statistical("c", 1.0, 1.03, 0.01)
    outside = statistical("c", 1.0, 1.05, 0.01)
    allowed = statistical("c", 1.0, 1.05, 0.01, allowance=0.02, allowance_reason="bias")
    early = statistical("c", 1.0, 1.05, 0.01, allowance=10.0, allowance_reason="bias", waiting_for="larger d")
    lucky = statistical("c", 1.0, 1.03, 0.01, waiting_for="larger d")
    verdicts = [row.verdict.value for row in (inside, outside, allowed, early, lucky)]
    assert verdicts == ["agrees", "fails", "agrees", "not yet", "not yet"]
    assert [row.decides for row in (inside, outside, allowed, early, lucky)] == [True, True, True, False, False]
    # z is what the verdict uses: the distance beyond the allowance.
    assert allowed.z == pytest.approx(3)
    assert "bias" in allowed.rule
    assert "larger d" in early.rule
    assert early.z == pytest.approx(5)
    exact = statistical("c", 1.0, 1.0, 0.0)
    assert (exact.z, exact.verdict) == (0.0, Verdict.AGREES)
    certain = statistical("c", 1.0, 2.0, 0.0)
    assert (certain.z, certain.verdict) == (math.inf, Verdict.FAILS)


def test_a_report_passes_on_settled_claims_only():
    good, lucky = statistical("a", 1.0, 1.0, 0.1), statistical("b", 1.0, 1.0, 0.1, waiting_for="larger d")
    bad = statistical("b", 1.0, 9.0, 0.1)
    assert symsched.Report((good,), "").passed
    assert not symsched.Report((good, lucky), "").passed
    assert not symsched.Report((good, bad), "").passed
    assert not symsched.Report((), "").passed
    assert symsched.Report((good, lucky, statistical("b", 1.0, 1.1, 0.1)), "").passed


def test_other_verdicts():
    assert deterministic("c", 100.0, 100.05, 1e-3).verdict is Verdict.AGREES
    assert deterministic("c", 1.0, 1.01, 1e-3).verdict is Verdict.FAILS
    # 5 % of .24 is not 5 % of 1.
    assert deterministic("c", 0.24, 0.26, 0.05).verdict is Verdict.FAILS
    assert deterministic("c", 0.0, 1e-4, 1e-3, scale=1).verdict is Verdict.AGREES
    assert bounded("c", 0.4, 0.0, 0.3).verdict is Verdict.FAILS
    assert bounded("c", 0.3, 0.0, 0.3).verdict is Verdict.AGREES


@pytest.mark.parametrize("name", ["predicted", "measured", "standard_error", "z"])
def test_a_row_refuses_a_nan(name):
    numbers = {"predicted": 1.0, "measured": 1.0, "standard_error": 1.0, "z": 0.0, name: math.nan}
    with pytest.raises(ValueError, match=f"{name} = nan"):
        Row("claim", **numbers, verdict=Verdict.AGREES, rule="")


def test_a_negative_standard_error():
    with pytest.raises(ValueError, match="must be zero or positive"):
        statistical("c", 1.0, 1.0, -0.1)


def test_laws_without_a_closed_form_are_validated_too():
    mixture = symsched.ProductMixture([(HALF, Laplace("a", 1, 1)), (HALF, Normal("a", -1, 1))])
    report = symsched.validate(symsched.derive(mixture, symsched.VP), dimensions=(2_000,), n=200, steps=10)
    assert report.passed, failures(report)


@pytest.mark.parametrize(
    ("settings", "words"),
    [({"dimensions": 100}, "sequence of integers"), ({"dimensions": ()}, "at least one"), ({"n": 1}, "n must be")],
    ids=["a number", "none", "one path"],
)
def test_bad_settings_are_refused(settings, words):
    with pytest.raises((TypeError, ValueError), match=words):
        symsched.validate(symsched.derive(PAIR, symsched.VP), **settings)


def test_the_mean_of_a_critical_measure_is_predicted_at_finite_dimension(monkeypatch):
    """Curie–Weiss at β = 1 in a field d^(1/4): m = d^(−1/4) E u is far from its limit 0 even at d = 10⁶."""
    limit = symsched.derive(find("curie-weiss-critical").distribution(), symsched.VP)
    settings = {"dimensions": (1_000_000,), "n": 600, "steps": 40, "kappa": 3}
    assert symsched.validate(limit, **settings).passed
    monkeypatch.setattr(validation, "_collective_mean", lambda limit, d: 0.0)
    assert [row.claim for row in failures(symsched.validate(limit, **settings))] == ["mean of a coordinate"]


def test_weights_that_move_with_the_dimension_fail():
    limit = symsched.derive(PAIR, symsched.VP)
    settings = {"dimensions": (1_000, 10_000), "n": 4_000, "steps": 40, "kappa": 3}
    right, wrong = (symsched.validate(limit, schedule=s, **settings) for s in (None, plain(symsched.VP)))
    for part in ("change of the weight", "rate in d"):
        verdicts = [{row.verdict for row in report.rows if part in row.claim} for report in (right, wrong)]
        assert verdicts == [{Verdict.AGREES}, {Verdict.FAILS}]


def test_the_next_cumulants_move_paths_by_psi_and_weights_by_its_square():
    """Variances tell Gamma(2, 1) from a normal law; c_3 = 4 against 0 moves a path by some 0.8 ψ, measured: not ψ²."""
    skewed = symsched.ProductMixture([(sp.Rational(3, 10), Gamma("a", 2, 1)), (sp.Rational(7, 10), Normal("a", 2, 1))])
    limit = symsched.derive(skewed, symsched.VP)
    assert validation._next_separation(limit, 10**7) == pytest.approx(4 / math.sqrt(6))
    assert validation._next_separation(symsched.derive(VARIANCES, symsched.VP), 10**7) == 0
    for seed in range(3):
        report = symsched.validate(limit, dimensions=(10**6, 10**7), n=600, steps=16, rng=seed)
        assert report.passed, report.to_markdown()
        (row,) = (row for row in report.rows if row.claim.startswith("distance of order-parameter paths"))
        assert 0.03 < row.measured < 0.06 and row.predicted < 0.002
