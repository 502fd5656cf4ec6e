"""Changing keys of the Deribit account whose credential calls. What is sent and why: docs/exchanges/deribit.md."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from keyctl.exchanges.declaration import Endpoint, Holder
from keyctl.exchanges.decode import Fields
from keyctl.exchanges.deribit.asking import account, ask
from keyctl.exchanges.deribit.declaration import (
    CREATE_API_KEY,
    DECLARATION,
    DISABLE_API_KEY,
    EDIT_API_KEY,
    ENABLE_API_KEY,
    LIST_API_KEYS,
    REMOVE_API_KEY,
)
from keyctl.exchanges.deribit.decoding import listed, numbers, written
from keyctl.exchanges.entries import entries
from keyctl.exchanges.errors import ExchangeError, Malformed
from keyctl.exchanges.looking import checked, looked, meant
from keyctl.exchanges.natives import rights_for
from keyctl.exchanges.parameters import ParamValue
from keyctl.exchanges.transport import Transport
from keyctl.exchanges.writing import Created, HalfMade, Unsupported, Wanted, Writer
from keyctl.model.identifier import Identifier
from keyctl.model.live import LiveKey
from keyctl.model.observed import Known, value_of

LEAST = "account:read"
"""What a key has for the moment between its making and the edit that binds it to addresses."""
_NAME = re.compile(r"[A-Za-z0-9_]{1,16}", re.ASCII)
"""https://docs.deribit.com/api-reference/account-management/private-create_api_key"""
_SCOPE = re.compile(r"[^:=]+:[^:=]+")
_FEATURE = "enabled_features="


@dataclass(frozen=True, slots=True)
class _Meant:
    """The key that a change is about, its number, and whose it is."""

    number: int
    live: LiveKey
    holder: Holder


class DeribitWriter:
    """A credential changes keys of its own account, and no others."""

    async def create(self, transport: Transport, subaccount: str | None, wanted: Wanted) -> Created:
        """By create_api_key, which knows no addresses: a key that is bound to some is made with the least scope there
        is, and gets scope and addresses together by edit_api_key. It is never powerful and unbound."""
        _own(subaccount)
        _check_name(wanted.label)
        bound = list(entries(DECLARATION, wanted.ips))
        holder = await _holder(transport)
        scope = " ".join(rights_for(DECLARATION, wanted.scopes, holder))
        made: dict[str, ParamValue] = {"max_scope": LEAST if bound else scope, "name": wanted.label}
        answer = await ask(transport, CREATE_API_KEY, made)
        number, key = written(CREATE_API_KEY.name, answer, holder)
        failure: ExchangeError
        try:
            secret = Fields(answer).inner("result").secret("client_secret")
            if bound:
                edit: dict[str, ParamValue] = {"id": number, "max_scope": scope, "name": wanted.label}
                key = await _changed(transport, EDIT_API_KEY, edit | {"ip_whitelist": bound}, key.identifier, holder)
            return Created(key.identifier, secret, None, key)
        except ExchangeError as error:
            failure = error
        raise HalfMade(key.identifier, failure)

    async def update(
        self, transport: Transport, subaccount: str | None, identifier: Identifier, wanted: Wanted
    ) -> LiveKey:
        """By edit_api_key, with the number that the listing has for the key. Features go along as they are, and
        `enabled=false` for a disabled key: an edit switches nothing on.

        Raises Unsupported where a bound key is to be unbound: a query can't hold a list without entries, and what one
        would mean is not documented."""
        _own(subaccount)
        bound = list(entries(DECLARATION, wanted.ips))
        found = await _find(transport, identifier)
        if not bound and found.live.ips != Known(wanted.ips):
            raise Unsupported(
                "Deribit documents no way to take a key's allow-list off by API",
                "take it off in the web page (API, edit the key), or make another key and revoke this one",
            )
        held = tuple(native for native in found.live.native if _SCOPE.fullmatch(native))
        edit: dict[str, ParamValue] = {
            "id": found.number,
            "max_scope": " ".join(rights_for(DECLARATION, wanted.scopes, found.holder, found.live, held)),
        }
        if wanted.label or value_of(found.live.label):
            _check_name(wanted.label)
            edit["name"] = wanted.label
        if found.live.enabled == Known(False):
            edit["enabled"] = False
        features = [native.removeprefix(_FEATURE) for native in found.live.native if native.startswith(_FEATURE)]
        if features:
            edit["enabled_features"] = features
        if bound:
            edit["ip_whitelist"] = bound
        return await _changed(transport, EDIT_API_KEY, edit, identifier, found.holder)

    async def disable(self, transport: Transport, subaccount: str | None, identifier: Identifier) -> None:
        """By disable_api_key."""
        await _switch(transport, subaccount, identifier, on=False)

    async def enable(self, transport: Transport, subaccount: str | None, identifier: Identifier) -> None:
        """By enable_api_key, for which the exchange wants no second factor: what is revoked never gets here."""
        await _switch(transport, subaccount, identifier, on=True)

    async def delete(self, transport: Transport, subaccount: str | None, identifier: Identifier) -> None:
        """By remove_api_key, with the number that the listing has for the key; no documented code says that there is no
        such key."""
        _own(subaccount)
        found = await _find(transport, identifier)
        answer = await ask(transport, REMOVE_API_KEY, {"id": found.number})
        if Fields(answer).raw("result") != "ok":
            raise Fields(answer).malformed("result", "ok")

    async def freeze(self, transport: Transport, subaccount: str | None) -> None:  # noqa: ARG002
        """No documented call does that."""
        raise Unsupported(
            "Deribit's API freezes no sub-account", "lock it in the web page (Subaccounts), or disable its keys"
        )


async def _switch(transport: Transport, subaccount: str | None, identifier: Identifier, *, on: bool) -> None:
    _own(subaccount)
    found = await _find(transport, identifier)
    endpoint = ENABLE_API_KEY if on else DISABLE_API_KEY
    key = await _changed(transport, endpoint, {"id": found.number}, identifier, found.holder)
    if key.enabled != Known(on):
        raise Malformed("result.enabled", "true" if on else "false", "something else")


async def _find(transport: Transport, identifier: Identifier) -> _Meant:
    """Raises Unlisted for a key that the account's listing does not show."""
    holder = await _holder(transport)

    async def keys() -> tuple[tuple[LiveKey, ...], Mapping[Identifier, int]]:
        answer = await ask(transport, LIST_API_KEYS)
        return listed(answer, holder), numbers(answer)

    found, called = await looked(keys())
    live = meant(found, identifier)
    return _Meant(called[live.identifier], live, holder)


async def _holder(transport: Transport) -> Holder:
    _, master = await looked(account(transport))
    return Holder.MASTER if master else Holder.SUBACCOUNT


async def _changed(
    transport: Transport, endpoint: Endpoint, params: dict[str, ParamValue], identifier: Identifier, holder: Holder
) -> LiveKey:
    _, key = written(endpoint.name, await ask(transport, endpoint, params), holder)
    return checked(key, identifier, "result.client_id")


def _own(subaccount: str | None) -> None:
    if subaccount is not None:
        raise Unsupported(
            "Deribit changes the keys of a sub-account only for the sub-account's own credential",
            "take `parent` out of the account in registry/accounts.yaml, give it its `uid`, and give keyctl a key of"
            " that sub-account with account:read_write",
        )


def _check_name(label: str) -> None:
    if not _NAME.fullmatch(label):
        raise Unsupported(
            "a key of Deribit has a name of 1 to 16 letters, digits and underscores",
            "take such a label; the marker alone is one",
        )


WRITER: Writer = DeribitWriter()
