"""Where in the registry something stands."""

from __future__ import annotations

from dataclasses import dataclass

Pointer = tuple[str | int, ...]
"""The path of a node in a YAML document: mapping keys and list indexes from the root."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A file, relative to the registry's folder with ``/`` between, and a node in it.

    ``line`` and ``column`` count from 1 and are 0 where nobody asked yet: lines are looked up only for what is shown.
    """

    path: str
    pointer: Pointer = ()
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}" if self.line else self.path
