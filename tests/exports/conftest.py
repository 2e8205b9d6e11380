"""The real libraries, where they are installed."""

import importlib
import importlib.util
import sys
import types
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def torch():
    return pytest.importorskip("torch")


@pytest.fixture(scope="session")
def k_diffusion():
    """Put k_diffusion where it can be imported from, without what its samplers do not use.

    Its package imports training code and its utilities images, and torchsde, for samplers with noise, wants a NumPy
    of before 2: sampling.py and utils.py are the library's own, the rest is empty here.
    """
    spec = importlib.util.find_spec("k_diffusion")
    if spec is None or spec.origin is None:
        pytest.skip("could not import 'k_diffusion'")
    package = types.ModuleType("k_diffusion")
    package.__path__ = [str(Path(spec.origin).parent)]
    empty = {
        name: types.ModuleType(name)
        for name in ("torchvision", "torchvision.transforms", "torchvision.transforms.functional", "torchsde")
    }
    empty["torchvision.transforms"].functional = empty["torchvision.transforms.functional"]
    with pytest.MonkeyPatch.context() as patch:
        for name, module in {"k_diffusion": package, **empty}.items():
            patch.setitem(sys.modules, name, module)
        yield importlib.import_module("k_diffusion.sampling")
