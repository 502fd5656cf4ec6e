"""The demo tells its story to the end, wherever it is started from."""

from __future__ import annotations

from pathlib import Path

import pytest

from keyctl.cli import story_acting
from keyctl.model.attempt import Outcome
from keyctl.sandbox.invented import CANARY
from tests.cli.program import keyctl


def test_the_demo_comes_out_as_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("KEYCTL_JOURNAL", str(tmp_path / "journal"))
    monkeypatch.setenv("KEYCTL_CREDENTIALS", str(tmp_path / "nowhere"))
    ran = keyctl("demo")
    assert ran.status == 0, ran.out + ran.err
    assert "NOT AS TOLD" not in ran.out
    assert list(tmp_path.iterdir()) == [], "nothing is left behind, and no setting of the person's takes part"
    assert CANARY not in ran.out + ran.err
    acting = ran.out[ran.out.index("\n4. Plan and apply") : ran.out.index("\n6. ")]
    assert [line for line in acting.splitlines() if len(line) > 80 and "/" not in line] == []
    for told in ("6 actions: 5 done, 1 by-hand", "by hand: update ledger", "exit status 2", "secret is in file:"):
        assert told in acting


def test_what_does_not_come_out_as_told_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(story_acting.ENDS, "update ledger", Outcome.DONE)
    ran = keyctl("demo")
    assert ran.status == 1 and "NOT AS TOLD: each action ends as it should" in ran.out


def test_a_kept_copy_is_a_registry_that_validates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert keyctl("demo", "--dir", "scratch").status == 0
    assert keyctl("validate", "--registry", "scratch", "--protected", "main").status == 3, "the stale branch is out"
    assert keyctl("demo", "--dir", "scratch").status == 1, "it never writes into a folder that holds something"


def test_it_never_works_on_another_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    ran = keyctl("demo", "--dir", "scratch")
    assert ran.status == 1 and "unset GIT_DIR" in ran.err
    assert not (tmp_path / "elsewhere").exists()
