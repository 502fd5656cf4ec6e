"""The canonical form of a registry file: a key's fields in the schema's order, and quotes where readers could differ.

Comments stay with the entry that they stand above or behind, every other byte stays as it is, and the meaning never
changes: an arrangement that would change it is left as the person wrote it.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as MappingOf
from collections.abc import Sequence as SequenceOf
from itertools import pairwise
from typing import Any

from keyctl.registry.layout import Layout, Mapping, Scalar, Sequence, layout, scalars
from keyctl.registry.quoting import is_date, taken_for_other, written
from keyctl.registry.reader import EmptyDocument, read
from keyctl.registry.schema import schema, types

EDITOR_LINE = "# yaml-language-server:"


def canonical(data: bytes, name: str) -> bytes:
    """The canonical form of a file of the schema ``name``; the same bytes where it has it. Raises YamlError."""
    try:
        quoted = _quoted(data, name)
    except EmptyDocument:
        return data
    return _ordered(quoted, name) if name == "key" else quoted


def key_fields() -> tuple[str, ...]:
    """The fields of a key file in their canonical order."""
    return tuple(schema("key")["properties"])


def account_fields() -> tuple[str, ...]:
    """The same of an account's entry."""
    return tuple(schema("accounts")["$defs"]["account"]["properties"])


def revoked_fields() -> tuple[str, ...]:
    """The same of one tombstone."""
    return tuple(schema("revoked")["properties"]["revoked"]["items"]["properties"])


def _quoted(data: bytes, name: str) -> bytes:
    laid = layout(data)
    text = laid.text
    for pointer, spot in reversed(list(scalars(laid.root))):
        place = _place(schema(name), pointer)
        if _admits_days(place):
            if spot.style in ("'", '"') and is_date(spot.value):
                text = text[: spot.start] + spot.value + text[spot.end :]
        elif not spot.style and _admits_text_only(place) and taken_for_other(spot.value):
            text = text[: spot.start] + written(spot.value, flow=True, quote='"') + text[spot.end :]
    changed = laid.mark + text.encode("utf-8")
    return changed if changed == data or read(changed, types(name)) == read(data, types(name)) else data


def _place(node: MappingOf[str, Any], pointer: SequenceOf[str | int]) -> list[MappingOf[str, Any]]:
    """Every part of a schema that speaks of the node at a pointer."""
    parts = list(_alternatives(node, node))
    for step in pointer:
        below = []
        for part in parts:
            inner = part.get("items") if isinstance(step, int) else part.get("properties", {}).get(step)
            if inner is None and not isinstance(step, int):
                inner = part.get("additionalProperties")
            if isinstance(inner, dict):
                below += list(_alternatives(inner, node))
        parts = below
    return parts


def _alternatives(part: MappingOf[str, Any], root: MappingOf[str, Any]) -> Iterator[MappingOf[str, Any]]:
    if "$ref" in part:
        part = root["$defs"][part["$ref"].rpartition("/")[2]]
    yield part
    for branch in (*part.get("anyOf", ()), *part.get("oneOf", ())):
        yield from _alternatives(branch, root)


def _admits_days(place: SequenceOf[MappingOf[str, Any]]) -> bool:
    return any(part.get("format") == "date" for part in place)


def _admits_text_only(place: SequenceOf[MappingOf[str, Any]]) -> bool:
    types_there = {part["type"] if isinstance(part["type"], str) else "mixed" for part in place if "type" in part}
    return "string" in types_there and types_there <= {"string", "array", "object"}


def _ordered(data: bytes, name: str) -> bytes:
    """Entries in the order of the schema's properties, in the mappings below the root first."""
    done: set[int] = set()
    while True:
        laid = layout(data)
        for count, (pointer, spot) in enumerate(_mappings(laid.root)):
            order = _order_of(spot, name, pointer)
            if count not in done and order != sorted(order):
                done.add(count)
                break
        else:
            return data
        changed = _in_flow(laid, spot, order) if spot.flow else _in_block(laid, spot, order)
        if changed is not None and read(changed, types(name)) == read(data, types(name)):
            data = changed


def _mappings(
    spot: Scalar | Mapping | Sequence, pointer: tuple[str | int, ...] = ()
) -> Iterator[tuple[tuple[str | int, ...], Mapping]]:
    """Innermost first, and those that stand side by side in an order that no arrangement of their members changes."""
    if isinstance(spot, Mapping):
        for key, value in sorted(spot.members, key=lambda member: member[0].value):
            yield from _mappings(value, (*pointer, key.value))
        yield pointer, spot
    elif isinstance(spot, Sequence):
        for index, item in enumerate(spot.items):
            yield from _mappings(item, (*pointer, index))


def _order_of(spot: Mapping, name: str, pointer: tuple[str | int, ...]) -> list[int]:
    """For each member the rank that it should have; members that the schema does not know come last, as they came."""
    known = [field for part in _place(schema(name), pointer) for field in part.get("properties", ())]
    rank = {field: index for index, field in enumerate(known)}
    wanted = sorted(range(len(spot.members)), key=lambda i: rank.get(spot.members[i][0].value, len(rank)))
    ranks = [0] * len(wanted)
    for place, index in enumerate(wanted):
        ranks[index] = place
    return ranks


def _in_flow(laid: Layout, spot: Mapping, ranks: SequenceOf[int]) -> bytes | None:
    """The members' texts change places, what stands between them stays; None where a comment stands there."""
    spans = [(key.start, value.end) for key, value in spot.members]
    between = [laid.text[end:start] for (_, end), (start, _) in pairwise(spans)]
    if any("#" in gap for gap in between) or "#" in laid.text[spans[-1][1] : spot.end]:
        return None
    texts = [""] * len(spans)
    for (start, end), rank in zip(spans, ranks, strict=True):
        texts[rank] = laid.text[start:end]
    joined = "".join(text + gap for text, gap in zip(texts, [*between, ""], strict=True))
    return laid.spliced(spans[0][0], spans[-1][1], joined)


def _in_block(laid: Layout, spot: Mapping, ranks: SequenceOf[int]) -> bytes | None:
    """The members' lines change places, each with the comments above it."""
    column = laid.column(spot.start)
    begin = _beginning(laid, spot, column)
    first = laid.text[laid.line_start(spot.start) : spot.start]
    bounds = [begin]
    starts = [laid.line_start(key.start) for key, _ in spot.members]
    for (_, value), following in zip(spot.members, [*starts[1:], None], strict=True):
        bounds.append(_end_of(laid, laid.line_end(laid.last(value)), following, column))
    chunks = [laid.text[start:end] for start, end in pairwise(bounds)]
    if first.strip(" "):
        # "- id: …": the dash stays where it is, and whichever entry comes first stands behind it.
        if any(start != bound for start, bound in zip(starts, bounds, strict=False)):
            return None
        chunks = [chunk[column:] for chunk in chunks]
    open_end = not chunks[-1].endswith("\n")
    if open_end:
        chunks[-1] += laid.newline
    arranged = [""] * len(chunks)
    for chunk, rank in zip(chunks, ranks, strict=True):
        arranged[rank] = chunk
    if first.strip(" "):
        arranged = [(" " * column if index else first) + chunk for index, chunk in enumerate(arranged)]
    text = "".join(arranged)
    if open_end:
        text = text.removesuffix("\n").removesuffix("\r")
    return laid.spliced(begin, bounds[-1], text)


def _beginning(laid: Layout, spot: Mapping, column: int) -> int:
    """Where the first member's lines begin: with the comments straight above it, but for the file's own head."""
    begin = laid.line_start(spot.start)
    while begin:
        above = laid.line_start(begin - 1)
        line = laid.text[above:begin].strip()
        if not line.startswith("#") or line.startswith(EDITOR_LINE) or laid.text[above : above + column].strip():
            break
        begin = above
    return begin


def _end_of(laid: Layout, end: int, following: int | None, column: int) -> int:
    """Where a member's lines end: comments that are indented deeper than its key are still its own."""
    while end < len(laid.text) and end != following:
        line = laid.text[end : laid.line_end(end)]
        if not line.startswith(" " * (column + 1)) or not line.strip().startswith("#"):
            break
        end = laid.line_end(end)
    return end
