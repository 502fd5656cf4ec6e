"""Each choice with its rule and its reason, what is refused with which way out, and the bounds of days."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from keyctl.exchanges.catalogue import declaration
from keyctl.exchanges.declaration import Capability, Holder, Right, WalletAgents
from keyctl.model.account import Account, Environment, Mode
from keyctl.model.names import AccountName, AppName, ExchangeId, KeyName
from keyctl.model.place import Place
from keyctl.model.policy import Policy, Setting
from keyctl.model.refusal import Refusal
from keyctl.model.scopes import KEYS_MANAGE, READ, WITHDRAW, Scope, ScopeSet
from keyctl.policy.advice import lifetimes
from keyctl.policy.advice.addresses import usual
from keyctl.policy.advice.advice import Advice, Way, Wishes
from keyctl.policy.advice.advise import advise
from keyctl.policy.advice.asked import check_safe, kept_short
from keyctl.policy.advice.venues import is_here, listed, natives, reads_by_parent, shows_subaccounts
from tests.policy.advice.test_advice import TODAY
from tests.policy.advice.test_steps import OPTIONS, OWN, PERPS, VENDOR, asked
from tests.policy.corpus import registry_of

BYBIT = declaration("bybit")
HYPERLIQUID = declaration("hyperliquid")
SPOT = Scope("trade.spot")
MOVE = Scope("transfer.internal")


def ruled(advice: Advice) -> list[tuple[str, str]]:
    """What was chosen, up to its first word that is a name, and by which rule."""
    return [(choice.what, choice.rule) for choice in advice.choices]


def why(advice: Advice, rule: str) -> str:
    return " / ".join(choice.why for choice in advice.choices if choice.rule == rule)


def refused(ask: dict[str, Any], venue: str = "", **registry: Any) -> tuple[str, str]:
    with pytest.raises(Refusal) as refusal:
        asked(ask, venue, **registry)
    return refusal.value.message, refusal.value.remedy


def test_a_desk_s_key_place_rights_addresses_and_end_in_this_order() -> None:
    advice = asked({})
    (_, way), *rest = ruled(advice)
    assert way == "dedicated-account"
    assert rest == [
        ("new sub-account bybit-hedger", "dedicated-account"),
        ("scopes [read, trade.spot]", "least-scope"),
        ("ips: to be filled in", "ip-required"),
        (f"expires {TODAY + timedelta(days=90)}", "expiry-required"),
    ]
    assert advice.shown == "as the exchange shows it, once the key is issued"


def test_a_third_party_s_with_the_most_that_may_lie_there() -> None:
    advice = asked({"app": "vendor", "ips": ["8.8.4.10", "8.8.4.11"]}, apps=VENDOR)
    (_, way), *rest = ruled(advice)
    assert way == "third-party-isolation"
    assert rest == [
        ("new sub-account bybit-vendor", "third-party-isolation"),
        ("max_balance {USD: 500}", "balance-limit-missing"),
        ("scopes [read]", "third-party-writes"),
        ("ips [8.8.4.10, 8.8.4.11]", "ip-required-read"),
        (f"expires {TODAY + timedelta(days=90)}", "expiry-required"),
    ]


def test_an_account_that_is_there_brings_its_own_limit_and_no_proposal() -> None:
    own = {"own": {"exchange": "bybit", "parent": "main", "dedicated_to": "vendor", "max_balance": {"USD": 20}}}
    advice = asked({"app": "vendor"}, accounts=own, apps=VENDOR)
    assert [what for what, rule in ruled(advice)][1] == "account own"
    assert "balance-limit-missing" not in [rule for _, rule in ruled(advice)]
    assert "dedicated to vendor" in why(advice, "third-party-isolation")


def test_a_new_account_is_only_observed_and_set_apart() -> None:
    made = asked({}).account
    assert made == Account(
        AccountName("bybit-hedger"),
        ExchangeId("bybit"),
        Environment.LIVE,
        Place("registry/accounts.yaml", ("bybit-hedger",)),
        parent=AccountName("main"),
        mode=Mode.OBSERVE,
        dedicated_to=AppName("hedger"),
    )


def test_a_long_app_s_name_is_cut_and_a_third_name_is_tried() -> None:
    long = "a" * 100
    apps = {long: {"team": "t", "kind": "internal"}}
    assert asked({"app": long}, apps=apps).account.name == f"bybit-{long}"[:96]
    taken = {name: {"exchange": "bybit", "parent": "main"} for name in ("bybit-hedger", "bybit-hedger-2")}
    assert asked({}, accounts=taken).account.name == "bybit-hedger-3"


def test_a_reading_app_is_told_how_to_read_what_lies_elsewhere() -> None:
    reader = {"reader": {"team": "t", "kind": "internal", "needs": ["read"]}}
    assert "--account" in why(asked({"app": "reader"}, apps=reader), "dedicated-account")
    assert "--account" not in why(asked({}), "dedicated-account")
    assert "--account" not in why(
        asked({"app": "vendor"}, apps={"vendor": {"team": "v", "kind": "third-party"}}), "third-party-isolation"
    )
    assert "below main" in why(asked({}), "dedicated-account")


def test_keys_that_the_app_has_there_are_named_ended_ones_and_others_not() -> None:
    ended = {"id": None, "revoked": [{"id": "Old", "on": "2026-10-01", "reason": "leaked"}]}
    keys = {
        "a": {"account": "own", "id": "Id1"},
        "b": {"account": "own", "id": "Id2"},
        "c": {"account": "own", **ended},
        "d": {"id": "Id4"},
    }
    advice = asked({}, accounts=OWN, keys=keys)
    assert ("a further key", "keys-per-account") in ruled(advice) and "a, b there" in why(advice, "keys-per-account")
    only = asked({}, accounts=OWN, keys={"c": {"account": "own", **ended}, "d": {"id": "Id4"}})
    assert "keys-per-account" not in [rule for _, rule in ruled(only)]


def test_the_list_of_its_other_keys_is_named_where_they_agree() -> None:
    ended = {"id": None, "revoked": [{"id": "Old", "on": "2026-10-01", "reason": "leaked"}], "ips": ["8.8.4.99"]}
    keys = {"a": {"id": "Id1", "ips": ["8.8.4.10", "8.8.4.12"]}, "b": ended}
    advice = asked({}, keys=keys)
    assert advice.proposed == ("8.8.4.10", "8.8.4.12") and "8.8.4.10, 8.8.4.12" in why(advice, "ip-required")
    other = asked({"app": "quoter"}, apps={"quoter": {"team": "t", "kind": "internal"}}, keys=keys)
    assert other.proposed == () and "8.8.4.10" not in why(other, "ip-required-read")


def test_a_list_of_any_is_never_proposed() -> None:
    registry = registry_of({"keys": {"a": {"ips": "any"}}})
    hedger = registry.apps[AppName("hedger")]
    assert usual(registry, hedger) == ()
    (key,) = registry.keys.values()
    spelt = replace(registry, keys={key.name: replace(key, listed=("0.0.0.0/0",))})
    assert usual(spelt, hedger) == ()
    both = registry_of({"keys": {"a": {"ips": "any"}, "b": {"id": "Id2"}}})
    assert usual(both, hedger) == ()


def test_any_is_right_where_a_key_can_not_be_bound_and_refused_where_it_can() -> None:
    assert asked({"ips": ["any"]}, "unbound").ips == ("any",)
    assert asked({"ips": []}, "unbound").ips == ("any",)
    message, remedy = refused({"ips": ["8.8.4.10"]}, "unbound")
    assert "Bybit" in message and "ip-unavailable" in message and "--ips" in remedy
    assert "(ip-required-read)" in refused({"ips": ["any"], "scopes": ["read"]})[0]


def test_rights_are_explained_by_who_said_them() -> None:
    assert "hedger" in why(asked({}), "least-scope") and "--scopes" not in why(asked({}), "least-scope")
    assert "--scopes" in why(asked({"scopes": ["trade.spot"]}), "least-scope")
    vendor = why(asked({"app": "vendor"}, apps=VENDOR), "third-party-writes")
    assert "vendor" in vendor and "its needs say more" in vendor
    reads = {"vendor": {"team": "v", "kind": "third-party", "needs": ["read"]}}
    assert "its needs say more" not in why(asked({"app": "vendor"}, apps=reads), "third-party-writes")
    more = asked({"app": "vendor", "scopes": ["read", "trade.spot"]}, apps=VENDOR)
    assert "--scopes" in why(more, "third-party-writes") and "waiver" in why(more, "third-party-writes")
    newcomer = {"newcomer": {"team": "n", "kind": "internal"}}
    assert "newcomer" in why(asked({"app": "newcomer"}, apps=newcomer), "needs-unknown")
    assert ("scopes [read]", "least-scope") in ruled(asked({"app": "newcomer", "scopes": ["read"]}, apps=newcomer))


def test_what_is_asked_for_beyond_the_needs_is_named_and_reading_is_always_meant() -> None:
    message, remedy = refused({"scopes": ["trade.futures", "trade.options"]})
    assert "'hedger'" in message and "trade.futures, trade.options (least-scope)" in message
    assert "registry/apps.yaml" in remedy
    assert asked({"scopes": ["trade.spot"]}).scopes == {READ, SPOT}
    quiet = {"quiet": {"team": "n", "kind": "internal", "needs": ["trade.spot"]}}
    assert asked({"app": "quiet", "scopes": ["read"]}, apps=quiet).scopes == {READ}


def test_what_no_key_gets_is_refused_with_its_rule_and_the_app_s_name() -> None:
    for scope, rule in (
        ("withdraw", "withdrawal"),
        ("keys.manage", "key-administration"),
        ("other:keys.self_manage", "key-administration"),
    ):
        message, remedy = refused({"scopes": [scope]})
        assert message.endswith(f"{scope} ({rule})") and "'hedger'" in remedy and "registry/apps.yaml" in remedy


def test_what_an_exchange_can_not_split_comes_with_what_is_nearest_and_what_that_needs() -> None:
    accounts = {"okx-main": {"exchange": "okx"}}
    message, remedy = refused({"exchange": "okx"}, accounts=accounts)
    assert "hedger needs" in message and "--scopes read,trade.spot,trade.margin" in remedy
    assert "least-scope wants trade.margin, trade.futures" in remedy and "third-party-writes" not in remedy
    message, remedy = refused({"exchange": "okx", "scopes": ["read", "trade.spot"]}, accounts=accounts)
    assert "hedger needs" not in message and "exactly [read, trade.spot]" in message
    newcomer = {"newcomer": {"team": "n", "kind": "internal"}}
    _, remedy = refused(
        {"exchange": "okx", "app": "newcomer", "scopes": ["read", "trade.spot"]}, accounts=accounts, apps=newcomer
    )
    assert "least-scope" not in remedy
    ask = {"exchange": "okx", "app": "vendor", "scopes": ["read", "trade.spot"]}
    _, remedy = refused(ask, accounts=accounts, apps=VENDOR)
    assert "least-scope wants trade.margin" in remedy and "third-party-writes has to be waived" in remedy


def test_a_transfer_that_opens_the_administration_of_keys_names_what_it_opens() -> None:
    message, _ = refused({"scopes": ["read", "transfer.internal"]})
    assert "[read, transfer.internal]" in message and "other:keys.self_manage (key-administration)" in message


def test_several_masters_are_named_and_one_has_to_be() -> None:
    message, remedy = refused({}, accounts={"a": {"exchange": "bybit"}, "b": {"exchange": "bybit"}})
    assert message.endswith("a, b or main") and remedy.endswith("--parent a")


def test_no_master_is_a_closed_account_one_below_another_or_one_that_is_set_apart() -> None:
    accounts = {
        "closed": {"exchange": "bybit", "closed": {"on": "2026-01-01", "evidence": "mail"}},
        "apart": {"exchange": "bybit", "dedicated_to": "quoter"},
        "below": {"exchange": "bybit", "subaccount": "8"},
        "elsewhere": {"exchange": "okx"},
    }
    apps = {"quoter": {"team": "t", "kind": "internal"}}
    assert asked({}, accounts=accounts, apps=apps).account.parent == "main"
    for name in ("closed", "apart", "below", "elsewhere", "mm"):
        message, remedy = refused({"parent": name}, accounts=accounts, apps=apps)
        assert f"'{name}'" in message and "Bybit" in message and remedy == "name main"
    none = {"main": {"dedicated_to": "quoter"}}
    message, remedy = refused({"parent": "mm"}, accounts=none, apps=apps)
    assert "registry/accounts.yaml" in remedy
    message, remedy = refused({}, accounts=none, apps=apps)
    assert "bybit" in message and "registry/accounts.yaml" in remedy


def test_one_of_its_own_is_taken_below_the_parent_that_was_named_or_any_where_none_is() -> None:
    assert asked({"parent": "main"}, accounts=OWN).account.name == "own"
    assert asked({}, accounts=OWN).account.name == "own"
    accounts = {
        "deribit-main": {"exchange": "deribit"},
        "deribit-own": {"exchange": "deribit", "dedicated_to": "opt", "subaccount": "5"},
    }
    advice = asked(
        {"exchange": "deribit", "app": "opt", "parent": "deribit-main"}, accounts=accounts, apps={"opt": OPTIONS}
    )
    assert advice.account.name == "deribit-own", "where accounts name no parent, whichever is its own"


def test_several_of_its_own_are_named() -> None:
    message, remedy = refused({}, accounts={**OWN, "two": OWN["own"] | {"subaccount": "8"}})
    assert "own and two" in message and "hedger" in message and "Bybit" in message and remedy.endswith("--account own")


def test_a_wallet_s_account_names_no_parent_and_says_what_it_is_called_there() -> None:
    ask = {"exchange": "hyperliquid", "app": "perps"}
    message, remedy = refused({**ask, "parent": "main"}, apps={"perps": PERPS})
    assert "Hyperliquid" in message and "API wallet (agent)s" in message and "--parent" in remedy
    advice = asked(ask, apps={"perps": PERPS})
    assert advice.choices[0].rule == "wallet-over-key" and "(API wallet (agent))" in advice.choices[0].what
    assert ruled(advice)[1] == ("new account hyperliquid-perps", "dedicated-account")


def test_a_wallet_s_environment_is_that_of_the_accounts_there_if_they_agree() -> None:
    ask = {"exchange": "hyperliquid", "app": "perps"}
    test = {"exchange": "hyperliquid", "environment": "testnet"}

    def environment(**accounts: Any) -> Environment:
        return asked(ask, accounts=accounts, apps={"perps": PERPS}).account.environment

    assert environment() is Environment.LIVE
    assert environment(a=test, b=test) is Environment.TESTNET
    assert environment(a=test, b={"exchange": "hyperliquid", "environment": "live"}) is Environment.LIVE
    assert environment(a={"exchange": "okx", "environment": "sandbox"}) is Environment.LIVE


def test_a_wallet_s_own_account_is_known_by_its_address_unless_it_is_set_apart_or_the_app_is_run_by_others() -> None:
    wallet = {"venue": "hyperliquid", "chain": "arbitrum", "address": "0x" + "AB" * 20}
    signer = {**PERPS, "access": "wallet", "wallet": wallet}
    ask = {"exchange": "hyperliquid", "app": "signer"}

    def new(account: dict[str, Any]) -> bool:
        accounts = {"hl": {"exchange": "hyperliquid", **account}}
        return asked(ask, accounts=accounts, apps={"signer": signer, "quoter": {"team": "t", "kind": "internal"}}).new

    assert not new({"uid": "0x" + "ab" * 20}) and not new({"dedicated_to": "signer"})
    assert new({"uid": "0xcd"}) and new({}) and new({"uid": "0x" + "ab" * 20, "dedicated_to": "quoter"})


def test_where_no_sub_accounts_are_seen_what_was_set_apart_is_taken_then_the_shared_one() -> None:
    shared = asked(
        {"app": "desk"},
        "blind",
        accounts={"mm": {"dedicated_to": "hedger"}},
        apps={"desk": {"team": "d", "kind": "internal"}},
    )
    assert (shared.choices[0].rule, shared.account.name) == ("dedicated-account", "main")
    assert shared.choices[0].what.endswith(", main") and "Bybit" in shared.choices[0].why
    apart = asked({}, "blind", accounts={"mm": {"dedicated_to": "hedger"}})
    assert [rule for _, rule in ruled(apart)][:2] == ["dedicated-account", "dedicated-account"]
    assert ruled(apart)[1][0] == "account mm"
    message, remedy = refused({}, "blind")
    assert message.startswith("main or mm") and remedy.endswith("--account main")
    message, remedy = refused({"app": "vendor"}, "blind", apps=VENDOR)
    assert "'vendor'" in message and "dedicated_to: vendor" in remedy and "registry/accounts.yaml" in remedy
    apps = {"quoter": {"team": "t", "kind": "internal"}}
    apart_all = {"main": {"dedicated_to": "quoter"}, "mm": {"dedicated_to": "quoter"}}
    message, remedy = refused({}, "blind", accounts=apart_all, apps=apps)
    assert "bybit" in message and "registry/accounts.yaml" in remedy
    assert "--parent" in refused({"parent": "main"}, "blind")[1]


def chosen(
    wished: int | None, days: dict[str, int], scopes: ScopeSet = frozenset({READ}), agent_days: int | None = None
) -> tuple[int, str, str]:
    registry = registry_of({})
    venue = BYBIT if agent_days is None else replace(HYPERLIQUID, wallet_agents=agents(agent_days))
    last, choice = lifetimes.choose(
        Policy(rules={"max-lifetime": Setting(parameters=days)}),
        registry.apps[AppName("hedger")],
        registry.accounts[AccountName("mm")],
        venue,
        scopes,
        TODAY,
        None if wished is None else TODAY + timedelta(days=wished),
    )
    assert choice.what == f"expires {last}"
    return (last - TODAY).days, choice.rule, choice.why


def agents(days: int) -> WalletAgents:
    assert HYPERLIQUID.wallet_agents is not None
    return replace(HYPERLIQUID.wallet_agents, max_days=days)


def test_a_key_lives_ninety_days_or_as_long_as_it_may() -> None:
    assert chosen(None, {})[:2] == (90, "expiry-required")
    assert chosen(None, {"days": 91})[:2] == (90, "expiry-required")
    assert chosen(None, {"days": 90})[:2] == (90, "expiry-required")
    days, rule, said = chosen(None, {"days": 89})
    assert (days, rule) == (89, "max-lifetime") and "only read" in said and "89" in said


def test_an_agent_lives_no_longer_than_its_venue_approves() -> None:
    days, rule, said = chosen(None, {}, agent_days=7)
    assert (days, rule) == (7, "max-lifetime") and "7 days" in said and "only read" not in said
    assert chosen(None, {"days": 5}, agent_days=7)[:2] == (5, "max-lifetime")
    assert chosen(7, {}, agent_days=7)[0] == 7
    with pytest.raises(Refusal, match="7 at most") as refusal:
        chosen(8, {}, agent_days=7)
    assert "Hyperliquid" in refusal.value.message and "8 days" in refusal.value.message
    assert str(TODAY + timedelta(days=7)) in refusal.value.remedy and "--days 7" in refusal.value.remedy


def test_a_wish_is_kept_up_to_the_last_day_that_is_allowed() -> None:
    days, rule, said = chosen(30, {"days": 30})
    assert (days, rule) == (30, "max-lifetime") and "30 days" in said
    with pytest.raises(Refusal, match="31 days") as refusal:
        chosen(31, {"days": 30})
    assert "only read live 30" in refusal.value.message and "(max-lifetime)" in refusal.value.message
    assert str(TODAY + timedelta(days=30)) in refusal.value.remedy and "--days 30" in refusal.value.remedy


def test_where_the_rights_are_still_to_be_decided_the_strictest_limit_counts() -> None:
    limits = {"read_days": 50, "trade_days": 40, "move_days": 60}
    undecided: ScopeSet = frozenset()
    assert chosen(None, limits, undecided)[0] == 40
    assert chosen(None, {**limits, "read_days": 30}, undecided)[0] == 30
    assert chosen(None, {**limits, "move_days": 20}, undecided)[0] == 20
    assert chosen(None, limits, frozenset({READ, SPOT}))[0] == 40
    assert chosen(None, limits, frozenset({READ, MOVE}))[0] == 60
    assert chosen(None, limits)[0] == 50
    with pytest.raises(Refusal, match="still to be decided"):
        chosen(41, limits, undecided)


def test_a_venue_of_which_nothing_is_known_limits_nothing() -> None:
    registry = registry_of({})
    account, app = registry.accounts[AccountName("mm")], registry.apps[AppName("hedger")]
    for wished in (None, TODAY + timedelta(days=300)):
        last, _ = lifetimes.choose(Policy(), app, account, None, frozenset({READ}), TODAY, wished)
        assert last == (wished or TODAY + timedelta(days=90))


WAIVED = {"rule": "third-party-writes", "key": "fresh", "reason": "r", "approved_by": "sec", "expires": "2026-11-25"}


def kept(app: str, scopes: ScopeSet, *waivers: dict[str, str], wished: date | None = None) -> Any:
    own = {"own": {"exchange": "bybit", "parent": "main", "dedicated_to": "vendor"}}
    registry = registry_of({"accounts": own, "apps": VENDOR, "waivers": {"waivers": list(waivers)}})
    account = registry.accounts[AccountName("own")]
    name, venue = KeyName("fresh"), BYBIT
    return kept_short(
        name, registry.apps[AppName(app)], account, venue, Policy(), registry.waivers, scopes, TODAY, wished
    )


def test_a_third_party_s_key_that_does_more_than_read_needs_its_waiver_first_unless_one_holds_today() -> None:
    more: ScopeSet = frozenset({READ, SPOT})
    first = kept("vendor", more).first
    assert first is not None and first.rule == "third-party-writes" and "  expires: 2027-02-23" in first.lines
    assert "  key: fresh" in first.lines
    assert kept("vendor", more, WAIVED).first is None
    assert kept("vendor", more, {**WAIVED, "expires": "2026-11-24"}).first is not None
    assert kept("vendor", more, {**WAIVED, "key": "other"}).first is not None
    assert kept("vendor", more, {**WAIVED, "rule": "ip-required"}).first is not None
    assert kept("vendor", frozenset({READ})).first is None and kept("vendor", frozenset()).first is None
    assert kept("hedger", more).first is None


def test_it_lives_as_long_as_was_wished_for() -> None:
    there = kept("vendor", frozenset({READ}), wished=TODAY + timedelta(days=3))
    assert there.last_day == TODAY + timedelta(days=3) and there.choice.what == f"expires {there.last_day}"


def test_on_an_account_that_a_person_named_a_third_party_is_alone_and_no_power_is_given() -> None:
    own = {"own": {"exchange": "bybit", "parent": "main", "dedicated_to": "vendor"}}
    registry = registry_of({"accounts": own, "apps": VENDOR})
    vendor, hedger, keyctl = (registry.apps[AppName(name)] for name in ("vendor", "hedger", "keyctl"))
    mine, shared = registry.accounts[AccountName("own")], registry.accounts[AccountName("mm")]
    check_safe(vendor, mine, None)
    check_safe(hedger, shared, frozenset({READ}))
    check_safe(keyctl, shared, frozenset({KEYS_MANAGE}))
    with pytest.raises(Refusal, match="third-party-isolation") as refusal:
        check_safe(vendor, shared, None)
    assert "'vendor'" in refusal.value.message and "'mm'" in refusal.value.message
    assert "--exchange bybit" in refusal.value.remedy and "--account mm" in refusal.value.remedy
    powerful = replace(hedger, needs=frozenset({WITHDRAW}))
    with pytest.raises(Refusal, match="withdrawal"):
        check_safe(powerful, shared, None)
    check_safe(powerful, shared, frozenset({READ}))
    with pytest.raises(Refusal, match="key-administration"):
        check_safe(hedger, shared, frozenset({KEYS_MANAGE}))


def test_words_are_listed_for_people() -> None:
    assert [listed(words) for words in (["a"], ["a", "b"], ["a", "b", "c"])] == ["a", "a or b", "a, b or c"]


def test_an_account_is_here_by_any_name_of_the_family_while_it_is_open() -> None:
    okx = declaration("okx")
    accounts = registry_of(
        {
            "accounts": {
                "a": {"exchange": "okx"},
                "b": {"exchange": "myokx"},
                "c": {"exchange": "okx", "closed": {"on": "2026-01-01", "evidence": "mail"}},
            }
        }
    ).accounts
    assert [name for name, account in accounts.items() if is_here(account, okx)] == ["a", "b"]


def test_sub_accounts_are_seen_where_keys_are_listed_and_masters_told_apart() -> None:
    alike = replace(
        BYBIT, master_capabilities=None, rights=tuple(replace(one, holder=Holder.ANY) for one in BYBIT.rights)
    )
    assert shows_subaccounts(BYBIT) and not shows_subaccounts(alike)
    assert shows_subaccounts(replace(alike, master_capabilities=frozenset()))
    assert shows_subaccounts(replace(alike, rights=(*alike.rights, Right("x", frozenset(), Holder.MASTER))))
    assert not shows_subaccounts(replace(BYBIT, endpoints=()))
    assert not shows_subaccounts(replace(BYBIT, capabilities=BYBIT.capabilities - {Capability.LIST}))
    assert reads_by_parent(BYBIT) and not reads_by_parent(alike)


def test_the_exchange_s_own_words_are_those_of_rights_that_give_no_more_than_is_wanted() -> None:
    rights = (
        Right("spot", frozenset({READ, SPOT})),
        Right("sub", frozenset({SPOT}), Holder.SUBACCOUNT),
        Right("master", frozenset({SPOT}), Holder.MASTER),
        Right("spot", frozenset({SPOT})),
        Right("gone", frozenset({SPOT}), settable=False),
        Right("more", frozenset({SPOT, WITHDRAW})),
        Right("reads", frozenset({READ})),
    )
    venue = replace(BYBIT, rights=rights)
    wanted: ScopeSet = frozenset({READ, SPOT})
    assert natives(venue, wanted, subaccount=True) == ("spot", "sub")
    assert natives(venue, wanted, subaccount=False) == ("spot", "master")


def test_what_a_policy_calls_an_error_of_an_account_that_nobody_has_opened_yet_is_among_the_steps() -> None:
    errors = {name: {"severity": "error"} for name in ("two-factor-unknown", "email-missing")}
    policy = {"set": "base", "rules": errors}
    for ask, apps in (({"exchange": "hyperliquid", "app": "perps"}, {"perps": PERPS}), ({}, {})):
        advice = asked(ask, policy=policy, apps=apps)
        assert advice.new and "two-factor" in [step.rule for step in advice.steps]
    accounts = {"deribit-main": {"exchange": "deribit", "two_factor": "totp", "email": "sha256:" + "c" * 64}}
    ask = {"exchange": "deribit", "app": "opt"}
    assert asked(ask, policy=policy, accounts=accounts, apps={"opt": OPTIONS}).new


def test_what_only_a_master_s_key_can_have_is_for_accounts_that_may_be_one() -> None:
    """Deribit's right to trade opens other:move_positions to masters and to nobody else."""
    mover = {"mover": {**OPTIONS, "needs": [*OPTIONS["needs"], "other:move_positions"]}}
    main = {"deribit-main": {"exchange": "deribit"}}
    own = {"exchange": "deribit", "dedicated_to": "mover"}
    ask = {"exchange": "deribit", "app": "mover"}
    assert "can't grant" in refused(ask, accounts=main, apps=mover)[0], "a new sub-account is none"
    assert "can't grant" in refused(ask, accounts={"own": {**own, "subaccount": "5"}}, apps=mover)[0]
    assert asked(ask, accounts={"own": own}, apps=mover).account.name == "own"
    registry = registry_of({"accounts": {**main, "own": own}, "apps": mover})
    name, app = AccountName("own"), registry.apps[AppName("mover")]
    below = replace(registry.accounts[name], parent=AccountName("deribit-main"))
    registry = replace(registry, accounts={**registry.accounts, name: below})
    wishes = Wishes(KeyName("fresh"), ExchangeId("deribit"))
    with pytest.raises(Refusal, match="can't grant"):
        advise(registry, Policy(), app, declaration("deribit"), TODAY, wishes)


def test_the_first_choice_is_the_way() -> None:
    hl = {"exchange": "hyperliquid", "app": "perps"}
    own = {"hl": {"exchange": "hyperliquid", "dedicated_to": "perps"}}
    apart = {"mm": {"dedicated_to": "hedger"}}
    desk = {"desk": {"team": "d", "kind": "internal"}}
    for advice, way in (
        (asked({}), Way.DEDICATED_SUBACCOUNT),
        (asked({}, accounts=OWN), Way.DEDICATED_SUBACCOUNT),
        (asked({}, "blind", accounts=apart), Way.DEDICATED_SUBACCOUNT),
        (asked({"app": "desk"}, "blind", accounts=apart, apps=desk), Way.SHARED_ACCOUNT),
        (asked(hl, apps={"perps": PERPS}), Way.WALLET_AGENT),
        (asked(hl, accounts=own, apps={"perps": PERPS}), Way.WALLET_AGENT),
    ):
        assert advice.way is way and advice.choices[0].what.startswith(f"way: {way}")


def test_an_account_elsewhere_is_no_shared_one_here() -> None:
    accounts = {"a": {"exchange": "okx"}, "mm": {"dedicated_to": "quoter"}}
    apps = {"quoter": {"team": "t", "kind": "internal"}}
    assert asked({}, "blind", accounts=accounts, apps=apps).account.name == "main"


def test_an_app_without_a_wallet_and_one_that_others_run_open_an_account_of_their_own() -> None:
    accounts = {"hl": {"exchange": "hyperliquid", "uid": "0x" + "ab" * 20}}
    assert asked({"exchange": "hyperliquid", "app": "perps"}, accounts=accounts, apps={"perps": PERPS}).new
    wallet = {"venue": "hyperliquid", "chain": "arbitrum", "address": "0x" + "AB" * 20}
    signer = {**PERPS, "kind": "third-party", "access": "wallet", "wallet": wallet}
    ask = {"exchange": "hyperliquid", "app": "signer", "scopes": PERPS["needs"]}
    assert asked(ask, accounts=accounts, apps={"signer": signer}).new


def test_reading_alone_is_what_nobody_said_more_about_and_is_called_nobody_s_need() -> None:
    """At Paradex no agent only reads, so the refusal says what was wanted."""
    for kind, needs in (("internal", []), ("third-party", ["read", "trade.spot"])):
        app = {"app": {"team": "t", "kind": kind, "needs": needs}}
        message, _ = refused({"exchange": "paradex", "app": "app"}, apps=app)
        assert "exactly [read] on account" in message


def test_an_app_that_says_no_needs_gets_what_is_asked_for() -> None:
    newcomer = {"newcomer": {"team": "n", "kind": "internal"}}
    assert asked({"app": "newcomer", "scopes": ["trade.spot"]}, apps=newcomer).scopes == {READ, SPOT}


def test_a_named_network_that_holds_every_address_binds_nothing() -> None:
    message, _ = refused({"ips": ["8.8.4.10", "@all"]}, networks={"all": ["0.0.0.0/0"]})
    assert "ip-required" in message


def test_a_key_is_judged_among_the_others_of_its_registry() -> None:
    """The rules see the whole registry: the accounts of other keys, and the keys that the app has already."""
    elsewhere = {"desk-key": {"account": "main", "owner": "desk", "id": "Elsewhere1"}}
    desk = {"desk": {"team": "d", "kind": "internal"}}
    assert asked({}, keys=elsewhere, apps=desk).new
    held = {"first": {"account": "own", "owner": "hedger", "id": "First1"}}
    strict = {"rules": {"keys-per-account": {"severity": "error"}}}
    assert not asked({}, accounts=OWN, keys=held).new
    assert "keys-per-account" in refused({}, accounts=OWN, keys=held, policy=strict)[0]


def test_an_account_that_breaks_a_rule_gets_no_key_and_what_others_break_is_not_held_against_it() -> None:
    own = {"own": {**OWN["own"], "two_factor": "sms"}}
    assert "(two-factor)" in refused({}, accounts=own)[0]
    other = {**OWN, "other": {"exchange": "bybit", "parent": "main", "two_factor": "sms"}}
    assert asked({}, accounts=other).account.name == "own"
    bad = {"old": {"account": "own", "owner": "desk", "id": "Old1", "ips": "any"}}
    desk = {"desk": {"team": "d", "kind": "internal"}}
    assert asked({}, accounts=OWN, keys=bad, apps=desk).account.name == "own"


def test_the_addresses_of_a_named_network_are_judged_too_by_each_member_of_a_family() -> None:
    nat = {"nat": ["8.8.8.0/28"]}
    assert "ip-limits" in refused({"ips": ["@nat"]}, "single", networks=nat)[0]
    accounts = {"m": {"exchange": "myokx"}}
    asking = {"exchange": "myokx", "ips": ["@nat"], "scopes": ["read"]}
    assert "ip-limits" in refused(asking, "single", accounts=accounts, networks=nat)[0]


def test_where_the_rights_are_open_the_strictest_limit_of_all_kinds_counts() -> None:
    for name in ("read_days", "trade_days", "move_days"):
        assert chosen(None, {"days": 80, name: 20}, scopes=frozenset())[0] == 20


def test_an_account_is_judged_among_the_others() -> None:
    shared = {"own": {**OWN["own"], "email": "sha256:" + "a" * 64}}
    assert "(email-unique)" in refused({}, accounts=shared)[0]


def test_a_key_on_an_account_that_may_be_either_gets_what_fits() -> None:
    """At Deribit only a sub-account's key trades without more."""
    accounts = {"deribit-main": {"exchange": "deribit"}, "own": {"exchange": "deribit", "dedicated_to": "opt"}}
    assert asked({"exchange": "deribit", "app": "opt"}, accounts=accounts, apps={"opt": OPTIONS}).account.name == "own"
