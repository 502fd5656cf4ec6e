"""Sentences that several formats share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from keyctl.model.balance import Balance, amount
from keyctl.model.change import Change, Value
from keyctl.model.comparison import Comparison, KeyRow, Status
from keyctl.model.finding import ExitReason, Finding
from keyctl.model.live import NOT_ASKED_FOR, Coverage
from keyctl.model.observed import Known, Observed
from keyctl.model.plan import Op
from keyctl.model.review import Review
from keyctl.model.validation import Validation
from keyctl.reports.document import severities
from keyctl.reports.formats import Result

_REASONS = {
    ExitReason.BLOCKED: "blocked: an identifier that must stay dead or known is not",
    ExitReason.FAILED: "failed: the input or the history can't be relied on",
    ExitReason.DIFFERENCES: "differences: registry and exchanges disagree, or a finding counts",
    ExitReason.INCOMPLETE: "incomplete: something could not be observed",
}


_REVIEW_REASONS = {
    **_REASONS,
    ExitReason.FAILED: "failed: something must not be merged as it is, or can't be relied on",
    ExitReason.DIFFERENCES: "differences: a finding counts",
}


def title(result: Result) -> str:
    """The command that the result came from."""
    if isinstance(result, Review):
        return "Review"
    if isinstance(result, Comparison):
        return "Plan" if result.planned else "Reconcile"
    return "Validate"


def verdict(result: Result) -> str:
    """What the run comes to, for the first or last line."""
    if isinstance(result, Review) and result.exit_reasons:
        return "; ".join(_REVIEW_REASONS[reason] for reason in result.exit_reasons)
    if result.exit_reasons:
        return reasons(result.exit_reasons)
    if isinstance(result, Review):
        return "nothing refused" if result.changes or result.shared or result.tombstones else "nothing changed"
    return "clean" if isinstance(result, Validation) else "in sync"


def reasons(given: Iterable[ExitReason]) -> str:
    """Every reason for an exit status other than 0, in words."""
    return "; ".join(_REASONS[reason] for reason in given)


def counts(result: Result) -> str:
    """How much was looked at and what came of it, in one line."""
    if isinstance(result, Review):
        return _review_counts(result)
    if isinstance(result, Comparison):
        if not result.accounts:
            return "nothing was compared"
        by_status = Counter(row.status for row in result.keys)
        told = ", ".join(f"{by_status[status]} {status.value}" for status in Status if by_status[status])
        by_coverage = Counter(account.coverage for account in result.accounts)
        seen = ", ".join(f"{by_coverage[c]} {c.value}" for c in Coverage if by_coverage[c])
        return f"{plural(len(result.keys), 'key')}: {told or 'none'}; {plural(len(result.accounts), 'account')}: {seen}"
    c = result.counts
    held = {"account": c.accounts, "app": c.apps, "key": c.keys, "tombstone": c.tombstones}
    told = ", ".join(plural(number, noun) for noun, number in held.items() if number is not None)
    history = "history not checked" if c.commits is None else f"{plural(c.commits, 'commit')} of history"
    return f"{plural(c.files, 'file')}: {told or 'not a registry yet'}; {history}"


def caveats(result: Result) -> tuple[str, ...]:
    """What a reader must not overlook although nothing was found."""
    said = []
    if result.partial:
        said.append("This result is partial; it is no evidence for a gate.")
    if isinstance(result, Review):
        said += _review_caveats(result)
    if isinstance(result, Comparison):
        if result.planned:
            said.append(f"This is a plan, and nothing was done: {action_counts(result)}.")
        asked = sum(account.coverage is Coverage.DECLARED_ONLY for account in result.accounts)
        if asked:
            said.append(
                f"{plural(asked, 'account')} could be asked about declared keys only: "
                "keys that nobody declared there would not be seen."
            )
        if result.dirty:
            said.append("The registry has changes that are not committed.")
    return tuple(said)


def _review_counts(result: Review) -> str:
    from keyctl.reports.shifts import by_key, review_counts

    keys = by_key(result.changes)
    told = ", ".join(review_counts(result))
    parts = [f"{plural(len(keys), 'key')} changed" + (f" ({told})" if told else "")]
    if result.shared:
        parts.append(plural(len(result.shared), "shared edit"))
    if result.tombstones:
        parts.append(plural(len(result.tombstones), "revocation"))
    return f"{result.base[:12]}..{result.head[:12]}, {plural(result.commits, 'commit')}: {', '.join(parts)}"


def _review_caveats(result: Review) -> list[str]:
    said = []
    if result.dirty:
        said.append(
            "The work tree holds changes of the registry that are not committed; they are not reviewed: "
            f"this is about commit {result.head[:12]}."
        )
    if result.judged_by is None:
        said.append("There is no protected branch here, so nothing but the range itself judged it.")
    return said


def action_counts(result: Comparison) -> str:
    """``2 deletes, 1 create; 1 by hand`` or ``nothing to do``."""
    counted = Counter(action.op for action in result.actions)
    told = ", ".join(plural(counted[op], op.value) for op in Op if counted[op])
    by_hand = sum(bool(action.manual) for action in result.actions)
    return (told or "nothing to do") + (f"; {by_hand} of them by hand" if by_hand else "")


def finding_counts(result: Result) -> str:
    """``2 critical, 1 error`` or ``no findings``."""
    return counted(result.findings)


def counted(findings: tuple[Finding, ...]) -> str:
    """The same of findings by themselves."""
    by_severity = severities(findings)
    told = [f"{number} {name}" for name, number in reversed(by_severity.items()) if number]
    return ", ".join(told) or "no findings"


def loudest_first(rows: Iterable[KeyRow]) -> list[KeyRow]:
    """For people: what needs attention first, and by name within a status."""
    return sorted(rows, key=lambda row: list(Status).index(row.status))


def differences(row: KeyRow) -> str:
    """What differs in a row, short."""
    told = ["retiring id"] if row.retiring else []
    for change in row.changes:
        live, desired = _items(change.live), _items(change.desired)
        parts = [f"+{short(item)}" for item in live if item not in desired]
        parts += [f"-{short(item)}" for item in desired if item not in live]
        told.append(f"{change.field} {' '.join(parts)} ({change.risk.value})")
    if row.unknown:
        told.append("unknown: " + ", ".join(row.unknown))
    return "; ".join(told)


def shift(change: Change) -> str:
    """What an update sets, from live to desired."""
    live, desired = (", ".join(map(short, _items(value))) or "none" for value in (change.live, change.desired))
    return f"{change.field}: {live} → {desired}"


def short(item: str) -> str:
    """A network of one address without its prefix length; anything else as it is."""
    return item.removesuffix("/32") if "." in item else item.removesuffix("/128")


def balance(seen: Observed[Balance]) -> str:
    """What lies in an account, for a table's cell; empty where nobody asked."""
    if not isinstance(seen, Known):
        return "" if seen == NOT_ASKED_FOR else "unknown"
    held = seen.value
    unpriced = ", ".join(f"{amount(one.amount)} {one.asset}" for one in held.unpriced)
    return f"{amount(held.worth)} {held.currency}" + (f" and, without a price, {unpriced}" if unpriced else "")


def plural(number: int, noun: str) -> str:
    """``1 key``, ``2 keys``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _items(value: Value) -> tuple[str, ...]:
    if isinstance(value, tuple):
        return value
    return () if value is None else (str(value).lower() if isinstance(value, bool) else value,)
