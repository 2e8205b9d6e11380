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
    """Return tau, alpha and beta at times t in [0, 1], each of the shape of t."""
    t = np.asarray(t, dtype=float)
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
        for name, expression in (("tau", motion.tau), ("alpha", motion.alpha), ("beta", motion.beta)):
            lines.append(f"    {name}[inside] = {printer.doprint(expression).replace('numpy.', 'np.')}")
    lines.append("    return tau, alpha, beta\n")
    text = "\n".join(lines)
    return (
        text.replace("import numpy as np", "import functools\n\nimport numpy as np", 1)
        if "functools." in text
        else text
    )
