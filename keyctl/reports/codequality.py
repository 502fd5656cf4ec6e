"""Findings for GitLab's code quality widget and the diff of a merge request.

One entry that its parser refuses hides all that follow; so every entry has every field, and a place.
https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
"""

from __future__ import annotations

import json
from typing import Any

from keyctl.model.finding import ExitReason, Finding, Severity
from keyctl.reports.formats import Result, Style
from keyctl.reports.placed import Placed, advice, placed
from keyctl.reports.text import plain

_SEVERITIES = {
    Severity.INFO: "info",
    Severity.WARNING: "minor",
    Severity.ERROR: "major",
    Severity.CRITICAL: "critical",
}


def render(result: Result, style: Style) -> str:
    """An array of Code Climate issues; empty when nothing was found, so that the widget says so."""
    return json.dumps([_issue(one) for one in placed(result.findings, style.prefix)], indent=2) + "\n"


def _issue(one: Placed) -> dict[str, Any]:
    return {
        "type": "issue",
        "check_name": plain(one.finding.rule),
        "description": advice(one.finding),
        "categories": ["Security"],
        "severity": severity(one.finding),
        "fingerprint": one.fingerprint,
        "location": {"path": one.path, "lines": {"begin": one.line, "end": one.line}},
    }


def severity(finding: Finding) -> str:
    """The widget's word; ``blocker`` is what blocks whatever ``--fail-on`` says."""
    return "blocker" if finding.consequence is ExitReason.BLOCKED else _SEVERITIES[finding.severity]
