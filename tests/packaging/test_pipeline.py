"""The scripts of .gitlab-ci.yml, taken out of it and run by bash in a fresh clone, so that they can't rot."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.packaging.checkout import ROOT, copy_to


def pipeline() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((ROOT / ".gitlab-ci.yml").read_text(encoding="utf-8"))
    return read


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone as a runner makes it: HEAD is detached, and there is no branch but the remote's."""
    origin = copy_to(tmp_path_factory.mktemp("origin"))
    who = {"GIT_AUTHOR_NAME": "Desk", "GIT_AUTHOR_EMAIL": "desk@desk.example"}
    who |= {"GIT_COMMITTER_NAME": "Desk", "GIT_COMMITTER_EMAIL": "desk@desk.example"}

    def git(*arguments: str, folder: Path = origin) -> None:
        subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, env={**os.environ, **who})

    git("init", "--initial-branch=main")
    git("add", "--all")
    git("commit", "--message=everything")
    runner = tmp_path_factory.mktemp("runner") / "clone"
    git("clone", str(origin), str(runner))
    git("checkout", "--detach", folder=runner)
    git("branch", "--delete", "main", folder=runner)
    return runner


def run_job(name: str, clone: Path) -> subprocess.CompletedProcess[str]:
    """The job's commands in one shell, as a runner joins them; only the set-up is left out: it has happened."""
    described = pipeline()
    before = [line for line in described["default"]["before_script"] if "dev.py setup" not in line]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("KEYCTL_", "CI", "GIT_"))}
    environment |= {"CI": "true", "CI_DEFAULT_BRANCH": "main", "XDG_CACHE_HOME": str(clone.parent / "cache")}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    return subprocess.run(
        ["bash", "-eo", "pipefail", "-c", "\n".join([*before, *described[name]["script"]])],
        cwd=clone,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )


def test_the_validate_job_finds_the_worked_example_valid(clone: Path) -> None:
    done = run_job("validate", clone)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_reconcile_job_finds_the_worked_example_in_sync_and_leaves_its_reports(clone: Path) -> None:
    done = run_job("reconcile", clone)
    assert done.returncode == 0, done.stdout + done.stderr
    document = json.loads((clone / "reports" / "reconcile.json").read_text(encoding="utf-8"))
    assert document["exit_reasons"] == []
    assert document["dirty"] is False
    assert {key["status"] for key in document["keys"]} <= {"in-sync", "ended", "unissued"}
    assert (clone / "reports" / "reconcile.md").stat().st_size > 0


def test_the_reconcile_job_stops_the_sandbox_that_it_started(clone: Path) -> None:
    done = run_job("reconcile", clone)
    assert "sandbox serve" in "".join(pipeline()["reconcile"]["script"])
    assert not [line for line in processes() if "sandbox serve" in line and str(clone) in line], done.stderr


def processes() -> list[str]:
    """Command line and working directory of everything that runs here."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            found.append(f"{words} {(process / 'cwd').readlink()}")
        except OSError:  # it has ended
            continue
    return found


def test_every_job_sees_the_whole_history_and_the_protected_branch() -> None:
    described = pipeline()
    assert described["variables"]["GIT_DEPTH"] == "0"
    assert described["default"]["before_script"][0].startswith("git fetch origin ")
    jobs = {name: job for name, job in described.items() if isinstance(job, dict) and "script" in job}
    assert set(jobs) == {"test", "validate", "reconcile"}
    assert not [name for name, job in jobs.items() if "before_script" in job or "GIT_DEPTH" in job.get("variables", {})]
