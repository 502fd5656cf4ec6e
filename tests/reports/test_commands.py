"""Every format, out of the commands, with the paths that the repository has."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from xml.etree import ElementTree

import pytest

from keyctl.reports.formats import names
from tests.cli.conftest import CHECKOUT, Serve, example, serve
from tests.cli.program import keyctl
from tests.history.repository import Repository

__all__ = ["example", "serve"]
QUOTES = "keys.d/hedger/hedger-quotes.yaml"


def everywhere(folder: str) -> list[str]:
    return [word for name in names() for word in ("--output", f"{name}={folder}/out.{name}")]


def test_validate_writes_all_of_them_also_when_the_files_are_wrong(example: Repository, tmp_path: Path) -> None:
    (example.path / QUOTES).write_text("account: nobody\n")
    assert keyctl("validate", *everywhere(str(tmp_path))).status == 1
    assert all((tmp_path / f"out.{name}").stat().st_size for name in names())
    issues = json.loads((tmp_path / "out.codequality").read_text())
    assert QUOTES in {issue["location"]["path"] for issue in issues}


@pytest.mark.parametrize("name", names())
def test_each_is_what_stdout_gets(example: Repository, name: str, tmp_path: Path) -> None:
    ran = keyctl("validate", "--format", name, "--output", f"{name}={tmp_path}/file")
    assert ran.status == 0
    assert name == "text" or ran.out == (tmp_path / "file").read_text()


def test_paths_are_the_repository_s_where_the_registry_lies_in_a_folder(
    example: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = example.path / "ops" / "desk"
    folder.mkdir(parents=True)
    for part in ("registry", "keys.d", "schemas"):
        (example.path / part).rename(folder / part)
    (folder / QUOTES).write_text("account: nobody\n")
    monkeypatch.chdir(folder)
    for arguments in (["validate"], ["validate", "--no-history"], ["validate", "--registry", str(folder)]):
        issues = json.loads(keyctl(*arguments, "--format", "codequality").out)
        assert f"ops/desk/{QUOTES}" in {issue["location"]["path"] for issue in issues}
    (run,) = json.loads(keyctl("validate", "--format", "sarif").out)["runs"]
    uris = {one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for one in run["results"]}
    assert f"ops/desk/{QUOTES}" in uris
    assert all((example.path / uri).is_file() for uri in uris)
    assert QUOTES in {one["path"] for one in json.loads(keyctl("validate", "--format", "json").out)["findings"]}


def test_reconcile_writes_all_of_them(example: Repository, serve: Serve, tmp_path: Path) -> None:
    serve("demo")
    ran = keyctl("reconcile", *everywhere(str(tmp_path)), "--format", "junit")
    assert ran.status == 3
    assert ElementTree.fromstring(ran.out).findall(".//failure")
    assert all((tmp_path / f"out.{name}").stat().st_size for name in names())
    assert 'keyctl_exit_status{keyctl_exit_status="blocked"} 1' in (tmp_path / "out.openmetrics").read_text()


def test_a_registry_outside_git_has_its_own_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for part in ("registry", "keys.d"):
        shutil.copytree(CHECKOUT / part, tmp_path / part)
    (tmp_path / "registry" / "apps.yaml").unlink()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    issues = json.loads(keyctl("validate", "--no-history", "--format", "codequality").out)
    assert issues and all(not issue["location"]["path"].startswith(("/", "..")) for issue in issues)
