"""Designs of mean-field measures: wells far apart in their deviations, three wells on a line, and what is counted."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import integrate, optimize, special, stats

from symsched import VP, derive, predict, simulate
from symsched.laws.numeric import AtomSite, GaussianSite
from symsched.predictions.designs.errors import missed_moments, moment_errors
from symsched.predictions.designs.learned.design import LearnedDesign
from symsched.predictions.designs.learned.search import learned_design
from symsched.predictions.designs.learned.window import Choice, Window
from symsched.predictions.designs.nodes import half_seen
from symsched.zoo import find


def found_rows(name, evaluations):
    found = learned_design(derive(find(name).distribution(), VP), evaluations, weights=None, widths=None, row=True)
    assert isinstance(found, LearnedDesign)
    return found


def against_samples(found, paths):
    """Hold what samples at d = 10 000 do against what is told and against the limit's own laws."""
    d = 10_000
    run = simulate(found.limit.distribution, found, d=d, n=paths, rng=7, keep="statistics")
    told = predict(found.limit, d=d, schedule=found)
    model = found.limit.order_model(d)
    for k, site in enumerate(model.sites):
        weight, seen = run.weights[k], run.sites[k]
        deviation = math.sqrt(site.variance)
        assert abs(weight.value - told[k].weight) < 4 * weight.standard_error
        assert abs(weight.value - model.weights[k]) < 4 * weight.standard_error + 0.01
        assert abs(seen.mean.value - site.mean) < 0.05 * deviation + 4 * seen.mean.standard_error
        sampled = math.sqrt(seen.variance.value)
        error = 4 * seen.variance.standard_error / (2 * deviation)
        assert abs(sampled - deviation) < 0.05 * deviation + error


@pytest.mark.parametrize("share", [0.5, 0.979, 0.99923])
def test_half_of_a_spin_is_seen_where_its_values_are_told_apart(share):
    """The ψ at which E (1 − tanh²) is half the variance, by quadrature: of a rare value far below 1/deviation."""
    mean = 2 * share - 1
    lean = math.log(share / (1 - share)) / 2

    def left(psi):
        def density(y):
            return share * stats.norm.pdf(y - psi) + (1 - share) * stats.norm.pdf(y + psi)

        return integrate.quad(
            lambda y: density(y) / math.cosh(min(abs(lean + psi * y), 300)) ** 2, -40, 40, limit=400, points=(-psi, psi)
        )[0]

    half = optimize.brentq(lambda psi: left(psi) - (1 - mean**2) / 2, 0.1, 10)
    site = AtomSite(np.array([-1.0, 1.0]), np.array([1 - share, share]))
    assert half_seen(site) == pytest.approx(half, rel=1e-3)
    assert half_seen(GaussianSite(3.0, 0.25)) == pytest.approx(2.0, rel=1e-3)
    assert half * math.sqrt(1 - mean**2) < 1


def test_a_path_between_wells_counts_as_its_probability_and_a_wrong_site_in_full():
    mean, few = 0.9984575, 1e-4
    site = AtomSite(np.array([-1.0, 1.0]), np.array([(1 - mean) / 2, (1 + mean) / 2]))
    deviation = math.sqrt(site.variance)
    masses = np.array([1 - few, few])
    lost = missed_moments(site, np.array([0.0, -mean]), masses, deviation)
    assert lost == pytest.approx(few * mean / deviation)
    # Wasserstein-1 of the law of a coordinate over all paths: mass few/2 too much at −1, two apart.
    assert lost == pytest.approx(2 * (few / 2) * mean / deviation)
    # The controls: every path off by 5 % of the deviation, or as wide by 5 %, counts in full; so does a smooth site.
    assert missed_moments(site, np.full(2, 0.05 * deviation), masses, deviation) == pytest.approx(0.05)
    assert missed_moments(site, np.zeros(2), masses, 1.05 * deviation) == pytest.approx(0.05)
    smooth = GaussianSite(0.0, 1.0)
    assert missed_moments(smooth, np.array([0.0, -4.0]), np.array([0.99, 0.01]), 1.0) == pytest.approx(0.4)


def test_three_evaluations_do_for_four_spins():
    """Wells 36 deviations apart: nodes counted in units of one over the deviation began 10 times too far."""
    found = found_rows("four-spins", 3)
    assert found.predicted.weight < 0.01
    assert found.predicted.width < 0.05
    assert found.valid_from <= 1e4
    against_samples(found, 500)


def test_three_wells_on_a_line_have_rows_of_five_evaluations():
    found = found_rows("blume-capel-coexistence", 5)
    assert found.evaluations == 5
    assert found.predicted.weight < 0.01
    assert found.predicted.width < 0.05
    assert found.valid_from <= 1e4
    against_samples(found, 1_000)
    # The control: a step over the gap that goes three tenths too far moves paths to another well.
    model = found.limit.order_model(1e8)
    gap = replace(found.table.gap, gain=1.3 * found.table.gap.gain)
    assert moment_errors(model, replace(found.table, gap=gap).plan(1e8)).weight > 0.02


def test_read_outs_on_a_line_meet_at_the_edges_that_are_given():
    """Shares of three points under one node, by a bisection on ν at each edge."""
    points = np.array([-2.0, 0.0, 2.0])
    weights, edges = np.array([0.3, 0.45, 0.25]), (-0.7, 1.2)
    window = Window(np.array([1.0]), np.array([[0.4]]), np.array([0.0, 1.0]))
    shares, _ = Choice(points[:, None], edges).shares(window, weights[None])

    def read(nu):
        seen = nu + 0.4 * weights @ points
        return special.softmax(np.log(weights) + points * seen - points**2 / 2) @ points

    cuts = [special.ndtr(optimize.brentq(lambda nu, edge=edge: read(nu) - edge, -9, 9)) for edge in edges]
    assert shares[0] == pytest.approx(np.diff([0.0, *cuts, 1.0]), abs=2e-4)
    # The control: half way they are others.
    assert abs(Choice(points[:, None]).shares(window, weights[None])[0][0] - shares[0]).max() > 0.01
