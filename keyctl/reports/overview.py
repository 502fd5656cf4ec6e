"""A status: every key at a glance, or one key in detail."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from keyctl import __version__
from keyctl.model.comparison import SCHEMA_VERSION, Status
from keyctl.model.ips import IpSet
from keyctl.model.life import HeldId, Holding
from keyctl.model.live import LiveKey
from keyctl.model.observed import Absent, Known, NotObservable, Observed
from keyctl.model.overview import Overview, OverviewRow, State, WalletRow
from keyctl.model.scopes import ScopeSet, in_order
from keyctl.model.times import instant
from keyctl.reports import sentences
from keyctl.reports.document import finding_row, key_row
from keyctl.reports.formats import Style
from keyctl.reports.live import live_key
from keyctl.reports.page import Block, Cell, Facts, Page, Table
from keyctl.reports.text import STATUS_COLOURS

_SOON = 14
_MOST = 3
"""So many networks of an allow-list are named in a table; documents have all."""
_STATE_COLOURS = {
    State.REVOKED: "bold red",
    State.EXPIRED: "red",
    State.EXPIRING: "yellow",
    State.RETIRING: "yellow",
    State.UNISSUED: "yellow",
    State.ISSUED: "green",
    State.ENDED: "dim",
}
_HOLDING = {Holding.GONE: "not at HEAD"}
_HOLDING_COLOURS = {Holding.CURRENT: "green", Holding.RETIRING: "yellow", Holding.REVOKED: "dim"}


def document(view: Overview, style: Style) -> dict[str, Any]:
    """The document of schema ``status``."""
    return {
        "schema_version": SCHEMA_VERSION,
        "tool_version": __version__,
        "generated_at": instant(view.generated_at),
        "commit": view.commit,
        "dirty": view.dirty,
        "live": view.live,
        "partial": view.partial,
        "exit_reasons": [reason.value for reason in view.exit_reasons],
        "keys": [_row(row, style) for row in view.keys],
        "ids": None if view.ids is None else [held_id(held, style) for held in view.ids],
        "wallets": [_wallet(row, style) for row in view.wallets],
        "findings": [finding_row(finding) for finding in view.findings],
        "summary": {
            "keys": len(view.keys),
            **{state.value: number for state, number in _states(view).items()},
        },
    }


def held_id(held: HeldId, style: Style) -> dict[str, Any]:
    """One id that a key ever had."""
    shown: dict[str, Any] = {
        "fingerprint": held.identifier.fingerprint,
        "display": held.identifier.display,
        "key": held.key,
        "holding": held.holding.value,
        "since": instant(held.since) if held.since else None,
        "on": held.on.isoformat() if held.on else None,
        "reason": held.reason,
        "confirmed": held.confirmed.isoformat() if held.confirmed else None,
    }
    if style.full_ids:
        shown["id"] = held.identifier.text
    return shown


def page(view: Overview, style: Style) -> Page:
    """One key in detail where one was asked for, else a table."""
    blocks: list[Block] = []
    if view.ids is not None:
        blocks += [_detail(row, view, style) for row in view.keys]
        blocks.append(ids_table(view.ids, style))
    elif view.keys:
        blocks.append(_table(view))
    if view.ids is None and view.wallets:
        blocks.append(_wallet_table(view.wallets, style))
    caveats = []
    if view.partial and view.ids is None:
        caveats.append("This result is partial; it is no evidence for a gate.")
    if view.dirty:
        caveats.append("The registry has changes that are not committed.")
    if not view.live:
        caveats.append("No exchange was asked: --live shows what is really there, and when each key was last used.")
    told = sentences.reasons(view.exit_reasons)
    return Page(
        title="Status",
        blocks=tuple(blocks),
        findings=view.findings,
        caveats=tuple(caveats),
        counts=_counts(view),
        verdict=told or ("in sync" if view.live else "as declared"),
        good=not view.exit_reasons,
    )


def ids_table(ids: tuple[HeldId, ...], style: Style) -> Table:
    """Every id of a key; short, or whole where asked for and known."""

    def cells(held: HeldId) -> Iterator[Cell]:
        yield Cell(_HOLDING.get(held.holding, held.holding.value), _HOLDING_COLOURS.get(held.holding, "red"))
        yield Cell((held.identifier.text if style.full_ids else None) or held.identifier.display)
        yield Cell(f"{held.since:%Y-%m-%d}" if held.since else "not committed")
        yield Cell(str(held.on) if held.on else "")
        yield Cell(held.reason or "")
        yield Cell(("yes, " + str(held.confirmed)) if held.confirmed else "no" if held.on else "")

    columns = ("", "id", "in git since", "revoked", "reason", "confirmed dead")
    return Table(columns, tuple(tuple(cells(held)) for held in ids), 80, "Every id that it ever had")


def _wallet(row: WalletRow, style: Style) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "app": row.app,
        "team": row.team,
        "venue": row.venue,
        "exchange": row.exchange,
        "chain": row.chain,
        "fingerprint": row.address.fingerprint,
        "display": row.address.display,
    }
    if style.full_ids:
        shown["address"] = row.address.text
    return shown


def _wallet_table(wallets: tuple[WalletRow, ...], style: Style) -> Table:
    """Apps that no key stands for; addresses short, or whole where asked for."""
    rows = tuple(
        (
            Cell(row.app),
            Cell(row.venue),
            Cell(row.chain),
            Cell((row.address.text if style.full_ids else None) or row.address.display),
            Cell(row.team),
        )
        for row in wallets
    )
    return Table(("app", "venue", "chain", "address", "team"), rows, 60, "Apps that sign with a wallet")


def addresses(ips: IpSet, most: int = _MOST) -> str:
    """An allow-list, shortened where it is long."""
    texts = [sentences.short(text) for text in ips.texts()]
    left = len(texts) - most
    return ", ".join(texts) if left <= 0 else f"{', '.join(texts[:most])} and {left} more"


def _counts(view: Overview) -> str:
    if view.live:
        by_status = Counter(row.row.status for row in view.keys if row.row.statuses)
        told = ", ".join(f"{by_status[status]} {status.value}" for status in Status if by_status[status])
    else:
        told = ", ".join(f"{number} {state.value}" for state, number in _states(view).items() if number)
    return f"{sentences.plural(len(view.keys), 'credential')}: {told or 'none'}"


def _states(view: Overview) -> dict[State, int]:
    counted = Counter(row.state for row in view.keys if row.state is not None)
    return {state: counted[state] for state in State}


def _row(row: OverviewRow, style: Style) -> dict[str, Any]:
    key = row.declared
    return {
        **key_row(row.row, style),
        "retiring": row.row.retiring,
        "state": row.state.value if row.state else None,
        "exchange": row.exchange,
        "purpose": key.purpose if key else None,
        "path": key.place.path if key else None,
        "scopes": list(in_order(key.scopes)) if key else None,
        "ips": list(key.ips.texts()) if key else None,
        "networks": list(key.networks) if key else None,
        "issued": key.issued.isoformat() if key and key.issued else None,
        "expires": _expires(row),
        "days_left": row.days_left,
        "protected": key.protected if key else None,
        "disabled": key.disabled if key else None,
        "revoked": len(key.revoked) if key else None,
        "seen": _seen(row.live) if row.live else None,
    }


def _seen(live: LiveKey) -> dict[str, Any]:
    shown = live_key(live)
    names = ("label", "scopes", "ips", "enabled", "created_at", "modified_at", "expires_at", "last_used_at")
    return {name: shown[name] for name in names}


def _expires(row: OverviewRow) -> str | None:
    key = row.declared
    if key is None:
        return None
    day = key.retiring.until if row.row.retiring and key.retiring else key.expires
    return day.isoformat() if day else None


def _table(view: Overview) -> Table:
    columns = ["state", "key", "account", "owner", "scopes", "IPs", "days left", *(["last use"] if view.live else [])]
    rows = []
    for row in _loudest_first(view):
        scopes, ips = _power(row)
        cells = [
            _state(row),
            Cell((row.row.key or "(undeclared)") + (" (retiring id)" if row.row.retiring else "")),
            Cell(row.row.account or "-"),
            Cell(row.row.owner or "-"),
            Cell(scopes),
            Cell(ips),
            _days(row),
        ]
        if view.live:
            cells.append(Cell(_when(row.live.last_used_at, none="never") if row.live else "-"))
        rows.append(tuple(cells))
    return Table(tuple(columns), tuple(rows), 90, right=frozenset({6}))


def _loudest_first(view: Overview) -> list[OverviewRow]:
    def rank(row: OverviewRow) -> tuple[int, int]:
        status = list(Status).index(row.row.status) if row.row.statuses else 0
        return status, list(State).index(row.state) if row.state else 0

    return sorted(view.keys, key=rank)


def _state(row: OverviewRow) -> Cell:
    if row.row.statuses:
        return Cell(", ".join(status.value for status in row.row.statuses), STATUS_COLOURS[row.row.status])
    return Cell(row.state.value, _STATE_COLOURS[row.state]) if row.state else Cell("-")


def _days(row: OverviewRow) -> Cell:
    if row.days_left is None:
        return Cell("-")
    colour = "red" if row.days_left < 0 else "yellow" if row.days_left <= _SOON else ""
    return Cell(str(row.days_left), colour)


def _power(row: OverviewRow) -> tuple[str, str]:
    """What a credential may do and from where: as declared, for an undeclared one as it is."""
    if row.declared is not None:
        return ", ".join(in_order(row.declared.scopes)), addresses(row.declared.ips)
    if row.live is None:
        return "-", "-"
    return _scopes(row.live.scopes), _ips(row.live.ips)


def _detail(row: OverviewRow, view: Overview, style: Style) -> Facts:
    key, identifier = row.declared, row.row.identifier
    facts: list[tuple[str, Cell]] = [("state", _state(row))]
    if row.row.statuses and row.state is not None:
        facts.append(("by its file", Cell(row.state.value, _STATE_COLOURS[row.state])))
    shown = (identifier.text if style.full_ids else None) or identifier.display if identifier else "none"
    facts.append(("id", Cell(f"{shown}  {identifier.fingerprint}" if identifier else shown)))
    facts += [
        ("account", Cell(f"{row.row.account or '-'} ({row.exchange or 'exchange not known'})")),
        ("owner", Cell(row.row.owner or "-")),
    ]
    if key is not None:
        facts += [("purpose", Cell(key.purpose or "-")), ("file", Cell(key.place.path))]
        facts += [
            ("scopes", Cell(", ".join(in_order(key.scopes)))),
            ("IPs", Cell(addresses(key.ips, 1000) + _names(key.networks))),
        ]
        facts += [("issued", Cell(str(key.issued)))] if key.issued else []
        last = _expires(row)
        facts.append(("last day", Cell(f"{last}, {_left(row)}" if last else "none", _days(row).colour)))
        marks = [name for name, on in (("protected", key.protected), ("disabled", key.disabled)) if on]
        facts += [("marks", Cell(", ".join(marks)))] if marks else []
    facts += _live_facts(row, view)
    retiring = ", the retiring id" if row.row.retiring else ""
    return Facts(f"{row.row.key or '(undeclared)'}{retiring}", tuple(facts))


def _live_facts(row: OverviewRow, view: Overview) -> Iterator[tuple[str, Cell]]:
    if not view.live:
        return
    live = row.live
    if live is None:
        yield "live", Cell("not seen", "magenta")
        return
    differs = sentences.differences(row.row)
    yield "live scopes", Cell(_scopes(live.scopes))
    yield "live IPs", Cell(_ips(live.ips))
    yield "live label", Cell(_shown(live.label, lambda text: text or "(empty)", "none"))
    yield "enabled", Cell(_shown(live.enabled, lambda on: "yes" if on else "no", "unknown"))
    yield "created", Cell(_when(live.created_at, none="unknown"))
    yield "last use", Cell(_when(live.last_used_at, none="never"))
    yield "ends by itself", Cell(_when(live.expires_at, none="never"))
    if differs:
        yield "differs", Cell(differs, "red" if row.row.changes else "")


def _left(row: OverviewRow) -> str:
    days = row.days_left or 0
    return f"{sentences.plural(days, 'day')} left" if days >= 0 else f"over for {sentences.plural(-days, 'day')}"


def _names(networks: tuple[str, ...]) -> str:
    return f" (with {', '.join('@' + name for name in networks)})" if networks else ""


def _scopes(field: Observed[ScopeSet]) -> str:
    return _shown(field, lambda scopes: ", ".join(in_order(scopes)), "none")


def _ips(field: Observed[IpSet]) -> str:
    return _shown(field, addresses, "any")


def _when(field: Observed[datetime], *, none: str) -> str:
    return _shown(field, lambda moment: f"{moment:%Y-%m-%d}", none)


def _shown(field: Observed[Any], show: Any, none: str) -> str:
    match field:
        case Known(value):
            return str(show(value))
        case Absent():
            return none
        case NotObservable():
            return "unknown"
