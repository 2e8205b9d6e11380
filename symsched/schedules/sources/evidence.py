"""What y tells of one normal part of a coordinate's law: log evidence and posterior mean, from the law itself."""

import sympy as sp

from symsched.laws import DensityLaw
from symsched.symbols import a, y
from symsched.symbols import psi as signal

mean_symbol = sp.Symbol("m", real=True)
variance = sp.Symbol("v", positive=True)

_law = DensityLaw(a, sp.exp(-((a - mean_symbol) ** 2) / (2 * variance)), -sp.oo, sp.oo)
_spread = sp.Symbol("spread", positive=True)


def _short(expression: sp.Expr) -> sp.Expr:
    below = signal**2 * variance + 1
    found = sp.factor(sp.together(expression + sp.log(below) / 2))
    return found.subs(below, _spread)


_log = sp.expand_log(sp.log(_law.partition(signal, y)), force=True)
small = _short(_log)
"""log Z(ψ, y) + ½ log(1 + ψ²v): 0 at ψ = 0."""
large = _short(_log - y**2 / 2)
"""The same less y²/2, a square of what y − ψm leaves: no digit is lost at large ψ."""
mean = sp.sympify(_law.denoiser(signal, y)).subs(signal**2 * variance + 1, _spread)
"""E[a | z + ψa = y] of the part; all three hold 1 + ψ²v as the symbol "spread"."""
