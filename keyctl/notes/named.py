"""The registry's id, also where its files are wrong: a note and a memory belong to one registry."""

from __future__ import annotations

import re
from pathlib import Path

from keyctl.history.blobs import registry_id
from keyctl.history.walk import REGISTRY

_LINE = re.compile(rb"(?m)^id:[ \t]*[\"']?([0-9a-fA-F-]{36})\b")
_UNREAD = "\0"
"""No YAML holds this, so an id is told only where the file's own was read."""


def registry_of(root: Path) -> str | None:
    """The id in ``registry/registry.yaml`` below the folder; None where no line tells it."""
    try:
        data = (root / REGISTRY).read_bytes()
    except OSError:
        return None
    line = _LINE.search(data)
    try:
        read = registry_id(data, _UNREAD)
    except ValueError:
        read = None
    return read if read not in (None, _UNREAD) else line[1].decode("ascii") if line else None
