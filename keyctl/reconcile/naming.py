"""Names for live keys that nobody declared. Pure, and the same for a key whichever others are adopted with it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from itertools import chain, count

from keyctl.model.identifier import Fingerprint, Identifier, IdentifierError
from keyctl.model.live import AccountSnapshot
from keyctl.model.names import KeyName
from keyctl.model.tombstone import Tombstones
from keyctl.reconcile.labels import words

_ACCOUNT = 40
_DIGITS = 6


def names_for(
    seen: AccountSnapshot,
    wanted: Iterable[Identifier],
    taken: Collection[str],
    known: Iterable[Identifier],
    tombstones: Tombstones,
) -> dict[Fingerprint, KeyName]:
    """A name for each of some live keys of an account: the account and the label's words; where the label does not do,
    or another live key there has the same, a number made of the id as well.

    No two are alike, and none is in ``taken`` or spelt like an id that is ``known``, live or revoked.
    """
    ids = (*known, *(key.identifier for key in seen.keys))
    texts = [one.text for one in (*ids, *(stone.identifier for stone in tombstones)) if one.text is not None]
    spelt = spellings(ids)
    labels = {key.identifier.fingerprint: words(key, texts) for key in seen.keys}
    often = Counter(labels.values())
    used = set(taken)
    names: dict[Fingerprint, KeyName] = {}
    for identifier in sorted(wanted, key=lambda one: one.fingerprint):
        label = labels.get(identifier.fingerprint)
        base = _joined(seen.account, label)
        plain = (base,) if label is not None and often[label] == 1 else ()
        free = (
            name
            for name in chain(plain, _numbered(base, identifier))
            if name not in used and not is_id(name, spelt, tombstones)
        )
        name = next(free)
        used.add(name)
        names[identifier.fingerprint] = KeyName(name)
    return names


def _joined(account: str, label: str | None) -> str:
    short = account[:_ACCOUNT].rstrip("._-")
    if label is None:
        return short
    spelt = re.sub(r"[^a-z0-9]+", "-", short)
    return label if label == spelt or label.startswith(f"{spelt}-") else f"{short}-{label}"


def _numbered(base: str, identifier: Identifier) -> Iterator[str]:
    """With a number that only the id decides; where that is not free, with those that follow it."""
    number = int(identifier.fingerprint.removeprefix("sha256:"), 16)
    return (f"{base}-{(number + more) % 10**_DIGITS:0{_DIGITS}}" for more in count())


def spellings(ids: Iterable[Identifier]) -> frozenset[Fingerprint]:
    """The ids as ``is_id`` takes them: whatever the letter case, a name is held against each."""
    return frozenset(one for given in ids for one in (given.fingerprint, given.folded) if one is not None)


def is_id(name: str, spelt: Collection[Fingerprint], tombstones: Tombstones) -> bool:
    """Whether a name is an id's text or the digits of its fingerprint, whatever the letter case."""
    for text in (name, f"sha256:{name}"):
        try:
            meant = Identifier.parse(text)
        except IdentifierError:
            continue
        if meant.fingerprint in spelt or tombstones.find(meant) is not None:
            return True
    return False
