"""Changing keys of OKX's sub-accounts, with a key of their master that is bound to addresses. What is sent and why:
docs/exchanges/okx.md."""

from __future__ import annotations

import re

from keyctl.exchanges.declaration import Endpoint, Holder
from keyctl.exchanges.decode import Fields
from keyctl.exchanges.entries import entries
from keyctl.exchanges.errors import Cause, ExchangeError, Malformed
from keyctl.exchanges.looking import checked, id_text
from keyctl.exchanges.natives import rights_for
from keyctl.exchanges.okx.declaration import CREATE, DECLARATION, DELETE, MODIFY
from keyctl.exchanges.okx.decoding import decode, only_row
from keyctl.exchanges.okx.passphrase import passphrase
from keyctl.exchanges.parameters import ParamValue
from keyctl.exchanges.transport import Transport
from keyctl.exchanges.writing import Created, HalfMade, Unsupported, Wanted, Writer
from keyctl.model.identifier import Identifier
from keyctl.model.live import LiveKey

NO_SUCH_KEY = "59506"
_LABEL = re.compile(r"[!-~][ -~]{0,49}", re.ASCII)


class OkxWriter:
    """A master's own keys are out of reach: no call names them."""

    async def create(self, transport: Transport, subaccount: str | None, wanted: Wanted) -> Created:
        """By users/subaccount/apikey, with a passphrase of keyctl's own choice. The answer repeats the passphrase; that
        is not read."""
        name = _name(subaccount, "make a key in the web page (API), and put its id into the key's file")
        chosen = passphrase()
        answer = await transport.call(CREATE, {"subAcct": name, **_state(wanted), "passphrase": chosen})
        (key,) = decode(CREATE.name, answer)
        failure: ExchangeError
        try:
            _check_account(CREATE, answer, name)
            (row,) = Fields(answer).each("data")
            return Created(key.identifier, row.secret("secretKey"), chosen, key)
        except ExchangeError as error:
            failure = error
        raise HalfMade(key.identifier, failure)

    async def update(
        self, transport: Transport, subaccount: str | None, identifier: Identifier, wanted: Wanted
    ) -> LiveKey:
        """By modify-apikey with label, rights and addresses, though each may be left out: what is left out stays, and
        what a person changed meanwhile would stay with it."""
        name = _name(subaccount, "change it in the web page (API)")
        named = id_text(identifier, DECLARATION.title)
        answer = await transport.call(MODIFY, {"subAcct": name, "apiKey": named, **_state(wanted)})
        (key,) = decode(MODIFY.name, answer)
        checked(key, identifier, "data.apiKey")
        _check_account(MODIFY, answer, name)
        return key

    async def disable(self, transport: Transport, subaccount: str | None, identifier: Identifier) -> None:  # noqa: ARG002
        """OKX's keys have no such state."""
        raise Unsupported(
            "OKX can't disable a key", "delete the key, or freeze the whole sub-account in the web page (Sub-accounts)"
        )

    async def enable(self, transport: Transport, subaccount: str | None, identifier: Identifier) -> None:  # noqa: ARG002
        """OKX's keys have no such state."""
        raise Unsupported(
            "OKX can't enable a key", "if its sub-account is frozen, unfreeze that in the web page (Sub-accounts)"
        )

    async def delete(self, transport: Transport, subaccount: str | None, identifier: Identifier) -> None:
        """By delete-apikey. That the sub-account has no such key (59506) is as good; that there is no such sub-account
        (59510) says nothing of the key."""
        name = _name(subaccount, "delete it in the web page (API)")
        failure: ExchangeError
        try:
            answer = await transport.call(DELETE, {"subAcct": name, "apiKey": id_text(identifier, DECLARATION.title)})
            return _check_account(DELETE, answer, name)
        except ExchangeError as error:
            failure = error
        if failure.is_only(Cause.NOT_FOUND) and failure.code == NO_SUCH_KEY:
            return None
        raise failure

    async def freeze(self, transport: Transport, subaccount: str | None) -> None:  # noqa: ARG002
        """No documented call does that."""
        raise Unsupported("OKX's API freezes no sub-account", "freeze it in the web page (Sub-accounts)")


def _state(wanted: Wanted) -> dict[str, ParamValue]:
    """All that can be said of a key: `ip` of nothing binds to no address, and `perm` is the whole list, since whether
    `trade` alone also reads is not documented."""
    if not _LABEL.fullmatch(wanted.label):
        raise Unsupported(
            "a key of OKX has a label of 1 to 50 characters", "take such a label; the marker alone is one"
        )
    return {
        "label": wanted.label,
        "perm": ",".join(rights_for(DECLARATION, wanted.scopes, Holder.SUBACCOUNT)),
        "ip": ",".join(entries(DECLARATION, wanted.ips)),
    }


def _name(subaccount: str | None, by_hand: str) -> str:
    if not subaccount:
        raise Unsupported("OKX's API makes, changes and deletes only keys of sub-accounts", by_hand)
    return subaccount


def _check_account(endpoint: Endpoint, answer: object, name: str) -> None:
    if only_row(endpoint, answer).text("subAcct") != name:
        raise Malformed("data.subAcct", "the sub-account that was meant", "another")


WRITER: Writer = OkxWriter()
