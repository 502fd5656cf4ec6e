"""Writing files of a registry: a whole file or none of it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from keyctl.model.refusal import Refusal


def replace(target: Path, data: bytes, mode: int = 0o600, draft: Path | None = None) -> None:
    """The file is all of ``data`` or what it was before; nothing else stays beside it, unless the process is killed.
    Then a draft may stay, in the folder ``draft`` if that is on the same file system, else beside the file. Raises
    OSError."""
    apart = draft is not None and draft.stat().st_dev == target.parent.stat().st_dev
    handle, temporary = tempfile.mkstemp(dir=draft if apart else target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(temporary).chmod(mode)
        Path(temporary).replace(target)
    except BaseException:
        with suppress(OSError):
            Path(temporary).unlink()
        raise


def save(root: Path, path: str, data: bytes, draft: Path | None = None) -> None:
    """Replaces a file's bytes; its permissions stay. ``draft`` is as ``replace`` has it. Raises Refusal."""
    target = _below(root, path)
    try:
        replace(target, data, target.stat().st_mode & 0o777, draft)
    except OSError as error:
        raise _unwritable(path, error) from None


def create(root: Path, path: str, data: bytes) -> None:
    """Makes a new file and the folders above it; one that is there already is never touched. Raises Refusal."""
    _create(root, path, data)


def create_all(root: Path, files: Mapping[str, bytes]) -> None:
    """The same for several files: all of them or none. Raises Refusal."""
    made: list[Path] = []
    try:
        for path, data in files.items():
            made[:0] = _create(root, path, data)
    except BaseException:
        _unmake(made)
        raise


def create_and_save(root: Path, path: str, data: bytes, other: str, before: bytes, after: bytes) -> None:
    """Makes a new file and replaces the bytes of another, or does neither. ``before`` is what the other was when it was
    read; if it is something else by now, nothing is written. Raises Refusal."""
    made = _create(root, path, data)
    try:
        if _bytes_of(root, other) != before:
            raise Refusal(f"{other} was changed meanwhile; nothing was written", "run it again")
        save(root, other, after)
    except BaseException:
        _unmake(made)
        raise


def _create(root: Path, path: str, data: bytes) -> list[Path]:
    """What was made: the file, and the folders above it that were not there, the innermost first."""
    target = _below(root, path)
    made: list[Path] = []
    try:
        for folder in reversed(target.parents):
            if not folder.exists():
                folder.mkdir(exist_ok=True)
                made.insert(0, folder)
        with target.open("xb") as file:
            made.insert(0, target)
            file.write(data)
    except FileExistsError:
        raise Refusal(f"{path} is there already", "name another, or remove it first") from None
    except OSError as error:
        _unmake(made)
        raise _unwritable(path, error) from None
    return made


def _unmake(made: list[Path]) -> None:
    for one in made:
        with suppress(OSError):
            one.rmdir() if one.is_dir() else one.unlink()


def _bytes_of(root: Path, path: str) -> bytes:
    try:
        return _below(root, path).read_bytes()
    except OSError as error:
        raise Refusal(f"{path} can't be read: {error.strerror}", "make it readable") from None


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
