"""What a range of commits does to keys."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from keyctl.model.finding import ExitReason, Finding, Risk
from keyctl.model.identifier import Identifier
from keyctl.model.life import Commit, FieldValue
from keyctl.model.names import AccountName, AppName, KeyName
from keyctl.model.place import Place


class Meaning(StrEnum):
    """What a difference is to the key. ``INDIRECT`` ones come from another file than the key's own."""

    ISSUED = "issued"
    CHANGED = "changed"
    ROTATED = "rotated"
    RENEWED = "renewed"
    REVOKED = "revoked"
    RENAMED = "renamed"
    MOVED = "moved"
    REMOVED = "removed"
    INDIRECT = "indirect"


class SharedKind(StrEnum):
    """What several keys share."""

    NETWORK = "network"
    APP = "app"
    ACCOUNT = "account"
    POLICY = "policy"
    WAIVER = "waiver"
    SETTINGS = "settings"
    SIGNERS = "signers"


@dataclass(frozen=True, slots=True)
class ReviewedChange:
    """One field of one key, before and after.

    A key that is new has None before in each field, one that is gone None after. ``key`` is the name at the head, for
    keys that are gone the one at the base. ``cause`` says in words what else changed, for indirect ones; ``place`` is
    where the change stands at the head, None where nothing is left of it. ``commits`` are those that made it, oldest
    first.
    """

    key: KeyName
    account: AccountName | None
    owner: AppName | None
    meaning: Meaning
    field: str
    before: FieldValue
    after: FieldValue
    risk: Risk
    cause: str | None
    place: Place | None
    commits: tuple[Commit, ...]


@dataclass(frozen=True, slots=True)
class SharedEdit:
    """One field of something that keys share, before and after; ``keys`` are those that the edit touches, by name."""

    kind: SharedKind
    name: str
    field: str
    before: FieldValue
    after: FieldValue
    risk: Risk
    keys: tuple[KeyName, ...]
    place: Place | None
    commits: tuple[Commit, ...]


@dataclass(frozen=True, slots=True)
class AddedTombstone:
    """A revocation that a commit of the range adds.

    ``kept`` is False when the head no longer lists it, which does not undo it. ``known`` is False when nothing ever
    declared such an id; then ``key``, ``account`` and ``owner`` are None, as are those that nothing tells any more.
    """

    identifier: Identifier
    key: KeyName | None
    account: AccountName | None
    owner: AppName | None
    known: bool
    on: date | None
    reason: str | None
    confirmed: date | None
    kept: bool
    place: Place | None
    commits: tuple[Commit, ...]


@dataclass(frozen=True, slots=True)
class Review:
    """The result of a review, sorted and stable.

    ``base`` and ``head`` are commits. ``protected_ref`` and ``judged_by`` are the protected branch and its tip, whose
    policy, waivers, protection and allowed signers the range was judged by; None where there is no such branch.
    ``commits`` counts the range. ``dirty`` says that the work tree holds changes which nobody committed, and which are
    therefore not in the review; it is False when another commit than the checked-out one was asked for.
    """

    base: str
    head: str
    protected_ref: str | None
    judged_by: str | None
    commits: int
    dirty: bool
    partial: bool
    changes: tuple[ReviewedChange, ...]
    shared: tuple[SharedEdit, ...]
    tombstones: tuple[AddedTombstone, ...]
    findings: tuple[Finding, ...]
    exit_reasons: tuple[ExitReason, ...]
