"""Every key at a glance: from registry and history alone, or beside what a reconcile saw."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from keyctl.model.account import Account
from keyctl.model.comparison import Comparison, KeyRow
from keyctl.model.finding import ExitReason, Severity, exit_reasons, in_order
from keyctl.model.identifier import Identifier
from keyctl.model.key import Key
from keyctl.model.life import HeldId, Holding, Life
from keyctl.model.live import LiveKey, Snapshot
from keyctl.model.names import AccountName, ExchangeId
from keyctl.model.overview import Overview, OverviewRow, State, WalletRow
from keyctl.model.registry import Registry
from keyctl.model.times import end_of
from keyctl.model.tombstone import Tombstones
from keyctl.policy.rules.expiring import window
from keyctl.reconcile.desired import Desired
from keyctl.reconcile.narrowing import Narrowing
from keyctl.registry.positions import locate
from keyctl.registry.references import Exchanges


def declared_overview(
    root: Path, desired: Desired, now: datetime, only: Narrowing, ids: tuple[HeldId, ...] | None = None
) -> Overview:
    """What registry and history say; no exchange is asked. Only findings that fail or block are part of it: the rest is
    validate's. Raises Refusal for a name in ``only`` that is not declared."""
    registry = desired.registry
    rows: list[OverviewRow] = []
    if registry is not None:
        only.check(registry)
        rows = [
            _row(registry, desired.tombstones, row, None, now)
            for row in _rows(registry)
            if only.keeps_row(row, registry)
        ]
    loud = (ExitReason.FAILED, ExitReason.BLOCKED)
    findings = in_order(list(locate(root, (f for f in desired.findings if f.consequence in loud))))
    return Overview(
        generated_at=now,
        commit=desired.history.commit if desired.history else None,
        dirty=desired.history.dirty if desired.history else False,
        live=False,
        partial=bool(only),
        keys=tuple(rows),
        ids=ids,
        findings=findings,
        exit_reasons=exit_reasons(findings, Severity.CRITICAL),
        wallets=tuple(_wallets(registry, only)),
    )


def live_overview(
    desired: Desired,
    comparison: Comparison,
    snapshot: Snapshot | None,
    ids: tuple[HeldId, ...] | None = None,
    only: Narrowing | None = None,
) -> Overview:
    """The rows of a reconcile, narrowed to ``only``, with what the exchanges report of each credential."""
    registry = desired.registry
    seen = _seen(snapshot)
    rows = []
    if registry is not None:
        now = comparison.generated_at
        rows = [_row(registry, desired.tombstones, row, _live(row, seen), now) for row in comparison.keys]
    return Overview(
        generated_at=comparison.generated_at,
        commit=comparison.commit,
        dirty=comparison.dirty,
        live=True,
        partial=comparison.partial,
        keys=tuple(rows),
        ids=ids,
        findings=comparison.findings,
        exit_reasons=comparison.exit_reasons,
        wallets=tuple(_wallets(registry, only or Narrowing())),
    )


def ids_of(key: Key, life: Life | None) -> tuple[HeldId, ...]:
    """Every id that a key ever had: those of its life, as its file now has them, and those not committed yet."""
    revoked = {entry.identifier: entry for entry in key.revoked}
    found: dict[Identifier, HeldId] = {held.identifier: held for held in (life.ids if life else ())}
    for entry in key.revoked:
        known = found.get(entry.identifier, HeldId(entry.identifier, key.name, Holding.REVOKED, None))
        found[entry.identifier] = replace(
            known, holding=Holding.REVOKED, on=entry.on, reason=entry.reason, confirmed=entry.confirmed
        )
    living = [(key.identifier, Holding.CURRENT), (key.retiring.identifier if key.retiring else None, Holding.RETIRING)]
    for identifier, holding in living:
        if identifier is not None and identifier not in revoked:
            known = found.get(identifier, HeldId(identifier, key.name, holding, None))
            if known.holding is not Holding.REVOKED:
                found[identifier] = replace(known, holding=holding)
    return tuple(found.values())


def _wallets(registry: Registry | None, only: Narrowing) -> Iterable[WalletRow]:
    exchanges = Exchanges()
    for app in registry.apps.values() if registry is not None else ():
        exchange = exchanges.venue(app)
        if app.wallet is not None and only.keeps_wallet(app.name, exchange):
            wallet = app.wallet
            yield WalletRow(app.name, app.team, wallet.venue, exchange, wallet.chain, wallet.identifier)


def _rows(registry: Registry) -> Iterable[KeyRow]:
    for key in registry.keys.values():
        yield KeyRow(key.name, key.account, key.owner, key.identifier, ())
        if key.retiring is not None:
            yield KeyRow(key.name, key.account, key.owner, key.retiring.identifier, (), retiring=True)


def _row(registry: Registry, tombstones: Tombstones, row: KeyRow, live: LiveKey | None, now: datetime) -> OverviewRow:
    key = registry.keys.get(row.key) if row.key is not None else None
    account = registry.accounts.get(row.account) if row.account is not None else None
    if key is not None and row.identifier is not None and row.identifier not in _living(key):
        # a revoked id that is alive, or an id that waits to be written back: what the file says is not about it
        revoked = tombstones.find(row.identifier) is not None
        state = State.REVOKED if revoked else State.UNISSUED
        return OverviewRow(row, state, None if revoked else key, _exchange(account), None, live)
    if key is None:
        revoked = row.identifier is not None and tombstones.find(row.identifier) is not None
        return OverviewRow(row, State.REVOKED if revoked else None, None, _exchange(account), None, live)
    last = key.retiring.until if row.retiring and key.retiring else key.expires
    left = (end_of(last) - now).days if last is not None else None
    near = window(registry.policy, _exchange(account), key)
    state = _state(key, row, account, tombstones, now, near, over=last is not None and now >= end_of(last))
    return OverviewRow(row, state, key, _exchange(account), left if row.identifier is not None else None, live)


def _state(
    key: Key,
    row: KeyRow,
    account: Account | None,
    tombstones: Tombstones,
    now: datetime,
    near: timedelta,
    *,
    over: bool,
) -> State:
    if row.identifier is not None and tombstones.find(row.identifier) is not None:
        return State.REVOKED
    if account is not None and account.closed is not None:
        return State.ENDED
    if row.identifier is None:
        return State.ENDED if key.ended else State.UNISSUED
    if over:
        return State.EXPIRED
    if row.retiring:
        return State.RETIRING
    soon = key.expires is not None and now >= end_of(key.expires) - near
    return State.EXPIRING if soon else State.ISSUED


def _living(key: Key) -> tuple[Identifier | None, ...]:
    return (key.identifier, key.retiring.identifier if key.retiring else None)


def _exchange(account: Account | None) -> ExchangeId | None:
    return account.exchange if account is not None else None


def _seen(snapshot: Snapshot | None) -> dict[tuple[AccountName, str], LiveKey]:
    return {
        (account.account, key.identifier.fingerprint): key
        for account in (snapshot.accounts if snapshot else ())
        for key in account.keys
    }


def _live(row: KeyRow, seen: dict[tuple[AccountName, str], LiveKey]) -> LiveKey | None:
    """Where its account has it, else wherever it is: a key can live on another account than its file says."""
    if row.identifier is None or row.account is None:
        return None
    wanted = row.identifier.fingerprint
    elsewhere = (seen[at] for at in sorted(seen) if at[1] == wanted)
    return seen.get((row.account, wanted)) or next(elsewhere, None)
