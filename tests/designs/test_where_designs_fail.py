"""Designs where they were not made for: what they lose, and one that holds over a range of temperatures."""

import math

import numpy as np
import pytest
import sympy as sp
from scipy import special

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
# Found for β = 1.3, 1.6, 2, 2.5 and 3 at once, by the worst site of all five.
WINDOW = Window(
    np.array([0.3360164, 2.1856167]), np.array([[0.6046093, 0.0], [-1.0121108, 2.3471921]]), np.array([0.0, 0.0, 1.0])
)
ROWS = Rows(
    np.array([0.3276119, 1.4291222, 6.2466053]),
    1.4350106,
    np.array([[0.0, 0.0, 0.0, 0.0], [0.0, 1.0819567, 0.0, 0.0], [0.0, -2.5670779, 10.2335438, 0.0]]),
    np.array([-0.003302, 0.0, -0.0002505, 0.0212573, 0.980132]),
)
RANGE = Table(Gap(0.5, 1, 0.0, 1.0, 0.0, 1.0, 0.0, centred=False, tie=0.0, gain=ROWS.gain), WINDOW, ROWS)


def curie_weiss(beta):
    return derive(symsched.CurieWeiss(sp.Rational(beta), sp.Rational(7, 10)), VP)


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


@pytest.mark.parametrize("beta", ["13/10", "29/20", "2", "11/5", "3"])
@pytest.mark.parametrize("d", [1e4, FAR])
def test_five_evaluations_do_for_a_range_of_temperatures(beta, d):
    off = moment_errors(curie_weiss(beta).order_model(d), RANGE.plan(d))
    assert RANGE.evaluations == 5
    assert off.weight < 0.01
    assert off.width < 0.05


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
