"""The Curie–Weiss claims hold, and what they rest on is right: each rule is also shown to fail on something wrong."""

from __future__ import annotations

import functools
import importlib
import itertools
import math

import numpy as np
import pytest
import sympy as sp

from symsched.laws import AtomLaw
from symsched.predictions.predict import predict
from symsched.reporting.claim import Finding
from symsched.reporting.verdicts import Verdict, bounded, deterministic, statistical
from symsched.schedules.interpolant import VE, VP
from symsched.schedules.plan import History
from symsched.schedules.schedule import plain
from symsched.validation.claims import (
    cw_11_modes,
    cw_12_vp_first,
    cw_13_vp_second,
    cw_14_ve,
    cw_15_fixed_steps,
    cw_16_product_form,
    cw_17_one_mode,
    cw_model,
)
from symsched.validation.claims.cw_enumeration import spin_means
from symsched.validation.claims.cw_field import Spins
from symsched.validation.claims.cw_populations import Population, draw, ends_up, run, thresholds, up_share
from symsched.validation.claims.cw_recursion import euler_plan, last_weight
from symsched.validation.effort import Effort

QUICK = Effort(quick=True)
MODULES = (
    "cw_11_modes",
    "cw_12_vp_first",
    "cw_13_vp_second",
    "cw_14_ve",
    "cw_15_fixed_steps",
    "cw_16_product_form",
    "cw_17_one_mode",
)


@functools.cache
def checked(name: str) -> Finding:
    return importlib.import_module(f"symsched.validation.claims.{name}").claim(QUICK)


def configurations(d: int) -> np.ndarray:
    return np.array(list(itertools.product((-1.0, 1.0), repeat=d)))


def gibbs(d: int, beta: float, field: float) -> tuple[np.ndarray, np.ndarray]:
    spins = configurations(d)
    mean = spins.mean(axis=1)
    mass = np.exp(d * beta * mean**2 / 2 + field * mean)
    return spins, mass / mass.sum()


class TestClaims:
    @pytest.mark.parametrize("name", MODULES)
    def test_it_comes_out_as_expected(self, name):
        claim = checked(name)
        wrong = [(row.claim, row.predicted, row.measured) for row in claim.rows if row.verdict is Verdict.FAILS]
        assert claim.as_expected and not wrong

    @pytest.mark.parametrize("name", MODULES)
    def test_it_is_told_in_full(self, name):
        claim = checked(name)
        assert claim.number == int(name[3:5])
        assert claim.formula and claim.statement and claim.charts and claim.group == "Curie–Weiss"
        assert all(len(curve.x) > 0 for chart in claim.charts for curve in chart.curves)

    @pytest.mark.parametrize("name", ["cw_12_vp_first", "cw_16_product_form"])
    def test_it_does_not_hang_on_the_seed(self, name):
        claim = importlib.import_module(f"symsched.validation.claims.{name}").claim(Effort(quick=True, seed=7))
        assert claim.as_expected

    def test_the_same_seed_gives_the_same_numbers(self):
        again = cw_13_vp_second.claim(QUICK)
        assert [row.measured for row in again.rows] == [row.measured for row in checked("cw_13_vp_second").rows]


class TestEnumeration:
    @pytest.mark.parametrize(("beta", "field"), [(0.5, 0.0), (1.0, 0.8), (2.0, math.log(2))])
    def test_it_is_the_sum_over_configurations(self, beta, field):
        spins, mass = gibbs(9, beta, field)
        law = spin_means(9, beta, field)
        for value, probability in zip(law.values, law.masses, strict=True):
            assert probability == pytest.approx(mass[np.isclose(spins.mean(axis=1), value)].sum(), rel=1e-12)

    def test_the_law_of_the_order_parameter_is_a_gaussian_about_each_value(self):
        law = spin_means(40, 2.0, 0.5)
        generator = np.random.default_rng(0)
        drawn = generator.standard_normal(200_000) + 3 * generator.choice(law.values, p=law.masses, size=200_000)
        for place, found in zip((-2.0, 0.5), law.noisy_cdf(3.0, np.array([-2.0, 0.5])), strict=True):
            assert abs(np.mean(drawn <= place) - found) < 5 * math.sqrt(found * (1 - found) / 200_000)


class TestField:
    @pytest.mark.parametrize("beta", [0.5, 1.0, 1.1, 2.0])
    @pytest.mark.parametrize("psi", [0.05, 0.4, 2.0])
    def test_it_is_the_sum_over_configurations(self, beta, psi):
        d = 10
        spins, mass = gibbs(d, beta, 0.7)
        y = np.random.default_rng(1).standard_normal(d) + psi
        posterior = mass * np.exp(psi * (spins @ y))
        exact = (posterior / posterior.sum()) @ spins
        assert np.allclose(Spins(d, beta, 0.7).posterior(psi, y[None])[0][0], exact, atol=2e-3)

    @pytest.mark.parametrize("d", [200, 5000])
    def test_it_is_exact_at_larger_d(self, d):
        model = cw_model.limit_of(VP).distribution.model(d)
        y = np.random.default_rng(2).standard_normal((3, d)) * np.array([[1.0], [1.0], [0.5]])
        for strength in (0.3, 3.0):
            psi = strength / math.sqrt(d)
            mean, up = cw_model.spins(d).posterior(psi, y)
            other, basins = model.posterior(psi, y)
            assert np.allclose(mean, other, atol=1e-9)
            assert np.allclose(up, basins[:, 1], atol=1e-9)

    def test_counts_stand_for_repeated_coordinates(self):
        y = np.array([[0.3, -1.0, 0.8]])
        counts = np.array([[30.0, 50.0, 20.0]])
        spins = Spins(100, 2.0, 0.5)
        full = spins.posterior(0.2, np.repeat(y, counts[0].astype(int), axis=1))[0]
        assert np.allclose(spins.posterior(0.2, y, counts)[0], full[:, [0, 30, 80]], atol=1e-12)


class TestPopulations:
    def test_cells_hold_standard_normal_coordinates(self):
        population = draw(10**6, 50, 300, np.random.default_rng(3))
        assert np.all(population.counts.sum(axis=1) == 10**6)
        sums = population.total(population.z) / 1000
        assert abs(sums.mean()) < 5 / math.sqrt(50)
        assert np.allclose(population.total(population.z**2) / 10**6, 1, atol=5 * math.sqrt(2e-6) + 2e-4)

    def test_a_population_can_be_started_anywhere(self):
        population = draw(10**4, 3, 300, np.random.default_rng(4)).started_at(np.array([-1.0, 0.0, 2.0]))
        assert np.allclose(population.total(population.z) / 100, [-1, 0, 2], atol=1e-10)

    def test_cells_and_coordinates_move_alike(self):
        plan = euler_plan(cw_model.limit_of(VP), 20, 2000)
        generator = np.random.default_rng(5)
        spins = cw_model.spins(2000)
        full = draw(2000, 4, 2000, generator).started_at(np.array([0.5, 1.0, -1.5, 2.0]))
        cells = draw(2000, 40, 400, generator).started_at(np.repeat([0.5, 1.0, -1.5, 2.0], 10))
        one = full.total(run(spins, plan, full)[0]) / 2000
        many = (cells.total(run(spins, plan, cells)[0]) / 2000).reshape(4, 10)
        # Both fluctuate like √(Λ''/χ/d) about the same mean.
        assert np.all(np.abs(one - many.mean(axis=1)) < 5 * math.sqrt(0.1 / 2000 * 1.1))

    def test_the_deciding_start_gives_the_share_of_paths(self):
        plan = euler_plan(cw_model.limit_of(VP), 20, 100)
        spins = cw_model.spins(100)
        shares = up_share(spins, plan, draw(100, 40, 200, np.random.default_rng(6)))
        counted = np.mean(ends_up(spins, plan, draw(100, 4000, 200, np.random.default_rng(7))))
        error = math.sqrt(shares.mean() * (1 - shares.mean()) / 4000)
        assert abs(counted - shares.mean()) < 5 * error

    def test_a_threshold_divides_the_signs(self):
        schedule = cw_model.limit_of(VP).schedule
        ratios, node = cw_13_vp_second.ratio_nodes(schedule, 500, (8, 24))
        z = np.sort(np.random.default_rng(8).standard_normal((2, 500)), axis=1) + np.array([[0.05], [-0.08]])
        population = Population(500, z, np.ones_like(z))
        found, side = thresholds(cw_model.spins(500), population, ratios, node)
        from symsched.validation.claims.cw_populations import flow

        states, _ = flow(cw_model.spins(500), population, ratios)
        assert np.all((states[-1] > 0) == (states[node] > (side * found)[:, None]))


class TestRecursion:
    def test_the_weight_is_the_one_predicted(self):
        limit = cw_model.limit_of(VE)
        assert last_weight(limit, euler_plan(limit, 20), 1e100) == pytest.approx(
            predict(limit, 20, kappa=3)[-1].weight, abs=1e-12
        )


class TestQuantiles:
    @pytest.mark.parametrize("start", [-1.0, 0.3, 2.5])
    def test_they_are_those_of_the_law(self, start):
        law = AtomLaw((sp.Float("-0.9"), sp.Float("0.9")), (sp.Rational(1, 5), sp.Rational(4, 5)))
        assert cw_model.quantile_flow((0.2, 0.8), (-0.9, 0.9), 2.0, start) == pytest.approx(law.flow(2.0, start))


class TestWrongTheoriesFail:
    def test_11_a_field_off_by_a_hundredth(self):
        predicted = cw_11_modes.derived(cw_model.limit_of(VP))
        right = cw_11_modes.extrapolated(2000, 2.0, math.log(2))
        wrong = cw_11_modes.extrapolated(2000, 2.0, math.log(2) * 1.0001)
        assert deterministic("w", predicted[1], right[1], 1e-8).verdict is Verdict.AGREES
        assert deterministic("w", predicted[1], wrong[1], 1e-8).verdict is Verdict.FAILS

    def test_11_a_rate_of_one_half(self):
        sizes = (1000, 10_000, 100_000)
        assert bounded("r", cw_model.slope(sizes, [d**-0.5 for d in sizes]), -1.05, -0.95).verdict is Verdict.FAILS

    def test_12_the_equation_of_another_field(self):
        other = cw_model.limit_of(VP, field=sp.S.Zero).phases[0]
        assert all(row.verdict is Verdict.FAILS for row in cw_12_vp_first.end_rows(other))
        errors = cw_12_vp_first.coupled(other, (64, 256, 1024), 6, 0)
        assert cw_model.slope((64, 256, 1024), errors[:, 0]) > -0.3

    def test_13_the_threshold_of_another_coupling(self):
        other = cw_model.limit_of(VP, sp.Rational(19, 10))
        rows, _ = cw_13_vp_second.threshold_rows(other, (10**6,), 4, QUICK)
        assert rows[0].verdict is Verdict.FAILS

    def test_14_the_equation_of_the_other_interpolant(self):
        vp = cw_model.limit_of(VP).phases[0]
        assert all(row.verdict is Verdict.FAILS for row in cw_14_ve.first_half_rows(vp))

    def test_15_the_plain_schedule(self):
        limit = cw_model.limit_of(VP)
        target = predict(limit, 20, kappa=3)[-1].weight
        found = cw_15_fixed_steps.weight_at(10**6, plain(VP).plan(20, 10**6), 6, 0)
        assert deterministic("w", target, found.value, 2e-5).verdict is Verdict.FAILS
        assert found.value > 0.9

    def test_15_a_field_that_does_not_answer(self):
        limit = cw_model.limit_of(VE)
        found = cw_15_fixed_steps.spin_mean_at(10**8, euler_plan(limit, 20, 10**8), 16, 600, 1)
        right = predict(limit, 20, kappa=3)[-1].site_mean
        # The same recursion for a path that has chosen its mode, the field kept at βm.
        plan, m = euler_plan(limit, 20), cw_model.magnetisation()
        z = np.linspace(-6.5, 6.5, 200_001)
        mass = np.exp(-(z**2) / 2)
        x, history = plan.alpha[0] * z, History(plan)
        for k in range(20):
            history.advance(k, x, np.tanh(2 * m + plan.psi[k] * x / plan.alpha[k]))
        wrong = float(mass @ x / mass.sum())
        assert statistical("m", right, found.value, found.standard_error, allowance=2e-5).verdict is Verdict.AGREES
        assert statistical("m", wrong, found.value, found.standard_error, allowance=2e-5).verdict is Verdict.FAILS

    def test_16_the_error_without_what_y_leaves_hidden(self):
        limit = cw_model.limit_of(VP)
        square, error = cw_16_product_form.measured_error(4000, 0.5, 100, 0)
        predicted = cw_16_product_form.predicted_error(limit, 0.5) ** 2
        assert statistical("e", predicted, square, error).verdict is Verdict.AGREES
        assert statistical("e", 4 * predicted, square, error).verdict is Verdict.FAILS

    def test_17_the_plain_ve_schedule(self):
        rows = cw_17_one_mode.sampling_rows(VE, "VE", QUICK, plain(VE))
        assert [row.verdict for row in rows if "variance" in row.claim or "0.99" in row.claim] == [Verdict.FAILS] * 2
