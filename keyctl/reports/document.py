"""Results as JSON-able documents: the shapes of ``schemas/comparison`` and ``schemas/validation``."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

from keyctl import __version__
from keyctl.model.balance import Balance
from keyctl.model.change import Change
from keyctl.model.comparison import SCHEMA_VERSION, Comparison, KeyRow, Status
from keyctl.model.finding import Finding, Risk, Severity
from keyctl.model.identifier import Identifier
from keyctl.model.life import Commit, FieldValue
from keyctl.model.live import NOT_ASKED_FOR, Coverage
from keyctl.model.observed import Known, NotObservable, Observed
from keyctl.model.place import Place
from keyctl.model.plan import Action, Op
from keyctl.model.review import AddedTombstone, Review, ReviewedChange, SharedEdit
from keyctl.model.times import instant
from keyctl.model.validation import Validation
from keyctl.reports.formats import Result, Style

LIFETIME = timedelta(hours=24)
"""How long a comparison may be taken for the present state."""


def document(result: Result, style: Style) -> dict[str, Any]:
    """The document of a result, in a fixed order of members."""
    if isinstance(result, Review):
        return _review(result, style)
    return _comparison(result, style) if isinstance(result, Comparison) else _validation(result)


def _validation(result: Validation) -> dict[str, Any]:
    counts = result.counts
    return {
        "schema_version": SCHEMA_VERSION,
        "tool_version": __version__,
        "partial": result.partial,
        "exit_reasons": [reason.value for reason in result.exit_reasons],
        "findings": [finding_row(finding) for finding in result.findings],
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
                "balance": _balance(account.balance),
            }
            for account in result.accounts
        ],
        "keys": [key_row(row, style) for row in result.keys],
        "actions": [_action(action) for action in result.actions],
        "findings": [finding_row(finding) for finding in result.findings],
        "summary": summary(result),
    }


def summary(result: Comparison) -> dict[str, Any]:
    """Counts: rows per status (by each row's loudest), actions per op, accounts per coverage, fields observed."""
    by_status = Counter(row.status for row in result.keys)
    by_op = Counter(action.op for action in result.actions)
    by_coverage = Counter(account.coverage for account in result.accounts)
    observed = [row for row in result.keys if row.identifier is not None and Status.UNOBSERVABLE not in row.statuses]
    return {
        **{status.value: by_status[status] for status in Status},
        **{op.value: by_op[op] for op in Op},
        "manual": sum(bool(action.manual) for action in result.actions),
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


def key_row(row: KeyRow, style: Style) -> dict[str, Any]:
    """One key; ``status`` is null where no exchange was asked."""
    identifier = row.identifier
    shown: dict[str, Any] = {
        "key": row.key,
        "account": row.account,
        "owner": row.owner,
        "fingerprint": identifier.fingerprint if identifier else None,
        "display": identifier.display if identifier else None,
        "status": row.status.value if row.statuses else None,
        "statuses": [status.value for status in row.statuses],
        "unknown": list(row.unknown),
        "changes": [shift_row(change) for change in row.changes],
    }
    if style.full_ids:
        shown["id"] = identifier.text if identifier else None
    return shown


def _action(action: Action) -> dict[str, Any]:
    return {
        "op": action.op.value,
        "key": action.key,
        "account": action.account,
        "fingerprint": action.identifier.fingerprint if action.identifier else None,
        "reason": action.reason,
        "risk": action.risk.value,
        "manual": list(action.manual) or None,
    }


def shift_row(change: Change) -> dict[str, Any]:
    """One field that differs."""

    def plain(value: Any) -> Any:
        return list(value) if isinstance(value, tuple) else value

    return {
        "field": change.field,
        "live": plain(change.live),
        "desired": plain(change.desired),
        "risk": change.risk.value,
    }


def finding_row(finding: Finding) -> dict[str, Any]:
    """One finding."""
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


def _review(result: Review, style: Style) -> dict[str, Any]:
    by_risk = Counter(change.risk for change in result.changes)
    return {
        "schema_version": SCHEMA_VERSION,
        "tool_version": __version__,
        "base": result.base,
        "head": result.head,
        "protected_ref": result.protected_ref,
        "judged_by": result.judged_by,
        "dirty": result.dirty,
        "partial": result.partial,
        "exit_reasons": [reason.value for reason in result.exit_reasons],
        "changes": [_reviewed(change, style) for change in result.changes],
        "shared": [_shared(edit, style) for edit in result.shared],
        "tombstones": [_stone(stone, style) for stone in result.tombstones],
        "findings": [finding_row(finding) for finding in result.findings],
        "summary": {
            "commits": result.commits,
            "keys": len({change.key for change in result.changes}),
            **{risk.value: by_risk[risk] for risk in Risk},
            "shared": len(result.shared),
            "tombstones": len(result.tombstones),
            **severities(result.findings),
        },
    }


def _reviewed(change: ReviewedChange, style: Style) -> dict[str, Any]:
    return {
        "key": change.key,
        "account": change.account,
        "owner": change.owner,
        "class": change.meaning.value,
        "field": change.field,
        "before": _value(change.before, style),
        "after": _value(change.after, style),
        "risk": change.risk.value,
        "cause": change.cause,
        **_where(change.place),
        "commits": [_commit(one) for one in change.commits],
    }


def _shared(edit: SharedEdit, style: Style) -> dict[str, Any]:
    return {
        "kind": edit.kind.value,
        "name": edit.name,
        "field": edit.field,
        "before": _value(edit.before, style),
        "after": _value(edit.after, style),
        "risk": edit.risk.value,
        "keys": list(edit.keys),
        **_where(edit.place),
        "commits": [_commit(one) for one in edit.commits],
    }


def _stone(stone: AddedTombstone, style: Style) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "fingerprint": stone.identifier.fingerprint,
        "display": stone.identifier.display,
        "known": stone.known,
        "key": stone.key,
        "account": stone.account,
        "owner": stone.owner,
        "on": stone.on.isoformat() if stone.on else None,
        "reason": stone.reason,
        "confirmed": stone.confirmed.isoformat() if stone.confirmed else None,
        "kept": stone.kept,
        **_where(stone.place),
        "commits": [_commit(one) for one in stone.commits],
    }
    if style.full_ids:
        shown["id"] = stone.identifier.text
    return shown


def _value(value: FieldValue, style: Style) -> Any:
    if isinstance(value, Identifier):
        return value.text if style.full_ids and value.text is not None else value.fingerprint
    return list(value) if isinstance(value, tuple) else value


def _where(place: Place | None) -> dict[str, Any]:
    located = place is not None and place.line > 0
    return {
        "path": place.path if place else None,
        "line": place.line if place and located else None,
        "column": place.column if place and located else None,
    }


def _commit(one: Commit) -> dict[str, Any]:
    return {
        "commit": one.id,
        "author": one.author.name,
        "email": one.author.email,
        "at": instant(one.authored_at) if one.authored_at else None,
        "subject": one.subject,
    }


def _balance(balance: Observed[Balance]) -> dict[str, Any] | None:
    """What lies in an account, amounts as decimal texts; None where nobody asked."""
    if isinstance(balance, Known):
        held = balance.value
        return {
            "currency": held.currency,
            "worth": f"{held.worth:f}",
            "unpriced": [{"asset": one.asset, "amount": f"{one.amount:f}"} for one in held.unpriced],
            "error": None,
        }
    if balance == NOT_ASKED_FOR or not isinstance(balance, NotObservable):
        return None
    return {"currency": None, "worth": None, "unpriced": [], "error": balance.reason}
