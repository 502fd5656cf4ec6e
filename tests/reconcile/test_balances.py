"""What lies in accounts, over HTTP at every simulated exchange."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keyctl.exchanges import catalogue
from keyctl.exchanges.declaration import Effect
from keyctl.model.account import Account, Environment
from keyctl.model.balance import Balance, excess
from keyctl.model.live import NOT_ASKED_FOR, AccountSnapshot, Coverage, Snapshot
from keyctl.model.names import AccountName, ExchangeId
from keyctl.model.observed import Known, NotObservable
from keyctl.model.registry import Registry
from keyctl.reconcile.snapshots import digest, document, load, merge
from keyctl.sandbox.running import running
from keyctl.sandbox.scenario import read
from tests.canary import CANARY
from tests.reconcile.desk import HERE, Desk, of
from tests.reconcile.venues import BYBIT, OKX

PRICES = {"BTC": 60000, "ETH": 3000, "SOL": 150, "USDC": "1.0001", "USDT": "0.9996"}
LIMIT = (("USD", Decimal(500)),)
UIDS = {"main": "1000", "sub": "1001"}


@dataclass(frozen=True)
class Exchange:
    """How one exchange is asked. ``rights`` are those of a key that may read, ``of_a_sub`` what is other in a
    sub-account's; ``wallets`` splits what is held among its wallets; ``own`` and ``others`` are the calls for an
    account's own and for a sub-account's balance, ``quotes`` those for prices. ``damage`` has an amount that is no
    number, ``emptied`` has none at all. ``alone``: the keys of a sub-account are listed to its own credential only.
    """

    name: str
    rights: Mapping[str, Any]
    wallets: Callable[[Mapping[str, Any]], dict[str, Any]]
    own: tuple[str, ...]
    others: tuple[str, ...]
    quotes: tuple[str, ...]
    damage: object
    emptied: object
    refused: tuple[object, str]
    alone: bool = False
    of_a_sub: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.name


def in_two(first: str, second: str) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    """The first asset in one wallet, all others in another."""

    def split(held: Mapping[str, Any]) -> dict[str, Any]:
        assets = list(held)
        return {first: {a: held[a] for a in assets[1:]}, second: {a: held[a] for a in assets[:1]}}

    return split


_OVERVIEW = ("GET /v5/asset/asset-overview",)
_SUMMARIES = ("GET /api/v2/private/get_account_summaries",)
EXCHANGES = (
    Exchange(
        "bybit",
        BYBIT.reader,
        in_two("FundingAccount", "UnifiedTradingAccount"),
        _OVERVIEW,
        _OVERVIEW,
        ("GET /v5/market/tickers",),
        {"result": {"list": [{"totalEquity": "1", "coinDetail": [{"coin": "BTC", "equity": ""}]}]}},
        {"result": {"list": []}},
        ({"retCode": 10005}, "permission-denied"),
        of_a_sub=BYBIT.trader,
    ),
    Exchange(
        "okx",
        OKX.reader,
        in_two("trading", "funding"),
        ("GET /api/v5/account/balance", "GET /api/v5/asset/balances"),
        ("GET /api/v5/account/subaccount/balances", "GET /api/v5/asset/subaccount/balances"),
        ("GET /api/v5/market/index-tickers",),
        {"data": [{"details": [{"ccy": "BTC", "eq": ""}], "ccy": "BTC", "bal": ""}]},
        {"data": [{"details": [], "totalEq": "5"}]},
        ({"code": "50120"}, "permission-denied"),
    ),
    Exchange(
        "deribit",
        {"rights": {"account": ["read"]}},
        lambda held: {"account": held},
        _SUMMARIES,
        _SUMMARIES,
        ("GET /api/v2/public/get_index_price", "GET /api/v2/public/get_index_price_names"),
        {"result": {"summaries": [{"currency": "BTC", "equity": None}]}},
        {"result": {"summaries": []}},
        ({"error": {"code": 13021}, "result": None}, "permission-denied"),
        alone=True,
    ),
)
EVERYWHERE = pytest.mark.parametrize("exchange", EXCHANGES, ids=str)
HELD = {"BTC": "0.0123", "USDT": "41.5", "SOL": "2", "ETH": "0.1"}


@contextmanager
def desk(exchange: Exchange, main: Mapping[str, Any], sub: Mapping[str, Any], *, parent: bool = True) -> Iterator[Desk]:
    """A main account and a sub-account that hold this; both have a ``max_balance``. ``parent`` reads the sub-account
    with the main account's credential."""
    key = {"created": "30d ago", "ips": ["127.0.0.1"], "credential": "account", **exchange.rights}
    accounts: dict[str, Any] = {
        "main": {"uid": UIDS["main"], "keys": {"reader": key}, "balances": exchange.wallets(main)},
        "sub": {"uid": UIDS["sub"], "parent": "main", "balances": exchange.wallets(sub)},
    }
    if not parent:
        accounts["sub"]["keys"] = {"sub-reader": {**key, **exchange.of_a_sub}}
    form = {"prices": PRICES, "accounts": accounts}
    simulated = read({"name": "money", "exchanges": {exchange.name: form}}, datetime.now(UTC))
    declared = {AccountName(name): declare(exchange, name, parent=parent) for name in UIDS}
    with running(simulated) as sandbox:
        venue = replace(BYBIT, exchange=exchange.name)
        yield Desk(sandbox, simulated, Registry("registry-id", declared, {}, {}, {}, (), "sha256:0"), venue)


def declare(exchange: Exchange, name: str, *, parent: bool = True) -> Account:
    below = name == "sub" and parent
    return Account(
        AccountName(name),
        ExchangeId(exchange.name),
        Environment.SANDBOX,
        HERE,
        parent=AccountName("main") if below else None,
        subaccount=("sub" if exchange.name == "okx" else UIDS["sub"]) if below else None,
        uid=UIDS[name],
        max_balance=LIMIT,
    )


def weighed(seen: AccountSnapshot) -> Balance:
    assert isinstance(seen.balances, Known), seen.balances
    return seen.balances.value


def reason(seen: AccountSnapshot) -> str:
    assert isinstance(seen.balances, NotObservable), seen.balances
    return seen.balances.reason


def amounts(balance: Balance) -> dict[str, Decimal]:
    return {holding.asset: holding.amount for holding in balance.holdings}


@EVERYWHERE
@pytest.mark.parametrize("parent", [True, False], ids=["by its parent", "by itself"])
def test_an_account_s_wallets_are_added_up_at_the_exchange_s_prices(exchange: Exchange, *, parent: bool) -> None:
    with desk(exchange, {"BTC": 3}, HELD, parent=parent) as running_desk:
        snapshot = running_desk.observe(balances=True)
        requests = running_desk.requests()
    main, sub = weighed(of(snapshot, "main")), weighed(of(snapshot, "sub"))
    assert amounts(main) == {"BTC": 3} and main.worth == 180_000
    assert amounts(sub) == {asset: Decimal(amount) for asset, amount in HELD.items()}
    assert [holding.asset for holding in sub.holdings] == sorted(HELD)
    expected = sum(Decimal(str(PRICES[asset])) * Decimal(amount) for asset, amount in HELD.items())
    assert sub.unpriced == () and abs(sub.worth - expected) < Decimal("0.001")
    assert sub.priced_by and sub.currency == "USD"
    reading = {
        endpoint.name for endpoint in catalogue.declaration(exchange.name).endpoints if endpoint.effect is Effect.READ
    }
    assert set(requests) <= reading
    for call in exchange.own:
        assert requests.count(call) == (2 if exchange.own == exchange.others or not parent else 1)
    for call in exchange.others:
        assert requests.count(call) == (2 if exchange.own == exchange.others else int(parent))


@EVERYWHERE
def test_a_price_is_asked_for_once_a_run_however_many_accounts_want_it(exchange: Exchange) -> None:
    with desk(exchange, HELD, HELD) as running_desk:
        alone = running_desk.observe(balances={"sub"})
        once = sorted(request for request in running_desk.requests() if request in exchange.quotes)
        both = running_desk.observe(balances=True)
        twice = sorted(request for request in running_desk.requests() if request in exchange.quotes)
    assert once and twice == sorted([*once, *once])
    assert isinstance(of(alone, "main").balances, NotObservable)
    assert weighed(of(both, "main")).worth == weighed(of(both, "sub")).worth


@EVERYWHERE
def test_without_the_flag_no_balance_and_no_price_is_asked_for(exchange: Exchange) -> None:
    with desk(exchange, HELD, HELD) as running_desk:
        snapshot = running_desk.observe()
        requests = running_desk.requests()
    assert requests and not set(requests) & {*exchange.own, *exchange.others, *exchange.quotes}
    assert {seen.balances for seen in snapshot.accounts} == {NOT_ASKED_FOR}


@EVERYWHERE
def test_only_accounts_that_have_a_limit_are_asked(exchange: Exchange) -> None:
    with desk(exchange, HELD, HELD) as running_desk:
        accounts = dict(running_desk.registry.accounts)
        accounts[AccountName("sub")] = replace(accounts[AccountName("sub")], max_balance=())
        declared = replace(running_desk.registry, accounts=accounts)
        snapshot = running_desk.observe(declared, balances=True)
        requests = running_desk.requests()
    assert weighed(of(snapshot, "main")).worth
    assert of(snapshot, "sub").balances == NOT_ASKED_FOR
    assert requests.count(exchange.own[0]) == 1
    assert exchange.own == exchange.others or exchange.others[0] not in requests


@EVERYWHERE
def test_what_has_no_price_is_shown_and_leaves_the_total_unknown(exchange: Exchange) -> None:
    with desk(exchange, {"ODD": 7, "ETH": "0.01"}, {}) as running_desk:
        snapshot = running_desk.observe(balances=True)
    main = weighed(of(snapshot, "main"))
    assert [(holding.asset, holding.amount) for holding in main.unpriced] == [("ODD", Decimal(7))]
    assert main.worth == 30
    (unsure,) = excess(main, LIMIT)
    assert (unsure.certain, unsure.amount, unsure.unpriced) == (False, main.worth, main.unpriced)
    assert weighed(of(snapshot, "sub")).holdings == () and excess(weighed(of(snapshot, "sub")), LIMIT) == ()


@EVERYWHERE
def test_the_digest_does_not_move_with_money(exchange: Exchange) -> None:
    with desk(exchange, HELD, HELD) as running_desk:
        without, asked = running_desk.observe(), running_desk.observe(balances=True)
    assert digest(without) == digest(asked) and document(without) != document(asked)


FAULTS: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("rate-limit", {}, "rate-limited"),
    ("server-error", {}, "transport"),
    ("drop", {}, "transport"),
    ("timeout", {"seconds": 0.4}, "transport"),
    ("truncate", {}, "malformed"),
    ("html", {}, "malformed"),
    ("reshape", {"patch": []}, "malformed"),
)


@EVERYWHERE
@pytest.mark.parametrize(("kind", "options", "cause"), FAULTS, ids=[fault[0] for fault in FAULTS])
def test_a_balance_that_can_t_be_read_is_unknown_and_leaves_the_keys_alone(
    exchange: Exchange, kind: str, options: dict[str, Any], cause: str
) -> None:
    with desk(exchange, HELD, HELD) as running_desk:
        whole = running_desk.observe()
        for call in {exchange.own[-1], exchange.others[-1]}:
            running_desk.fault(call, kind, **options)
        snapshot = running_desk.observe(balances=True, timeout=0.2)
    for seen in snapshot.accounts:
        assert cause in reason(seen) and not CANARY.search(reason(seen).encode())
        assert (seen.coverage, seen.error) == (of(whole, seen.account).coverage, of(whole, seen.account).error)
    assert digest(snapshot) == digest(whole)


@EVERYWHERE
def test_a_missing_right_says_so(exchange: Exchange) -> None:
    patch, cause = exchange.refused
    with desk(exchange, HELD, {}) as running_desk:
        running_desk.fault(exchange.own[-1], "reshape", patch=patch)
        assert cause in reason(of(running_desk.observe(only={"main"}, balances=True), "main"))


@EVERYWHERE
@pytest.mark.parametrize("patch", ["damage", "emptied"])
def test_an_amount_that_is_no_number_is_never_nothing(exchange: Exchange, patch: str) -> None:
    with desk(exchange, HELD, HELD) as running_desk:
        for call in (exchange.own[0], exchange.others[0]):
            running_desk.fault(call, "reshape", patch=getattr(exchange, patch))
        snapshot = running_desk.observe(balances=True)
    assert all("malformed" in reason(seen) for seen in snapshot.accounts)


@EVERYWHERE
@pytest.mark.parametrize("kind", ["rate-limit", "html", "drop"])
def test_prices_that_can_t_be_read_are_said_once_for_all(exchange: Exchange, kind: str) -> None:
    held = {"SOL": 1, "USDT": 2}
    with desk(exchange, held, held) as running_desk:
        running_desk.fault(exchange.quotes[-1], kind)
        snapshot = running_desk.observe(balances=True)
    reasons = {reason(seen).partition(" (asked")[0] for seen in snapshot.accounts}
    assert len(reasons) == 1 and "prices could not be read" in reasons.pop()
    assert not any(seen.coverage is Coverage.INCOMPLETE for seen in snapshot.accounts if not exchange.alone)


@EVERYWHERE
def test_an_account_that_nobody_can_reach_has_no_balance_either(exchange: Exchange) -> None:
    with desk(exchange, HELD, HELD) as running_desk:
        snapshot = running_desk.observe(environ={}, balances=True)
        assert running_desk.requests() == []
    for seen in snapshot.accounts:
        assert "no credential" in reason(seen)


def test_a_sub_account_that_the_parent_does_not_list_is_not_asked() -> None:
    bybit = EXCHANGES[0]
    with desk(bybit, HELD, HELD) as running_desk:
        accounts = dict(running_desk.registry.accounts)
        accounts[AccountName("sub")] = replace(accounts[AccountName("sub")], subaccount="4711", uid=None)
        snapshot = running_desk.observe(replace(running_desk.registry, accounts=accounts), balances=True)
        assert running_desk.requests().count(*bybit.own) == 1
    assert "does not list 4711" in reason(of(snapshot, "sub"))


def test_deribit_shows_a_parent_what_lies_in_a_sub_account_whose_keys_it_does_not_show() -> None:
    with desk(EXCHANGES[2], {}, HELD) as running_desk:
        sub = of(running_desk.observe(balances=True), "sub")
    assert sub.coverage is Coverage.INCOMPLETE and amounts(weighed(sub))["SOL"] == 2


def test_deribit_answering_about_another_account_is_found_out() -> None:
    with desk(EXCHANGES[2], {"BTC": 9}, {}) as running_desk:
        running_desk.fault(EXCHANGES[2].own[0], "reshape", patch={"result": {"id": 1000}})
        assert "malformed" in reason(of(running_desk.observe(balances=True), "sub"))


def test_a_reader_that_knows_no_balances_costs_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    from keyctl.exchanges.okx.reader import OkxReader

    monkeypatch.delattr(OkxReader, "balance")
    with desk(EXCHANGES[1], HELD, HELD) as running_desk:
        snapshot = running_desk.observe(balances=True)
    assert all("AttributeError" in reason(seen) for seen in snapshot.accounts)
    assert of(snapshot, "sub").coverage is Coverage.ENUMERATED


coins = st.dictionaries(
    st.sampled_from(["BTC", "ETH", "SOL", "USDC", "USDT", "ODD", "NEW"]),
    st.decimals("0.00000001", "99999", places=8),
    max_size=6,
)


@EVERYWHERE
@settings(deadline=None, max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(held=coins, lent=coins)
def test_whatever_lies_in_an_account_nothing_of_it_is_dropped(
    exchange: Exchange, held: dict[str, Decimal], lent: dict[str, Decimal]
) -> None:
    written = {asset: format(amount, "f") for asset, amount in held.items()}
    with desk(exchange, written, {asset: format(amount, "f") for asset, amount in lent.items()}) as running_desk:
        snapshot = running_desk.observe(balances=True)
    for name, expected in (("main", held), ("sub", lent)):
        balance = weighed(of(snapshot, name))
        assert amounts(balance) == expected
        assert {holding.asset for holding in balance.unpriced} == set(expected) - set(PRICES)
        assert all(holding.value for holding in balance.holdings if holding.asset in PRICES)


def observed(balance: Balance | None, at: str, **changes: Any) -> Snapshot:
    known = NotObservable("no") if balance is None else Known(balance)
    when = datetime.fromisoformat(at)
    seen = AccountSnapshot(
        AccountName("a"), ExchangeId("bybit"), Coverage.ENUMERATED, when, subaccounts=NotObservable("x"), balances=known
    )
    return Snapshot("registry-id", when, (replace(seen, **changes),))


OLD, NEW = "2026-11-25T10:00:00+00:00", "2026-11-25T11:00:00+00:00"
RICH, POOR = (Balance.of([], name) for name in ("rich", "poor"))


@pytest.mark.parametrize(
    ("mine", "other", "expected"),
    [
        (observed(RICH, OLD), observed(POOR, NEW), Known(POOR)),
        (observed(RICH, NEW), observed(POOR, OLD), Known(RICH)),
        (observed(None, NEW), observed(POOR, OLD), Known(POOR)),
        (observed(RICH, OLD), observed(None, NEW), Known(RICH)),
        (observed(RICH, OLD), observed(POOR, NEW, coverage=Coverage.INCOMPLETE), Known(POOR)),
        (observed(None, OLD), observed(None, NEW), NotObservable("no")),
    ],
)
def test_merging_keeps_the_later_balance_that_was_read(mine: Snapshot, other: Snapshot, expected: object) -> None:
    assert merge(mine, [other]).accounts[0].balances == expected


@EVERYWHERE
def test_a_snapshot_file_keeps_balances_digit_for_digit(exchange: Exchange, tmp_path: Path) -> None:
    with desk(exchange, {**HELD, "ODD": "0.00000007"}, HELD) as running_desk:
        snapshot = running_desk.observe(balances=True)
    form, file = document(snapshot), tmp_path / "snapshot.json"
    file.write_text(json.dumps(form))
    loaded = load(file, "registry-id", datetime.now(UTC))
    assert [seen.balances for seen in loaded.accounts] == [seen.balances for seen in snapshot.accounts]
    for account in form["accounts"]:
        del account["balances"]
    file.write_text(json.dumps(form))
    old = load(file, "registry-id", datetime.now(UTC))
    assert all("knew no balances" in reason(seen) for seen in old.accounts)
    assert digest(old) == digest(snapshot)
