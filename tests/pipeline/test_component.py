"""The CI/CD component is init's pipeline with inputs, and runs where it is included."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from keyctl.sandbox.running import running
from tests.history.repository import Repository
from tests.packaging.checkout import ROOT
from tests.pipeline.collected import collect
from tests.pipeline.desk import secrets, widen
from tests.pipeline.gitlab import GitLab, Trigger

COMPONENT = ROOT / "templates" / "keyctl" / "template.yml"
HEADER, BODY = COMPONENT.read_text("utf-8").split("\n---\n")
INPUTS: dict[str, dict[str, Any]] = yaml.safe_load(HEADER)["spec"]["inputs"]
STAGES = {name: spec for name, spec in INPUTS.items() if name.startswith("stage_")}
RENAMED = {
    "version": "1.2.3",
    "fail_on": "warning",
    "environment": "desk",
    "stage_validate": "check",
    "stage_review": "check",
    "stage_reconcile": "compare",
    "stage_apply": "act",
}


def rendered(given: dict[str, str]) -> str:
    """The jobs, with each input's value in its place, as GitLab puts it there."""
    values = {name: given.get(name, spec.get("default")) for name, spec in INPUTS.items()}
    return re.sub(r"\$\[\[ inputs\.(\w+) \]\]", lambda place: str(values[place[1]]), BODY)


def checked(text: str, folder: Path) -> subprocess.CompletedProcess[str]:
    file = folder / "ci.yml"
    file.write_text(text)
    return subprocess.run(
        [
            *(Path(sys.executable).parent / "check-jsonschema", "--builtin-schema", "vendor.gitlab-ci"),
            *("--data-transform", "gitlab-ci", file),
        ],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("given", [{"version": "1.2.3"}, RENAMED], ids=["defaults", "renamed"])
def test_it_is_what_gitlab_s_schema_says(given: dict[str, str], tmp_path: Path) -> None:
    stages = list(dict.fromkeys(given.get(name, spec.get("default")) for name, spec in STAGES.items()))
    done = checked(f"stages: {json.dumps(stages)}\n{rendered(given)}", tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    header = checked(HEADER, tmp_path)
    assert header.returncode == 0, header.stdout + header.stderr


def test_only_the_version_must_be_given_and_every_input_is_used() -> None:
    assert [name for name, spec in INPUTS.items() if "default" not in spec] == ["version"]
    assert set(re.findall(r"\$\[\[ inputs\.(\w+) \]\]", BODY)) == set(INPUTS)


def test_every_job_says_when_it_runs() -> None:
    """Without rules, a job is none of a merge request's; gitlab-ci-local does not know that, and GitLab does."""
    jobs = yaml.safe_load(rendered({"version": "1.2.3"}))
    assert jobs[".keyctl"]["rules"]
    assert [name for name, job in jobs.items() if name != ".keyctl" and job["extends"] != ".keyctl"] == []


def test_it_and_init_s_pipeline_have_the_same_jobs() -> None:
    template = (ROOT / "keyctl" / "templates" / "gitlab-ci.yml").read_text("utf-8")
    template = template.replace("KEYCTL-RELEASE", "1.2.3").replace("REGISTRY-FOLDER", ".")
    template = template.replace("$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH", '$CI_COMMIT_BRANCH == "main"')
    ours, theirs = yaml.safe_load(rendered({"version": "1.2.3"})), yaml.safe_load(template)
    # A component can't set what belongs to the pipeline that includes it, and must be told the branch.
    assert set(theirs) - set(ours) == {"stages", "workflow"}
    assert ours[".keyctl"]["variables"].pop("KEYCTL_PROTECTED_BRANCH") == "main"
    assert {name: theirs[name] for name in ours} == ours


def test_the_page_about_it_names_its_inputs_and_shows_a_pipeline_that_is_valid(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "pipeline.md").read_text("utf-8")
    (example,) = re.findall(r"(?ms)^```yaml gitlab\n(.*?)^```$", page)
    done = checked(example, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert set(yaml.safe_load(example)["include"][0]["inputs"]) == {"version"}
    assert [name for name in INPUTS if f"`{name}`" not in page] == []
    jobs = {name for name in yaml.safe_load(rendered({"version": "1.2.3"})) if not name.startswith(".")}
    assert set(re.findall(r"(?m)^\| `(\w+)` \| \w+ \|", page)) == jobs


@pytest.fixture
def including(clone: Repository) -> Repository:
    """The desk with a pipeline of its own, which includes the component under other names."""
    inputs = "".join(f"      {name}: {json.dumps(value)}\n" for name, value in RENAMED.items())
    clone.commit(
        {
            ".gitlab/component.yml": COMPONENT.read_text("utf-8"),
            ".gitlab-ci.yml": "stages: [check, compare, act]\n"
            f"include:\n  - local: .gitlab/component.yml\n    inputs:\n{inputs}",
        },
        "the component",
    )
    clone.git("push", "-q", "origin", "main")
    return clone


def test_included_with_inputs_it_runs_for_a_merge_request(gitlab: GitLab, including: Repository) -> None:
    widen(including)
    ran = gitlab.run(including, Trigger.MERGE_REQUEST)
    assert ran.jobs == {"validate": 0, "fmt": 0, "review": 2}, "an escalation is a warning, and fail_on says warning"
    assert collect(ran, "review")["codequality"]


@pytest.mark.parametrize(
    ("trigger", "scenario", "status"), [(Trigger.PUSH, "example", 0), (Trigger.SCHEDULE, "demo", 3)]
)
def test_included_with_inputs_it_reconciles(
    gitlab: GitLab, including: Repository, trigger: Trigger, scenario: str, status: int
) -> None:
    with running(scenario) as sandbox:
        ran = gitlab.run(including, trigger, secrets=secrets(sandbox, scenario))
    plan = {"plan": status} if trigger is Trigger.PUSH else {}
    assert ran.jobs == {"validate": 0, "fmt": 0, "reconcile": status, "anchor": 0, **plan}, ran.said
    assert set(collect(ran, "reconcile")) == {"codequality", "junit", "metrics"}
