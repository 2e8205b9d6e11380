"""Schemes: ways to fill a plan's table from what a schedule knows at the nodes."""

from collections.abc import Callable
from functools import partial

from symsched.schedules.plan import Plan
from symsched.schedules.schemes.base import Nodes, Stretch
from symsched.schedules.schemes.edgeworth import edgeworth
from symsched.schedules.schemes.multistep import adams, dpmpp_2m
from symsched.schedules.schemes.one_step import canonical, euler, gaussian
from symsched.schedules.schemes.two_stage import heun, midpoint

__all__ = [
    "SCHEMES",
    "Nodes",
    "Stretch",
    "adams",
    "canonical",
    "dpmpp_2m",
    "edgeworth",
    "euler",
    "gaussian",
    "heun",
    "midpoint",
]

SCHEMES: dict[str, Callable[[Nodes], Plan]] = {
    "interpolant": lambda nodes: euler(nodes.times, nodes.alpha, nodes.beta, *nodes.tangents()),
    "canonical": lambda nodes: canonical(nodes.times, nodes.alpha, nodes.beta),
    "adams": adams,
    "adams3": partial(adams, order=3),
    "dpmpp_2m": dpmpp_2m,
    "midpoint": midpoint,
    "heun": heun,
    "gaussian": gaussian,
    "edgeworth": edgeworth,
}
"""Euler in the interpolant's coordinates x; in canonical coordinates y = x/α, Euler (DDIM), Adams in ψ of two and of
three steps, DPM-Solver++(2M), which is two steps in log ψ, and the midpoint's and Heun's rule on pairs of nodes;
the step that is exact for Gaussian sites; and Adams with steps that cross the gap behind an order q > 1.
"""
