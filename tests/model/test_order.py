"""The order of findings, and what the worst of them does to the exit status."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from keyctl.model.finding import Confidence, ExitReason, Finding, Severity, exit_reasons, in_order
from keyctl.model.names import AccountName, KeyName
from keyctl.model.place import Place
from keyctl.model.rules import RULES, found

FIRST = Finding("drift", Severity.ERROR, Confidence.HIGH, "words", "")
LATER: list[dict[str, Any]] = [
    {"severity": Severity.WARNING},
    {"place": Place("b", (), 1, 1)},
    {"place": Place("a", (), 2, 1)},
    {"place": Place("a", (), 1, 2)},
    {"account": AccountName("0main")},
    {"key": KeyName("0quotes")},
    {"rule": "expired"},
    {"message": "words more"},
]
"""Each later than the one before in one thing, from what decides first to what decides last."""


def test_what_decides_first_decides_whatever_the_rest_says() -> None:
    base = replace(FIRST, place=Place("a", (), 1, 1))
    findings = [replace(base, **change) for change in LATER]
    assert in_order([base, *findings]) == (base, *findings[::-1])
    assert in_order([*findings, base]) == (base, *findings[::-1])


def test_what_stands_nowhere_comes_before_what_stands_somewhere() -> None:
    placed = replace(FIRST, place=Place("0"), message="earlier words")
    assert in_order([placed, FIRST]) == (FIRST, placed)


def test_severities_rank_from_nought_for_information_to_three() -> None:
    assert {severity: severity.rank for severity in Severity} == {"info": 0, "warning": 1, "error": 2, "critical": 3}


@pytest.mark.parametrize(
    ("severity", "fail_on", "fails"),
    [
        (Severity.ERROR, Severity.WARNING, True),
        (Severity.ERROR, Severity.ERROR, True),
        (Severity.WARNING, Severity.ERROR, False),
    ],
)
def test_a_finding_without_consequence_counts_from_its_severity_upwards(
    severity: Severity, fail_on: Severity, fails: bool
) -> None:
    reasons = exit_reasons((replace(FIRST, severity=severity),), fail_on)
    assert reasons == ((ExitReason.DIFFERENCES,) if fails else ())


def test_one_finding_that_counts_is_enough_and_none_is_not() -> None:
    mild = replace(FIRST, severity=Severity.INFO)
    assert exit_reasons((mild, FIRST, mild), Severity.ERROR) == (ExitReason.DIFFERENCES,)
    assert exit_reasons((), Severity.INFO) == ()


def test_a_consequence_is_the_only_one_of_its_finding() -> None:
    incomplete = replace(FIRST, severity=Severity.CRITICAL, consequence=ExitReason.INCOMPLETE)
    assert exit_reasons((incomplete,), Severity.INFO) == (ExitReason.INCOMPLETE,)


def test_every_reason_is_given_once_and_the_deciding_one_first() -> None:
    findings = tuple(replace(FIRST, consequence=reason) for reason in [*reversed(ExitReason), *ExitReason])
    assert exit_reasons(findings, Severity.INFO) == (
        ExitReason.BLOCKED,
        ExitReason.FAILED,
        ExitReason.DIFFERENCES,
        ExitReason.INCOMPLETE,
    )


def test_a_finding_has_what_its_rule_says_and_where_it_is() -> None:
    key, account, place = KeyName("quotes"), AccountName("main"), Place("a")
    finding = found("assumed", "what is", "what to do", key=key, account=account, place=place)
    assert finding == Finding(
        "assumed", Severity.INFO, Confidence.MEDIUM, "what is", "what to do", None, key, account, place
    )
    assert found("drift", "", "", severity=Severity.CRITICAL) == Finding(
        "drift", Severity.CRITICAL, Confidence.HIGH, "", "", ExitReason.DIFFERENCES
    )


def test_only_a_guess_is_less_than_certain() -> None:
    assert [name for name, rule in RULES.items() if rule.confidence is not Confidence.HIGH] == ["assumed"]


def test_a_rule_s_consequence_is_a_reason_to_exit_or_none() -> None:
    assert {type(rule.consequence) for rule in RULES.values()} == {ExitReason, type(None)}
