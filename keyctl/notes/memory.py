"""What was told, and when a run was last complete: a small file that a deployment keeps from run to run."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from keyctl.history.cache import cache_directory
from keyctl.history.git import GitError, discover
from keyctl.model.times import instant
from keyctl.notes.failure import NotTold
from keyctl.registry.saving import replace

STATE = "KEYCTL_NOTIFY_STATE"
_FORMAT = 1
_LARGEST = 20_000_000


@dataclass(frozen=True, slots=True)
class Told:
    """A finding that somebody was told of, as much of it as names it later."""

    rule: str
    key: str | None
    account: str | None
    path: str | None


@dataclass(frozen=True, slots=True)
class Memory:
    """``told`` holds, for each command, what was told and is not resolved, by fingerprint. ``last_complete`` is None
    where no complete run is remembered. ``odd`` says why a file that is there could not be taken."""

    last_complete: datetime | None = None
    told: Mapping[str, Mapping[str, Told]] = field(default_factory=dict)
    odd: str | None = None


def memory_path(root: Path, registry: str | None, environ: Mapping[str, str]) -> Path | None:
    """``KEYCTL_NOTIFY_STATE``, else a file in the cache's folder; None where there is neither."""
    named = environ.get(STATE)
    if named:
        return Path(named).absolute()
    folder = cache_directory(root, environ)
    return folder / f"told-{sha256((registry or '').encode()).hexdigest()[:16]}.json" if folder else None


def remember(path: Path, registry: str | None, environ: Mapping[str, str]) -> Memory:
    """What the file holds of this registry. Whatever is odd about it is said, and nothing of it is believed; nor is
    what comes with a commit, since its author could keep people from being told."""
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST)
    except FileNotFoundError:
        return Memory()
    except OSError as error:
        return Memory(odd=f"{path} can't be read: {error.strerror}")
    if _committed(path, environ):
        return Memory(odd=f"{path} is under version control, so whoever commits decides what it says")
    try:
        document = json.loads(data)
        if document["format"] != _FORMAT:
            return Memory(odd=f"{path} was written by another version")
        if document["registry"] != registry:
            return Memory(odd=f"{path} is of another registry")
        return Memory(_moment(document["last_complete"]), _told(document["told"]))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return Memory(odd=f"{path} does not hold what keyctl writes there")


def keep(path: Path, registry: str | None, memory: Memory) -> None:
    """Replace the file at once or not at all. Raises NotTold."""
    document = {
        "format": _FORMAT,
        "registry": registry,
        "last_complete": instant(memory.last_complete) if memory.last_complete else None,
        "told": {
            command: {
                mark: {"rule": one.rule, "key": one.key, "account": one.account, "path": one.path}
                for mark, one in sorted(known.items())
            }
            for command, known in sorted(memory.told.items())
        },
    }
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        replace(path, (json.dumps(document, indent=1) + "\n").encode("ascii"))
    except OSError as error:
        raise NotTold(
            f"what was told can't be kept in {path}: {error.strerror}",
            f"let {STATE} name a file that can be written; until then everything is told again",
        ) from None


def _committed(path: Path, environ: Mapping[str, str]) -> bool:
    if ".git" in path.parts:
        return False
    try:
        git = discover(path.parent, environ)
        inside = os.path.relpath(os.path.realpath(path), os.path.realpath(git.top))
        return bool(git.output("ls-files", "-z", "--", f":(literal,top){inside}"))
    except GitError:
        return False


def _told(document: Any) -> dict[str, dict[str, Told]]:
    return {
        str(command): {str(mark): Told(_text(row["rule"]) or "", *_names(row)) for mark, row in known.items()}
        for command, known in document.items()
    }


def _names(row: Any) -> tuple[str | None, str | None, str | None]:
    return _text(row["key"]), _text(row["account"]), _text(row["path"])


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    raise TypeError


def _moment(text: Any) -> datetime | None:
    read = datetime.fromisoformat(text) if text is not None else None
    if read is not None and read.tzinfo is None:
        raise ValueError("no zone")
    return read
