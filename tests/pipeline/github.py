"""The ``run`` steps of a GitHub workflow, taken out of it and run by bash; actions of others are left out."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from tests.history.repository import ENVIRONMENT, Repository
from tests.pipeline.gitlab import path


def workflow(file: Path) -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load(file.read_text("utf-8"))
    return read


def run_job(
    file: Path,
    name: str,
    clone: Repository,
    event: str,
    secrets: Mapping[str, str] | None = None,
    context: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str] | None:
    """The job's steps one after the other, in the clone; None when the event does not start it. keyctl is installed.
    ``context`` gives values to expressions such as ``inputs.key``."""
    context = context or {}
    described = workflow(file)
    job = described["jobs"][name]
    if not _holds(job.get("if"), event, context):
        return None
    scratch = clone.path.parent / f"scratch-{name}"
    scratch.mkdir(exist_ok=True)
    environment = {**ENVIRONMENT, **described["env"], "KEYCTL_INSTALL": "true", "KEYCTL_PROTECTED_BRANCH": "main"}
    environment |= {"PATH": path(), "HOME": str(scratch), "RUNNER_TEMP": str(scratch), **(secrets or {})}
    environment["GITHUB_STEP_SUMMARY"] = str(clone.path.parent / "summary.md")
    steps = [step for step in job["steps"] if "run" in step and _holds(step.get("if"), event, context)]
    script = ""
    for step in steps:
        given = {name: context.get(text[4:-3], "") for name, text in step.get("env", {}).items()}
        words = " ".join(shlex.quote(f"{name}={value}") for name, value in given.items())
        # Each step is a shell of its own, and the first that fails is the last.
        script += f"env {words} bash -e <<'KEYCTL-STEP' || exit\n{step['run']}\nKEYCTL-STEP\n"
    return subprocess.run(
        ["bash", "-c", script],
        cwd=clone.path,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )


def _holds(condition: str | None, event: str, context: Mapping[str, str]) -> bool:
    """Whether a step or job runs; a condition that is not known here is an error."""
    merge_request = event == "pull_request"
    known: dict[str | None, bool] = {
        None: True,
        "always()": True,
        "github.event_name == 'pull_request'": merge_request,
        "github.event_name != 'pull_request'": not merge_request,
        "always() && github.event_name != 'pull_request'": not merge_request,
        "github.event_name == 'schedule' && vars.KEYCTL_UNATTENDED == 'reductions'": (
            event == "schedule" and context.get("vars.KEYCTL_UNATTENDED") == "reductions"
        ),
        **{
            f"github.event_name == 'workflow_dispatch' && inputs.do == '{what}'": (
                event == "workflow_dispatch" and context.get("inputs.do") == what
            )
            for what in ("apply", "revoke")
        },
    }
    return known[condition]
