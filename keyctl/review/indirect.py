"""What edits of shared things do to the keys that use them, key by key."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from keyctl.model.ips import ANY, IpError, IpSet, Network, parse_network
from keyctl.model.names import KeyName
from keyctl.model.review import Meaning, SharedEdit, SharedKind
from keyctl.registry.reader import YamlError, read
from keyctl.review.fields import Difference, widening
from keyctl.review.pairing import Pair
from keyctl.review.shared import Edit
from keyctl.review.side import Side


@dataclass(frozen=True, slots=True)
class Touch:
    """A difference that a key owes to an edit elsewhere."""

    difference: Difference
    edit: Edit


def list_with_networks_as_they_were(pair: Pair, base: Side, head: Side) -> IpSet:
    """What the new file's allow-list would cover had no network changed; one that is new counts as it is."""
    assert pair.old is not None and pair.new is not None
    before = base.registry.networks
    if all(before.get(name) == head.registry.networks.get(name) for name in pair.new.networks):
        return pair.new.ips
    path = pair.new.place.path
    if head.files.get(path) == base.files.get(pair.old.place.path):
        return pair.old.ips
    try:
        document = read(head.content[path])
        entries = document.get("ips") if isinstance(document, dict) else None
        if not isinstance(entries, list):
            return ANY
        return _covered([str(entry) for entry in entries], {**head.registry.networks, **before})
    except (YamlError, IpError):
        return pair.new.ips


def _covered(entries: Iterable[str], networks: Mapping[str, IpSet]) -> IpSet:
    found: list[Network] = []
    for entry in entries:
        if entry.startswith("@"):
            named = networks.get(entry[1:], IpSet())
            if named.unrestricted:
                return ANY
            found += named.networks
        else:
            found.append(parse_network(entry))
    return IpSet.of(found)


def touches(pair: Pair, own: IpSet, edits: Iterable[Edit]) -> Iterator[Touch]:
    """What the edits do to a key that stands on both sides; ``own`` is what its own file's list covers."""
    old, new = pair.old, pair.new
    assert old is not None and new is not None
    for edit in edits:
        match edit.kind:
            case SharedKind.NETWORK:
                if edit.name in new.networks and own != new.ips:
                    risk = widening(own, new.ips)
                    difference = Difference("ips", own.texts(), new.ips.texts(), risk, Meaning.INDIRECT)
                    yield Touch(difference, edit)
            case SharedKind.ACCOUNT if old.account == new.account == edit.name:
                yield _through(edit, f"account.{edit.field}")
            case SharedKind.APP if old.owner == new.owner == edit.name:
                if edit.field != "sink" or new.deliver is None:
                    yield _through(edit, f"owner.{edit.field}")
            case SharedKind.WAIVER if edit.field == "expires" and waives(edit, new.name):
                yield _through(edit, f"waiver.{rule_of(edit)}.{edit.field}")
            case _:
                continue


def rule_of(waiver: Edit | SharedEdit) -> str:
    """The rule that a waiver is about."""
    return waiver.name.partition(" for ")[0]


def waives(waiver: Edit | SharedEdit, key: KeyName) -> bool:
    """Whether a waiver is about a key."""
    return fnmatchcase(key, waiver.name.partition(" for ")[2])


def _through(edit: Edit, field: str) -> Touch:
    difference = Difference(field, edit.before, edit.after, edit.risk, Meaning.INDIRECT)
    return Touch(difference, edit)
