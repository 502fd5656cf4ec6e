"""Both sides and the commits between them → rows, tombstones and findings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from keyctl.history.blobs import Ids
from keyctl.history.git import Git
from keyctl.history.ledger import Ledger
from keyctl.history.span import Span
from keyctl.history.walk import Version
from keyctl.model.finding import Finding
from keyctl.model.key import NEVER_ISSUED, Key
from keyctl.model.names import KeyName
from keyctl.model.place import Place
from keyctl.model.registry import Registry
from keyctl.model.review import AddedTombstone, ReviewedChange, SharedEdit
from keyctl.model.rules import found
from keyctl.policy.rules.max_lifetime import allowed_days
from keyctl.review.compare import Row, compare
from keyctl.review.escalations import escalations
from keyctl.review.fields import Limits
from keyctl.review.lines import Lines
from keyctl.review.refusals import Judgement, refusals
from keyctl.review.shared import Edit
from keyctl.review.side import Side
from keyctl.review.stones import Holders, Stone, added, day
from keyctl.review.voices import Voices
from keyctl.review.words import by


@dataclass(frozen=True, slots=True)
class Story:
    """What a story is told from."""

    git: Git
    base: Side
    head: Side
    judge: Side | None
    walked: Span
    read_ids: Mapping[Version, Ids]
    ledger: Ledger | None
    voices: Voices


@dataclass(frozen=True, slots=True)
class Told:
    """Rows by key, edits by kind and name, tombstones by fingerprint; findings in no order."""

    changes: tuple[ReviewedChange, ...]
    shared: tuple[SharedEdit, ...]
    tombstones: tuple[AddedTombstone, ...]
    findings: tuple[Finding, ...]


def told(story: Story, now: datetime) -> Told:
    """Raises GitError when an object can't be read."""
    base, head = story.base, story.head
    lines = Lines(head.content)
    limits = Limits(_longest(story), now.date())
    compared = compare(base, head, limits)
    changes = [_row(row, story, lines) for row in compared.rows]
    shared = tuple(_shared(edit, keys, story, lines) for edit, keys in compared.edits.items())
    stones = added(base, story.walked.versions, story.read_ids)
    holders = Holders((head, base), story.read_ids, story.ledger)
    for stone in stones:
        holders.resolve(story.git, stone)
    tombstones = tuple(_tombstone(stone, head.registry, story.voices, lines) for stone in stones)
    judgement = Judgement(
        base, head, story.judge, compared.pairs, changes, shared, stones, story.voices.behind, story.voices.named
    )
    findings = [*refusals(judgement), *escalations(changes, shared), *_revocations(tombstones)]
    return Told(tuple(changes), shared, tombstones, tuple(lines.located(one) for one in findings))


def _longest(story: Story) -> Callable[[Key], int | None]:
    """The days from issue to last day that the judging policy lets a key have."""
    policy = (story.judge or story.base).registry.policy
    accounts = story.head.registry.accounts

    def longest(key: Key) -> int | None:
        account = accounts.get(key.account)
        return allowed_days(policy, account.exchange if account else None, key)

    return longest


def _row(row: Row, story: Story, lines: Lines) -> ReviewedChange:
    pair, difference, cause = row.pair, row.difference, row.cause
    key, head = pair.key, story.head
    if cause is not None:
        place: Place | None = Place(cause.path, cause.pointer)
        commits = story.voices.behind([cause.path])
    else:
        place = Place(key.place.path, difference.pointer) if pair.new is not None else None
        commits = story.voices.behind({one.place.path for one in (pair.old, pair.new) if one is not None})
    return ReviewedChange(
        key.name,
        key.account,
        key.owner,
        difference.meaning,
        difference.field,
        difference.before,
        difference.after,
        difference.risk,
        f"{cause.kind.value} {cause.name}" if cause is not None else None,
        lines.of(place) if place is not None and place.path in head.files else None,
        commits,
    )


def _shared(edit: Edit, keys: tuple[KeyName, ...], story: Story, lines: Lines) -> SharedEdit:
    head = story.head
    place = lines.of(Place(edit.path, edit.pointer)) if edit.path in head.files else None
    return SharedEdit(
        edit.kind,
        edit.name,
        edit.field,
        edit.before,
        edit.after,
        edit.risk,
        keys,
        place,
        story.voices.behind([edit.path]),
    )


def _tombstone(stone: Stone, registry: Registry, voices: Voices, lines: Lines) -> AddedTombstone:
    kept = next((one for one in registry.tombstones() if one.identifier == stone.identifier), None)
    entry = stone.entry
    return AddedTombstone(
        stone.identifier,
        stone.holder,
        stone.account,
        stone.owner,
        stone.known,
        kept.on if kept else day(entry.on),
        kept.reason if kept else entry.reason,
        kept.confirmed if kept else day(entry.confirmed),
        kept is not None,
        lines.of(replace(kept.place)) if kept is not None and kept.place is not None else None,
        voices.named(stone.commits),
    )


def _revocations(tombstones: tuple[AddedTombstone, ...]) -> Iterator[Finding]:
    for one in tombstones:
        why = one.reason or "no reason"
        when = f" on {one.on}" if one.on else ""
        dropped = "" if one.kept else "; the entry was dropped again, which does not bring the id back"
        rule = "revocation"
        if one.known:
            whose = f", the id of {one.key}" + (f" ({one.owner} on {one.account})" if one.account else "")
            message = f"{one.identifier.display}{whose}, is revoked for ever{when}: {why}{dropped}"
            remedy = "approve it if the id is to be dead everywhere for all time; it can't be taken back"
        else:
            rule = "revocation" if one.reason == NEVER_ISSUED else "revocation-unmatched"
            message = f"{one.identifier.display} is revoked for ever{when}: {why}; it matches nothing known{dropped}"
            remedy = "compare it with the id at the exchange, character by character: a mistyped one kills nothing"
        yield found(rule, message + by(one.commits), remedy, key=one.key, account=one.account, place=one.place)
