"""Designs for limits of every kind: what they promise, held against samples and against plain grids."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest
import sympy as sp

import symsched
from symsched import VP, derive, design, parse, predict, simulate
from symsched.laws import AtomLaw
from symsched.predictions.designs.grid_design import GridDesign, grid_design
from symsched.schedules.schemes import canonical
from symsched.symbols import d as dimension
from symsched.zoo import find

R = sp.Rational
SKEWED = (AtomLaw((-R(1, 2), sp.S(2)), (R(4, 5), R(1, 5))), AtomLaw((R(1, 2), sp.S(-2)), (R(4, 5), R(1, 5))))


@pytest.fixture(scope="module")
def variances():
    return design(derive(parse("3/10*Normal(0, 3/2) + 7/10*Normal(0, 1/2)"), VP), 6, robust=True)


def test_six_evaluations_do_for_two_variances_at_every_dimension(variances):
    assert isinstance(variances, GridDesign)
    assert variances.evaluations == 6
    assert variances.predicted.weight < 0.01
    assert variances.predicted.width < 0.05
    assert variances.valid_from <= 1e4
    for d in (1e4, 1e8, 1e12):
        plan = variances.plan(d)
        assert plan.evaluations == 6
        # Blind: a shift of all D by one moves the output by one, and every canonical row by its ψ.
        shifted = 0.0
        for k in range(plan.steps):
            shifted = plan.A[k] * shifted + plan.B[[k]].sum()
        assert shifted == pytest.approx(1.0, abs=1e-9)


def test_samples_do_what_a_grid_promises(variances):
    """Whole vectors at d = 10^4: weights, and the variances of the modes' coordinates."""
    mixture, d = variances.limit.distribution, 10_000
    run = simulate(mixture, variances, d=d, n=4_000, rng=5, keep="statistics")
    told = predict(variances.limit, d=d, schedule=variances)
    for k, weight in enumerate((0.3, 0.7)):
        seen = run.weights[k]
        assert abs(seen.value - told[k].weight) < 4 * seen.standard_error
        assert abs(told[k].weight - weight) < 0.01
        assert run.sites[k].variance.value == pytest.approx(told[k].site_variance, rel=0.02)


def test_euler_on_the_same_nodes_loses_a_mode(variances):
    """The control: the grid is worth little without the step over the gap."""
    ratios = variances.plan(1e8).psi
    plan = canonical(np.linspace(0, 1, len(ratios) + 1), np.append(np.ones(len(ratios)), 0.0), np.append(ratios, 1.0))
    assert abs(predict(variances.limit, d=1e8, schedule=plan)[0].weight - 0.3) > 0.2


def test_four_evaluations_do_for_a_third_cumulant():
    mixture = symsched.ProductMixture([(R(7, 10), SKEWED[0]), (R(3, 10), SKEWED[1])])
    found = design(derive(mixture, VP), 4, robust=True)
    assert found.predicted.weight < 0.01
    assert found.predicted.width < 0.05
    assert found.valid_from <= 1e4


def test_three_directions_have_a_design():
    found = design(derive(find("gaussian-triangle").distribution(), VP), 5, robust=True)
    assert found.predicted.weight < 0.02
    assert found.errors_at(1e8).worst <= found.predicted.worst * 1.2


def test_two_levels_of_means_have_rows_behind_windows_that_are_placed_node_by_node():
    """Four modes at ±1 ± d^−1/4 of one width: with that known one node behind the windows is exact."""
    limit = derive(find("two-level-tree").distribution(), VP)
    found = grid_design(limit, 5, staged=True)
    assert found.layout.counts == (2, 2, 1)
    plan, moved = found.plan(1e6), 0.0
    for k in range(plan.steps):
        moved = plan.A[k] * moved + plan.B[[k]].sum()
    assert moved == pytest.approx(1.0, abs=1e-9)
    # Decided paths: ψ σ²/(1 + ψ² σ²) of the noise is seen, and the output makes σ of it.
    table = found.to_dict()
    psi, (noise, last) = table["nodes"][-1]["strength"], table["output"]
    assert noise + last * psi / 4 / (1 + psi**2 / 4) == pytest.approx(0.5, abs=1e-3)
    assert "output" in found.to_text()
    # Samples end where the order parameters say, and the control: windows that end too early lose more.
    d = 10_000
    run = simulate(limit.distribution, found, d=d, n=2_000, rng=3, keep="statistics")
    told = predict(limit, d=d, schedule=found)
    for seen, one in zip(run.weights, told, strict=True):
        assert abs(seen.value - one.weight) < 4 * seen.standard_error
    early = replace(found.layout, places=((0.4, 1.0), (0.4, 1.0)))
    lost = replace(found, layout=early).errors_at(1e6).weight
    assert found.errors_at(1e6).weight < 0.5 * lost


def test_what_it_shows(variances):
    assert repr(variances).startswith("<Design of 6 evaluations")
    assert r"\psi_{1} &=" in variances.latex()
    assert "d^{-0.25}" in variances.latex()
    assert len(variances.to_text().splitlines()) == 7
    table = json.loads(json.dumps(variances.to_dict()))
    assert [node["phase"] for node in table["nodes"]].count("data") == variances.layout.counts[-1]
    assert len(variances.sigmas(1e6)) == 7
    assert "D larger by 1 %" in variances.sensitivities
    assert math.isfinite(variances.least_dimension)
    with pytest.raises(ValueError, match="overlap"):
        variances.plan(variances.least_dimension / 2)


def test_what_has_no_grid_is_refused():
    weak = symsched.ProductMixture(
        [
            (R(1, 2), AtomLaw((sp.S(-1), sp.S(1)), (R(1, 2), R(1, 2)))),
            (R(1, 2), AtomLaw((-1 - dimension ** -R(1, 8), 1 + dimension ** -R(1, 8)), (R(1, 2), R(1, 2)))),
        ]
    )
    with pytest.raises(symsched.DerivationError, match="no one step crosses the gap"):
        design(derive(weak, VP), 6)
    tree = derive(parse("35/100*Normal(1, 3/2) + 1/4*Normal(1, 1/2) + 2/5*Normal(-1, 4/5)"), VP)
    with pytest.raises(ValueError, match="evaluations must be at least 4"):
        design(tree, 3)
    with pytest.raises(ValueError, match="leave it out"):
        design(tree, 6, widths=0.5)
    levels = derive(find("two-level-tree").distribution(), VP)
    with pytest.raises(ValueError, match="leave weights, widths and output out"):
        design(levels, 6, output="last")
