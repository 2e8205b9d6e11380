"""What sources for NumPy, PyTorch and JAX differ in."""

from dataclasses import dataclass
from typing import final


@final
@dataclass(frozen=True)
class Dialect:
    """A library of arrays: its imports, functions of its own, and its name for what computes the nodes of a plan.

    ``array`` defines ``_array(x)``, an array of real numbers; ``in_range`` defines ``_in_range(t)``, which refuses
    times outside [0, 1]; ``erf`` defines ``_erf``. ``quiet`` decorates what divides by zero at the ends,
    ``result`` is what the ``result`` of all windows becomes.
    """

    name: str
    imports: str
    xp: str
    nodes: str
    array: str
    in_range: str
    erf: str
    quiet: str = ""
    result: str = "result"


_REFUSED = 'raise ValueError("t must lie in [0, 1]")'

NUMPY = Dialect(
    "numpy",
    "import numpy as np",
    "np",
    "np",
    """

def _array(x):
    return np.asarray(x, dtype=float)
""",
    f"""

def _in_range(t):
    if not np.all((t >= 0) & (t <= 1)):
        {_REFUSED}
    return t
""",
    "_erf = np.vectorize(math.erf, otypes=[float])",
    '@np.errstate(divide="ignore", invalid="ignore", over="ignore")\n',
)

TORCH = Dialect(
    "torch",
    "import torch",
    "torch",
    "torch",
    '''

def _array(x):
    """Return x as a tensor: of its own precision if it is one of floats, else of float64."""
    return x if torch.is_tensor(x) and x.is_floating_point() else torch.as_tensor(x, dtype=torch.float64)
''',
    f"""

def _in_range(t):
    if not bool(((t >= 0) & (t <= 1)).all()):
        {_REFUSED}
    return t
""",
    "_erf = torch.erf",
)

JAX = Dialect(
    "jax",
    "import jax\nimport jax.numpy as jnp\nimport numpy as np",
    "jnp",
    "np",
    """

def _array(x):
    x = jnp.asarray(x)
    return x if jnp.issubdtype(x.dtype, jnp.floating) else x.astype(float)
""",
    f'''

def _in_range(t):
    """Refuse times outside [0, 1]; under jit, where none can be refused, they become NaN."""
    if isinstance(t, jax.core.Tracer):
        return jnp.where((t >= 0) & (t <= 1), t, jnp.nan)
    if not bool(jnp.all((t >= 0) & (t <= 1))):
        {_REFUSED}
    return t
''',
    "_erf = jax.scipy.special.erf",
    result="tuple(xp.where(xp.isnan(t), xp.nan, part) for part in result)",
)
