"""The kinds of check that decide a claim; each brings its rows, its charts and a negative control."""

from symsched.validation.checks.base import AbstractCheck, Axes
from symsched.validation.checks.dimensions import ROOM, Enumerated, RateInD, extrapolated
from symsched.validation.checks.equations import Flow, SolvesODE, solve_ode
from symsched.validation.checks.numbers import Clones, ClosedForm, Structure, Threshold, dividing_place
from symsched.validation.checks.samples import DoesNotMove, Quantity, Settles, WholeVectors

__all__ = [
    "ROOM",
    "AbstractCheck",
    "Axes",
    "Clones",
    "ClosedForm",
    "DoesNotMove",
    "Enumerated",
    "Flow",
    "Quantity",
    "RateInD",
    "Settles",
    "SolvesODE",
    "Structure",
    "Threshold",
    "WholeVectors",
    "dividing_place",
    "extrapolated",
    "solve_ode",
]
