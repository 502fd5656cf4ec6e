"""The pipeline that init writes, run as GitLab runs it: for a merge request, a push to main, a schedule, by hand."""

from __future__ import annotations

import json
from pathlib import Path

from keyctl.sandbox.running import running
from tests.cli.program import keyctl
from tests.history.repository import Repository
from tests.pipeline.collected import collect, comparison
from tests.pipeline.desk import QUOTES, clone_of, secrets, widen
from tests.pipeline.gitlab import GitLab, Trigger

NO_ANCHOR = "No anchor of an earlier run"


def test_a_merge_request_is_told_what_it_changes_and_needs_no_secret(gitlab: GitLab, clone: Repository) -> None:
    widen(clone)
    ran = gitlab.run(clone, Trigger.MERGE_REQUEST)
    assert ran.passed, ran.said
    assert ran.jobs == {"validate": 0, "fmt": 0, "review": 0}
    reports = collect(ran, "review")
    assert set(reports) == {"codequality", "junit", "terraform"}
    assert reports["terraform"] == {"create": 0, "update": 1, "delete": 0}
    assert any("203.0.113.99" in issue["description"] for issue in reports["codequality"])
    assert {issue["location"]["path"] for issue in reports["codequality"]} == {QUOTES}
    assert ran.kept("review") == {"reports/review.md"}
    told = ran.report("review", "reports/review.md").read_text("utf-8")
    assert "hedger-quotes" in told and "203.0.113.99" in told and "escalation" in told
    assert {issue["severity"] for issue in collect(ran, "validate")["codequality"]} <= {"info"}


def test_a_merge_request_that_drops_a_tombstone_is_stopped_and_its_reports_say_why(
    gitlab: GitLab, clone: Repository
) -> None:
    clone.branch("forget")
    lines = (clone.path / QUOTES).read_text("utf-8").splitlines(keepends=True)
    clone.write({QUOTES: "".join(line for line in lines if not line.startswith(("revoked:", "  - {id:")))})
    clone.git("commit", "-q", "-a", "-m", "tidy up")
    ran = gitlab.run(clone, Trigger.MERGE_REQUEST)
    assert not ran.passed
    assert ran.jobs == {"validate": 3, "fmt": 0, "review": 3}
    for job in ("validate", "review"):
        reports = collect(ran, job)
        assert [issue["severity"] for issue in reports["codequality"]].count("blocker")
        assert reports["junit"].find("testsuite/testcase/failure") is not None


def test_main_is_reconciled_and_its_reports_are_what_gitlab_takes(gitlab: GitLab, clone: Repository) -> None:
    with running("example") as sandbox:
        ran = gitlab.run(clone, Trigger.PUSH, secrets=secrets(sandbox, "example"))
    assert ran.passed, ran.said
    assert ran.jobs == {"validate": 0, "fmt": 0, "reconcile": 0, "plan": 0, "anchor": 0}
    reports = collect(ran, "reconcile")
    assert {issue["severity"] for issue in reports["codequality"]} <= {"info"}
    assert collect(ran, "plan") == {"terraform": {"create": 0, "update": 0, "delete": 0}}
    assert "keyctl_exit_status" in reports["metrics"]
    document = comparison(ran.report("reconcile", "reports/reconcile.json"))
    assert document["exit_reasons"] == [] and document["partial"] is False and document["dirty"] is False
    assert document["commit"] == clone.head()
    assert ran.kept("reconcile") == {"reports/reconcile.json", "reports/reconcile.md"}


def test_a_schedule_after_a_bad_week_ends_with_3_and_leaves_its_reports(gitlab: GitLab, clone: Repository) -> None:
    with running("demo") as sandbox:
        ran = gitlab.run(clone, Trigger.SCHEDULE, secrets=secrets(sandbox, "demo"))
    assert not ran.passed
    assert ran.jobs == {"validate": 0, "fmt": 0, "reconcile": 3, "anchor": 0}
    reports = collect(ran, "reconcile")
    assert "blocker" in {issue["severity"] for issue in reports["codequality"]}
    assert reports["junit"].find("testsuite/testcase/failure") is not None
    document = comparison(ran.report("reconcile", "reports/reconcile.json"))
    assert document["exit_reasons"][0] == "blocked"
    assert "reactivated" in {key["status"] for key in document["keys"]}
    assert ran.kept("reconcile") == {"reports/reconcile.json", "reports/reconcile.md"}


def test_without_credentials_main_is_incomplete_never_in_sync(gitlab: GitLab, clone: Repository) -> None:
    ran = gitlab.run(clone, Trigger.PUSH, "reconcile")
    assert not ran.passed
    assert ran.jobs == {"reconcile": 4}
    assert "in-sync" not in {
        key["status"] for key in comparison(ran.report("reconcile", "reports/reconcile.json"))["keys"]
    }


def test_the_anchor_is_kept_from_run_to_run_and_finds_a_rewritten_main(gitlab: GitLab, clone: Repository) -> None:
    first = gitlab.run(clone, Trigger.PUSH, "validate", "anchor")
    assert first.passed and NO_ANCHOR in first.said, first.said
    anchor = json.loads((clone.path / ".gitlab-ci-local/artifacts/anchor/.keyctl/anchor.json").read_text("utf-8"))
    assert anchor["commit"] == clone.head() and anchor["revoked"]

    second = gitlab.run(clone, Trigger.PUSH, "validate", "anchor")
    assert second.passed and NO_ANCHOR not in second.said, second.said

    clone.git("reset", "-q", "--hard", "HEAD~1")
    clone.git("push", "-q", "--force", "origin", "main")
    rewritten = gitlab.run(clone, Trigger.PUSH)
    assert not rewritten.passed
    assert rewritten.jobs == {"validate": 3, "fmt": 0, "reconcile": 3}, "what validate finds does not hide the rest"
    assert "anchor-broken" in rewritten.said


def test_an_anchor_is_not_replaced_by_one_that_has_lost_something(gitlab: GitLab, clone: Repository) -> None:
    assert gitlab.run(clone, Trigger.PUSH, "anchor").passed
    kept = clone.path / ".gitlab-ci-local/cache/keyctl-anchor/.keyctl/anchor.json"
    before = kept.read_bytes()
    clone.git("reset", "-q", "--hard", "HEAD~1")
    clone.git("push", "-q", "--force", "origin", "main")
    assert gitlab.run(clone, Trigger.PUSH, "anchor").jobs == {"anchor": 3}
    assert kept.read_bytes() == before


def test_a_merge_request_reads_an_anchor_and_never_writes_one(gitlab: GitLab, clone: Repository) -> None:
    widen(clone)
    assert gitlab.run(clone, Trigger.MERGE_REQUEST).passed
    assert not (clone.path / ".gitlab-ci-local" / "cache").exists()


def test_a_manual_job_never_starts_by_itself(gitlab: GitLab, clone: Repository) -> None:
    for trigger in Trigger:
        ran = gitlab.run(clone, trigger)
        assert ran.jobs and not {"apply", "reduce", "revoke"} & set(ran.jobs)


def test_a_registry_in_a_folder_of_another_project_passes_from_its_first_commit(gitlab: GitLab, tmp_path: Path) -> None:
    project = Repository(tmp_path / "project")
    project.path.mkdir()
    project.git("init", "-q", "-b", "main")
    project.commit({"README.md": "# The desk's infrastructure\n"}, "begin")
    assert keyctl("init", str(project.path / "ops" / "keys")).status == 0
    project.commit(message="the registry")
    ran = gitlab.run(clone_of(project, tmp_path), Trigger.PUSH)
    assert ran.passed, ran.said
    assert ran.jobs == {"validate": 0, "fmt": 0, "reconcile": 0, "plan": 0, "anchor": 0}
