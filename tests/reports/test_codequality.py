"""Every entry is one that GitLab takes: the first that it does not would hide the rest."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
from hypothesis import given

from keyctl.model.finding import ExitReason
from keyctl.reports.formats import Result, Style, render
from tests.reports.results import large, results

SCHEMA = json.loads((Path(__file__).parent / "schemas" / "codeclimate.schema.json").read_text("utf-8"))
VALIDATOR = jsonschema_rs.validator_for(SCHEMA)


def report(result: Result, prefix: str = "") -> Any:
    return json.loads(render("codequality", result, Style(prefix=prefix)))


@given(results)
def test_every_finding_is_an_entry_with_every_field(result: Result) -> None:
    issues = report(result, "desk/")
    assert [error.message for error in VALIDATOR.iter_errors(issues)] == []
    assert len(issues) == len(result.findings)
    assert len({issue["fingerprint"] for issue in issues}) == len(issues)
    for issue in issues:
        path = issue["location"]["path"]
        assert path.startswith("desk/") and not {"", ".", ".."} & set(path.split("/"))


@given(results)
def test_what_blocks_is_a_blocker_and_nothing_else_is(result: Result) -> None:
    for issue, finding in zip(report(result), result.findings, strict=True):
        assert (issue["severity"] == "blocker") == (finding.consequence is ExitReason.BLOCKED)


def test_a_place_is_the_repository_s() -> None:
    (issue,) = report(large(1, 1), "ops/desk/")
    assert issue["location"] == {"path": "ops/desk/keys.d/key-0.yaml", "lines": {"begin": 5, "end": 5}}
    assert issue["description"].endswith("-> take the right away")


def test_nothing_found_is_an_empty_report() -> None:
    assert report(large(0, 3)) == []
