"""Results as JSON-able documents: the shapes of ``schemas/comparison`` and ``schemas/validation``."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

from keyctl import __version__
from keyctl.model.comparison import SCHEMA_VERSION, Change, Comparison, KeyRow, Status
from keyctl.model.finding import Finding, Severity
from keyctl.model.live import Coverage
from keyctl.model.times import instant
from keyctl.model.validation import Validation
from keyctl.reports.formats import Result, Style

LIFETIME = timedelta(hours=24)
"""How long a comparison may be taken for the present state."""
OPERATIONS = ("create", "update", "rotate", "disable", "delete")


def document(result: Result, style: Style) -> dict[str, Any]:
    """The document of a result, in a fixed order of members."""
    return _comparison(result, style) if isinstance(result, Comparison) else _validation(result)


def _validation(result: Validation) -> dict[str, Any]:
    counts = result.counts
    return {
        "schema_version": SCHEMA_VERSION,
        "tool_version": __version__,
        "partial": result.partial,
        "exit_reasons": [reason.value for reason in result.exit_reasons],
        "findings": [_finding(finding) for finding in result.findings],
        "summary": {
            "files": counts.files,
            "accounts": counts.accounts,
            "apps": counts.apps,
            "keys": counts.keys,
            "tombstones": counts.tombstones,
            "commits": counts.commits,
            **severities(result.findings),
        },
    }


def _comparison(result: Comparison, style: Style) -> dict[str, Any]:
    return {
        "schema_version": SCHEMA_VERSION,
        "tool_version": __version__,
        "generated_at": instant(result.generated_at),
        "expires_at": instant(result.generated_at + LIFETIME),
        "commit": result.commit,
        "dirty": result.dirty,
        "registry_digest": result.registry_digest,
        "live_digest": result.live_digest,
        "partial": result.partial,
        "exit_reasons": [reason.value for reason in result.exit_reasons],
        "accounts": [
            {
                "name": account.name,
                "exchange": account.exchange,
                "coverage": account.coverage.value,
                "error": account.error,
                "live_keys": account.live_keys,
            }
            for account in result.accounts
        ],
        "keys": [_row(row, style) for row in result.keys],
        "actions": [],
        "findings": [_finding(finding) for finding in result.findings],
        "summary": summary(result),
    }


def summary(result: Comparison) -> dict[str, Any]:
    """Counts: rows per status (by each row's loudest), actions per op, accounts per coverage, fields observed."""
    by_status = Counter(row.status for row in result.keys)
    by_coverage = Counter(account.coverage for account in result.accounts)
    observed = [row for row in result.keys if row.identifier is not None and Status.UNOBSERVABLE not in row.statuses]
    return {
        **{status.value: by_status[status] for status in Status},
        **dict.fromkeys(OPERATIONS, 0),
        "manual": 0,
        "coverage": {coverage.value: by_coverage[coverage] for coverage in Coverage},
        "observability": {
            "whole": sum(not row.unknown for row in observed),
            "partly": sum(bool(row.unknown) for row in observed),
            "none": by_status[Status.UNOBSERVABLE],
        },
    }


def severities(findings: tuple[Finding, ...]) -> dict[str, int]:
    """Findings per severity, every severity named."""
    counted = Counter(finding.severity for finding in findings)
    return {severity.value: counted[severity] for severity in Severity}


def _row(row: KeyRow, style: Style) -> dict[str, Any]:
    identifier = row.identifier
    shown: dict[str, Any] = {
        "key": row.key,
        "account": row.account,
        "owner": row.owner,
        "fingerprint": identifier.fingerprint if identifier else None,
        "display": identifier.display if identifier else None,
        "status": row.status.value,
        "statuses": [status.value for status in row.statuses],
        "unknown": list(row.unknown),
        "changes": [_change(change) for change in row.changes],
    }
    if style.full_ids:
        shown["id"] = identifier.text if identifier else None
    return shown


def _change(change: Change) -> dict[str, Any]:
    def plain(value: Any) -> Any:
        return list(value) if isinstance(value, tuple) else value

    return {
        "field": change.field,
        "live": plain(change.live),
        "desired": plain(change.desired),
        "risk": change.risk.value,
    }


def _finding(finding: Finding) -> dict[str, Any]:
    place = finding.place
    return {
        "rule": finding.rule,
        "severity": finding.severity.value,
        "confidence": finding.confidence.value,
        "key": finding.key,
        "account": finding.account,
        "path": place.path if place else None,
        "line": place.line if place and place.line else None,
        "column": place.column if place and place.line else None,
        "message": finding.message,
        "remedy": finding.remedy,
    }
