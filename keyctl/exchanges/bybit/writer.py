"""Changing keys of Bybit's sub-accounts, with a key of their master. What is sent and why: docs/exchanges/bybit.md."""

from __future__ import annotations

import re

from keyctl.exchanges.bybit.declaration import (
    CREATE_SUB_API,
    DECLARATION,
    DELETE_SUB_API,
    FREEZE,
    READ_ONLY,
    UPDATE_SUB_API,
)
from keyctl.exchanges.bybit.decoding import decode
from keyctl.exchanges.bybit.reader import READER
from keyctl.exchanges.declaration import Holder
from keyctl.exchanges.decode import Fields
from keyctl.exchanges.entries import entries
from keyctl.exchanges.errors import ExchangeError
from keyctl.exchanges.looking import checked, id_text, looked, meant
from keyctl.exchanges.natives import rights_for
from keyctl.exchanges.parameters import Params
from keyctl.exchanges.transport import Transport
from keyctl.exchanges.writing import Created, HalfMade, Unsupported, Wanted, Writer
from keyctl.model.identifier import Identifier
from keyctl.model.ips import IpSet
from keyctl.model.live import LiveKey
from keyctl.model.observed import Known
from keyctl.model.scopes import ScopeSet

_UID = re.compile(r"[0-9]{1,18}", re.ASCII)
_RIGHT = re.compile(r"[^.=]+\.[^=]+")
"""``Group.Value``; other words of LiveKey.native have an equals sign or no dot."""
GROUPS = tuple(
    dict.fromkeys(
        right.native.split(".")[0]
        for right in DECLARATION.rights
        if right.settable and right.holder in (Holder.ANY, Holder.SUBACCOUNT)
    )
)
"""Every permission group that a sub-account's key can be given."""


class BybitWriter:
    """A master's own keys are out of reach: each could only change itself, and keyctl changes no credential that it
    uses."""

    async def create(self, transport: Transport, subaccount: str | None, wanted: Wanted) -> Created:
        """By create-sub-api. ``permissions`` names no empty group: at creation they say nothing."""
        uid = _uid(subaccount, "make a key in the web page (API management), and put its id into the key's file")
        rights = rights_for(DECLARATION, wanted.scopes, Holder.SUBACCOUNT)
        answer = await transport.call(
            CREATE_SUB_API,
            {
                "subuid": int(uid),
                "note": wanted.label,
                "readOnly": _read_only(wanted.scopes),
                "ips": _ips(wanted.ips),
                "permissions": {group: values for group, values in _permissions(rights).items() if values},
            },
        )
        (key,) = decode(CREATE_SUB_API.name, answer)
        failure: ExchangeError
        try:
            return Created(key.identifier, Fields(answer).inner("result").secret("secret"), None, key)
        except ExchangeError as error:
            failure = error
        raise HalfMade(key.identifier, failure)

    async def update(
        self, transport: Transport, subaccount: str | None, identifier: Identifier, wanted: Wanted
    ) -> LiveKey:
        """By update-sub-api with everything in it: `readOnly`, which counts as read-write when it is absent, `ips`,
        which unbinds when it is absent, and each group, also the empty ones. The listing is asked first for the rights
        that the key has."""
        by_hand = (
            "change it in the web page (API management, edit): by API a master's key can only change its own rights and"
            " nobody's addresses"
        )
        uid = _uid(subaccount, by_hand)
        live = meant(await looked(READER.keys(transport, uid)), identifier)
        if live.label != Known(wanted.label):
            raise Unsupported(
                "Bybit gives a key its label when it is made and never again",
                "keep the label, or make another key and revoke this one",
            )
        held = tuple(native for native in live.native if _RIGHT.fullmatch(native))
        params: Params = {
            "apikey": id_text(identifier, DECLARATION.title),
            "readOnly": _read_only(wanted.scopes),
            "ips": _ips(wanted.ips),
            "permissions": _permissions(_rights(wanted.scopes, live, held)),
        }
        (key,) = decode(UPDATE_SUB_API.name, await transport.call(UPDATE_SUB_API, params))
        return checked(key, identifier, "result.apiKey")

    async def disable(self, transport: Transport, subaccount: str | None, identifier: Identifier) -> None:  # noqa: ARG002
        """Bybit's keys have no such state."""
        raise Unsupported(
            "Bybit can't disable a key",
            "delete the key, or freeze the whole sub-account in the web page (Subaccount, Freeze)",
        )

    async def enable(self, transport: Transport, subaccount: str | None, identifier: Identifier) -> None:  # noqa: ARG002
        """Bybit's keys have no such state."""
        raise Unsupported(
            "Bybit can't enable a key", "if its sub-account is frozen, unfreeze that in the web page (Subaccount)"
        )

    async def delete(self, transport: Transport, subaccount: str | None, identifier: Identifier) -> None:
        """By delete-sub-api. No documented code says that a key is not there: what is gone already is refused like any
        wrong parameter, and only the listing tells."""
        _uid(subaccount, "delete it in the web page (API management)")
        await transport.call(DELETE_SUB_API, {"apikey": id_text(identifier, DECLARATION.title)})

    async def freeze(self, transport: Transport, subaccount: str | None) -> None:
        """By frozen-sub-member."""
        uid = _uid(subaccount, "a master account can't be frozen: delete its keys in the web page (API management)")
        await transport.call(FREEZE, {"subuid": int(uid), "frozen": 1})


def _uid(subaccount: str | None, by_hand: str) -> str:
    if subaccount is None:
        raise Unsupported("Bybit's API makes, changes and deletes only keys of sub-accounts", by_hand)
    if not _UID.fullmatch(subaccount):
        raise Unsupported(
            "Bybit names sub-accounts by their uid, a number",
            "set `subaccount` of the account in registry/accounts.yaml to its uid",
        )
    return subaccount


def _rights(scopes: ScopeSet, live: LiveKey, held: tuple[str, ...]) -> tuple[str, ...]:
    """Those that are held, where they will do. A key that only reads keeps whatever it may read."""
    if held and scopes == DECLARATION.implicit:
        return held
    return rights_for(DECLARATION, scopes, Holder.SUBACCOUNT, live, held)


def _read_only(scopes: ScopeSet) -> int:
    return int(scopes == DECLARATION.implicit)


def _permissions(rights: tuple[str, ...]) -> dict[str, list[str]]:
    """Every group that can be set, the empty ones too, and whatever else the key is to keep."""
    found: dict[str, list[str]] = {group: [] for group in GROUPS}
    for native in rights:
        group, _, value = native.partition(".")
        if native != READ_ONLY.switch:
            found.setdefault(group, []).append(value)
    return found


def _ips(ips: IpSet) -> str:
    """One text with commas between, which the exchange prefers to a list; `*` binds to nothing."""
    return ",".join(entries(DECLARATION, ips)) or "*"


WRITER: Writer = BybitWriter()
