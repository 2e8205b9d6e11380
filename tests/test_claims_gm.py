"""The ledger's claims on the Gaussian mixture: each comes out as expected, and does not when something is wrong."""

import math

import numpy as np
import pytest
import sympy as sp
from sympy.stats import Normal

from symsched.distributions.gaussian_modes.modes import GaussianModes
from symsched.distributions.named import GaussianMixture
from symsched.laws import AtomLaw, law_of
from symsched.limits.limit import derive
from symsched.predictions.clones import clone_probability, simulate_clones
from symsched.reporting.claim import Finding
from symsched.reporting.folder import ReportFolderError
from symsched.reporting.verdicts import Verdict, deterministic
from symsched.schedules.interpolant import VP
from symsched.schedules.schedule import plain
from symsched.simulation.simulate import simulate
from symsched.symbols import t
from symsched.validation.claim import claims
from symsched.validation.claims import gm_02_plain as plain_steps
from symsched.validation.claims import gm_03_root_d as root_d
from symsched.validation.claims import gm_04_first_half_vp as first_half
from symsched.validation.claims import gm_05_second_half_vp as second_half
from symsched.validation.claims import gm_06_weight as weight
from symsched.validation.claims import gm_07_constant_steps as constant_steps
from symsched.validation.claims import gm_08_dilated_ve as dilated_ve
from symsched.validation.claims import gm_09_trigonometric_ve as trigonometric
from symsched.validation.claims import gm_10_speciation as speciation
from symsched.validation.claims import gm_18_trigonometric_ve_steps as trigonometric_steps
from symsched.validation.claims import gm_case
from symsched.validation.claims.gm_exact import ExactMixture
from symsched.validation.claims.gm_sums import draw_paths
from symsched.validation.effort import Effort
from symsched.validation.reproduction import reproduce, told

QUICK = Effort(quick=True)
CLAIMS = [(name, check) for name, check in told() if name.startswith("gm_") and name not in dict(claims())]
HALF = sp.Rational(1, 2)
WRONG = AtomLaw((1, -1), (sp.Rational(7, 10), sp.Rational(3, 10)))
"""The effective law of another weight."""


def fails(rows):
    return any(row.verdict is Verdict.FAILS for row in rows)


@pytest.mark.parametrize(("name", "check"), CLAIMS, ids=[name for name, _ in CLAIMS])
def test_claim_comes_out_as_expected(name, check):
    claim = check(QUICK)
    assert claim.as_expected, [row for row in claim.rows if row.verdict is Verdict.FAILS]
    assert claim.number == int(name[3:5])
    assert claim.formula
    assert claim.charts
    assert claim.holds == (claim.number != 18)
    if claim.holds:
        assert sum(row.verdict is Verdict.AGREES for row in claim.rows) >= 0.8 * len(claim.rows)


def test_order_in_which_claims_are_told():
    numbers = [int(name[3:5]) for name, _ in told()]
    assert numbers[numbers.index(9) + 1] == 18
    assert sorted(numbers) == sorted(set(numbers))
    assert [n for n in numbers if n <= 10] == list(range(1, 11))


class TestNegativeControls:
    """A wrong schedule, weight, formula or law makes the rows fail that otherwise agree."""

    @pytest.mark.parametrize("name", ["vp", "ve"])
    def test_plain_schedule_sampled_with_the_dilated_one(self, name):
        rows = plain_steps.plain_rows(name, QUICK, (10_000,), gm_case.limit(name).schedule)
        assert sum(row.verdict is Verdict.FAILS for row in rows) >= 2

    def test_weight_recursion_of_another_law(self):
        assert fails(root_d.weight_rows(QUICK, (10_000,), (1.0,), WRONG))

    def test_width_at_another_number_of_steps(self):
        formula = root_d.plain_width()
        predicted = float(formula.subs(root_d.width_ratio, sp.Rational(11, 20)))
        assert abs(predicted - root_d.long_product(0.5)) > 0.02

    def test_paths_of_another_schedule_do_not_approach_the_limit(self):
        limit = gm_case.limit("vp")
        errors = first_half.path_errors(QUICK, limit, plain(gm_case.interpolant("vp")))
        assert fails(first_half._rate_rows(errors))
        assert fails(first_half.law_rows(QUICK, limit, gm_case.limit("vp-trig").schedule)) is False
        assert fails(first_half.law_rows(QUICK, limit, plain(gm_case.interpolant("vp"))))

    def test_equation_of_another_interpolant(self):
        other = derive(GaussianMixture(sp.Rational(7, 10), 1, HALF), VP)
        assert all(row.verdict is Verdict.FAILS for row in first_half.equation_rows(other))
        assert fails(second_half.exact_rows(gm_case.limit("vp-trig")))
        assert fails(dilated_ve.equation_rows("ve", gm_case.limit("ve-trig")))

    def test_width_of_another_grid(self):
        assert fails(second_half.width_rows(QUICK, gm_case.limit("vp"), gm_case.limit("vp-trig").schedule))

    def test_weights_of_another_law(self):
        rows = weight.sampled_rows(QUICK, gm_case.limit("vp"), WRONG, (1.0,))
        assert all(row.verdict is Verdict.FAILS for row in rows)
        assert fails(weight.quadrature_rows(WRONG))
        assert fails(weight.exact_rows(16, p=0.79))

    @pytest.mark.parametrize("name", ["vp", "ve"])
    def test_plain_schedule_moves_with_d(self, name):
        rows = constant_steps.constant_rows(name, QUICK, (10_000, 100_000_000), plain(gm_case.interpolant(name)))
        assert sum(row.verdict is Verdict.FAILS for row in rows) >= 3

    def test_width_kept_by_another_formula(self):
        assert fails(dilated_ve.width_rows(QUICK, gm_case.limit("ve"), dilated_ve.sigma))

    def test_noise_factor_of_another_interpolant(self):
        factor = trigonometric.noise_factor(gm_case.interpolant("vp-trig"))
        assert fails(trigonometric.factor_rows(QUICK, factor))

    def test_canonical_steps_do_recover_the_width(self):
        # The claim that fails would hold if Euler ran in x/α: its failure is about the scheme.
        rows = trigonometric_steps.width_rows(QUICK, 0.4932, (10_000, 1_000_000), scheme="canonical")
        assert all(row.verdict is Verdict.AGREES for row in rows)

    def test_clones_of_another_posterior(self):
        law = gm_case.effective_law(gm_case.limit("vp"))
        assert fails(speciation.clone_rows(QUICK, law, gm_case.mixture(sp.Rational(1, 2))))


class TestExactMixture:
    """The typed facts that the claims are held against, held against each other."""

    @pytest.mark.parametrize("name", ["vp", "vp-trig", "ve", "ve-trig"])
    def test_dilations_are_those_that_are_derived(self, name):
        schedule = gm_case.limit(name).schedule
        plan = schedule.plan(10, 400, 3.0)
        for k in (1, 4, 5, 7, 9):
            alpha, beta = ExactMixture.of(name, 400).amplitudes(k / 10, 3.0)
            assert alpha == pytest.approx(plan.alpha[k], rel=1e-12)
            assert beta == pytest.approx(plan.beta[k], rel=1e-12)

    def test_drawn_sums_give_the_law_of_whole_vectors(self):
        limit = gm_case.limit("vp")
        d, n = 50, 20_000
        plan = limit.schedule.plan(12, d, 3.0)
        few = draw_paths(gm_case.mixture(), plan, d, n, np.random.default_rng(0))
        whole = simulate(gm_case.mixture(), limit, d=d, n=n, steps=12, kappa=3, rng=1, method="full", keep="statistics")
        for one, other in (
            (few.mean, whole.site_mean),
            (few.mean**2, whole.site_mean**2),
            (few.variance, whole.site_variance * d / (d - 1)),
            (few.variance**2, (whole.site_variance * d / (d - 1)) ** 2),
            (few.modes, whole.modes),
        ):
            error = math.hypot(np.std(one), np.std(other)) / math.sqrt(n)
            assert abs(np.mean(one) - np.mean(other)) < 5 * error

    def test_drawn_sums_refuse_other_models(self):
        modes = GaussianModes([HALF, HALF], [[1, 0], [0, 1]], 1)
        with pytest.raises(TypeError, match="mixture of Gaussian product laws"):
            draw_paths(modes, gm_case.limit("vp").schedule.plan(4, 100, 3.0), 100, 2, np.random.default_rng(0))


class TestClones:
    """φ runs from Σ w² to 1, on the line and in space, and simulated clones follow it."""

    @pytest.mark.parametrize(
        "law",
        [
            AtomLaw((1, -1), (sp.Rational(4, 5), sp.Rational(1, 5))),
            AtomLaw((0, 2, 5), (sp.Rational(1, 5), sp.Rational(1, 2), sp.Rational(3, 10))),
            AtomLaw((sp.Tuple(1, 0), sp.Tuple(0, 1), sp.Tuple(-1, -1)), (HALF, sp.Rational(1, 4), sp.Rational(1, 4))),
        ],
    )
    def test_ends(self, law):
        squares = sum(float(w) ** 2 for w in law.weights)
        assert clone_probability(law, 0.0).value == pytest.approx(squares, abs=1e-9)
        assert clone_probability(law, 30.0).value == pytest.approx(1.0, abs=1e-9)
        values = [clone_probability(law, s).value for s in (0.0, 0.5, 1.0, 2.0, 4.0)]
        assert values == sorted(values)

    def test_space_agrees_with_the_line(self):
        line = clone_probability(AtomLaw((1, -1), (HALF, HALF)), 1.3)
        root = 1 / sp.sqrt(2)
        plane = clone_probability(AtomLaw((sp.Tuple(root, root), sp.Tuple(-root, -root)), (HALF, HALF)), 1.3)
        assert abs(line.value - plane.value) < 5 * plane.standard_error + 1e-6

    def test_three_directions_by_simulation(self):
        centre = -HALF
        quarter = sp.Rational(1, 4)
        gram = [[1, centre, centre], [centre, 1, centre], [centre, centre, 1]]
        modes = GaussianModes([HALF, quarter, quarter], gram, HALF)
        law = AtomLaw(tuple(sp.Tuple(*row) for row in modes.centres), modes.weights)
        d = 400
        for strength in (0.7, 1.5):
            predicted = clone_probability(law, strength / math.sqrt(1 + 0.25 * strength**2 / d))
            seen = simulate_clones(modes, strength / math.sqrt(d), d=d, n=4_000, rng=np.random.default_rng(3))
            assert abs(seen.value - predicted.value) < 5 * math.hypot(seen.standard_error, predicted.standard_error)

    def test_refusals(self):
        law = AtomLaw((1, -1), (HALF, HALF))
        with pytest.raises(ValueError, match="s must not be negative"):
            clone_probability(law, -1.0)
        with pytest.raises(TypeError, match="finitely many atoms"):
            clone_probability(law_of(Normal("g", 0, 1)), 1.0)
        with pytest.raises(ValueError, match="psi must not be negative"):
            simulate_clones(gm_case.mixture(), -0.1, d=10, n=10, rng=np.random.default_rng(0))


def small(number, *, interrupt=False):
    def check(effort):
        if interrupt:
            raise KeyboardInterrupt
        row = deterministic("one", 1.0, 1.0 + effort.seed, 1e-9)
        return Finding(number, f"claim {number}", "One is one.", (sp.Eq(t, t, evaluate=False),), (row,))

    return f"gm_{number:02d}_small", check


class TestReproduce:
    """The driver: settings, order, interruption, folders."""

    def test_settings_and_order(self, tmp_path):
        ledger = reproduce(tmp_path / "out", quick=True, progress=False, checks=(small(1), small(2)))
        assert [claim.number for claim in ledger.claims] == [1, 2]
        assert ledger.passed
        assert ledger.settings["effort"] == "quick"
        assert ledger.settings["seed"] == 0
        assert {"Python", "NumPy", "SciPy", "SymPy", "processor cores"} <= set(ledger.settings)
        assert ledger.settings["claims finished"] == "2 of 2"
        assert all(claim.seconds > 0 for claim in ledger.claims)
        assert (tmp_path / "out" / "index.html").exists()

    def test_seed_reaches_the_claims(self):
        assert not reproduce(quick=True, progress=False, seed=1, checks=(small(1),)).passed

    def test_an_interrupted_run_leaves_what_it_has(self, tmp_path):
        checks = (small(1), small(2, interrupt=True), small(3))
        with pytest.raises(KeyboardInterrupt):
            reproduce(tmp_path / "out", quick=True, progress=False, checks=checks)
        page = (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
        assert "claim 1" in page
        assert "1 of 3" in page

    def test_a_folder_that_cannot_be_written_is_refused_first(self, tmp_path):
        (tmp_path / "file").write_text("taken")
        called = []
        checks = (("gm_01_never", called.append),)
        with pytest.raises(ReportFolderError, match="needs a folder"):
            reproduce(tmp_path / "file", quick=True, progress=False, checks=checks)
        assert not called

    def test_same_seed_same_numbers(self):
        one, other = (trigonometric.end_rows(QUICK) for _ in range(2))
        assert [row.measured for row in one] == [row.measured for row in other]
        changed = trigonometric.end_rows(Effort(quick=True, seed=1))
        assert [row.measured for row in one] != [row.measured for row in changed]
