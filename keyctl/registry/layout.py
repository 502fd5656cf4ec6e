"""A YAML file's text and where each of its nodes stands in it, for edits that leave every other byte alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from yaml import YAMLError
from yaml._yaml import CParser
from yaml.events import MappingEndEvent, MappingStartEvent, ScalarEvent, SequenceEndEvent, SequenceStartEvent

from keyctl.model.place import Pointer
from keyctl.registry.reader import (
    Take,
    YamlError,
    check_key,
    check_node,
    checked_bytes,
    expect_end,
    first_event,
    translated,
)

_BLOCK_SCALARS = ("|", ">")


@dataclass(frozen=True, slots=True)
class Scalar:
    """A text. ``style`` is how it is quoted: ``'``, ``"``, ``|``, ``>`` or empty for plain ones."""

    start: int
    end: int
    style: str
    value: str


@dataclass(frozen=True, slots=True)
class Mapping:
    """A mapping; ``flow`` says that it is written ``{…}``. The end of another one is that of its last value."""

    start: int
    end: int
    flow: bool
    members: tuple[tuple[Scalar, Spot], ...]


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list; ``flow`` says that it is written ``[…]``. The start of another one is its first dash."""

    start: int
    end: int
    flow: bool
    items: tuple[Spot, ...]


Spot = Scalar | Mapping | Sequence
"""A node with its place: offsets into the text, ``start`` included and ``end`` not."""


@dataclass(frozen=True, slots=True)
class Layout:
    """``text`` is the file's, without a byte-order mark; ``mark`` is that mark or empty. ``newline`` is what ends the
    first line, ``\\n`` where there is one line only."""

    text: str
    root: Spot
    mark: bytes = b""
    newline: str = field(default="\n")

    def spot(self, pointer: Pointer) -> Spot | None:
        """The node at a pointer, None if there is none."""
        found: Spot | None = self.root
        for step in pointer:
            if isinstance(found, Mapping):
                found = next((value for key, value in found.members if key.value == step), None)
            elif isinstance(found, Sequence) and isinstance(step, int) and 0 <= step < len(found.items):
                found = found.items[step]
            else:
                return None
        return found

    def line_start(self, offset: int) -> int:
        """The offset at which the line begins that holds ``offset``."""
        return self.text.rfind("\n", 0, offset) + 1

    def line_end(self, offset: int) -> int:
        """The offset behind the line break that ends the line of ``offset``, or the end of the text."""
        return self.text.find("\n", offset) + 1 or len(self.text)

    def column(self, offset: int) -> int:
        """How far into its line an offset is, from 0."""
        return offset - self.line_start(offset)

    def last(self, spot: Spot) -> int:
        """An offset in the last line that belongs to a node."""
        ends_a_line = isinstance(spot, Scalar) and spot.style in _BLOCK_SCALARS and self.text[spot.end - 1] == "\n"
        return spot.end - 1 if ends_a_line else spot.end

    def spliced(self, start: int, end: int, replacement: str) -> bytes:
        """The file's bytes with a stretch of the text replaced."""
        return self.mark + (self.text[:start] + replacement + self.text[end:]).encode("utf-8")


def layout(data: bytes) -> Layout:
    """The layout of a file's bytes. Raises YamlError as ``read`` does."""
    body = checked_bytes(data)
    text = body.decode("utf-8")
    try:
        take = CParser(body).get_event
        root = _spot(take, first_event(take), 1)
        expect_end(take)
    except YAMLError as error:
        raise translated(error) from None
    first_break = re.search("\r?\n", text)
    return Layout(text, root, data[: len(data) - len(body)], first_break[0] if first_break else "\n")


def _spot(take: Take, event: Any, depth: int) -> Spot:
    start = _start(event)
    if event.__class__ is ScalarEvent:
        check_node(event, 0)
        return Scalar(start, _end(event), event.style or "", event.value)
    check_node(event, depth)
    flow = bool(event.flow_style)
    if event.__class__ is MappingStartEvent:
        members: list[tuple[Scalar, Spot]] = []
        seen: set[str] = set()
        while (inner := take()).__class__ is not MappingEndEvent:
            seen.add(check_key(inner, seen))
            key = Scalar(_start(inner), _end(inner), inner.style or "", inner.value)
            members.append((key, _spot(take, take(), depth + 1)))
        end = _end(inner) if flow or not members else members[-1][1].end
        return Mapping(start, end, flow, tuple(members))
    if event.__class__ is SequenceStartEvent:
        items: list[Spot] = []
        while (inner := take()).__class__ is not SequenceEndEvent:
            items.append(_spot(take, inner, depth + 1))
        end = _end(inner) if flow or not items else items[-1].end
        return Sequence(start, end, flow, tuple(items))
    raise YamlError(event.start_mark.line + 1, event.start_mark.column + 1, "a value was expected here")


def _start(event: Any) -> int:
    return int(event.start_mark.index)


def _end(event: Any) -> int:
    return int(event.end_mark.index)


def spots(spot: Spot, pointer: Pointer = ()) -> Iterator[tuple[Pointer, Spot]]:
    """A node and every value below it, each with its pointer, in the order of the text."""
    yield pointer, spot
    if isinstance(spot, Mapping):
        for key, value in spot.members:
            yield from spots(value, (*pointer, key.value))
    elif isinstance(spot, Sequence):
        for index, item in enumerate(spot.items):
            yield from spots(item, (*pointer, index))


def scalars(spot: Spot) -> Iterator[tuple[Pointer, Scalar]]:
    """Those of them that are scalars."""
    return ((pointer, found) for pointer, found in spots(spot) if isinstance(found, Scalar))
