"""The demo tells its story to the end, wherever it is started from."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.program import keyctl


def test_the_demo_comes_out_as_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    ran = keyctl("demo")
    assert ran.status == 0, ran.out + ran.err
    assert "NOT AS TOLD" not in ran.out
    assert list(tmp_path.iterdir()) == [], "nothing is left behind"


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
