from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from keyctl.exchanges.errors import Cause, ExchangeError, Malformed
from keyctl.exchanges.okx.decoding import account_of, decode, subaccount_page
from keyctl.model.identifier import UNSAID
from keyctl.model.ips import ANY
from keyctl.model.live import LiveKey
from keyctl.model.observed import Known, NotObservable, value_of
from tests.exchanges.payloads import GONE, change
from tests.exchanges.payloads import payload as documented

CONFIG, LISTING = "GET /api/v5/account/config", "GET /api/v5/users/subaccount/apikey"
MEMBERS = "GET /api/v5/users/subaccount/list"
TRADE = {
    *("trade.spot", "trade.margin", "trade.futures", "trade.options"),
    *("transfer.internal", "transfer.subaccount", "earn", "convert", "copy"),
}


def config(**changes: Any) -> Any:
    """The documented self-inspection with some fields changed; GONE takes one out."""
    answer = documented("okx", "get-account-config")
    change(answer["data"][0], changes)
    return answer


def inspected(**changes: Any) -> LiveKey:
    (key,) = decode(CONFIG, config(**changes))
    return key


def listed(**changes: Any) -> LiveKey:
    answer = documented("okx", "get-subaccount-apikey")
    change(answer["data"][0], {"apiKey": "0f4c", **changes})
    return decode(LISTING, answer)[0]


def members(**changes: Any) -> Any:
    answer = documented("okx", "get-subaccount-list")
    change(answer["data"][0], changes)
    return answer


def scopes(key: LiveKey) -> set[str]:
    return set(value_of(key.scopes) or ())


def test_self_inspection_names_no_key_and_no_time() -> None:
    key = inspected()
    assert key.identifier == UNSAID and key.identifier.text is None
    assert all(isinstance(field, NotObservable) for field in (key.created_at, key.expires_at, key.last_used_at))


def test_a_trade_right_opens_everything_but_withdrawal() -> None:
    assert scopes(listed(perm="read_only,trade")) == {"read", *TRADE}
    assert scopes(listed(perm="read_only")) == {"read"}


@pytest.mark.parametrize("perm", ["trade,read_only", "read, trade", "trade"])
def test_order_spelling_and_a_missing_read_change_nothing(perm: str) -> None:
    assert scopes(listed(perm=perm)) == {"read", *TRADE}


@pytest.mark.parametrize(
    ("changes", "manages"),
    [
        ({"ip": "203.0.113.7"}, True),
        ({"ip": "0.0.0.0/0"}, True),
        ({"ip": GONE}, True),
        ({"ip": ""}, False),
        ({"ip": "203.0.113.7", "mainUid": "1"}, False),
        ({"ip": "203.0.113.7", "mainUid": GONE, "type": "1"}, True),
        ({"ip": "203.0.113.7", "perm": "read_only"}, False),
    ],
)
def test_a_bound_master_key_that_trades_administers_keys(changes: dict[str, Any], manages: bool) -> None:
    assert ("keys.manage" in scopes(inspected(**changes))) is manages


def test_a_withdrawal_right_opens_withdrawal_wherever_it_is_found() -> None:
    assert scopes(inspected(perm="withdraw")) == {"read", "withdraw"}
    assert scopes(listed(perm="read_only,withdraw")) == {"read", "withdraw"}


def test_rights_that_nobody_documented_are_kept() -> None:
    assert scopes(listed(perm="read_only,lend")) == {"read", "other:lend"}
    assert listed(perm="read_only,lend").native == ("lend", "read_only")


@pytest.mark.parametrize("nothing", [GONE, None, ""])
def test_scopes_are_unknown_where_no_right_is_named(nothing: object) -> None:
    assert isinstance(listed(perm=nothing).scopes, NotObservable)


@pytest.mark.parametrize("wrong", [["read_only"], 1, True, {}, "read_only,", ","])
def test_rights_that_can_t_be_read_are_malformed(wrong: object) -> None:
    with pytest.raises(Malformed, match=r"data\[0\]\.perm"):
        listed(perm=wrong)


def test_an_empty_allow_list_is_any_and_a_missing_one_is_unknown() -> None:
    for read in (listed, inspected):
        assert read(ip="").ips == Known(ANY)
        assert isinstance(read(ip=GONE).ips, NotObservable) and isinstance(read(ip=None).ips, NotObservable)


def test_allow_lists_hold_addresses_and_networks_of_both_families() -> None:
    found = value_of(listed(ip="203.0.113.9/28, 2001:db8::1,198.51.100.1").ips)
    assert found is not None and found.texts() == ("198.51.100.1/32", "203.0.113.0/28", "2001:db8::1/128")


@pytest.mark.parametrize("wrong", ["home", "203.0.113.1,", " ", "*", ["203.0.113.1"], 7, True, {}])
def test_an_allow_list_that_can_t_be_read_is_malformed(wrong: object) -> None:
    with pytest.raises(Malformed, match="ip"):
        listed(ip=wrong)


def test_a_key_that_is_shown_is_enabled_since_there_is_no_such_state() -> None:
    assert listed().enabled == Known(True) and inspected().enabled == Known(True)


def test_creation_is_text_in_milliseconds() -> None:
    assert listed(ts="1597026383085").created_at == Known(datetime(2020, 8, 10, 2, 26, 23, 85000, tzinfo=UTC))
    for nothing in (GONE, None, "0"):
        assert isinstance(listed(ts=nothing).created_at, NotObservable)


@pytest.mark.parametrize("wrong", [1597026383085, "2020-08-10", "", [], "-1"])
def test_a_creation_of_another_form_is_malformed(wrong: object) -> None:
    with pytest.raises(Malformed, match="ts"):
        listed(ts=wrong)


@pytest.mark.parametrize(
    ("changes", "master"),
    [
        ({}, True),
        ({"type": "1"}, True),
        ({"mainUid": "1"}, False),
        ({"mainUid": "1", "type": "0"}, False),
        ({"mainUid": GONE}, True),
        ({"mainUid": None}, True),
        ({"mainUid": GONE, "type": "1"}, None),
        ({"mainUid": GONE, "type": GONE}, None),
        ({"mainUid": GONE, "type": 0}, None),
    ],
)
def test_a_master_is_its_own_main_account(changes: dict[str, Any], master: bool | None) -> None:
    assert account_of(config(**changes)) == ("44705892343619584", master)


@pytest.mark.parametrize("changes", [{"uid": GONE}, {"uid": ""}, {"uid": 7}, {"mainUid": ""}, {"mainUid": 7}])
def test_self_inspection_must_say_whose_key_it_is(changes: dict[str, Any]) -> None:
    with pytest.raises(Malformed, match="id: expected text"):
        account_of(config(**changes))


@pytest.mark.parametrize("rows", [[], [{}, {}], {}, None, "x"])
def test_self_inspection_is_a_list_of_exactly_one(rows: object) -> None:
    with pytest.raises(Malformed, match="data"):
        decode(CONFIG, {"code": "0", "data": rows, "msg": ""})


def test_an_empty_listing_is_a_listing() -> None:
    assert decode(LISTING, {"code": "0", "data": [], "msg": ""}) == ()


@pytest.mark.parametrize("wrong", [GONE, None, "", "two words", 5, "ключ"])
def test_a_listed_key_without_a_proper_id_is_malformed(wrong: object) -> None:
    with pytest.raises(Malformed, match="apiKey"):
        listed(apiKey=wrong)


@pytest.mark.parametrize("code", [GONE, None, 0, False, [], {}])
def test_an_answer_whose_code_is_no_text_is_malformed(code: object) -> None:
    answer = config()
    change(answer, {"code": code})
    with pytest.raises(Malformed, match="code"):
        decode(CONFIG, answer)


def test_sub_accounts_are_called_by_name_and_frozen_when_they_are_not_enabled() -> None:
    for enable, frozen in ((True, False), (False, True), ("true", None), (1, None), (None, None), (GONE, None)):
        (found,) = subaccount_page(MEMBERS, members(enable=enable)).items
        assert (found.name, value_of(found.frozen)) == ("D456DDDL", frozen)


def test_the_next_page_holds_what_is_older_than_the_oldest_and_only_an_empty_one_is_the_last() -> None:
    answer = members()
    answer["data"].append({**answer["data"][0], "subAcct": "older", "ts": "1659334755999"})
    answer["data"].append({**answer["data"][0], "subAcct": "newer", "ts": "1659334757000"})
    assert subaccount_page(MEMBERS, answer).cursor == "1659334755999"
    assert subaccount_page(MEMBERS, {"code": "0", "data": [], "msg": ""}).cursor is None


@pytest.mark.parametrize("changes", [{"ts": GONE}, {"ts": 7}, {"subAcct": ""}, {"subAcct": GONE}, {"uid": None}])
def test_a_sub_account_without_name_uid_or_time_is_malformed(changes: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        subaccount_page(MEMBERS, members(**changes))


def test_a_key_that_does_not_exist_here_may_belong_to_another_region() -> None:
    with pytest.raises(ExchangeError, match="regional domain") as caught:
        decode(CONFIG, documented("okx", "error-50119"))
    assert not caught.value.is_only(Cause.NOT_FOUND)
    assert caught.value.cause.startswith("cannot tell which of") and "myokx" in caught.value.remedy


def test_only_the_answer_about_a_key_of_a_known_sub_account_says_that_there_is_none() -> None:
    with pytest.raises(ExchangeError) as key:
        decode(LISTING, documented("okx", "error-59506"))
    with pytest.raises(ExchangeError, match="says nothing of any key") as account:
        decode(LISTING, {"code": "59510", "data": [], "msg": ""})
    assert key.value.is_only(Cause.NOT_FOUND) and Cause.NOT_FOUND not in account.value.causes


@pytest.mark.parametrize("endpoint", ["POST /api/v5/users/subaccount/delete-apikey", MEMBERS, "GET /anything", ""])
def test_answers_that_hold_no_keys_are_refused(endpoint: str) -> None:
    with pytest.raises(ExchangeError, match="list no keys"):
        decode(endpoint, {"code": "0", "data": [], "msg": ""})
    with pytest.raises(ExchangeError, match="list no sub-accounts"):
        subaccount_page(LISTING, {"code": "0", "data": [], "msg": ""})
