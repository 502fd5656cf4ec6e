"""Every revocation that a commit of the range adds, kept or dropped again, and whose id it was."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from keyctl.history.blobs import Ids, RevokedId, contents, identifier, reading
from keyctl.history.git import Git
from keyctl.history.ledger import Ledger, key_of
from keyctl.history.walk import Version
from keyctl.model.identifier import Fingerprint, Identifier
from keyctl.model.key import Key
from keyctl.model.names import AccountName, AppName, KeyName
from keyctl.registry.reader import YamlError, read
from keyctl.review.side import Side


@dataclass(slots=True)
class Stone:
    """One revoked id. ``paths`` are the files in which the range's commits revoke it, ``commits`` those commits,
    ``holder`` the key that had the id: a gone one too, and None where nothing ever declared it."""

    identifier: Identifier
    entry: RevokedId
    paths: set[str] = field(default_factory=set)
    commits: set[str] = field(default_factory=set)
    known: bool = False
    holder: KeyName | None = None
    account: AccountName | None = None
    owner: AppName | None = None


def added(base: Side, versions: Mapping[Version, list[str]], read_ids: Mapping[Version, Ids]) -> list[Stone]:
    """By fingerprint. What the base lists already is not added, wherever it goes. An id that is written both as text
    and as fingerprint is shown by its text."""
    before = base.registry.tombstones()
    known = {one.identifier.fingerprint for one in before}
    for path in base.refused & base.content.keys():
        # A file that is wrong at the base may still tell which ids it revokes.
        said = reading(base.content[path], None)
        if isinstance(said, Ids):
            known.update(identifier(entry.id).fingerprint for entry in said.revoked)
    stones: dict[Fingerprint, Stone] = {}
    for version, ids in read_ids.items():
        for entry in ids.revoked:
            one = identifier(entry.id)
            if one.fingerprint in known:
                continue
            stone = stones.setdefault(one.fingerprint, Stone(one, entry))
            if stone.identifier.text is None:
                stone.identifier = one
            stone.paths.add(version.path)
            stone.commits.update(versions[version])
    return [stones[fingerprint] for fingerprint in sorted(stones)]


class Holders:
    """Whose an id is or was: by the head and the base, by the range's versions, by the whole history."""

    def __init__(self, sides: Iterable[Side], read_ids: Mapping[Version, Ids], ledger: Ledger | None) -> None:
        self._keys: dict[Fingerprint, Key] = {}
        self._names: dict[Fingerprint, str] = {}
        self._ledger = ledger
        self._by_name: dict[KeyName, Key] = {}
        for side in sides:
            for key in side.registry.keys.values():
                self._by_name.setdefault(key.name, key)
                for one in _living(key):
                    for spelt in _spellings(one):
                        self._keys.setdefault(spelt, key)
        for version, ids in read_ids.items():
            if key_of(version.path) is not None:
                for text in ids.declared:
                    for spelt in _spellings(identifier(text)):
                        self._names.setdefault(spelt, version.path)

    def resolve(self, git: Git, stone: Stone) -> None:
        """Fills in the key that had the id, with its account and owner, as far as anything tells."""
        for spelt in _spellings(stone.identifier):
            key = self._keys.get(spelt)
            if key is not None:
                stone.known, stone.holder, stone.account, stone.owner = True, key.name, key.account, key.owner
                if stone.identifier.text is None:
                    stone.identifier = next(one for one in _living(key) if spelt in _spellings(one))
                return
        for spelt in _spellings(stone.identifier):
            origin = self._names.get(spelt)
            commit = next(iter(sorted(stone.commits)), "")
            declared = self._ledger.declared.get(spelt) if self._ledger else None
            if declared is not None:
                origin, commit = declared.last.path, declared.last.commit
                if stone.identifier.text is None and declared.text is not None:
                    stone.identifier = identifier(declared.text)
            if origin is not None:
                stone.known, stone.holder = True, key_of(origin)
                self._ownership(git, stone, f"{commit}:{origin}")
                return

    def _ownership(self, git: Git, stone: Stone, name: str) -> None:
        key = self._by_name.get(stone.holder) if stone.holder else None
        if key is not None:
            stone.account, stone.owner = key.account, key.owner
            return
        if "\n" in name:
            return
        for _, data in contents(git, [name]):
            try:
                document = read(data) if data is not None else None
            except YamlError:
                return
            if isinstance(document, dict):
                account, owner = document.get("account"), document.get("owner")
                stone.account = AccountName(account) if isinstance(account, str) else None
                stone.owner = AppName(owner) if isinstance(owner, str) else None


def day(text: str | None) -> date | None:
    """A day of an entry, which the structural walk let pass."""
    return None if text is None else date.fromisoformat(text)


def _living(key: Key) -> Iterator[Identifier]:
    if key.identifier is not None:
        yield key.identifier
    if key.retiring is not None:
        yield key.retiring.identifier


def _spellings(one: Identifier) -> tuple[Fingerprint, ...]:
    """As written, and lower-cased: an id that differs from a revoked one by letter case is blocked like it."""
    folded = one.folded
    return (one.fingerprint,) if folded is None or folded == one.fingerprint else (one.fingerprint, folded)
