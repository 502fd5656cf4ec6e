"""Exactly one note: found again by a hidden marker, whatever became of the run that wrote it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

from keyctl.notes.failure import NotTold

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_QUICK_ACTION = re.compile(r"(?m)^(\s*)/")
"""GitLab runs a line such as ``/merge`` with the rights of whoever posts it.
https://docs.gitlab.com/user/project/quick_actions/"""


@dataclass(frozen=True, slots=True)
class Note:
    """One note as the forge lists it; ``author`` is what the forge calls its author by."""

    id: int
    author: str
    body: str


class Forge(Protocol):
    """The notes of one merge request. Every method raises NotTold."""

    def author(self) -> str:
        """Whom the token belongs to, as notes name their authors."""
        ...

    def notes(self) -> Iterable[Note]:
        """Every note of the merge request, through all pages."""
        ...

    def create(self, body: str) -> None:
        """Add a note."""
        ...

    def update(self, note: int, body: str) -> None:
        """Replace a note's text."""
        ...

    def delete(self, note: int) -> None:
        """Remove a note."""
        ...


@dataclass(frozen=True, slots=True)
class Patience:
    """How often the whole is tried, how many seconds pass before the second time (then twice as many), and the longest
    wait that a forge may ask for."""

    attempts: int = 3
    first_pause: float = 1.0
    longest: float = 30.0
    sleep: Callable[[float], None] = lambda seconds: _wait(seconds)


def marker(command: str, registry: str | None) -> str:
    """The note's first line, which the page does not show. Each command and each registry has a note of its own."""
    if registry is None:
        name = "unknown"
    else:
        # whatever is no uuid may be hostile text; its hash serves as well
        name = registry if _UUID.fullmatch(registry) else sha256(registry.encode("utf-8", "replace")).hexdigest()[:32]
    return f"<!-- exchange-keyctl: {command} of registry {name} -->"


def stick(forge: Forge, mark: str, text: str, patience: Patience) -> str:
    """Leave exactly one note that holds ``text``; what was done to it, in a word. Raises NotTold.

    What fails in passing is tried again from the search on, never the request alone: a note whose creation was not
    answered may be there. Only notes of the token's own user count, so that nobody can have another's note changed, or
    hide this one, by writing the marker.
    """
    inert = _QUICK_ACTION.sub(r"\1\\/", text)
    body = f"{mark}\n\n{inert}".rstrip()
    attempt = 0
    while True:
        try:
            return _once(forge, mark, body)
        except NotTold as failure:
            attempt += 1
            pause = patience.first_pause * 2 ** (attempt - 1) if failure.wait is None else failure.wait
            if not failure.passing or attempt >= patience.attempts or pause > patience.longest:
                raise
        patience.sleep(pause)


def _once(forge: Forge, mark: str, body: str) -> str:
    author = forge.author()
    own = sorted((one for one in forge.notes() if one.author == author and _marked(one, mark)), key=lambda one: one.id)
    if not own:
        forge.create(body)
        return "created"
    for surplus in own[1:]:
        forge.delete(surplus.id)
    if own[0].body.replace("\r\n", "\n").rstrip() == body:
        return "unchanged"
    forge.update(own[0].id, body)
    return "updated"


def _marked(note: Note, mark: str) -> bool:
    return note.body.split("\n", 1)[0].rstrip() == mark


def _wait(seconds: float) -> None:
    time.sleep(seconds)
