"""The ids that a key ever had, and what became of each."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime

from keyctl.history.events import Draft
from keyctl.history.texts import Texts
from keyctl.history.versions import Document, RevokedEntry, current, identifiers, retiring, revoked
from keyctl.model.identifier import Fingerprint, Identifier
from keyctl.model.life import Commit, HeldId, Holding
from keyctl.model.names import KeyName


@dataclass(slots=True)
class _Known:
    identifier: Identifier
    key: KeyName | None
    since: datetime | None
    revocation: RevokedEntry | None = None


def holdings(
    head: str,
    paths: Iterable[str],
    texts: Texts,
    drafts: Iterable[Draft],
    commits: Mapping[str, Commit],
    ids: Collection[Identifier],
) -> tuple[HeldId, ...]:
    """In the order in which they were first written down. What any version revoked stays revoked (law 2); otherwise
    HEAD says what an id is now. ``ids`` limits what is taken out of lists of revoked ids, which name others too."""
    known: dict[Fingerprint, _Known] = {}
    for draft in drafts:
        document = texts.document(draft.new)
        if isinstance(document, dict):
            _take(known, document, draft.key, commits[draft.commit].committed_at, ids)
    texts.fetch(names := [f"{head}:{path}" for path in paths])
    now = [document for name in names if isinstance(document := texts.named(name), dict)]
    living = {one: Holding.CURRENT for document in now if (one := current(document)) is not None}
    living |= {one: Holding.RETIRING for document in now if (one := retiring(document)) is not None}
    for document in now:
        _take(known, document, None, None, ids)
    return tuple(_held(one, living) for one in known.values())


def _take(
    known: dict[Fingerprint, _Known],
    document: Document,
    key: KeyName | None,
    since: datetime | None,
    ids: Collection[Identifier],
) -> None:
    for one in identifiers(document):
        if one in ids:
            held = known.setdefault(one.fingerprint, _Known(one, key, since))
            held.key = held.key or key
            if held.identifier.text is None:
                held.identifier = one
    for entry in revoked(document):
        if entry.identifier in ids:
            known[entry.identifier.fingerprint].revocation = entry


def _held(one: _Known, living: Mapping[Identifier, Holding]) -> HeldId:
    entry = one.revocation
    if entry is None:
        return HeldId(one.identifier, one.key, living.get(one.identifier, Holding.GONE), one.since)
    return HeldId(
        one.identifier, one.key, Holding.REVOKED, one.since, _day(entry.on), entry.reason, _day(entry.confirmed)
    )


def _day(text: str | None) -> date | None:
    with suppress(ValueError, TypeError):
        return date.fromisoformat(text or "")
    return None
