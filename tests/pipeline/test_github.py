"""The workflow that init writes for GitHub: its steps, run by bash."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from keyctl.sandbox.invented import CANARY
from keyctl.sandbox.running import running
from tests.history.repository import ENVIRONMENT, Repository
from tests.pipeline import desk
from tests.pipeline.forge import TOKEN, Forge, forge
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


@pytest.fixture
def acting(fork: Repository) -> Iterator[tuple[Forge, Callable[..., dict[str, int]]]]:
    """The forge that the fork comes from, and what runs jobs of it after a bad week and tells how they ended."""
    with running("demo") as sandbox, forge(Repository(fork.path.parent / "origin.git")) as served:
        fork.git("remote", "set-url", "origin", served.url)

        def run(event: str, *jobs: str, **given: str) -> dict[str, int]:
            context = {name.replace("__", "."): text for name, text in given.items()} | {"github.token": TOKEN}
            ran = {
                job: run_job(fork.path / WORKFLOW, job, fork, event, desk.secrets(sandbox, "demo"), context)
                for job in jobs
            }
            for done in ran.values():
                assert done is None or CANARY not in done.stdout + done.stderr
            return {job: done.returncode for job, done in ran.items() if done}

        yield served, run


def outcomes(fork: Repository, report: str) -> dict[str, str]:
    rows = json.loads((fork.path / "reports" / f"{report}.json").read_text("utf-8"))["outcomes"]
    return {f"{row['op']} {row['key']}": row["outcome"] for row in rows}


def test_apply_is_started_by_hand_and_does_its_plan(
    fork: Repository, acting: tuple[Forge, Callable[..., dict[str, int]]]
) -> None:
    served, run = acting
    assert run("push", "plan", "apply", "reduce", "revoke") == {}
    assert run("workflow_dispatch", "plan", "apply", "reduce", "revoke", inputs__do="apply") == {"plan": 0, "apply": 2}
    done = [name for name, end in outcomes(fork, "apply").items() if end == "done"]
    assert len(done) == 5 and "delete arbitrage-perps" in done
    refs = served.refs()
    assert (
        refs["refs/heads/main"] == refs["refs/keyctl/applied"] == fork.head() and "refs/heads/keyctl/write-back" in refs
    )
    assert list((fork.path / "reports" / "journal").glob("*.jsonl"))


def test_a_schedule_acts_only_where_the_repository_says_so(
    fork: Repository, acting: tuple[Forge, Callable[..., dict[str, int]]]
) -> None:
    _, run = acting
    assert run("schedule", "plan", "apply", "reduce", "revoke") == {}
    assert run("schedule", "reduce", vars__KEYCTL_UNATTENDED="reductions") == {"reduce": 2}
    assert "delete arbitrage-perps" not in outcomes(fork, "apply") and "delete hedger-quotes" in outcomes(fork, "apply")


def test_revoke_takes_what_a_person_typed_as_words(
    fork: Repository, acting: tuple[Forge, Callable[..., dict[str, int]]]
) -> None:
    served, run = acting
    given = {"inputs__do": "revoke", "inputs__key": "hedger-perps"}
    assert run("workflow_dispatch", "revoke", **given, inputs__reason="") == {"revoke": 64}
    assert run("workflow_dispatch", "revoke", **{**given, "inputs__key": "--app=hedger"}, inputs__reason="x") == {
        "revoke": 1
    }
    assert run("workflow_dispatch", "revoke", **given, inputs__reason="leaked $(touch pwned); touch pwned") == {
        "revoke": 0
    }
    assert outcomes(fork, "revoke") == {"delete hedger-perps": "done"} and not list(fork.path.rglob("pwned"))
    assert any(name.startswith("refs/heads/keyctl/revoke-hedger-perps") for name in served.refs())


def test_only_jobs_that_ask_exchanges_are_in_an_environment_and_only_those_that_act_may_write(fork: Repository) -> None:
    described = workflow(fork.path / WORKFLOW)
    environments = {name: job["environment"] for name, job in described["jobs"].items() if "environment" in job}
    assert environments == {
        **dict.fromkeys(("reconcile", "plan"), "exchanges"),
        **dict.fromkeys(("apply", "revoke"), "exchanges-write"),
        "reduce": "exchanges-unattended",
    }
    assert described["permissions"] == {"contents": "read"}
    assert {name for name, job in described["jobs"].items() if "permissions" in job} == {"apply", "reduce", "revoke"}
    for job in described["jobs"].values():
        assert not any("${{" in step.get("run", "") for step in job["steps"]), "no expression is part of a script"
        (checkout,) = [step for step in job["steps"] if step.get("uses", "").startswith("actions/checkout@")]
        assert checkout["with"] == {"fetch-depth": 0, "persist-credentials": False}
