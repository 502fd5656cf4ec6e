"""What came of an action."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from keyctl.model.change import Change
from keyctl.model.identifier import Identifier
from keyctl.model.plan import Action


class Outcome(StrEnum):
    """How an action ended. ``FAILED``: it was begun, and it is not certain that all of it was done."""

    DONE = "done"
    FAILED = "failed"
    NOT_TRIED = "not-tried"
    BY_HAND = "by-hand"


@dataclass(frozen=True, slots=True)
class Attempt:
    """An action and its end, ``said`` in a sentence for people.

    ``made`` is the id of a key that was created and lives. ``place`` is where its secret went. ``changes`` are fields
    that the exchange silently has otherwise than was sent, live values first; ``unknown`` are those of which nothing
    proves that they are as sent.
    """

    action: Action
    outcome: Outcome
    said: str
    made: Identifier | None = None
    place: str | None = None
    changes: tuple[Change, ...] = ()
    unknown: tuple[str, ...] = ()
