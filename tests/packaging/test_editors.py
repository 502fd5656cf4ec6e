"""Editors check registry files by the line that names their schema: held against yaml-language-server itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.program import keyctl
from tests.packaging.checkout import ROOT, project_files
from tests.packaging.language_server import Editor, editing, install

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A registry as init makes it."""
    folder = tmp_path_factory.mktemp("desk") / "keys"
    assert keyctl("init", str(folder)).status == 0
    return folder


@pytest.fixture(scope="module")
def editor(desk: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Editor]:
    with editing(install(tmp_path_factory.mktemp("server")), desk) as open_editor:
        yield open_editor


def files_of(folder: Path) -> list[Path]:
    return sorted(folder.glob("registry/*.yaml"))


def test_the_files_that_init_makes_have_nothing_to_complain_of(editor: Editor, desk: Path) -> None:
    found = {file.name: editor.diagnostics(file) for file in files_of(desk)}
    assert len(found) == 7
    assert {name: said for name, said in found.items() if said} == {}


def test_the_worked_example_has_nothing_to_complain_of(editor: Editor) -> None:
    files = [name for name in project_files() if name.startswith(("registry/", "keys.d/"))]
    assert {name: said for name in files if (said := editor.diagnostics(ROOT / name))} == {}


def test_a_new_key_lacks_what_a_person_must_decide_and_is_complete_with_it(editor: Editor, desk: Path) -> None:
    (desk / "registry" / "accounts.yaml").write_text("bybit-mm: {exchange: bybit}\n")
    (desk / "registry" / "apps.yaml").write_text("hedger: {team: mm, kind: internal}\n")
    for name, options in {"draft": [], "whole": ["--scopes", "read", "--ips", "203.0.113.10", "--days", "90"]}.items():
        assert (
            keyctl("new", name, "--account", "bybit-mm", "--owner", "hedger", "--registry", str(desk), options).status
            == 0
        )
    draft, whole = (desk / "keys.d" / "hedger" / f"{name}.yaml" for name in ("draft", "whole"))
    assert [said.partition(": ")[2] for said in editor.diagnostics(draft)] == [
        'Missing property "scopes".',
        'Missing property "ips".',
    ]
    assert editor.diagnostics(whole) == []
    assert "the account that holds the key" in editor.hover(whole, 2, 2)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("expirse: 2027-01-01", "expirse"),
        ("expires: 01.02.2027", "pattern"),
        ("protected: sometimes", "boolean"),
        ("revoked: [{id: x, on: 2026-06-01}]", "reason"),
    ],
)
def test_a_mistake_is_shown_at_its_line(editor: Editor, desk: Path, line: str, words: str) -> None:
    file = desk / "keys.d" / "deep" / "er" / f"{words}.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(
        "# yaml-language-server: $schema=../../../schemas/key.schema.json\n"
        "account: a\nowner: o\nscopes: [read]\nips: any\n" + line + "\n"
    )
    said = editor.diagnostics(file)
    assert said and all(one.startswith("6: ") for one in said)
    assert words in said[0].lower()
