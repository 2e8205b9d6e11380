"""What a report says of where it comes from: version, commit, date and author, none of them read from a clock."""

import datetime
import os
import re
import subprocess
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
_COMMIT = re.compile(r"[0-9A-Za-z][0-9A-Za-z._/+-]{0,63}")
_SHOWN = 12
_LATEST = 253_402_300_799
"""The last second of the year 9999."""


def imprint(date: str | None = None, commit: str | None = None) -> dict[str, str]:
    """Return version, commit, date and author of what a report is made with, as far as each is known.

    The date is the one that is passed, else SOURCE_DATE_EPOCH, else that of the commit; the commit is the one that is
    passed, else that of the checkout this package is run from. So the same input gives the same bytes on any day. An
    installed package knows no commit, and without one of the three no date is told.

    Raises ValueError for a date that is not written YYYY-MM-DD, for a commit that is no name of one, and for a
    SOURCE_DATE_EPOCH that is no number of seconds.
    """
    told = {}
    try:
        about = metadata("symsched")
        told["symsched"] = about["Version"]
        author = next((about[name] for name in ("Author", "Author-email") if name in about), None)
    except PackageNotFoundError:
        author = None
    name, day, changed = _checkout()
    if commit is not None:
        if not _COMMIT.fullmatch(commit):
            raise ValueError(f"commit must be a name such as 1a2b3c4, got {commit[:80]!r}")
        name, day, changed = commit, "", False
    if name:
        told["commit"] = name[:_SHOWN] + " with changes" * changed
    found = _date(date) if date is not None else _epoch() or day
    if found:
        told["date"] = found
    return told | ({"author": author} if author else {})


def _date(text: str) -> str:
    try:
        return datetime.date.fromisoformat(text).isoformat()
    except ValueError:
        raise ValueError(f"date must be written YYYY-MM-DD, got {text[:80]!r}") from None


def _epoch() -> str:
    """Return the day that SOURCE_DATE_EPOCH names, as reproducible-builds.org has it; nothing if it is not set."""
    text = os.environ.get("SOURCE_DATE_EPOCH", "")
    if not text:
        return ""
    if not re.fullmatch(r"[0-9]{1,12}", text) or int(text) > _LATEST:
        raise ValueError(f"SOURCE_DATE_EPOCH must be a number of seconds since 1970, got {text[:80]!r}")
    return datetime.datetime.fromtimestamp(int(text), datetime.UTC).date().isoformat()


def _checkout() -> tuple[str, str, bool]:
    """Return name and day of the commit that is checked out, and whether files differ from it; nothing if none is."""
    # Not git's own search for a folder above: an installed package may lie inside a checkout of something else.
    if not (_ROOT / ".git").exists():
        return "", "", False
    said = _git("show", "--no-patch", "--format=%H %cs", "HEAD").split()
    if len(said) != 2:
        return "", "", False
    return said[0], said[1], bool(_git("status", "--porcelain", "--untracked-files=no"))


def _git(*arguments: str) -> str:
    own = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        done = subprocess.run(
            ["git", "-C", str(_ROOT), *arguments], env=own, capture_output=True, timeout=10, check=True, text=True
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()
