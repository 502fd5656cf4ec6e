"""The endpoints that write: keys of sub-accounts are made, changed and deleted."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from ipaddress import ip_network
from uuid import uuid4

from keyctl.sandbox.invented import invented_secret
from keyctl.sandbox.okx.call import Call
from keyctl.sandbox.okx.reading import Rows, called, child_called, label, listed
from keyctl.sandbox.okx.vocabulary import LONGEST_LABEL, MOST_ADDRESSES, MOST_KEYS, READ, TRADE, WITHDRAW, Refused
from keyctl.sandbox.scenario import SimulatedAccount, SimulatedKey
from keyctl.sandbox.world import ExchangeWorld

_PASSPHRASE = re.compile(r"(?=.*[0-9])(?=.*[a-z])(?=.*[A-Z])(?=.*[^0-9A-Za-z]).{8,32}", re.DOTALL)


class Writing:
    """Changes of one world; each method's result is the ``data`` of an envelope."""

    def __init__(self, world: ExchangeWorld) -> None:
        self._world = world

    def create(self, call: Call) -> Rows:
        account, name = call.required("subAcct"), call.required("label")
        passphrase, perm, ip = call.required("passphrase"), call.text("perm"), call.text("ip")
        child = child_called(self._world, call, account)
        if len(self._world.keys_of(child)) >= MOST_KEYS:
            raise Refused("59501")
        self._free(child, name)
        if not _PASSPHRASE.fullmatch(passphrase):
            raise Refused("59505")
        key_id = str(uuid4())
        key = SimulatedKey(
            name=key_id,
            account=child.name,
            id=key_id,
            secret=invented_secret(self._world.scenario, key_id),
            label=name,
            rights=self._rights(READ if perm is None else perm),
            ips=_addresses(ip or ""),
            created=call.now,
            expires=None,
            credential=(),
            native={"passphrase_digest": digest(key_id, passphrase)},
        )
        self._world.keys[key_id] = key
        shown = _written(key, child)
        shown |= {"secretKey": key.secret, "passphrase": passphrase}
        order = ("subAcct", "label", "apiKey", "secretKey", "passphrase", "perm", "ip", "ts")
        return [{field: shown[field] for field in order}]

    def modify(self, call: Call) -> Rows:
        account, key = self._key(call)
        name, perm, ip = call.text("label"), call.text("perm"), call.text("ip")
        if name is not None:
            if not name:
                raise Refused("51000", "label")
            self._free(account, name, key)
            key = replace(key, label=name)
        if perm is not None:
            key = replace(key, rights=self._rights(perm))
        if ip is not None:
            key = replace(key, ips=_addresses(ip))
        self._world.keys[key.id] = key
        shown = _written(key, account)
        if self._world.options.get("modify_says_read", True):
            shown["perm"] = ",".join("read" if right == READ else right for right in str(shown["perm"]).split(","))
        return [shown]

    def delete(self, call: Call) -> Rows:
        account, key = self._key(call)
        del self._world.keys[key.id]
        return [{"subAcct": called(account)}]

    def _key(self, call: Call) -> tuple[SimulatedAccount, SimulatedKey]:
        """The key that is meant, and its account."""
        name, key_id = call.required("subAcct"), call.required("apiKey")
        account = child_called(self._world, call, name)
        key = self._world.keys.get(key_id)
        if key is None or key.account != account.name:
            raise Refused("59506")
        return account, key

    def _free(self, account: SimulatedAccount, name: str, but: SimulatedKey | None = None) -> None:
        """Raises `Refused` where a label can't be given."""
        if len(name) > LONGEST_LABEL:
            raise Refused("51000", "label")
        if any(label(key) == name for key in self._world.keys_of(account) if but is None or key.id != but.id):
            raise Refused("59502")

    def _rights(self, perm: str) -> Mapping[str, tuple[str, ...]]:
        rights = tuple(dict.fromkeys(right.strip() for right in perm.split(",")))
        if WITHDRAW in rights:
            raise Refused("59504")
        if not set(rights) <= {READ, TRADE}:
            raise Refused("51000", "perm")
        if READ not in rights and self._world.options.get("read_implied", True):
            rights = (READ, *rights)
        return {"perm": rights}


def digest(key_id: str, passphrase: str) -> str:
    """What a state keeps of a passphrase: enough to check it, and not the passphrase."""
    return sha256(f"{key_id}\n{passphrase}".encode("utf-8", "surrogatepass")).hexdigest()


def _addresses(ip: str) -> tuple[str, ...]:
    entries = tuple(entry.strip() for entry in ip.split(",")) if ip else ()
    for entry in entries:
        try:
            ip_network(entry)
        except ValueError:
            raise Refused("51000", "ip") from None
    if len(entries) > MOST_ADDRESSES:
        raise Refused("59503")
    return entries


def _written(key: SimulatedKey, account: SimulatedAccount) -> dict[str, object]:
    return {"subAcct": called(account), **listed(key)}
