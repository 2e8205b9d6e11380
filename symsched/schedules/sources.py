"""A schedule as source text that needs nothing of this package."""

from collections.abc import Sequence

import sympy as sp
from sympy.printing.numpy import NumPyPrinter

from symsched.schedules.window import Position, elapsed, remaining

TARGETS = ("numpy",)
"""Languages and libraries that ``Schedule.source`` knows."""

_HEAD = '''"""Noise schedule of the interpolant I = alpha z + beta a ({title}), t = 0 noise, t = 1 data.

Euler on the nodes t = k/N in x, or in x/alpha (DDIM); psi = beta/alpha, sigma = 1/psi in EDM's convention.
"""

import numpy as np


def schedule(t, d, kappa):
    """Return tau, alpha and beta at times t in [0, 1], each of the shape of t; ValueError where there are none."""
    t = np.asarray(t, dtype=float)
    if not np.all((t >= 0) & (t <= 1)):
        raise ValueError("t must lie in [0, 1]")
    if not (np.isscalar(d) and np.isfinite(d) and d > 0 and np.isscalar(kappa) and np.isfinite(kappa) and kappa > 0):
        raise ValueError(f"d and kappa must be positive numbers, got d = {{d!r}}, kappa = {{kappa!r}}")
    tau, alpha, beta = np.empty(t.shape), np.empty(t.shape), np.empty(t.shape)
'''


def numpy_source(title: str, windows: Sequence[tuple[sp.Rational, sp.Rational, Position]]) -> str:
    """Return a NumPy function ``schedule(t, d, kappa)``; each window is evaluated only where t lies in it."""
    lines = [_HEAD.format(title=title)]
    printer = NumPyPrinter({"allow_unknown_functions": False})
    last = len(windows) - 1
    for k, (start, end, motion) in enumerate(windows):
        inside = f"(t >= {float(start)!r}) & (t {'<=' if k == last else '<'} {float(end)!r})"
        lines.append(f"    inside = {inside}")
        lines.append(f"    {elapsed} = (t[inside] - {float(start)!r}) / {float(end - start)!r}")
        lines.append(f"    {remaining} = ({float(end)!r} - t[inside]) / {float(end - start)!r}")
        lines.append('    with np.errstate(invalid="ignore"):')
        # A kappa that does not fit shows in roots of negative numbers, which are refused at the end.
        for name, expression in (("tau", motion.tau), ("alpha", motion.alpha), ("beta", motion.beta)):
            lines.append(f"        {name}[inside] = {printer.doprint(expression).replace('numpy.', 'np.')}")
    lines.append("    if not np.all((tau >= 0) & (tau <= 1) & (alpha >= 0) & (beta >= 0)):")
    lines.append(
        '        raise ValueError(f"kappa = {kappa!r} does not fit below the scales of d = {d!r}: take a smaller one")'
    )
    lines.append("    return tau, alpha, beta\n")
    text = "\n".join(lines)
    return (
        text.replace("import numpy as np", "import functools\n\nimport numpy as np", 1)
        if "functools." in text
        else text
    )
