"""One key against the same key at another commit, field by field, with what each difference does to its power.

Pure. By design 5: an escalation is a new scope, an address more, a later expiry beyond renewal, and any change of
account, owner or sink; a reduction is the opposite; a renewal is a later expiry within policy and nothing else.

An attestation is neutral: it gives a key no power, and a venue that shows nothing wants one a key every few weeks; as
an escalation it would teach reviewers to nod. It is always a row of its own: who vouches, since when, by what evidence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date

from keyctl.model.attestation import Attestation
from keyctl.model.finding import Risk
from keyctl.model.identifier import Identifier
from keyctl.model.ips import IpSet
from keyctl.model.key import Key, Revocation
from keyctl.model.life import FieldValue
from keyctl.model.place import Pointer
from keyctl.model.review import Meaning
from keyctl.model.scopes import in_order

_UP, _DOWN, _SAME = Risk.ESCALATION, Risk.REDUCTION, Risk.NEUTRAL
_BESIDE_A_RENEWAL = frozenset({"expires", "purpose", "protected", "path", "name", "networks", "attested"})
_OF_A_ROTATION = frozenset({"id", "issued", "retiring", "retiring.until", "revoked"})


@dataclass(frozen=True, slots=True)
class Difference:
    """One field; ``pointer`` is where it stands in the file after."""

    field: str
    before: FieldValue
    after: FieldValue
    risk: Risk
    meaning: Meaning = Meaning.CHANGED
    pointer: Pointer = ()


@dataclass(frozen=True, slots=True)
class Limits:
    """What a renewal may not exceed: days from issue to last day by the base side's policy, None for no number. Keys
    without a day of issue are counted from ``today``."""

    longest: Callable[[Key], int | None]
    today: date

    def allow(self, key: Key) -> bool:
        """Whether the key's last day lies within the policy."""
        if key.expires is None:
            return False
        longest = self.longest(key)
        return longest is None or (key.expires - (key.issued or self.today)).days <= longest


def differences(
    old: Key, new: Key, ips: IpSet, sinks: tuple[str | None, str | None], limits: Limits
) -> list[Difference]:
    """What the key's own file changes.

    ``ips`` is what the new file's list covers with the networks as they were: what networks themselves gained is not
    this file's doing. ``sinks`` are where its secret went and goes, the apps' word included.
    """
    found = [
        *_names(old, new),
        *_texts(old, new, sinks),
        *_scopes(old, new),
        *_addresses(old, new, ips),
        *_identifiers(old, new),
        *_days(old, new, limits),
        *_flags(old, new),
        *_revocations(old, new),
        *_attestations(old.attested, new.attested),
    ]
    rotated = any(one.meaning is Meaning.ROTATED for one in found)
    beside = _BESIDE_A_RENEWAL | _OF_A_ROTATION if rotated else _BESIDE_A_RENEWAL
    alone = all(one.field in beside for one in found)
    return [_settled(one, alone) for one in found]


def _settled(one: Difference, alone: bool) -> Difference:
    if one.risk is not Risk.RENEWAL:
        return one
    return replace(one, meaning=Meaning.RENEWED) if alone else replace(one, risk=_UP)


def all_of(key: Key, *, gone: bool) -> list[Difference]:
    """Every field that says what a key may do, of one that is new or gone; and who vouches for it."""
    meaning, risk = (Meaning.REMOVED, _DOWN) if gone else (Meaning.ISSUED, _UP)
    values: dict[str, FieldValue] = {
        "account": key.account,
        "owner": key.owner,
        "scopes": in_order(key.scopes),
        "ips": key.ips.texts(),
        "id": key.identifier,
        "retiring": key.retiring.identifier if key.retiring else None,
        "expires": _day(key.expires),
        "deliver": key.deliver,
        "attested": _text(key.attested),
    }
    shown = [(name, value) for name, value in values.items() if value is not None or name == "expires"]
    return [
        Difference(name, value if gone else None, None if gone else value, risk, meaning, () if gone else (name,))
        for name, value in shown
    ]


def _names(old: Key, new: Key) -> Iterator[Difference]:
    if old.name != new.name:
        yield Difference("name", old.name, new.name, _SAME, Meaning.RENAMED)
    if old.place.path.rpartition("/")[0] != new.place.path.rpartition("/")[0]:
        yield Difference("path", old.place.path, new.place.path, _SAME, Meaning.MOVED)


def _texts(old: Key, new: Key, sinks: tuple[str | None, str | None]) -> Iterator[Difference]:
    for name in ("account", "owner"):
        was, now = getattr(old, name), getattr(new, name)
        if was != now:
            yield Difference(name, was, now, _UP, pointer=(name,))
    if old.purpose != new.purpose:
        yield Difference("purpose", old.purpose or None, new.purpose or None, _SAME, pointer=("purpose",))
    if old.deliver != new.deliver:
        risk = _SAME if sinks[0] == sinks[1] else _UP
        yield Difference("deliver", old.deliver, new.deliver, risk, pointer=("deliver",))


def _scopes(old: Key, new: Key) -> Iterator[Difference]:
    if old.scopes != new.scopes:
        risk = _UP if new.scopes - old.scopes else _DOWN
        yield Difference("scopes", in_order(old.scopes), in_order(new.scopes), risk, pointer=("scopes",))


def _addresses(old: Key, new: Key, ips: IpSet) -> Iterator[Difference]:
    if old.ips != ips:
        yield Difference("ips", old.ips.texts(), ips.texts(), widening(old.ips, ips), pointer=("ips",))
    elif sorted(old.networks) != sorted(new.networks):
        # The same addresses now, and another network's edits to follow later.
        was, now = (tuple(f"@{name}" for name in sorted(key.networks)) for key in (old, new))
        yield Difference("networks", was, now, _SAME, pointer=("ips",))


def widening(before: IpSet, after: IpSet) -> Risk:
    """What another allow-list does to a key's power."""
    if before == after:
        return _SAME
    return _DOWN if before.covers(after) else _UP


def _identifiers(old: Key, new: Key) -> Iterator[Difference]:
    was, now = old.identifier, new.identifier
    if was != now:
        if was is None:
            yield Difference("id", None, now, _UP, Meaning.ISSUED, ("id",))
        elif now is None:
            yield Difference("id", was, None, _DOWN, Meaning.REVOKED)
        else:
            yield Difference("id", was, now, _SAME, Meaning.ROTATED, ("id",))
    one, other = old.retiring, new.retiring
    before, after = (one.identifier if one else None), (other.identifier if other else None)
    if before != after:
        # A replaced id that lives on for a while is part of a rotation; any other one is a second live credential.
        if after is not None and after != was:
            yield Difference("retiring", before, after, _UP, Meaning.ISSUED, ("retiring", "id"))
        elif before is not None and before != now:
            yield Difference("retiring", before, after, _DOWN, Meaning.REVOKED, ("retiring", "id"))
        else:
            yield Difference("retiring", before, after, _SAME, Meaning.ROTATED, ("retiring", "id"))
    elif one is not None and other is not None and one.until != other.until:
        risk = _UP if other.until > one.until else _DOWN
        yield Difference("retiring.until", str(one.until), str(other.until), risk, pointer=("retiring", "until"))


def _days(old: Key, new: Key, limits: Limits) -> Iterator[Difference]:
    if old.issued != new.issued:
        yield Difference("issued", _day(old.issued), _day(new.issued), _SAME, pointer=("issued",))
    if old.expires != new.expires:
        longer = new.expires is None or (old.expires is not None and new.expires > old.expires)
        risk = _DOWN if not longer else Risk.RENEWAL if limits.allow(new) else _UP
        yield Difference("expires", _day(old.expires), _day(new.expires), risk, pointer=("expires",))


def _flags(old: Key, new: Key) -> Iterator[Difference]:
    for name, on, off in (("disabled", _DOWN, _UP), ("reissue", _UP, _DOWN), ("protected", _SAME, _SAME)):
        was, now = getattr(old, name), getattr(new, name)
        if was is not now:
            yield Difference(name, was, now, on if now else off, pointer=(name,))


def _revocations(old: Key, new: Key) -> Iterator[Difference]:
    """Entries that came or went beside the ids that the key had, and entries that say something else."""
    living = {old.identifier, old.retiring.identifier if old.retiring else None}
    before, after = _entries(old), _entries(new)
    for one, entry in after.items():
        if one not in before:
            if one not in living:
                yield Difference("revoked", None, one, _DOWN, Meaning.REVOKED, entry.place.pointer)
        else:
            yield from retold(before[one], entry)
    for one in before:
        if one not in after:
            yield Difference("revoked", one, None, _UP)


def retold(old: Revocation, new: Revocation) -> Iterator[Difference]:
    """What is told of one revoked id besides that it is revoked."""
    for name in ("on", "reason", "confirmed", "note"):
        was, now = getattr(old, name), getattr(new, name)
        if was != now:
            label = f"revoked {new.identifier.display} {name}"
            yield Difference(label, _text(was), _text(now), _SAME, pointer=(*new.place.pointer, name))


def _entries(key: Key) -> dict[Identifier, Revocation]:
    return {entry.identifier: entry for entry in key.revoked}


def _attestations(old: Attestation | None, new: Attestation | None) -> Iterator[Difference]:
    """By what they say to people; the state that they were about changes only with the rest."""
    was, now = _text(old), _text(new)
    if was != now:
        yield Difference("attested", was, now, _SAME, pointer=("attested",) if new is not None else ())


def _day(value: date | None) -> str | None:
    return None if value is None else value.isoformat()


def _text(value: object) -> str | None:
    return None if value is None else str(value)
