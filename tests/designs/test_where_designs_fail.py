"""Designs where they were not made for: what they lose, and one that holds over a range of temperatures."""

import math
import warnings
from functools import lru_cache

import numpy as np
import pytest
import sympy as sp
from scipy import optimize, special

import symsched
from symsched import VP, derive, design
from symsched.laws.numeric import AtomSite
from symsched.models.order_model import DiscreteOrderModel, Points
from symsched.predictions.designs.errors import moment_errors
from symsched.predictions.designs.learned.sites import Rows
from symsched.predictions.designs.learned.table import Gap, Table
from symsched.predictions.designs.learned.window import Window
from symsched.zoo import find

FAR = 1e8


@lru_cache
def curie_weiss(beta):
    return derive(symsched.CurieWeiss(sp.Rational(beta), sp.Rational(7, 10)), VP)


@pytest.fixture(scope="module")
def temperatures():
    """One table for the worst of three temperatures."""
    return design([curie_weiss(beta) for beta in ("13/10", "2", "3")], 5)


@pytest.fixture(scope="module")
def normal():
    return design(derive(find("gaussian-mixture").distribution(), VP), 3)


UNSEEN = {
    "skewed": ([-0.5, 2.0], [0.8, 0.2]),
    "three atoms": ([-math.sqrt(1.5), 0.0, math.sqrt(1.5)], [1 / 3, 1 / 3, 1 / 3]),
    "bimodal": ([-1.0, 1.0], [0.5, 0.5]),
}
"""Laws of mean 0 and variance 1."""


@pytest.mark.parametrize(
    ("name", "moments", "transport"),
    [("skewed", 0.172, 0.343), ("three atoms", 0.085, 0.313), ("bimodal", 0.167, 0.398)],
)
def test_sites_that_a_design_has_not_seen_have_right_weights_and_wrong_laws(normal, name, moments, transport):
    """Two modes at ±1 with normal sites of deviation 1, against others of that mean and variance."""
    values, shares = (np.array(part) for part in UNSEEN[name])
    sites = tuple(AtomSite(sign + values, shares) for sign in (1, -1))
    model = DiscreteOrderModel(FAR, Points((1,), np.array([0.7, 0.3]), np.array([[1.0], [-1.0]])), sites)
    off = moment_errors(model, normal.plan(FAR))
    assert off.weight < 0.005
    assert off.width == pytest.approx(moments, abs=2e-3)
    # Wasserstein-1 of the whole law, of the mode at +1: the data rows in a plain loop over the noise.
    z = special.ndtri((np.arange(20_000) + 0.5) / 20_000)
    table = normal.table
    seen = [np.full(z.shape, 0.4)] + [np.ones(z.shape)] * table.shape.window
    for psi, row in zip(table.nodes[table.shape.window :], table.rows[table.shape.window :], strict=True):
        y = z + sum(c * one for c, one in zip(row, seen, strict=False))
        logs = np.log(shares) + psi * y[:, None] * (1 + values) - (psi * (1 + values)) ** 2 / 2
        seen.append(special.softmax(logs, axis=1) @ (1 + values))
    out = table.output[0] * z + sum(e * one for e, one in zip(table.output[1:], seen, strict=True))
    target = 1 + values[np.searchsorted(np.cumsum(shares), (np.arange(20_000) + 0.5) / 20_000)]
    assert np.abs(np.sort(out) - target).mean() == pytest.approx(transport, abs=0.01)


def test_a_design_goes_on_to_three_modes_and_to_spins_that_it_has_not_seen(normal):
    """Its window is blind and its modes have the same distance; only the sites of spins are lost."""
    triangle = moment_errors(derive(find("gaussian-triangle").distribution(), VP).order_model(FAR), normal.plan(FAR))
    assert triangle.weight < 0.01
    assert triangle.width < 0.05
    spins = moment_errors(curie_weiss(2).order_model(FAR), normal.plan(FAR))
    assert spins.weight < 0.01
    assert spins.width == pytest.approx(0.076, abs=2e-3)


def test_widths_outside_the_range_are_named(normal):
    assert normal.sensitivities["σ = 0.2"].width == pytest.approx(0.145, abs=0.01)
    assert normal.sensitivities["σ = 1.5"].width == pytest.approx(0.066, abs=0.01)


@pytest.mark.parametrize("beta", ["13/10", "29/20", "8/5", "5/2", "3"])
def test_five_evaluations_do_for_a_range_of_temperatures(temperatures, beta):
    """At the three that it was found for, and between."""
    assert temperatures.evaluations == 5
    assert temperatures.valid_from <= 1e4
    for d, sites in ((1e4, 0.05), (FAR, 0.03)):
        off = moment_errors(curie_weiss(beta).order_model(d), temperatures.plan(d))
        assert off.weight < 0.005
        assert off.width < sites


@pytest.mark.parametrize("beta", ["29/20", "3"])
def test_samples_do_what_a_range_of_temperatures_promises(temperatures, beta):
    """Whole vectors of 10 000 spins under the exact posterior; magnetisation and weight by their own equations."""
    inverse, n = float(sp.Rational(beta)), 2_000
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a table of several limits is meant for what lies between
        run = symsched.simulate(curie_weiss(beta).distribution, temperatures, d=10_000, n=n, rng=11, keep="statistics")
    magnetisation = optimize.brentq(lambda m: m - math.tanh(inverse * m), 0.1, 1)
    deviation = math.sqrt(1 - magnetisation**2)
    heavy = int(np.argmax([one.value for one in run.weights]))
    weight, site = run.weights[heavy], run.sites[heavy]
    assert abs(weight.value - special.expit(2 * 0.7 * magnetisation)) < 0.01 + 4 * weight.standard_error
    assert abs(abs(site.mean.value) - magnetisation) < 0.05 * deviation + 4 * site.mean.standard_error
    off = math.sqrt(site.variance.value) / deviation - 1
    assert abs(off) < 0.05 + 4 * site.variance.standard_error / (2 * deviation**2)


def test_a_table_of_several_limits_says_what_it_is(temperatures):
    assert temperatures.limits == tuple(curie_weiss(beta) for beta in ("13/10", "2", "3"))
    alone = [moment_errors(one.order_model(FAR), temperatures.plan(FAR)) for one in temperatures.limits]
    worst = temperatures.errors_at(FAR)
    assert (worst.weight, worst.width) == (max(one.weight for one in alone), max(one.width for one in alone))
    text = temperatures.source("numpy")
    assert text.count("distribution:") == 3
    assert "knows none of them" in text


def test_limits_that_no_one_table_can_be_for_are_refused():
    spins, variances = curie_weiss("2"), derive(find("two-variances").distribution(), VP)
    with pytest.raises(ValueError, match="no table of at most 4 evaluations is one for all"):
        design([spins, variances], 4)
    off_centre = derive(symsched.parse("1/2*Normal(3, 1) + 1/2*Normal(1, 2)"), VP)
    with pytest.raises(ValueError, match="have one middle"):
        design([spins, off_centre], 4)
    with pytest.raises(ValueError, match="leave robust and widths out"):
        design([spins, curie_weiss("3")], 4, robust=True)
    with pytest.raises(ValueError, match="not all of these limits have two"):
        design([spins, derive(find("curie-weiss-hot").distribution(), VP)], 4, weights=(0.5, 0.8))
    for wrong in ([], [spins, 3]):
        with pytest.raises(TypeError, match="must come from derive"):
            design(wrong, 4)


def test_a_design_of_one_temperature_fails_at_others():
    """The control: three evaluations that were found at β = 2 alone."""
    window = Window(np.array([1.157703]), np.array([[0.405934]]), np.array([0.0, 1.0]))
    half, gain = 0.9575040241, 1.428464
    rows = np.array([[0.0, 0.0, 0.0], [0.0, 2.1650881, 0.0]])
    output = np.array([-0.0018001767, 0.0, -0.0019183744, 1.003477])
    gap = Gap(0.5, 1, 0.0, half, 0.0, half, 0.0, centred=False, tie=0.0, gain=gain)
    table = Table(gap, window, Rows(np.array([0.24370747, 29.217585]), gain, rows, output))
    found = {beta: moment_errors(curie_weiss(beta).order_model(FAR), table.plan(FAR)) for beta in ("13/10", "2", "3")}
    assert found["2"].weight < 0.01
    assert found["2"].width < 0.05
    assert found["13/10"].width > 0.1
    assert found["3"].width > 0.5
