from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from keyctl.exchanges.declaration import Holder
from keyctl.exchanges.deribit.access_log import log_page, with_events
from keyctl.exchanges.deribit.declaration import DECLARATION, GET_ACCESS_LOG
from keyctl.exchanges.deribit.decoding import account_of, check_environment, decode, listed, subaccount_page
from keyctl.exchanges.edge import strip
from keyctl.exchanges.errors import Cause, ExchangeError, Malformed
from keyctl.model.account import Environment
from keyctl.model.ips import ANY
from keyctl.model.live import LiveKey
from keyctl.model.observed import Known, NotObservable, value_of
from keyctl.model.scopes import Scope, ScopeSet
from tests.exchanges.payloads import GONE, change, payload

LIST, SUBACCOUNTS = "GET /api/v2/private/list_api_keys", "GET /api/v2/private/get_subaccounts"
TRADE = {"trade.futures", "trade.options", "trade.spot"}


def shown(holder: Holder | None = Holder.MASTER, **changes: Any) -> LiveKey:
    """The documented listing's second key with some fields changed; GONE takes one out."""
    answer = payload("deribit", "get-list-api-keys")
    change(answer["result"][1], changes)
    return listed(answer, holder)[1]


def scopes(max_scope: str, holder: Holder = Holder.MASTER) -> set[str]:
    return set(value_of(shown(holder, max_scope=max_scope).scopes) or ())


@pytest.mark.parametrize(
    ("max_scope", "main", "sub"),
    [
        ("account:read", {"read"}, {"read"}),
        ("account:read_write", {"read", "keys.manage"}, {"read", "keys.manage"}),
        ("trade:read", {"read"}, {"read"}),
        ("trade:read_write", {"read", *TRADE, "other:move_positions"}, {"read", *TRADE}),
        ("wallet:read", {"read"}, {"read"}),
        (
            "wallet:read_write",
            {"read", "withdraw", "transfer.internal", "transfer.subaccount"},
            {"read", "transfer.subaccount"},
        ),
        ("block_trade:read_write", {"read", "other:block_trade"}, {"read", "other:block_trade"}),
        ("block_rfq:read_write", {"read", "other:block_rfq"}, {"read", "other:block_rfq"}),
        ("custody:read_write", {"read", "other:custody"}, {"read", "other:custody"}),
        ("custody:read block_rfq:read block_trade:read", {"read"}, {"read"}),
        ("account:read trade:none wallet:none", {"read"}, {"read"}),
        ("trade:none", set(), set()),
        ("spot:read_write", {"read", "other:spot:read_write"}, {"read", "other:spot:read_write"}),
        ("trade:admin", {"read", "other:trade:admin"}, {"read", "other:trade:admin"}),
        ("Trade:read", {"read", "other:Trade:read"}, {"read", "other:Trade:read"}),
    ],
)
def test_a_scope_opens_what_its_table_says_for_main_accounts_and_sub_accounts(
    max_scope: str, main: set[str], sub: set[str]
) -> None:
    assert scopes(max_scope, Holder.MASTER) == main
    assert scopes(max_scope, Holder.SUBACCOUNT) == sub


def test_a_key_whose_holder_nothing_shows_is_read_as_a_main_account_s_and_says_so() -> None:
    key = shown(None, max_scope="wallet:read_write")
    assert Scope("withdraw") in (value_of(key.scopes) or ())
    assert len(key.assumptions) == 1 and "main account is assumed" in key.assumptions[0].words
    assert shown(Holder.SUBACCOUNT).assumptions == ()


@pytest.mark.parametrize(
    "wrong",
    [
        *(GONE, None, "", " ", "trade", "mainaccount", "trade:", ":read", "trade:read ", "a:b:c", 5, ["trade:read"]),
        *("trade:read,account:read", {}, True, "trade:read\tx:y", "ключ:read"),
    ],
)
def test_a_scope_of_another_form_is_malformed(wrong: object) -> None:
    with pytest.raises(Malformed, match="max_scope"):
        shown(max_scope=wrong)


def test_the_native_rights_are_spelt_as_they_came_with_features_and_the_kind_of_key() -> None:
    key = shown(
        max_scope="wallet:none trade:read",
        enabled_features=["restricted_block_trades"],
        public_key="-----BEGIN PUBLIC KEY-----",
    )
    assert key.native == ("enabled_features=restricted_block_trades", "public_key", "trade:read", "wallet:none")


@pytest.mark.parametrize("wrong", ["all", [1], {}, 5])
def test_features_of_another_form_are_malformed(wrong: object) -> None:
    with pytest.raises(Malformed, match="enabled_features"):
        shown(enabled_features=wrong)


def test_addresses_are_an_allow_list() -> None:
    found = value_of(shown(ip_whitelist=["203.0.113.7", "2001:db8::1"]).ips)
    assert found is not None and found.texts() == ("203.0.113.7/32", "2001:db8::1/128")


@pytest.mark.parametrize("nothing", [GONE, None])
def test_a_key_without_a_list_may_be_used_from_anywhere(nothing: object) -> None:
    key = shown(ip_whitelist=nothing)
    assert key.ips == Known(ANY) and key.assumptions == ()


@pytest.mark.parametrize("undocumented", [[], ["*"], ["203.0.113.7", "*"]])
def test_a_list_whose_meaning_is_documented_nowhere_never_passes_for_a_narrow_one(undocumented: list[str]) -> None:
    key = shown(ip_whitelist=undocumented)
    assert key.ips == Known(ANY)
    assert len(key.assumptions) == 1 and "every address" in key.assumptions[0].words


@pytest.mark.parametrize("wrong", [[""], "203.0.113.7", ["home"], [7], {}, True, 0])
def test_a_list_that_can_t_be_read_is_malformed(wrong: object) -> None:
    with pytest.raises(Malformed, match="ip_whitelist"):
        shown(ip_whitelist=wrong)


@pytest.mark.parametrize("enabled", [True, False])
def test_the_switch_is_what_it_says(enabled: bool) -> None:
    assert shown(enabled=enabled).enabled == Known(enabled)


def test_a_switch_that_is_missing_is_unknown_and_another_type_malformed() -> None:
    assert isinstance(shown(enabled=GONE).enabled, NotObservable)
    broken: tuple[Any, ...] = (1, "true", [], {})
    for wrong in broken:
        with pytest.raises(Malformed, match="enabled"):
            shown(enabled=wrong)


def test_a_timestamp_proves_neither_creation_nor_change() -> None:
    key = shown()
    assert isinstance(key.created_at, NotObservable) and isinstance(key.modified_at, NotObservable)
    assert isinstance(key.expires_at, NotObservable) and isinstance(key.last_used_at, NotObservable)


@pytest.mark.parametrize("name", ["", "Public key 1"])
def test_the_name_is_the_label(name: str) -> None:
    assert shown(name=name).label == Known(name)


@pytest.mark.parametrize("wrong", [GONE, None, "", "two words", 5, []])
def test_a_key_without_a_proper_id_is_malformed(wrong: object) -> None:
    with pytest.raises(Malformed, match="client_id"):
        shown(client_id=wrong)


@pytest.mark.parametrize("name", ["list_api_keys", "create_api_key", "edit_api_key", "reset_api_key"])
def test_secrets_do_not_pass_the_edge_in_any_form(name: str) -> None:
    row = {
        "client_id": "abc",
        "client_secret": "canary-secret",
        "proof_id": "canary-proof",
        "proof_id_signature": "canary-signature",
        "timestamp": 1,
    }
    endpoint = DECLARATION.endpoint(f"GET /api/v2/private/{name}")
    for secret in ("canary-secret", "9c:6d:c9:02:66:75:8c:f5:c4:82:ca:82:cd:e1:f6:5c"):
        stripped = strip({"jsonrpc": "2.0", "result": [{**row, "client_secret": secret}]}, endpoint.fields)
        assert stripped == {"result": [{"client_id": "abc"}]}
    accounts = strip({"result": [{**row, "id": 1, "email": "x"}]}, DECLARATION.endpoint(SUBACCOUNTS).fields)
    assert accounts == {"result": [{"id": 1}]}


def test_a_challenge_is_no_empty_list_however_it_is_damaged() -> None:
    whole = payload("deribit", "challenge")
    with pytest.raises(ExchangeError) as caught:
        decode(LIST, whole)
    assert caught.value.is_only(Cause.TWO_FACTOR) and caught.value.remedy
    broken: tuple[Any, ...] = (GONE, False, None)
    for wrong in broken:
        damaged = payload("deribit", "challenge")
        change(damaged["result"], {"security_key_authorization_required": wrong})
        with pytest.raises(Malformed, match="result"):
            decode(LIST, damaged)


@pytest.mark.parametrize("answer", [{}, {"result": None}, {"result": {}}, {"result": "ok"}, {"error": None}, []])
def test_an_answer_without_a_list_is_no_empty_list(answer: object) -> None:
    with pytest.raises(ExchangeError):
        decode(LIST, answer)


@pytest.mark.parametrize("error", [{}, "no", [], 0, False, {"code": "13403"}, {"code": None}])
def test_an_error_of_another_form_is_malformed_and_never_a_success(error: object) -> None:
    with pytest.raises(Malformed):
        decode(LIST, {"error": error, "result": []})


def test_a_refused_listing_is_no_empty_one_and_a_bad_key_no_proof_that_it_was_removed() -> None:
    with pytest.raises(ExchangeError) as caught:
        decode(LIST, payload("deribit", "error-13403"))
    assert caught.value.is_only(Cause.PERMISSION_DENIED)
    with pytest.raises(ExchangeError) as caught:
        decode(LIST, payload("deribit", "error-13004"))
    assert not caught.value.is_only(Cause.NOT_FOUND)


@pytest.mark.parametrize("endpoint", ["GET /api/v2/private/remove_api_key", SUBACCOUNTS, "GET /v5/anything", ""])
def test_answers_that_hold_no_keys_are_refused(endpoint: str) -> None:
    with pytest.raises(ExchangeError, match="list no keys"):
        decode(endpoint, {"result": "ok"})


def test_whose_key_it_is_comes_from_the_account_s_summary() -> None:
    assert account_of({"result": {"id": 7, "type": "main", "balance": 1}}) == ("7", True)
    assert account_of({"result": {"id": 8, "type": "subaccount"}}) == ("8", False)
    broken: tuple[Any, ...] = ({"id": 7}, {"id": "7", "type": "main"}, {"id": 7, "type": "other"}, {"type": "main"}, [])
    for wrong in broken:
        with pytest.raises(Malformed):
            account_of({"result": wrong})


def subaccounts(rows: list[Any]) -> tuple[str, ...]:
    return tuple(sub.uid for sub in subaccount_page(SUBACCOUNTS, {"result": rows}).items)


def test_the_list_of_sub_accounts_must_name_the_main_account_once() -> None:
    main, sub = {"id": 1, "type": "main"}, {"id": 2, "type": "subaccount", "username": ""}
    assert subaccounts([main, sub]) == ("2",)
    assert subaccounts([main]) == ()
    broken: list[list[Any]] = [
        [],
        [sub],
        [main, main],
        [main, sub, sub],
        [main, {"id": 3}],
        [main, {**sub, "type": "x"}],
    ]
    for wrong in broken:
        with pytest.raises(Malformed):
            subaccounts(wrong)
    with pytest.raises(ExchangeError, match="list no sub-accounts"):
        subaccount_page(LIST, {"result": [main]})


@pytest.mark.parametrize(
    ("flag", "environment", "good"),
    [
        (False, Environment.LIVE, True),
        (False, Environment.SANDBOX, True),
        (True, Environment.TESTNET, True),
        (True, Environment.LIVE, False),
        (True, Environment.SANDBOX, False),
        (False, Environment.TESTNET, False),
        (None, Environment.LIVE, False),
        ("false", Environment.LIVE, False),
        (0, Environment.LIVE, False),
    ],
)
def test_an_answer_must_come_from_the_account_s_own_system(flag: object, environment: Environment, good: bool) -> None:
    if good:
        check_environment({"testnet": flag}, environment)
        return
    with pytest.raises(ExchangeError) as caught:
        check_environment({"testnet": flag}, environment)
    assert caught.value.is_only(Cause.MALFORMED) and caught.value.remedy


def entry(number: int, what: str, data: object = "abc", field: str = "log") -> dict[str, object]:
    return {"id": number, "timestamp": number * 1000, field: what, "data": data, "ip": "192.0.2.1"}


EVENTS = [(9, "enabled_api_key", "abc"), (8, "success", None), (7, "reset_api_key", "abc"), (6, "new_api_key", "other")]


@pytest.mark.parametrize("shape", ["list", "object"])
def test_key_events_are_read_from_both_documented_shapes(shape: str) -> None:
    answer: dict[str, Any] = {"result": [entry(*event) for event in EVENTS]}
    if shape == "object":
        answer = {"result": {"records_total": 34, "data": [entry(*event, field="result") for event in EVENTS]}}
    page = log_page(strip(answer, GET_ACCESS_LOG.fields))
    assert page.entries == 4 and page.total == (34 if shape == "object" else None)
    key = with_events(shown(client_id="abc"), {record.number: record for record in page.records})
    assert [(event.at, event.what) for event in key.events] == [
        (datetime(1970, 1, 1, 0, 0, 7, tzinfo=UTC), "reset_api_key"),
        (datetime(1970, 1, 1, 0, 0, 9, tzinfo=UTC), "enabled_api_key"),
    ]
    assert key.modified_at == Known(key.events[-1].at)
    silent = with_events(shown(client_id="third"), {record.number: record for record in page.records})
    assert silent.events == () and isinstance(silent.modified_at, NotObservable)


def test_what_was_done_within_one_millisecond_keeps_the_exchange_s_order() -> None:
    done = ["reset_api_key", "disabled_api_key", "enabled_api_key"]
    entries = [{**entry(number, what), "timestamp": 5} for number, what in enumerate(done)]
    page = log_page({"result": entries[::-1]})
    key = with_events(shown(client_id="abc"), {record.number: record for record in page.records})
    assert [event.what for event in key.events] == done


def test_the_documented_log_decodes_and_is_about_no_key() -> None:
    page = log_page(payload("deribit", "get-get-access-log"))
    assert page.records == () and page.entries == 3 and page.total == 34


@pytest.mark.parametrize(
    "wrong",
    [
        [entry(1, "new_api_key", None)],
        [entry(1, "new_api_key", {"id": 1})],
        [entry(1, "")],
        [{"id": 1, "timestamp": 1}],
        [{"id": "1", "timestamp": 1, "log": "success"}],
        [{"id": 1, "timestamp": "soon", "log": "success"}],
        ["success"],
        "ok",
        None,
        {"data": []},
        {"records_total": 1},
    ],
)
def test_a_log_of_another_form_is_malformed(wrong: object) -> None:
    with pytest.raises(Malformed):
        log_page({"result": wrong})


def granted(*wanted: str, subaccount: bool) -> ScopeSet:
    return DECLARATION.grantable(frozenset(Scope(scope) for scope in wanted), subaccount=subaccount)


def test_what_can_t_be_granted_exactly_has_a_smallest_set_that_can() -> None:
    assert granted("read", "trade.options", subaccount=True) == {"read", *TRADE}
    assert granted("read", "trade.options", subaccount=False) == {"read", *TRADE, "other:move_positions"}
    assert granted("read", "keys.manage", subaccount=True) == {"read", "keys.manage"}
    assert "withdraw" not in granted("read", "withdraw", subaccount=True)
    assert granted("read", "withdraw", subaccount=False) == {
        *("read", "withdraw", "transfer.internal", "transfer.subaccount")
    }


def test_only_reading_calls_are_declared_as_reading_and_all_are_gets() -> None:
    reading = {endpoint.path for endpoint in DECLARATION.endpoints if endpoint.effect.value == "read"}
    assert reading == {
        *("list_api_keys", "get_account_summary", "get_subaccounts", "get_access_log", "get_account_summaries"),
        *("get_index_price_names", "get_index_price"),
    }
    assert {endpoint.method for endpoint in DECLARATION.endpoints} == {"GET"}
    assert not any("secret" in field for endpoint in DECLARATION.endpoints for field in endpoint.fields)
    for row in DECLARATION.refusals.values():
        assert row.causes and row.meaning and row.remedy
