"""Snapshots as files: written by one run, merged into another."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any

from keyctl.model.balance import Balance, Holding
from keyctl.model.identifier import Fingerprint, Identifier
from keyctl.model.ips import IpSet, parse_network
from keyctl.model.live import AccountSnapshot, Assumption, Coverage, KeyEvent, LiveKey, Snapshot, SubAccount, Unanswered
from keyctl.model.names import AccountName, ExchangeId
from keyctl.model.observed import ABSENT, Absent, Known, NotObservable, Observed
from keyctl.model.refusal import Refusal
from keyctl.model.scopes import Scope, ScopeSet, in_order
from keyctl.model.times import instant
from keyctl.registry.schema import decided_errors, validity

SCHEMA_VERSION = 1
_SILENT = {"unknown": "the snapshot is of a version that knew no balances"}
OLDEST = timedelta(hours=24)
"""A snapshot file older than this says nothing about now."""


def document(snapshot: Snapshot) -> dict[str, Any]:
    """The JSON form (schema ``snapshot``): fingerprints instead of ids, no secret, sorted."""
    return {
        "schema_version": SCHEMA_VERSION,
        "registry": snapshot.registry_id,
        "taken_at": instant(snapshot.taken_at),
        "accounts": [_account(account) for account in snapshot.accounts],
    }


def digest(snapshot: Snapshot) -> str:
    """``sha256:`` over what was observed of keys and accounts; times of observation and balances, which move with
    every price, are left out."""
    accounts = [
        {name: value for name, value in _account(account).items() if name != "balances"} | {"observed_at": None}
        for account in snapshot.accounts
    ]
    body = json.dumps(accounts, sort_keys=True, separators=(",", ":"))
    return "sha256:" + sha256(body.encode()).hexdigest()


def load(path: Path, registry_id: str, now: datetime, *, oldest: timedelta | None = OLDEST) -> Snapshot:
    """Read a snapshot of this registry that is at most ``oldest`` old, None for any age; ``now`` is the real clock's.

    Raises Refusal.
    """
    try:
        read = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        kind = type(error).__name__
        raise Refusal(f"{path} can't be read as JSON ({kind})", "take the snapshot again") from None
    if not validity("snapshot")(read):
        pointer, problem = decided_errors("snapshot", read)[0]
        where = "/".join(str(step) for step in pointer) or "the document"
        raise Refusal(f"{path} is no snapshot: {where}: {problem[:200]}", "take it again with --save-snapshot")
    if read["registry"] != registry_id:
        raise Refusal(
            f"{path} was taken for registry {read['registry']}; this one is {registry_id}", "name its snapshot"
        )
    snapshot = _snapshot(read)
    for account in snapshot.accounts:
        age = now - account.observed_at
        if age < -timedelta(minutes=5):
            raise Refusal(
                f"{path}: {account.account} was observed at {instant(account.observed_at)}, which is in the future",
                "set the clock of the machine that took it, or of this one (NTP), and take it again",
            )
        if oldest is not None and age > oldest:
            raise Refusal(
                f"{path}: {account.account} was observed at {instant(account.observed_at)}, "
                f"and only the last {oldest.total_seconds() / 3600:.0f} hours count",
                "take the snapshot again",
            )
    return snapshot


def merge(live: Snapshot, files: Iterable[Snapshot]) -> Snapshot:
    """Fill what this run could not see from other runs' snapshots.

    An account takes the better coverage, and between equal ones the later observation. Accounts that are only asked
    about declared keys are joined key by key, the later observation of a key winning. A key's own view adds that key to
    an account that could not be enumerated, and betters nothing else. What lies in an account is the later of what was
    read. Accounts that are not part of this run are left out.
    """
    accounts = {account.account: account for account in live.accounts}
    for snapshot in files:
        for other in snapshot.accounts:
            mine = accounts.get(other.account)
            if mine is not None:
                accounts[other.account] = replace(_joined(mine, other), balances=_later_balance(mine, other))
    return replace(live, accounts=tuple(accounts[name] for name in sorted(accounts)))


def _joined(mine: AccountSnapshot, other: AccountSnapshot) -> AccountSnapshot:
    if other.coverage is Coverage.DECLARED_ONLY and other.credential is None:
        return _with_own_view(mine, other)
    order = [Coverage.INCOMPLETE, Coverage.DECLARED_ONLY, Coverage.ENUMERATED]
    worse, better = sorted((mine, other), key=lambda seen: (order.index(seen.coverage), seen.observed_at))
    if better.coverage is not Coverage.DECLARED_ONLY:
        return better
    older, newer = sorted((worse, better), key=lambda seen: seen.observed_at)
    keys = {key.identifier.fingerprint: key for seen in (older, newer) for key in seen.keys}
    unanswered = {row.fingerprint: row for seen in (worse, better) for row in seen.unanswered}
    gone = older.gone | newer.gone
    return replace(
        better,
        keys=tuple(keys[fingerprint] for fingerprint in sorted(keys)),
        unanswered=tuple(row for fingerprint, row in sorted(unanswered.items()) if fingerprint not in keys),
        gone=frozenset(fingerprint for fingerprint in gone if fingerprint not in keys),
    )


def _with_own_view(mine: AccountSnapshot, other: AccountSnapshot) -> AccountSnapshot:
    """One key's own view adds that key. It says nothing of the rest of the account, whose coverage stays as it is."""
    if mine.coverage is Coverage.ENUMERATED:
        return mine
    older, newer = sorted((mine, other), key=lambda seen: seen.observed_at)
    keys = {key.identifier.fingerprint: key for seen in (older, newer) for key in seen.keys if _alive(key, newer)}
    return replace(
        mine,
        keys=tuple(keys[fingerprint] for fingerprint in sorted(keys)),
        unanswered=tuple(row for row in mine.unanswered if row.fingerprint not in (*keys, *other.gone)),
        gone=frozenset(fingerprint for fingerprint in mine.gone | other.gone if fingerprint not in keys),
    )


def _later_balance(mine: AccountSnapshot, other: AccountSnapshot) -> Observed[Balance]:
    read = [seen for seen in (mine, other) if isinstance(seen.balances, Known)]
    return max(read, key=lambda seen: seen.observed_at).balances if read else mine.balances


def _alive(key: LiveKey, newer: AccountSnapshot) -> bool:
    return key.identifier.fingerprint not in newer.gone


def _account(seen: AccountSnapshot) -> dict[str, Any]:
    return {
        "account": seen.account,
        "exchange": seen.exchange,
        "coverage": seen.coverage.value,
        "observed_at": instant(seen.observed_at),
        "error": seen.error,
        "credential": _identifier(seen.credential) if seen.credential else None,
        "keys": [_key(key) for key in seen.keys],
        "gone": sorted(seen.gone),
        "unanswered": [
            {"fingerprint": row.fingerprint, "reason": row.reason, "askable": row.askable} for row in seen.unanswered
        ],
        "subaccounts": _observed(
            seen.subaccounts,
            lambda listed: [
                {"uid": sub.uid, "name": sub.name, "frozen": _observed(sub.frozen, lambda frozen: frozen)}
                for sub in listed
            ],
        ),
        "balances": _observed(seen.balances, _balance),
    }


def _balance(balance: Balance) -> dict[str, Any]:
    return {
        "currency": balance.currency,
        "priced_by": balance.priced_by,
        "holdings": [
            {
                "asset": holding.asset,
                "amount": format(holding.amount, "f"),
                "value": None if holding.value is None else format(holding.value, "f"),
            }
            for holding in balance.holdings
        ],
    }


def _identifier(identifier: Identifier) -> dict[str, Any]:
    return {"fingerprint": identifier.fingerprint, "folded": identifier.folded, "display": identifier.display}


def _key(key: LiveKey) -> dict[str, Any]:
    return {
        **_identifier(key.identifier),
        "label": _observed(key.label, str),
        "scopes": _observed(key.scopes, lambda scopes: list(in_order(scopes))),
        "ips": _observed(key.ips, lambda ips: list(ips.texts())),
        "enabled": _observed(key.enabled, lambda enabled: enabled),
        "created_at": _observed(key.created_at, instant),
        "modified_at": _observed(key.modified_at, instant),
        "expires_at": _observed(key.expires_at, instant),
        "last_used_at": _observed(key.last_used_at, instant),
        "native": list(key.native),
        "assumptions": [_assumption(one) for one in key.assumptions],
        "events": [{"at": instant(event.at), "what": event.what} for event in key.events],
    }


def _assumption(one: Assumption) -> dict[str, Any]:
    told: dict[str, Any] = {"field": one.field, "words": one.words}
    return told if one.otherwise is None else {**told, "otherwise": list(in_order(one.otherwise))}


def _observed(field: Observed[Any], show: Any) -> dict[str, Any]:
    match field:
        case Known(value):
            return {"known": show(value)}
        case Absent():
            return {"absent": True}
        case NotObservable(reason):
            return {"unknown": reason}


def _snapshot(read: Mapping[str, Any]) -> Snapshot:
    return Snapshot(
        read["registry"], _moment(read["taken_at"]), tuple(_read_account(account) for account in read["accounts"])
    )


def _read_account(read: Mapping[str, Any]) -> AccountSnapshot:
    return AccountSnapshot(
        account=AccountName(read["account"]),
        exchange=ExchangeId(read["exchange"]),
        coverage=Coverage(read["coverage"]),
        observed_at=_moment(read["observed_at"]),
        keys=tuple(_read_key(key) for key in read["keys"]),
        error=read["error"],
        gone=frozenset(Fingerprint(text) for text in read["gone"]),
        unanswered=tuple(
            Unanswered(Fingerprint(row["fingerprint"]), row["reason"], row.get("askable", True))
            for row in read["unanswered"]
        ),
        credential=_read_identifier(read["credential"]) if read["credential"] else None,
        subaccounts=_read_observed(
            read["subaccounts"],
            lambda listed: tuple(
                SubAccount(sub["uid"], sub["name"], _read_observed(sub["frozen"], bool)) for sub in listed
            ),
        ),
        balances=_read_observed(read.get("balances", _SILENT), _read_balance),
    )


def _read_balance(read: Mapping[str, Any]) -> Balance:
    holdings = (
        Holding(row["asset"], Decimal(row["amount"]), None if row["value"] is None else Decimal(row["value"]))
        for row in read["holdings"]
    )
    return Balance(tuple(holdings), read["currency"], read["priced_by"])


def _read_identifier(read: Mapping[str, Any]) -> Identifier:
    folded = Fingerprint(read["folded"]) if read["folded"] else None
    return Identifier(Fingerprint(read["fingerprint"]), None, folded, read["display"])


def _read_key(read: Mapping[str, Any]) -> LiveKey:
    return LiveKey(
        identifier=_read_identifier(read),
        label=_read_observed(read["label"], str),
        scopes=_read_observed(read["scopes"], _read_scopes),
        ips=_read_observed(read["ips"], _read_ips),
        enabled=_read_observed(read["enabled"], bool),
        created_at=_read_observed(read["created_at"], _moment),
        modified_at=_read_observed(read["modified_at"], _moment),
        expires_at=_read_observed(read["expires_at"], _moment),
        last_used_at=_read_observed(read["last_used_at"], _moment),
        native=tuple(read["native"]),
        assumptions=tuple(
            Assumption(one["field"], one["words"], _read_scopes(one["otherwise"]) if "otherwise" in one else None)
            for one in read["assumptions"]
        ),
        events=tuple(KeyEvent(_moment(event["at"]), event["what"]) for event in read["events"]),
    )


def _read_scopes(texts: list[str]) -> ScopeSet:
    return frozenset(Scope(text) for text in texts)


def _read_ips(texts: list[str]) -> IpSet:
    return IpSet((), True) if texts == ["any"] else IpSet.of(parse_network(text) for text in texts)


def _read_observed(read: Mapping[str, Any], make: Any) -> Observed[Any]:
    if "known" in read:
        return Known(make(read["known"]))
    return ABSENT if "absent" in read else NotObservable(read["unknown"])


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
