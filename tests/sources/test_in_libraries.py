"""What a library does with a source: gradients, jit, tensors of half the digits."""

import numpy as np
import pytest
import sympy as sp

from symsched.schedules.interpolant import VE_TRIG
from symsched.schedules.schedule import dilate

SCHEDULE = dilate(VE_TRIG, [("speciation", sp.Rational(1, 4), 2), ("data", sp.S.Zero, None)])


def functions(target):
    names = {}
    exec(compile(SCHEDULE.source(target), "source", "exec"), names)  # our own text, not a user's
    return names


def test_torch_keeps_precision_and_gradients():
    torch = pytest.importorskip("torch")
    names = functions("torch")
    for dtype in (torch.float32, torch.float64):
        assert {part.dtype for part in names["schedule"](torch.rand(7, dtype=dtype), 1e6, 3.0)} == {dtype}
    assert names["schedule"](0.3, 1e6, 3.0)[0].dtype == torch.float64
    times = torch.linspace(0.01, 0.99, 40, dtype=torch.float64, requires_grad=True)
    tau, alpha, beta = names["schedule"](times, 1e6, 3.0)
    with torch.no_grad():
        rates = names["rates"](times, 1e6, 3.0)
    for part, rate in zip((tau, alpha, beta), rates, strict=True):
        (slope,) = torch.autograd.grad(part.sum(), times, retain_graph=True)
        # No window that a time is not in spoils its gradient: where() would multiply its NaN by 0.
        assert bool(torch.isfinite(slope).all())
        assert slope.numpy() == pytest.approx(rate.numpy(), rel=1e-9, abs=1e-9)


def test_jax_compiles_and_marks_what_it_cannot_refuse():
    jax = pytest.importorskip("jax")
    jax.config.update("jax_enable_x64", True)
    names = functions("jax")
    compiled = jax.jit(lambda t: names["schedule"](t, 1e6, 3.0))
    times = np.linspace(0, 1, 31)
    for part, plain in zip(compiled(times), names["schedule"](times, 1e6, 3.0), strict=True):
        assert np.asarray(part) == pytest.approx(np.asarray(plain), rel=1e-13)
    assert np.isnan(np.asarray(compiled(np.array([0.5, 1.5]))[1])).tolist() == [False, True]
    slope = jax.grad(lambda t: names["schedule"](t, 1e6, 3.0)[1])(0.4)
    assert float(slope) == pytest.approx(float(names["rates"](0.4, 1e6, 3.0)[1]), rel=1e-9)
