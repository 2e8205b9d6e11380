"""Files and folders that are broken, foreign or half-written: what comes back is the undamaged answer or a refusal.

``python tests/cases/files.py --calls 1000 --seed 0`` damages that many and prints those that end otherwise. A sweep's
cells are the only files that the package reads back; reports and pictures are only written.
"""

import contextlib
import io
import json
import os
import random
import shutil
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
from fuzz import command

import symsched
from symsched.cli import main
from symsched.reporting.charts import Chart, Curve
from symsched.reporting.claim import Finding
from symsched.reporting.folder import FolderError
from symsched.reporting.verdicts import deterministic
from symsched.validation.reproduction import reproduce

PACKAGE = Path(symsched.__file__).parent
SECONDS = 25.0
"""A call that takes longer has not ended."""
LIMIT = symsched.derive(symsched.GaussianMixture(sp.Rational(4, 5), 1, sp.Rational(1, 2)), symsched.VP)
SETTINGS = {"dimensions": (50, 80), "steps": (4, 6), "n": 20}
COMMAND = ["sweep", "gaussian-mixture", "--d", "50", "80", "--steps", "4", "--n", "20", "--out"]

Damage = Callable[[Path, random.Random], None]


def _bytes(change: Callable[[bytearray, random.Random], bytes | bytearray]) -> Damage:
    def damage(place: Path, rng: random.Random) -> None:
        place.write_bytes(change(bytearray(place.read_bytes()), rng))

    return damage


def _flipped(content: bytearray, rng: random.Random) -> bytearray:
    for _ in range(rng.randint(1, 3)):
        if content:
            content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
    return content


def _digit(content: bytearray, rng: random.Random) -> bytearray:
    """Another digit in place of one: what is still JSON, and still a cell."""
    places = [k for k, byte in enumerate(content) if chr(byte).isdigit()]
    if places:
        content[rng.choice(places)] = ord(rng.choice("0123456789"))
    return content


def _word(content: bytearray, rng: random.Random) -> bytes:
    """A value in place of another in a document that is well-formed."""
    try:
        data = json.loads(content)
    except ValueError:
        return b"[]"
    held = data
    while isinstance(held, dict | list) and held:
        key = rng.choice(list(held) if isinstance(held, dict) else range(len(held)))
        if not isinstance(held[key], dict | list) or rng.random() < 0.2:
            held[key] = rng.choice([None, True, "x", [], {}, -1, 0.5, [[1]], {"value": 1}, 10**30])
            break
        held = held[key]
    return json.dumps(data).encode()


def _gone(place: Path) -> Path:
    if place.is_dir() and not place.is_symlink():
        shutil.rmtree(place)
    else:
        place.unlink(missing_ok=True)
    return place


def _other(place: Path, rng: random.Random) -> None:
    """The content of another file of the same kind."""
    others = [other for other in place.parent.glob(f"*{place.suffix}") if other != place and other.is_file()]
    if others:
        place.write_bytes(rng.choice(others).read_bytes())


def _archive(place: Path, _: random.Random) -> None:
    stream = io.BytesIO()
    np.savez(stream, x=np.ones(3))
    place.write_bytes(stream.getvalue())


def _folder(place: Path, rng: random.Random) -> None:
    _gone(place).mkdir()
    if rng.random() < 0.5:
        (place / "inside").write_text("kept")


DAMAGES: dict[str, Damage] = {
    "half written": _bytes(lambda content, rng: content[: rng.randrange(len(content) + 1)]),
    "flipped bits": _bytes(_flipped),
    "another digit": _bytes(_digit),
    "another value": _bytes(_word),
    "empty": _bytes(lambda *_: b""),
    "zeros": _bytes(lambda content, _: bytes(len(content))),
    "noise": _bytes(lambda content, rng: rng.randbytes(len(content))),
    "twice": _bytes(lambda content, _: content + content),
    "deep": _bytes(lambda *_: b"[" * 200_000),
    "long number": _bytes(lambda *_: b"1" * 10_000),
    "null": _bytes(lambda *_: b"null"),
    "archive": _archive,
    "another file": _other,
    "folder": _folder,
    "link to nowhere": lambda place, _: _gone(place).symlink_to("nowhere/at/all"),
    "link to itself": lambda place, _: _gone(place).symlink_to(place.name),
    "link to a device": lambda place, _: _gone(place).symlink_to("/dev/zero"),
    "pipe": lambda place, _: os.mkfifo(_gone(place)),
    "not readable": lambda place, _: place.chmod(0),
    "gone": lambda place, _: _gone(place) and None,
}
"""What may have happened to a file, by name."""
OF_FOLDERS = ["link to nowhere", "link to itself", "link to a device", "pipe", "not readable", "gone", "a file"]
DAMAGES["a file"] = lambda place, _: _gone(place).write_text("foreign")


@dataclass(frozen=True)
class Scene:
    """A call that fills a folder and, where it ``reads``, answers from what it finds there."""

    name: str
    call: Callable[[Path], object]
    reads: bool


def _numbers(cells: list) -> list:
    return [{**cell, "seconds": 0} for cell in cells]


def _swept(folder: Path) -> object:
    schedules = {"dilated": LIMIT, "plain": symsched.VP}
    return _numbers(symsched.sweep(LIMIT.distribution, schedules, folder=folder, **SETTINGS).to_dict()["cells"])


class RefusedError(ValueError):
    """What a command said on standard error when it ended with status 2."""


def _commanded(words: list[str]) -> str:
    out, errors = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(errors):
        code = main(words)
    if code == 2:
        raise RefusedError(errors.getvalue())
    return out.getvalue()


def _command(folder: Path) -> object:
    return _numbers(json.loads(_commanded([*COMMAND, str(folder), "--json"]))["cells"])


def _check(_: object) -> Finding:
    chart = Chart("chart", "title", "x", "y", (Curve("curve", [1.0, 2.0], [1.0, 2.0]),))
    row = deterministic("one", 1.0, 1.0, 0.0)
    return Finding(1, "title", "statement", (), (row,), charts=(chart,))


def _reported(folder: Path) -> object:
    symsched_report = reproduce(folder, progress=False, checks=[("one", _check)])
    assert (folder / "index.html").read_text(encoding="utf-8").rstrip().endswith("</html>")
    return symsched_report.passed, json.loads((folder / "numbers.json").read_text(encoding="utf-8"))["claims"][0][
        "rows"
    ]


SCENES = (
    Scene("sweep", _swept, reads=True),
    Scene("symsched sweep", _command, reads=True),
    Scene("reproduce", _reported, reads=False),
)


@dataclass(frozen=True)
class Trial:
    """One call with one thing damaged: ``target`` is what, below the folder."""

    scene: Scene
    damage: str
    target: str


def _stop(*_: object) -> None:
    raise TimeoutError(f"no end within {SECONDS:g} s")


def _refusal(error: Exception, place: Path) -> str | None:
    """Return what is wrong with an error: it must be ours, name the place or what holds it, and say what to do."""
    origin = Path(traceback.extract_tb(error.__traceback__)[-1].filename)
    said = str(error)
    if not isinstance(error, FolderError | RefusedError) and not (
        isinstance(error, ValueError | TypeError) and origin.is_relative_to(PACKAGE)
    ):
        return f"{type(error).__name__} of {origin.name}: {said}"[:300]
    if place.name not in said:
        return f"does not name it: {said}"[:300]
    return None if "choose another" in said or "move" in said else f"says not what to do: {said}"[:300]


def _intact(place: Path, before: bytes | None) -> bool:
    """Whether a file says what it said, in other bytes perhaps."""
    if before is None or not place.is_file() or not os.access(place, os.R_OK):
        return False
    with contextlib.suppress(ValueError, RecursionError):
        return place.stat().st_size < 1 << 24 and json.loads(place.read_bytes()) == json.loads(before)
    return False


def fault(trial: Trial, folder: Path, right: object, rng: random.Random) -> str | None:
    """Return what is wrong with how a call on a damaged folder ends, None where it ends as it should."""
    place = folder / trial.target if trial.target else folder
    before = place.read_bytes() if place.is_file() else None
    DAMAGES[trial.damage](place, rng)
    silent = not os.path.lexists(place) or _intact(place, before)
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        signal.setitimer(signal.ITIMER_REAL, SECONDS)
        try:
            found = trial.scene.call(folder)
            said = " ".join(str(warning.message) for warning in heard)
            again, _ = trial.scene.call(folder), heard.clear()
        except Exception as error:
            return _refusal(error, place)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    if found != right or again != right:
        return "another answer"
    if trial.scene.reads and before is not None and place.suffix == ".json" and not silent and place.name not in said:
        return f"done again without a word: {said}"
    return None


def _targets(folder: Path) -> list[str]:
    return ["", *sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))]


def faults(seed: int, count: int) -> Iterator[str]:
    """Damage files and folders, and yield a line for each call that ends as none should."""
    rng = random.Random(seed)
    previous = signal.signal(signal.SIGALRM, _stop)
    try:
        with tempfile.TemporaryDirectory() as home:
            whole = {scene.name: (Path(home) / scene.name, scene.call(Path(home) / scene.name)) for scene in SCENES}
            for _ in range(count):
                scene = rng.choices(SCENES, (6, 3, 1))[0]
                pristine, right = whole[scene.name]
                target = rng.choice(_targets(pristine))
                holds = (pristine / target).is_dir()
                trial = Trial(scene, rng.choice(OF_FOLDERS if holds else list(DAMAGES)), target)
                folder = Path(home) / "damaged"
                shutil.copytree(pristine, folder)
                found = fault(trial, folder, right, rng)
                shutil.rmtree(_restored(folder)) if folder.is_dir() and not folder.is_symlink() else _gone(folder)
                if found is not None:
                    yield f"{scene.name}, {target or 'the folder'}: {trial.damage}: {found}"
    finally:
        signal.signal(signal.SIGALRM, previous)


def _restored(folder: Path) -> Path:
    for path in (folder, *folder.rglob("*")):
        if path.is_dir() and not path.is_symlink():
            path.chmod(0o755)
    return folder


if __name__ == "__main__":
    sys.exit(command(str(__doc__), "damaged files and folders", faults, 1000) > 0)
