"""Two versions of a key's file → what changed, field by field, and what that does to the key's power.

Old versions are read strictly as YAML and leniently as key files: without schema, so that old formats still tell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from keyctl.history.blobs import LFS_POINTER
from keyctl.model.finding import Risk
from keyctl.model.identifier import Identifier, IdentifierError
from keyctl.model.ips import IpError, IpSet, Network, parse_network
from keyctl.model.life import Deed, FieldChange, FieldValue
from keyctl.registry.reader import LARGEST_FILE, EmptyDocument, Node, YamlError, read

Document = dict[str, Node]
Networks = Callable[[str], IpSet | None]
"""The addresses of a named network as ``registry/networks.yaml`` of that commit had it; None if it had none."""

_ORDER = ("id", "retiring", "account", "owner", "scopes", "ips", "issued", "expires", "disabled", "deliver")
_POWERFUL = frozenset({"account", "owner", "deliver"})
"""Fields of which any change is an escalation: the key serves somebody else, or its secret goes elsewhere."""


@dataclass(frozen=True, slots=True)
class Unread:
    """A version that can't be read; ``why`` is a sentence fragment."""

    why: str


@dataclass(frozen=True, slots=True)
class RevokedEntry:
    """One entry of a ``revoked`` list; texts as written."""

    identifier: Identifier
    on: str | None
    reason: str | None
    confirmed: str | None

    @property
    def note(self) -> str:
        """Its reason and days, for people."""
        said = [self.reason or "no reason", *([f"on {self.on}"] if self.on else [])]
        return ", ".join([*said, *([f"confirmed {self.confirmed}"] if self.confirmed else [])])


def parse(data: bytes | None) -> Document | Unread:
    """A version's document; an empty file is an empty document."""
    if data is None:
        return Unread(f"it is larger than {LARGEST_FILE} bytes")
    if data.startswith(LFS_POINTER):
        return Unread("it is a pointer of Git LFS")
    try:
        document = read(data)
    except EmptyDocument:
        return {}
    except YamlError as error:
        return Unread(f"line {error.line}, column {error.column}: {error.message}")
    return document if isinstance(document, dict) else Unread("it holds no mapping")


def identifier_in(node: Node) -> Identifier | None:
    """The id that a value names, None if it names none."""
    try:
        return Identifier.parse(node) if isinstance(node, str) and node else None
    except IdentifierError:
        return None


def current(document: Document) -> Identifier | None:
    """The id that a version declares as current."""
    return identifier_in(document.get("id"))


def retiring(document: Document) -> Identifier | None:
    """The id that a version declares as retiring."""
    entry = document.get("retiring")
    return identifier_in(entry.get("id")) if isinstance(entry, dict) else None


def revoked(document: Document) -> tuple[RevokedEntry, ...]:
    """The entries of a version's ``revoked`` list that name an id."""
    listed = document.get("revoked")
    found = []
    for entry in listed if isinstance(listed, list) else ():
        one = identifier_in(entry.get("id")) if isinstance(entry, dict) else None
        if one is not None and isinstance(entry, dict):
            found.append(RevokedEntry(one, *(_text(entry.get(name)) for name in ("on", "reason", "confirmed"))))
    return tuple(found)


def identifiers(document: Document) -> tuple[Identifier, ...]:
    """Every id in a version, living ones first."""
    living = (current(document), retiring(document))
    return (*(one for one in living if one is not None), *(entry.identifier for entry in revoked(document)))


def compared(
    old: Document | None, new: Document | None, before: Networks, after: Networks
) -> tuple[tuple[Deed, ...], tuple[FieldChange, ...]]:
    """What became of a key between two versions, None where there was or is no file.

    A later expiry is a renewal where nothing beside it escalates; whether it is within policy is not asked here.
    """
    if new is None:
        was = _named((old or {}).get("id"))
        return (Deed.REMOVED,), () if was is None else (FieldChange("id", was, None, Risk.REDUCTION),)
    then = old or {}
    changes = [
        *_identifier(then, new),
        *_retiring(then, new),
        *revocations(revoked(then), revoked(new)),
        *(change for name in _fields(then, new) if (change := _field(name, then, new, before, after)) is not None),
    ]
    escalates = any(change.risk is Risk.ESCALATION for change in changes)
    settled = tuple(
        replace(change, risk=Risk.ESCALATION) if change.risk is Risk.RENEWAL and escalates else change
        for change in changes
    )
    return tuple(_deeds(old, new, settled)), settled


def revocations(old: tuple[RevokedEntry, ...], new: tuple[RevokedEntry, ...]) -> Iterator[FieldChange]:
    """Entries that came, went, or say something else."""
    before = {entry.identifier: entry for entry in old}
    after = {entry.identifier: entry for entry in new}
    for one, entry in after.items():
        earlier = before.get(one)
        if earlier is None:
            yield FieldChange("revoked", None, one, Risk.REDUCTION, entry.note)
        elif earlier.note != entry.note:
            yield FieldChange("revoked", one, one, Risk.NEUTRAL, f"{earlier.note} -> {entry.note}")
    for one, entry in before.items():
        if one not in after:
            yield FieldChange("revoked", one, None, Risk.ESCALATION, entry.note)


def deeds_of_lists(old: tuple[RevokedEntry, ...], new: tuple[RevokedEntry, ...]) -> Iterator[Deed]:
    """What two versions of a list of revoked ids differ in."""
    before = {entry.identifier: entry for entry in old}
    after = {entry.identifier: entry for entry in new}
    if after.keys() - before.keys():
        yield Deed.REVOKED
    if before.keys() - after.keys():
        yield Deed.UNREVOKED
    if any(entry.confirmed and not before[one].confirmed for one, entry in after.items() if one in before):
        yield Deed.CONFIRMED


def _deeds(old: Document | None, new: Document, changes: tuple[FieldChange, ...]) -> Iterator[Deed]:
    was, now = current(old or {}), current(new)
    if old is None and now is None:
        yield Deed.DECLARED
    if was is None and now is not None:
        yield Deed.ISSUED
    elif was is not None and now is not None and was != now:
        yield Deed.ROTATED
    elif was is not None and now is None:
        yield Deed.ENDED
    yield from deeds_of_lists(revoked(old or {}), revoked(new))
    if old is not None and any(change.field not in ("id", "revoked", "issued") for change in changes):
        yield Deed.CHANGED


def _identifier(old: Document, new: Document) -> Iterator[FieldChange]:
    was, now = _named(old.get("id")), _named(new.get("id"))
    if was != now:
        yield FieldChange("id", was, now, Risk.NEUTRAL if now else Risk.REDUCTION)


def _retiring(old: Document, new: Document) -> Iterator[FieldChange]:
    was, now = retiring(old), retiring(new)
    until_was, until_now = _until(old), _until(new)
    if was != now:
        yield FieldChange("retiring", was, now, Risk.NEUTRAL, f"until {until_now}" if now and until_now else "")
    elif until_was != until_now:
        yield FieldChange("retiring.until", until_was, until_now, _later(until_was, until_now))


def _fields(old: Document, new: Document) -> Iterator[str]:
    known = [name for name in _ORDER if name not in ("id", "retiring")]
    rest = sorted({*old, *new} - {*_ORDER, "revoked"})
    yield from (name for name in (*known, *rest) if name in old or name in new)


def _field(name: str, old: Document, new: Document, before: Networks, after: Networks) -> FieldChange | None:
    was, now = _value(old.get(name)), _value(new.get(name))
    match name:
        case "scopes":
            lost, gained = _set(was) - _set(now), _set(now) - _set(was)
            if not (lost or gained):
                return None
            return FieldChange(name, was, now, Risk.ESCALATION if gained else Risk.REDUCTION)
        case "ips":
            return _addresses(was, now, before, after)
        case _ if was == now:
            return None
        case "expires":
            return FieldChange(name, was, now, _later(was, now) if old else Risk.NEUTRAL)
        case "disabled":
            return FieldChange(name, was, now, Risk.REDUCTION if now is True else Risk.ESCALATION)
        case _:
            return FieldChange(name, was, now, Risk.ESCALATION if name in _POWERFUL and old else Risk.NEUTRAL)


def _addresses(was: FieldValue, now: FieldValue, before: Networks, after: Networks) -> FieldChange | None:
    """By the addresses covered; where one of the lists can't be resolved, by its texts, the worse taken."""
    old, new = _covered(was, before), _covered(now, after)
    if old is None or new is None:
        if _set(was) == _set(now):
            return None
        return FieldChange("ips", was, now, Risk.ESCALATION if _set(now) - _set(was) else Risk.REDUCTION)
    if old == new:
        return None if _set(was) == _set(now) else FieldChange("ips", was, now, Risk.NEUTRAL)
    return FieldChange("ips", was, now, Risk.REDUCTION if old.covers(new) else Risk.ESCALATION)


def _covered(value: FieldValue, networks: Networks) -> IpSet | None:
    if value == "any" or value == ("any",):
        return IpSet((), True)
    found: list[Network] = []
    for text in sorted(_set(value)):
        if text.startswith("@"):
            named = networks(text[1:])
            if named is None:
                return None
            if named.unrestricted:
                return named
            found += named.networks
        else:
            try:
                found.append(parse_network(text))
            except IpError:
                return None
    return IpSet.of(found)


def _later(was: FieldValue, now: FieldValue) -> Risk:
    """Of an expiry: none at all outlives every day."""
    if now is None:
        return Risk.ESCALATION
    if was is None:
        return Risk.REDUCTION
    return Risk.RENEWAL if str(now) > str(was) else Risk.REDUCTION


def _until(document: Document) -> str | None:
    entry = document.get("retiring")
    return _text(entry.get("until")) if isinstance(entry, dict) else None


def _named(node: Node) -> FieldValue:
    return identifier_in(node) or _value(node)


def _value(node: Node) -> FieldValue:
    if node is None or node == "":
        return None
    if isinstance(node, str):
        return {"true": True, "false": False}.get(node, node)
    if isinstance(node, list):
        return tuple(_plain(item) for item in node)
    return node if isinstance(node, bool) else _plain(node)


def _plain(node: Node) -> str:
    """One text for anything; what an old format nested is written in one line."""
    if isinstance(node, dict):
        return "{" + ", ".join(f"{name}: {_plain(inner)}" for name, inner in node.items()) + "}"
    if isinstance(node, list):
        return "[" + ", ".join(_plain(inner) for inner in node) + "]"
    return "none" if node is None else str(node)


def _text(node: Node) -> str | None:
    return node if isinstance(node, str) and node else None


def _set(value: FieldValue) -> frozenset[str]:
    if isinstance(value, tuple):
        return frozenset(value)
    return frozenset() if value is None else frozenset({str(value)})
