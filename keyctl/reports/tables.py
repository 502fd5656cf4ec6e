"""The rows of a result, as formats with tables show them."""

from __future__ import annotations

from dataclasses import dataclass

from keyctl.model.comparison import Comparison, Status
from keyctl.model.live import Coverage
from keyctl.model.review import Review
from keyctl.reports import sentences
from keyctl.reports.formats import Result

_QUIET = (Status.IN_SYNC, Status.ENDED)


@dataclass(frozen=True, slots=True)
class Table:
    """``rows`` are texts as they are, nothing escaped, what needs attention first; the last ``quiet`` of them need
    none, and a format that is short of room may fold them."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    quiet: int


def tables(result: Result) -> tuple[Table, ...]:
    """Every table that a result has; none for one that has only findings."""
    if isinstance(result, Review):
        from keyctl.reports.shifts import review_tables

        return review_tables(result)
    if not isinstance(result, Comparison):
        return ()
    return (*((_actions(result),) if result.planned else ()), _keys(result), _accounts(result))


def _actions(result: Comparison) -> Table:
    rows = tuple(
        (
            str(number),
            action.op.value,
            action.key or "(undeclared)",
            action.account,
            action.identifier.display if action.identifier else "",
            action.risk.value,
            "; ".join([action.reason, *map(sentences.shift, action.changes)]),
            "; then ".join(action.manual),
        )
        for number, action in enumerate(result.actions, 1)
    )
    columns = ("", "do", "key", "account", "id", "risk", "because", "by hand")
    return Table("Actions", columns, rows, 0)


def _keys(result: Comparison) -> Table:
    rows = tuple(
        (
            ", ".join(status.value for status in row.statuses),
            row.key or "(undeclared)",
            row.account or "",
            row.owner or "",
            row.identifier.display if row.identifier else "",
            sentences.differences(row),
        )
        for row in sentences.loudest_first(result.keys)
    )
    quiet = sum(row.status in _QUIET for row in result.keys)
    return Table("Keys", ("status", "key", "account", "owner", "id", "differs"), rows, quiet)


def _accounts(result: Comparison) -> Table:
    weighed = any(sentences.balance(account.balance) for account in result.accounts)
    ordered = sorted(result.accounts, key=lambda account: account.coverage is not Coverage.INCOMPLETE)
    rows = tuple(
        (
            account.name,
            account.exchange,
            account.coverage.value,
            "" if account.live_keys is None else str(account.live_keys),
            *((sentences.balance(account.balance),) if weighed else ()),
            account.error or "",
        )
        for account in ordered
    )
    quiet = sum(account.coverage is not Coverage.INCOMPLETE for account in result.accounts)
    return Table(
        "Accounts",
        ("account", "exchange", "coverage", "live keys", *(("balance",) if weighed else ()), "error"),
        rows,
        quiet,
    )
