"""Every point of a run at which its process may die, and dying there.

The hooks are put around seams of the product by whoever runs it in a process of its own; they are never taken off.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from keyctl.acting.journal import Event, Journal
from keyctl.acting.lock import Lock
from keyctl.exchanges.declaration import Effect, Endpoint
from keyctl.exchanges.transport import Transport
from keyctl.history.git import Git
from keyctl.history.remote import Remote
from keyctl.registry import saving
from keyctl.secrets.sinks.file import FileSink

CHANGES = ("hash-object", "update-index", "write-tree", "commit-tree", "mktree", "update-ref")
"""Plumbing that writes."""
KINDS = ("journal", "exchange", "sink", "git", "files")


@dataclass
class Points:
    """What a run has passed, each as ``kind: when what``; ``deadly`` is the number of the one where it ends."""

    deadly: int | None = None
    passed: list[str] = field(default_factory=list)

    def at(self, name: str, last: Callable[[], None] = lambda: None) -> None:
        """Passes a point, or does the last thing and dies."""
        self.passed.append(name)
        if self.deadly == len(self.passed) - 1:
            last()
            os.kill(os.getpid(), signal.SIGKILL)


def watch(points: Points) -> None:
    """Put hooks around all that a run does."""
    _journal(points)
    _exchange(points)
    _sink(points)
    _git(points)
    _files(points)


def _around(points: Points, owner: Any, name: str, told: Callable[..., str | None]) -> None:
    original = getattr(owner, name)

    def wrapped(*given: Any, **named: Any) -> Any:
        kind, _, what = (told(*given) or "").partition(": ")
        if what:
            points.at(f"{kind}: before {what}")
        result = original(*given, **named)
        if what:
            points.at(f"{kind}: after {what}")
        return result

    setattr(owner, name, wrapped)


def _journal(points: Points) -> None:
    original, note = Journal.begin, "note"

    def begin(folder: Path, *given: Any) -> Journal:
        points.at("journal: before its file is made")
        made = original(folder, *given)
        points.at("journal: after its file is made")
        return made

    setattr(Journal, original.__name__, staticmethod(begin))
    noted = Journal.note

    looking = [True]

    def wrapped(self: Journal, event: Event, **facts: Any) -> None:
        if event in (Event.ACTING, Event.ACTED):
            looking[0] = event is Event.ACTED
        if looking[0] and event in (Event.CALLING, Event.CALLED):
            points.at(f"journal: before {event.value}, of a look")  # these change nothing, and no run reads them
            noted(self, event, **facts)
            return

        def half() -> None:
            with self.path.open("ab", buffering=0) as file:
                file.write(b'{"at": "2026-11-25T10:00:00Z", "event": "' + event.value[:3].encode("ascii"))

        points.at(f"journal: before {event.value}")
        points.at(f"journal: during {event.value}", half)
        noted(self, event, **facts)
        points.at(f"journal: after {event.value}")

    setattr(Journal, note, wrapped)


def _exchange(points: Points) -> None:
    """Requests of connections that may write: unsent, done and not yet read, answered."""
    import aiohttp

    asked: ContextVar[str | None] = ContextVar("asked", default=None)
    send, read = Transport._send, aiohttp.ClientResponse.read

    async def sending(self: Transport, endpoint: Endpoint, params: Any) -> Any:
        if Effect.WRITE not in self._effects:
            return await send(self, endpoint, params)
        points.at(f"exchange: before {endpoint.name}")
        token = asked.set(endpoint.name)
        try:
            answer = await send(self, endpoint, params)
        finally:
            asked.reset(token)
        points.at(f"exchange: after {endpoint.name}")
        return answer

    async def reading(self: aiohttp.ClientResponse) -> bytes:
        if asked.get() is not None:
            points.at(f"exchange: during {asked.get()}")
        return await read(self)

    for owner, original, instead in ((Transport, send, sending), (aiohttp.ClientResponse, read, reading)):
        setattr(owner, original.__name__, instead)


def _sink(points: Points) -> None:
    for name in ("check", "deliver", "holds"):
        _around(points, FileSink, name, lambda *_given, name=name: f"sink: {name}")
    link = os.link

    def linked(*given: Any, **named: Any) -> None:
        points.at("sink: during deliver, its file has another name yet")
        link(*given, **named)
        points.at("sink: during deliver, its file is there")

    setattr(os, link.__name__, linked)


def _git(points: Points) -> None:
    _around(points, Remote, "move", lambda _self, ref, to, *_: f"git: {'moving' if to else 'removing'} {ref}")
    _around(points, Lock, "_lock_file", lambda _self: "git: locking the file")
    _around(points, Lock, "_unlock_file", lambda _self: "git: unlocking the file")
    _around(
        points,
        Git,
        "output",
        lambda _self, command, *_: f"git: {command}" if command in CHANGES else None,
    )


def _files(points: Points) -> None:
    replace, chmod = saving.replace, Path.chmod
    inside: list[Path] = []

    def replacing(target: Path, *given: Any) -> None:
        points.at(f"files: before {target.name}")
        inside.append(target)
        try:
            replace(target, *given)
        finally:
            inside.clear()
        points.at(f"files: after {target.name}")

    def changing(self: Path, *given: Any, **named: Any) -> None:
        if inside:
            points.at(f"files: during {inside[0].name}")
        chmod(self, *given, **named)

    for owner, original, instead in ((saving, replace, replacing), (Path, chmod, changing)):
        setattr(owner, original.__name__, instead)
