"""Mean fields that have no limit, or none that can be found, say why and what to do."""

import numpy as np
import pytest
import sympy as sp
from refusals import HALF, pair, refused
from sympy.stats import (
    Normal,
    Poisson,
    Rademacher,
)

import symsched
from symsched import DerivationError, GaussianModes, MeanField
from symsched.laws import AtomLaw
from symsched.symbols import d, m

# An error must say it all: no warning comes with it.
pytestmark = pytest.mark.filterwarnings("error")

R = sp.Rational
P = sp.Symbol("p", positive=True)


@pytest.mark.parametrize(
    ("interaction", "words"),
    [
        (1 / m, "no finite real number at m = 0"),
        (sp.sqrt(m), "no finite real number at m = -0.99"),
        (sp.log(m), "no finite real number"),
        (1 / (m - R(1, 3)), "no upper bound near m = 0.33333"),
        (-sp.log(sp.Abs(m - R(1, 3))), "no upper bound near m = 0.33333"),
        (sp.tan(2 * m), "no upper bound near m = 0.785"),
        (sp.sign(m), "jumps"),
        (sp.floor(m), "jumps"),
        (sp.Piecewise((0, m < R(1, 3)), (1 + m, True)), "jumps by 1.333.* near m = 0.333"),
        (10**400 * m**2, "beyond the range of floating-point numbers"),
    ],
)
def test_interactions_that_are_no_smooth_bounded_functions(interaction, words):
    message = refused(
        lambda: MeanField(Rademacher("a"), interaction).saddles, DerivationError, f"^saddle points: .*{words}"
    )
    assert "Give g" in message or "Rescale" in message


@pytest.mark.parametrize(
    "interaction",
    [sp.Abs(m), sp.log(1 - m), -1 / m**2, -1 / (m - R(1, 3)) ** 2, sp.sqrt(1 - m**2), sp.tanh(10**6 * m), sp.Max(m, 0)],
    ids=str,
)
def test_steep_or_bent_interactions_and_poles_downwards_are_allowed(interaction):
    assert MeanField(Rademacher("a"), interaction).saddles


def test_a_gaussian_spin_that_its_interaction_outgrows_has_no_model_either():
    measure = MeanField(Normal("a", 0, 1), 2 * m**2)
    for ask in (lambda: symsched.derive(measure, symsched.VP), lambda: measure.model(100)):
        message = refused(ask, DerivationError, r"g outgrows I with g = 2\*m\*\*2.*cannot be normalised")
        assert "lighter tails" in message


def test_a_spin_law_that_depends_on_the_dimension():
    refused(
        lambda: symsched.derive(MeanField(Normal("a", 1 / d, 1), m**2 / 4), symsched.VP),
        DerivationError,
        "law of a spin depends on d.*into the interaction or the tilt",
    )


def test_undefined_functions():
    refused(lambda: MeanField(Rademacher("a"), sp.Function("f")(m)).saddles, ValueError, r"undefined function f\(m\)")


@pytest.mark.parametrize(
    "distribution",
    [
        GaussianModes([HALF, HALF], [[P, 0], [0, 1]], 1),
        MeanField(Rademacher("a"), P * m**2),
        MeanField(Rademacher("a"), m**2, P * m),
        pair(Normal("a", P, 1), Normal("a", 0, 2)),
    ],
    ids=["gram", "coupling", "tilt", "mean"],
)
def test_symbols_where_numbers_are_asked_for(distribution):
    refused(lambda: distribution.model(10), ValueError, r"needs numbers for p: call \.subs\(\{p: \.\.\.\}\)")


def test_a_lattice_spin_with_an_interaction_off_the_lattice_is_served_at_small_dimension():
    mean, shares = MeanField(Poisson("a", 1), sp.sin(m)).model(3).posterior(0.3, [[0.1, 0.2, 0.3]])
    assert np.all(np.isfinite(mean)) and shares.sum() == pytest.approx(1)


def test_incommensurate_atoms_at_small_dimension_say_which_dimension_is_needed():
    site = AtomLaw((0, 1, sp.sqrt(2)), (R(1, 3),) * 3)
    with pytest.raises((ArithmeticError, ValueError), match=r"d = 3 is too small.*take a larger d"):
        MeanField(site, sp.sin(m)).model(3).posterior(0.3, [[0.1, 0.2, 0.3]])
