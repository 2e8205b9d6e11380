"""Derive the high-dimensional limit of a diffusion model from its density, and the noise schedule that follows.

>>> import symsched, sympy as sp
>>> gm = symsched.GaussianMixture(p=sp.Rational(4, 5), m=1, sigma=sp.Rational(1, 2))
>>> limit = symsched.derive(gm, symsched.VP)
>>> limit.phases[0].exponent
1/2

Names are imported when they are first used, so that ``import symsched`` costs what SymPy and NumPy cost.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from symsched import symbols as symbols
    from symsched.derivation import Check as Check
    from symsched.derivation import Derivation as Derivation
    from symsched.derivation import Step as Step
    from symsched.distributions.gaussian_modes import GaussianModes as GaussianModes
    from symsched.distributions.mean_field import MeanField as MeanField
    from symsched.distributions.named import CurieWeiss as CurieWeiss
    from symsched.distributions.named import GaussianMixture as GaussianMixture
    from symsched.distributions.product import ProductMixture as ProductMixture
    from symsched.errors import DerivationError as DerivationError
    from symsched.interpolants import VE as VE
    from symsched.interpolants import VE_TRIG as VE_TRIG
    from symsched.interpolants import VP as VP
    from symsched.interpolants import VP_TRIG as VP_TRIG
    from symsched.interpolants import Interpolant as Interpolant
    from symsched.laws import AbstractLaw
    from symsched.laws import law_of as law_of
    from symsched.limits import Limit as Limit
    from symsched.limits import Phase as Phase
    from symsched.limits import derive as derive
    from symsched.parsing import parse as parse
    from symsched.predictions import predict as predict
    from symsched.schedules import Schedule as Schedule
    from symsched.simulation import Run as Run
    from symsched.simulation import simulate as simulate
    from symsched.sweeps import Sweep as Sweep
    from symsched.sweeps import sweep as sweep
    from symsched.validation import Report as Report
    from symsched.validation import validate as validate

    Law = AbstractLaw

_HOMES = {
    "Check": "derivation",
    "CurieWeiss": "distributions.named",
    "Derivation": "derivation",
    "DerivationError": "errors",
    "GaussianMixture": "distributions.named",
    "GaussianModes": "distributions.gaussian_modes",
    "Interpolant": "interpolants",
    "Law": "laws",
    "Limit": "limits",
    "MeanField": "distributions.mean_field",
    "Phase": "limits",
    "ProductMixture": "distributions.product",
    "Report": "validation",
    "Run": "simulation",
    "Schedule": "schedules",
    "Step": "derivation",
    "Sweep": "sweeps",
    "VE": "interpolants",
    "VE_TRIG": "interpolants",
    "VP": "interpolants",
    "VP_TRIG": "interpolants",
    "derive": "limits",
    "law_of": "laws",
    "parse": "parsing",
    "predict": "predictions",
    "simulate": "simulation",
    "sweep": "sweeps",
    "validate": "validation",
}
_RENAMED = {"Law": "AbstractLaw"}

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
