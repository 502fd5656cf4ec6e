"""A key's life as git tells it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from keyctl.model.finding import ExitReason, Finding, Risk
from keyctl.model.identifier import Identifier
from keyctl.model.names import KeyName


class Deed(StrEnum):
    """What a commit did to a key. ``LEFT_OUT`` is a merge that kept one parent's version and dropped what another one
    had changed; ``ENDED`` is an id that went without another one."""

    DECLARED = "declared"
    ISSUED = "issued"
    ROTATED = "rotated"
    ENDED = "ended"
    REVOKED = "revoked"
    CONFIRMED = "confirmed"
    UNREVOKED = "unrevoked"
    CHANGED = "changed"
    MOVED = "moved"
    RENAMED = "renamed"
    REMOVED = "removed"
    LEFT_OUT = "left-out"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Person:
    """Who a commit says that did something; nobody checked it."""

    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit as it was written; times are aware and in UTC, None where they can't be read."""

    id: str
    author: Person
    committer: Person
    authored_at: datetime | None
    committed_at: datetime | None
    subject: str


FieldValue = str | bool | tuple[str, ...] | Identifier | None
"""A field's value as its file wrote it: text for dates, texts in the file's order for lists, None where absent."""


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field, before and after. ``note`` says what belongs to it: a revocation's reason and day, say."""

    field: str
    old: FieldValue
    new: FieldValue
    risk: Risk
    note: str = ""


@dataclass(frozen=True, slots=True)
class LifeEvent:
    """What one commit did to one file of a key, or to a key's ids in the list of revoked ones.

    ``key`` is None for an id of which no key file is known. ``brought_by`` is the merge that brought the commit to the
    protected branch; None where the commit is on its first-parent chain itself, and where ``on_protected`` is False:
    not there yet, or None when the protected branch is not known. ``came_from`` is the path that a move left;
    ``problem`` says why a version can't be read.
    """

    deeds: tuple[Deed, ...]
    commit: Commit
    on_protected: bool | None
    brought_by: Commit | None
    key: KeyName | None
    path: str
    came_from: str | None = None
    changes: tuple[FieldChange, ...] = ()
    problem: str | None = None


class Holding(StrEnum):
    """What an id is to its key now, as HEAD has it. ``GONE`` ids are neither in use nor revoked there."""

    CURRENT = "current"
    RETIRING = "retiring"
    REVOKED = "revoked"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class HeldId:
    """One id that a key ever had: when a commit first wrote it down, and what became of it."""

    identifier: Identifier
    key: KeyName | None
    holding: Holding
    since: datetime | None
    on: date | None = None
    reason: str | None = None
    confirmed: date | None = None


@dataclass(frozen=True, slots=True)
class Life:
    """All that history tells of a key. ``asked`` is the name or id that was looked for, ``names``
    every name that its file had, ``events`` are in the order of the commits, parents first; ``ids`` are in the order in
    which they came. ``protected_ref`` is None where no protected branch was found."""

    asked: KeyName | Identifier
    names: tuple[KeyName, ...]
    ids: tuple[HeldId, ...]
    events: tuple[LifeEvent, ...]
    commits: int
    commit: str | None
    protected_ref: str | None
    findings: tuple[Finding, ...]
    exit_reasons: tuple[ExitReason, ...]
