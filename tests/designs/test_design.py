"""Tables of few evaluations: what they promise, against the exact flow, Monte Carlo and tables found elsewhere."""

import math
import warnings

import numpy as np
import pytest
import sympy as sp
from scipy import integrate, optimize, special
from sympy.stats import Normal

import symsched
from symsched.predictions.designs.search import best_table, worst
from symsched.predictions.designs.two_modes import Shape, Table, TwoModes

GM = symsched.GaussianMixture(p=sp.Rational(4, 5), m=1, sigma=sp.Rational(1, 2))
VALIDATION = TwoModes(1.0, np.linspace(0.505, 0.99, 26), np.linspace(0.3, 1.0, 15))


@pytest.fixture(scope="module")
def limit():
    return symsched.derive(GM, symsched.VP)


@pytest.fixture(scope="module")
def three(limit):
    return symsched.design(limit, evaluations=3)


def plain_loop(table, p, sigma, nu0):
    """One path at d = ∞ and the affine map of a coordinate, in the order in which a sampler would go."""
    h, known = math.log(p / (1 - p)) / 2, [2 * p - 1]
    for j in range(table.shape.window):
        nu = nu0 + sum(table.rows[j, i] * known[i] for i in range(j + 1))
        known.append(math.tanh(h + table.nodes[j] * nu))
    slopes, mode = [0.0] * len(known), None
    for j in range(table.shape.window, table.shape.evaluations):
        slope = 1 + sum(table.rows[j, i] * slopes[i] for i in range(j + 1))
        mean = sum(table.rows[j, i] * known[i] for i in range(j + 1))
        mode = math.copysign(1, mean) if mode is None else mode
        share = 1 + table.nodes[j] ** 2 * sigma**2
        known.append((mode + table.nodes[j] * sigma**2 * mean) / share)
        slopes.append(table.nodes[j] * sigma**2 * slope / share)
    return (
        mode,
        sum(e * one for e, one in zip(table.output[1:], known, strict=True)),
        table.output[0] + sum(e * one for e, one in zip(table.output[1:], slopes, strict=True)),
    )


def test_errors_are_those_of_a_plain_loop_over_paths(three):
    p, sigma, table = 0.83, 0.45, three.table
    edge = optimize.brentq(lambda nu0: plain_loop(table, p, sigma, nu0)[0], -8, 8)
    missed = sum(
        integrate.quad(
            lambda nu0: (
                math.exp(-(nu0**2) / 2)
                / math.sqrt(2 * math.pi)
                * (plain_loop(table, p, sigma, nu0)[1] - plain_loop(table, p, sigma, nu0)[0]) ** 2
            ),
            *ends,
        )[0]
        for ends in ((-8, edge - 1e-9), (edge + 1e-9, 8))
    )
    width = plain_loop(table, p, sigma, 0.3)[2]
    weight, distance = TwoModes(1.0, np.array([p]), np.array([sigma])).errors(table)
    assert weight[0] == pytest.approx(special.ndtr(-edge) - p, abs=1e-9)
    assert distance[0, 0] == pytest.approx(
        math.hypot(math.sqrt(missed), width - sigma) / sigma, rel=2e-4
    )  # twelve nodes: 6e-5


def test_a_table_found_without_this_package_has_the_errors_that_it_was_published_with():
    """Three evaluations, blind, output row: weights .0045, sites .022 of their deviation; others beside it fail."""
    shape = Shape(1, 2, row=True)
    rows = np.array([[0.979978, 0, 0, 0], [-0.66667, 0.97337, 0, 0], [0.147679, -0.202687, 1.391218, 0]])
    output = np.array([0.155714, -0.032582, 0.045679, -0.488982, 1.475885])
    table = Table(shape, np.array([0.979978, 0.30670, 1.33621]), rows, output)
    weight, width = worst([VALIDATION], table)
    assert (weight, width) == pytest.approx((0.0045, 0.0225), abs=1e-4)
    wrong = Table(shape, table.nodes, table.rows * 1.1, output)
    assert worst([VALIDATION], wrong)[1] > 2 * width


def test_three_evaluations_keep_weights_to_one_percent_and_sites_to_five(three):
    """Between the points of the optimiser, at d = ∞ and, by order parameters, at finite d."""
    weight, width = worst([VALIDATION], three.table)
    assert weight < 0.0045
    assert width < 0.0225
    assert three.predicted.weight == pytest.approx(weight, rel=0.05)
    for d in (1e4, 1e8):
        assert three.errors_at(d).weight < 0.0045
        assert three.errors_at(d).width < 0.0225
    assert three.valid_from == 1e4
    assert three.errors_at(1e3).weight > 0.01  # at 3/4, between the ends and the middle of the range


def test_two_evaluations_cannot_and_a_known_width_makes_them_enough(limit):
    with pytest.warns(UserWarning, match="2 evaluations miss what a design aims at") as told:
        missed = symsched.design(limit, 2)
    assert missed.predicted.width > 0.15
    assert f"{missed.predicted.weight:.3g} and {missed.predicted.width:.3g}" in str(told[0].message)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert symsched.design(limit, 2, widths=0.5).predicted.width < 0.05


def test_a_search_counts_its_tables_only_if_asked(limit, capsys):
    for progress in (False, True):
        symsched.design(limit, 2, widths=0.5, weights=0.8, progress=progress)
        assert ("table [" in capsys.readouterr().err) is progress


def test_more_evaluations_are_never_worse_and_start_again_at_the_same_place(limit, three):
    four = symsched.design(limit, 4)
    assert four.starts[0] <= three.starts[0]
    assert symsched.design(limit, 5).evaluations <= 5
    assert np.array_equal(symsched.design(limit, 3).table.rows, three.table.rows)


def test_a_robust_table_keeps_its_promise_where_it_is_wrong_about_the_law(limit, three):
    robust = symsched.design(limit, 3, robust=True)
    for name in ("m larger by 10 %", "m smaller by 10 %", "D larger by 1 %"):
        assert robust.sensitivities[name].weight < 0.01
        assert robust.sensitivities[name].width < 0.05
    assert three.sensitivities["m larger by 10 %"].weight > 0.01


def test_the_full_sampler_has_the_weights_and_widths_of_a_design(limit, three):
    run = symsched.simulate(GM, three, d=2_000, n=4_000, rng=3)
    plain = symsched.simulate(GM, symsched.VP, d=2_000, n=4_000, steps=4, rng=3)
    found, rival = run.weights[0], plain.weights[0]
    assert abs(found.value - 0.8) < 4 * found.standard_error + 0.01
    assert abs(rival.value - 0.8) > 0.1  # the control: as many uniform steps
    assert math.sqrt(run.sites[0].variance.value) == pytest.approx(0.5, rel=0.05)


def test_a_common_shift_of_all_data_changes_nothing(three):
    shifted = symsched.ProductMixture(
        [(sp.Rational(4, 5), Normal("a", sp.Rational(17, 10), sp.Rational(1, 2))),
         (sp.Rational(1, 5), Normal("a", -sp.Rational(3, 10), sp.Rational(1, 2)))]
    )  # fmt: skip
    here = symsched.simulate(GM, three, d=500, n=400, rng=5)
    with pytest.warns(UserWarning, match="that of another distribution"):
        there = symsched.simulate(shifted, three, d=500, n=400, rng=5)
    assert np.allclose(there.x - here.x, 0.7, atol=1e-9)


def test_a_design_goes_wherever_a_schedule_goes(limit, three, tmp_path):
    report = symsched.validate(limit, schedule=three, dimensions=(1_000, 10_000), n=1_000)
    assert report.passed
    assert not any("rate" in row.claim for row in report.rows)
    weights = symsched.predict(limit, schedule=three, d=1e6)
    assert weights[0].weight == pytest.approx(0.8, abs=0.0045)
    settings = {"dimensions": [1_000], "steps": [3, 7], "n": 200, "folder": tmp_path}
    swept = symsched.sweep(GM, {"design": three}, **settings)
    assert len(swept.cells) == 1
    assert swept.cells == symsched.sweep(GM, {"design": three}, **settings).cells
    # It settles the number of steps, which a schedule does not.
    del settings["steps"]
    assert swept.cells == symsched.sweep(GM, {"design": three}, **settings).cells
    with pytest.raises(ValueError, match="unless every schedule is a design, one number of steps"):
        symsched.sweep(GM, {"design": three, "own": limit}, **settings)
    assert len(three.sigmas(1e4)) == 4
    assert np.all(np.diff(three.sigmas(1e4)) < 0)
    assert "D_{2}" in three.latex()
    assert three.plot().axes


def test_what_no_table_is_made_for_is_refused_by_name(limit):
    far = 1 + symsched.symbols.d ** -sp.Rational(1, 8)  # at d = 10⁶ still 18 % from its limit
    moving = symsched.ProductMixture(
        [(sp.Rational(4, 5), Normal("a", far, 1)), (sp.Rational(1, 5), Normal("a", -far, 1))]
    )
    for other in (symsched.CurieWeiss(2), moving):
        with pytest.raises(ValueError, match="not of that form"):
            symsched.design(symsched.derive(other, symsched.VP), 3, widths=0.5)
    for wrong in ({"evaluations": 1}, {"evaluations": 9}, {"output": "mean"}, {"weights": (0.9, 1.2)}, {"widths": 0}):
        with pytest.raises(ValueError):
            symsched.design(limit, **{"evaluations": 3, **wrong})
    with pytest.raises(TypeError):
        symsched.design(GM, 3)
    with pytest.raises(ValueError, match="needs a d of at least"):
        symsched.design(limit, 3).plan(2)


def test_a_range_of_weights_is_that_of_both_modes(limit):
    assert symsched.design(limit, 2, weights=(0.2, 0.9)).weights == (0.5, 0.9)
    assert symsched.design(limit, 2, weights=0.2).weights == pytest.approx((0.8, 0.8))


def test_the_window_alone_reaches_the_best_known_error_of_one_blind_node():
    """Theory apart: 3.03e-3 for one evaluation read against E a, s = .97763, c = s, g = −.69502."""
    laws = TwoModes(1.0, np.linspace(0.505, 0.99, 41), np.array([0.5]))
    table, _ = best_table([laws], 2, row=True)
    assert np.abs(laws.errors(table)[0]).max() < 0.0035
