"""The workflow that init writes for GitHub: its steps, run by bash."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from keyctl.sandbox.running import running
from tests.history.repository import ENVIRONMENT, Repository
from tests.pipeline import desk
from tests.pipeline.github import run_job, workflow

WORKFLOW = ".github/workflows/keyctl.yml"


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        return desk.make(tmp_path_factory.mktemp("hub"), "github")


@pytest.fixture
def fork(hub: Repository, tmp_path: Path) -> Repository:
    return desk.clone_of(hub, tmp_path)


def test_a_pull_request_is_told_what_it_changes_and_reads_no_exchange(fork: Repository) -> None:
    desk.widen(fork)
    file = fork.path / WORKFLOW
    assert run_job(file, "reconcile", fork, "pull_request") is None
    done = run_job(file, "validate", fork, "pull_request")
    assert done is not None and done.returncode == 0, done
    assert "203.0.113.99" in (fork.path.parent / "summary.md").read_text("utf-8")
    assert not (fork.path / ".keyctl").exists()


@pytest.mark.parametrize(("scenario", "status"), [("example", 0), ("demo", 3)])
def test_what_was_merged_is_reconciled_and_its_reports_are_left(fork: Repository, scenario: str, status: int) -> None:
    with running(scenario) as sandbox:
        done = run_job(fork.path / WORKFLOW, "reconcile", fork, "schedule", desk.secrets(sandbox, scenario))
    assert done is not None and done.returncode == status, done
    assert (fork.path / "reports" / "reconcile.md").stat().st_size
    assert json.loads((fork.path / "reports" / "reconcile.json").read_text("utf-8"))["commit"] == fork.head()


def test_an_anchor_is_left_for_the_next_run_which_finds_a_rewritten_main(fork: Repository) -> None:
    file = fork.path / WORKFLOW
    first = run_job(file, "validate", fork, "push")
    assert first is not None and first.returncode == 0 and "No anchor" in first.stdout, first
    assert (fork.path / ".keyctl" / "anchor.json").is_file()
    fork.git("reset", "-q", "--hard", "HEAD~1")
    fork.git("push", "-q", "--force", "origin", "main")
    second = run_job(file, "validate", fork, "push")
    assert second is not None and second.returncode == 3 and "anchor-broken" in second.stdout, second


def test_only_the_job_that_reads_exchanges_is_in_their_environment(fork: Repository) -> None:
    described = workflow(fork.path / WORKFLOW)
    assert [name for name, job in described["jobs"].items() if "environment" in job] == ["reconcile"]
    assert described["permissions"] == {"contents": "read"}
    for job in described["jobs"].values():
        (checkout,) = [step for step in job["steps"] if step.get("uses", "").startswith("actions/checkout@")]
        assert checkout["with"] == {"fetch-depth": 0, "persist-credentials": False}
