"""Orders of convergence by regression, and the tables against updates as they are published."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import sympy as sp
from scipy import sparse

from symsched.laws.numeric import AtomSite, GaussianSite
from symsched.schedules.plan import History
from symsched.schedules.schemes import SCHEMES, Nodes, adams, dpmpp_2m

SITES = {"gaussian": GaussianSite(0.7, 1.5), "two atoms": AtomSite([-1.0, 1.0], [0.3, 0.7])}
COUNTS = np.array([32, 64, 128, 256])
ORDERS = {"canonical": 1, "adams": 2, "adams3": 3, "dpmpp_2m": 2, "midpoint": 2, "heun": 2}


def grid(steps, first=0.4, last=2.5, bend=0.6):
    """Nodes of a VP path whose ψ runs from ``first`` to ``last`` in steps that grow smoothly, and from there to ∞."""
    share = np.arange(steps + 1) / steps
    psi = first + (last - first) * (share + bend * share**2) / (1 + bend)
    alpha, beta = np.append(1 / np.hypot(1, psi), 0.0), np.append(psi / np.hypot(1, psi), 1.0)
    return Nodes(np.append(share / 2, 1.0), alpha, beta, (0,), lambda: (alpha[1:], beta[1:]))


def states(site, plan, start):
    """y = x/α at the nodes that are evaluated, (N, P)."""
    history, x, out = History(plan), plan.alpha[0] * start, []
    for k, psi in enumerate(plan.psi):
        out.append(x / plan.alpha[k])
        x = history.advance(k, x, site.denoiser(np.full(x.shape, psi), out[-1]))
    return np.array(out)


def slope(site, scheme, first=0.4):
    """The order of the error at the last evaluated node against the flow by quantiles, by regression on N."""
    noise, errors = np.linspace(-2, 2, 9), []
    for count in COUNTS:
        plan = scheme(grid(count, first))
        begin, end = (site.flow(np.full(noise.shape, psi), noise) for psi in plan.psi[[0, -1]])
        errors.append(np.abs(states(site, plan, begin)[-1] - end).max())
    assert errors[-1] > 1e-11
    return -np.polyfit(np.log(COUNTS), np.log(errors), 1)[0]


@pytest.mark.parametrize("site", SITES.values(), ids=list(SITES))
@pytest.mark.parametrize(("name", "order"), ORDERS.items(), ids=list(ORDERS))
def test_order_of_convergence(name, order, site):
    if name == "midpoint" and isinstance(site, GaussianSite):
        order = 3
    assert slope(site, SCHEMES[name]) == pytest.approx(order, abs=0.25)


def scaled(nodes, scheme, factor):
    """The scheme with what it adds to Euler's table multiplied by a factor."""
    plan, euler = scheme(nodes), SCHEMES["canonical"](nodes)
    return replace(plan, B=euler.B + factor * (plan.B - euler.B))


@pytest.mark.parametrize("site", SITES.values(), ids=list(SITES))
@pytest.mark.parametrize("name", ["adams", "dpmpp_2m", "midpoint"])
def test_a_wrong_coefficient_costs_the_order(name, site):
    assert slope(site, partial(scaled, scheme=SCHEMES[name], factor=1.2)) == pytest.approx(1, abs=0.25)


@pytest.mark.parametrize("site", SITES.values(), ids=list(SITES))
@pytest.mark.parametrize("part", ["start", "coefficient"])
def test_adams_of_three_steps_with_a_part_wrong_has_order_two(part, site):
    def wrong(nodes):
        two, three = adams(nodes), adams(nodes, 3)
        # What the third step adds to the second, with the wrong sign; or two steps of Adams at the start.
        table = two.B - (three.B - two.B) if part == "coefficient" else three.B.tolil()
        if part == "start":
            table[1] = two.B.toarray()[1]
        return replace(three, B=table)

    assert slope(site, wrong) == pytest.approx(2, abs=0.25)


def test_the_midpoint_rule_has_order_three_on_gaussian_sites():
    psi, v = sp.symbols("psi v", positive=True)
    rate = psi * v / (1 + psi**2 * v)
    first, second = sp.diff(rate, psi), sp.diff(rate, psi, 2)
    assert sp.simplify(second / 24 + rate * first / 4 + rate**3 / 6) == 0


@pytest.mark.parametrize("first", [0.0, 0.4])
@pytest.mark.parametrize("degree", range(3))
def test_adams_is_exact_for_polynomials_in_psi(degree, first):
    """Behind its first steps, and not for the next degree: the power of ψ in place of the posterior mean."""
    nodes = grid(12, first)
    for order in (2, 3):
        plan = adams(nodes, order)
        moved = (plan.B @ plan.psi**degree)[:-1] / plan.alpha[1:-1]
        error = np.abs(moved / (np.diff(plan.psi ** (degree + 1)) / (degree + 1)) - 1)[order - 1 :]
        assert (error.max() < 1e-13) == (degree < order)


def published_2m(site, alpha, sigma, start):
    """Algorithm 2 of arXiv 2211.01095, x_θ the posterior mean, on λ = log(α/σ); its letters: α signal, σ noise."""
    with np.errstate(divide="ignore"):
        lam = np.log(alpha) - np.log(sigma)
    x, before, out = sigma[0] * start, None, []
    for i in range(1, len(alpha)):
        out.append(x / sigma[i - 1])
        now = site.denoiser(np.full(x.shape, alpha[i - 1] / sigma[i - 1]), out[-1])
        h = lam[i] - lam[i - 1]
        if before is None or np.isinf(h):
            D = now
        else:
            r = (lam[i - 1] - lam[i - 2]) / h
            D = (1 + 1 / (2 * r)) * now - 1 / (2 * r) * before
        x = sigma[i] / sigma[i - 1] * x - alpha[i] * np.expm1(-h) * D
        before = now
    return np.array(out), x


@pytest.mark.parametrize("first", [0.0, 0.4])
@pytest.mark.parametrize("site", SITES.values(), ids=list(SITES))
def test_2m_is_the_published_update(site, first):
    nodes, start = grid(15, first), np.linspace(-2, 2, 9)
    expected, end = published_2m(site, nodes.beta, nodes.alpha, start)
    plan = dpmpp_2m(nodes)
    found = states(site, plan, start)
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    # The step to ψ = ∞ is the last D.
    np.testing.assert_allclose(end, site.denoiser(np.full(9, plan.psi[-1]), found[-1]), rtol=1e-12)
    assert plan.A[-1] == 0
    assert np.count_nonzero(plan.B.toarray()[-1]) == 1
    # From ψ = 0 the second step has the weights of Euler; two-step Adams is another method.
    assert np.count_nonzero(plan.B.toarray()[1]) == (1 if first == 0 else 2)
    assert np.abs(states(site, adams(nodes), start) - expected).max() > 1e-4


@pytest.mark.parametrize(("steps", "free"), [(10, 0), (11, 1)])
def test_pairs_of_nodes(steps, free):
    """Midpoint and Heun as they stand in textbooks, on even steps; Euler takes an odd step first, and the last."""
    site, start, h = SITES["two atoms"], np.linspace(-2, 2, 9), 2.5 / steps
    nodes = grid(steps, 0.0, 2.5, bend=0.0)

    def mean(psi, y):
        return site.denoiser(np.full(y.shape, psi), y)

    midpoint = heun = start
    for k in range(free):
        midpoint = heun = start + h * mean(k * h, start)
    for k in range(free, steps, 2):
        midpoint = midpoint + 2 * h * mean((k + 1) * h, midpoint + h * mean(k * h, midpoint))
        first = mean(k * h, heun)
        heun = heun + h * (first + mean((k + 2) * h, heun + 2 * h * first))
    for name, expected in (("midpoint", midpoint), ("heun", heun)):
        plan = SCHEMES[name](nodes)
        np.testing.assert_allclose(states(site, plan, start)[-1], expected, rtol=1e-12)
        assert plan.steps == steps + 1
        assert plan.A[-1] == 0
        assert np.count_nonzero(plan.B.toarray()[-1]) == 1
    stands_still = np.flatnonzero(np.diff(plan.psi) == 0)
    assert stands_still.tolist() == list(range(free + 1, steps, 2))


def test_only_nodes_with_signal_cost_an_evaluation():
    for scheme in ORDERS:
        assert SCHEMES[scheme](grid(12, 0.0)).evaluations == 12
        assert SCHEMES[scheme](grid(12, 0.4)).evaluations == 13


@pytest.mark.parametrize("name", [name for name, order in ORDERS.items() if name != "canonical"])
def test_schemes_of_several_evaluations_start_again_in_each_window(name):
    below = sparse.tril(SCHEMES[name](replace(grid(12, 0.4), starts=(0, 5))).B, -1).toarray()
    assert not np.any(below[5:, :5])
    assert np.any(below[:5])
    assert np.any(below[6:])


@pytest.mark.parametrize("name", ["adams", "adams3", "dpmpp_2m", "midpoint", "heun"])
def test_a_step_behind_one_that_is_far_shorter_is_euler(name):
    """And for Adams of three steps, what comes behind it forgets what lay before."""
    nodes = grid(12, 0.4, bend=0.0)
    far = np.append(nodes.beta[:-1] / nodes.alpha[:-1], np.inf)
    far[7:-1] += 20
    alpha, beta = 1 / np.hypot(1, far), np.append(far[:-1] / np.hypot(1, far[:-1]), 1.0)
    below = sparse.tril(SCHEMES[name](replace(nodes, alpha=alpha, beta=beta)).B, -1).toarray()
    assert not np.any(below[6])
    assert np.any(below[5]) or np.any(below[4])
    assert not np.any(below[7:, :6])
