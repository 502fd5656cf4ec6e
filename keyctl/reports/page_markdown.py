"""A page for a merge-request note or an incident channel."""

from __future__ import annotations

from collections.abc import Iterator

from keyctl.reports import sentences
from keyctl.reports.formats import Style
from keyctl.reports.markdown import escape
from keyctl.reports.page import Block, Entry, Facts, Page, Table


def render_page(page: Page, _style: Style) -> str:
    """Verdict first. Every value is escaped: nothing in it can format."""
    return "\n".join(_lines(page)) + "\n"


def _lines(page: Page) -> Iterator[str]:
    yield f"## {escape(page.title)}: {escape(page.verdict)}"
    yield ""
    yield escape(page.counts)
    for caveat in page.caveats:
        yield ""
        yield escape(caveat)
    for block in page.blocks:
        yield ""
        yield from _block(block)
    if page.findings:
        yield ""
        yield f"### Findings: {escape(sentences.counted(page.findings))}"
        yield ""
        for finding in page.findings:
            place = f" {escape(str(finding.place))}" if finding.place else ""
            yield f"- **{finding.severity.value} {escape(finding.rule)}**{place}  "
            yield f"  {escape(finding.message)}  "
            yield f"  *{escape(finding.remedy)}*"


def _block(block: Block) -> Iterator[str]:
    match block:
        case Table():
            if block.title:
                yield f"### {escape(block.title)}"
                yield ""
            yield _row(block.columns)
            yield _row(["---"] * len(block.columns), escaped=True)
            for row in block.rows:
                yield _row([cell.text for cell in row])
        case Facts(title, rows):
            yield f"### {escape(title)}"
            yield ""
            for name, cell in rows:
                yield f"- {escape(name)}: {escape(cell.text)}"
        case Entry(heading, lines):
            when, *rest = (escape(cell.text) for cell in heading)
            yield f"- **{when}** {' '.join(rest)}"
            for cell in lines:
                yield f"  - {escape(cell.text)}"


def _row(cells: tuple[str, ...] | list[str], *, escaped: bool = False) -> str:
    return "| " + " | ".join(cell if escaped else escape(cell) for cell in cells) + " |"
