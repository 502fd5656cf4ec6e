"""Two sides → rows and edits: what each key's own file changes, and what it owes to edits elsewhere. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from keyctl.model.names import KeyName
from keyctl.model.review import SharedKind
from keyctl.review.fields import Difference, Limits, all_of, differences
from keyctl.review.indirect import list_with_networks_as_they_were, touches, waives
from keyctl.review.pairing import Pair, pairs
from keyctl.review.shared import Edit, edits
from keyctl.review.side import Side


@dataclass(frozen=True, slots=True)
class Row:
    """One difference of one key; ``cause`` is the edit of another file that it comes from."""

    pair: Pair
    difference: Difference
    cause: Edit | None


@dataclass(frozen=True, slots=True)
class Compared:
    """``rows`` by key; ``edits`` with the keys that each touches, sorted."""

    pairs: Sequence[Pair]
    rows: Sequence[Row]
    edits: Mapping[Edit, tuple[KeyName, ...]]


def compare(base: Side, head: Side, limits: Limits) -> Compared:
    """Everything by which the registry at the head differs from the one at the base."""
    matched = pairs(base, head)
    found = edits(base, head)
    rows = [row for pair in matched for row in _rows(pair, base, head, limits, found)]
    touched: dict[Edit, set[KeyName]] = {edit: set() for edit in found}
    for row in rows:
        if row.cause is not None:
            touched[row.cause].add(row.pair.key.name)
    for edit in found:
        match edit.kind:
            case SharedKind.POLICY:
                touched[edit] = set(head.registry.keys)
            case SharedKind.WAIVER:
                touched[edit] = {name for name in head.registry.keys if waives(edit, name)}
            case _:
                continue
    return Compared(matched, rows, {edit: tuple(sorted(keys)) for edit, keys in touched.items()})


def _rows(pair: Pair, base: Side, head: Side, limits: Limits, found: list[Edit]) -> Iterator[Row]:
    old, new = pair.old, pair.new
    if old is None or new is None:
        for difference in all_of(pair.key, gone=new is None):
            yield Row(pair, difference, None)
        return
    own = list_with_networks_as_they_were(pair, base, head)
    if old.place.path != new.place.path or base.files.get(old.place.path) != head.files.get(new.place.path):
        apps = (base.registry.apps.get(old.owner), head.registry.apps.get(new.owner))
        sinks = (old.deliver or (apps[0].sink if apps[0] else None), new.deliver or (apps[1].sink if apps[1] else None))
        for difference in differences(old, new, own, sinks, limits):
            yield Row(pair, difference, None)
    for touch in touches(pair, own, found):
        yield Row(pair, touch.difference, touch.edit)
