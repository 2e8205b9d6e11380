"""D(y, psi) of arrays and tensors, for samplers of other people."""

import numpy as np
import pytest
import sympy as sp
from scipy.special import softmax

import symsched

R = sp.Rational
GM = symsched.GaussianMixture(R(4, 5), m=1, sigma=R(1, 2))
D = 6


def by_hand(y, psi):
    """E[a | y] of the mixture, written out: y given the mode is N(±psi, 1 + psi²/4)."""
    spread = 1 + psi**2 / 4
    logs = np.log([0.8, 0.2]) - np.stack([np.sum((y - s * psi) ** 2, axis=1) / (2 * spread) for s in (1, -1)], axis=1)
    shares = softmax(logs, axis=1)
    means = [s + psi / 4 / spread * (y - s * psi) for s in (1, -1)]
    return sum(shares[:, k, None] * mean for k, mean in enumerate(means))


def test_it_is_the_posterior_mean_in_every_convention():
    denoiser, rng = GM.denoiser(D), np.random.default_rng(0)
    psi = np.array([0.0, 0.4, 3.0, 0.4])
    y = rng.standard_normal((4, D)) + psi[:, None] * GM.model(D).sample(rng, 4)
    wanted = np.stack([by_hand(row[None], ratio)[0] for row, ratio in zip(y, psi, strict=True)])
    np.testing.assert_allclose(denoiser(y, psi), wanted, rtol=0, atol=1e-13)
    np.testing.assert_allclose(denoiser(y, 0.4), by_hand(y, 0.4), rtol=0, atol=1e-13)
    np.testing.assert_allclose(denoiser(y, np.float32(0)), np.full((4, D), 0.6), rtol=0, atol=1e-13)
    # EDM's and flow matching's states of the same paths, as the table of the docstring has them.
    sigma = 1 / psi[1:, None]
    np.testing.assert_allclose(denoiser((sigma * y[1:]) / sigma, 1 / sigma[:, 0]), wanted[1:], rtol=0, atol=1e-13)
    t = (psi / (1 + psi))[:, None]
    np.testing.assert_allclose(denoiser(((1 - t) * y) / (1 - t), t[:, 0] / (1 - t[:, 0])), wanted, rtol=0, atol=1e-13)
    # Negative control: σ for ψ is another function.
    assert np.abs(denoiser(y[1:], sigma[:, 0]) - wanted[1:]).max() > 0.1


def test_it_keeps_the_kind_of_its_rows():
    denoiser = GM.denoiser(D)
    assert denoiser(np.ones((2, D), dtype=np.float32), 1).dtype == np.float32
    assert denoiser(np.ones((2, D), dtype=int), 1).dtype == np.float64
    assert denoiser([[0.0] * D], 1.0).shape == (1, D)
    assert repr(denoiser) == "<Denoiser D(y, psi) = E[a | z + psi a = y] in dimension 6, 2 modes>"


def test_it_keeps_the_kind_of_a_tensor():
    torch = pytest.importorskip("torch")
    denoiser, y = GM.denoiser(D), np.linspace(-1, 1, 2 * D).reshape(2, D)
    for kind, off in ((torch.float64, 1e-15), (torch.float32, 1e-6), (torch.float16, 2e-3), (torch.bfloat16, 2e-2)):
        psi = torch.tensor([0.5, 2.0], dtype=torch.float64)
        seen = denoiser(torch.tensor(y, dtype=kind, requires_grad=True), psi)
        assert seen.dtype == kind and not seen.requires_grad
        np.testing.assert_allclose(seen.double().numpy(), denoiser(y, [0.5, 2.0]), rtol=0, atol=off)
    meta = denoiser(torch.tensor(y), torch.tensor(1.0))
    assert meta.device.type == "cpu"


@pytest.mark.parametrize(
    ("y", "psi", "kind", "words"),
    [
        (np.zeros(D), 1, ValueError, r"y must have shape \(n, 6\), got \(6,\)"),
        (np.zeros((2, 5)), 1, ValueError, r"got \(2, 5\)"),
        (np.zeros((1, 2, 3)), 1, ValueError, r"got \(1, 2, 3\)"),
        (np.full((1, D), np.nan), 1, ValueError, "not finite"),
        (np.zeros((2, D)), [1, 2, 3], ValueError, r"a number or have shape \(2,\)"),
        (np.zeros((2, D)), [[1], [2]], ValueError, r"got \(2, 1\)"),
        (np.zeros((2, D)), [1, -1], ValueError, "at least 0"),
        (np.zeros((2, D)), np.inf, ValueError, "finite"),
        ("text", 1, TypeError, "array of real numbers"),
        (np.zeros((2, D)), "1", TypeError, "psi must be an array of real numbers"),
    ],
)
def test_what_is_no_state_is_refused(y, psi, kind, words):
    with pytest.raises(kind, match=words):
        GM.denoiser(D)(y, psi)


def test_a_free_parameter_is_named():
    with pytest.raises(ValueError, match="needs numbers for h"):
        symsched.CurieWeiss(2, sp.Symbol("h", real=True)).denoiser(4)


def test_what_cannot_be_squared_is_refused_and_not_answered_by_nan():
    with pytest.raises(ValueError, match="beyond what can be squared"):
        symsched.GaussianMixture(sp.Rational(4, 5)).denoiser(3)(np.full((2, 3), 1e200), 0.5)
