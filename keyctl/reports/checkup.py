"""A doctor's report: one row a credential, then what to do about it."""

from __future__ import annotations

from collections import Counter
from typing import Any

from keyctl import __version__
from keyctl.model.checkup import Acceptance, Checkup, ClockOffset, CredentialRow, Egress
from keyctl.model.comparison import SCHEMA_VERSION
from keyctl.model.observed import Absent, Known, Observed
from keyctl.model.scopes import ScopeSet, in_order
from keyctl.reports import sentences
from keyctl.reports.document import finding_row
from keyctl.reports.formats import Style
from keyctl.reports.overview import addresses
from keyctl.reports.page import Block, Cell, Page, Table

_ACCEPTANCE = {
    Acceptance.UNUSED: "bold red",
    Acceptance.UNUSABLE: "red",
    Acceptance.REFUSED: "red",
    Acceptance.MISSING: "yellow",
    Acceptance.UNCHECKED: "magenta",
    Acceptance.ACCEPTED: "green",
}
_EGRESS = {Egress.REFUSED: "red", Egress.UNRESTRICTED: "yellow"}


def document(view: Checkup, style: Style) -> dict[str, Any]:
    """The document of schema ``doctor``."""
    return {
        "schema_version": SCHEMA_VERSION,
        "tool_version": __version__,
        "partial": view.partial,
        "exit_reasons": [reason.value for reason in view.exit_reasons],
        "credentials": [_row(row, style) for row in view.credentials],
        "unused_variables": list(view.unused),
        "findings": [finding_row(finding) for finding in view.findings],
        "summary": {acceptance.value: number for acceptance, number in _counted(view).items()},
    }


def page(view: Checkup) -> Page:
    """The table of credentials; findings carry the remedies."""
    rows = tuple(_cells(row) for row in view.credentials)
    columns = ("credential", "for", "key", "address", "clock", "rights")
    blocks: tuple[Block, ...] = (Table(columns, rows, 100),) if rows else ()
    told = ", ".join(f"{number} {one.value}" for one, number in _counted(view).items() if number)
    caveats = ("This result is partial; it is no evidence for a gate.",) if view.partial else ()
    return Page(
        title="Doctor",
        blocks=blocks,
        findings=view.findings,
        caveats=caveats,
        counts=f"{sentences.plural(len(view.credentials), 'credential')}: {told or 'none'}",
        verdict=sentences.reasons(view.exit_reasons) or "healthy",
        good=not view.exit_reasons,
    )


def _counted(view: Checkup) -> dict[Acceptance, int]:
    counted = Counter(row.acceptance for row in view.credentials)
    return {acceptance: counted[acceptance] for acceptance in Acceptance}


def _row(row: CredentialRow, style: Style) -> dict[str, Any]:
    identifier = row.identifier
    shown: dict[str, Any] = {
        "account": row.account,
        "exchange": row.exchange,
        "key": row.key,
        "variables": row.variables,
        "fingerprint": identifier.fingerprint if identifier else None,
        "display": identifier.display if identifier else None,
        "holder": row.holder,
        "acceptance": row.acceptance.value,
        "cause": row.cause,
        "egress": row.egress.value,
        "ips": _value(row.ips, lambda ips: "any" if ips.unrestricted else list(ips.texts())),
        "scopes": _value(row.scopes, lambda scopes: list(in_order(scopes))),
        "excess": list(in_order(row.excess)) if row.excess is not None else None,
        "clock": {"offset": round(row.clock.seconds, 3), "within": round(row.clock.within, 3)} if row.clock else None,
    }
    if style.full_ids:
        shown["id"] = identifier.text if identifier else None
    return shown


def _value(field: Observed[Any] | None, show: Any) -> Any:
    match field:
        case Known(value):
            return show(value)
        case Absent():
            return None
        case _:
            return "unknown"


def _cells(row: CredentialRow) -> tuple[Cell, ...]:
    return (
        Cell(row.acceptance.value, _ACCEPTANCE[row.acceptance]),
        Cell(f"{row.account}" if row.key is None else f"{row.account}, {row.key}"),
        Cell((row.identifier.display if row.identifier else "-") + (f" {row.holder}" if row.holder else "")),
        _address(row),
        Cell(offset(row.clock) if row.clock else _unknown(row)),
        _rights(row),
    )


def _address(row: CredentialRow) -> Cell:
    listed = f" by {addresses(row.ips.value)}" if row.egress is Egress.ADMITTED and isinstance(row.ips, Known) else ""
    shown = _unknown(row) if row.egress is Egress.UNKNOWN else row.egress.value
    return Cell(shown + listed, _EGRESS.get(row.egress, ""))


def _unknown(row: CredentialRow) -> str:
    """Of what was asked nothing is known; of what was not, there is nothing to say."""
    return "unknown" if row.acceptance in (Acceptance.ACCEPTED, Acceptance.REFUSED, Acceptance.UNCHECKED) else "-"


def _rights(row: CredentialRow) -> Cell:
    match row.scopes:
        case Known(scopes):
            held: ScopeSet = scopes
            told = ", ".join(in_order(held))
        case Absent():
            told = "none"
        case _:
            told = _unknown(row)
    return Cell(told, "red" if row.excess else "")


def offset(clock: ClockOffset) -> str:
    """An offset of this machine's clock, to what its measurement is worth."""
    places = 0 if clock.within >= 0.5 else 1 if clock.within >= 0.05 else 2
    seconds = round(clock.seconds, places) or 0.0
    return f"{seconds:+.{places}f} s" if seconds else f"{0:.{places}f} s"
