"""A page for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from keyctl.reports import sentences
from keyctl.reports.formats import Style
from keyctl.reports.page import Block, Cell, Entry, Facts, Page, Table
from keyctl.reports.text import coloured, drawn, paragraph, plain, told, wrapped

_GAP = 3
"""Columns of a terminal between two columns of a table."""


def render_page(page: Page, style: Style) -> str:
    """Blocks, findings worst first, and the verdict as the last line. No markup of a value is interpreted."""
    lines: list[str] = []
    for block in page.blocks:
        lines += [*_block(block, style), ""]
    for finding in page.findings:
        lines += told(finding, style)
    for caveat in page.caveats:
        lines += paragraph(caveat, style, "dim")
    lines += paragraph(page.counts, style)
    said = f" ({sentences.counted(page.findings)})" if page.findings else ""
    lines += paragraph(page.verdict + said, style, "bold green" if page.good else "bold red")
    return "\n".join(lines) + "\n"


def _block(block: Block, style: Style) -> Iterator[str]:
    match block:
        case Table():
            yield from _table(block, style)
        case Facts(title, rows):
            yield from paragraph(title, style, "bold")
            width = max(len(name) for name, _ in rows)
            for name, cell in rows:
                # what follows the first line stands under it, so that names stay a column of their own
                lines = wrapped(plain(cell.text), max(style.width - width - 4, 16))
                for number, line in enumerate(lines):
                    start = f"  {plain(name).ljust(width)}" if number == 0 else " " * (width + 2)
                    yield f"{start}  {coloured(line, cell.colour, style)}"
        case Entry(heading, lines):
            yield from _line(heading, style)
            for cell in lines:
                yield from paragraph(cell.text, style, cell.colour, indent="    ")


def _table(table: Table, style: Style) -> Iterator[str]:
    if table.title:
        yield from paragraph(table.title, style, "bold")
    widths = _widths(table, style.width) if style.width >= table.wide else None
    if widths is None:
        for row in table.rows:
            yield from _line(row[:2], style)
            rest = zip(table.columns[2:], row[2:], strict=True)
            facts = [(f"{name} {cell.text}", cell.colour) for name, cell in rest if cell.text not in ("", "-")]
            yield from _joined(facts, style)
        return
    from rich.text import Text

    from keyctl.reports.text import table_of

    shown = table_of()
    for number, (column, width) in enumerate(zip(table.columns, widths, strict=True)):
        side: Literal["left", "right"] = "right" if number in table.right else "left"
        shown.add_column(column, overflow="fold", justify=side, width=width)
    for row in table.rows:
        shown.add_row(*(Text(plain(cell.text), cell.colour) for cell in row))
    yield from drawn(shown, style)


def _widths(table: Table, room: int) -> list[int] | None:
    """Columns that break no word, as wide as their cells where there is room; None where not even that fits."""
    from rich.cells import cell_len

    columns = list(zip(table.columns, *([plain(cell.text) for cell in row] for row in table.rows), strict=True))
    least = [max((cell_len(word) for text in column for word in text.split()), default=1) for column in columns]
    whole = [max(cell_len(text) for text in column) or 1 for column in columns]
    left = room - _GAP * (len(columns) - 1) - sum(least)
    if left < 0:
        return None
    wanted = [most - few for few, most in zip(least, whole, strict=True)]
    share = min(1.0, left / sum(wanted)) if any(wanted) else 0.0
    return [few + int(more * share) for few, more in zip(least, wanted, strict=True)]


def _joined(facts: list[tuple[str, str]], style: Style) -> Iterator[str]:
    """Facts side by side as far as they fit; a coloured one keeps its colour by having lines of its own."""
    quiet = "; ".join(text for text, colour in facts if not colour)
    if quiet:
        yield from paragraph(quiet, style, indent="    ")
    for text, colour in facts:
        if colour:
            yield from paragraph(text, style, colour, indent="    ")


def _line(cells: tuple[Cell, ...], style: Style) -> Iterator[str]:
    """Cells in one line if they fit, else wrapped and without colour."""
    texts = [(plain(cell.text).strip(), cell.colour) for cell in cells if cell.text]
    lines = wrapped("  ".join(text for text, _ in texts), style.width)
    if len(lines) == 1:
        yield "  ".join(coloured(text, colour, style) for text, colour in texts)
    else:
        yield from lines
