"""The pages that code is the source of say what the code says; the others name only what exists."""

from __future__ import annotations

import ast
import re
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from keyctl.acting.journal import Event
from keyctl.cli.main import app
from keyctl.exchanges.errors import Cause
from keyctl.model.attempt import Outcome
from keyctl.model.comparison import Status
from keyctl.policy.explained import names

CHECKOUT = Path(__file__).parents[1]
DOCS = CHECKOUT / "docs"
PAGES = [CHECKOUT / "README.md", CHECKOUT / "CONTRIBUTING.md", *sorted(DOCS.rglob("*.md"))]
ACTING = [DOCS / name for name in ("apply.md", "operations.md", "threat-model.md")]
REFUSALS = {"Refusal", "Unreachable"}
ELSEWHERE = {"keyctl/journal", "registry/revoked.yaml"}
"""Of a git directory, and of registries other than the worked example."""
LEAST = 8
"""Characters of a message below which it could stand anywhere."""


def name_of(page: Path) -> str:
    return page.relative_to(CHECKOUT).as_posix()


def test_generated_pages_are_current() -> None:
    pages = runpy.run_path(str(DOCS / "generate.py"))["pages"]()
    for path, text in pages.items():
        assert path.read_text("utf-8") == text, f"run: python docs/generate.py ({path.name})"


def headings(page: Path) -> set[str]:
    """What a forge makes of each heading for links to it."""
    text = re.sub(r"(?ms)^```.*?^```$", "", page.read_text("utf-8"))
    found = re.findall(r"(?m)^#+ (.+)$", text)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in found}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8")):
        path, _, heading = target.partition("#")
        if ":" in path:
            continue
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), target
        assert not heading or there.suffix != ".md" or heading in headings(there), target


def spans(page: Path) -> list[str]:
    """Code within lines, and the lines of code blocks that start the program."""
    text = page.read_text("utf-8")
    blocks = re.findall(r"(?ms)^ *```(?:sh|console)\n(.*?)^ *```$", text)
    lines = [line.strip().removeprefix("$ ").split("#")[0] for block in blocks for line in block.splitlines()]
    within = re.findall(r"`([^`\n]+)`", re.sub(r"(?ms)^ *```.*?^ *```$", "", text))
    return [*within, *(line for line in lines if line.startswith("exchange-keyctl "))]


def leaf(words: list[str]) -> Any:
    """The command that a line starts."""
    command: Any = typer.main.get_command(app)
    for word in words:
        if not hasattr(command, "commands"):
            break
        command = command.commands[word]
    return command


@pytest.mark.parametrize("page", ACTING, ids=name_of)
def test_commands_and_options_are_there(page: Path) -> None:
    lines = [span.split() for span in spans(page) if span.startswith("exchange-keyctl ")]
    assert lines
    for _, *words in lines:
        options = {option for parameter in leaf(words).params for option in parameter.opts}
        assert {word for word in words if word.startswith("--")} <= options, words


@pytest.mark.parametrize("page", ACTING, ids=name_of)
def test_files_and_names_are_there(page: Path) -> None:
    known = {*names(), *Outcome, *Status, *Cause}
    for span in spans(page):
        if re.fullmatch(r"(?:tests|keyctl|docs|registry|requirements)[\w/.-]*(?:/\w+|\.\w+)", span):
            assert (CHECKOUT / span).exists() or span in ELSEWHERE, span
        if re.fullmatch(r"[a-z]+(?:-[a-z]+)+", span):
            assert span in known, span


def said(node: ast.expr) -> Iterator[str]:
    """The parts of a message that are always the same."""
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.JoinedStr(values=values):
            for value in values:
                yield from said(value)


def refusals() -> Iterator[tuple[str, str]]:
    """Every message with which a run that acts refuses, by where it stands: the longest part that never varies."""
    rooms = CHECKOUT / "keyctl"
    for file in (*sorted((rooms / "acting").glob("*.py")), rooms / "cli" / "acting.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in REFUSALS:
                parts = [part.strip(" ,;:") for part in said(node.args[0])]
                if parts:
                    yield f"{file.name}:{node.lineno}", max(parts, key=len)


def test_whoever_is_on_call_finds_each_outcome_each_refusal_and_each_event() -> None:
    page = " ".join((DOCS / "operations.md").read_text("utf-8").split())
    table = page.partition("## Where records lie")[0]
    for outcome in Outcome:
        assert f"| `{outcome.value}`" in table
    for event in Event:
        assert f"`{event.value}`" in page
    found = list(refusals())
    assert len(found) > 30
    assert [(where, part) for where, part in found if part not in page] == []
    assert [part for _, part in found if len(part) < LEAST and part not in ("no id of",)] == []
