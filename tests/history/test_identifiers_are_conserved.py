"""Law 1: an id leaves the registry by being revoked, and in no other way."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.history.repository import Repository, key_file, new_repository, revoked_file, rules

ONE, TWO = "FirstKey0001", "SecondKey0002"
FILE = "keys.d/mm/hedger.yaml"


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return new_repository(tmp_path / "desk", files={FILE: key_file(ONE)})


def test_a_changed_id_whose_old_one_nobody_revoked_is_lost(repository: Repository) -> None:
    commit = repository.head()
    repository.commit({FILE: key_file(TWO)})
    (finding,) = repository.examine().findings
    assert finding.rule == "identifier-lost"
    assert finding.key == "hedger"
    assert finding.place is not None
    assert finding.place.path == FILE
    assert commit[:12] in finding.message
    assert "never-issued" in finding.remedy
    assert FILE in finding.remedy


def test_uncommitted_changes_are_judged_too(repository: Repository) -> None:
    repository.write({FILE: key_file(TWO)})
    history = repository.examine()
    assert rules(history) == ["identifier-lost"]
    assert history.dirty


@pytest.mark.parametrize(
    "after",
    [
        {FILE: key_file(TWO, revoked=[ONE])},
        {FILE: key_file(TWO), "registry/revoked.yaml": revoked_file(ONE)},
        {FILE: key_file(TWO, retiring=ONE)},
        {FILE: None, "keys.d/elsewhere/renamed.yaml": key_file(ONE, account="bybit-arb")},
        {FILE: None, "registry/revoked.yaml": revoked_file(ONE)},
    ],
    ids=["revoked in its key", "revoked beside", "retiring", "moved to another key and account", "key ended"],
)
def test_it_is_kept_when_it_is(repository: Repository, after: dict[str, str | None]) -> None:
    repository.commit(after)
    assert repository.examine().findings == ()


def test_a_retiring_id_must_be_revoked_in_the_end(repository: Repository) -> None:
    repository.commit({FILE: key_file(TWO, retiring=ONE)})
    repository.commit({FILE: key_file(TWO)})
    assert rules(repository.examine()) == ["identifier-lost"]
    repository.commit({FILE: key_file(TWO, revoked=[ONE])})
    assert repository.examine().findings == ()


def test_an_id_that_only_a_merged_branch_declared_and_dropped_counts(repository: Repository) -> None:
    repository.branch("side")
    repository.commit({"keys.d/side.yaml": key_file(TWO)})
    repository.commit({"keys.d/side.yaml": None})
    repository.checkout("main")
    repository.merge("side")
    assert rules(repository.examine()) == ["identifier-lost"]


def test_a_squashed_branch_leaves_no_trace_of_a_typing_error(repository: Repository) -> None:
    repository.branch("side")
    repository.commit({"keys.d/side.yaml": key_file("Typo0002")})
    repository.commit({"keys.d/side.yaml": key_file(TWO)})
    assert rules(repository.examine(protected="main")) == ["identifier-lost"]
    repository.git("reset", "-q", "--soft", "main")
    repository.commit()
    assert repository.examine(protected="main").findings == ()


def test_a_branch_that_lacks_what_the_protected_one_declares_must_merge_it(repository: Repository) -> None:
    repository.branch("feature")
    repository.checkout("main")
    repository.commit({"keys.d/new.yaml": key_file(TWO)})
    repository.checkout("feature")
    (finding,) = repository.examine(protected="main").findings
    assert finding.rule == "identifier-lost"
    assert finding.remedy.startswith("merge refs/heads/main first")
    repository.merge("main")
    assert repository.examine(protected="main").findings == ()


def test_commits_that_no_branch_holds_any_more_do_not_count(repository: Repository) -> None:
    repository.branch("feature")
    repository.commit({"keys.d/side.yaml": key_file(TWO)})
    repository.examine(protected="main")
    repository.checkout("main")
    assert repository.examine(protected="main").findings == ()


def test_old_formats_still_count(tmp_path: Path) -> None:
    old = "format: 0\nid: OldKey0009\nrights: {all: true}\nrevoked:\n- id: OlderKey0008\n  when: yesterday\n"
    repository = new_repository(tmp_path / "desk", files={"keys.d/old.yaml": old})
    repository.commit({"keys.d/old.yaml": key_file(TWO)})
    assert rules(repository.examine()) == ["identifier-lost", "tombstone-removed"]


def test_files_beside_the_registry_are_not_read(repository: Repository) -> None:
    (repository.path / "docs" / "keys.d").mkdir(parents=True)
    (repository.path / "docs" / "keys.d" / "sample.yaml").write_text("id: Sample0001\n")
    repository.commit({"keys.d/README.md": "id: Readme0001\n"})
    (repository.path / "docs" / "keys.d" / "sample.yaml").unlink()
    repository.commit()
    assert repository.examine().findings == ()
