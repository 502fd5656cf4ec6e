"""Where the values of a YAML file stand. Files are read again for this, and only those that have findings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from yaml import YAMLError
from yaml._yaml import CParser
from yaml.events import MappingEndEvent, MappingStartEvent, ScalarEvent, SequenceEndEvent, SequenceStartEvent

from keyctl.model.finding import Finding
from keyctl.model.place import Pointer
from keyctl.registry.files import FileRefused, read_file
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

Positions = Mapping[Pointer, tuple[int, int]]


def positions(data: bytes) -> Positions:
    """Line and column, from 1, of every value; the root's is under ``()``. Raises YamlError as ``read`` does."""
    found: dict[Pointer, tuple[int, int]] = {}
    try:
        take = CParser(checked_bytes(data)).get_event
        _walk(take, first_event(take), (), found)
        expect_end(take)
    except YAMLError as error:
        raise translated(error) from None
    return found


def _walk(take: Take, event: Any, pointer: Pointer, found: dict[Pointer, tuple[int, int]]) -> None:
    check_node(event, len(pointer) + 1 if event.__class__ is not ScalarEvent else 0)
    found[pointer] = (event.start_mark.line + 1, event.start_mark.column + 1)
    if event.__class__ is MappingStartEvent:
        seen: set[str] = set()
        while (event := take()).__class__ is not MappingEndEvent:
            key = check_key(event, seen)
            seen.add(key)
            _walk(take, take(), (*pointer, key), found)
    elif event.__class__ is SequenceStartEvent:
        index = 0
        while (event := take()).__class__ is not SequenceEndEvent:
            _walk(take, event, (*pointer, index), found)
            index += 1


def locate(root: Path, findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings with the lines and columns of their places, where they have none yet.

    Each file is read again once. A node that is not there takes the place of its nearest ancestor that is; files that
    can't be read leave their findings as they are.
    """
    return locate_with(lambda path: read_file(root, path), findings)


def locate_with(content: Callable[[str], bytes], findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The same with the files' bytes from elsewhere; ``content`` may raise FileRefused or KeyError."""
    known: dict[str, Positions] = {}

    def placed(finding: Finding) -> Finding:
        place = finding.place
        if place is None or place.line:
            return finding
        if place.path not in known:
            known[place.path] = _positions_or_none(content, place.path)
        pointer = place.pointer
        while pointer and pointer not in known[place.path]:
            pointer = pointer[:-1]
        line, column = known[place.path].get(pointer, (0, 0))
        return replace(finding, place=replace(place, line=line, column=column)) if line else finding

    return tuple(placed(finding) for finding in findings)


def _positions_or_none(content: Callable[[str], bytes], path: str) -> Positions:
    try:
        return positions(content(path))
    except (YamlError, FileRefused, KeyError):
        return {}
