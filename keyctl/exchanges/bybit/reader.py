"""Reading Bybit: a key describes itself, and a master key lists its sub-accounts and their keys."""

from __future__ import annotations

from keyctl.exchanges.bybit.balances import PRICED_BY, parts, price, tickers
from keyctl.exchanges.bybit.declaration import (
    ASSET_OVERVIEW,
    ESCROW_SUB_MEMBERS,
    QUERY_API,
    SUB_APIKEYS,
    SUBMEMBERS,
    TICKERS,
)
from keyctl.exchanges.bybit.decoding import account_of, decode, key_page, subaccount_page
from keyctl.exchanges.declaration import Endpoint
from keyctl.exchanges.errors import Cause, ExchangeError
from keyctl.exchanges.paging import Page, walk
from keyctl.exchanges.quotes import Quotes
from keyctl.exchanges.reading import Reader, SelfView
from keyctl.exchanges.transport import Transport
from keyctl.exchanges.valuation import valued, without_value
from keyctl.model.balance import Balance
from keyctl.model.live import LiveKey, SubAccount
from keyctl.secrets.sources import Credential

KEY_PAGES, MEMBER_PAGES = (20, 13), (100, 67)
"""The longest pages that the documentation allows, and shorter ones for looking twice."""


class BybitReader:
    """See ``docs/exchanges/bybit.md`` for what is read and what is assumed."""

    def decode(self, endpoint: str, answer: object) -> tuple[LiveKey, ...]:
        """As Reader says."""
        return decode(endpoint, answer)

    async def inspect(self, transport: Transport, credential: Credential) -> SelfView:  # noqa: ARG002 - as Reader has it
        """By query-api, which any key may ask."""
        answer = await transport.call(QUERY_API)
        (key,) = decode(QUERY_API.name, answer)
        uid, master = account_of(answer)
        return SelfView(key, uid, master)

    async def keys(self, transport: Transport, subaccount: str | None) -> tuple[LiveKey, ...]:
        """By sub-apikeys, all pages. No endpoint lists the keys of the caller's own account."""
        if subaccount is None:
            raise ExchangeError(
                Cause.NOT_FOUND, "Bybit has no listing of an account's own keys", "ask each key with its own credential"
            )

        async def ask(cursor: str | None, size: int) -> Page[LiveKey]:
            params = {"subMemberId": subaccount, "limit": str(size)}
            if cursor is not None:
                params["cursor"] = cursor
            return key_page(await transport.call(SUB_APIKEYS, params))

        return await walk(SUB_APIKEYS.name, ask, lambda key: key.identifier.fingerprint, KEY_PAGES)

    async def subaccounts(self, transport: Transport) -> tuple[SubAccount, ...]:
        """By submembers and, for fund-custodial ones, escrow_sub_members. The simpler query-sub-members is cut at
        1,000 without a sign, so it is never asked."""
        normal = await self._members(transport, SUBMEMBERS)
        custodial = await self._members(transport, ESCROW_SUB_MEMBERS)
        known = {subaccount.uid for subaccount in normal}
        return (*normal, *(subaccount for subaccount in custodial if subaccount.uid not in known))

    async def balance(self, transport: Transport, subaccount: str | None, quotes: Quotes) -> Balance:
        """By asset-overview, and market/tickers of spot for the prices."""
        params = {} if subaccount is None else {"memberId": subaccount}
        lying = parts(await transport.call(ASSET_OVERVIEW, params))
        prices = {}
        if without_value(lying):
            rows = await quotes.once(TICKERS.name, lambda: transport.call(TICKERS, {"category": "spot"}))
            known = tickers(rows)
            for asset in without_value(lying):
                found = price(known, asset)
                if found is not None:
                    prices[asset] = found
        return valued(lying, prices, PRICED_BY)

    def called(self, subaccount: SubAccount) -> str:
        """By its uid; user names can be chosen freely."""
        return subaccount.uid

    async def _members(self, transport: Transport, endpoint: Endpoint) -> tuple[SubAccount, ...]:
        async def ask(cursor: str | None, size: int) -> Page[SubAccount]:
            params = {"pageSize": str(size)}
            if cursor is not None:
                params["nextCursor"] = cursor
            return subaccount_page(endpoint.name, await transport.call(endpoint, params))

        refused: ExchangeError
        try:
            return await walk(endpoint.name, ask, lambda subaccount: subaccount.uid, MEMBER_PAGES)
        except ExchangeError as error:
            refused = error
        if refused.is_only(Cause.PERMISSION_DENIED):
            refused = ExchangeError(
                Cause.PERMISSION_DENIED,
                f"{refused.message}: listing sub-accounts needs a master key that holds one of Account Transfer,"
                " Subaccount Transfer and Withdrawal",
                "give keyctl's read-only key Subaccount Transfer (Wallet.SubMemberTransfer), which stays read-only",
                code=refused.code,
            )
        raise refused


READER: Reader = BybitReader()
