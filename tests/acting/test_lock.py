"""One run acts at a time: real clones of a real bare repository, and a clock of the test's own."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from keyctl.acting.lock import LIFE, MARGIN, Lock
from keyctl.history.git import discover
from keyctl.history.remote import LOCK, Remote
from keyctl.model.refusal import Refusal

ENVIRON = {"PATH": os.environ.get("PATH", os.defpath), "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull}


@dataclass
class Team:
    """Clones of one repository, and the time that it is for all of them."""

    folder: Path
    now: datetime = datetime(2026, 9, 1, 12, tzinfo=UTC)
    clones: dict[str, Path] = field(default_factory=dict)
    runs: int = 0

    def git(self, root: Path, *arguments: str) -> str:
        who = {f"GIT_{role}_{what}": "tester" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
        done = subprocess.run(
            ["git", *arguments], cwd=root, env={**ENVIRON, **who}, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    def lock(self, clone: str, taken: str | None = None) -> Lock:
        remote = self.remote(clone)
        self.runs += 1
        return Lock(remote, remote.git.common / "keyctl", f"run-{clone}-{self.runs}", lambda: self.now, taken)

    def remote(self, clone: str) -> Remote:
        if clone not in self.clones:
            self.clones[clone] = self.folder / clone
            self.git(self.folder, "clone", "-q", "remote.git", clone)
        return Remote(discover(self.clones[clone], ENVIRON), "origin", "main", ENVIRON)

    @property
    def held(self) -> str | None:
        return self.remote("looks").refs().get(LOCK)


@pytest.fixture
def team(tmp_path: Path) -> Team:
    made = Team(tmp_path)
    made.git(tmp_path, "init", "-q", "--bare", "-b", "main", "remote.git")
    made.git(tmp_path, "init", "-q", "-b", "main", "first")
    made.git(tmp_path / "first", "commit", "-q", "--allow-empty", "-m", "Begin")
    made.git(tmp_path / "first", "push", "-q", "../remote.git", "main")
    return made


def test_while_one_holds_it_nobody_else_does_and_afterwards_anybody(team: Team) -> None:
    with team.lock("a"):
        held = team.held
        assert held is not None
        with pytest.raises(Refusal, match=r"run-a-1 on .* until") as told, team.lock("b"):
            pass
        assert f"--take-lock {held}" in told.value.remedy
        with pytest.raises(Refusal, match="in this clone"), team.lock("a"):
            pass
        assert team.held == held
    assert team.held is None
    with team.lock("b"):
        assert team.held is not None


def test_it_is_given_back_after_an_error(team: Team) -> None:
    with pytest.raises(ZeroDivisionError), team.lock("a"):
        raise ZeroDivisionError
    assert team.held is None


def died(team: Team, clone: str) -> str:
    """A run that was killed: its process, and with it the file's lock, is gone; the remote's lock stays."""
    lock = team.lock(clone)
    lock.__enter__()
    held = team.held
    assert held is not None
    lock._unlock_file()
    return held


def test_a_dead_runs_lock_ends_by_itself(team: Team) -> None:
    died(team, "a")
    with pytest.raises(Refusal), team.lock("b"):
        pass
    team.now += LIFE + timedelta(seconds=1)
    with team.lock("b"):
        assert team.held is not None


def test_its_own_clone_takes_it_over_at_once_and_others_when_a_person_says_so(team: Team) -> None:
    held = died(team, "a")
    with team.lock("a"):
        assert team.held != held
    held = died(team, "a")
    with pytest.raises(Refusal), team.lock("b", taken="0" * 40):
        pass
    with team.lock("b", taken=held):
        assert team.held != held


def test_it_is_drawn_out_in_time(team: Team) -> None:
    with team.lock("a") as lock:
        first = team.held
        lock.check()
        assert team.held == first
        team.now += LIFE / 2
        lock.check()
        assert team.held != first
        team.now += LIFE / 2
        lock.check()
    assert team.held is None


def test_shortly_before_its_end_nothing_more_is_begun(team: Team) -> None:
    with team.lock("a") as lock:
        team.now += LIFE - MARGIN
        with pytest.raises(Refusal, match="is over"):
            lock.check()


def test_a_run_whose_lock_was_taken_over_begins_nothing_more(team: Team) -> None:
    with team.lock("a") as lock:
        held = team.held
        with team.lock("b", taken=held):
            taken = team.held
            team.now += LIFE / 2
            with pytest.raises(Refusal):
                lock.check()
            assert team.held == taken


def test_a_remote_that_is_silent_for_a_while_ends_no_run_too_early(team: Team) -> None:
    with team.lock("a") as lock:
        (team.folder / "remote.git").rename(team.folder / "away")
        team.now += LIFE / 2
        lock.check()
        team.now += LIFE / 2 - MARGIN
        with pytest.raises(Refusal):
            lock.check()
        (team.folder / "away").rename(team.folder / "remote.git")


def test_an_answer_that_was_lost_does_not_make_a_stranger_of_the_own_lock(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The push came through, and its answer did not: the lock is this run's all the same."""
    from keyctl.history.git import GitError

    moved = Remote.move

    def lossy(remote: Remote, ref: str, to: str | None, since: str | None, options: tuple[str, ...] = ()) -> None:
        moved(remote, ref, to, since, options)
        raise GitError("the connection broke")

    with team.lock("a") as lock:
        team.now += LIFE / 2
        monkeypatch.setattr(Remote, "move", lossy)
        lock.check()
        monkeypatch.setattr(Remote, "move", moved)
        team.now += timedelta(minutes=1)
        lock.check()
        team.now += LIFE / 2
        lock.check()
    assert team.held is None
