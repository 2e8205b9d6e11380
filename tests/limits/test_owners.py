"""What is derived of a distribution is derived once in a process, whoever asks and with whatever object."""

import gc
import pickle
import sys
from collections import Counter

import numpy as np
import pytest
import sympy as sp

import symsched
from symsched.distributions.mean_field import landscape, measure
from symsched.distributions.product import mixture
from symsched.errors import DerivationError
from symsched.symbols import d, m

R = sp.Rational
SETTINGS = {"n": 2, "steps": 6, "kappa": 3}


@pytest.fixture
def calls(monkeypatch):
    """Return how often each rule has been applied; every test asks of distributions that no other test has."""
    counted = Counter()
    rules = [(mixture, "product_cascade"), (mixture, "ProductModel"), (measure, "saddle_cascade")]
    for module, name in [*rules, (landscape, "find_saddles")]:
        monkeypatch.setattr(module, name, _counting(getattr(module, name), counted))
    return counted


def _counting(rule, counted):
    def counting(*arguments):
        counted[rule.__name__] += 1
        return rule(*arguments)

    return counting


def test_equal_distributions_share_what_is_derived(calls):
    def pair():
        return symsched.GaussianMixture(R(17, 23), 1, R(3, 7))

    limit = symsched.derive(pair(), symsched.VP)
    for schedule in (limit, limit.schedule, symsched.VP):
        for size in (40, 41):
            symsched.simulate(pair(), schedule, d=size, **SETTINGS)
            symsched.simulate(limit.distribution, schedule, d=size, **SETTINGS)
    assert pair().cascade is limit.cascade
    assert pair().order_model(1e6) is limit.order_model(1e6)
    assert pair().statistic(40) is limit.statistic(40)
    assert calls == {"product_cascade": 1, "ProductModel": 2}
    # Another weight is another distribution.
    assert symsched.GaussianMixture(R(18, 23), 1, R(3, 7)).cascade is not limit.cascade
    assert calls["product_cascade"] == 2


def test_saddles_are_found_once_and_survive_the_dimension(calls):
    field = sp.log(3) / 2 + 1 / d
    limit = symsched.derive(symsched.CurieWeiss(R(19, 10), field), symsched.VP)
    symsched.validate(limit, dimensions=(300, 400), **{**SETTINGS, "n": 20})
    symsched.predict(limit, 6, kappa=3)
    assert len(symsched.CurieWeiss(R(19, 10), field).saddles) == 2
    assert calls == {"saddle_cascade": 1, "find_saddles": 1}


def test_the_modes_of_a_model_are_those_of_the_limit():
    """Coupled a little above the critical point at every d, spins have one mode: the limit's, though g − I has two
    maxima at any one d."""
    window = symsched.MeanField(symsched.CurieWeiss(1).spin, (1 + 3 / sp.sqrt(d)) * m**2 / 2)
    assert len(window.cascade.modes) == window.model(400).modes == 1
    alone = window.subs({d: sp.Integer(400)})
    assert len(alone.saddles) == alone.model(400).modes == 2


def test_a_measure_without_a_limit_has_a_model_at_a_dimension():
    growing = symsched.MeanField(symsched.CurieWeiss(1).spin, (1 + sp.log(d) / 10) * m**2 / 2)
    with pytest.raises(DerivationError, match="powers of symsched"):
        _ = growing.cascade
    assert growing.model(400).modes == 2


def test_a_refusal_is_remembered(calls):
    same = symsched.ProductMixture([(R(5, 11), symsched.CurieWeiss(1).spin), (R(6, 11), bent())])
    for size in (20, 21, 22):
        run = symsched.simulate(same, symsched.VP, d=size, **SETTINGS)
        assert run.paths.shape == (2, 7)
    assert calls["product_cascade"] == 1


def test_what_is_shared_cannot_be_changed():
    modes = symsched.GaussianModes([R(1, 3), R(2, 3)], [[1, 0], [0, 1]], 1).model(7)
    for numbers in (modes.weights, modes.centres, modes.frame):
        with pytest.raises(ValueError, match="read-only"):
            numbers[0] = 0.5


def test_what_a_mixture_shares_cannot_be_changed_either():
    limit = symsched.derive(symsched.GaussianMixture(R(4, 5), 1, R(1, 2)), symsched.VP)
    spins = symsched.CurieWeiss(2).model(9).site
    for numbers in (limit.model(9).gaussians.means, limit.order_model(9.0).points.weights, spins.values):
        with pytest.raises(ValueError, match="read-only"):
            numbers[0] = 0.5


def bent():
    """Spins that have a mean growing with d."""
    return symsched.laws.AtomLaw((sp.log(d), -1), (R(1, 2), R(1, 2)))


def test_a_second_run_asks_nothing_of_sympy():
    pair = symsched.GaussianMixture(R(16, 23), 1, R(3, 7))
    limit = symsched.derive(pair, symsched.VP)
    equal = symsched.GaussianMixture(R(16, 23), 1, R(3, 7))
    for schedule in (limit, limit.schedule, symsched.VP):
        symsched.simulate(pair, schedule, d=10, n=1, steps=20, kappa=3)
        assert not _derivations(lambda at=schedule: symsched.simulate(equal, at, d=10, n=1, steps=20, kappa=3))
    # Another dimension evaluates what is known, and derives nothing either.
    names = _derivations(lambda: symsched.simulate(pair, limit, d=11, n=1, steps=20, kappa=3))
    assert not names & {"diff", "simplify", "lambdify", "limit", "expand", "factor"}
    assert "simplify" in _derivations(lambda: symsched.derive(equal, symsched.VE))


def _derivations(call):
    """Return the names of all SymPy functions that a call runs, but for comparing, hashing and plain arithmetic."""
    names = set()

    def note(frame, event, _):
        if event == "call" and "/sympy/" in frame.f_code.co_filename:
            names.add(frame.f_code.co_name)

    gc.collect()
    gc.disable()  # a generator of SymPy that is collected on the way is entered once more
    sys.setprofile(note)
    try:
        call()
    finally:
        sys.setprofile(None)
        gc.enable()
    known = {"_hashable_content", "_new", "from_coprime_ints", "_as_mpf_val", "sympify", "_sympify", "wrapper"}
    return {name for name in names if not name.startswith("__")} - known


def test_whatever_stands_for_a_schedule_is_taken_everywhere():
    limit = symsched.derive(symsched.GaussianMixture(R(15, 23), 1, R(3, 7)), symsched.VP)
    plain = symsched.schedules.schedule.plain(symsched.VP)
    settings = {"dimensions": (50,), "n": 2, "steps": 6}
    for same in ((symsched.VP, plain), (limit, limit.schedule)):
        first, second = (symsched.predict(limit, 6, kappa=3, d=50, schedule=schedule) for schedule in same)
        assert first == second
        first, second = (symsched.sweep(limit.distribution, at, **settings | {"steps": (6,)}).cells for at in same)
        assert first[0].weights == second[0].weights
    assert symsched.predict(limit, 6, kappa=3, d=50) != symsched.predict(limit, 6, d=50, schedule=symsched.VP)
    first, second = (symsched.validate(limit, schedule=schedule, **settings) for schedule in (symsched.VP, plain))
    assert first.rows == second.rows


def test_the_schedule_of_a_limit_knows_whose_it_is_and_is_no_other_schedule_for_it():
    limit = symsched.derive(symsched.GaussianMixture(p=sp.Rational(4, 5)), symsched.VP)
    assert limit.schedule is limit.schedule
    assert limit.schedule.limit is limit
    again = pickle.loads(pickle.dumps(limit.schedule))
    assert again == limit.schedule
    assert again.limit.distribution == limit.distribution
    assert np.array_equal(again.psi(6, 1e4, 3), limit.schedule.psi(6, 1e4, 3))
