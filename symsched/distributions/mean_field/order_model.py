"""Order parameters of a mean-field measure in numbers: its modes as points, or the law of a critical mean."""

import numpy as np
import sympy as sp

from symsched.algebra.codegen import compiled, number
from symsched.distributions.cascade import Cascade
from symsched.distributions.mean_field.heights import Heights
from symsched.distributions.mean_field.landscape import Landscape
from symsched.models.coupled_model import CoupledOrderModel
from symsched.models.order_model import AbstractOrderModel, ContinuousOrderModel, Points
from symsched.symbols import m


def mean_field_order_model(cascade: Cascade, landscape: Landscape, dimension: float) -> AbstractOrderModel:
    """Return the modes at their magnetisations with the coupling inside them, or the law of the critical mean."""
    sites = tuple(mode.law.site() for mode in cascade.modes)
    first = cascade.phases[0]
    if first.order is not None and not first.branches[0].outcomes:
        centre = number(first.references[0], "the site mean")
        return ContinuousOrderModel(dimension, sites, first.branches[0].law.site(), float(first.exponent), centre)
    weights = np.array([number(mode.weight, "a weight") for mode in cascade.modes])
    places = np.array([[number(saddle.magnetisation, "m")] for saddle in landscape.saddles])
    slope = sp.diff(landscape.interaction, m)
    tilts = [number(saddle.tilt, "a tilt") for saddle in landscape.saddles]
    heights = Heights(landscape.spin, landscape.interaction)
    return CoupledOrderModel(
        dimension,
        Points((1,), weights, places),
        sites,
        heights.site,
        heights.g,
        compiled(slope, (m,), "the slope of the interaction"),
        compiled(sp.diff(slope, m), (m,), "the curvature of the interaction"),
        np.array(tilts),
        heights.boundaries(tilts),
    )
