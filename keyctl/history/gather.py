"""History → ledgers, with as little walking as the cache allows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain
from typing import Any

from keyctl.history.blobs import Documents, Ids, Reading, RevokedId, Unreadable, contents, reading, registry_id
from keyctl.history.cache import Store
from keyctl.history.git import Git
from keyctl.history.ledger import Ledger, counted, from_document, place_of, to_document
from keyctl.history.walk import Progress, Sighting, Walked, unreached, walk

_WORTH_REMEMBERING = 1000
"""From so many blobs on the memo of readings is looked into: fewer are read sooner than it is loaded."""

_WORTH_SAVING = 200
"""From so many new commits on a ledger is written again: fewer are walked again sooner."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """``protected`` is what the protected branch's commits hold, ``reachable`` that and what only HEAD reaches."""

    protected: Ledger
    reachable: Ledger


def gather(
    git: Git,
    registry: str,
    protected: tuple[str, ...],
    head: str,
    store: Store,
    documents: Documents | None,
    progress: Progress | None = None,
) -> Gathered:
    """Walks the protected branch from where the cache knows it, then what HEAD has beside it. Raises GitError."""
    known, walked = _walk_protected(git, protected, store, progress)
    beside = walk(git, (head,), protected, progress) if head not in protected else Walked()
    of_protected = _registries(git, walked, registry)
    of_head = _registries(git, beside, registry)
    places = _places(registry, of_protected, of_head) | known.places
    if known.commits and places != known.places:
        # What lay at the new place was never looked at.
        known, walked = Ledger(), walk(git, protected, (), progress)
        of_protected = _registries(git, walked, registry)
        places = _places(registry, of_protected, of_head)
    readings = _readings(git, _blobs(walked, beside, places), store, documents, progress)
    worth_saving = walked.commits >= (_WORTH_SAVING if known.commits else 1)
    known.places = places
    known.add_registries(of_protected)
    known.add(walked, readings)
    if worth_saving and places == _places(registry, known.registries):
        store.save("ledger", {"tips": list(protected), **to_document(known)})
    if head in protected:
        return Gathered(known, known)
    reachable = known.copy()
    reachable.add_registries(of_head)
    reachable.add(beside, readings)
    return Gathered(known, reachable)


def _walk_protected(
    git: Git, protected: tuple[str, ...], store: Store, progress: Progress | None
) -> tuple[Ledger, Walked]:
    if not protected:
        return Ledger(), Walked()
    document = store.load("ledger")
    if document is not None:
        tips: list[str] = document["tips"]
        if set(tips) == set(protected):
            return from_document(document), Walked()
        if not unreached(git, tips, protected):
            return from_document(document), walk(git, protected, tips, progress)
    return Ledger(), walk(git, protected, (), progress)


def _registries(git: Git, walked: Walked, wanted: str) -> dict[tuple[str, str], Sighting]:
    files = [(version, place_of(version.path)) for version in walked.versions if place_of(version.path) is not None]
    ids = {
        blob: registry_id(data, wanted) for blob, data in contents(git, {version.blob: None for version, _ in files})
    }
    seen: dict[tuple[str, str], Sighting] = {}
    for version, place in files:
        of = ids[version.blob]
        if place is not None and of is not None:
            first = walked.versions[version][0]
            seen[place, of] = min(seen.get((place, of), first), first)
    return seen


def _places(registry: str, *seen: Iterable[tuple[str, str]]) -> frozenset[str]:
    return frozenset(place for place, of in chain(*seen) if of == registry)


def _blobs(walked: Walked, beside: Walked, places: frozenset[str]) -> dict[str, None]:
    return {version.blob: None for version in chain(counted(walked, places), counted(beside, places))}


def _readings(
    git: Git, blobs: dict[str, None], store: Store, documents: Documents | None, progress: Progress | None
) -> dict[str, Reading]:
    remember = len(blobs) >= _WORTH_REMEMBERING
    memo: dict[str, Any] = (store.load("blobs") or {}) if remember else {}
    readings = {blob: _from_memo(memo[blob]) for blob in blobs if blob in memo}
    unknown = {blob: None for blob in blobs if blob not in memo}
    for blob, data in contents(git, unknown, progress):
        readings[blob] = reading(data, documents)
    if remember and unknown:
        memo.update((blob, _to_memo(readings[blob])) for blob in unknown)
        store.save("blobs", memo)
    return readings


def _to_memo(read: Reading) -> list[Any]:
    return [read.why, read.lfs] if isinstance(read, Unreadable) else [read.declared, read.revoked, None]


def _from_memo(entry: list[Any]) -> Reading:
    if len(entry) == 2:
        return Unreadable(entry[0], entry[1])
    return Ids(tuple(entry[0]), tuple(RevokedId(*one) for one in entry[1]))
