"""Designs whose rows are found for the limit's own laws: what they promise, against samples, loops and other rules."""

import json
import math
from copy import deepcopy
from dataclasses import replace

import numpy as np
import pytest
import sympy as sp
from scipy import integrate, optimize, special, stats

import symsched
from symsched import VP, derive, design, parse, predict, simulate
from symsched.laws import AtomLaw
from symsched.predictions.designs.learned.design import LearnedDesign
from symsched.predictions.designs.learned.search import learned_design
from symsched.predictions.designs.learned.window import Choice, Window, best_window, weight_tables
from symsched.zoo import find

R = sp.Rational


@pytest.fixture(scope="module")
def variances():
    return design(derive(parse("3/10*Normal(0, 3/2) + 7/10*Normal(0, 1/2)"), VP), 3)


@pytest.fixture(scope="module")
def spins():
    return design(derive(symsched.CurieWeiss(2, R(7, 10)), VP), 3)


def test_three_evaluations_do_for_two_variances_at_every_dimension(variances):
    assert isinstance(variances, LearnedDesign)
    assert variances.evaluations == 3
    assert variances.predicted.weight < 0.01
    assert variances.predicted.width < 0.05
    assert variances.valid_from <= 1e4
    assert all(variances.plan(d).evaluations == 3 for d in (1e4, 1e8, 1e12))


def test_an_undecided_path_lands_where_both_variances_are_equally_likely(variances):
    """X* solves E log p_1/p_2 = 0 over y = (1 + X) z: by quadrature, with nothing of the package."""
    psi, (wide, narrow) = float(variances.table.rows.nodes[0]), (9 / 4, 1 / 4)

    def odds(shift):
        def ratio(z):
            y = (1 + shift) * z
            return stats.norm.logpdf(y, scale=math.sqrt(1 + psi**2 * wide)) - stats.norm.logpdf(
                y, scale=math.sqrt(1 + psi**2 * narrow)
            )

        return integrate.quad(lambda z: stats.norm.pdf(z) * ratio(z), -9, 9)[0]

    tie = optimize.brentq(odds, psi**2 / 2 * narrow, psi**2 / 2 * wide)
    assert variances.table.gap.tie == pytest.approx(tie, abs=2e-3)
    # The control: half way between the variances is not where it lies.
    assert abs(psi**2 / 2 * (wide + narrow) / 2 - tie) > 0.05


def test_samples_do_what_two_variances_promise(variances):
    mixture, d = variances.limit.distribution, 10_000
    run = simulate(mixture, variances, d=d, n=6_000, rng=5, keep="statistics")
    told = predict(variances.limit, d=d, schedule=variances)
    for k, (weight, width) in enumerate(((0.3, 1.5), (0.7, 0.5))):
        seen, site = run.weights[k], run.sites[k].variance
        assert abs(seen.value - told[k].weight) < 4 * seen.standard_error
        assert abs(told[k].weight - weight) < 0.01
        assert abs(site.value - told[k].site_variance) < 4 * site.standard_error + 1e-3
        assert math.sqrt(site.value) == pytest.approx(width, rel=0.05)


def test_a_plain_loop_over_whole_vectors_has_the_same_weights(variances):
    """Whole vectors of 4000 coordinates through the printed numbers, with posteriors written out here."""
    table, d, n, p = variances.to_dict(), 4_000, 300, 0.3
    rng = np.random.default_rng(1)
    z = rng.standard_normal((n, d))

    def mean(psi, y):
        spreads = 1 + psi**2 * np.array([9 / 4, 1 / 4])
        logs = [-np.sum(y**2, axis=1) / (2 * s) - d / 2 * np.log(s) for s in spreads]
        first = special.expit(logs[0] - logs[1] + math.log(p / (1 - p)))[:, None]
        return psi * y * (first * 9 / 4 / spreads[0] + (1 - first) / 4 / spreads[1])

    seen = [np.zeros_like(z)]
    psis = [0.0]
    for slope in table["slopes"]:
        psi = slope["strength"] * d ** -slope["exponent"]
        bent = slope["known"] * z + sum(c * seen[int(i)] / psis[int(i)] for i, c in slope["read"].items())
        seen.append(mean(psi, z + psi**2 / 2 * bent))
        psis.append(psi)
    window = len(table["slopes"]) - 1
    columns = [0, *range(window + 1, window + 1 + len(table["nodes"]))]
    for psi, row in zip(table["nodes"][1:], table["rows"], strict=True):
        seen.append(mean(psi, z + sum(c * seen[i] for c, i in zip(row, columns, strict=False) if i < len(seen))))
    out = table["output"][0] * z + sum(e * seen[i] for e, i in zip(table["output"][1:], columns, strict=True))
    wide = np.mean(out**2, axis=1) > 1
    told = predict(variances.limit, d=d, schedule=variances)[0].weight
    assert abs(wide.mean() - told) < 4 * math.sqrt(told * (1 - told) / n)
    assert np.mean(out[wide] ** 2) == pytest.approx(9 / 4, rel=0.05)


def test_three_evaluations_do_for_curie_weiss(spins):
    assert spins.evaluations == 3
    assert spins.predicted.weight < 0.01
    assert spins.predicted.width < 0.05
    run = simulate(spins.limit.distribution, spins, d=10_000, n=3_000, rng=2, keep="statistics")
    magnetisation = optimize.brentq(lambda m: m - math.tanh(2 * m), 0.5, 1)
    weight = special.expit(2 * 0.7 * magnetisation)
    heavy = int(np.argmax([one.value for one in run.weights]))
    assert abs(run.weights[heavy].value - weight) < 4 * run.weights[heavy].standard_error + 0.01
    assert abs(run.sites[heavy].mean.value) == pytest.approx(magnetisation, abs=0.004)


def test_three_evaluations_do_for_a_third_cumulant():
    laws = [AtomLaw((-sign * R(1, 2), sign * sp.S(2)), (R(4, 5), R(1, 5))) for sign in (1, -1)]
    found = design(derive(symsched.ProductMixture([(R(7, 10), laws[0]), (R(3, 10), laws[1])]), VP), 3)
    assert isinstance(found, LearnedDesign)
    assert found.predicted.weight < 0.01
    assert found.predicted.width < 0.05
    assert found.valid_from <= 1e4
    run = simulate(found.limit.distribution, found, d=10_000, n=1_500, rng=3, keep="statistics")
    told = predict(found.limit, d=10_000, schedule=found)
    assert abs(run.weights[0].value - told[0].weight) < 4 * run.weights[0].standard_error
    assert r"\hat\psi" in found.latex()
    assert "psihat" in found.to_text()


def test_five_evaluations_do_for_a_tree_whose_branch_parts_by_variances():
    """Two evaluations find the branch's mean, which then stands for E a: weights and sites, against samples."""
    limit = derive(parse("7/20*Normal(1, 3/2) + 1/4*Normal(1, 1/2) + 2/5*Normal(-1, 4/5)"), VP)
    found = learned_design(limit, 5, weights=None, widths=None, row=True)
    assert found is not None
    assert found.evaluations == found.plan(1e6).evaluations == 5
    assert found.predicted.worst < 1
    d = 10_000
    assert found.errors_at(d).weight < 0.01
    run = simulate(limit.distribution, found, d=d, n=3_000, rng=3, keep="statistics")
    told = predict(limit, d=d, schedule=found)
    for k, (weight, mean, width) in enumerate(((0.35, 1, 1.5), (0.25, 1, 0.5), (0.4, -1, 0.8))):
        assert abs(run.weights[k].value - weight) < 4 * run.weights[k].standard_error + 0.005
        assert abs(run.weights[k].value - told[k].weight) < 4 * run.weights[k].standard_error
        assert run.sites[k].mean.value == pytest.approx(mean, abs=0.05 * width)
        assert run.sites[k].variance.value == pytest.approx(width**2, rel=0.1)
    assert "A = (D_2 - v psi_2 y_2)" in found.to_text()
    assert r"A &= (D_2" in found.latex()
    json.dumps(found.to_dict(), allow_nan=False)
    # The control: without what stands for E a the modes of the branch are not told apart.
    lost = predict(limit, d=1e8, schedule=replace(found.plan(1e8), B=0.9 * found.plan(1e8).B))
    assert max(abs(one.weight - w) for one, w in zip(lost, (0.35, 0.25, 0.4), strict=True)) > 0.02


def test_three_directions_need_three_evaluations_for_a_range_of_widths():
    limit = derive(find("gaussian-triangle").distribution(), VP)
    found = design(limit, 3)
    assert found.evaluations == 3
    assert found.widths is not None
    assert found.predicted.worst < 1
    assert found.valid_from <= 1e4
    run = simulate(limit.distribution, found, d=10_000, n=3_000, rng=4, keep="statistics")
    for seen, weight in zip(run.weights, (0.5, 0.3, 0.2), strict=True):
        assert abs(seen.value - weight) < 4 * seen.standard_error + 0.003
    # Beyond the range: the printed rows carry the noise of a coordinate of deviation σ in a plain loop.
    table = found.to_dict()
    for width in (found.widths[0] / 1.5, found.widths[1] * 1.5):
        seen: list[float] = [0.0]
        for k, psi in enumerate(table["nodes"]):
            y = 1 + sum(c * one for c, one in zip(table["rows"][k - 1], seen, strict=False)) if k else 1.0
            seen.append(psi * width**2 / (1 + psi**2 * width**2) * y)
        noise = table["output"][0] + sum(e * one for e, one in zip(table["output"][1:], seen, strict=True))
        told = found.sensitivities[f"σ = {width:.3g}"]
        # What paths miss of the mean comes on top.
        assert 0.99 * abs(noise / width - 1) < told.width < abs(noise / width - 1) + 0.02
        assert told.width > found.predicted.width
    # The centre of the modes is 0, which the row knows: it says what a shift costs.
    assert not found.blind
    assert found.sensitivities["data shifted by 10 % of half the distance of the modes"].weight > 0.01


def test_one_mode_has_a_design():
    found = design(derive(find("curie-weiss-hot").distribution(), VP), 3)
    assert found.table.inside == 0
    assert found.predicted.width < 0.05
    assert "D_0 = E a" in found.to_text()


def test_the_window_of_one_node_is_the_best_that_is_known():
    """Two modes about a known middle: 1.4e-3 at s = 1.157; by a plain bisection at every weight."""
    tables = weight_tables(2, np.array([0.5, 0.5]))
    choice = Choice(np.array([[1.0], [-1.0]]))
    window, error = best_window(choice, tables, 1, free=True)
    assert error == pytest.approx(1.4e-3, abs=1e-4)
    s, c = float(window.strengths[0]), float(window.rows[0, 0])
    for p in (0.6, 0.8, 0.97):
        lean = math.log(p / (1 - p)) / 2
        edge = optimize.brentq(lambda nu, p=p, lean=lean: lean + s * (nu + c * (2 * p - 1)), -9, 9)
        assert abs(special.ndtr(-edge) - p) < 1.5e-3
    # The control: another strength loses more.
    assert choice.error(Window(1.5 * window.strengths, window.rows, window.readout), tables) > 0.01


def test_what_it_shows(variances, spins):
    assert repr(variances).startswith("<Design of 3 evaluations, 1 in the window")
    assert r"\psi_{1} &=" in variances.latex()
    assert "d^{-0.25}" in variances.latex()
    assert "(D_i - D_0)/\\psi_i" in variances.latex()
    assert len(variances.to_text().splitlines()) == 5
    json.dumps(variances.to_dict(), allow_nan=False)
    assert len(variances.sigmas(1e6)) == 4
    off = variances.sensitivities
    assert off["D larger by 1 %"].worst < 2
    assert off["middle of the modes off by 10 % of half their distance"].weight > variances.predicted.weight
    assert variances.blind
    assert not spins.blind
    assert math.isfinite(variances.least_dimension)
    with pytest.raises(ValueError, match="needs a d of at least"):
        variances.plan(variances.least_dimension / 2)


def test_a_blind_table_follows_a_common_shift_of_the_data(variances):
    plan, moved = variances.plan(1e6), 0.0
    for k in range(plan.steps):
        moved = plan.A[k] * moved + plan.B[[k]].sum()
    assert moved == pytest.approx(1.0, abs=1e-9)


def test_ranges_are_taken_where_they_mean_something(variances):
    limit = variances.limit
    narrow = design(limit, 2, weights=(0.2, 0.4))
    assert narrow.evaluations == 2
    with pytest.raises(ValueError, match="widths is a range for normal coordinates"):
        design(limit, 3, widths=0.5)
    last = design(limit, 3, output="last")
    assert last.table.rows.output[0] == 0
    triangle = derive(find("gaussian-triangle").distribution(), VP)
    assert design(triangle, 3, widths=0.5).widths == (0.5, 0.5)
    with pytest.raises(ValueError, match="weights is a range for two modes"):
        design(triangle, 3, weights=(0.2, 0.5))
    assert (
        learned_design(derive(find("weak-separation").distribution(), VP), 4, weights=None, widths=None, row=True)
        is None
    )


def test_a_table_does_not_depend_on_the_unit_of_the_data():
    """Coordinates a million times larger have the same table but for that factor."""
    plain, large = (
        design(derive(parse(text), VP), 3)
        for text in (
            "2/5*Normal(1, 1) + 3/5*Normal(-1, 2)",
            "2/5*Normal(1000000, 1000000) + 3/5*Normal(-1000000, 2000000)",
        )
    )
    assert large.predicted.width == pytest.approx(plain.predicted.width, rel=0.05)
    assert large.table.rows.nodes * 1e6 == pytest.approx(plain.table.rows.nodes, rel=1e-3)
    assert plain.least_dimension == pytest.approx(large.least_dimension, rel=1e-3)


def test_designs_are_told_apart_by_identity_and_can_be_kept_in_a_set(variances, spins):
    assert deepcopy(variances) != variances
    assert len({variances, spins, variances}) == 2


def test_what_is_predicted_is_for_the_weights_that_were_asked(variances):
    rare = design(variances.limit, 2, weights=0.02)
    assert rare.weights == (0.98, 0.98)
    assert rare.to_dict()["weights"] == [0.98, 0.98]
    # Of one weight the window stores the answer: it is far better than one for all.
    assert rare.predicted.weight < design(variances.limit, 2).predicted.weight
    with pytest.raises(TypeError, match="robust must be True or False"):
        design(variances.limit, 3, robust="yes")


def three_atoms(share):
    """A law of mean 0, variance 1 and fourth cumulant 1/(2p) − 3."""
    place = 1 / sp.sqrt(2 * share)
    return AtomLaw((-place, sp.S.Zero, place), (share, 1 - 2 * share, share))


def test_modes_that_part_too_late_for_found_rows_have_a_grid_that_says_what_it_loses():
    """Fourth cumulants 2e-4 apart: the window ends before the data from d ~ 10^10 on. It was a bare max() error."""
    near = symsched.ProductMixture([(R(1, 2), three_atoms(R(1, 4))), (R(1, 2), three_atoms(R(2500, 10001)))])
    limit = derive(near, VP)
    assert learned_design(limit, 4, weights=None, widths=None, row=True) is None
    found = design(limit, 4)
    assert found.predicted.weight > 0.2
    assert abs(predict(limit, d=1e8, schedule=found)[0].weight - 0.5) > 0.2


def test_a_middle_that_rows_know_of_a_fourth_cumulant_is_named():
    apart = symsched.ProductMixture([(R(1, 2), three_atoms(R(1, 4))), (R(1, 2), three_atoms(R(1, 10)))])
    found = learned_design(derive(apart, VP), 4, weights=None, widths=None, row=True)
    assert found is not None
    off = found.sensitivities["middle of the modes off by 10 % of half their distance"]
    assert off.weight > found.errors_at(1e8).weight
    assert found.sensitivities["modes closer by 10 %"] != found.errors_at(1e8)
