"""JUnit's XML is well-formed whatever it tells, and red exactly when the run is."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import xmlschema
from hypothesis import given

from keyctl.model.comparison import Comparison
from keyctl.model.finding import Confidence, ExitReason, Finding, Severity
from keyctl.model.validation import Counts, Validation
from keyctl.reports.formats import Result, Style, render
from tests.reports.results import comparisons, large, results

XSD = xmlschema.XMLSchema(str(Path(__file__).parent / "schemas" / "junit.xsd"))


def parsed(result: Result) -> ElementTree.Element:
    return ElementTree.fromstring(render("junit", result, Style(prefix="desk/")))


def outcomes(result: Result) -> dict[str, str]:
    return {case.attrib["name"]: case[0].tag for case in parsed(result).iter("testcase")}


@given(results)
def test_it_matches_the_schema(result: Result) -> None:
    XSD.validate(render("junit", result, Style()))


@given(results)
def test_the_suites_count_what_they_hold(result: Result) -> None:
    for suite in parsed(result):
        assert int(suite.attrib["tests"]) == len(suite)
        assert int(suite.attrib["failures"]) == len(suite.findall("testcase/failure"))
        assert int(suite.attrib["skipped"]) == len(suite.findall("testcase/skipped"))
        assert {case.attrib["classname"] for case in suite} == {suite.attrib["name"]}


@given(results)
def test_every_finding_from_error_upwards_fails_and_no_other_does(result: Result) -> None:
    failing = sum(finding.severity.rank >= Severity.ERROR.rank for finding in result.findings)
    assert len(parsed(result).findall(".//failure")) == failing + bool(result.exit_reasons)


@given(comparisons())
def test_the_verdict_fails_exactly_when_the_run_does_not_exit_with_0(result: Comparison) -> None:
    verdict = parsed(result).find("testsuite/testcase[@name='verdict']")
    assert verdict is not None
    assert (verdict.find("failure") is not None) == bool(result.exit_reasons)


@given(results)
def test_nothing_asks_for_an_attachment(result: Result) -> None:
    assert "[[" not in render("junit", result, Style())


def test_what_could_not_be_observed_is_skipped() -> None:
    unknown = Finding(
        "unobservable", Severity.WARNING, Confidence.HIGH, "not seen", "look", consequence=ExitReason.INCOMPLETE
    )
    warning = Finding("expiring", Severity.WARNING, Confidence.HIGH, "3 days left", "renew")
    result = Validation(Counts(1, 1, 1, 1, 1, 1), False, (unknown, warning), (ExitReason.INCOMPLETE,))
    assert outcomes(result) == {
        "verdict": "failure",
        "registry: unobservable": "skipped",
        "registry: expiring": "system-out",
    }


def test_keys_and_accounts_without_findings_pass() -> None:
    assert outcomes(large(1, 2)) == {
        "verdict": "failure",
        "key-0: drift": "failure",
        "coverage": "system-out",
        "key-1": "system-out",
    }
