"""The endpoints that write: sub-accounts, their keys, and the calling key itself."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from ipaddress import ip_address
from secrets import randbelow

from keyctl.sandbox.bybit import shown
from keyctl.sandbox.bybit.call import Call
from keyctl.sandbox.bybit.vocabulary import (
    ACCOUNT_NATIVE,
    CREATED_GROUPS,
    CUSTODIAL,
    CUSTODIAL_FUND,
    DEPRECATED,
    FIAT,
    FROZEN,
    MASTER_RIGHTS,
    NORMAL,
    SUB_RIGHTS,
    UPDATED_MASTER_GROUPS,
    UPDATED_SUB_GROUPS,
    Refused,
)
from keyctl.sandbox.invented import fresh_id, invented_secret
from keyctl.sandbox.scenario import SimulatedAccount, SimulatedKey
from keyctl.sandbox.world import ExchangeWorld, stamp

Rights = dict[str, tuple[str, ...]]
_USERNAME = re.compile(r"(?=.*[0-9])(?=.*[A-Za-z])[0-9A-Za-z]{6,16}")


class Writing:
    """Changes of one world by the writing endpoints, and their results."""

    def __init__(self, world: ExchangeWorld) -> None:
        self._world = world

    def create_sub_api(self, call: Call) -> dict[str, object]:
        account = self._child(call, str(call.integer("subuid")))
        key_id = fresh_id()
        key = SimulatedKey(
            name=key_id,
            account=account.name,
            id=key_id,
            secret=invented_secret(self._world.scenario, key_id),
            label=call.text("note", ""),
            rights=_sub_rights(call, account),
            ips=_addresses(call),
            created=call.now.replace(microsecond=0),
            expires=None,
            credential=(),
            native={"read_only": call.switch("readOnly")},
        )
        if not self._world.options.get("creates_keys", True):
            raise Refused(81007)
        self._world.keys[key_id] = key
        return _written(key, CREATED_GROUPS, key.secret)

    def update_sub_api(self, call: Call) -> dict[str, object]:
        key = self._sub_key(call)
        ips = _addresses(call)
        native = {**key.native, "read_only": call.switch("readOnly", 0)}
        if ips:
            native.pop("unbound", None)
        elif key.ips:
            native["unbound"] = stamp(call.now)
        changed = replace(key, ips=ips, native=native)
        if call.parameters.get("permissions") is not None:
            changed = replace(changed, rights=_sub_rights(call, self._world.account_of(key)))
        self._world.keys[key.id] = changed
        return {**_written(changed, UPDATED_SUB_GROUPS), "ips": shown.addresses(changed)}

    def update_api(self, call: Call) -> dict[str, object]:
        changed = replace(call.key, native={**call.key.native, "read_only": call.switch("readOnly", 0)})
        if call.parameters.get("permissions") is not None:
            changed = replace(changed, rights=_master_rights(call))
        self._world.keys[changed.id] = changed
        return {**_written(changed, UPDATED_MASTER_GROUPS), "ips": shown.addresses(changed)}

    def delete_sub_api(self, call: Call) -> dict[str, object]:
        del self._world.keys[self._sub_key(call).id]
        return {}

    def delete_api(self, call: Call) -> dict[str, object]:
        del self._world.keys[call.key.id]
        return {}

    def create_sub_member(self, call: Call) -> dict[str, object]:
        username, kind, remark = call.text("username"), call.integer("memberType"), call.text("note", "")
        call.switch("switch", 0)
        taken = {str(account.native.get("username") or account.name) for account in self._world.accounts.values()}
        if not _USERNAME.fullmatch(username) or username in taken or kind not in (NORMAL, CUSTODIAL):
            raise Refused(10001)
        uid = str(500_000_000 + randbelow(400_000_000))
        native = {**ACCOUNT_NATIVE, "username": username, "remark": remark, "member_type": kind}
        self._world.accounts[f"sub-{uid}"] = SimulatedAccount(f"sub-{uid}", uid, call.account.name, native)
        return {"uid": uid, "username": username, "memberType": kind, "status": NORMAL, "remark": remark}

    def frozen_sub_member(self, call: Call) -> dict[str, object]:
        account = self._child(call, str(call.integer("subuid")))
        status = FROZEN if call.switch("frozen") else NORMAL
        self._world.accounts[account.name] = replace(account, native={**account.native, "status": status})
        return {}

    def del_submember(self, call: Call) -> dict[str, object]:
        account = self._child(call, call.text("subMemberId"))
        for key in self._world.keys_of(account):
            del self._world.keys[key.id]
        del self._world.accounts[account.name]
        return {}

    def _child(self, call: Call, uid: str) -> SimulatedAccount:
        """The caller's sub-account of this uid."""
        for child in self._world.children(call.account):
            if child.uid == uid:
                return child
        raise Refused(10001)

    def _sub_key(self, call: Call) -> SimulatedKey:
        """The key that is meant: the one that a master names, or the sub-account's key that calls."""
        named = call.parameters.get("apikey")
        if call.account.parent is not None:
            if named is not None:
                raise Refused(10001)
            return call.key
        key = self._world.keys.get(call.text("apikey"))
        if key is None or self._world.account_of(key).parent != call.account.name:
            raise Refused(10001)
        return key


def _written(key: SimulatedKey, groups: Sequence[str], secret: str = "") -> dict[str, object]:
    return {
        "id": shown.internal_id(key),
        "note": key.label,
        "apiKey": key.id,
        "readOnly": int(shown.read_only(key)),
        "secret": secret,
        "permissions": shown.permissions(key, groups),
    }


def _sub_rights(call: Call, account: SimulatedAccount) -> Rights:
    rights = _some(_rights(call, SUB_RIGHTS))
    if rights.get("Wallet") and account.native.get("member_type") == CUSTODIAL_FUND:
        raise Refused(10001)
    return rights


def _master_rights(call: Call) -> Rights:
    """What an update leaves the calling master key with: Withdraw can't be given, fiat rights can't be changed."""
    rights, held = _rights(call, MASTER_RIGHTS), call.key.rights
    given = call.parameters["permissions"]
    assert isinstance(given, Mapping)
    for group in FIAT:
        before = tuple(held.get(group, ()))
        if group in given and sorted(rights.get(group, ())) != sorted(before):
            raise Refused(10001)
        if before:
            rights[group] = before
    if "Wallet" in rights:
        rights["Wallet"] = tuple(value for value in rights["Wallet"] if value != "Withdraw")
    rights = _some(rights)
    if "Affiliate" in rights and len(rights) > 1:
        raise Refused(10001)
    return rights


def _rights(call: Call, known: Mapping[str, Sequence[str]]) -> Rights:
    """``permissions`` as it was sent, without the deprecated groups."""
    given = call.parameters.get("permissions")
    if not isinstance(given, Mapping):
        raise Refused(10001)
    rights: Rights = {}
    for group, values in given.items():
        if values is None:
            continue
        if not isinstance(values, list) or any(value not in known.get(group, ()) for value in values):
            raise Refused(10001)
        if group not in DEPRECATED:
            rights[group] = tuple(dict.fromkeys(values))
    return rights


def _some(rights: Rights) -> Rights:
    """The groups that hold something; none at all is refused."""
    held = {group: values for group, values in rights.items() if values}
    if not held:
        raise Refused(10001)
    return held


def _addresses(call: Call) -> tuple[str, ...]:
    """``ips``: the addresses that it binds to, none for an unbound key."""
    given = call.parameters.get("ips")
    if given is None:
        return ()
    entries: list[str] = []
    for text in given if isinstance(given, list) else [given]:
        if not isinstance(text, str):
            raise Refused(10001)
        entries += [entry.strip() for entry in text.split(",")]
    if entries == ["*"]:
        return ()
    try:
        found = dict.fromkeys(str(ip_address(entry)) for entry in entries)
    except ValueError:
        found = {}
    if not found:
        raise Refused(10001)
    return tuple(found)
