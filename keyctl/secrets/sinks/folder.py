"""Files that hold a parcel each, in a folder that the deployment lets keyctl write to.

Everything is done relative to the opened folder, so that nobody can put another one in its place meanwhile.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex

from keyctl.secrets.folders import changeable, work_tree_of
from keyctl.secrets.sinks.destination import SINKS, Destination
from keyctl.secrets.sinks.sink import SinkError

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class Folder:
    """One folder, at a path that leads through no link below the deployment's prefix.

    ``encrypted`` says what it is for. Ciphertext may lie in a git work tree where the prefix in KEYCTL_SINKS itself
    lies in it, and in folders that others may write to; plain text in neither.
    """

    destination: Destination
    encrypted: bool

    def check(self) -> None:
        """Raises SinkError where nothing may be written, or nothing can."""
        with self._opened() as folder:
            if not os.access(".", os.W_OK | os.X_OK, dir_fd=folder, effective_ids=True):
                remedy = "let the user that runs keyctl write there"
                raise SinkError(f"{self.destination} may not be written to", remedy)

    def holds(self, name: str) -> bool:
        """Whether a whole file of that name is there."""
        with self._opened() as folder:
            return _is_file(folder, name)

    def create(self, name: str, content: bytes) -> None:
        """A new file, readable by its owner only, that is there whole and for good, or not at all. Raises SinkError,
        also where something has that name.

        A crash may leave a file whose name begins with a dot and ends in ``.part``.
        """
        with self._opened() as folder:
            failure = _created(folder, name, content)
            if failure is None and not _is_file(folder, name):
                failure = "it is gone again"
        if failure is not None:
            raise SinkError(f"{name} was not written to {self.destination}: {failure}", "correct it, then run again")

    @contextmanager
    def _opened(self) -> Iterator[int]:
        failure: str | None = None
        try:
            opened = os.open(self._resolved(), _FOLDER)
        except OSError as error:
            failure = os.strerror(error.errno or 0)
        if failure is not None:
            raise SinkError(f"{self.destination} can't be opened: {failure}", "make the folder; keyctl makes none")
        try:
            yield opened
        finally:
            os.close(opened)

    def _resolved(self) -> Path:
        address, prefix = self.destination.address, self.destination.prefix
        if not address.rooted:
            raise SinkError(f"{self.destination} is no absolute path", f"write it, and {SINKS}, from / on")
        below = address.segments[len(prefix.segments) :]
        wanted, base = Path(os.path.realpath(prefix.path)).joinpath(*below), Path(os.path.realpath(prefix.path))
        if Path(os.path.realpath(address.path)) != wanted:
            raise SinkError(f"{self.destination} leads elsewhere through a link", f"name a folder under {SINKS} itself")
        if not wanted.is_dir():
            raise SinkError(f"{self.destination} is no folder", "make the folder; keyctl makes none")
        self._outside_git(wanted, base)
        if not self.encrypted and (why := changeable(wanted)) is not None:
            raise SinkError(
                f"{self.destination} is no place for a secret: {why}",
                "use a folder that, like all above it, only root and the user that runs keyctl may write to",
            )
        return wanted

    def _outside_git(self, path: Path, base: Path) -> None:
        known = self.destination.work_tree
        top = work_tree_of(path, Path(os.path.realpath(known)) if known is not None else None)
        if ".git" in path.parts or (top is not None and not self.encrypted):
            raise SinkError(
                f"{self.destination} lies in a git work tree, and no secret goes to git",
                "use a folder outside, or a sink that encrypts",
            )
        if top is not None and not base.is_relative_to(top):
            raise SinkError(
                f"{self.destination} lies in the git work tree {top}; its prefix {self.destination.prefix} does not",
                f"if encrypted files may lie there, name a prefix inside that work tree in {SINKS}",
            )


def _created(folder: int, name: str, content: bytes) -> str | None:
    """Why not, in words; None when it is there. A file of that name appears whole, by a link from another name."""
    part = f".{name}.{token_hex(8)}.part"
    try:
        opened = os.open(part, _FILE, 0o600, dir_fd=folder)
        try:
            with os.fdopen(opened, "wb") as file:
                os.fchmod(opened, 0o600)
                file.write(content)
                file.flush()
                os.fsync(opened)
            os.link(part, name, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=False)
        finally:
            with suppress(FileNotFoundError):
                os.unlink(part, dir_fd=folder)
        os.fsync(folder)
    except FileExistsError:
        return "something has that name already, and is left as it is"
    except OSError as error:
        return os.strerror(error.errno or 0)
    return None


def _is_file(folder: int, name: str) -> bool:
    try:
        found = os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return stat.S_ISREG(found.st_mode) and found.st_size > 0
