"""A result laid out once for every format that people read: blocks in order, each value still plain text."""

from __future__ import annotations

from dataclasses import dataclass

from keyctl.model.finding import Finding


@dataclass(frozen=True, slots=True)
class Cell:
    """Text and how a terminal may colour it (``bold red``); formats without colour leave that out."""

    text: str
    colour: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under ``columns``. Below ``wide`` columns of a terminal each row becomes a paragraph, its first two cells
    as the heading. ``right`` are the columns of numbers."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    wide: int
    title: str = ""
    right: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Facts:
    """One thing in detail: names and values."""

    title: str
    rows: tuple[tuple[str, Cell], ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """One event: a heading and what belongs to it, line by line."""

    heading: tuple[Cell, ...]
    lines: tuple[Cell, ...]


Block = Table | Facts | Entry


@dataclass(frozen=True, slots=True)
class Page:
    """A whole result. ``good`` is whether the verdict is good news."""

    title: str
    blocks: tuple[Block, ...]
    findings: tuple[Finding, ...]
    caveats: tuple[str, ...]
    counts: str
    verdict: str
    good: bool
