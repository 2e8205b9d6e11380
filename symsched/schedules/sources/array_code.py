"""A subject as Python for a library of arrays."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import sympy as sp

from symsched.schedules.sources.comments import head
from symsched.schedules.sources.dialects import Dialect
from symsched.schedules.sources.evidence import large, mean, small
from symsched.schedules.sources.printing import arrays, block, scalars
from symsched.schedules.sources.subject import COMPUTED, Mode, Piece, Subject, Table
from symsched.schedules.window import elapsed, remaining

_POSITIVE = """

def _positive(*values):
    return all(isinstance(x, numbers.Real) and not isinstance(x, bool) and 0 < x < math.inf for x in values)
"""

_CHECK = '''

def _checked(d, kappa):
    """Return d and kappa as floats; ValueError where the windows do not fit."""
    if not _positive(d, kappa):
        raise ValueError(f"d and kappa must be positive numbers, got d = {d!r}, kappa = {kappa!r}")
    try:
        before = 0.0
        for tau, alpha, beta in _knots(float(d), float(kappa)):
            if not (0 < tau <= 1 and 0 < alpha < math.inf and beta > 0 and beta / alpha >= before * (1 - 1e-12)):
                raise ValueError
            before = beta / alpha
    except (ArithmeticError, TypeError, ValueError):
        told = f"kappa = {kappa!r} does not fit below the scales of d = {d!r}: take a smaller one"
        raise ValueError(told) from None
    return float(d), float(kappa)
'''

_EVALUATE = '''

QUIET
def _evaluate(xp, windows, t, d, kappa):
    """Return what the window of each t gives; the arguments of all other windows are half way, where all is smooth."""
    result = None
    for window, (start, end, length) in zip(windows, WINDOWS):
        inside = (t >= start) & (t <= end)
        passed = xp.clip(xp.where(inside, (t - start) / length, 0.5), 0.0, 1.0)
        left = xp.clip(xp.where(inside, (end - t) / length, 0.5), 0.0, 1.0)
        here = window(xp, passed, left, d, kappa)
        result = here if result is None else tuple(xp.where(inside, one, other) for one, other in zip(here, result))
    return RESULT


def schedule(t, d, kappaDEFAULT):
    """Return tau, alpha and beta at times t in [0, 1], each of the shape of t; ValueError where there are none."""
    return _evaluate(XP, _VALUES, _in_range(_array(t)), *_checked(d, kappa))


def rates(t, d, kappaDEFAULT):
    """Return their derivatives in t: at a knot those of the window behind it, at t = 1 they may be infinite."""
    return _evaluate(XP, _RATES, _in_range(_array(t)), *_checked(d, kappa))


QUIET
def psi(t, d, kappaDEFAULT):
    """Return beta/alpha, infinite at t = 1; sigma = 1/psi."""
    _, alpha, beta = schedule(t, d, kappa)
    return beta / alpha


def time_of(ratio, d, kappaDEFAULT):
    """Return t with psi(t) = ratio, by bisection; ValueError unless ratio is at least 0."""
    ratio = _array(ratio)
    if not bool((ratio >= 0).all()):
        raise ValueError("psi must be at least 0")
    low, high = XP.zeros_like(ratio), XP.ones_like(ratio)
    for _ in range(80):
        middle = (low + high) / 2
        below = psi(middle, d, kappa) < ratio
        low, high = XP.where(below, middle, low), XP.where(below, high, middle)
    return XP.where(ratio == 0, 0.0, high)
'''

_GRID = '''

def _lengths(steps):
    if not isinstance(steps, numbers.Integral) or isinstance(steps, bool) or steps < len(WINDOWS):
        raise ValueError(f"steps must be an integer of at least {len(WINDOWS)}, one for each window, got {steps!r}")
    ends = [round(k * steps / len(WINDOWS)) for k in range(len(WINDOWS) + 1)]
    return [last - first for first, last in zip(ends, ends[1:])]


def grid(steps):
    """Return the N + 1 nodes in t: even in each window, the ends of windows among them."""
    places = zip(WINDOWS, _lengths(steps))
    return [start + j / n * length for (start, _, length), n in places for j in range(n)] + [1.0]


def plan(steps, d, kappaDEFAULT):
    """Return the N steps at dimension d as a table for ``sample``: nodes, and the coefficients A and B."""
    d, kappa = _checked(d, kappa)
    t, alpha, beta, exact, slopes = grid(steps), [], [], [], []
    for window, speed, flags, n in zip(_VALUES, _RATES, _STRAIGHT, _lengths(steps)):
        passed = NODES.arange(n, dtype=NODES.float64) / n
        left = 1.0 - passed
        _, noise, signal = _quiet(window, passed, left, d, kappa)
        _, noise_rate, signal_rate = _quiet(speed, passed, left, d, kappa)
        alpha, beta = alpha + noise.tolist(), beta + signal.tolist()
        slopes += zip(noise_rate.tolist(), signal_rate.tolist())
        exact += [flags] * n
    alpha, beta = alpha + [0.0], beta + [1.0]
    A, B = [], []
    for k, ((noise_known, signal_known), (falls, grows)) in enumerate(zip(exact, slopes)):
        step = t[k + 1] - t[k]
        noise = alpha[k + 1] if noise_known else alpha[k] + step * falls
        signal = beta[k + 1] if signal_known else beta[k] + step * grows
        if not (0 <= noise < math.inf and math.isfinite(signal)):
            raise ValueError(f"an Euler step in x overshoots the noise at d = {d:g}; use the scheme canonical")
        A.append(noise / alpha[k])
        B.append([(k, signal - A[k] * beta[k])])
    ratios = [signal / noise for signal, noise in zip(beta[:-1], alpha)]
    return {"t": t, "psi": ratios, "alpha": alpha, "beta": beta, "A": A, "B": B, "shift": [0.0] * steps}
'''

_QUIETLY = """

QUIET
def _quiet(window, passed, left, d, kappa):
    return window(NODES, passed, left, d, kappa)
"""

_SAMPLE = '''

def sample(denoiser, z, table):
    """Return data from noise z ~ N(0, I), shape (n, d); denoiser(y, psi) is E[a | z + psi a = y]."""
    last = {j: k for k, row in enumerate(table["B"]) for j, _ in row}
    x, means = table["alpha"][0] * z, {}
    for k, ratio in enumerate(table["psi"]):
        if k in last:
            means[k] = denoiser(x / table["alpha"][k], ratio)
        x = table["A"][k] * x + table["shift"][k]WAVE
        for j, factor in table["B"][k]:
            x = x + factor * means[j]
        means = {j: mean for j, mean in means.items() if last[j] > k}
    return x
'''

_VELOCITY = '''

def velocity(x, t, d, kappa, denoiser):
    """Return dx/dt of the probability flow at one time 0 <= t < 1."""
    d, kappa = _checked(d, kappa)
    time = _in_range(NODES.ARRAY(float(t), dtype=NODES.float64))
    _, alpha, beta = (float(part) for part in _evaluate(NODES, _VALUES, time, d, kappa))
    _, falls, grows = (float(part) for part in _evaluate(NODES, _RATES, time, d, kappa))
    if not (alpha > 0 and math.isfinite(falls) and math.isfinite(grows)):
        raise ValueError(f"the velocity has no value at t = {t!r}")
    return falls / alpha * x + (grows - falls * beta / alpha) * denoiser(x / alpha, beta / alpha)
'''

_DENOISER = '''

def _mixed(logs, means):
    """Return log sum exp of logs, and the average of means with the weights exp(logs)."""
    top = functools.reduce(XP.maximum, logs)
    shares = [XP.exp(one - top) for one in logs]
    total = sum(shares)
    return top + XP.log(total), sum(share * mean for share, mean in zip(shares, means)) / total


def denoiser(y, psi):
    """Return E[a | z + psi a = y] for y of shape (..., d) and a number psi >= 0."""
    y = _array(y)
    if not (isinstance(psi, numbers.Real) and 0 <= psi <= 1e75):
        raise ValueError(f"psi must be a number from 0 to 1e75, got {psi!r}")
    psi, evidence, means = float(psi), [], []
    for weight, parts in _modes(float(y.shape[-1])):
        logs, own = [], []
        for share, m, v in parts:
            spread = psi**2 * v + 1
            # Equal up to y^2/2, which all share: each keeps its digits where the other loses them.
            log = SMALL if psi < 1 else LARGE
            logs.append(log + (math.log(share) - math.log(spread) / 2))
            own.append(MEAN)
        log, mean = _mixed(logs, own)
        evidence.append((math.log(weight) + log.sum(-1))[..., None])
        means.append(mean)
    return _mixed(evidence, means)[1]
'''


def array_source(subject: Subject, dialect: Dialect) -> str:
    """Return the source of one file for a library of arrays."""
    body = "".join(_parts(subject))
    names = {
        "kappaDEFAULT": "kappa" if subject.needs_kappa else "kappa=1.0",
        "NODES.ARRAY": f"{dialect.nodes}.{'as_tensor' if dialect.nodes == 'torch' else 'asarray'}",
        "NODES": dialect.nodes,
        "XP": dialect.xp,
        "QUIET\n": dialect.quiet,
        "RESULT": dialect.result,
    }
    for name, text in names.items():
        body = body.replace(name, text)
    uses = [
        module for module in ("functools", "math", "numbers") if f"{module}." in body or f"{module}." in dialect.erf
    ]
    imports = "".join(f"import {module}\n" for module in uses)
    needed = {"_array(": dialect.array, "_in_range(": dialect.in_range}
    prelude = "\n".join(text for call, text in needed.items() if call in body)
    if "_erf(" in body:
        prelude += f"\n{dialect.erf}\n"
    comments = "".join(f"# {line}".rstrip() + "\n" for line in head(subject))
    needs = f"\n{dialect.imports}\n" if prelude or f"{dialect.xp}." in body else ""
    text = f"{comments}\n{imports}{needs}\n\n{prelude}{body}".rstrip() + "\n"
    return re.sub(r"\n{4,}", "\n\n\n", text)


def _parts(subject: Subject) -> Iterator[str]:
    if subject.pieces:
        yield from _windows(subject.pieces)
        yield _POSITIVE + _knots(subject.pieces) + _CHECK + _EVALUATE
        if subject.scheme in COMPUTED:
            yield f"\n\n{_straight(subject)}" + _QUIETLY + _GRID
        yield _VELOCITY
    elif subject.table is not None:
        yield _POSITIVE
    if subject.table is not None:
        yield _table(subject.table)
    bends = subject.table is not None and subject.table.bends
    wave = ' + table["wave"][k] * _hermite(z)' if bends else ""
    yield (_hermite(subject.table) if bends and subject.table is not None else "") + _SAMPLE.replace("WAVE", wave)
    if subject.owner.modes:
        yield _modes(subject.owner.modes)
        forms = {"SMALL": small, "LARGE": large, "MEAN": mean}
        text = _DENOISER
        for name, form in forms.items():
            text = text.replace(name, scalars(form))
        yield text


def _windows(pieces: Sequence[Piece]) -> Iterator[str]:
    yield "\n\n# start, end and length in t of each window\nWINDOWS = [\n"
    for piece in pieces:
        yield f"    ({float(piece.start)!r}, {float(piece.end)!r}, {float(piece.end - piece.start)!r}),\n"
    yield "]\n"
    for k, piece in enumerate(pieces):
        yield _window(f"_window_{k}", ("tau", "alpha", "beta"), piece.values)
        yield _window(f"_rates_{k}", ("tau_rate", "alpha_rate", "beta_rate"), piece.rates)
    for name, function in (("_VALUES", "_window"), ("_RATES", "_rates")):
        yield (
            "\n\n" if name == "_VALUES" else ""
        ) + f"{name} = [{', '.join(f'{function}_{k}' for k in range(len(pieces)))}]\n"


def _window(name: str, names: Sequence[str], values: Sequence[sp.Expr]) -> str:
    variables = (elapsed, remaining)
    found = block(zip(names, values, strict=True), variables)
    lines = [f"    {constant} = {scalars(part)}" for constant, part in found.constants]
    for key, part in found.results:
        constant = not part.has(*variables)
        text = scalars(part) if constant else arrays(part)
        lines.append(f"    {key} = {f'xp.full_like(v, {text})' if constant else text}")
    return "\n\ndef {}(xp, v, r, d, kappa):\n{}\n    return {}\n".format(name, "\n".join(lines), ", ".join(names))


def _knots(pieces: Sequence[Piece]) -> str:
    rows = "".join(f"        ({', '.join(map(scalars, piece.knot))}),\n" for piece in pieces[1:])
    inside = f"[\n{rows}    ]" if rows else "[]"
    return f'\n\ndef _knots(d, kappa):\n    """Return tau, alpha and beta where windows meet."""\n    return {inside}\n'


def _straight(subject: Subject) -> str:
    flags = [(True, True) if subject.scheme == "canonical" else piece.straight for piece in subject.pieces]
    return f"# whether alpha and beta at the next node are where an Euler step leads\n_STRAIGHT = {flags}\n"


def _table(table: Table) -> str:
    entries = {
        "t": f"[{', '.join(map(scalars, table.times))}]",
        "psi": f"[{', '.join(map(scalars, table.psi))}]",
        "alpha": f"[{', '.join(map(scalars, table.alpha))}]",
        "beta": f"[{', '.join(map(scalars, table.beta))}]",
        "A": f"[{', '.join(map(scalars, table.A))}]",
        "shift": f"[{', '.join(map(scalars, table.shift))}]",
    }
    if table.bends:
        entries["wave"] = f"[{', '.join(map(scalars, table.wave))}]"
    if table.only is not None:
        condition, told = f"d == {table.only!r}", f"this table is that of d = {table.only!r}"
    else:
        condition, told = f"d >= {table.least!r}", f"this table needs a d of at least {table.least!r}"
    text = f"\n\ndef table(d{f'={table.only!r}' if table.only is not None else ''}):\n"
    text += f'    """Return the steps as a table for ``sample``: {told}."""\n'
    text += f'    if not (_positive(d) and {condition}):\n        raise ValueError(f"{told}, got {{d!r}}")\n'
    text += "".join(f"    {symbol.name} = {scalars(value)}\n" for symbol, value in table.units)
    text += "    return {\n" + "".join(f'        "{key}": {value},\n' for key, value in entries.items())
    rows = "".join(f"            [{', '.join(f'({j}, {scalars(value)})' for j, value in row)}],\n" for row in table.B)
    return f'{text}        "B": [\n{rows}        ],\n    }}\n'


def _hermite(table: Table) -> str:
    z = sp.Symbol("z")
    form = scalars(sp.horner(sp.expand(sp.functions.special.polynomials.hermite_prob(table.degree, z))))
    return f'\n\ndef _hermite(z):\n    """Return He_{table.degree}(z)."""\n    return {form}\n'


def _modes(modes: Sequence[Mode]) -> str:
    rows = []
    for mode in modes:
        parts = ", ".join(f"({', '.join(map(scalars, part))})" for part in mode.parts)
        rows.append(f"        ({scalars(mode.weight)}, [{parts}]),\n")
    return (
        "\n\ndef _modes(d):\n"
        '    """Return the weight of each mode, and the parts (share, mean, variance) of a coordinate."""\n'
        f"    return [\n{''.join(rows)}    ]\n"
    )
