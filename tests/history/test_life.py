"""A key's life is told whole: by whom, in which commit, by which merge, through moves, renames and bad merges."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from keyctl.history.life import id_life, key_life
from keyctl.model.finding import Risk
from keyctl.model.identifier import Identifier, fingerprint_of
from keyctl.model.life import Deed, Holding, Life, LifeEvent
from keyctl.model.names import KeyName
from keyctl.model.refusal import Refusal
from tests.history.repository import Repository, key_file, move, new_repository, revoked_file, settings_file
from tests.history.test_hostile_configuration import settings, trap

__all__ = ["trap"]
FILE = "keys.d/mm/hedger.yaml"


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return new_repository(tmp_path / "desk")


def life(repository: Repository, name: str = "hedger") -> Life:
    told = key_life(repository.root, KeyName(name), protected=None, environ=repository.environ)
    assert told is not None
    return told


def life_of(repository: Repository, text: str) -> Life | None:
    return id_life(repository.root, Identifier.parse(text), protected=None, environ=repository.environ)


def deeds(told: Life) -> list[list[str]]:
    return [[deed.value for deed in event.deeds] for event in told.events]


def changed(event: LifeEvent) -> dict[str, Risk]:
    return {change.field: change.risk for change in event.changes}


def test_from_declared_to_removed(repository: Repository) -> None:
    repository.commit({FILE: key_file()})
    repository.commit({FILE: key_file("First00001")})
    repository.commit({FILE: key_file("Second0002", retiring="First00001")})
    repository.commit({FILE: key_file("Second0002", revoked=["First00001"])})
    repository.commit({FILE: key_file(revoked=["First00001", "Second0002"])})
    repository.commit({FILE: None, "registry/revoked.yaml": revoked_file("First00001", "Second0002")})
    told = life(repository)
    assert deeds(told) == [
        ["declared"],
        ["issued"],
        ["rotated", "changed"],
        ["revoked", "changed"],
        ["ended", "revoked"],
        ["removed"],
    ]
    assert [(held.identifier.text, held.holding, held.reason) for held in told.ids] == [
        ("First00001", Holding.REVOKED, "leaked"),
        ("Second0002", Holding.REVOKED, "leaked"),
    ]
    assert not told.findings and not told.exit_reasons


def test_who_wrote_it_and_which_merge_brought_it(repository: Repository) -> None:
    repository.branch("work")
    repository.environ |= {"GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@desk.example"}
    made = repository.commit({FILE: key_file("First00001")}, "issue hedger's key")
    repository.checkout("main")
    repository.commit({"README": "meanwhile\n"})
    merge = repository.merge("work")
    direct = repository.commit({FILE: key_file("First00001").replace("quotes", "more quotes")})
    repository.branch("later")
    pending = repository.commit({FILE: key_file("First00001").replace("quotes", "other quotes")})
    issued, reworded, waiting = life(repository).events
    assert (issued.commit.id, issued.commit.author.name, issued.commit.committer.name) == (made, "Ada", "Tester")
    assert issued.commit.subject == "issue hedger's key"
    assert issued.brought_by is not None and issued.brought_by.id == merge and issued.on_protected
    assert (reworded.commit.id, reworded.brought_by, reworded.on_protected) == (direct, None, True)
    assert (waiting.commit.id, waiting.brought_by, waiting.on_protected) == (pending, None, False)


def test_a_commit_that_came_by_a_branch_of_a_branch_came_by_the_outer_merge(repository: Repository) -> None:
    repository.branch("outer")
    repository.branch("inner")
    repository.commit({FILE: key_file("First00001")})
    repository.checkout("outer")
    repository.merge("inner")
    repository.checkout("main")
    merge = repository.merge("outer")
    (issued,) = life(repository).events
    assert issued.brought_by is not None and issued.brought_by.id == merge


def test_a_move_of_the_file_and_of_the_registry_change_nothing_else(repository: Repository) -> None:
    repository.commit({FILE: key_file("First00001")})
    repository.commit({FILE: None, "keys.d/other/hedger.yaml": key_file("First00001")})
    move(repository, "deep/registry-home")
    repository.commit()
    told = life(repository)
    assert deeds(told) == [["issued"], ["moved"], ["moved"]]
    assert told.events[1].came_from == FILE and told.events[1].path == "keys.d/other/hedger.yaml"
    assert told.events[2].path == "deep/registry-home/keys.d/other/hedger.yaml"


def test_a_renamed_key_is_the_same_one_under_either_name(repository: Repository) -> None:
    repository.commit({FILE: key_file("First00001"), "keys.d/other.yaml": key_file("Other00001")})
    repository.commit({FILE: None, "keys.d/quoter.yaml": key_file("First00001").replace("read", "read, trade.spot")})
    for name in ("hedger", "quoter"):
        told = life(repository, name)
        assert told.names == ("hedger", "quoter")
        assert deeds(told) == [["issued"], ["renamed", "changed"]]
        assert changed(told.events[1]) == {"scopes": Risk.ESCALATION}
    assert life(repository, "other").names == ("other",)


def test_other_registries_in_the_same_repository_are_not_told(repository: Repository) -> None:
    repository.commit({FILE: key_file("First00001")})
    repository.commit(
        {
            "elsewhere/registry/registry.yaml": settings_file("11111111-2222-4333-8444-555555555555"),
            "elsewhere/keys.d/hedger.yaml": key_file("Foreign001"),
        }
    )
    assert deeds(life(repository)) == [["issued"]]
    assert life_of(repository, "Foreign001") is None


@pytest.mark.parametrize("asked", ["First00001", fingerprint_of("First00001"), "FIRST00001"])
def test_an_id_is_found_although_its_file_is_gone(repository: Repository, asked: str) -> None:
    repository.commit({FILE: key_file("First00001")})
    repository.commit({FILE: None, "registry/revoked.yaml": revoked_file(fingerprint_of("First00001"))})
    told = life_of(repository, asked)
    assert told is not None and told.names == ("hedger",)
    assert deeds(told) == [["issued"], ["removed"], ["revoked"]]
    (held,) = told.ids
    assert (held.key, held.holding, held.identifier.text) == ("hedger", Holding.REVOKED, "First00001")


def test_a_tombstone_without_any_key_file_is_told(repository: Repository) -> None:
    repository.commit({"registry/revoked.yaml": revoked_file("Typo000001", "Other00002")})
    repository.commit({"registry/revoked.yaml": revoked_file("Typo000001", "Other00002", "Third00003")})
    told = life_of(repository, "Typo000001")
    assert told is not None and told.names == () and deeds(told) == [["revoked"]]
    assert [held.identifier.text for held in told.ids] == ["Typo000001"]
    assert life_of(repository, "Unheard004") is None
    assert life_of(repository, fingerprint_of("Unheard004")) is None


def test_an_id_with_punctuation_is_found_by_its_fingerprint(repository: Repository) -> None:
    repository.commit({FILE: key_file("odd,{id}#'1'")})
    told = life_of(repository, fingerprint_of("odd,{id}#'1'"))
    assert told is not None and told.names == ("hedger",)


def test_what_a_merge_leaves_out_is_told_and_a_clean_merge_is_not(repository: Repository) -> None:
    repository.commit({FILE: key_file("First00001")})
    repository.branch("side")
    repository.commit({FILE: key_file("Second0002", revoked=["First00001"])})
    repository.checkout("main")
    repository.commit({"README": "meanwhile\n"})
    bad = repository.merge("side", "-s", "ours")
    told = life(repository)
    assert deeds(told) == [["issued"], ["rotated", "revoked"], ["left-out", "rotated", "unrevoked"]]
    lost = told.events[2]
    assert lost.commit.id == bad and changed(lost)["revoked"] is Risk.ESCALATION
    repository.branch("clean", "HEAD~1")
    repository.commit({"other.txt": "no key\n"})
    repository.checkout("main")
    repository.commit({FILE: key_file("Third00003", revoked=["First00001", "Second0002"])})
    repository.merge("clean")
    assert deeds(life(repository))[3:] == [["rotated", "revoked"]]


def test_a_merge_that_goes_on_from_a_picked_commit_leaves_nothing_out(repository: Repository) -> None:
    repository.commit({FILE: key_file("First00001")})
    repository.branch("side")
    picked = repository.commit({FILE: key_file("Second0002", revoked=["First00001"])})
    repository.commit({FILE: key_file("Third00003", revoked=["First00001", "Second0002"])})
    repository.checkout("main")
    repository.git("cherry-pick", picked)
    repository.merge("side", "-X", "theirs")
    told = life(repository)
    assert not any(Deed.LEFT_OUT in event.deeds for event in told.events)
    assert len(told.events) == 4


def test_what_a_merge_itself_writes_is_its_own_deed(repository: Repository) -> None:
    repository.commit({FILE: key_file("First00001")})
    repository.branch("side")
    repository.commit({"README": "side\n"})
    repository.checkout("main")
    repository.git("merge", "-q", "--no-ff", "--no-commit", "side")
    merge = repository.commit({FILE: key_file("Sneaky0002")}, "merge side")
    told = life(repository)
    assert deeds(told) == [["issued"], ["rotated"]]
    assert told.events[1].commit.id == merge and told.events[1].brought_by is None


def test_a_version_that_can_not_be_read_is_said_and_passed(repository: Repository) -> None:
    repository.commit({FILE: key_file("First00001")})
    repository.commit({FILE: "id: [unclosed\n"})
    repository.commit({FILE: key_file("First00001")})
    told = life(repository)
    assert [Deed.UNREADABLE in event.deeds for event in told.events] == [False, True, True]
    assert "this version can't be read: line" in (told.events[1].problem or "")
    assert "the version before" in (told.events[2].problem or "")
    (repository.root / FILE).unlink()
    (repository.root / FILE).symlink_to("/etc/hostname")
    repository.commit()
    assert "symbolic link" in (life(repository).events[3].problem or "")


def test_old_formats_still_tell(repository: Repository) -> None:
    repository.commit({FILE: "id: First00001\nrights: {spot: true}\nscopes: read\n"})
    repository.commit({FILE: "id: First00001\nrights: {spot: false}\nscopes: [read]\n"})
    told = life(repository)
    assert deeds(told) == [["issued"], ["changed"]]
    assert [(c.field, c.old, c.new) for c in told.events[1].changes] == [("rights", "{spot: true}", "{spot: false}")]


def test_named_networks_count_by_the_addresses_they_had_then(repository: Repository) -> None:
    def file(ips: str) -> str:
        return key_file("First00001").replace('["203.0.113.10"]', ips)

    networks = "registry/networks.yaml"
    repository.commit({FILE: file('["203.0.113.10"]'), networks: 'nat: ["203.0.113.10"]\n'})
    repository.commit({FILE: file('["@nat"]')})
    repository.commit({FILE: file('["@nat", "203.0.113.11"]'), networks: 'nat: ["203.0.113.10/31"]\n'})
    repository.commit({FILE: file('["@gone"]')})
    risks = [changed(event).get("ips") for event in life(repository).events]
    assert risks == [Risk.ESCALATION, Risk.NEUTRAL, Risk.ESCALATION, Risk.ESCALATION]


def test_no_configuration_has_a_say(repository: Repository, trap: Path) -> None:
    repository.commit({FILE: key_file("First00001")})
    repository.branch("side")
    repository.commit({FILE: key_file("Second0002", revoked=["First00001"])})
    repository.checkout("main")
    repository.merge("side")
    expected = life(repository)
    for key, value in settings(trap).items():
        repository.git("config", key, value)
    (repository.path / ".mailmap").write_text("Somebody Else <else@desk.example> <tester@desk.example>\n")
    assert life(repository) == expected
    assert not (trap.parent / "sprung").exists()


def test_a_clone_that_lacks_commits_is_said(repository: Repository, tmp_path: Path) -> None:
    for number in range(3):
        repository.commit({FILE: key_file("First00001").replace("quotes", f"quotes {number}")})
    shallow = repository.clone(tmp_path / "shallow", "--depth", "1")
    told = life(shallow)
    assert [finding.rule for finding in told.findings] == ["history-unverified"]
    assert told.exit_reasons == ("failed",)
    repository.git("branch", "-m", "main", "trunk")
    told = life(repository)
    assert [finding.rule for finding in told.findings] == ["history-unverified"]
    assert {event.on_protected for event in told.events} == {None}


def test_outside_git_it_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "plain" / "registry"
    folder.mkdir(parents=True)
    (folder / "registry.yaml").write_text(settings_file())
    with pytest.raises(Refusal, match="no git repository"):
        key_life(folder.parent, KeyName("hedger"), protected=None, environ=os.environ)


def test_a_longer_history_starts_no_more_processes(repository: Repository, tmp_path: Path) -> None:
    shim, log = tmp_path / "shim", tmp_path / "started"
    shim.mkdir()
    (shim / "git").write_text(f'#!/bin/sh\necho x >> "{log}"\nPATH="{os.environ["PATH"]}" exec git "$@"\n')
    (shim / "git").chmod(0o755)

    def started(commits: int) -> int:
        for number in range(commits):
            repository.commit({FILE: key_file("First00001").replace("quotes", f"quotes {number}")})
        log.write_text("")
        environ = {**repository.environ, "PATH": f"{shim}:{os.environ['PATH']}"}
        assert key_life(repository.root, KeyName("hedger"), protected=None, environ=environ) is not None
        return len(log.read_text().splitlines())

    started(1)  # git's version is asked for once
    assert started(2) == started(20) > 0


def test_a_name_that_is_not_text_and_a_time_that_is_none_are_taken_as_they_are(repository: Repository) -> None:
    repository.commit({FILE: key_file("First00001")})
    tree = repository.git("rev-parse", "HEAD^{tree}")
    parent = repository.git("rev-parse", "HEAD~1")
    raw = (
        f"tree {tree}\nparent {parent}\nauthor \x1b[31m<evil> <a> 99999999999999 +0000\n"
        "committer nobody\n\n\n<script>alert(1)</script>\n"
    )
    made = repository.git("hash-object", "-t", "commit", "-w", "--stdin", "--literally", stdin=raw)
    repository.git("update-ref", "refs/heads/main", made)
    (event,) = life(repository).events
    assert event.commit.authored_at is None and event.commit.committed_at is None
    assert event.commit.committer.name == "nobody"
    assert event.commit.subject == "<script>alert(1)</script>"
