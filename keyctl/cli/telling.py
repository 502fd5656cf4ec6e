"""How the demo tells its story: numbered chapters, results as commands print them, and what did not come as told."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from keyctl.model.finding import Finding
    from keyctl.reports.formats import Result
    from keyctl.reports.views import View

INDENT = "  "


@dataclass(slots=True)
class Teller:
    """Writes the story, numbers its chapters and remembers whether everything came out as told."""

    out: TextIO
    chapters: int = 0
    wrong: list[str] = field(default_factory=list)

    def chapter(self, title: str) -> None:
        self.chapters += 1
        self.say(f"\n{self.chapters}. {title}\n" + "-" * (len(title) + len(str(self.chapters)) + 2))

    def say(self, text: str = "") -> None:
        self.out.write(text + "\n")
        self.out.flush()

    def item(self, mark: str, text: str) -> None:
        """A line of a list, broken to the terminal's width."""
        from keyctl.cli.output import terminal_style

        first = f"{INDENT}{mark} "
        self.say(textwrap.fill(text, terminal_style().width, initial_indent=first, subsequent_indent=" " * len(first)))

    def expect(self, came: bool, what: str) -> None:
        if not came:
            self.wrong.append(what)


def rendered(result: Result | View) -> str:
    """A result as the command prints it on this terminal, indented."""
    from keyctl.cli.output import rendered as plain
    from keyctl.cli.output import terminal_style

    style = terminal_style()
    return indented(plain("text", result, replace(style, width=style.width - len(INDENT))))


def indented(text: str) -> str:
    return "\n".join(INDENT + line if line else "" for line in text.rstrip().splitlines())


def subject(finding: Finding) -> str:
    """What a finding is about, in a word."""
    return finding.key or finding.account or (finding.place.path if finding.place else "the registry")
