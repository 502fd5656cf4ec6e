"""The simulated world as it is now: what simulators read and change."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from tempfile import NamedTemporaryFile

from keyctl.sandbox.money import Prices, Wallets, text
from keyctl.sandbox.scenario import Scenario, SimulatedAccount, SimulatedKey


@dataclass(slots=True)
class ExchangeWorld:
    """One exchange's accounts by name and keys by id, in the order in which the exchange lists them.

    ``scenario`` is the scenario's name. A key that is issued here gets the `invented_secret` of that name and its own
    id: so its secret is the same when a state, which holds none, is taken in again.
    """

    options: dict[str, object]
    accounts: dict[str, SimulatedAccount]
    keys: dict[str, SimulatedKey]
    scenario: str = ""
    prices: Prices = field(default_factory=dict)

    def account_of(self, key: SimulatedKey) -> SimulatedAccount:
        """The account that a key belongs to."""
        return self.accounts[key.account]

    def children(self, account: SimulatedAccount) -> list[SimulatedAccount]:
        """The sub-accounts of an account."""
        return [child for child in self.accounts.values() if child.parent == account.name]

    def keys_of(self, account: SimulatedAccount) -> list[SimulatedKey]:
        """The keys of an account."""
        return [key for key in self.keys.values() if key.account == account.name]


@dataclass(slots=True)
class World:
    """Every exchange of a scenario. ``clock_offset`` is by how many seconds their clocks are ahead."""

    name: str
    summary: str
    clock_offset: float
    exchanges: dict[str, ExchangeWorld] = field(default_factory=dict)

    @classmethod
    def of(cls, scenario: Scenario) -> World:
        """The world at the scenario's start."""
        return cls(
            scenario.name,
            scenario.summary,
            scenario.clock_offset,
            {
                exchange: ExchangeWorld(
                    dict(part.options),
                    {account.name: account for account in part.accounts},
                    {key.id: key for key in part.keys},
                    scenario.name,
                    dict(part.prices),
                )
                for exchange, part in scenario.exchanges.items()
            },
        )

    def secrets(self) -> Mapping[str, str]:
        """Every secret by id, so that a state, which holds none, can be taken in again."""
        return {key.id: key.secret for part in self.exchanges.values() for key in part.keys.values()}

    def document(self) -> dict[str, object]:
        """The world in the scenario's own form, times absolute, without secrets."""
        return {
            "name": self.name,
            "summary": self.summary,
            "clock_offset": self.clock_offset,
            "exchanges": {name: _exchange_form(part) for name, part in self.exchanges.items()},
        }


def save(world: World, path: Path) -> None:
    """Write the world's document, readable by its owner only; the file is whole or not there."""
    with NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, prefix=f".{path.name}.", delete=False) as draft:
        try:
            json.dump(world.document(), draft, indent=2)
            draft.write("\n")
            draft.flush()
            os.fsync(draft.fileno())
            Path(draft.name).replace(path)
        except BaseException:
            Path(draft.name).unlink(missing_ok=True)
            raise


def _exchange_form(part: ExchangeWorld) -> dict[str, object]:
    return {
        "options": part.options,
        "prices": {asset: text(price) for asset, price in part.prices.items()},
        "accounts": {account.name: _account_form(account, part) for account in part.accounts.values()},
    }


def _account_form(account: SimulatedAccount, part: ExchangeWorld) -> dict[str, object]:
    form: dict[str, object] = {"uid": account.uid}
    if account.parent is not None:
        form["parent"] = account.parent
    return form | {
        "native": dict(account.native),
        "balances": _balances_form(account.balances),
        "keys": {key.name: _key_form(key) for key in part.keys_of(account)},
    }


def _balances_form(wallets: Wallets) -> dict[str, object]:
    return {wallet: {asset: text(amount) for asset, amount in held.items()} for wallet, held in wallets.items()}


def _key_form(key: SimulatedKey) -> dict[str, object]:
    form: dict[str, object] = {
        "id": key.id,
        "label": key.label,
        "rights": {group: list(values) for group, values in key.rights.items()},
        "ips": list(key.ips),
        "created": stamp(key.created),
        "native": dict(key.native),
    }
    if key.expires is not None:
        form["expires"] = stamp(key.expires)
    if key.credential:
        form["credential"] = list(key.credential)
    return form


def stamp(at: datetime) -> str:
    """RFC 3339 in UTC to the second, with ``Z``."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
