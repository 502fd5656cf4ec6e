"""Everything that a set of commits ever declared and revoked in one registry."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from keyctl.history.blobs import Ids, Reading, RevokedId, Unreadable, identifier
from keyctl.history.walk import KEYS, REGISTRY, REVOKED, Sighting, Version, Walked
from keyctl.model.identifier import Fingerprint, Identifier
from keyctl.model.names import KeyName


class DeclaredOnce(NamedTuple):
    """An id that was declared; ``text`` is None while only its fingerprint was ever written, ``last`` is the last
    commit that brought in a version which declares it."""

    text: str | None
    last: Sighting


class RevokedOnce(NamedTuple):
    """An id that was revoked; ``first`` is the first commit that brought in a version which says so.
    ``folded`` is known where the text is."""

    text: str | None
    folded: Fingerprint | None
    first: Sighting
    on: str | None
    reason: str | None
    confirmed: str | None


class Unread(NamedTuple):
    """A version that can't be read for its ids."""

    why: str
    lfs: bool
    first: Sighting


@dataclass(slots=True)
class Ledger:
    """``places`` are folders, ``""`` or with ``/`` at the end, in which the registry stood in any commit;
    ``registries`` is every registry that stood anywhere, by folder and id."""

    places: frozenset[str] = frozenset()
    registries: dict[tuple[str, str], Sighting] = field(default_factory=dict)
    declared: dict[Fingerprint, DeclaredOnce] = field(default_factory=dict)
    revoked: dict[Fingerprint, RevokedOnce] = field(default_factory=dict)
    unread: dict[Version, Unread] = field(default_factory=dict)
    submodules: dict[Version, Sighting] = field(default_factory=dict)
    commits: int = 0

    def copy(self) -> Ledger:
        """One that grows by itself."""
        return Ledger(
            self.places,
            dict(self.registries),
            dict(self.declared),
            dict(self.revoked),
            dict(self.unread),
            dict(self.submodules),
            self.commits,
        )

    def add_registries(self, seen: Mapping[tuple[str, str], Sighting]) -> None:
        """Adds registries, each with the first commit that brought it in."""
        for where, sighting in seen.items():
            self.registries[where] = min(self.registries.get(where, sighting), sighting)

    def add(self, walked: Walked, readings: Mapping[str, Reading]) -> None:
        """Adds what was walked. Every version that counts must have been read."""
        self.commits += walked.commits
        for version in counted(walked, self.places):
            first, last = walked.versions[version]
            match readings[version.blob]:
                case Unreadable(why, lfs):
                    self._unread(version, Unread(why, lfs, first))
                case Ids(declared, revoked):
                    if is_key_file(version.path, self.places):
                        for text in declared:
                            self._declared(identifier(text), last)
                    for entry in revoked:
                        self._revoked(identifier(entry.id), first, entry)
        for version, sighting in walked.links.items():
            if lies_in(version.path, self.places):
                self._unread(version, Unread("it is a symbolic link", False, sighting))
        for version, sighting in walked.submodules.items():
            if lies_in(version.path, self.places):
                self.submodules[version] = min(self.submodules.get(version, sighting), sighting)

    def _declared(self, one: Identifier, last: Sighting) -> None:
        known = self.declared.get(one.fingerprint)
        if known is None:
            self.declared[one.fingerprint] = DeclaredOnce(one.text, last)
        elif last > known.last or (known.text is None and one.text is not None):
            self.declared[one.fingerprint] = DeclaredOnce(one.text or known.text, max(last, known.last))

    def _revoked(self, one: Identifier, first: Sighting, entry: RevokedId) -> None:
        known = self.revoked.get(one.fingerprint)
        if known is not None and known.first < first and (known.text is not None or one.text is None):
            return
        new = RevokedOnce(one.text, one.folded, first, entry.on, entry.reason, entry.confirmed)
        if known is not None:
            earliest = min(known, new, key=_age)
            new = earliest._replace(text=known.text or new.text, folded=known.folded or new.folded)
        self.revoked[one.fingerprint] = new

    def _unread(self, version: Version, new: Unread) -> None:
        known = self.unread.get(version)
        self.unread[version] = new if known is None or new.first < known.first else known


def counted(walked: Walked, places: frozenset[str]) -> Iterable[Version]:
    """The versions of key files and tombstone files that belong to a registry with these places."""
    return (version for version in walked.versions if _belongs(version.path, places))


def place_of(path: str) -> str | None:
    """The folder whose ``registry/registry.yaml`` the path is; None for another file."""
    return path[: -len(REGISTRY)] if path == REGISTRY or path.endswith("/" + REGISTRY) else None


def lies_in(path: str, places: Iterable[str]) -> bool:
    """Whether a path is, or lies under, a registry's ``keys.d`` or ``registry``."""
    return any((path + "/").startswith((f"{place}{KEYS}/", f"{place}registry/")) for place in places)


def key_of(path: str) -> KeyName | None:
    """The key whose file has this path; None for the tombstone file."""
    folders, _, name = path.rpartition("/")
    return KeyName(name.removesuffix(".yaml")) if KEYS in folders.split("/") else None


def _belongs(path: str, places: frozenset[str]) -> bool:
    return is_key_file(path, places) or (path.endswith(REVOKED) and path[: -len(REVOKED)] in places)


def is_key_file(path: str, places: frozenset[str]) -> bool:
    """Whether a path is a key file of a registry that stood in one of these places."""
    at = path.find(KEYS + "/")
    while at >= 0:
        if path[:at] in places:
            return True
        at = path.find(KEYS + "/", at + 1)
    return False


def _age(revoked: RevokedOnce) -> tuple[Any, ...]:
    return (revoked.first, revoked.on or "", revoked.reason or "", revoked.confirmed or "")


def to_document(ledger: Ledger) -> dict[str, Any]:
    """As JSON can hold it."""
    return {
        "places": sorted(ledger.places),
        "registries": [[*where, *sighting] for where, sighting in sorted(ledger.registries.items())],
        "declared": [[fingerprint, one.text, *one.last] for fingerprint, one in ledger.declared.items()],
        "revoked": [
            [fingerprint, one.text, one.folded, *one.first, one.on, one.reason, one.confirmed]
            for fingerprint, one in ledger.revoked.items()
        ],
        "unread": [[*version, one.why, one.lfs, *one.first] for version, one in ledger.unread.items()],
        "submodules": [[*version, *sighting] for version, sighting in ledger.submodules.items()],
        "commits": ledger.commits,
    }


def from_document(document: Any) -> Ledger:
    """The ledger in a document that ``to_document`` made."""
    return Ledger(
        places=frozenset(document["places"]),
        registries={(place, of): Sighting(*rest) for place, of, *rest in document["registries"]},
        declared={
            fingerprint: DeclaredOnce(text, Sighting(time, commit, path))
            for fingerprint, text, time, commit, path in document["declared"]
        },
        revoked={
            fingerprint: RevokedOnce(text, folded, Sighting(time, commit, path), on, reason, confirmed)
            for fingerprint, text, folded, time, commit, path, on, reason, confirmed in document["revoked"]
        },
        unread={
            Version(blob, path): Unread(why, lfs, Sighting(*rest)) for blob, path, why, lfs, *rest in document["unread"]
        },
        submodules={Version(blob, path): Sighting(*rest) for blob, path, *rest in document["submodules"]},
        commits=document["commits"],
    )
