"""Findings as JUnit's XML, for the test tab of a pipeline and whatever else reads it.

There is no standard: this keeps to the schema that Jenkins checks by (junit-10.xsd of its xUnit plug-in) and to what
GitLab reads, which ignores test cases of the same name and keeps one failure of each.
https://docs.gitlab.com/ci/testing/unit_test_reports/#file-format-and-size-limits
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, count
from xml.etree import ElementTree

from keyctl.model.comparison import Comparison, Status
from keyctl.model.finding import ExitReason, Finding, Severity
from keyctl.model.live import Coverage
from keyctl.reports import sentences
from keyctl.reports.formats import Result, Style
from keyctl.reports.placed import Placed, advice, placed
from keyctl.reports.text import plain

_REGISTRY = "registry"
_UNKNOWN = frozenset({"unobserved", "tombstone-unverified"})
"""Rules of findings that say only that nothing could be learnt; so do those that make a run incomplete."""


@dataclass(frozen=True, slots=True)
class _Case:
    """``outcome`` is an element's name: ``failure``, ``skipped``, or ``system-out`` for what passed."""

    suite: str
    name: str
    outcome: str
    kind: str
    text: str


def render(result: Result, style: Style) -> str:
    """A suite for each account and file, a case for each finding and for each key and account that has none.

    Findings from error upwards fail, what could not be observed is skipped. The case ``verdict`` fails exactly when the
    run does not exit with 0, so that a report without failures says what the exit status says.
    """
    told = [_finding(one) for one in placed(result.findings, style.prefix)]
    rows = _rows(result) if isinstance(result, Comparison) else ()
    suites: dict[str, list[_Case]] = {}
    for case in chain([_verdict(result)], told, rows):
        suites.setdefault(_text(case.suite), []).append(case)
    root = ElementTree.Element("testsuites", name="keyctl " + sentences.title(result).lower())
    for name, cases in suites.items():
        root.append(_suite(name, cases))
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _suite(name: str, cases: list[_Case]) -> ElementTree.Element:
    outcomes = Counter(case.outcome for case in cases)
    suite = ElementTree.Element(
        "testsuite",
        name=name,
        tests=str(len(cases)),
        failures=str(outcomes["failure"]),
        errors="0",
        skipped=str(outcomes["skipped"]),
    )
    taken: set[str] = set()
    for case in cases:
        shown = _unlike(_text(case.name), taken)
        taken.add(shown)
        element = ElementTree.SubElement(suite, "testcase", classname=name, name=shown)
        attributes = {} if case.outcome == "system-out" else {"type": _text(case.kind), "message": _text(case.kind)}
        ElementTree.SubElement(element, case.outcome, attributes).text = _text(case.text)
    return suite


def _unlike(name: str, taken: set[str]) -> str:
    """The name, with a number where it is taken."""
    numbered = chain([name], (f"{name} ({n})" for n in count(2)))
    return next(one for one in numbered if one not in taken)


def _verdict(result: Result) -> _Case:
    decided = result.exit_reasons[0].value if result.exit_reasons else "clean"
    outcome = "failure" if result.exit_reasons else "system-out"
    return _Case(_REGISTRY, "verdict", outcome, decided, f"{sentences.verdict(result)}. {sentences.counts(result)}")


def _finding(one: Placed) -> _Case:
    finding = one.finding
    subject = finding.key or finding.account or (one.path if finding.place else _REGISTRY)
    where = f"{one.path}:{one.line}: " if finding.place else ""
    text = f"{finding.severity.value}: {where}{advice(finding)}"
    suite = finding.account or (one.path if finding.place else _REGISTRY)
    return _Case(suite, f"{subject}: {finding.rule}", _outcome(finding), finding.rule, text)


def _outcome(finding: Finding) -> str:
    if finding.severity.rank >= Severity.ERROR.rank:
        return "failure"
    unknown = finding.consequence is ExitReason.INCOMPLETE or finding.rule in _UNKNOWN
    return "skipped" if unknown else "system-out"


def _rows(result: Comparison) -> Iterator[_Case]:
    """How much of each account could be seen, and the keys that no finding is about."""
    for account in result.accounts:
        seen = account.coverage
        outcome = "system-out" if seen is Coverage.ENUMERATED else "skipped"
        text = f"{account.name} is {seen.value}" + (f": {account.error}" if account.error else "")
        yield _Case(account.name, "coverage", outcome, seen.value, text)
    told = {(finding.account, finding.key) for finding in result.findings}
    for row in result.keys:
        if (row.account, row.key) not in told:
            name = row.key or (row.identifier.display if row.identifier else "(undeclared)")
            outcome = "skipped" if Status.UNOBSERVABLE in row.statuses else "system-out"
            yield _Case(row.account or _REGISTRY, name, outcome, row.status.value, f"{name} is {row.status.value}")


def _text(text: str) -> str:
    """Characters that XML 1.0 can hold; and no attachment, which GitLab takes from between double brackets."""
    return plain(text).replace("[[", "[ [")
