"""Where the values of a YAML file stand. Files are read again for this, and only those that have findings."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from keyctl.model.finding import Finding
from keyctl.model.place import Pointer
from keyctl.registry.files import FileRefused, read_file
from keyctl.registry.layout import layout, spots
from keyctl.registry.reader import YamlError

Positions = Mapping[Pointer, tuple[int, int]]


def positions(data: bytes) -> Positions:
    """Line and column, from 1, of every value; the root's is under ``()``. Raises YamlError as ``read`` does."""
    laid = layout(data)
    lines = [0, *(end.end() for end in re.finditer("\n", laid.text))]
    found: dict[Pointer, tuple[int, int]] = {}
    for pointer, spot in spots(laid.root):
        line = bisect_right(lines, spot.start)
        found[pointer] = (line, spot.start - lines[line - 1] + 1)
    return found


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
