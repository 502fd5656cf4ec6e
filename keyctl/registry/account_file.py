"""registry/accounts.yaml → accounts."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from keyctl.model.account import Account, Closed, Environment, Mode, OnExpiry, SecondFactor, Unmanaged
from keyctl.model.names import AccountName, AppName, ExchangeId
from keyctl.model.place import Place
from keyctl.registry.values import attestation, day


def accounts_of(path: str, document: dict[str, Any]) -> dict[AccountName, Account]:
    """The accounts of a schema-valid document, sorted by name."""
    return {AccountName(name): _account(AccountName(name), path, document[name]) for name in sorted(document)}


def _account(name: AccountName, path: str, entry: dict[str, Any]) -> Account:
    get = entry.get
    closed = get("closed")
    return Account(
        name=name,
        exchange=ExchangeId(entry["exchange"]),
        environment=Environment(get("environment", Environment.LIVE)),
        place=Place(path, (name,)),
        parent=AccountName(entry["parent"]) if "parent" in entry else None,
        subaccount=get("subaccount"),
        uid=get("uid"),
        mode=Mode(get("mode", Mode.OBSERVE)),
        unmanaged=Unmanaged(get("unmanaged", Unmanaged.REPORT)),
        grace_days=int(get("grace", "7d").removesuffix("d")),
        on_expiry=OnExpiry(get("on_expiry", OnExpiry.REPORT)),
        dedicated_to=AppName(entry["dedicated_to"]) if "dedicated_to" in entry else None,
        max_balance=tuple((code, Decimal(amount)) for code, amount in sorted(get("max_balance", {}).items())),
        two_factor=SecondFactor(entry["two_factor"]) if "two_factor" in entry else None,
        email=get("email"),
        closed=Closed(day(closed["on"]), closed["evidence"]) if closed else None,
        attested=attestation(get("attested")),
    )
