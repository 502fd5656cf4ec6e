"""Law 2, attacked: whatever happens to a tombstone in git, the id stays revoked and the change is blocked."""

from __future__ import annotations

from pathlib import Path

import pytest

from keyctl.history.examine import History
from keyctl.model.identifier import Identifier
from tests.history.repository import Repository, key_file, move, new_repository, revoked_file, rules

DEAD = "DeadKey0001xyz"
LIVE = "LiveKey0002xyz"
FILE = "keys.d/mm/hedger.yaml"


def fingerprint(text: str) -> str:
    return Identifier.of_text(text).fingerprint


def is_revoked(history: History, text: str) -> bool:
    return Identifier.of_text(text) in {tombstone.identifier for tombstone in history.tombstones}


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """An id was declared, then revoked in its key's file."""
    made = new_repository(tmp_path / "desk", files={FILE: key_file(DEAD)})
    made.commit({FILE: key_file(LIVE, revoked=[DEAD])}, "rotate")
    return made


def assert_removed(history: History) -> None:
    assert is_revoked(history, DEAD)
    assert "tombstone-removed" in rules(history)


def test_a_kept_tombstone_is_no_finding(repository: Repository) -> None:
    history = repository.examine()
    assert history.findings == ()
    assert is_revoked(history, DEAD)
    assert history.verified


def test_a_tombstone_says_which_commit_revoked_it_first_and_of_which_key(repository: Repository) -> None:
    revoking = repository.head()
    repository.commit({FILE: key_file(LIVE, revoked=[DEAD]) + "# a note\n"})
    (tombstone,) = repository.examine().tombstones
    assert tombstone.origin == f"commit {revoking[:12]}, {FILE}"
    assert tombstone.key == "hedger"
    assert tombstone.reason == "leaked"


def test_its_file_deleted(repository: Repository) -> None:
    repository.commit({FILE: None, "registry/revoked.yaml": revoked_file(LIVE)})
    assert_removed(repository.examine())


def test_its_file_renamed_and_the_list_dropped(repository: Repository) -> None:
    repository.commit({FILE: None, "keys.d/other.yaml": key_file(LIVE)})
    assert_removed(repository.examine())


def test_its_file_emptied(repository: Repository) -> None:
    repository.commit({FILE: key_file(), "registry/revoked.yaml": revoked_file(LIVE)})
    assert_removed(repository.examine())


def test_its_registry_moved_and_the_list_dropped(repository: Repository) -> None:
    move(repository, "desk")
    repository.commit({FILE: key_file(LIVE)})
    assert_removed(repository.examine())


def test_its_registry_moved_with_the_list(repository: Repository) -> None:
    repository.examine()
    move(repository, "desk")
    repository.commit()
    history = repository.examine()
    assert history.findings == ()
    assert is_revoked(history, DEAD)


def test_dropped_in_a_merge_only(repository: Repository) -> None:
    repository.branch("side", "HEAD~1")
    repository.commit({"keys.d/side.yaml": key_file("SideKey0003")})
    repository.checkout("main")
    repository.git("merge", "-q", "--no-ff", "--no-commit", "side")
    repository.commit({FILE: key_file(LIVE)}, "merge side")
    assert_removed(repository.examine())


def test_added_and_dropped_within_one_merge_s_second_parent(repository: Repository) -> None:
    repository.branch("side")
    repository.commit({"registry/revoked.yaml": revoked_file("SideDead0003")})
    repository.checkout("main")
    repository.merge("side", "-s", "ours")
    history = repository.examine()
    assert is_revoked(history, "SideDead0003")
    assert rules(history) == ["tombstone-removed"]


def test_merged_away_by_the_strategy_ours(repository: Repository) -> None:
    repository.branch("old", "HEAD~1")
    repository.commit({"keys.d/side.yaml": key_file("SideKey0003")})
    repository.merge("main", "-s", "ours")
    history = repository.examine()
    assert_removed(history)
    assert "revoked-id-declared" in rules(history)


def test_reverted(repository: Repository) -> None:
    repository.git("revert", "--no-edit", "HEAD")
    history = repository.examine()
    assert_removed(history)
    assert "revoked-id-declared" in rules(history)


def test_squashed_away(repository: Repository) -> None:
    repository.branch("work")
    repository.commit({FILE: key_file(LIVE)})
    repository.git("reset", "-q", "--soft", "HEAD~2")
    repository.commit(message="squashed")
    assert_removed(repository.examine(protected="main"))


def test_on_the_protected_branch_only_while_a_stale_branch_still_declares_the_id(repository: Repository) -> None:
    repository.branch("stale", "HEAD~1")
    repository.commit({"keys.d/side.yaml": key_file("SideKey0003")})
    history = repository.examine(protected="main")
    assert is_revoked(history, DEAD)
    assert "revoked-id-declared" in rules(history)
    assert all("merge refs/heads/main first" in finding.remedy for finding in history.findings)


def test_a_local_protected_branch_counts_beside_the_remote_one(repository: Repository, tmp_path: Path) -> None:
    clone = repository.clone(tmp_path / "clone")
    clone.commit({FILE: key_file("NextKey0009", revoked=[DEAD, LIVE])}, "on the local main only")
    clone.branch("stale", "origin/main")
    history = clone.examine()
    assert history.protected_ref == "refs/remotes/origin/main"
    assert is_revoked(history, LIVE)
    assert "revoked-id-declared" in rules(history)


@pytest.mark.parametrize(
    "spelling", [DEAD, fingerprint(DEAD), DEAD.lower(), DEAD.upper()], ids=["plain", "fingerprint", "lower", "upper"]
)
def test_back_in_another_key_of_another_account_however_it_is_spelt(repository: Repository, spelling: str) -> None:
    repository.commit(
        {
            FILE: None,
            "registry/revoked.yaml": revoked_file(LIVE),
            "keys.d/x.yaml": key_file(spelling, account="bybit-test"),
        }
    )
    history = repository.examine()
    assert rules(history) == ["revoked-id-declared", "tombstone-removed"]
    back = next(finding for finding in history.findings if finding.rule == "revoked-id-declared")
    assert (back.key, back.account) == ("x", "bybit-test")
    assert back.place is not None
    assert (back.place.path, back.place.line) == ("keys.d/x.yaml", 6)


def test_back_as_a_retiring_id(repository: Repository) -> None:
    repository.commit({FILE: key_file(LIVE, retiring=DEAD)})
    assert rules(repository.examine()) == ["revoked-id-declared", "tombstone-removed"]


def test_revoked_as_a_fingerprint_and_back_as_text(tmp_path: Path) -> None:
    repository = new_repository(tmp_path / "desk", files={"registry/revoked.yaml": revoked_file(fingerprint(DEAD))})
    repository.commit({"registry/revoked.yaml": revoked_file(), FILE: key_file(DEAD)})
    assert rules(repository.examine()) == ["revoked-id-declared", "tombstone-removed"]


def test_a_tombstone_may_move_between_files_and_spellings(repository: Repository) -> None:
    repository.commit({FILE: key_file(LIVE), "registry/revoked.yaml": revoked_file(fingerprint(DEAD))})
    assert repository.examine().findings == ()


def test_history_remembers_the_letters_of_what_the_checkout_lists_as_a_fingerprint(repository: Repository) -> None:
    repository.commit(
        {FILE: key_file(DEAD.swapcase(), revoked=[LIVE]), "registry/revoked.yaml": revoked_file(fingerprint(DEAD))}
    )
    assert rules(repository.examine()) == ["revoked-id-declared"]


def test_addresses_are_one_credential_in_any_case(tmp_path: Path) -> None:
    repository = new_repository(
        tmp_path / "desk", files={"registry/revoked.yaml": revoked_file("0x" + "AbCdEf0123" * 4)}
    )
    repository.commit({"registry/revoked.yaml": revoked_file("0x" + "abcdef0123" * 4)})
    assert repository.examine().findings == ()


def test_a_key_file_in_a_folder_named_registry_is_a_key_file(tmp_path: Path) -> None:
    odd = "keys.d/registry/revoked.yaml"
    repository = new_repository(tmp_path / "desk", files={odd: key_file(LIVE, revoked=[DEAD])})
    assert repository.examine().findings == ()
    repository.commit({odd: None})
    assert rules(repository.examine()) == ["identifier-lost", "tombstone-removed"]
