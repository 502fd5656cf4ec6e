"""Which key at the base is which key at the head: by name, else by the ids that it has and had."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from keyctl.model.identifier import Identifier
from keyctl.model.key import Key
from keyctl.model.names import KeyName
from keyctl.registry.files import KEYS
from keyctl.registry.key_file import key_name
from keyctl.review.side import Side


@dataclass(frozen=True, slots=True)
class Pair:
    """A key before and after; one of them is None where it is new or gone."""

    old: Key | None
    new: Key | None

    @property
    def key(self) -> Key:
        """The key as it is now, else as it was."""
        one = self.new or self.old
        assert one is not None
        return one


def pairs(base: Side, head: Side) -> list[Pair]:
    """Every key that may differ, by the name that it has now, gone ones by their last.

    A key whose file can't be read at one side is left out: it is neither new nor gone.
    """
    unread = {key_name(path) for side in (base, head) for path in side.refused if path.startswith(KEYS)}
    before = {name: key for name, key in base.registry.keys.items() if name not in unread}
    after = {
        name: key
        for name, key in head.registry.keys.items()
        if name not in unread and (name in before or not _left_out(key, base))
    }
    gone = {name: key for name, key in before.items() if name not in after}
    new = {name: key for name, key in after.items() if name not in before}
    renamed = _renamed(gone, new, base.files, head.files)
    found = [Pair(before[name], key) for name, key in after.items() if name in before]
    found += [Pair(gone[was], new[now]) for now, was in renamed.items()]
    found += [Pair(None, key) for name, key in new.items() if name not in renamed]
    found += [Pair(key, None) for name, key in gone.items() if name not in set(renamed.values())]
    return sorted(found, key=lambda pair: (pair.key.name, pair.new is None))


def _renamed(
    gone: Mapping[KeyName, Key], new: Mapping[KeyName, Key], before: Mapping[str, str], after: Mapping[str, str]
) -> dict[KeyName, KeyName]:
    """New names to gone ones: the same ids, or, for keys that never had one, the same file."""
    held: dict[Identifier, KeyName] = {}
    texts: dict[str, KeyName] = {}
    for name, key in gone.items():
        for one in _ids(key):
            held.setdefault(one, name)
        texts.setdefault(before.get(key.place.path, ""), name)
    found: dict[KeyName, KeyName] = {}
    taken: set[KeyName] = set()
    for name, key in new.items():
        candidates = [held[one] for one in _ids(key) if one in held]
        if not candidates and after.get(key.place.path) in texts:
            candidates = [texts[after[key.place.path]]]
        was = next((one for one in candidates if one not in taken), None)
        if was is not None:
            found[name] = was
            taken.add(was)
    return found


def _left_out(key: Key, base: Side) -> bool:
    """Whether the base has the very same file, which was not even read."""
    return key.place.path in base.files and key.place.path not in base.content


def _ids(key: Key) -> list[Identifier]:
    living = [key.identifier, key.retiring.identifier if key.retiring else None]
    return [one for one in living if one is not None] + [entry.identifier for entry in key.revoked]
