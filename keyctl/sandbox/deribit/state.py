"""The exchange's own books over the simulated world: numbers of keys, secrets after a reset, the access log."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from keyctl.sandbox.deribit.vocabulary import ACCOUNT_NATIVE, KEY_EVENTS, KEY_NATIVE
from keyctl.sandbox.invented import invented_secret
from keyctl.sandbox.scenario import ScenarioError, SimulatedAccount, SimulatedKey, moment
from keyctl.sandbox.world import ExchangeWorld


class State:
    """What there is, in a form that the world's own document keeps."""

    def __init__(self, world: ExchangeWorld) -> None:
        self.world = world
        for account in list(world.accounts.values()):
            self._number(account)

    def option(self, name: str, default: object) -> object:
        return self.world.options.get(name, default)

    def account(self, name: str) -> SimulatedAccount:
        return self.world.accounts[name]

    def keys(self, account: SimulatedAccount) -> list[SimulatedKey]:
        """The keys of an account, by their numbers."""
        return sorted(self.world.keys_of(account), key=number)

    def put(self, key: SimulatedKey, **native: object) -> SimulatedKey:
        """Keep a new or changed key."""
        kept = replace(key, native={**key.native, **native})
        self.world.keys[kept.id] = kept
        return kept

    def remove(self, key: SimulatedKey) -> None:
        del self.world.keys[key.id]

    def issue(self, account: SimulatedAccount, label: str, rights: Mapping[str, tuple[str, ...]], at_ms: int) -> Any:
        """A new key, not kept yet; its number and id are never used again."""
        given = _int(account, "next_number")
        self._change(account, next_number=given + 1)
        digest = sha256(f"client id\n{self.world.scenario}\n{account.name}\n{given}".encode()).digest()
        id_ = urlsafe_b64encode(digest)[:8].decode()
        return SimulatedKey(
            name=f"issued-{given}",
            account=account.name,
            id=id_,
            secret=invented_secret(self.world.scenario, id_),
            label=label,
            rights=rights,
            ips=(),
            created=datetime.fromtimestamp(at_ms // 1000, UTC),
            expires=None,
            credential=(),
            native={**KEY_NATIVE, "number": given, "timestamp": at_ms},
        )

    def secret(self, key: SimulatedKey) -> str:
        """The key's secret now. A reset one is made from the key's id and the number of its resets, so that a state,
        which holds no secrets, still leads to it."""
        resets = key.native.get("resets", 0)
        return invented_secret(self.world.scenario, f"{key.id}\nreset {resets}") if resets else key.secret

    def log(self, account_name: str) -> list[dict[str, Any]]:
        """The account's log, newest first."""
        entries = self.account(account_name).native["log"]
        assert isinstance(entries, list)
        return sorted(entries, key=lambda entry: (entry["timestamp"], entry["id"]), reverse=True)

    def record(self, key: SimulatedKey, event: str, at_ms: int, peer: str) -> None:
        """Write a key event down."""
        account = self.account(key.account)
        given = _int(account, "next_entry")
        entry = _entry(given, at_ms, event, key.id, peer)
        log = account.native["log"]
        assert isinstance(log, list)
        self._change(account, log=[*log, entry], next_entry=given + 1)

    def _change(self, account: SimulatedAccount, **native: object) -> None:
        self.world.accounts[account.name] = replace(account, native={**account.native, **native})

    def _number(self, account: SimulatedAccount) -> None:
        """Give everything that has no number one, and make relative times absolute."""
        keys = self.world.keys_of(account)
        following = max([0, *(number(key) for key in keys)], default=0) + 1
        for key in keys:
            at_ms = key.native.get("timestamp") or int(key.created.timestamp()) * 1000
            given = number(key)
            if not given:
                given, following = following, following + 1
            self.put(key, number=given, timestamp=at_ms)
        native = {**ACCOUNT_NATIVE, **account.native}
        log = _log(native["log"], account)
        self._change(
            account,
            **{
                **native,
                "log": log,
                "next_number": max(following, _int(account, "next_number")),
                "next_entry": max([_int(account, "next_entry"), 1, *(entry["id"] + 1 for entry in log)]),
            },
        )


def number(key: SimulatedKey) -> int:
    """The key's `id` in answers; 0 where it was not given one yet."""
    value = key.native.get("number", 0)
    assert isinstance(value, int)
    return value


def _int(account: SimulatedAccount, name: str) -> int:
    value = account.native.get(name, 0)
    assert isinstance(value, int)
    return value


def _log(entries: object, account: SimulatedAccount) -> list[dict[str, Any]]:
    at, found = f"deribit: account {account.name}: native: log", []
    assert isinstance(entries, list)
    for position, entry in enumerate(entries):
        if not isinstance(entry, dict) or not isinstance(entry.get("log"), str):
            raise ScenarioError(f"{at}: an entry is a mapping with at, log and, for keys, data")
        if entry["log"] in KEY_EVENTS and not isinstance(entry.get("data"), str):
            raise ScenarioError(f"{at}: {entry['log']} needs data, the id of the key")
        if "timestamp" in entry:
            found.append(dict(entry))
            continue
        when = moment(entry.get("at"), datetime.now(UTC), at)
        found.append(_entry(position + 1, int(when.timestamp()) * 1000, entry["log"], entry.get("data")))
    return found


def _entry(given: int, at_ms: int, event: str, data: str | None, peer: str = "127.0.0.1") -> dict[str, Any]:
    entry = {
        "id": given, "timestamp": at_ms, "log": event, "ip": peer, "country": "Local Country", "city": "Local Town",
    }  # fmt: skip
    return entry if data is None else entry | {"data": data}
