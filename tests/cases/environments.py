"""Commands in odd environments: each ends in an answer or in one line of this package, never in a traceback.

``python tests/cases/environments.py`` runs every command in every environment and prints those that end otherwise.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from itertools import product

ENVIRONMENTS: list[dict[str, str]] = [
    *({"SYMSCHED_SECONDS_PER_STEP": text} for text in ("", "x", "-1", "0", "nan", "inf", "1e400", "é", "1e-9")),
    {"NO_COLOR": "1"},
    {"COLUMNS": "1"},
    {"COLUMNS": "x"},
    {"COLUMNS": "0"},
    {"TERM": "dumb"},
    {"MPLBACKEND": "nonsense"},
    {"HOME": "/proc/none"},
    {"HOME": "/proc/none", "TMPDIR": "/proc/none", "MPLCONFIGDIR": "/proc/none"},
    {"TMPDIR": "/proc/none"},
    {"PYTHONIOENCODING": "ascii"},
    {"PYTHONIOENCODING": "ascii:strict", "LC_ALL": "C", "PYTHONUTF8": "0"},
    {"LC_ALL": "none.none", "LANG": "xx"},
    {"OMP_NUM_THREADS": "x"},
    {"SYMPY_USE_CACHE": "no"},
    {"PYTHONOPTIMIZE": "2"},
]
COMMANDS = [
    ["--version"],
    ["list"],
    ["derive", "gaussian-mixture"],
    ["schedule", "gaussian-mixture", "--d", "100", "--steps", "4"],
    ["derive", "1/2*Gompertz(1, 1) + 1/2*Normal(0, 1)"],
    ["validate", "gaussian-mixture", "--d", "100", "--n", "20"],
    ["sweep", "gaussian-mixture", "--d", "100", "--steps", "4", "--n", "5", "--out", "OUT"],
]


def faults(out: str, commands: list[list[str]] = COMMANDS) -> Iterator[str]:
    """Yield what ended in a traceback, in a signal, or in an unknown status."""
    for environment, command in product(ENVIRONMENTS, commands):
        words = [word.replace("OUT", out) for word in command]
        done = subprocess.run(
            [sys.executable, "-m", "symsched", *words],
            env={**os.environ, **environment},
            capture_output=True,
            timeout=120,
            check=False,
        )
        said = done.stderr.decode(errors="replace")
        if "Traceback" in said or done.returncode not in (0, 1, 2):
            yield f"{environment} {command}: {done.returncode} {said[-600:]}"


if __name__ == "__main__":
    import tempfile

    with tempfile.TemporaryDirectory() as place:
        for found in faults(place):
            print(found, flush=True)
