"""The numbers of every figure, against plain loops, closed forms and samples that share no code with them."""

import math
from itertools import pairwise

import numpy as np
import pytest
import sympy as sp
from scipy import special, stats

import symsched
from symsched.limits.pictures import same_outcome
from symsched.reporting.lines import refined
from symsched.simulation.pictures import _quantiles
from symsched.zoo import find

R = sp.Rational
PAIR = symsched.GaussianMixture(p=R(4, 5), m=1, sigma=R(1, 2))
KAPPA = 3.0
H = math.log(2)


@pytest.fixture(scope="module")
def limit():
    return symsched.derive(PAIR, symsched.VP)


@pytest.fixture(scope="module")
def run(limit):
    return symsched.simulate(PAIR, limit, d=1_000, n=400, steps=20, kappa=KAPPA, rng=1)


def drawn(chart, style, quantity=None):
    return [c for c in chart.curves if c.style == style and quantity in (None, c.quantity)]


def order_by_steps(start, times):
    """Runge and Kutta on mu' = 2 kappa tanh(h + 2 kappa t mu), with tiny steps."""

    def rate(t, mu):
        return 2 * KAPPA * math.tanh(H + 2 * KAPPA * t * mu)

    mu, found = start, [start]
    for left, right in pairwise(times):
        h = (right - left) / 8
        for k in range(8):
            t = left + k * h
            a = rate(t, mu)
            b = rate(t + h / 2, mu + h / 2 * a)
            c = rate(t + h / 2, mu + h / 2 * b)
            mu += h / 6 * (a + 2 * b + 2 * c + rate(t + h, mu + h * c))
        found.append(mu)
    return np.array(found)


def test_quantiles_of_a_limit_solve_its_equation(limit):
    chart = limit.plate("order", kappa=KAPPA)["order"]
    lines = [c for c in chart.curves if c.style != "band"]
    assert [c.style for c in lines] == ["dotted", "dashed", "line", "dashed", "dotted"]
    for line, level in zip(lines, (0.05, 0.25, 0.5, 0.75, 0.95), strict=True):
        assert line.x[0] == 0
        assert line.x[-1] == 0.5
        np.testing.assert_allclose(line.y, order_by_steps(special.ndtri(level), line.x), atol=2e-6)


def test_a_component_has_the_quantiles_of_a_mixture():
    triangle = symsched.derive(find("gaussian-triangle").distribution(), symsched.VP)
    chart = triangle.plate("order", kappa=KAPPA, component=1, levels=(0.1, 0.6))["order"]
    # Atoms (1, 0), (−1/2, ±√3/2) of weights 1/2, 3/10, 1/5.
    places, weights = np.array([0, math.sqrt(3) / 2, -math.sqrt(3) / 2]), np.array([0.5, 0.3, 0.2])
    for curve, level in zip((c for c in chart.curves if c.style != "band"), (0.1, 0.6), strict=True):
        s = 2 * KAPPA * np.array(curve.x)
        found = weights @ stats.norm.cdf(np.array(curve.y)[None, :] - places[:, None] * s)
        np.testing.assert_allclose(found, level, atol=1e-9)


def test_the_quantiles_of_a_coordinate_come_to_those_of_its_law(limit):
    chart = limit.plate("order", phase=1, branch=1, levels=(0.05, 0.5))["order"]
    low, middle = (c for c in chart.curves if c.style != "band")
    # Variance alpha² + beta²/4 about −beta, a little before the end.
    beta = 2 * np.array(low.x) - 1
    width = np.sqrt((1 - beta) ** 2 + beta**2 / 4)
    np.testing.assert_allclose(middle.y, -beta, atol=1e-9)
    np.testing.assert_allclose(low.y, -beta + special.ndtri(0.05) * width, atol=1e-9)


def test_a_quantile_in_a_gap_of_the_law_ends_where_rounding_takes_it():
    half = symsched.derive(symsched.parse("1/2*Normal(-1, 1) + 1/2*Normal(1, 1)"), symsched.VP)
    line = half.plate("order", kappa=40, levels=(0.5,))["order"].curves[0]
    seen = np.isfinite(line.y)
    assert seen[0]
    assert not seen[-1]
    np.testing.assert_allclose(np.array(line.y)[seen], 0, atol=1e-6)


def score(line, s, points, weights, rng):
    """z of a line of phi at s against clones of a law with atoms, drawn one by one."""
    n = 200_000
    modes = rng.choice(len(points), n, p=weights)
    nu = s * points[modes] + rng.standard_normal(n)
    logits = np.log(weights) + s * nu[:, None] * points - s**2 * points**2 / 2
    shares = special.softmax(logits, axis=1)
    picks = [np.argmax(rng.random((n, 1)) < np.cumsum(shares, axis=1), axis=1) for _ in range(2)]
    hits = picks[0] == picks[1]
    return (hits.mean() - np.interp(s, line.x, line.y)) / (hits.std() / math.sqrt(n))


def test_the_line_of_clones_is_what_clones_do_and_another_law_is_found_out(limit):
    line = limit.plate("clones")["clones"].curves[0]
    points, rng = np.array([1.0, -1.0]), np.random.default_rng(5)
    for s in (0.5, 1.2, 2.0):
        assert abs(score(line, s, points, np.array([0.8, 0.2]), rng)) < 4
        assert abs(score(line, s, points, np.array([0.7, 0.3]), rng)) > 6


def test_clones_at_finite_d_are_counted_on_the_exact_posterior(limit):
    d, s, n = 150, 1.3, 4_000
    found = same_outcome(PAIR, limit.phases[0].canonical, s, d=d, n=n, rng=np.random.default_rng(0))
    psi, rng = s / math.sqrt(d), np.random.default_rng(7)
    sign = np.where(rng.random(n) < 0.8, 1.0, -1.0)
    y = rng.standard_normal((n, d)) + psi * (sign[:, None] + rng.standard_normal((n, d)) / 2)
    odds = 2 * H + 2 * psi * y.sum(axis=1) / (1 + psi**2 / 4)
    share = special.expit(odds)
    plain = share**2 + (1 - share) ** 2
    error = math.hypot(found.standard_error, plain.std() / math.sqrt(n))
    assert abs(found.value - plain.mean()) < 4 * error
    assert 0.5 < found.standard_error / (plain.std() / math.sqrt(n)) < 2


def test_outcomes_of_a_tree_are_its_groups():
    entry = find("two-level-tree")
    tree = symsched.derive(entry.distribution(), symsched.VP)
    at = {"d": 400, "n": 200, "rng": np.random.default_rng(0)}
    assert same_outcome(tree.distribution, tree.phases[0].canonical, 0.0, **at).value == pytest.approx(0.6**2 + 0.4**2)
    assert same_outcome(tree.distribution, tree.phases[0].canonical, 6.0, **at).value > 0.99


def test_paths_lie_on_the_exact_quantiles(limit):
    # Many small steps: what is left of Euler's error is below the width of the points.
    many = symsched.simulate(PAIR, limit, d=20_000, n=4_000, steps=400, kappa=KAPPA, rng=2, keep="statistics")
    chart = many.plate("order", levels=(0.1, 0.5, 0.9))["order"]
    exact = [c for c in chart.curves if c.style in ("line", "dashed", "dotted")]
    seen = drawn(chart, "points")
    assert len(exact) == len(seen) == 3
    worst = 0.0
    for line, points in zip(exact, seen, strict=True):
        z = (np.array(points.y) - np.interp(points.x, line.x, line.y)) / np.array(points.error)
        worst = max(worst, np.abs(z).max())
        assert np.abs(z).max() < 4.5
        assert np.abs(z + 1 / np.array(points.error)[-1]).max() > 6  # one unit off is seen
    assert worst > 0.5


def test_errors_of_quantiles_are_those_of_many_samples():
    rng = np.random.default_rng(0)
    found = np.array([[value[0] for value in _quantiles(rng.standard_normal((400, 1)), 0.25)] for _ in range(400)])
    assert found[:, 0].std() == pytest.approx(found[:, 1].mean(), rel=0.12)


def test_histograms_and_densities_hold_all_mass_and_the_errors_are_honest(limit, run):
    chart = run.plate("sites", bins=40)["sites"]
    predicted = symsched.predict(limit, 20, kappa=KAPPA, d=1_000)
    for mode in (0, 1):
        line = next(c for c in drawn(chart, "line") if c.quantity == f"mode {mode}")
        cells = next(c for c in drawn(chart, "steps") if c.quantity == f"mode {mode}")
        assert np.trapezoid(line.y, line.x) == pytest.approx(1, abs=1e-3)
        width = cells.x[1] - cells.x[0]
        assert sum(cells.y) * width == pytest.approx(1, abs=2e-3)
        np.testing.assert_allclose(line.y, stats.norm.pdf(line.x, 1 - 2 * mode, 0.5), rtol=1e-12)
        # The sampler's own law is normal with the predicted moments.
        law = predicted[mode]
        edges = np.append(np.array(cells.x) - width / 2, cells.x[-1] + width / 2)
        wide = math.sqrt(law.site_variance)
        inner = slice(12, 28)

        right, wrong = (
            ((np.array(cells.y) - np.diff(stats.norm.cdf(edges, law.site_mean + shift, wide)) / width) / cells.error)[
                inner
            ]
            for shift in (0.0, 0.1)
        )
        assert np.abs(right).max() < 4.5
        assert np.abs(right).mean() > 0.3
        assert np.abs(wrong).max() > 6


def test_masses_of_a_lattice_are_its_own():
    limit = symsched.derive(symsched.parse("1/2*Poisson(2) + 1/2*Poisson(5)"), symsched.VP)
    sampled = symsched.simulate(limit.distribution, limit, d=300, n=60, steps=40, kappa=KAPPA, rng=0)
    plate = sampled.plate("sites")
    assert [chart.name for chart in plate.charts] == ["sites-0", "sites-1"]
    for mode, rate in enumerate((2, 5)):
        bars, points = plate[f"sites-{mode}"].curves
        assert (bars.style, points.style) == ("bars", "points")
        np.testing.assert_allclose(bars.y, stats.poisson.pmf(bars.x, rate), rtol=1e-9)
        assert sum(bars.y) == pytest.approx(1, abs=2e-3)
        assert sum(points.y) == pytest.approx(1, abs=5e-3)


def test_the_schedule_is_the_papers(limit):
    d, steps = 10_000, 20
    plate = limit.schedule.plate(d, KAPPA, steps)
    t = np.array(plate["psi"].curves[0].x)
    start = KAPPA / math.sqrt(d)
    tau = np.where(t <= 0.5, 2 * start * t, start + (1 - start) * (2 * t - 1))
    np.testing.assert_allclose(plate["psi"].curves[0].y, tau / (1 - tau), rtol=1e-9)
    noise, signal = plate["amplitudes"].curves
    np.testing.assert_allclose(np.add(noise.y, signal.y), 1, atol=1e-12)
    nodes = plate["psi"].curves[1]
    np.testing.assert_allclose(nodes.y, limit.schedule.psi(steps, d, KAPPA)[1:])
    np.testing.assert_allclose(nodes.x, np.arange(1, steps) / steps)
    density = plate["logsnr"].curves[0]
    x, y = np.array(density.x), np.array(density.y)
    inside = np.isfinite(y[1:]) & np.isfinite(y[:-1])
    assert np.sum((np.diff(x) * (y[1:] + y[:-1]) / 2)[inside]) == pytest.approx(1, abs=5e-3)
    assert [(span.start, span.end) for span in plate["psi"].spans] == [(0, 0.5), (0.5, 1)]
    assert plate["logsnr"].spans[0].end == pytest.approx(2 * math.log(start / (1 - start)), abs=5e-3)


@pytest.mark.parametrize("interpolant", [symsched.VE, symsched.VE_TRIG, symsched.VP_TRIG], ids=lambda i: i.name)
def test_amplitudes_are_those_of_a_plan(interpolant):
    schedule = symsched.derive(PAIR, interpolant).schedule
    plan = schedule.plan(12, 1e12, KAPPA, "canonical")
    noise, signal = schedule.amplitudes(plan.times, 1e12, KAPPA)
    np.testing.assert_allclose(noise[:-1], plan.alpha[:-1], rtol=1e-14)
    np.testing.assert_allclose(signal, plan.beta, rtol=1e-14)


def test_lines_of_a_sweep_are_predictions_and_its_points_are_its_cells(limit):
    found = symsched.sweep(PAIR, {"dilated": limit, "plain": symsched.VP}, dimensions=(100, 1_000), steps=(4,), n=60)
    plate = found.plate(mode=1)
    for name in ("dilated, 4 steps", "plain, 4 steps"):
        points, line = (
            next(c for c in plate["weight"].curves if (c.style, c.quantity) == (style, name))
            for style in ("points", "line")
        )
        cells = [cell for cell in found.cells if name.startswith(cell.schedule)]
        assert points.y == tuple(cell.weights[1].value for cell in cells)
        assert points.error == tuple(cell.weights[1].standard_error for cell in cells)
        source = limit.schedule if name.startswith("dilated") else symsched.VP
        kappa = KAPPA if name.startswith("dilated") else None
        own = symsched.predict(limit, 4, kappa=kappa, d=100, schedule=source)[1]
        assert line.y[0] == pytest.approx(own.weight, abs=1e-12)
        width = next(c for c in plate["width"].curves if (c.style, c.quantity) == ("line", name))
        assert width.y[0] == pytest.approx(math.sqrt(own.site_variance), abs=1e-12)
    assert [level.value for level in plate["weight"].levels] == pytest.approx([0.2])
    assert [level.value for level in plate["width"].levels] == pytest.approx([0.5])


def test_against_evaluations_a_point_stands_where_its_plan_costs(limit):
    found = symsched.sweep(PAIR, limit, dimensions=(500,), steps=(4, 8), n=40)
    chart = found.plate("evaluations")["weight"]
    points = drawn(chart, "points")[0]
    assert points.x == (3.0, 7.0)  # E a, at psi = 0, is free
    assert drawn(chart, "line")[0].x == (3.0, 5.0, 7.0)  # multiples of the number of windows


def test_a_line_is_refined_where_it_bends():
    asked = []

    def at(x):
        asked.append(x)
        return x, (math.tanh(3 * (math.log10(x) - 3)), 1.0)

    found = refined(at, 10, 1e5, grain=0)
    assert len(asked) == len(found) <= 20
    places, heights = np.log10([x for x, _ in found]), [y for _, (y, _) in found]
    fine = np.linspace(1, 5, 400)
    assert np.abs(np.interp(fine, places, heights) - np.tanh(3 * (fine - 3))).max() < 0.05
    assert np.diff(places).min() < np.diff(places).max() / 3
    assert [x for x, _ in refined(lambda x: (x, (x,)), 4, 12, grain=4)] == [4, 8, 12]
