"""The record of a run that acts: one JSON object a line, on disk before and after each call to an exchange or a sink.

It holds no secret and nothing that an exchange said. keyctl finds its way without it too; the record tells people, and
whoever resumes, what was meant and how far it went.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from keyctl.exchanges.declaration import Endpoint
from keyctl.exchanges.errors import ExchangeError
from keyctl.exchanges.redaction import Redactor
from keyctl.model.account import Account
from keyctl.model.refusal import Refusal
from keyctl.model.times import instant
from keyctl.secrets.sinks.sink import SinkError

FOLDER = "KEYCTL_JOURNAL"
"""Names the folder of records; else they are in the git directory."""
Fact = str | int | bool | None | list[dict[str, str | None]] | list[str]


class Event(StrEnum):
    """What a line is about. Each ``…ing`` stands before what it names, and its past after."""

    BEGUN = "begun"
    ACTING = "acting"
    ACTED = "acted"
    CALLING = "calling"
    CALLED = "called"
    DELIVERING = "delivering"
    DELIVERED = "delivered"
    WRITING = "writing"
    WRITTEN = "written"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Journal:
    """One run's record, only ever added to. ``run`` names it; ``clock`` gives aware UTC times."""

    path: Path
    run: str
    clock: Callable[[], datetime]
    redactor: Redactor = field(default_factory=lambda: Redactor(()), repr=False)

    @classmethod
    def begin(cls, folder: Path, run: str, clock: Callable[[], datetime], redactor: Redactor) -> Journal:
        """A new record. Raises Refusal where the folder can't be written: nothing is done that is not on record."""
        path = folder / f"{run}.jsonl"
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.touch(0o600, exist_ok=False)
            _synced_folder(folder)
        except OSError as error:
            raise Refusal(
                f"the record {path} can't be written: {error.strerror}", f"name another folder in {FOLDER}"
            ) from None
        return cls(path, run, clock, redactor)

    def note(self, event: Event, **facts: Fact) -> None:
        """One line, on disk when this returns. Raises Refusal, upon which nothing more may be done."""
        line = json.dumps({"at": instant(self.clock()), "event": event.value, **facts}, ensure_ascii=True)
        try:
            with self.path.open("ab", buffering=0) as file:
                file.write(self.redactor.scrub(line).encode("ascii") + b"\n")
                os.fsync(file.fileno())
        except OSError as error:
            raise Refusal(
                f"the record {self.path} can't be written: {error.strerror}; nothing more was done",
                "make room, then run 'exchange-keyctl apply --resume'",
            ) from None

    def watch(self, account: Account) -> Watched:
        """Puts every request to an account on record."""
        return Watched(self, account.name)

    @contextmanager
    def asking(self, place: str, call: str) -> Iterator[None]:
        """Puts a question to a sink on record, also one that raises SinkError."""
        self.note(Event.CALLING, sink=place, call=call)
        try:
            yield
        except SinkError as error:
            self.note(Event.CALLED, sink=place, call=call, failed=str(error))
            raise
        self.note(Event.CALLED, sink=place, call=call, failed=None)


@dataclass(frozen=True, slots=True)
class Watched:
    """A transport's watch: one line before each request, one after it."""

    journal: Journal
    account: str

    def before(self, endpoint: Endpoint) -> None:
        """A request is about to be sent."""
        self.journal.note(Event.CALLING, account=self.account, call=endpoint.name)

    def after(self, endpoint: Endpoint, error: ExchangeError | None) -> None:
        """It was answered, or failed."""
        failed = None if error is None else error.cause
        self.journal.note(Event.CALLED, account=self.account, call=endpoint.name, failed=failed)


def folder_of(common: Path, environ: Mapping[str, str]) -> Path:
    """Where records are kept: ``KEYCTL_JOURNAL``, else ``keyctl/journal`` in the git directory that all work trees of
    the repository share."""
    named = environ.get(FOLDER)
    return Path(named).absolute() if named else common / "keyctl" / "journal"


def unfinished(folder: Path) -> tuple[Path, Mapping[str, Any]] | None:
    """The latest record of a run that began something, and the line that says what, if it does not say that the run
    ended. Runs that only looked are passed over, whether they died or were refused."""
    for record in sorted(folder.glob("*.jsonl"), reverse=True):
        said = {line["event"]: line for line in lines(record, Event.BEGUN, Event.ENDED)}
        if Event.BEGUN in said:
            return None if Event.ENDED in said else (record, said[Event.BEGUN])
    return None


def lines(path: Path, *events: Event) -> Iterator[Mapping[str, Any]]:
    """What a record says of some events; a last line that was cut off is left out. Others are not parsed: most of a
    record are its calls."""
    named = [f'"event": "{event.value}"'.encode("ascii") for event in events]
    for line in path.read_bytes().splitlines():
        if not any(name in line for name in named):
            continue
        try:
            said = json.loads(line)
        except ValueError:
            continue
        if isinstance(said, dict) and said.get("event") in events:
            yield said


def delivered(folder: Path) -> frozenset[str]:
    """The fingerprints of all ids whose secrets arrived, as the records that are left say."""
    return frozenset(
        line["fingerprint"]
        for record in sorted(folder.glob("*.jsonl"))
        for line in lines(record, Event.DELIVERED)
        if line.get("failed") is None and "fingerprint" in line
    )


def _synced_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
