"""A registry is known by its id, and the id can't be shaken off."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.history.repository import (
    OTHER_ID,
    REGISTRY_ID,
    Repository,
    accounts_file,
    apps_file,
    key_file,
    move,
    new_repository,
    revoked_file,
    rules,
    settings_file,
)

FILE = "keys.d/mm/hedger.yaml"
SETTINGS = "registry/registry.yaml"
CLOSED = f"{{closed_registries: [{{id: {REGISTRY_ID}, reason: merged into another, approved_by: lead}}]}}"


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return new_repository(tmp_path / "desk", files={FILE: key_file("FirstKey0001", revoked=["DeadKey0001"])})


def start_another(repository: Repository, folder: str, identifier: str = "ThirdKey0003") -> None:
    """Another team's registry in the same repository, uncommitted."""
    home, repository.folder = repository.folder, folder
    repository.write(
        {
            SETTINGS: settings_file(OTHER_ID),
            "registry/accounts.yaml": accounts_file(),
            "registry/apps.yaml": apps_file(),
            "keys.d/theirs.yaml": key_file(identifier),
        }
    )
    repository.folder = home


def test_another_id_where_this_registry_stood_is_blocked(repository: Repository) -> None:
    repository.commit({SETTINGS: settings_file(OTHER_ID), FILE: key_file("NewKey0002")})
    history = repository.examine()
    # What lay there is the newcomer's history too: its ids and tombstones must stay.
    assert rules(history) == ["identifier-lost", "registry-replaced", "tombstone-removed"]
    finding = next(one for one in history.findings if one.rule == "registry-replaced")
    assert REGISTRY_ID in finding.message
    assert "closed_registries" in finding.remedy
    assert finding.place is not None
    assert (finding.place.path, finding.place.line) == (SETTINGS, 2)


def test_a_registry_that_moved_away_leaves_no_room_for_another_at_its_place(repository: Repository) -> None:
    move(repository, "attic")
    repository.commit()
    assert repository.examine().findings == ()
    start_another(repository, "")
    repository.commit()
    assert "registry-replaced" in rules(repository.examine())
    repository.folder = ""
    assert "registry-replaced" in rules(repository.examine())


def test_a_registry_that_is_gone_is_blocked(repository: Repository) -> None:
    start_another(repository, "theirs")
    repository.commit()
    repository.commit(dict.fromkeys((SETTINGS, "registry/accounts.yaml", "registry/apps.yaml", FILE)))
    repository.folder = "theirs"
    (finding,) = repository.examine().findings
    assert finding.rule == "registry-gone"
    assert REGISTRY_ID in finding.message


def test_a_registry_may_go_once_the_protected_branch_says_that_it_is_closed(repository: Repository) -> None:
    start_another(repository, "theirs")
    repository.commit({"theirs/" + SETTINGS: settings_file(OTHER_ID, CLOSED)})
    repository.branch("goodbye")
    repository.commit(dict.fromkeys((SETTINGS, "registry/accounts.yaml", "registry/apps.yaml", FILE)))
    repository.folder = "theirs"
    assert repository.examine(protected="main").findings == ()


def test_a_branch_can_t_close_a_registry_by_itself(repository: Repository) -> None:
    start_another(repository, "theirs")
    repository.commit()
    repository.branch("goodbye")
    files: dict[str, str | None] = dict.fromkeys((SETTINGS, "registry/accounts.yaml", "registry/apps.yaml", FILE))
    repository.commit({**files, "theirs/" + SETTINGS: settings_file(OTHER_ID, CLOSED)})
    repository.folder = "theirs"
    assert rules(repository.examine(protected="main")) == ["registry-gone"]


def test_a_place_may_be_taken_over_once_its_registry_is_closed(repository: Repository) -> None:
    repository.commit({SETTINGS: settings_file(history=CLOSED)})
    repository.branch("anew")
    kept = key_file("NewKey0002", revoked=["DeadKey0001", "FirstKey0001"])
    repository.commit({SETTINGS: settings_file(OTHER_ID), FILE: kept})
    assert repository.examine(protected="main").findings == ()


def test_another_team_s_registry_does_not_mix(repository: Repository) -> None:
    start_another(repository, "theirs", "FirstKey0001")
    repository.commit()
    assert repository.examine().findings == ()
    repository.folder = "theirs"
    repository.write({"keys.d/theirs.yaml": key_file("FourthKey0004")})
    assert rules(repository.examine()) == ["identifier-lost"]
    assert repository.examine().tombstones == ()


def test_a_second_copy_can_t_stand_beside_it(repository: Repository) -> None:
    repository.commit({"copy/registry/registry.yaml": settings_file()})
    (finding,) = repository.examine().findings
    assert finding.rule == "file"
    assert "copy/registry/registry.yaml" in finding.message


def test_a_registry_that_was_moved_and_not_yet_committed_is_no_second_copy(repository: Repository) -> None:
    move(repository, "new")
    history = repository.examine()
    assert history.findings == ()
    assert history.dirty


def test_what_lay_at_the_new_place_before_the_registry_came_counts(repository: Repository) -> None:
    repository.commit({"new/keys.d/early.yaml": key_file("EarlyKey0005")})
    repository.commit({"new/keys.d/early.yaml": None})
    assert repository.examine().findings == ()
    move(repository, "new")
    repository.commit()
    assert rules(repository.examine()) == ["identifier-lost"]
    assert rules(repository.examine(cache=False)) == ["identifier-lost"]


def test_a_registry_file_that_can_t_be_read_still_marks_its_place(repository: Repository) -> None:
    move(repository, "new")
    repository.commit({SETTINGS: settings_file() + "id: twice\n", "keys.d/x.yaml": key_file("HiddenKey0006")})
    repository.write({"keys.d/x.yaml": None, SETTINGS: settings_file()})
    move(repository, "")
    repository.commit()
    assert rules(repository.examine()) == ["identifier-lost"]


def test_the_first_merge_request_meets_a_protected_branch_without_registry(tmp_path: Path) -> None:
    repository = new_repository(tmp_path / "desk")
    repository.git("checkout", "-q", "--orphan", "empty")
    repository.git("rm", "-rq", "--cached", ".")
    repository.git("commit", "-q", "--allow-empty", "-m", "nothing yet")
    repository.git("checkout", "-q", "-f", "main")
    history = repository.examine(protected="empty")
    assert history.findings == ()
    assert history.verified


def test_a_registry_in_a_folder_with_an_odd_name_is_found(tmp_path: Path) -> None:
    repository = new_repository(tmp_path / "desk", "a [b] *ü\t", {FILE: key_file("FirstKey0001")})
    repository.commit({FILE: key_file("NextKey0002"), "registry/revoked.yaml": revoked_file("FirstKey0001")})
    history = repository.examine()
    assert history.findings == ()
    assert len(history.tombstones) == 1
    assert not history.dirty
