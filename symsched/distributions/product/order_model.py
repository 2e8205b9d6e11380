"""Order parameters of a mixture of product laws in numbers: one component for every order that decides something."""

import math
from collections.abc import Sequence

import numpy as np
import sympy as sp

from symsched.algebra.arrays import Array
from symsched.algebra.codegen import number
from symsched.distributions.cascade import Cascade, ModeLaw
from symsched.models.order_model import DiscreteOrderModel, Points
from symsched.symbols import d


def product_order_model(cascade: Cascade, modes: Sequence[ModeLaw], dimension: float) -> DiscreteOrderModel:
    """Return the modes as points c_q/√q!, in the cumulants of the orders that occur, of ``modes`` at one dimension."""
    orders = tuple(sorted({phase.order for phase in cascade.phases if phase.order is not None}))
    rows = [
        [
            number(mode.law.cumulants(order)[order - 1], "a cumulant") / math.sqrt(math.factorial(order))
            for order in orders
        ]
        for mode in modes
    ]
    weights = np.array([number(mode.weight, "a weight") for mode in modes])
    places = np.array(rows, dtype=float).reshape(len(modes), len(orders)) - _shared(cascade, orders, dimension)
    sites = tuple(mode.law.site() for mode in modes)
    spread = sites[0].variance if orders and min(orders) > 2 else 0.0
    return DiscreteOrderModel(dimension, Points(orders, weights, places), sites, _centre(cascade, dimension), spread)


def _centre(cascade: Cascade, dimension: float) -> float:
    """What all modes share of the first cumulant: of order 1 the reference, of a higher order the common mean."""
    first = cascade.phases[0]
    if first.order is None:
        return 0.0
    mean = first.references[0] if first.order == 1 else first.common[0][0]
    return number(mean.subs(d, sp.Rational(dimension)), "a common mean")


def _shared(cascade: Cascade, orders: tuple[int, ...], dimension: float) -> Array:
    """What all modes share of each cumulant in ``orders``: without it the posterior is the same, and ν of order 1."""
    shared = np.zeros(len(orders))
    first = cascade.phases[0]
    if first.order is not None:
        reference = number(first.references[0].subs(d, sp.Rational(dimension)), "a common cumulant")
        shared[orders.index(first.order)] = reference / math.sqrt(math.factorial(first.order))
    return shared
