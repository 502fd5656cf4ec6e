"""Reading Deribit: a credential lists the keys of its own account, a main account's its sub-accounts too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from keyctl.exchanges.declaration import Holder
from keyctl.exchanges.deribit.access_log import Record, log_page, with_events
from keyctl.exchanges.deribit.asking import account, ask
from keyctl.exchanges.deribit.balances import PRICED_BY, index_names, index_price, parts, route
from keyctl.exchanges.deribit.declaration import (
    GET_ACCESS_LOG,
    GET_ACCOUNT_SUMMARIES,
    GET_INDEX_PRICE,
    GET_INDEX_PRICE_NAMES,
    GET_SUBACCOUNTS,
    LIST_API_KEYS,
)
from keyctl.exchanges.deribit.decoding import decode, listed, subaccount_page
from keyctl.exchanges.errors import Cause, ExchangeError
from keyctl.exchanges.quotes import Quotes
from keyctl.exchanges.reading import Reader, SelfView
from keyctl.exchanges.transport import Transport
from keyctl.exchanges.valuation import valued, without_value
from keyctl.model.balance import Balance
from keyctl.model.live import LiveKey, SubAccount
from keyctl.model.observed import NotObservable
from keyctl.secrets.sources import Credential

LOG_PAGE, MOST_LOG_PAGES = 1000, 10
"""The longest page that the documentation allows, and how far back the log is read: it is evidence, and may be long."""


class DeribitReader:
    """See ``docs/exchanges/deribit.md`` for what is read and what is assumed."""

    def decode(self, endpoint: str, answer: object) -> tuple[LiveKey, ...]:
        """As Reader says."""
        return decode(endpoint, answer)

    async def inspect(self, transport: Transport, credential: Credential) -> SelfView:
        """The key with the credential's own id in the listing; whose it is comes from the account's summary."""
        uid, master = await account(transport)
        keys = await self._listed(transport, master=master)
        own = next((key for key in keys if key.identifier == credential.identifier), None)
        if own is None:
            raise ExchangeError(
                Cause.MALFORMED,
                "the listing of the account's keys does not name the key that asked",
                "run again; if it stays, look at the account's keys in the web page",
            )
        return SelfView(own, uid, master)

    async def keys(self, transport: Transport, subaccount: str | None) -> tuple[LiveKey, ...]:
        """By list_api_keys, which has no pages, with what the access log says of each key. Only an account's own
        credential lists its keys."""
        if subaccount is not None:
            raise ExchangeError(
                Cause.PERMISSION_DENIED,
                "Deribit lists the keys of a sub-account only to the sub-account's own credential",
                "take `parent` out of the account in registry/accounts.yaml, give it its `uid`, and give keyctl a key"
                " of that sub-account",
            )
        _, master = await account(transport)
        keys = await self._listed(transport, master=master)
        unread: ExchangeError
        try:
            records = await self._log(transport)
            return tuple(with_events(key, records) for key in keys)
        except ExchangeError as error:
            unread = error
        # the log is evidence of what was done; which keys there are does not depend on it
        unknown = NotObservable(f"the access log could not be read: {unread}")
        return tuple(replace(key, modified_at=unknown) for key in keys)

    async def subaccounts(self, transport: Transport) -> tuple[SubAccount, ...]:
        """By get_subaccounts, which has no pages and names the main account too."""
        answer = await ask(transport, GET_SUBACCOUNTS)
        return subaccount_page(GET_SUBACCOUNTS.name, answer).items

    def called(self, subaccount: SubAccount) -> str:
        """By its uid; names can be chosen freely."""
        return subaccount.uid

    async def balance(self, transport: Transport, subaccount: str | None, quotes: Quotes) -> Balance:
        """By get_account_summaries, and get_index_price for each index that leads from an asset to USD."""
        params = {"extended": "true"} | ({} if subaccount is None else {"subaccount_id": subaccount})
        lying = parts(await ask(transport, GET_ACCOUNT_SUMMARIES, params), subaccount)
        prices: dict[str, Decimal] = {}
        for asset in without_value(lying):
            found = await self._price(transport, asset, quotes)
            if found is not None:
                prices[asset] = found
        return valued(lying, prices, PRICED_BY)

    async def _price(self, transport: Transport, asset: str, quotes: Quotes) -> Decimal | None:
        names = await quotes.once(GET_INDEX_PRICE_NAMES.name, lambda: transport.call(GET_INDEX_PRICE_NAMES))
        steps = route(asset, index_names(names))
        if steps is None:
            return None
        price = Decimal(1)
        for name, forwards in steps:
            index = await self._index(transport, name, quotes)
            price = price * index if forwards else price / index
        return price

    async def _index(self, transport: Transport, name: str, quotes: Quotes) -> Decimal:
        return index_price(await quotes.once(name, lambda: transport.call(GET_INDEX_PRICE, {"index_name": name})))

    async def _listed(self, transport: Transport, *, master: bool) -> tuple[LiveKey, ...]:
        return listed(await ask(transport, LIST_API_KEYS), Holder.MASTER if master else Holder.SUBACCOUNT)

    async def _log(self, transport: Transport) -> Mapping[int, Record]:
        """By the exchange's number of each entry, so that those that move to the next page meanwhile count once."""
        found: dict[int, Record] = {}
        offset = 0
        for _ in range(MOST_LOG_PAGES):
            params = {"offset": str(offset), "count": str(LOG_PAGE)}
            page = log_page(await ask(transport, GET_ACCESS_LOG, params))
            found |= {record.number: record for record in page.records}
            offset += page.entries
            more = page.entries == LOG_PAGE if page.total is None else offset < page.total
            if not page.entries or not more:
                break
        return found


READER: Reader = DeribitReader()
