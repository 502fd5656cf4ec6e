"""Edits of one node of a YAML file; every byte that the edit is not about stays as it is.

The place comes from libyaml's marks and the text is spliced there. The result is parsed again, and unless it differs
from what was there in the intended node alone, the edit is refused: then a person has to do it.
"""

from __future__ import annotations

from collections.abc import Sequence as SequenceOf
from copy import deepcopy
from typing import Any

from keyctl.model.place import Pointer
from keyctl.registry.layout import Layout, Mapping, Scalar, Sequence, Spot, layout
from keyctl.registry.quoting import flow_text, name_text, written
from keyctl.registry.reader import Node, YamlError, read


class EditRefused(Exception):
    """The edit can't be made without touching more than it is about; the message says why, for people."""


def set_scalar(data: bytes, pointer: Pointer, text: str) -> bytes:
    """Another text for a scalar, quoted as the old one was. Raises EditRefused, and YamlError for bad files."""
    laid = layout(data)
    spot = laid.spot(pointer)
    if not isinstance(spot, Scalar):
        raise EditRefused(f"{_named(pointer)} is no single value")
    if spot.start == spot.end:
        raise EditRefused(f"{_named(pointer)} is empty; remove the field, it is added again where it belongs")
    quote = spot.style if spot.style in ("'", '"') else ""
    block = spot.style in ("|", ">")
    end = spot.start + len(laid.text[spot.start : spot.end].rstrip()) if block else spot.end
    new = written(text, flow=_in_flow(laid, pointer), quote=quote)
    meant = _document(data)
    _inside(meant, pointer[:-1])[pointer[-1]] = text
    return _checked(laid.spliced(spot.start, end, new), meant, pointer)


def add_entry(data: bytes, pointer: Pointer, name: str, value: Node, order: SequenceOf[str] = ()) -> bytes:
    """A further entry of the mapping at ``pointer``: behind the last one that ``order`` puts before it, else at the
    end. In a block mapping a list of mappings gets a line an entry. Raises EditRefused, and YamlError for bad files."""
    laid = layout(data)
    spot = laid.spot(pointer)
    here = (*pointer, name)
    if not isinstance(spot, Mapping):
        raise EditRefused(f"{_named(pointer)} is no mapping")
    if any(key.value == name for key, _ in spot.members):
        raise EditRefused(f"{_named(here)} is there already")
    meant = _document(data)
    _inside(meant, pointer)[name] = _as_read(value)
    after = _predecessor([key.value for key, _ in spot.members], name, order)
    if spot.flow:
        entry = f"{name_text(name)}: {flow_text(value)}"
        ends = [member.end for _, member in spot.members]
        starts = [key.start for key, _ in spot.members]
        return _checked(_into_flow(laid, spot, starts, ends, after, entry), meant, here)
    column = laid.column(spot.start)
    lines = _block_entry(name, value, column, laid.newline)
    if after is None and not laid.text[laid.line_start(spot.start) : spot.start].strip(" "):
        start = laid.line_start(spot.start)
        return _checked(laid.spliced(start, start, lines + laid.newline), meant, here)
    anchor = spot.members[0 if after is None else after][1]
    return _checked(_below(laid, anchor, lines), meant, here)


def add_block(data: bytes, name: str, value: Node, lines: SequenceOf[str]) -> bytes:
    """A further entry at the end of a file's own mapping, below an empty line and written as ``lines``, which may hold
    comments and mean ``value``. A file that is ``{}`` becomes a block; entries of other flow mappings get no comments.
    Raises EditRefused, and YamlError for bad files."""
    laid = layout(data)
    root = laid.root
    if not isinstance(root, Mapping) or (root.flow and root.members):
        return add_entry(data, (), name, value)
    if any(key.value == name for key, _ in root.members):
        raise EditRefused(f"{name} is there already")
    meant = {**_document(data), name: _as_read(value)}
    column = laid.column(root.start)
    text = laid.newline.join(" " * column + line if line else "" for line in lines)
    if root.flow:
        return _checked(laid.spliced(root.start, root.end, text.lstrip(" ")), meant, (name,))
    place = _behind_comments(laid, laid.line_end(laid.last(root.members[-1][1])), column)
    if place == len(laid.text) and not laid.text.endswith("\n"):
        return _checked(laid.spliced(place, place, laid.newline * 2 + text), meant, (name,))
    return _checked(laid.spliced(place, place, laid.newline + text + laid.newline), meant, (name,))


def append(data: bytes, pointer: Pointer, value: Node) -> bytes:
    """A further entry at the end of the list at ``pointer``. Raises EditRefused, and YamlError for bad files."""
    laid = layout(data)
    spot = laid.spot(pointer)
    if not isinstance(spot, Sequence):
        raise EditRefused(f"{_named(pointer)} is no list")
    meant = _document(data)
    _inside(meant, pointer).append(_as_read(value))
    here = (*pointer, len(spot.items))
    if spot.flow:
        starts, ends = [item.start for item in spot.items], [item.end for item in spot.items]
        last = len(ends) - 1 if ends else None
        return _checked(_into_flow(laid, spot, starts, ends, last, flow_text(value)), meant, here)
    line = " " * laid.column(spot.start) + "- " + _in_block(value)
    return _checked(_below(laid, spot.items[-1], line), meant, here)


def remove(data: bytes, pointer: Pointer) -> bytes:
    """The file without one entry of a mapping or list, its lines and what stands behind it on them; comments on lines
    of their own stay. A list whose only entry goes is empty then; the only entry of a block mapping can't be removed.

    Raises EditRefused, and YamlError for bad files.
    """
    laid = layout(data)
    above, spot = laid.spot(pointer[:-1]), laid.spot(pointer)
    if not pointer or spot is None or not isinstance(above, Mapping | Sequence):
        raise EditRefused(f"{_named(pointer)} is not there")
    meant = _document(data)
    del _inside(meant, pointer[:-1])[pointer[-1]]
    if isinstance(above, Mapping):
        spans = [(key.start, value) for key, value in above.members]
        index = [key.value for key, _ in above.members].index(str(pointer[-1]))
    else:
        spans = [(item.start, item) for item in above.items]
        index = int(pointer[-1])
    if above.flow:
        return _checked(_out_of_flow(laid, spans, index), meant, pointer)
    if len(spans) == 1 and isinstance(above, Sequence) and len(pointer) > 1:
        return _checked(_emptied(laid, above, pointer), meant, pointer)
    if len(spans) == 1:
        raise EditRefused(f"{_named(pointer)} is the only entry there; remove the whole of {_named(pointer[:-1])}")
    start = laid.line_start(spans[index][0])
    if isinstance(above, Sequence):
        start = _dash_line(laid, above, start)
    elif index == 0 and laid.text[start : spans[0][0]].strip(" "):
        raise EditRefused(f"{_named(pointer)} begins a list's entry")
    end = laid.line_end(laid.last(spot))
    if end == len(laid.text) and not laid.text.endswith("\n"):
        start = len(laid.text[:start].removesuffix("\n").removesuffix("\r"))
    return _checked(laid.spliced(start, end, ""), meant, pointer)


def _emptied(laid: Layout, above: Sequence, pointer: Pointer) -> bytes:
    """A block list that loses its only entry is written ``[]`` behind its name."""
    holder = laid.spot(pointer[:-2])
    keys = [key for key, value in holder.members if value is above] if isinstance(holder, Mapping) else []
    if not keys:
        raise EditRefused(f"{_named(pointer)} is the only entry there; remove the whole of {_named(pointer[:-1])}")
    start = laid.text.index(":", keys[0].end) + 1
    end = laid.last(above.items[-1])
    if "#" in laid.text[start:end]:
        raise EditRefused("a comment stands between the name and its only entry")
    return laid.spliced(start, end, " []")


def _document(data: bytes) -> Any:
    return deepcopy(read(data))


def _as_read(value: Node) -> Node:
    """The value as the reader gives it where every scalar is text."""
    match value:
        case dict():
            return {name: _as_read(inner) for name, inner in value.items()}
        case list():
            return [_as_read(inner) for inner in value]
        case str():
            return value
    return flow_text(value)


def _inside(document: Any, pointer: Pointer) -> Any:
    for step in pointer:
        document = document[step]
    return document


def _checked(data: bytes, meant: Node, pointer: Pointer) -> bytes:
    """The bytes, if they mean what is meant: whatever the splice did besides would show here."""
    try:
        came = read(data)
    except YamlError as error:
        raise EditRefused(
            f"{_named(pointer)} can't be edited where it stands (line {error.line}); do it by hand"
        ) from None
    if came != meant:
        raise EditRefused(f"{_named(pointer)} can't be edited without changing more than that; do it by hand")
    return data


def _named(pointer: Pointer) -> str:
    return ".".join(str(step) for step in pointer) or "the document"


def _in_flow(laid: Layout, pointer: Pointer) -> bool:
    """Whether the node at a pointer stands within braces or brackets."""
    spots = (laid.spot(pointer[:length]) for length in range(len(pointer)))
    return any(isinstance(spot, Mapping | Sequence) and spot.flow for spot in spots)


def _predecessor(names: list[str], name: str, order: SequenceOf[str]) -> int | None:
    """The index of the entry behind which a new one belongs; None for the beginning, or where there is no entry."""
    if not names or name not in order:
        return len(names) - 1 if names else None
    before = set(order[: list(order).index(name)])
    return max((index for index, present in enumerate(names) if present in before), default=None)


def _into_flow(
    laid: Layout, spot: Mapping | Sequence, starts: list[int], ends: list[int], after: int | None, entry: str
) -> bytes:
    if after is not None:
        return laid.spliced(ends[after], ends[after], f", {entry}")
    place = starts[0] if starts else spot.start + 1
    return laid.spliced(place, place, f"{entry}, " if starts else entry)


def _out_of_flow(laid: Layout, spans: list[tuple[int, Spot]], index: int) -> bytes:
    start, spot = spans[index]
    end = spot.end
    if index:
        start = spans[index - 1][1].end
    elif len(spans) > 1:
        end = spans[1][0]
    if "#" in laid.text[start : spans[index][0]] or "#" in laid.text[spot.end : end]:
        raise EditRefused("a comment stands between the entries")
    return laid.spliced(start, end, "")


def _below(laid: Layout, spot: Spot, lines: str) -> bytes:
    """Lines behind the last one of a node; a file without a break at its end keeps none."""
    place = laid.line_end(laid.last(spot))
    if place == len(laid.text) and not laid.text.endswith("\n"):
        return laid.spliced(place, place, laid.newline + lines)
    return laid.spliced(place, place, lines + laid.newline)


def _behind_comments(laid: Layout, place: int, column: int) -> int:
    """Behind the comments that follow an entry and are indented deeper than its name: they are still its own."""
    while place < len(laid.text):
        line = laid.text[place : laid.line_end(place)]
        if not line.startswith(" " * (column + 1)) or not line.strip().startswith("#"):
            break
        place = laid.line_end(place)
    return place


def _block_entry(name: str, value: Node, column: int, newline: str) -> str:
    head = " " * column + name_text(name) + ":"
    if isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
        return newline.join([head, *(" " * (column + 2) + "- " + flow_text(item) for item in value)])
    return f"{head} {_in_block(value)}"


def _in_block(value: Node) -> str:
    return written(value, flow=False) if isinstance(value, str) else flow_text(value)


def _dash_line(laid: Layout, above: Sequence, start: int) -> int:
    """The line of the dash to which the entry on a line belongs: usually the same."""
    column = laid.column(above.start)
    while start > laid.line_start(above.start) and laid.text[start + column : start + column + 1] != "-":
        start = laid.line_start(start - 1)
    return start
