"""Claim 1. The velocity of the probability flow, written with the posterior mean, is the one written with the score.

Assumes: I = α z + β a with z ~ N(0, I) independent of a; α > 0, β > 0. No limit is taken: it holds at every d and τ.
"""

# %% The density of I given a is Gaussian; differentiating under the integral turns the score into a posterior mean.
import sympy as sp
from telling import conclude, require, say, show

from symsched.validation.claims.gm_01_velocity import claim

x, a, mean = sp.symbols("x a D", real=True)
time = sp.Symbol("tau", positive=True)
alpha, beta = sp.Function("alpha", positive=True)(time), sp.Function("beta", positive=True)(time)

say(__doc__)
kernel = sp.exp(-((x - beta * a) ** 2) / (2 * alpha**2)) / (sp.sqrt(2 * sp.pi) * alpha)
weight = sp.simplify(sp.diff(kernel, x) / kernel)
show("score of the kernel, one coordinate", weight)
score = weight.subs(a, mean)
say(
    "It is affine in a, so its posterior average, the score of the marginal density, is the same with a → D = E[a | x]:"
)
show("score", score)

# %% The two velocities.
by_posterior = alpha.diff(time) / alpha * x + (beta.diff(time) - alpha.diff(time) * beta / alpha) * mean
by_score = beta.diff(time) / beta * x + alpha * (alpha * beta.diff(time) / beta - alpha.diff(time)) * score
show("velocity by the posterior mean", by_posterior)
show("difference to the velocity by the score", sp.simplify(by_posterior - by_score))
require("the two velocities are one", sp.simplify(by_posterior - by_score) == 0)

# %% E[İ | I = x] is the same thing: E[z | x] = (x − βD)/α.
conditional = alpha.diff(time) * (x - beta * mean) / alpha + beta.diff(time) * mean
require("and they are E[α' z + β' a | I = x]", sp.simplify(by_posterior - conditional) == 0)

# %%
conclude(claim)
