"""The endpoints that show what lies in accounts, and the public one for index prices."""

from __future__ import annotations

from decimal import Decimal
from urllib.parse import parse_qsl

from keyctl.sandbox.money import Prices, price, text, worth
from keyctl.sandbox.okx.call import Call
from keyctl.sandbox.okx.reading import Rows, child_called
from keyctl.sandbox.okx.vocabulary import Refused
from keyctl.sandbox.scenario import SimulatedAccount
from keyctl.sandbox.simulator import Request
from keyctl.sandbox.world import ExchangeWorld

MOST_CURRENCIES = 20


class Money:
    """Answers of one world; each is the ``data`` of an envelope."""

    def __init__(self, world: ExchangeWorld) -> None:
        self._world = world

    def balance(self, call: Call) -> Rows:
        return self._trading(call, call.account, _currencies(call))

    def funding(self, call: Call) -> Rows:
        return self._funding(call, call.account)

    def sub_balance(self, call: Call) -> Rows:
        return self._trading(call, child_called(self._world, call, call.required("subAcct")), None)

    def sub_funding(self, call: Call) -> Rows:
        return self._funding(call, child_called(self._world, call, call.required("subAcct")))

    def _trading(self, call: Call, account: SimulatedAccount, wanted: frozenset[str] | None) -> Rows:
        if call.distortion.empty:
            return []
        held = account.balances.get("trading", {})
        stamp = str(call.request.at_ms)
        total = text(worth(held.items(), self._world.prices))
        details = [
            self._detail(asset, amount, stamp)
            for asset, amount in held.items()
            if amount and (wanted is None or asset in wanted)
        ]
        empty = dict.fromkeys(("adjEq", "availEq", "borrowFroz", "imr", "mgnRatio", "mmr", "ordFroz", "upl"), "")
        return [{**empty, "details": details, "isoEq": "0", "notionalUsd": "0", "totalEq": total, "uTime": stamp}]

    def _detail(self, asset: str, amount: Decimal, stamp: str) -> dict[str, object]:
        usd = price(self._world.prices, asset)
        eq = text(amount)
        return {
            **dict.fromkeys(("availBal", "availEq", "cashBal", "eq"), eq),
            **dict.fromkeys(("frozenBal", "interest", "isoEq", "ordFrozen", "stgyEq", "upl"), "0"),
            "ccy": asset,
            "disEq": "0" if usd is None else text(amount * usd),
            "eqUsd": "" if usd is None else text(amount * usd),
            "liab": text(max(-amount, Decimal(0))),
            "uTime": stamp,
        }

    def _funding(self, call: Call, account: SimulatedAccount) -> Rows:
        wanted = _currencies(call)
        if call.distortion.empty:
            return []
        return [
            {"availBal": text(amount), "bal": text(amount), "ccy": asset, "frozenBal": "0"}
            for asset, amount in account.balances.get("funding", {}).items()
            if amount > 0 and (wanted is None or asset in wanted)
        ]


def index_tickers(request: Request, prices: Prices) -> Rows:
    """Indices in USD, for everybody. Raises `Refused` when neither an index nor a quote currency is named."""
    asked = dict(parse_qsl(request.query))
    quote, index = asked.get("quoteCcy"), asked.get("instId")
    if not quote and not index:
        raise Refused("50014", "instId")
    rows = [_index(asset, usd, str(request.at_ms)) for asset, usd in prices.items()]
    if index:
        rows = [row for row in rows if row["instId"] == index]
        if not rows:
            raise Refused("51001")
    return [row for row in rows if not quote or str(row["instId"]).endswith(f"-{quote}")]


def _index(asset: str, usd: Decimal, stamp: str) -> dict[str, object]:
    names = ("idxPx", "high24h", "low24h", "open24h", "sodUtc0", "sodUtc8")
    return {"instId": f"{asset}-USD", **dict.fromkeys(names, text(usd)), "ts": stamp}


def _currencies(call: Call) -> frozenset[str] | None:
    given = call.text("ccy")
    if not given:
        return None
    wanted = frozenset(given.split(","))
    if len(wanted) > MOST_CURRENCIES:
        raise Refused("51000", "ccy")
    return wanted
