"""Derive the high-dimensional limit of a diffusion model from its density, and the noise schedule that follows.

A **law** is one coordinate in symbols, a **site** the same in numbers. A **distribution** is d coordinates in symbols,
a **model** the same in numbers. Its **cascade** is a list of phases. An interpolant turns the cascade into a
**schedule**; a **plan** is a schedule at one d and N, a table of coefficients. ``predict`` runs the plan on the order
parameters, ``simulate`` on the model; a **report** holds one against the other.

>>> import symsched, sympy as sp
>>> gm = symsched.GaussianMixture(p=sp.Rational(4, 5), m=1, sigma=sp.Rational(1, 2))
>>> limit = symsched.derive(gm, symsched.VP)
>>> limit.phases[0].exponent
1/2

Names are imported when they are first used, so that ``import symsched`` costs what SymPy and NumPy cost.
"""

from __future__ import annotations

import importlib
import logging
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from symsched import symbols as symbols
    from symsched.algebra.derivation import Check as Check
    from symsched.algebra.derivation import Derivation as Derivation
    from symsched.algebra.derivation import Step as Step
    from symsched.distributions.gaussian_modes.modes import GaussianModes as GaussianModes
    from symsched.distributions.mean_field.measure import MeanField as MeanField
    from symsched.distributions.named import CurieWeiss as CurieWeiss
    from symsched.distributions.named import GaussianMixture as GaussianMixture
    from symsched.distributions.product.mixture import ProductMixture as ProductMixture
    from symsched.distributions.text import parse as parse
    from symsched.errors import DerivationError as DerivationError
    from symsched.exports.export import export as export
    from symsched.exports.result import Export as Export
    from symsched.laws import AbstractLaw
    from symsched.laws import law_of as law_of
    from symsched.limits.limit import Limit as Limit
    from symsched.limits.limit import Phase as Phase
    from symsched.limits.limit import derive as derive
    from symsched.predictions.comparisons.compare import Comparison as Comparison
    from symsched.predictions.comparisons.compare import compare as compare
    from symsched.predictions.predict import predict as predict
    from symsched.schedules.interpolant import VE as VE
    from symsched.schedules.interpolant import VE_TRIG as VE_TRIG
    from symsched.schedules.interpolant import VP as VP
    from symsched.schedules.interpolant import VP_TRIG as VP_TRIG
    from symsched.schedules.interpolant import Interpolant as Interpolant
    from symsched.schedules.plan import Plan as Plan
    from symsched.schedules.schedule import Schedule as Schedule
    from symsched.simulation.simulate import Run as Run
    from symsched.simulation.simulate import simulate as simulate
    from symsched.simulation.sweeps import Sweep as Sweep
    from symsched.simulation.sweeps import sweep as sweep
    from symsched.validation.papers.paper import paper as paper
    from symsched.validation.report import Report as Report
    from symsched.validation.validate import validate as validate

    Law = AbstractLaw

_HOMES = {
    "Check": "algebra.derivation",
    "Comparison": "predictions.comparisons.compare",
    "CurieWeiss": "distributions.named",
    "Derivation": "algebra.derivation",
    "DerivationError": "errors",
    "Design": "predictions.designs.pair_design",
    "Export": "exports.result",
    "GaussianMixture": "distributions.named",
    "GaussianModes": "distributions.gaussian_modes.modes",
    "Interpolant": "schedules.interpolant",
    "Law": "laws",
    "Limit": "limits.limit",
    "MeanField": "distributions.mean_field.measure",
    "Phase": "limits.limit",
    "Plan": "schedules.plan",
    "ProductMixture": "distributions.product.mixture",
    "Report": "validation.report",
    "Run": "simulation.simulate",
    "Schedule": "schedules.schedule",
    "Step": "algebra.derivation",
    "Sweep": "simulation.sweeps",
    "VE": "schedules.interpolant",
    "VE_TRIG": "schedules.interpolant",
    "VP": "schedules.interpolant",
    "VP_TRIG": "schedules.interpolant",
    "compare": "predictions.comparisons.compare",
    "derive": "limits.limit",
    "design": "predictions.designs.design",
    "export": "exports.export",
    "law_of": "laws",
    "paper": "validation.papers.paper",
    "parse": "distributions.text",
    "predict": "predictions.predict",
    "simulate": "simulation.simulate",
    "sweep": "simulation.sweeps",
    "validate": "validation.validate",
}
_RENAMED = {"Law": "AbstractLaw"}

# Long work says how far it is to the logger "symsched"; it is silent unless the user, or `--verbose`, listens.
logging.getLogger(__name__).addHandler(logging.NullHandler())

__version__ = "0.1.0"
__all__ = ["symbols"]
__all__ += list(_HOMES)


def __getattr__(name: str) -> Any:  # noqa: ANN401  # a module attribute can be anything
    """Import a public name on first use."""
    if name == "symbols":
        return importlib.import_module("symsched.symbols")
    if name not in _HOMES:
        raise AttributeError(f"module 'symsched' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"symsched.{_HOMES[name]}"), _RENAMED.get(name, name))
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
