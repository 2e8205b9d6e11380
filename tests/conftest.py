"""What every test starts from."""

import importlib
import importlib.util
import os
import sys
import types
from pathlib import Path

import pytest

# The budget of a step is for people who wait; on a busy machine it must not decide what a test sees.
os.environ.setdefault("SYMSCHED_SECONDS_PER_STEP", "120")


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
    empty = {name: types.ModuleType(name) for name in ("torchvision.transforms.functional", "torchsde")}
    for name in ("torchvision.transforms", "torchvision"):
        empty[name] = types.ModuleType(name)
    empty["torchvision.transforms"].functional = empty["torchvision.transforms.functional"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "k_diffusion", package)
        with pytest.MonkeyPatch.context() as briefly:
            # Other libraries would ask an empty module what it can do.
            for name, module in empty.items():
                briefly.setitem(sys.modules, name, module)
            sampling = importlib.import_module("k_diffusion.sampling")
        yield sampling
