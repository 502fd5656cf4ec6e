"""Validate as people run it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from keyctl.registry.schema import decided_errors, validity
from tests.cli.program import keyctl
from tests.history.repository import Repository

QUOTES = "keys.d/hedger/hedger-quotes.yaml"


def edit(repository: Repository, file: str, find: str, replace: str) -> None:
    path = repository.path / file
    text = path.read_text()
    assert find in text
    path.write_text(text.replace(find, replace))


def test_the_worked_example_is_clean(example: Repository) -> None:
    ran = keyctl("validate")
    assert ran.status == 0, ran.out + ran.err
    assert "1 commit of history" in ran.out and "clean (4 info)" in ran.out


def test_it_is_found_from_a_folder_below_and_by_name(
    example: Repository, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(example.path / "keys.d" / "hedger")
    assert keyctl("validate").status == 0
    monkeypatch.chdir(tmp_path)
    assert keyctl("validate", "--registry", str(example.path)).status == 0
    monkeypatch.setenv("KEYCTL_REGISTRY", str(example.path))
    assert keyctl("validate").status == 0


def test_no_registry_is_1_and_says_how_to_name_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("KEYCTL_REGISTRY", raising=False)
    ran = keyctl("validate")
    assert (ran.status, ran.out) == (1, "")
    assert "--registry" in ran.err
    assert keyctl("validate", "--registry", str(tmp_path / "nowhere")).status == 1


def test_all_errors_are_shown_at_once_each_with_its_place(example: Repository) -> None:
    edit(example, QUOTES, "owner: hedger", "owner: hegder")
    edit(example, "keys.d/ledger/ledger.yaml", "scopes: [read]", "scopes: [raed]")
    (example.path / "keys.d" / "broken.yaml").write_text("account: a\naccount: b\n")
    (example.path / "keys.d" / "old.yml").write_text("")
    ran = keyctl("validate", "--format", "json")
    document = json.loads(ran.out)
    assert ran.status == 1
    places = {(finding["path"], finding["line"], finding["rule"]) for finding in document["findings"]}
    assert {
        (QUOTES, 3, "reference"),
        ("keys.d/ledger/ledger.yaml", 8, "schema"),
        ("keys.d/broken.yaml", 2, "syntax"),
    } <= places | {(path, line, "schema") for path, line, rule in places if rule == "value"}
    assert any(path == "keys.d/old.yml" for path, _, _ in places)
    assert validity("validation")(document), decided_errors("validation", document)


def test_outside_git_the_files_are_checked_and_the_status_is_1(
    example: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(example.path, copy, ignore=shutil.ignore_patterns(".git"))
    monkeypatch.chdir(copy)
    ran = keyctl("validate")
    assert ran.status == 1 and "history-unverified" in ran.out
    alone = keyctl("validate", "--no-history")
    assert alone.status == 0 and "partial" in alone.out


def test_a_lost_id_is_3_and_revoking_it_is_the_way_out(example: Repository) -> None:
    edit(example, QUOTES, "id: W83Q8eDvJaEdoUvUzg", "id: NewIdentifier0001x")
    ran = keyctl("validate", "--format", "json")
    assert ran.status == 3
    assert [one["rule"] for one in json.loads(ran.out)["findings"] if one["severity"] != "info"] == ["identifier-lost"]
    edit(example, QUOTES, "revoked:\n", "revoked:\n  - {id: W83Q8eDvJaEdoUvUzg, on: 2026-11-25, reason: rotated}\n")
    assert keyctl("validate").status == 0


def test_a_revoked_id_that_is_declared_is_3_although_other_things_are_wrong_too(example: Repository) -> None:
    edit(example, QUOTES, "id: W83Q8eDvJaEdoUvUzg", "id: ZLF5Ajsu5a5QXZI2lY")
    edit(example, "keys.d/ledger/ledger.yaml", "owner: ledger", "owner: nobody")
    ran = keyctl("validate", "--format", "json")
    document = json.loads(ran.out)
    assert ran.status == 3
    assert document["exit_reasons"][0] == "blocked" and "failed" in document["exit_reasons"]


def test_reports_are_written_whatever_the_status(example: Repository) -> None:
    edit(example, QUOTES, "owner: hedger", "owner: nobody")
    ran = keyctl("validate", "--output", "json=a.json", "--output", "markdown=b.md")
    assert ran.status == 1
    assert json.loads(Path("a.json").read_text())["exit_reasons"] == ["failed"]
    assert "nobody" in Path("b.md").read_text()
    assert keyctl("validate", "--output", "json=nowhere/a.json").status == 1


def test_an_export_anchors_later_runs(example: Repository) -> None:
    exported = keyctl("tombstones", "export")
    assert exported.status == 0
    document = json.loads(exported.out)
    assert validity("tombstones")(document), decided_errors("tombstones", document)
    Path("../anchor.json").write_text(exported.out)
    assert keyctl("validate", "--anchor", "../anchor.json").status == 0
    # The history is written anew without the tombstones: nothing in this clone tells, the anchor does.
    edit(example, "registry/revoked.yaml", "  - {id: AYMz2wutlosWgRsh4Q", "#  - {id: AYMz2wutlosWgRsh4Q")
    example.git("checkout", "-q", "--orphan", "fresh")
    example.commit(message="a new beginning")
    example.git("branch", "-D", "main")
    example.git("branch", "-m", "main")
    ran = keyctl("validate", "--anchor", "../anchor.json")
    assert ran.status == 3 and "anchor-broken" in ran.out


def test_the_anchor_needs_history_and_a_readable_file(example: Repository) -> None:
    assert keyctl("validate", "--anchor", "x", "--no-history").status == 1
    assert keyctl("validate", "--anchor", "nowhere.json").status == 1


def test_a_narrowed_result_says_that_it_is_partial(example: Repository) -> None:
    ran = keyctl("validate", "--only", "key=ledger", "--format", "json")
    assert ran.status == 0 and json.loads(ran.out)["partial"] is True
    assert keyctl("validate", "--only", "key=nobody").status == 1


def test_the_second_run_says_the_same(example: Repository) -> None:
    first = keyctl("validate", "--format", "json")
    assert keyctl("validate", "--format", "json") == first
