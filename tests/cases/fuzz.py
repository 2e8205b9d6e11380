"""Calls with arguments that a user might give by mistake: what comes back is an answer or an error of this package.

``python tests/cases/fuzz.py --calls 3000 --seed 0`` makes that many and prints those that end otherwise.
"""

import argparse
import contextlib
import io
import math
import random
import signal
import sys
import tempfile
import traceback
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import sympy as sp
from sympy.stats import Bernoulli, FiniteRV, Normal, Poisson, Rademacher

import symsched
from symsched.cli import main
from symsched.errors import DerivationError
from symsched.schedules.plan import Plan
from symsched.simulation.sweeps import Cell
from symsched.symbols import d, m, t, tau
from symsched.validation.reproduction import reproduce

R = sp.Rational
PACKAGE = Path(symsched.__file__).parent
SECONDS = 25.0
"""A call that takes longer has not ended."""
ODD = [
    None, True, False, 0, 1, -1, 2, 3, 2000, 10**400, 0.0, -0.5, 0.3, 1e-300, 1e300, math.nan, math.inf, -math.inf,
    1j, "", "x", "1/2", "__import__('os')", b"bytes", [], [1], [math.nan], {}, {"a": 1}, (), (1, 2), set(), object(),
    len, np.float32(0.5), np.int8(3), np.array(2.0), np.array([1.0, np.nan]), np.zeros((0, 3)), np.eye(2),
    np.array(["a"]), sp.Symbol("p"), sp.Symbol("p", positive=True), sp.Symbol("d"), d, m, t, tau, sp.oo, sp.nan, sp.zoo,
    sp.I, R(1, 3), sp.pi, sp.Float("0.2"), sp.sqrt(2), sp.exp(-d), sp.log(d), sp.sin(d), d**2, 1 / d, sp.Abs(m), m**3,
    sp.Matrix([[1]]), sp.true, sp.Interval(0, 1), sp.Function("f")(t), Normal("z", 0, 1), Rademacher("z"),
    Normal("z", 0, 1) ** 2, sp.Integral(sp.exp(-(t**2)), (t, 0, 1)), Path("nowhere"), iter([1]), range(3), "é", "\x00",
]  # fmt: skip
WORDS = [
    "",
    "x",
    "nan",
    "inf",
    "-1",
    "0",
    "1e400",
    "1/0",
    "p=",
    "p=4/5=1",
    "é",
    "\x00",
    "9" * 400,
    "--",
    "-",
    "None",
]
TEXTS = [
    "1/2*Normal(0,1)", "Normal(0,1", "1/2*Laplace(0,1)+1/2*Normal(0,2)", "().__class__", "Normal(0,-1)", "Normal",
    "2*Normal(0,1)-Normal(1,1)", "Normal(0,1)*Normal(0,1)", "0*Normal(0,1)+1*Normal(2,1)", "Zeta(5)", "lambda: 1", "d",
]  # fmt: skip


@dataclass(frozen=True)
class Target:
    """Something to call: its usual arguments, by position and by name."""

    name: str
    call: Callable
    usual: tuple = ()
    named: tuple = ()


def targets() -> list[Target]:
    mixture = symsched.GaussianMixture(R(4, 5), m=1, sigma=R(1, 2))
    limit = symsched.derive(mixture, symsched.VP)
    spins = symsched.derive(symsched.CurieWeiss(2, R(1, 3)), symsched.VE)
    law = symsched.law_of(Normal("a", 1, 2))
    counts = symsched.law_of(Poisson("a", 2))
    atoms = symsched.law_of(FiniteRV("a", {-1: R(1, 4), 2: R(3, 4)}))
    plan = limit.schedule.plan(6, 100, 3.0)
    parts = tuple((name, getattr(plan, name)) for name in ("times", "psi", "alpha", "beta", "A", "B", "shift"))
    run = (("d", 50), ("n", 3), ("steps", 6), ("kappa", 3), ("rng", 0), ("scheme", "canonical"), ("keep", "x"))
    more = (("method", "auto"), ("rows", None), ("dtype", float), ("executor", None))
    made = [
        Target("GaussianMixture", symsched.GaussianMixture, (R(4, 5), 1, 1)),
        Target("CurieWeiss", symsched.CurieWeiss, (2, R(1, 5))),
        Target(
            "ProductMixture", symsched.ProductMixture, ([(R(1, 2), Normal("a", 0, 1)), (R(1, 2), Normal("a", 1, 1))],)
        ),
        Target(
            "ProductMixture of one pair", lambda w, x: symsched.ProductMixture([(w, x)]), (1, Bernoulli("a", R(1, 3)))
        ),
        Target("GaussianModes", symsched.GaussianModes, ([R(1, 2)] * 2, [[1, 0], [0, 1]], 1)),
        Target("MeanField", symsched.MeanField, (Rademacher("a"), m**2, m / 2)),
        Target("Interpolant", symsched.Interpolant, (1 - tau, tau, "mine")),
        Target("derive", symsched.derive, (mixture, symsched.VP)),
        Target("law_of", symsched.law_of, (Normal("a", 0, 1),)),
        Target("parse", symsched.parse, ("1/2*Normal(0,1) + 1/2*Normal(2,1)",)),
        Target("simulate", symsched.simulate, (mixture, limit), run + more),
        Target("simulate spins", symsched.simulate, (spins.distribution, spins), run),
        Target(
            "predict",
            symsched.predict,
            (limit, 6),
            (("d", None), ("kappa", 3), ("schedule", None), ("scheme", "canonical")),
        ),
        Target(
            "sweep",
            symsched.sweep,
            (mixture, limit),
            (("dimensions", (50,)), ("steps", (6,)), ("n", 3), ("kappa", 3), ("rng", 0), ("folder", "cells")),
        ),
        Target("Cell.from_dict", Cell.from_dict, ({"weights": [], "sites": []},)),
        Target(
            "reproduce", reproduce, ("report",), (("quick", True), ("progress", False), ("seed", 0), ("checks", ()))
        ),
        Target(
            "validate",
            symsched.validate,
            (limit,),
            (("dimensions", (50, 100)), ("n", 20), ("steps", 6), ("kappa", 3), ("rng", 0)),
        ),
        Target(
            "design",
            symsched.design,
            (limit, 2),
            (("weights", 0.8), ("widths", 0.5), ("robust", False), ("output", "row")),
        ),
        Target(
            "export",
            symsched.export,
            (limit, "diffusers-flow-match"),
            (("d", 100), ("steps", 6), ("kappa", 3), ("cut", 0.01), ("betas", None), ("shift", 1.0)),
        ),
        Target(
            "export of sigmas", symsched.export, (limit, "diffusers-euler"), (("d", 10), ("steps", 6), ("kappa", 1))
        ),
        Target("denoiser", mixture.denoiser, (4,)),
        Target("Denoiser", mixture.denoiser(2), ([[1.0, -1.0]], 0.5)),
        Target("Plan", Plan, (), parts),
        Target("Phase.solve", limit.phases[0].solve, ([0.3], [0.2], 3.0)),
        Target("Limit.model", limit.model, (10,)),
        Target("Limit.order_model", limit.order_model, (10.0,)),
        Target("Limit.statistic", limit.statistic, (10,)),
        Target("Limit.speciation_time_in", limit.speciation_time_in, ("ou", 0)),
        Target("MeanField.subs", symsched.MeanField(Rademacher("a"), m**2, 0).subs, ({sp.Symbol("h"): 1},)),
    ]
    for name, source in (("VP", limit.schedule), ("VE", spins.schedule)):
        made += [
            Target(f"{name}.{method}", getattr(source, method), (6, 100.0, 3.0))
            for method in ("psi", "sigmas", "plan", "dilation")
        ]
        made += [Target(f"{name}.times", source.times, (6,)), Target(f"{name}.source", source.source, ("numpy",))]
    for name, one in (("normal", law), ("poisson", counts), ("atoms", atoms)):
        made += [
            Target(f"{name}.{method}", getattr(one, method), (0.5, 0.2))
            for method in ("partition", "denoiser", "cdf", "flow")
        ]
        made += [Target(f"{name}.cumulants", one.cumulants, (3,)), Target(f"{name}.tilt", one.tilt, (R(1, 3),))]
    for name, one in (("mixture", mixture), ("spins", spins.distribution)):
        model = one.model(5)
        made += [
            Target(f"{name} posterior", model.posterior, (0.5, np.zeros((2, 5)))),
            Target(f"{name} sample", model.sample, (np.random.default_rng(0), 2)),
            Target(f"{name} log_density", model.log_density, (np.ones((2, 5)),)),
        ]
    return made


COMMANDS = [
    ["derive", "gaussian-mixture", "--interpolant", "vp", "--set", "p=4/5"],
    ["derive", "1/2*Normal(0,1)+1/2*Normal(3,1)", "--latex"],
    ["schedule", "gaussian-mixture", "--d", "100", "--steps", "6", "--kappa", "3"],
    ["validate", "gaussian-mixture", "--d", "100", "--n", "20", "--steps", "6", "--kappa", "3"],
    ["list"],
    ["export", "gaussian-mixture", "--target", "json", "--d", "100", "--steps", "6", "--kappa", "3"],
    ["design", "gaussian-mixture", "--evaluations", "2", "--widths", "0.5", "0.5"],
    ["sweep", "gaussian-mixture", "--d", "50", "--steps", "6", "--n", "5", "--kappa", "3"],
]


def calls(seed: int, count: int) -> Iterator[tuple[str, Callable]]:
    """Yield a description and a call of nothing, most of them with one or two arguments that are wrong."""
    rng = random.Random(seed)
    known = targets()
    for _ in range(count):
        if rng.random() < 0.12:
            words = list(rng.choice(COMMANDS))
            for _ in range(rng.randint(0, 2)):
                words[rng.randrange(len(words))] = rng.choice(WORDS + TEXTS)
            if rng.random() < 0.2:
                words.append("--json")
            yield f"symsched {words}", lambda words=words: _command(words)
            continue
        target = rng.choice(known)
        values, named = list(target.usual), dict(target.named)
        for _ in range(rng.randint(0, 2)):
            place = rng.randrange(len(values) + len(named))
            odd = rng.choice(TEXTS) if target.name == "parse" and rng.random() < 0.7 else rng.choice(ODD)
            if place < len(values):
                values[place] = odd
            else:
                named[list(named)[place - len(values)]] = odd
        shown = ", ".join([*map(_short, values), *(f"{key}={_short(value)}" for key, value in named.items())])
        yield f"{target.name}({shown})", lambda c=target.call, v=values, n=named: c(*v, **n)


def _short(value: object) -> str:
    return repr(value).replace("\n", " ")[:60]


def _command(words: list[str]) -> int:
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()) as errors:
        try:
            code = main(words)
        except SystemExit as end:
            code = end.code
    if code not in (0, 1, 2, None):
        raise AssertionError(f"exit code {code}")
    if "Traceback" in errors.getvalue():
        raise AssertionError(errors.getvalue()[-300:])
    return 0


class _TooLongError(Exception):
    """The time of a call is over."""


def _stop(*_: object) -> None:
    raise _TooLongError


def fault(call: Callable) -> str | None:
    """Return what is wrong with how a call ends, None where it ends as it should."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            result = call()
    except _TooLongError:
        return f"no end within {SECONDS:g} s"
    except (ValueError, TypeError, ArithmeticError) as error:
        innermost = Path(traceback.extract_tb(error.__traceback__)[-1].filename)
        own = isinstance(error, DerivationError) or innermost.is_relative_to(PACKAGE)
        return None if own and str(error) else f"{type(error).__name__} of {innermost.name}: {error}"[:200]
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        return f"{type(error).__name__} at {Path(place.filename).name}:{place.lineno}: {error}"[:200]
    for part in result if isinstance(result, tuple) else (result,):
        if isinstance(part, float | np.ndarray) and np.asarray(part).dtype.kind == "f" and np.isnan(part).any():
            return "returned NaN"
    return None


def faults(seed: int, count: int) -> Iterator[str]:
    """Make calls and yield a line for each that ends as none should."""
    previous = signal.signal(signal.SIGALRM, _stop)
    home = Path.cwd()
    try:
        with tempfile.TemporaryDirectory() as folder:
            for name, call in calls(seed, count):
                with contextlib.chdir(folder):
                    signal.setitimer(signal.ITIMER_REAL, SECONDS)
                    found = fault(call)
                    signal.setitimer(signal.ITIMER_REAL, 0)
                if found is not None:
                    yield f"{name}: {found}"
    finally:
        signal.signal(signal.SIGALRM, previous)
        assert Path.cwd() == home


def command(about: str, what: str, faults: Callable[[int, int], Iterator[str]], count: int) -> int:
    """Print the faults of as many calls as the command line says, and return how many there were."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--calls", type=int, default=count)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    number = 0
    for line in faults(asked.seed, asked.calls):
        number += 1
        print(line, flush=True)
    print(f"{asked.calls} {what}, {number} faults")
    return number


if __name__ == "__main__":
    sys.exit(command(str(__doc__), "calls", faults, 3000) > 0)
