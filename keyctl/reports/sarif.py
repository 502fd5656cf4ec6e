"""Findings as SARIF 2.1.0, for GitHub's code scanning and editors.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/sarif-v2.1.0-errata01-os-complete.html and what GitHub makes
of it: https://docs.github.com/en/code-security/reference/code-scanning/sarif-files/sarif-support
"""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import quote

from keyctl import __version__
from keyctl.model.finding import Confidence, ExitReason, Finding, Severity
from keyctl.policy.explained import explained
from keyctl.reports import sentences
from keyctl.reports.formats import Result, Style
from keyctl.reports.placed import Placed, advice, placed
from keyctl.reports.text import plain

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {
    Severity.INFO: "note",
    Severity.WARNING: "warning",
    Severity.ERROR: "error",
    Severity.CRITICAL: "error",
}
_SCORES = {Severity.INFO: "2.0", Severity.WARNING: "5.0", Severity.ERROR: "8.0", Severity.CRITICAL: "9.5"}
"""What GitHub sorts security alerts by: low, medium, high and critical begin at 0.1, 4.0, 7.0 and 9.1."""
_PRECISIONS = {Confidence.LOW: "low", Confidence.MEDIUM: "medium", Confidence.HIGH: "high"}


def render(result: Result, style: Style) -> str:
    """One run. Its category is the command's, so that validate and reconcile stand beside each other."""
    rules = sorted({finding.rule for finding in result.findings})
    first = {finding.rule: finding for finding in reversed(result.findings)}
    run = {
        "tool": {
            "driver": {
                "name": "keyctl",
                "version": __version__,
                "rules": [_rule(name, first[name]) for name in rules],
            }
        },
        "automationDetails": {"id": f"keyctl/{sentences.title(result).lower()}/"},
        "invocations": [{"executionSuccessful": ExitReason.FAILED not in result.exit_reasons}],
        "columnKind": "unicodeCodePoints",
        "results": [_result(one, rules.index(one.finding.rule)) for one in placed(result.findings, style.prefix)],
        "properties": {
            "partial": result.partial,
            "exitReasons": [reason.value for reason in result.exit_reasons],
        },
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(name: str, example: Finding) -> dict[str, Any]:
    """What the rule is about; of one that the table does not hold, only its worst finding can tell."""
    known = explained(name)
    severity = known.base if known and known.base is not None else example.severity
    meaning = known.meaning if known else f"A finding of the rule {name}."
    reason = f"{known.reason} " if known else ""
    consequence = known.consequence if known else example.consequence
    effect = (
        f"Its findings end a run as {consequence.value}, whatever their severity."
        if consequence
        else "Its findings count from --fail-on upwards."
    )
    return {
        "id": plain(name),
        "shortDescription": {"text": message(meaning)},
        "fullDescription": {"text": message(f"{meaning} {effect}")},
        "help": {"text": message(f"{meaning} {reason}Each finding says what to do next. {effect}")},
        "defaultConfiguration": {"level": _LEVELS[severity]},
        "properties": {
            "tags": ["security"],
            "precision": _PRECISIONS[known.confidence if known else example.confidence],
            "security-severity": _SCORES[severity],
        },
    }


def _result(one: Placed, rule: int) -> dict[str, Any]:
    finding = one.finding
    region = {"startLine": one.line} | ({"startColumn": one.column} if one.column else {})
    return {
        "ruleId": plain(finding.rule),
        "ruleIndex": rule,
        "level": _LEVELS[finding.severity],
        "message": {"text": message(advice(finding))},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": quote(one.path), "uriBaseId": "%SRCROOT%"},
                    "region": region,
                }
            }
        ],
        # The first is what GitHub knows an alert by; without it, it hashes the text of the line.
        "partialFingerprints": {"primaryLocationLineHash": f"{one.fingerprint[:16]}:1", "keyctl/v1": one.fingerprint},
        "properties": {
            "key": None if finding.key is None else plain(finding.key),
            "account": None if finding.account is None else plain(finding.account),
            "severity": finding.severity.value,
            "confidence": finding.confidence.value,
            "placed": finding.place is not None,
        },
    }


def message(text: str) -> str:
    """Text that is no link and has no placeholder, as sections 3.11.5 and 3.11.6 of the specification have it."""
    inert = plain(text).replace("{", "{{").replace("}", "}}")
    return re.sub(r"[\[\]]", lambda bracket: "\\" + bracket.group(), inert) if "](" in inert else inert
