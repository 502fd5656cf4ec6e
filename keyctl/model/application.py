"""What a run that acts did, and how things stand at its end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from keyctl.model.attempt import Attempt
from keyctl.model.comparison import Comparison
from keyctl.model.finding import ExitReason
from keyctl.model.identifier import Identifier
from keyctl.model.names import KeyName


@dataclass(frozen=True, slots=True)
class Written:
    """One thing that was written into a file of the registry: ``what`` of which id; ``why_not`` where it could not
    be."""

    path: str
    key: KeyName | None
    what: str
    identifier: Identifier
    why_not: str | None = None


class Verb(StrEnum):
    """Which command it was."""

    APPLY = "apply"
    REVOKE = "revoke"
    ROTATE = "rotate"
    CONFIRM = "confirm"


@dataclass(frozen=True, slots=True)
class Application:
    """``run`` names the record. ``commit`` and ``branch`` are what was written back with, None where it is in the work
    tree alone; ``pushed`` says that the branch is on the remote. ``after`` is the state at the end, None where nothing
    was compared. ``notes`` are sentences for people."""

    verb: Verb
    run: str
    generated_at: datetime
    attempts: tuple[Attempt, ...]
    written: tuple[Written, ...]
    exit_reasons: tuple[ExitReason, ...]
    after: Comparison | None = None
    commit: str | None = None
    branch: str | None = None
    pushed: bool = False
    notes: tuple[str, ...] = ()
