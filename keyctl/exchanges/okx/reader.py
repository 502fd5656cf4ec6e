"""Reading OKX: a key describes itself, and a master key lists its sub-accounts and their keys."""

from __future__ import annotations

from dataclasses import replace

from keyctl.exchanges.errors import Cause, ExchangeError
from keyctl.exchanges.okx.balances import PRICED_BY, funding, index, trading
from keyctl.exchanges.okx.declaration import (
    ACCOUNT_CONFIG,
    BALANCE,
    FUNDING,
    INDEX_TICKERS,
    SUB_APIKEYS,
    SUB_BALANCE,
    SUB_FUNDING,
    SUBACCOUNTS,
)
from keyctl.exchanges.okx.decoding import account_of, decode, subaccount_page
from keyctl.exchanges.paging import Page, walk
from keyctl.exchanges.quotes import Quotes
from keyctl.exchanges.reading import Reader, SelfView
from keyctl.exchanges.transport import Transport
from keyctl.exchanges.valuation import USD, valued, without_value
from keyctl.model.balance import Balance
from keyctl.model.live import LiveKey, SubAccount
from keyctl.secrets.sources import Credential

PAGES = (100, 67)
"""The longest pages that the documentation allows, and shorter ones for looking twice: of sub-accounts that were made
in the same millisecond, a page that ends among them hides the rest."""


class OkxReader:
    """See ``docs/exchanges/okx.md`` for what is read and what is assumed."""

    def decode(self, endpoint: str, answer: object) -> tuple[LiveKey, ...]:
        """As Reader says."""
        return decode(endpoint, answer)

    async def inspect(self, transport: Transport, credential: Credential) -> SelfView:
        """By account/config, which any key may ask. It names no key: the one that asked is meant."""
        refused: ExchangeError
        try:
            answer = await transport.call(ACCOUNT_CONFIG)
            (key,) = decode(ACCOUNT_CONFIG.name, answer)
            uid, master = account_of(answer)
            return SelfView(replace(key, identifier=credential.identifier), uid, master)
        except ExchangeError as error:
            refused = error
        if refused.is_only(Cause.NOT_FOUND):  # documented for keys that a call names; here none is named
            refused = ExchangeError(
                (Cause.CREDENTIAL_INVALID, Cause.NOT_FOUND), refused.message, refused.remedy, code=refused.code
            )
        raise refused

    async def keys(self, transport: Transport, subaccount: str | None) -> tuple[LiveKey, ...]:
        """By users/subaccount/apikey, which has no pages. No endpoint lists the keys of the caller's own account."""
        if subaccount is None:
            raise ExchangeError(
                Cause.PERMISSION_DENIED,
                "OKX has no listing of an account's own keys",
                "ask each key with its own credential",
            )
        return decode(SUB_APIKEYS.name, await transport.call(SUB_APIKEYS, {"subAcct": subaccount}))

    async def subaccounts(self, transport: Transport) -> tuple[SubAccount, ...]:
        """By users/subaccount/list, all pages, until one is empty."""

        async def ask(cursor: str | None, size: int) -> Page[SubAccount]:
            params = {"limit": str(size)}
            if cursor is not None:
                params["after"] = cursor
            return subaccount_page(SUBACCOUNTS.name, await transport.call(SUBACCOUNTS, params))

        return await walk(SUBACCOUNTS.name, ask, self.called, PAGES)

    async def balance(self, transport: Transport, subaccount: str | None, quotes: Quotes) -> Balance:
        """By account/balance and asset/balances, of a sub-account by the same two below ``subaccount``, and
        index-tickers for what those give no value of."""
        params = {} if subaccount is None else {"subAcct": subaccount}
        account, wallet = (BALANCE, FUNDING) if subaccount is None else (SUB_BALANCE, SUB_FUNDING)
        lying = (
            *trading(account, await transport.call(account, params)),
            *funding(wallet, await transport.call(wallet, params)),
        )
        prices = {}
        if without_value(lying):
            rows = await quotes.once(INDEX_TICKERS.name, lambda: transport.call(INDEX_TICKERS, {"quoteCcy": USD}))
            known = index(rows)
            prices = {asset: known[asset] for asset in without_value(lying) if asset in known}
        return valued(lying, prices, PRICED_BY)

    def called(self, subaccount: SubAccount) -> str:
        """By its name, which the exchange uses as id in every call."""
        return subaccount.name


READER: Reader = OkxReader()
