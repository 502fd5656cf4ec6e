"""Calls of Deribit, whose every answer says which of its two systems it comes from."""

from __future__ import annotations

from keyctl.exchanges.declaration import Endpoint
from keyctl.exchanges.deribit.declaration import GET_ACCOUNT_SUMMARY
from keyctl.exchanges.deribit.decoding import account_of, check_environment
from keyctl.exchanges.parameters import Params
from keyctl.exchanges.transport import Transport


async def ask(transport: Transport, endpoint: Endpoint, params: Params | None = None) -> object:
    """An answer of the system that the account is on. Raises ExchangeError."""
    answer = await transport.call(endpoint, params)
    check_environment(answer, transport.environment)
    return answer


async def account(transport: Transport) -> tuple[str, bool]:
    """The uid of the account whose key calls, and whether it is a main account."""
    # the currency must be named; only what is said of the account, in `extended` answers, is looked at
    return account_of(await ask(transport, GET_ACCOUNT_SUMMARY, {"currency": "BTC", "extended": "true"}))
