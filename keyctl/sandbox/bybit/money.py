"""The endpoints that show what lies in accounts, and the public one for prices."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from urllib.parse import parse_qsl

from keyctl.sandbox.bybit.call import Call
from keyctl.sandbox.bybit.vocabulary import CATEGORIES, WALLETS, Refused
from keyctl.sandbox.money import Prices, text, worth
from keyctl.sandbox.scenario import SimulatedAccount
from keyctl.sandbox.simulator import Request
from keyctl.sandbox.world import ExchangeWorld

SHOWN_EMPTY = ("FundingAccount", "UnifiedTradingAccount")
TETHER = "USDT"
SMALLEST = Decimal("0.00000001")


class Money:
    """Results over one world."""

    def __init__(self, world: ExchangeWorld) -> None:
        self._world = world

    def asset_overview(self, call: Call) -> dict[str, object]:
        if call.distortion.empty:
            return {}
        account = self._account(call)
        wallets = [self._wallet(name, account, call.request.at_ms) for name in WALLETS if _is_shown(name, account)]
        total = sum((worth(held.items(), self._world.prices) for held in account.balances.values()), Decimal(0))
        return {"totalEquity": text(total), "list": wallets}

    def wallet_balance(self, call: Call) -> dict[str, object]:
        if call.distortion.empty:
            return {"list": []}
        if call.parameters.get("accountType") != "UNIFIED":
            raise Refused(10001)
        held = call.account.balances.get("UnifiedTradingAccount", {})
        prices = self._world.prices
        coins = [
            {
                "coin": coin,
                "equity": text(amount),
                "walletBalance": text(amount),
                "usdValue": text(worth([(coin, amount)], prices)),
                "borrowAmount": "0",
                "unrealisedPnl": "0",
            }
            for coin, amount in held.items()
            if amount
        ]
        total = text(worth(held.items(), prices))
        return {
            "list": [
                {"accountType": "UNIFIED", "totalEquity": total, "totalWalletBalance": total, "coin": coins},
            ]
        }

    def _account(self, call: Call) -> SimulatedAccount:
        wanted = call.parameters.get("memberId")
        if not wanted:
            return call.account
        for child in self._world.children(call.account):
            if child.uid == wanted:
                return child
        raise Refused(10001)

    def _wallet(self, name: str, account: SimulatedAccount, at_ms: int) -> dict[str, object]:
        held = account.balances.get(name, {})
        total = text(worth(held.items(), self._world.prices))
        coins = [{"coin": coin, "equity": text(amount)} for coin, amount in held.items() if amount]
        shown: dict[str, object] = {
            "totalEquity": total,
            "valuationCurrency": "USD",
            "accountType": name,
            "snapshotTime": str(at_ms),
        }
        if name in CATEGORIES:
            return shown | {"categories": [{"category": CATEGORIES[name], "equity": total, "coinDetail": coins}]}
        return shown | {"coinDetail": coins}


def tickers(request: Request, prices: Prices) -> dict[str, object]:
    """Spot pairs in USDT, for everybody. Raises `Refused` for other products and for a symbol that there is not."""
    asked = dict(parse_qsl(request.query))
    if asked.get("category") != "spot":
        raise Refused(10001)
    rows = [_ticker(coin, price, prices[TETHER]) for coin, price in prices.items() if coin != TETHER]
    if "symbol" in asked:
        rows = [row for row in rows if row["symbol"] == asked["symbol"]]
        if not rows:
            raise Refused(10001)
    return {"category": "spot", "list": rows}


def _ticker(coin: str, price: Decimal, tether: Decimal) -> Mapping[str, object]:
    last = text((price / tether).quantize(SMALLEST))
    return {
        "symbol": f"{coin}{TETHER}",
        **dict.fromkeys(("bid1Price", "ask1Price", "lastPrice", "prevPrice24h", "highPrice24h", "lowPrice24h"), last),
        **dict.fromkeys(("bid1Size", "ask1Size", "turnover24h", "volume24h"), "1"),
        "price24hPcnt": "0",
        "usdIndexPrice": text(price),
    }


def _is_shown(name: str, account: SimulatedAccount) -> bool:
    return name in SHOWN_EMPTY or any(account.balances.get(name, {}).values())
