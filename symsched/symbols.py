"""Every shared symbol once, with its assumptions.

==========  ===================================================================
symbol      meaning
==========  ===================================================================
``d``       dimension, positive
``kappa``   window constant of a dilated schedule, positive
``t``       sampling time in [0, 1]: 0 is noise, 1 is data
``tau``     the interpolant's own time in [0, 1]
``psi``     root signal-to-noise ratio beta/alpha, from 0 (noise) to infinity (data)
``y``       one canonical coordinate, y = z + psi a
``x``       one coordinate of the state, x = alpha y
``a``       one coordinate of the data
``s``       signal strength inside a window: psi = (s / sqrt(d))**(1/q)
``nu``      order parameter in canonical coordinates; N(0, 1) at s = 0
``m``       spin mean (1/d) sum a_i, the argument of a mean-field interaction
``u``       tilt (field) conjugate to m, and the critical variable
==========  ===================================================================

Two SymPy symbols of one name but different assumptions are different symbols; use these.
"""

import sympy as sp

d = sp.Symbol("d", positive=True)
kappa = sp.Symbol("kappa", positive=True)
t = sp.Symbol("t", nonnegative=True)
tau = sp.Symbol("tau", nonnegative=True)
psi = sp.Symbol("psi", nonnegative=True)
s = sp.Symbol("s", nonnegative=True)
y = sp.Symbol("y", real=True)
x = sp.Symbol("x", real=True)
a = sp.Symbol("a", real=True)
nu = sp.Symbol("nu", real=True)
m = sp.Symbol("m", real=True)
u = sp.Symbol("u", real=True)
