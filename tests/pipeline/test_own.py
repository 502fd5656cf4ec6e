"""This project's own pipelines: GitLab's is run by gitlab-ci-local, GitHub's steps by bash, so that they can't rot."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.history.repository import Repository
from tests.packaging.checkout import ROOT, copy_to
from tests.pipeline.collected import collect, comparison
from tests.pipeline.desk import clone_of, widen
from tests.pipeline.github import run_job, workflow
from tests.pipeline.gitlab import GitLab, Trigger


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    origin = Repository(copy_to(tmp_path_factory.mktemp("project")))
    origin.git("init", "-q", "-b", "main")
    origin.commit(message="everything")
    return origin


@pytest.fixture
def checkout(project: Repository, tmp_path: Path) -> Repository:
    return clone_of(project, tmp_path)


def test_main_is_validated_and_the_worked_example_is_in_sync(gitlab: GitLab, checkout: Repository) -> None:
    ran = gitlab.run(checkout, Trigger.PUSH, "validate", "fmt", "reconcile", "plan", "anchor")
    assert ran.passed, ran.said
    assert ran.jobs == {"validate": 0, "fmt": 0, "reconcile": 0, "plan": 0, "anchor": 0}
    assert set(collect(ran, "reconcile")) == {"codequality", "junit", "metrics"}
    assert collect(ran, "plan") == {"terraform": {"create": 0, "update": 0, "delete": 0}}
    document = comparison(ran.report("reconcile", "reports/reconcile.json"))
    assert document["exit_reasons"] == [] and document["dirty"] is False
    assert {key["status"] for key in document["keys"]} <= {"in-sync", "ended", "unissued"}


def test_a_merge_request_is_reviewed(gitlab: GitLab, checkout: Repository) -> None:
    widen(checkout)
    ran = gitlab.run(checkout, Trigger.MERGE_REQUEST, "validate", "fmt", "review")
    assert ran.passed, ran.said
    assert "203.0.113.99" in ran.report("review", "reports/review.md").read_text("utf-8")


@pytest.mark.timeout(300)  # two pipelines
def test_there_is_nothing_to_apply_and_a_key_of_the_simulated_desk_can_be_revoked(
    gitlab: GitLab, checkout: Repository
) -> None:
    before = checkout.git("ls-remote", "origin")
    ran = gitlab.run(checkout, Trigger.PUSH, "validate", "plan", "apply", manual=["apply"])
    assert ran.jobs == {"validate": 0, "plan": 0, "apply": 0}, ran.said
    assert "nothing to do" in ran.said
    given = {"KEYCTL_REVOKE_KEY": "hedger-perps", "KEYCTL_REVOKE_REASON": "leaked"}
    revoked = gitlab.run(checkout, Trigger.PUSH, "revoke", manual=["revoke"], variables=given)
    assert revoked.jobs == {"revoke": 0} and "1 action: 1 done" in revoked.said, revoked.said
    assert checkout.git("ls-remote", "origin") == before, "the project itself is left alone"
    assert not sandboxes(ran.folder)


def test_github_s_workflow_is_what_its_schema_says() -> None:
    program = Path(sys.executable).parent / "check-jsonschema"
    done = subprocess.run(
        [program, "--builtin-schema", "vendor.github-workflows", ROOT / ".github" / "workflows" / "keyctl.yml"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("event", ["push", "pull_request", "schedule"])
def test_github_s_steps_pass(checkout: Repository, event: str) -> None:
    if event == "pull_request":
        widen(checkout)
    ours = ROOT / ".github" / "workflows" / "keyctl.yml"
    jobs = set(workflow(ours)["jobs"]) - {"test"}
    ran = {job: run_job(ours, job, checkout, event) for job in sorted(jobs)}
    assert {job: done.returncode for job, done in ran.items() if done} == dict.fromkeys(
        ["validate"] if event == "pull_request" else ["reconcile", "validate"], 0
    ), [done and done.stdout + done.stderr for done in ran.values()]
    summary = (checkout.path.parent / "summary.md").read_text("utf-8")
    assert ("203.0.113.99" in summary) == (event == "pull_request")
    if event != "pull_request":
        assert comparison(checkout.path / "reports" / "reconcile.json")["exit_reasons"] == []
    assert not sandboxes(checkout.path)


def sandboxes(folder: Path) -> list[str]:
    """Sandboxes that were left running in a folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            if "sandbox serve" in words and (process / "cwd").readlink().is_relative_to(folder):
                found.append(words)
        except OSError:  # it has ended
            continue
    return found
