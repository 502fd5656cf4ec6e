"""Neither the environment nor any git configuration changes what is seen, or gets anything run."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from keyctl.history.examine import History
from tests.history.repository import ENVIRONMENT, Repository, key_file, new_repository, rules

FILE = "keys.d/mm/hedger.yaml"
TRAP = """#!/bin/sh
touch "{mark}"
cat
"""


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """A tombstone was dropped in a merge; nothing may hide that."""
    made = new_repository(tmp_path / "desk", files={FILE: key_file("DeadKey0001")})
    made.commit({FILE: key_file("LiveKey0002", revoked=["DeadKey0001"])})
    made.branch("side")
    made.commit({"keys.d/side.yaml": key_file("SideKey0003")})
    made.checkout("main")
    made.git("merge", "-q", "--no-ff", "--no-commit", "side")
    made.commit({FILE: key_file("LiveKey0002")}, "merge side")
    return made


@pytest.fixture
def trap(tmp_path: Path) -> Path:
    """A program that leaves a mark when it is run."""
    program = tmp_path / "trap.sh"
    program.write_text(TRAP.format(mark=tmp_path / "sprung"))
    program.chmod(0o755)
    return program


def settings(trap: Path) -> dict[str, str]:
    """Configuration that would hide rows, change their form, or run a program."""
    return {
        "alias.rev-list": f"!{trap}",
        "alias.diff-tree": f"!{trap}",
        "alias.cat-file": f"!{trap}",
        "color.ui": "always",
        "color.diff": "always",
        "core.abbrev": "7",
        "core.attributesFile": str(trap.parent / "attributes"),
        "core.checkStat": "minimal",
        "core.fsmonitor": str(trap),
        "core.hooksPath": str(trap.parent),
        "core.ignoreCase": "true",
        "core.pager": str(trap),
        "core.quotePath": "true",
        "core.untrackedCache": "true",
        "core.worktree": str(trap.parent),
        "diff.external": str(trap),
        "diff.ignoreSubmodules": "all",
        "diff.mnemonicPrefix": "true",
        "diff.orderFile": str(trap.parent / "no-such-order"),
        "diff.relative": "true",
        "diff.renames": "copies",
        "diff.trap.command": str(trap),
        "diff.trap.textconv": str(trap),
        "filter.trap.clean": str(trap),
        "filter.trap.process": str(trap),
        "filter.trap.required": "true",
        "filter.trap.smudge": str(trap),
        "format.pretty": "oneline",
        "log.date": "relative",
        "log.diffMerges": "off",
        "log.follow": "true",
        "log.mailmap": "true",
        "log.showRoot": "false",
        "log.showSignature": "true",
        "gpg.program": str(trap),
        "pager.rev-list": str(trap),
        "pager.diff-tree": str(trap),
        "status.showUntrackedFiles": "no",
    }


def assert_seen(history: History, trap: Path) -> None:
    assert history.verified
    assert rules(history) == ["tombstone-removed"]
    assert len(history.tombstones) == 1
    assert history.commits == 4
    assert not history.dirty
    assert not (trap.parent / "sprung").exists()


def use_everywhere(repository: Repository, trap: Path, attributes: str = "* diff=trap\n") -> None:
    """Gives all files these attributes, and makes git compare one by its content."""
    (trap.parent / "attributes").write_text(attributes)
    info = repository.path / ".git" / "info"
    info.mkdir(exist_ok=True)
    (info / "attributes").write_text(attributes)
    os.utime(repository.path / FILE, (1, 1))


def test_filters_are_refused_and_not_run(repository: Repository, trap: Path) -> None:
    for key, value in settings(trap).items():
        repository.git("config", key, value)
    use_everywhere(repository, trap, "* filter=trap\n")
    history = repository.examine()
    assert rules(history) == ["history-unverified", "tombstone-removed"]
    assert not history.dirty
    assert not (trap.parent / "sprung").exists()


def test_the_repository_s_own_configuration(repository: Repository, trap: Path) -> None:
    for key, value in settings(trap).items():
        repository.git("config", key, value)
    use_everywhere(repository, trap)
    assert_seen(repository.examine(), trap)


@pytest.mark.parametrize("which", ["GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"])
def test_the_user_s_and_the_system_s_configuration(repository: Repository, trap: Path, which: str) -> None:
    file = trap.parent / "config"
    for key, value in settings(trap).items():
        repository.git("config", "--file", str(file), key, value)
    environ = {**os.environ, which: str(file)}
    environ.pop("GIT_CONFIG_NOSYSTEM", None)
    use_everywhere(repository, trap)
    assert_seen(repository.examine(environ=environ), trap)


def test_configuration_in_the_home_folder(repository: Repository, trap: Path) -> None:
    for key, value in settings(trap).items():
        repository.git("config", "--file", str(trap.parent / ".gitconfig"), key, value)
    assert_seen(repository.examine(environ={**ENVIRONMENT, "HOME": str(trap.parent)}), trap)


def test_configuration_in_the_environment(repository: Repository, trap: Path) -> None:
    environ = dict(ENVIRONMENT)
    rows = settings(trap)
    for number, (key, value) in enumerate(rows.items()):
        environ |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    environ["GIT_CONFIG_COUNT"] = str(len(rows))
    environ["GIT_CONFIG_PARAMETERS"] = "'log.diffmerges'='off' 'core.worktree'='/'"
    assert_seen(repository.examine(environ=environ), trap)


def test_the_rest_of_the_environment(repository: Repository, trap: Path, tmp_path: Path) -> None:
    other = new_repository(tmp_path / "other")
    grafts = tmp_path / "grafts"
    grafts.write_text(repository.head() + "\n")
    environ = {
        **ENVIRONMENT,
        "GIT_ALTERNATE_OBJECT_DIRECTORIES": str(other.path / ".git" / "objects"),
        "GIT_ATTR_SOURCE": "HEAD",
        "GIT_CEILING_DIRECTORIES": str(repository.path),
        "GIT_COMMON_DIR": str(other.path / ".git"),
        "GIT_CONFIG_COUNT": "not a number",
        "GIT_DIFF_OPTS": "-u0",
        "GIT_DIR": str(other.path / ".git"),
        "GIT_EXEC_PATH": str(trap.parent),
        "GIT_EXTERNAL_DIFF": str(trap),
        "GIT_GLOB_PATHSPECS": "1",
        "GIT_GRAFT_FILE": str(grafts),
        "GIT_ICASE_PATHSPECS": "1",
        "GIT_INDEX_FILE": str(tmp_path / "index"),
        "GIT_LITERAL_PATHSPECS": "1",
        "GIT_NAMESPACE": "elsewhere",
        "GIT_OBJECT_DIRECTORY": str(other.path / ".git" / "objects"),
        "GIT_PAGER": str(trap),
        "GIT_PREFIX": "keys.d/",
        "GIT_REPLACE_REF_BASE": "refs/elsewhere/",
        "GIT_SHALLOW_FILE": str(grafts),
        "GIT_TRACE": str(tmp_path / "trace"),
        "GIT_TRACE2_EVENT": str(tmp_path / "trace"),
        "GIT_WORK_TREE": str(other.path),
        "LC_ALL": "de_DE.UTF-8",
    }
    assert_seen(repository.examine(environ=environ), trap)
    assert not (tmp_path / "trace").exists()


@pytest.mark.parametrize(
    "name", ["--all", "-x", "--output=stolen", "main..side", "main^", "@{-1}", "a b", "main:keys.d"]
)
def test_names_of_branches_that_git_could_take_for_something_else(repository: Repository, name: str) -> None:
    history = repository.examine(protected=name)
    assert not history.verified
    assert "no name of a branch" in "".join(finding.message for finding in history.findings)
    assert not (repository.path / "stolen").exists()


def test_a_branch_with_an_option_s_name_is_still_not_an_option(repository: Repository) -> None:
    (repository.path / ".git" / "refs" / "heads" / "--all").write_text(repository.head() + "\n")
    assert not repository.examine(protected="--all").verified


def test_a_ref_named_like_an_object_does_not_stand_for_it(repository: Repository) -> None:
    repository.git("update-ref", "refs/heads/HEAD", "HEAD~1")
    repository.git("tag", "main", "HEAD~1")
    repository.git("tag", repository.head(), "HEAD~1")
    assert rules(repository.examine()) == ["tombstone-removed"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a repository to somebody else")
def test_a_repository_of_somebody_else_needs_the_caller_s_trust(repository: Repository, trap: Path) -> None:
    for folder, _, files in os.walk(repository.path):
        os.chown(folder, 12345, 12345)
        for name in files:
            os.chown(Path(folder) / name, 12345, 12345)
    history = repository.examine()
    assert not history.verified
    assert "dubious ownership" in "".join(finding.message for finding in history.findings)
    trusting = trap.parent / "trusting"
    repository.git("config", "--file", str(trusting), "safe.directory", str(repository.path))
    trusted = repository.examine(environ={**ENVIRONMENT, "GIT_CONFIG_GLOBAL": str(trusting)})
    assert_seen(trusted, trap)
    numbered = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*"}
    assert_seen(repository.examine(environ={**ENVIRONMENT, **numbered}), trap)
