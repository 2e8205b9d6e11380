"""Sources made to run: text as functions of NumPy arrays, whatever language it is in."""

import ctypes
import functools
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

COMPILER = shutil.which("cc")
HARNESS = r"""
#include "schedule.h"
#ifdef HAS_WINDOWS
int at(double t, double d, double kappa, double *out)
{
    symsched_point p;
    const int status = symsched_schedule(t, d, kappa, &p);
    if (status == SYMSCHED_OK) {
        out[0] = p.tau; out[1] = p.alpha; out[2] = p.beta;
        out[3] = p.tau_rate; out[4] = p.alpha_rate; out[5] = p.beta_rate;
    }
    return status;
}
int ratio_at(double t, double d, double kappa, double *out) { return symsched_psi(t, d, kappa, out); }
int time_at(double psi, double d, double kappa, double *out) { return symsched_time_of(psi, d, kappa, out); }
#endif
#ifdef HAS_PLAN
int plan_at(int steps, double d, double kappa, double *numbers, int *places, int *shape)
{
    symsched_plan plan;
    (void)shape;
    return symsched_plan_of(steps, d, kappa, numbers, places, &plan);
}
#endif
#ifdef HAS_TABLE
int sizes(int *out) { out[0] = SYMSCHED_TABLE_STEPS; out[1] = SYMSCHED_TABLE_TERMS; return 0; }
int table_at(double d, double *numbers, int *places, int *shape)
{
    symsched_plan plan;
    const int status = symsched_table(d, numbers, places, &plan);
    if (status == SYMSCHED_OK) { shape[0] = plan.memory; shape[1] = plan.degree; }
    return status;
}
#endif
#ifdef HAS_MODES
int posterior(const SYMSCHED_REAL *y, double psi, size_t d, SYMSCHED_REAL *mean)
{
    return symsched_posterior(y, psi, d, mean, NULL);
}
int run(int steps, int terms, int memory, int degree, double *numbers, int *places, const SYMSCHED_REAL *z, size_t n,
        size_t d, SYMSCHED_REAL *x, SYMSCHED_REAL *work)
{
    symsched_plan plan;
    int status = 0;
    symsched_lay(steps, terms, numbers, places, &plan);
    plan.memory = memory;
    plan.degree = degree;
    for (size_t k = 0; k < n && status == 0; k++)
        status = symsched_sample(&plan, symsched_posterior, NULL, z + k * d, d, x + k * d, work);
    return status;
}
#ifdef HAS_WINDOWS
int velocity(const SYMSCHED_REAL *x, double t, size_t count, double d, double kappa, SYMSCHED_REAL *out,
             SYMSCHED_REAL *work)
{
    return symsched_velocity(x, t, count, d, kappa, symsched_posterior, NULL, out, work);
}
#endif
#endif
"""


class RefusedError(ValueError):
    """A status of C that is not 0."""


class InPython:
    """A source for a library of arrays."""

    def __init__(self, text, to, back, *, single=False):
        self.names = {}
        exec(compile(text, "source", "exec"), self.names)  # our own text, not a user's
        self.to = (lambda x: to(np.asarray(x, dtype=np.float32 if single else float))) if to else np.asarray
        self.back = back

    def _arrays(self, name, x, d, kappa):
        found = self.names[name](self.to(x), d, kappa)
        return [self.back(part) for part in found] if isinstance(found, tuple) else self.back(found)

    schedule = functools.partialmethod(_arrays, "schedule")
    rates = functools.partialmethod(_arrays, "rates")
    psi = functools.partialmethod(_arrays, "psi")
    time_of = functools.partialmethod(_arrays, "time_of")

    def plan(self, steps, d, kappa):
        return self.names["plan"](steps, d, kappa)

    def table(self, d):
        return self.names["table"](d)

    def denoiser(self, y, psi):
        return self.back(self.names["denoiser"](self.to(y), psi))

    def velocity(self, x, t, d, kappa):
        return self.back(self.names["velocity"](self.to(x), t, d, kappa, self.names["denoiser"]))

    def sample(self, z, table):
        return self.back(self.names["sample"](self.names["denoiser"], self.to(z), table))


class InC:
    """A source in C, compiled with every warning an error."""

    def __init__(self, text, folder, *, single=False):
        folder = Path(folder)
        (folder / "schedule.h").write_text(text)
        (folder / "harness.c").write_text(HARNESS)
        has = {
            "WINDOWS": "symsched_check",
            "PLAN": "symsched_plan_of",
            "TABLE": "symsched_table(",
            "MODES": "symsched_posterior",
        }
        flags = [f"-DHAS_{name}" for name, mark in has.items() if mark in text]
        strict = ["-std=c99", "-Wall", "-Wextra", "-pedantic", "-Werror", "-O1", "-shared", "-fPIC"]
        real = ["-DSYMSCHED_REAL=float"] if single else []
        library = folder / "source.so"
        command = [COMPILER, *strict, *real, *flags, str(folder / "harness.c"), "-o", str(library), "-lm"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        self.library = ctypes.CDLL(str(library))
        self.real = np.float32 if single else np.float64

    def _call(self, name, *arguments):
        def passed(x):
            if isinstance(x, np.ndarray):
                return x.ctypes.data_as(ctypes.c_void_p)
            return ctypes.c_double(x) if isinstance(x, float) else ctypes.c_size_t(x)

        status = getattr(self.library, name)(*map(passed, arguments))
        if status:
            raise RefusedError(status)

    def _points(self, t, d, kappa):
        times = np.atleast_1d(np.asarray(t, dtype=float))
        out = np.empty((times.size, 6))
        for k, one in enumerate(times.ravel()):
            self._call("at", float(one), float(d), float(kappa), out[k])
        return [out[:, k].reshape(np.shape(t)) for k in range(6)]

    def schedule(self, t, d, kappa):
        return self._points(t, d, kappa)[:3]

    def rates(self, t, d, kappa):
        return self._points(t, d, kappa)[3:]

    def _each(self, name, x, d, kappa):
        out = np.empty(np.size(x))
        for k, one in enumerate(np.ravel(x)):
            self._call(name, float(one), float(d), float(kappa), out[k : k + 1])
        return out.reshape(np.shape(x))

    psi = functools.partialmethod(_each, "ratio_at")
    time_of = functools.partialmethod(_each, "time_at")

    def _table(self, name, steps, terms, *arguments):
        numbers, places = np.zeros(7 * steps + 3 + terms), np.zeros(steps + 1 + terms, dtype=np.intc)
        shape = np.array([1, 0], dtype=np.intc)
        self._call(name, *arguments, numbers, places, shape)
        ends = np.cumsum([steps + 1, steps + 1, steps + 1, steps, steps, steps, steps])
        t, alpha, beta, psi, scale, shift, wave, factors = (part.tolist() for part in np.split(numbers, ends))
        rows, columns = places[: steps + 1], places[steps + 1 :]
        table = [[(int(columns[j]), factors[j]) for j in range(*rows[k : k + 2])] for k in range(steps)]
        names = {"t": t, "psi": psi, "alpha": alpha, "beta": beta, "A": scale, "B": table, "shift": shift, "wave": wave}
        return names | {"raw": (steps, terms, *shape.tolist(), numbers, places)}

    def plan(self, steps, d, kappa):
        return self._table("plan_at", steps, steps, int(steps), float(d), float(kappa))

    def table(self, d):
        size = np.zeros(2, dtype=np.intc)
        self._call("sizes", size)
        return self._table("table_at", *size.tolist(), float(d))

    def denoiser(self, y, psi):
        rows = np.ascontiguousarray(y, dtype=self.real)
        out = np.empty_like(rows)
        for row, mean in zip(rows, out, strict=True):
            self._call("posterior", row, float(psi), row.size, mean)
        return out

    def velocity(self, x, t, d, kappa):
        rows = np.ascontiguousarray(x, dtype=self.real)
        out, work = np.empty_like(rows), np.empty(rows.shape[1], dtype=self.real)
        for row, mean in zip(rows, out, strict=True):
            self._call("velocity", row, float(t), row.size, float(d), float(kappa), mean, work)
        return out

    def sample(self, z, table):
        noise = np.ascontiguousarray(z, dtype=self.real)
        steps, terms, memory, degree, numbers, places = table["raw"]
        out, work = np.empty_like(noise), np.empty((memory + 1) * noise.shape[1], dtype=self.real)
        self._call("run", steps, terms, memory, degree, numbers, places, noise, *noise.shape, out, work)
        return out


def executed(target, text, folder, *, single=False):
    """Return a source that can be called; skip, with the reason, where its library or a compiler is missing."""
    if target == "c":
        if COMPILER is None:
            pytest.skip("no C compiler called cc")
        return InC(text, folder, single=single)
    if target == "torch":
        torch = pytest.importorskip("torch")
        return InPython(text, torch.as_tensor, lambda x: x.numpy(), single=single)
    if target == "jax":
        jax = pytest.importorskip("jax")
        jax.config.update("jax_enable_x64", True)
        return InPython(text, jax.numpy.asarray, np.asarray, single=single)
    return InPython(text, np.asarray, np.asarray, single=single)


@pytest.fixture
def run(tmp_path):
    """Return a function from (target, text) to what the text does."""
    return functools.partial(_fresh, tmp_path)


def _fresh(folder, target, text, *, single=False):
    own = folder / f"{len(list(folder.iterdir()))}"
    own.mkdir()
    return executed(target, text, own, single=single)
