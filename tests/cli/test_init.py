"""init: from nothing to a registry that validates."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from keyctl.registry.canonical import canonical
from keyctl.registry.files import DOCUMENTS
from tests.cli.program import keyctl
from tests.history.repository import ENVIRONMENT, Repository
from tests.packaging.checkout import ROOT


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder outside of any repository, for a person whose git knows their name."""
    home = tmp_path / "home"
    home.mkdir()
    (home / ".gitconfig").write_text("[user]\n\tname = Ada Example\n\temail = ada@desk.example\n")
    for name in (*ENVIRONMENT, "XDG_CONFIG_HOME", "KEYCTL_REGISTRY", "KEYCTL_PROTECTED_BRANCH", "CI_DEFAULT_BRANCH"):
        if name not in ("PATH", "LC_ALL"):
            monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def test_a_new_registry_validates_is_canonical_and_is_committed_by_the_person(here: Path) -> None:
    ran = keyctl("init", "desk")
    assert ran.status == 0, ran.err
    assert "committed as" in ran.out and "exchange-keyctl new" in ran.err
    desk = Repository(here / "desk")
    assert (
        desk.git("log", "--format=%an <%ae> %s")
        == "Ada Example <ada@desk.example> Begin a registry of exchange API keys"
    )
    assert desk.git("status", "--porcelain", "--ignored") == ""
    assert desk.git("branch", "--show-current") == "main"
    assert keyctl("validate", "--registry", "desk").status == 0
    assert keyctl("fmt", "--check", "--registry", "desk").status == 0
    assert keyctl("reconcile", "--registry", "desk").status == 0
    for path, name in DOCUMENTS.items():
        data = (here / "desk" / path).read_bytes()
        assert canonical(data, name) == data


def test_the_folder_one_stands_in_is_taken_when_none_is_named(here: Path) -> None:
    (here / "notes.txt").write_text("mine")
    assert keyctl("init").status == 0
    assert keyctl("validate").status == 0
    assert Repository(here).git("status", "--porcelain") == "?? notes.txt", "only what init made is committed"


def test_every_registry_has_an_id_of_its_own(here: Path) -> None:
    ids = set()
    for name in ("a", "b"):
        assert keyctl("init", name).status == 0
        ids.add(yaml.safe_load((here / name / "registry" / "registry.yaml").read_text())["id"])
    assert len(ids) == 2


def test_schemas_are_those_of_the_program(here: Path) -> None:
    assert keyctl("init").status == 0
    shipped = {file.name: file.read_bytes() for file in (here / "schemas").iterdir()}
    assert shipped == {name: (ROOT / "schemas" / name).read_bytes() for name in shipped}
    assert "key.schema.json" in shipped


def test_nobody_is_the_author_where_git_knows_no_name(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (here.parent / "home" / ".gitconfig").unlink()
    ran = keyctl("init")
    assert ran.status == 0 and "git knows no name" in ran.err
    assert Repository(here).git("log", "--format=%an") == "keyctl"


def test_neither_hooks_nor_templates_nor_signing_of_the_person_s_configuration_run(here: Path) -> None:
    home = here.parent / "home"
    hooks = home / "template" / "hooks"
    hooks.mkdir(parents=True)
    for hook in (hooks / "pre-commit", home / "pre-commit"):
        hook.write_text(f"#!/bin/sh\ntouch {here.parent}/ran\nexit 1\n")
        hook.chmod(0o755)
    with (home / ".gitconfig").open("a") as configuration:
        configuration.write(f"[init]\n\ttemplateDir = {home}/template\n[core]\n\thooksPath = {home}\n")
        configuration.write("[commit]\n\tgpgSign = true\n[gpg]\n\tprogram = false\n")
    assert keyctl("init").status == 0
    assert not (here.parent / "ran").exists() and not (here / ".git" / "hooks" / "pre-commit").exists()


def test_in_a_repository_files_are_added_and_nothing_is_committed(here: Path) -> None:
    project = Repository(here)
    project.git("init", "-q", "-b", "main")
    project.commit({"README.md": "mine\n", ".gitlab-ci.yml": "mine: {script: [x]}\n"}, "mine")
    head = project.head()
    ran = keyctl("init")
    assert ran.status == 0
    assert "not committed" in ran.err and ".gitlab-ci.yml was there already and was left alone" in ran.err
    assert "registry/registry.yaml\n" in ran.out and "README.md" not in ran.out
    assert (here / "README.md").read_text() == "mine\n" and (here / ".gitlab-ci.yml").read_text().startswith("mine")
    assert yaml.safe_load((here / ".gitlab" / "keyctl.gitlab-ci.yml").read_text())["validate"]
    assert project.head() == head and project.git("diff", "--cached") == ""
    assert keyctl("validate").status == 0
    project.commit(message="the registry")
    assert keyctl("validate").status == 0


def test_in_a_folder_of_a_repository_the_pipeline_stands_at_the_top_and_finds_the_registry(here: Path) -> None:
    project = Repository(here)
    project.git("init", "-q", "-b", "main")
    project.commit({"README.md": "mine\n"}, "mine")
    assert keyctl("init", "ops/keys", "--security-team", "desk/sec").status == 0
    assert (here / "ops" / "keys" / "registry" / "registry.yaml").is_file()
    pipeline = yaml.safe_load((here / ".gitlab-ci.yml").read_text())
    assert pipeline[".keyctl"]["variables"]["KEYCTL_REGISTRY"] == "ops/keys"
    assert "--registry ops/keys" in (here / ".pre-commit-config.yaml").read_text()
    assert "/ops/keys/registry/ @desk/sec" in (here / ".gitlab" / "CODEOWNERS").read_text()
    assert keyctl("validate", "--registry", "ops/keys").status == 0
    assert keyctl("fmt", "--check", "--registry", "ops/keys").status == 0


@pytest.mark.parametrize("taken", ["registry/apps.yaml", "keys.d/.gitkeep", "schemas/key.schema.json"])
def test_what_is_there_is_never_touched(here: Path, taken: str) -> None:
    (here / taken).parent.mkdir(parents=True)
    (here / taken).write_text("mine")
    ran = keyctl("init")
    assert ran.status == 1 and taken in ran.err and "nothing was written" in ran.err
    assert [file for file in here.rglob("*") if file.is_file()] == [here / taken]


def test_a_file_is_no_folder_and_a_foreign_git_is_refused(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (here / "file").write_text("")
    assert keyctl("init", "file").status == 1
    monkeypatch.setenv("GIT_DIR", str(here / "elsewhere"))
    ran = keyctl("init", "desk")
    assert ran.status == 1 and "GIT_DIR" in ran.err and not (here / "desk").exists()
    assert keyctl("init", "desk", "--security-team", "§").status == 64


def test_the_pipelines_are_what_their_schemas_say(here: Path) -> None:
    for forge, kind, file in (
        ("gitlab", "vendor.gitlab-ci", ".gitlab-ci.yml"),
        ("github", "vendor.github-workflows", ".github/workflows/keyctl.yml"),
    ):
        assert keyctl("init", forge, "--ci", forge).status == 0
        transform = ["--data-transform", "gitlab-ci"] if forge == "gitlab" else []
        checked = subprocess.run(
            [Path(sys.executable).parent / "check-jsonschema", "--builtin-schema", kind, *transform, file],
            cwd=here / forge,
            capture_output=True,
            text=True,
            check=False,
        )
        assert checked.returncode == 0, checked.stdout + checked.stderr
    assert not (here / "github" / ".gitlab").exists() and not (here / "gitlab" / ".github").exists()
    assert keyctl("validate", "--registry", "github").status == 0


def test_the_hooks_pass_and_stop_what_is_wrong(here: Path) -> None:
    assert keyctl("init").status == 0
    (hooks,) = (repo["hooks"] for repo in yaml.safe_load((here / ".pre-commit-config.yaml").read_text())["repos"])
    own = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert [hook["id"] for hook in own] == [hook["id"] for hook in hooks]
    for hook in (*hooks, *own):
        words = hook["entry"].split()
        assert words[0] == "exchange-keyctl" and keyctl(words[1:]).status == 0
        shutil.copytree("registry", "saved")
        (here / "registry" / "networks.yaml").write_text("nat: [203.0.113.999]\n")
        (here / "registry" / "apps.yaml").write_text("a: {team: b, kind: internal, countries: [NO]}\n")
        assert keyctl(words[1:]).status in (1, 2)
        shutil.rmtree("registry")
        Path("saved").rename("registry")
