"""Writing files of a registry: a whole file or none of it."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path

from keyctl.model.refusal import Refusal


def replace(target: Path, data: bytes, mode: int = 0o600) -> None:
    """The file is all of ``data`` or what it was before; nothing else stays beside it. Raises OSError."""
    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(temporary).chmod(mode)
        Path(temporary).replace(target)
    except BaseException:
        with suppress(OSError):
            Path(temporary).unlink()
        raise


def save(root: Path, path: str, data: bytes) -> None:
    """Replaces a file's bytes; its permissions stay. Raises Refusal."""
    target = _below(root, path)
    try:
        replace(target, data, target.stat().st_mode & 0o777)
    except OSError as error:
        raise _unwritable(path, error) from None


def create(root: Path, path: str, data: bytes) -> None:
    """Makes a new file and the folders above it; one that is there already is never touched. Raises Refusal."""
    target = _below(root, path)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as file:
            file.write(data)
    except FileExistsError:
        raise Refusal(f"{path} is there already", "name another, or remove it first") from None
    except OSError as error:
        raise _unwritable(path, error) from None


def _below(root: Path, path: str) -> Path:
    """The file's place, unless a link on the way would lead elsewhere."""
    target = root
    for part in path.split("/"):
        target /= part
        if target.is_symlink():
            shown = target.relative_to(root).as_posix()
            raise Refusal(f"{shown} is a symbolic link, and links are not written through", "put a folder there")
    return target


def _unwritable(path: str, error: OSError) -> Refusal:
    return Refusal(f"{path} can't be written: {error.strerror}", "make the folder writable")
