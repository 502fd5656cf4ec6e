"""One run acts at a time: a file is locked on this machine, and a ref of the remote by compare and swap.

The ref's lock ends by itself, so that a machine that died holds nobody up for long. Whoever holds it does nothing any
more shortly before that; it can be drawn out in time. A lock whose holder died on this machine is taken over at once,
since the file's lock went with the process.
"""

from __future__ import annotations

import fcntl
import os
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType

from keyctl.history.committing import Author, message_of, note
from keyctl.history.git import GitError
from keyctl.history.remote import LOCK, Rejected, Remote
from keyctl.model.refusal import Refusal
from keyctl.model.times import instant

LIFE = timedelta(minutes=15)
MARGIN = timedelta(minutes=3)
"""An action is begun only if the lock lives at least as long as this: no action takes longer."""
AUTHOR = Author("keyctl", "keyctl@localhost")


@dataclass(slots=True)
class Lock:
    """Held as a context. ``taken`` names a lock of the remote that a person says is a dead run's."""

    remote: Remote
    folder: Path
    run: str
    clock: Callable[[], datetime]
    taken: str | None = None
    _file: int | None = None
    _held: str | None = None
    _ends: datetime | None = field(default=None)
    _tried: dict[str, datetime] = field(default_factory=dict)

    def __enter__(self) -> Lock:
        self._lock_file()
        try:
            self._lock_remote()
        except GitError as error:
            self._unlock_file()
            raise Refusal(
                f"{self.remote.name} can't be locked, so nothing was done: {error}",
                "see that this clone may push to refs/keyctl/*, and run it again; a lock that came to be all the same"
                " is known to this clone, and ends by itself",
            ) from None
        except BaseException:
            self._unlock_file()
            raise
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        try:
            if self._held is not None:
                self.remote.move(LOCK, None, self._held)
                self._mine.unlink(missing_ok=True)
        except GitError:
            pass  # it ends by itself, and the file says whose it was
        finally:
            self._unlock_file()

    def check(self) -> None:
        """That it is still held, for long enough; it is drawn out when half of its life is over. Raises Refusal."""
        assert self._held is not None and self._ends is not None
        now = self.clock()
        if self._ends - now > LIFE / 2:
            return
        if self._ends - now > MARGIN:
            try:
                self._move(self._held)
                return
            except Rejected:
                if self._is_moved():
                    return
            except GitError:
                if self._ends - self.clock() > MARGIN:
                    return
        raise Refusal(
            "the lock of this run is over, and another one may act by now; nothing more was done",
            "run 'exchange-keyctl apply --resume'",
        )

    @property
    def _mine(self) -> Path:
        """Names the lock that this clone holds on the remote."""
        return self.folder / "lock.remote"

    def _lock_file(self) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._file = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._unlock_file()
            raise Refusal(
                "another run of keyctl acts in this clone", "wait until it ends; nothing was done by this one"
            ) from None

    def _unlock_file(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _lock_remote(self) -> None:
        held = self.remote.refs().get(LOCK)
        if held is not None and not self._is_dead(held):
            raise Refusal(
                f"another run of keyctl acts: the lock {held[:12]} on {self.remote.name} is held{self._whose(held)}",
                "wait until it ends, at most a quarter of an hour; if you know that run to be dead:"
                f" --take-lock {held}",
            )
        try:
            self._move(held)
        except Rejected:
            if self.remote.refs().get(LOCK) == held:
                raise  # nobody was: the remote does not let it be set
            raise Refusal(
                f"another run of keyctl was faster to lock {self.remote.name}", "wait until it ends"
            ) from None

    def _move(self, since: str | None) -> None:
        ends = self.clock() + LIFE
        told = f"keyctl acts\n\nrun: {self.run}\non: {socket.gethostname()}\nends: {instant(ends)}\n"
        held = note(self.remote.git, told, AUTHOR, self.clock())
        # before it is one, beside the one that it replaces: whichever stays on the remote is known as this clone's
        self._tried[held] = ends
        self._mine.write_text("\n".join(self._tried), "ascii")
        self.remote.move(LOCK, held, since)
        self._held, self._ends = held, ends

    def _is_moved(self) -> bool:
        """Whether an earlier move came through although nothing said so; else somebody has taken the lock over."""
        try:
            there = self.remote.refs().get(LOCK)
        except GitError:
            return False
        if there not in self._tried or self._tried[there] - self.clock() <= MARGIN:
            return False
        self._held, self._ends = there, self._tried[there]
        return True

    def _is_dead(self, held: str) -> bool:
        """This clone's own, from a process that is gone; one that a person names; one whose time is over."""
        if held == self.taken or (self._mine.is_file() and held in self._mine.read_text("ascii").split()):
            return True
        ends = self._said(held).get("ends")
        try:
            return ends is not None and datetime.fromisoformat(ends) < self.clock()
        except ValueError:
            return False

    def _whose(self, held: str) -> str:
        said = self._said(held)
        return (
            f" by run {said['run']} on {said['on']} until {said['ends']}" if {"run", "on", "ends"} <= set(said) else ""
        )

    def _said(self, held: str) -> dict[str, str]:
        try:
            self.remote.fetch(LOCK)
            text = message_of(self.remote.git, held)
        except GitError:
            return {}
        rows = (line.partition(": ") for line in text.splitlines())
        return {name: value for name, colon, value in rows if colon}
