"""The corpus: small changes of one small registry, as data, and a repository for each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import yaml

from tests.history.repository import Repository

HERE = Path(__file__).parent
FILES = {
    file.relative_to(HERE / "base").as_posix(): file.read_text("utf-8")
    for file in sorted((HERE / "base").rglob("*"))
    if file.is_file()
}
"""The small registry."""


@dataclass(frozen=True)
class Case:
    """``before`` and each of ``steps`` edit files: null removes one, a text is the whole of it, a mapping replaces
    pieces that occur once each; ``from`` in it takes another file's text as it was to begin from."""

    name: str
    before: Mapping[str, Any]
    steps: tuple[Mapping[str, Any], ...]
    changes: list[str]
    shared: list[str]
    tombstones: list[str]
    findings: list[str]
    words: list[str]
    exit: int


def cases() -> list[Case]:
    """All of them, in the order of their files."""
    return [
        _case(entry) for file in sorted((HERE / "cases").glob("*.yaml")) for entry in yaml.safe_load(file.read_text())
    ]


def _case(entry: dict[str, Any]) -> Case:
    return Case(
        entry["name"],
        entry.get("before", {}),
        tuple(entry.get("commits") or [entry["after"]]),
        entry.get("changes", []),
        entry.get("shared", []),
        entry.get("tombstones", []),
        entry.get("findings", []),
        entry.get("words", []),
        entry.get("exit", 0),
    )


def edited(files: Mapping[str, str], edits: Mapping[str, Any]) -> dict[str, str]:
    """The files after some edits."""
    after = dict(files)
    for path, edit in edits.items():
        if edit is None:
            del after[path]
        elif isinstance(edit, str):
            after[path] = edit
        else:
            text = files[edit.get("from", path)]
            for old, new in edit.items():
                if old != "from":
                    assert text.count(str(old)) == 1, f"{path} holds {old!r} {text.count(str(old))} times"
                    text = text.replace(str(old), str(new))
            after[path] = text
    return after


def built(case: Case, path: Path) -> Repository:
    """A repository whose branch ``main`` holds what was before, and whose branch ``mr`` the steps, checked out."""
    path.mkdir()
    repository = Repository(path)
    repository.git("init", "-q", "-b", "main")
    files = edited(FILES, case.before)
    repository.commit(files, "the registry")
    repository.branch("mr")
    for step in case.steps:
        after = edited(files, step)
        repository.commit({**after, **{gone: None for gone in files if gone not in after}}, "a step")
        files = after
    return repository


def fingerprint(text: str) -> str:
    """Of an id."""
    return "sha256:" + sha256(text.encode()).hexdigest()
