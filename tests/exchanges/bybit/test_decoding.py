from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from keyctl.exchanges.bybit.decoding import account_of, decode, key_page, subaccount_page
from keyctl.exchanges.errors import Cause, ExchangeError, Malformed
from keyctl.model.ips import ANY
from keyctl.model.live import LiveKey
from keyctl.model.observed import ABSENT, Known, NotObservable, value_of
from tests.exchanges.payloads import GONE, change
from tests.exchanges.payloads import payload as documented

QUERY, LISTING = "GET /v5/user/query-api", "GET /v5/user/sub-apikeys"


def payload(name: str) -> Any:
    return documented("bybit", name)


def inspected(**changes: Any) -> LiveKey:
    """The documented self-inspection with some fields of its result changed; GONE takes one out."""
    answer = payload("get-query-api")
    change(answer["result"], changes)
    (key,) = decode(QUERY, answer)
    return key


def listed(**changes: Any) -> LiveKey:
    answer = payload("get-sub-apikeys")
    change(answer["result"]["result"][0], changes)
    (key,) = decode(LISTING, answer)
    return key


def scopes(key: LiveKey) -> set[str]:
    return set(value_of(key.scopes) or ())


def test_a_read_only_key_can_only_read_whatever_its_groups_say() -> None:
    assert scopes(inspected(readOnly=1)) == {"read"}


def test_a_read_write_master_key_with_a_transfer_right_administers_sub_account_keys() -> None:
    for right in ("AccountTransfer", "SubMemberTransfer", "Withdraw"):
        assert "keys.manage" in scopes(inspected(readOnly=0, permissions={"Wallet": [right]}))


def test_a_sub_account_key_with_a_transfer_right_administers_itself_only() -> None:
    for right in ("AccountTransfer", "SubMemberTransferList"):
        found = scopes(inspected(readOnly=0, isMaster=False, permissions={"Wallet": [right]}))
        assert "other:keys.self_manage" in found and "keys.manage" not in found
        assert "other:keys.self_manage" in scopes(listed(permissions={"Wallet": [right]}))


def test_a_right_that_only_masters_should_have_opens_no_less_on_a_sub_account_key() -> None:
    assert {"withdraw", "keys.manage"} <= scopes(listed(permissions={"Wallet": ["Withdraw"]}))


def test_an_options_right_opens_usdc_perpetuals_too() -> None:
    assert scopes(listed(permissions={"Options": ["OptionsTrade"]})) == {"read", "trade.options", "trade.futures"}


@pytest.mark.parametrize(
    ("group", "values", "expected"),
    [
        ("Newly", ["Invented"], {"other:Newly"}),
        ("Newly", [], set()),
        ("Spot", ["SpotTrade", "SpotMargin"], {"trade.spot", "other:Spot.SpotMargin"}),
        ("FiatGlobalPay", ["FiatGlobalPayOrder"], {"other:FiatGlobalPay"}),
        ("FiatP2P", ["Advertising"], {"other:FiatP2P"}),
    ],
)
def test_rights_that_nobody_documented_are_kept(group: str, values: list[str], expected: set[str]) -> None:
    assert scopes(listed(permissions={group: values})) == expected | {"read"}


@pytest.mark.parametrize("wrong", [None, GONE, True, False, "1", 2, -1, 1.0, [], {}])
def test_read_only_that_is_not_0_or_1_is_malformed_where_it_is_a_number(wrong: object) -> None:
    with pytest.raises(Malformed, match=r"result\.readOnly"):
        inspected(readOnly=wrong)


@pytest.mark.parametrize("raw", [True, False, 0, 1])
def test_the_listing_s_read_only_proves_nothing_and_read_write_is_assumed(raw: object) -> None:
    key = listed(readOnly=raw, permissions={"Spot": ["SpotTrade"]})
    assert scopes(key) == {"read", "trade.spot"}
    assert len(key.assumptions) == 1 and "read-write is assumed" in key.assumptions[0].words
    assert f"readOnly={str(raw).lower()}" in key.native


@pytest.mark.parametrize("wrong", [None, GONE, "false", 2, [], {}])
def test_the_listing_s_read_only_of_another_type_is_malformed(wrong: object) -> None:
    with pytest.raises(Malformed, match="readOnly"):
        listed(readOnly=wrong)


@pytest.mark.parametrize("group", ["SpotTrade", None, [1], [None], [["SpotTrade"]], {}, True])
def test_a_group_that_is_no_list_of_texts_is_malformed(group: object) -> None:
    with pytest.raises(Malformed, match=r"permissions\.Spot"):
        inspected(permissions={"Spot": group})


@pytest.mark.parametrize("nothing", [GONE, None, {}])
def test_scopes_are_unknown_without_permissions(nothing: object) -> None:
    assert isinstance(listed(permissions=nothing).scopes, NotObservable)


@pytest.mark.parametrize("star", [["*"], "*", ["203.0.113.1", "*"], "203.0.113.1,*", ["0.0.0.0/0"]])
def test_a_star_anywhere_means_any_address(star: object) -> None:
    assert listed(ips=star).ips == Known(ANY)


@pytest.mark.parametrize("nothing", [GONE, None, [], [""], ""])
def test_an_allow_list_of_nothing_is_unknown(nothing: object) -> None:
    assert isinstance(listed(ips=nothing).ips, NotObservable)


@pytest.mark.parametrize("wrong", [["home"], ["203.0.113.1", ""], ["203.0.113.1", 7], 7, {}, True, "home"])
def test_an_allow_list_that_can_t_be_read_is_malformed(wrong: object) -> None:
    with pytest.raises(Malformed, match="ips"):
        listed(ips=wrong)


def test_host_bits_in_an_answer_are_read_widely() -> None:
    found = value_of(listed(ips=["203.0.113.9/28", "2001:db8::1"]).ips)
    assert found is not None and found.texts() == ("203.0.113.0/28", "2001:db8::1/128")


def test_one_comma_separated_text_is_an_allow_list_too() -> None:
    found = value_of(listed(ips="203.0.113.9, 203.0.113.10").ips)
    assert found is not None and found.texts() == ("203.0.113.9/32", "203.0.113.10/32")


def test_the_epoch_means_no_expiry_for_a_bound_key_and_nothing_for_an_unbound_one() -> None:
    epoch = "1970-01-01T00:00:00Z"
    assert listed(expiredAt=epoch, ips=["203.0.113.1"]).expires_at == ABSENT
    assert isinstance(listed(expiredAt=epoch, ips=["*"]).expires_at, NotObservable)
    assert isinstance(listed(expiredAt=epoch, ips=GONE).expires_at, NotObservable)


def test_a_real_expiry_counts_for_bound_keys_too() -> None:
    key = listed(expiredAt="2027-01-01T00:00:00Z", ips=["203.0.113.1"])
    assert key.expires_at == Known(datetime(2027, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize("wrong", ["2027-01-01", "soon", "", 1796083200, "2027-13-01T00:00:00Z", [], {}])
def test_a_time_of_another_form_is_malformed(wrong: object) -> None:
    for name in ("expiredAt", "createdAt"):
        with pytest.raises(Malformed, match=name):
            listed(**{name: wrong})


@pytest.mark.parametrize("nothing", [GONE, None])
def test_times_that_are_not_given_are_unknown(nothing: object) -> None:
    key = listed(expiredAt=nothing, createdAt=nothing)
    assert isinstance(key.expires_at, NotObservable) and isinstance(key.created_at, NotObservable)


@pytest.mark.parametrize(("status", "enabled"), [(1, True), (2, False), (3, True), (4, True)])
def test_the_listing_s_status_says_whether_a_key_is_usable(status: int, enabled: bool) -> None:
    assert listed(status=status).enabled == Known(enabled)


@pytest.mark.parametrize("status", [0, 5, GONE, None, True, "1", []])
def test_a_status_that_no_source_explains_is_unknown(status: object) -> None:
    assert isinstance(listed(status=status).enabled, NotObservable)


@pytest.mark.parametrize("answer", [inspected(), listed()])
def test_bybit_reports_neither_changes_nor_use(answer: LiveKey) -> None:
    assert isinstance(answer.modified_at, NotObservable) and isinstance(answer.last_used_at, NotObservable)


def test_a_third_party_connection_and_an_rsa_key_show_in_the_native_rights() -> None:
    key = inspected(type=2, rsaPublicKey="-----BEGIN PUBLIC KEY-----")
    assert {"type=2", "rsa"} <= set(key.native)
    assert "PUBLIC" not in "".join(key.native)


@pytest.mark.parametrize("wrong", [GONE, None, "", "two words", 5, [], "ключ"])
def test_a_key_without_a_proper_id_is_malformed(wrong: object) -> None:
    with pytest.raises(Malformed, match="apiKey"):
        listed(apiKey=wrong)


@pytest.mark.parametrize("wrong", [GONE, None, 1, "true"])
def test_self_inspection_must_say_whether_the_account_is_a_master(wrong: object) -> None:
    with pytest.raises(Malformed, match="isMaster"):
        inspected(isMaster=wrong)


def test_whose_key_it_is_comes_from_self_inspection() -> None:
    assert account_of(payload("get-query-api")) == ("1448939", True)


@pytest.mark.parametrize("cursor", [GONE, None, 0, []])
def test_a_listing_that_does_not_say_whether_it_ends_is_malformed(cursor: object) -> None:
    keys, subaccounts = payload("get-sub-apikeys"), payload("get-submembers")
    change(keys["result"], {"nextPageCursor": cursor})
    change(subaccounts["result"], {"nextCursor": cursor})
    with pytest.raises(Malformed, match="nextPageCursor"):
        key_page(keys)
    with pytest.raises(Malformed, match="nextCursor"):
        subaccount_page("GET /v5/user/submembers", subaccounts)


def test_cursors_lead_on_until_the_documented_end() -> None:
    keys, subaccounts = payload("get-sub-apikeys"), payload("get-escrow-sub-members")
    assert key_page(keys).cursor is None
    keys["result"]["nextPageCursor"] = "abc=:+"
    assert key_page(keys).cursor == "abc=:+"
    assert subaccount_page("GET /v5/user/escrow_sub_members", subaccounts).cursor == "344"
    subaccounts["result"]["nextCursor"] = "0"
    assert subaccount_page("GET /v5/user/escrow_sub_members", subaccounts).cursor is None


@pytest.mark.parametrize(
    ("status", "frozen"), [(1, False), (2, False), (4, True), (3, None), ("4", None), (None, None)]
)
def test_a_sub_account_is_frozen_only_if_its_status_says_so(status: object, frozen: bool | None) -> None:
    answer = payload("get-submembers")
    answer["result"]["subMembers"][0]["status"] = status
    assert value_of(subaccount_page("GET /v5/user/submembers", answer).items[0].frozen) is frozen


@pytest.mark.parametrize("code", [GONE, None, "0", False, 0.0, [], {}])
def test_an_answer_whose_code_is_no_number_is_malformed(code: object) -> None:
    answer = payload("get-query-api")
    change(answer, {"retCode": code})
    with pytest.raises(Malformed, match="retCode"):
        decode(QUERY, answer)


def test_an_unknown_code_is_named_and_explained_by_nothing() -> None:
    with pytest.raises(ExchangeError, match="424242") as caught:
        decode(QUERY, {"retCode": 424242, "retMsg": "?", "result": {}})
    assert caught.value.is_only(Cause.MALFORMED)


def test_an_invalid_key_is_no_proof_that_it_was_deleted() -> None:
    with pytest.raises(ExchangeError) as caught:
        decode(QUERY, payload("error-10003"))
    assert not caught.value.is_only(Cause.NOT_FOUND)
    assert caught.value.cause.startswith("cannot tell which of")


@pytest.mark.parametrize("endpoint", ["POST /v5/user/delete-api", "GET /v5/user/submembers", "GET /v5/anything", ""])
def test_answers_that_hold_no_keys_are_refused(endpoint: str) -> None:
    with pytest.raises(ExchangeError, match="list no keys"):
        decode(endpoint, {"retCode": 0, "result": {}})
