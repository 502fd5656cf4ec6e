"""The strict YAML reader: libyaml's event stream consumed into plain dicts, lists and scalars.

What other loaders take silently is refused with its line: duplicate keys, anchors, aliases, merge keys, tags,
directives, second documents, text that is not UTF-8, control and line-separator characters.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from yaml import MarkedYAMLError, YAMLError
from yaml._yaml import CParser
from yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from keyctl.registry.type_plan import TypePlan

Node = dict[str, "Node"] | list["Node"] | str | int | bool | None

READER_VERSION = 1
"""Raised whenever the same bytes would read differently, so that nothing that was read before is taken for current."""
LARGEST_FILE = 1 << 20
DEEPEST = 16

_BOM = b"\xef\xbb\xbf"
_PLAIN_BYTES = bytes([0x09, 0x0A, *range(0x20, 0x7F)])
_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff\ufffe\uffff]"
    "|\r(?!\n)"
)
_INTEGER = re.compile(r"0|[1-9][0-9]{0,14}")
_TEXT = TypePlan()


class YamlError(Exception):
    """The bytes are not the strict YAML that registries are written in. ``line`` and ``column`` count from 1."""

    def __init__(self, line: int, column: int, message: str) -> None:
        super().__init__(f"line {line}, column {column}: {message}")
        self.line = line
        self.column = column
        self.message = message


class EmptyDocument(YamlError):
    """The file holds nothing, or comments only: some files may."""


def read(data: bytes, types: TypePlan | None = None) -> Node:
    """The document in a file's bytes. Every scalar is text, but for plain ones where ``types`` admits no text.

    Raises YamlError at the first thing that is refused, EmptyDocument when there is nothing.
    """
    data = checked_bytes(data)
    try:
        take = CParser(data).get_event
        document = _value(take, first_event(take), types or _TEXT, 1, b"\\" in data)
        expect_end(take)
    except YAMLError as error:
        raise translated(error) from None
    return document


Take = Callable[[], Any]
"""Gives libyaml's next event. What libyaml can't parse it raises as its own error: see ``translated``."""


def first_event(take: Take) -> Any:
    """The event that opens the document's root, once the frame before it is known to be plain."""
    take()
    start = take()
    if start.__class__ is StreamEndEvent:
        raise EmptyDocument(1, 1, _EMPTY)
    if start.__class__ is DocumentStartEvent and (start.version or start.tags):
        raise at(start, "directives (%YAML, %TAG) are refused; remove the line")
    root = take()
    if root.__class__ is ScalarEvent and not root.value and not root.style and not (root.anchor or root.tag):
        raise EmptyDocument(*_mark(root), _EMPTY)
    return root


_EMPTY = "the file is empty; a registry file holds a mapping"


def expect_end(take: Take) -> None:
    """Refuses whatever follows the root."""
    end = take()
    if end.__class__ is not DocumentEndEvent:
        raise at(end, "the document should end here")
    rest = take()
    if rest.__class__ is not StreamEndEvent:
        raise at(rest, "a second document starts here; a registry file holds one")


def translated(error: YAMLError) -> YamlError:
    """libyaml's error with its place counted from 1."""
    if not isinstance(error, MarkedYAMLError):
        return YamlError(1, 1, f"not readable as YAML: {error}")
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    return YamlError(line, column, f"{error.context}: {error.problem}" if error.context else str(error.problem))


def checked_bytes(data: bytes) -> bytes:
    """The bytes without a byte-order mark, once they are known to be UTF-8 text of ordinary characters."""
    if data.startswith(_BOM):
        data = data[3:]
    if len(data) > LARGEST_FILE:
        raise YamlError(1, 1, f"the file is larger than {LARGEST_FILE} bytes, which no registry file needs")
    if data.translate(None, _PLAIN_BYTES):
        _check_text(data)
    return data


def _check_text(data: bytes) -> None:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8")
        hint = "it looks like UTF-16; " if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ""
        raise YamlError(*_end_of(before), f"the text is not UTF-8; {hint}save the file as UTF-8") from None
    found = _FORBIDDEN.search(text)
    if found:
        hint = "; the file looks like UTF-16, save it as UTF-8" if found[0] == "\0" else "; remove it"
        message = f"the character U+{ord(found[0]):04X} is invisible or a control character{hint}"
        raise YamlError(*_end_of(text[: found.start()]), message)


def _end_of(before: str) -> tuple[int, int]:
    return before.count("\n") + 1, len(before) - before.rfind("\n")


def _mark(event: Any) -> tuple[int, int]:
    return event.start_mark.line + 1, event.start_mark.column + 1


def at(event: Any, message: str) -> YamlError:
    """An error at the place where an event starts."""
    return YamlError(*_mark(event), message)


def _shown(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:60] + "…")


def check_node(event: Any, depth: int) -> None:
    """Refuses what no node may carry: alias, anchor, tag, too deep nesting."""
    if event.__class__ is AliasEvent:
        raise at(event, f"aliases (*{event.anchor}) are refused; write the value out")
    if event.anchor is not None:
        raise at(event, f"anchors (&{event.anchor}) are refused; remove it")
    if event.tag is not None:
        raise at(event, f"tags ({event.tag}) are refused; quote the value where it must be text")
    if depth > DEEPEST:
        raise at(event, f"nested deeper than {DEEPEST} levels, which no registry file needs")


def check_key(event: Any, present: Any) -> str:
    """The text of a mapping's key, unless it is no scalar, a merge key or there already."""
    if event.__class__ is not ScalarEvent:
        if event.__class__ is AliasEvent:
            raise at(event, f"aliases (*{event.anchor}) are refused; write the key out")
        raise at(event, "a key must be a text, not a list or a mapping")
    if event.anchor is not None or event.tag is not None:
        check_node(event, 0)
    key: str = event.value
    if key in present:
        raise at(event, f"the key {_shown(key)} stands here for the second time; keep one")
    if key == "<<":
        raise at(event, "merge keys (<<) are refused; write the members out")
    if event.style == '"':
        check_escapes(event)
    return key


def _value(take: Take, event: Any, plan: TypePlan, depth: int, escapes: bool) -> Node:
    kind = event.__class__
    if kind is MappingStartEvent:
        check_node(event, depth)
        return _mapping(take, plan, depth, escapes)
    if kind is SequenceStartEvent:
        check_node(event, depth)
        below = plan.items or _TEXT
        items: list[Node] = []
        while (event := take()).__class__ is not SequenceEndEvent:
            items.append(_value(take, event, below, depth + 1, escapes))
        return items
    check_node(event, 0)
    if kind is not ScalarEvent:
        raise at(event, "a value was expected here")
    if escapes:
        check_escapes(event)
    text: str = event.value
    return text if plan.text or event.style else _typed(text)


def _mapping(take: Take, plan: TypePlan, depth: int, escapes: bool) -> Node:
    """The members of a mapping. Nearly everything that a registry holds are members that are plain scalars: those are
    taken here without further calls, and whatever is not plain goes the long way."""
    mapping: dict[str, Node] = {}
    named, others = plan.properties, plan.others or _TEXT
    while (event := take()).__class__ is not MappingEndEvent:
        key = check_key(event, mapping)
        below = named.get(key, others)
        event = take()
        if event.__class__ is ScalarEvent and below.text and event.anchor is event.tag is None and not escapes:
            mapping[key] = event.value
        else:
            mapping[key] = _value(take, event, below, depth + 1, escapes)
    return mapping


def check_escapes(event: Any) -> None:
    """Escapes of double-quoted text must not smuggle in what the text itself may not hold."""
    found = _FORBIDDEN.search(event.value)
    if found:
        raise at(event, f"the text holds U+{ord(found[0]):04X}, a control character, as an escape; remove it")


def _typed(text: str) -> str | int | bool | None:
    if text == "true":
        return True
    if text == "false":
        return False
    if text in ("", "~", "null"):
        return None
    return int(text) if _INTEGER.fullmatch(text) else text
