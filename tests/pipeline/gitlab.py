"""GitLab's pipelines run for real on this machine, by gitlab-ci-local: each job in a copy of the commit, in a shell."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import NoReturn

import pytest

from tests.history.repository import ENVIRONMENT, Repository
from tests.node import NODE, npm_install

VERSION = "4.75.1"
_ENDED = re.compile(r"(?m)^(\S+) +finished in [\d.]+ \w+(?: +(?:FAIL|WARN) (\d+))?")


class Trigger(Enum):
    """What starts a pipeline, in GitLab's words."""

    MERGE_REQUEST = "merge_request_event"
    PUSH = "push"
    SCHEDULE = "schedule"

    @property
    def variables(self) -> dict[str, str]:
        """The predefined variables that say so."""
        told = {"CI_PIPELINE_SOURCE": self.value}
        return {**told, "CI_MERGE_REQUEST_IID": "7"} if self is Trigger.MERGE_REQUEST else told


@dataclass(frozen=True, slots=True)
class Pipeline:
    """One that has ended. ``jobs`` are those that ran, each with its exit status."""

    passed: bool
    said: str
    jobs: dict[str, int]
    folder: Path

    def report(self, job: str, path: str) -> Path:
        """A file that a job left in its copy, where a runner would collect it."""
        return self.folder / ".gitlab-ci-local" / "builds" / job / path

    def kept(self, job: str) -> set[str]:
        """The artifacts under ``paths`` that the job handed over."""
        folder = self.folder / ".gitlab-ci-local" / "artifacts" / job
        return {file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()}


@dataclass(frozen=True, slots=True)
class GitLab:
    """The installed program, and the home that it runs in."""

    program: Path
    home: Path

    def run(
        self,
        clone: Repository,
        trigger: Trigger,
        *jobs: str,
        manual: Sequence[str] = (),
        variables: Mapping[str, str] | None = None,
        secrets: Mapping[str, str] | None = None,
    ) -> Pipeline:
        """Runs the pipeline of what is checked out, or only the jobs that are named; keyctl is installed already.

        ``variables`` are those that a person gives when starting it, ``secrets`` those of the project's settings.
        """
        given = {"KEYCTL_INSTALL": "true", **trigger.variables, **(variables or {})}
        words = ["--force-shell-executor", "--shell-isolation", "--no-artifacts-to-source", "--no-color"]
        words += ["--home", str(self.home), "--ignore-predefined-vars", ",".join(trigger.variables)]
        words += [word for name, value in given.items() for word in ("--variable", f"{name}={value}")]
        words += [word for name in manual for word in ("--manual", name)]
        shutil.rmtree(clone.path / ".gitlab-ci-local" / "builds", ignore_errors=True)
        done = subprocess.run(
            [NODE, self.program, *words, *jobs],
            cwd=clone.path,
            env={**ENVIRONMENT, "PATH": path(), "HOME": str(self.home), **(secrets or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            check=False,
            timeout=200,
        )
        ended = {name: int(status or 0) for name, status in _ENDED.findall(done.stdout)}
        ended.pop("pipeline", None)
        return Pipeline(done.returncode == 0, done.stdout, ended, clone.path)


def path() -> str:
    """A PATH on which this environment's keyctl comes first."""
    return os.pathsep.join([str(Path(sys.executable).parent), str(NODE.parent), ENVIRONMENT["PATH"]])


def install(folder: Path) -> GitLab:
    """gitlab-ci-local from npm in an empty folder. Without it or rsync, tests are skipped, and in CI they fail."""
    if shutil.which("rsync") is None:
        _missing("rsync is not installed; on Debian: apt install rsync")
    done = npm_install(folder, f"gitlab-ci-local@{VERSION}")
    if done.returncode:
        _missing(f"npm can't install gitlab-ci-local: {done.stderr[-500:]}")
    home = folder / "home"
    home.mkdir()
    return GitLab(folder / "node_modules" / "gitlab-ci-local" / "dist" / "index.js", home)


def _missing(reason: str) -> NoReturn:
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)
