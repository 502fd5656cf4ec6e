"""What one run remembers speeds up the next; it is never trusted further than it can be checked."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from keyctl.history import examine as examining
from keyctl.history.cache import Store
from keyctl.history.examine import cache_directory
from keyctl.model.registry import Registry
from tests.history.repository import (
    ENVIRONMENT,
    OTHER_ID,
    REGISTRY_ID,
    Repository,
    key_file,
    new_repository,
    rules,
    settings_file,
)

FILE = "keys.d/mm/hedger.yaml"


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = new_repository(tmp_path / "desk", files={FILE: key_file("DeadKey0001")})
    made.commit({FILE: key_file("LiveKey0002", revoked=["DeadKey0001"])})
    return made


def cached(repository: Repository, name: str) -> Path:
    (file,) = (repository.path / ".git" / "keyctl").glob(f"{name}-*.json")
    return file


def test_it_lies_in_the_git_directory_that_all_work_trees_share(repository: Repository, tmp_path: Path) -> None:
    repository.git("worktree", "add", "-q", str(tmp_path / "beside"))
    expected = (repository.path / ".git" / "keyctl").resolve()
    assert cache_directory(repository.path, {}) == expected
    assert cache_directory(repository.path / "keys.d" / "mm", {}) == expected
    assert cache_directory(tmp_path / "beside" / "registry", {}) == expected
    assert cache_directory(tmp_path, {}) is None
    assert cache_directory(tmp_path, {"KEYCTL_CACHE": str(tmp_path / "c")}) == tmp_path / "c"


def test_only_its_owner_reads_it(repository: Repository) -> None:
    repository.examine()
    for file in (cached(repository, "ledger"), cached(repository, "tips")):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_no_cache_means_nothing_is_written(repository: Repository) -> None:
    repository.examine(cache=False)
    assert not (repository.path / ".git" / "keyctl").exists()


def test_a_warm_run_sees_what_a_cold_one_sees(repository: Repository) -> None:
    assert repository.examine() == repository.examine() == repository.examine(cache=False)
    repository.commit({FILE: key_file("NextKey0003")})
    assert repository.examine() == repository.examine() == repository.examine(cache=False)


def test_a_warm_run_rests_on_what_it_remembers(repository: Repository) -> None:
    repository.examine()
    old = repository.git("rev-parse", f"HEAD~1:{FILE}")
    (repository.path / ".git" / "objects" / old[:2] / old[2:]).unlink()
    assert repository.examine().verified
    assert not repository.examine(cache=False).verified


def forge(file: Path, **changes: object) -> None:
    """Changes the head of a cache file without touching what it holds."""
    head, _, body = file.read_bytes().partition(b"\n")
    file.write_bytes(json.dumps(json.loads(head) | changes).encode() + b"\n" + body)


def into_a_folder(file: Path) -> None:
    """Puts a folder where the file lay."""
    file.unlink()
    file.mkdir()


def cut_off(file: Path) -> None:
    """Drops the end of a file."""
    file.write_bytes(file.read_bytes()[:-10])


def change(file: Path) -> None:
    """Changes what a file holds, but not its digest."""
    file.write_bytes(file.read_bytes().replace(b"DeadKey0001", b"OtherKey001"))


DAMAGE: dict[str, Callable[[Path], object]] = {
    "truncated": cut_off,
    "emptied": lambda file: file.write_bytes(b""),
    "not JSON": lambda file: file.write_bytes(b"\xff\xfe garbage"),
    "changed": change,
    "older format": lambda file: forge(file, format=0),
    "older reader": lambda file: forge(file, reader=0),
    "other tool version": lambda file: forge(file, tool_version="0.0.0"),
    "other registry": lambda file: forge(file, registry=OTHER_ID),
    "other object format": lambda file: forge(file, object_format="sha256"),
    "wrong digest": lambda file: forge(file, digest="sha256:" + "0" * 64),
    "a folder": into_a_folder,
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_or_foreign_ledger_is_rebuilt(repository: Repository, damage: str) -> None:
    fresh = repository.examine()
    DAMAGE[damage](cached(repository, "ledger"))
    assert repository.examine() == fresh
    if damage != "a folder":
        assert repository.examine() == fresh
        assert b"DeadKey0001" in cached(repository, "ledger").read_bytes()


def test_a_ledger_of_another_repository_is_not_taken(repository: Repository, tmp_path: Path) -> None:
    other = new_repository(tmp_path / "other", files={"keys.d/x.yaml": key_file("TheirKey0009")})
    shared = {**ENVIRONMENT, "KEYCTL_CACHE": str(tmp_path / "shared")}
    other.examine(environ=shared)
    for file in (tmp_path / "shared").glob("tips-*"):
        file.unlink()
    assert repository.examine(environ=shared).findings == ()


def test_a_folder_that_can_t_be_written_is_no_error(repository: Repository, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    environ = {**ENVIRONMENT, "KEYCTL_CACHE": str(tmp_path / "file" / "below")}
    assert repository.examine(environ=environ).findings == ()


def test_a_cache_that_is_committed_is_not_used(repository: Repository) -> None:
    environ = {**ENVIRONMENT, "KEYCTL_CACHE": str(repository.path / "cache")}
    repository.examine(environ=environ)
    store = Store(repository.path / "cache", REGISTRY_ID, "sha1")
    store.save("ledger", store.load("ledger") | {"revoked": [], "declared": []})
    repository.write({FILE: key_file("LiveKey0002")})
    assert repository.examine(environ=environ).findings == (), "the forgery is well made"
    repository.commit()
    assert rules(repository.examine(environ=environ)) == ["tombstone-removed"]


def test_a_protected_branch_that_was_rewritten_is_noticed(repository: Repository) -> None:
    tip = repository.head()
    repository.examine()
    repository.git("reset", "-q", "--hard", "HEAD~1")
    history = repository.examine()
    assert rules(history) == ["protected-rewritten"]
    (finding,) = history.findings
    assert tip[:12] in finding.message
    assert str(cached(repository, "tips")) in finding.remedy
    repository.commit({"keys.d/new.yaml": key_file("NewKey0003")})
    assert rules(repository.examine()) == ["protected-rewritten"], "it must not be forgotten by going on"
    cached(repository, "tips").unlink()
    assert repository.examine().findings == ()


def test_a_history_that_was_started_anew_is_noticed(repository: Repository) -> None:
    repository.examine()
    repository.git("checkout", "-q", "--orphan", "anew")
    repository.commit({FILE: key_file("LiveKey0002")})
    repository.git("branch", "-f", "main", "anew")
    repository.checkout("main")
    assert rules(repository.examine()) == ["protected-rewritten"]


def test_a_merge_the_wrong_way_round_is_noticed(repository: Repository) -> None:
    repository.examine()
    repository.branch("side", "HEAD~1")
    repository.commit({"keys.d/side.yaml": key_file("SideKey0003")})
    repository.merge("main", "-X", "theirs")
    repository.git("branch", "-f", "main", "side")
    repository.checkout("main")
    assert rules(repository.examine()) == ["protected-rewritten"]


def test_a_protected_branch_that_goes_on_is_fine(repository: Repository) -> None:
    repository.examine()
    repository.branch("side", "HEAD~1")
    repository.commit({"keys.d/side.yaml": key_file("SideKey0003")})
    repository.checkout("main")
    repository.merge("side")
    repository.commit({"keys.d/more.yaml": key_file("MoreKey0004")})
    assert repository.examine().findings == ()


def test_the_remembered_tip_stays_while_anything_is_wrong(repository: Repository) -> None:
    repository.examine()
    before = cached(repository, "tips").read_bytes()
    repository.commit({FILE: key_file("NextKey0003")})
    assert repository.examine().findings != ()
    assert cached(repository, "tips").read_bytes() == before


def test_each_protected_branch_has_a_tip_of_its_own(repository: Repository) -> None:
    repository.git("branch", "release", "HEAD~1")
    assert repository.examine().findings == ()
    assert "protected-rewritten" not in rules(repository.examine(protected="release"))


def test_the_memo_is_used_where_there_are_many_versions(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("keyctl.history.gather._WORTH_REMEMBERING", 1)
    fresh = repository.examine()
    assert cached(repository, "blobs").exists()
    cached(repository, "ledger").unlink()
    assert repository.examine() == fresh
    cached(repository, "ledger").unlink()
    cached(repository, "blobs").write_bytes(b"damaged")
    assert repository.examine() == fresh


def test_the_ledger_goes_forward_with_the_protected_branch(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("keyctl.history.gather._WORTH_SAVING", 1)
    repository.examine()
    before = cached(repository, "ledger").read_bytes()
    repository.commit({FILE: key_file("NextKey0003", revoked=["DeadKey0001", "LiveKey0002"])})
    assert repository.examine() == repository.examine(cache=False)
    assert cached(repository, "ledger").read_bytes() != before
    assert repository.examine() == repository.examine(cache=False)


def test_switching_between_branches_leaves_no_trace_of_the_other(repository: Repository) -> None:
    repository.branch("one")
    repository.commit({"keys.d/one.yaml": key_file("OneKey0003", revoked=["OneDead0003"])})
    assert repository.examine(protected="main").findings == ()
    repository.checkout("main")
    repository.branch("two")
    repository.commit({"keys.d/two.yaml": key_file("TwoKey0004")})
    history = repository.examine(protected="main")
    assert history.findings == ()
    assert len(history.tombstones) == 1


def test_progress_is_told(repository: Repository) -> None:
    told: list[tuple[int, int | None]] = []
    registry: Registry = repository.registry()
    examining.examine(
        repository.path,
        registry,
        protected=None,
        environ=ENVIRONMENT,
        cache=False,
        progress=lambda done, total: told.append((done, total)),
    )
    assert (0, 2) in told


def test_another_registry_in_the_same_repository_has_files_of_its_own(repository: Repository) -> None:
    repository.examine()
    repository.commit(
        {
            "theirs/registry/registry.yaml": settings_file(OTHER_ID),
            "theirs/registry/accounts.yaml": (repository.path / "registry" / "accounts.yaml").read_text(),
            "theirs/registry/apps.yaml": (repository.path / "registry" / "apps.yaml").read_text(),
        }
    )
    repository.folder = "theirs"
    assert repository.examine().findings == ()
    assert len(list((repository.path / ".git" / "keyctl").glob("ledger-*"))) == 2
