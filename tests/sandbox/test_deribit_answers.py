"""What is shown: keys, their secrets, accounts, the access log."""

from __future__ import annotations

import re
from typing import Any

from tests.sandbox.deribit_desk import Desk, document, opened

LIST, LOG = "private/list_api_keys", "private/get_access_log"
PUBLIC_KEY = (
    "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAM7FWhKquNqLmTOV4hfYT5r3AjrYiORTT6Tn5HIfFNV8=\n-----END PUBLIC KEY-----"
)


def logging(entries: list[dict[str, Any]], **options: object) -> dict[str, Any]:
    changed = document(**options)
    changed["exchanges"]["deribit"]["accounts"]["main"]["native"]["log"] = entries
    return changed


def test_a_listing_has_the_fields_of_the_documented_sample() -> None:
    with opened() as desk:
        first = desk.as_("admin").get(LIST).result[0]
        assert set(first) == {
            *("timestamp", "max_scope", "id", "enabled", "default", "client_secret", "client_id", "name"),
            "enabled_features",
        }
        assert first["max_scope"].split() == sorted(first["max_scope"].split())
        assert (first["id"], first["default"], first["name"]) == (1, False, "admin")
        by_id = desk.as_("admin").listed()
        assert by_id[desk.id("off")]["enabled"] is False
        assert by_id[desk.id("trader")]["ip_whitelist"] == ["203.0.113.7"]


def test_a_listing_shows_real_secrets_up_to_the_caller_s_own_scope() -> None:
    with opened() as desk:
        secrets = {key.id: key.secret for key in desk.scenario.exchanges["deribit"].keys}
        for id_, row in desk.as_("admin").listed().items():
            assert row["client_secret"] == secrets[id_]
        shown = {id_ for id_, row in desk.as_("reader").listed().items() if "client_secret" in row}
        assert shown == {desk.id(name) for name in ("reader", "bound", "off")}


def test_a_listing_with_stronger_keys_may_be_refused_as_a_whole() -> None:
    with opened(stronger_keys="refused") as desk:
        assert desk.as_("reader").get(LIST).code == 13403
        assert desk.as_("admin").get(LIST).code == 0


def test_a_key_of_one_s_own_shows_a_fingerprint_for_a_secret() -> None:
    with opened() as desk:
        asked = {"max_scope": "account:read", "public_key": PUBLIC_KEY}
        new = desk.as_("admin").post("private/create_api_key", asked).result
        assert new["public_key"] == PUBLIC_KEY
        assert re.fullmatch(r"([0-9a-f]{2}:){15}[0-9a-f]{2}", new["client_secret"])
        wrong = {**asked, "public_key": "ssh-ed25519 AAAA"}
        assert desk.as_("admin").post("private/create_api_key", wrong).code == -32602


def test_an_empty_list_of_addresses_is_left_out_unless_the_option_shows_it() -> None:
    with opened() as desk:
        assert "ip_whitelist" not in desk.as_("admin").listed()[desk.id("reader")]
    with opened(empty_list_shown=True) as desk:
        assert desk.as_("admin").listed()[desk.id("reader")]["ip_whitelist"] == []


def test_the_timestamp_is_creation_or_change_as_the_option_says() -> None:
    for option, moves in (("created", False), ("modified", True)):
        with opened(timestamp=option) as desk:
            before = desk.as_("admin").listed()[desk.id("reader")]
            told = desk.as_("admin").get("private/change_api_key_name", {"id": before["id"], "name": "other"})
            assert (told.result["timestamp"] != before["timestamp"]) is moves


def test_a_main_account_sees_its_sub_accounts_and_a_sub_account_itself_and_little_of_the_main_one() -> None:
    with opened() as desk:
        rows = desk.as_("reader").get("private/get_subaccounts").result
        assert [(row["id"], row["type"]) for row in rows] == [(1001, "main"), (1002, "subaccount")]
        assert all("proof_id" in row and "security_keys_enabled" in row for row in rows)
        main, own = desk.as_("sub-trader").get("private/get_subaccounts").result
        assert main == {"id": 1001, "type": "main", "username": "the_desk", "system_name": "main"}
        assert own["id"] == 1002 and "email" in own


def test_the_account_s_summary_says_who_calls_only_when_extended() -> None:
    with opened() as desk:
        ask = desk.as_("sub-trader").get
        assert ask("private/get_account_summary").code == -32602
        assert "id" not in ask("private/get_account_summary", {"currency": "BTC"}).result
        extended = ask("private/get_account_summary", {"currency": "BTC", "extended": "true"}).result
        assert (extended["id"], extended["type"]) == (1002, "subaccount")
        main = desk.as_("reader").get("private/get_account_summary", {"currency": "BTC", "extended": "true"}).result
        assert (main["id"], main["type"]) == (1001, "main")


def test_the_log_comes_newest_first_in_pages() -> None:
    entries = [{"at": f"{days}d ago", "log": "success"} for days in range(1, 31)]
    with opened(logging(entries)) as desk:
        ask = desk.as_("reader").get
        whole = ask(LOG, {"count": 1000}).result
        times = [entry["timestamp"] for entry in whole]
        assert len(whole) == 30 and times == sorted(times, reverse=True)
        assert set(whole[0]) == {"id", "timestamp", "log", "ip", "country", "city"}
        assert ask(LOG).result == whole[:10]
        assert ask(LOG, {"offset": 28, "count": 5}).result == whole[28:]
        for wrong in ({"count": 1001}, {"count": 0}, {"offset": -1}, {"count": "all"}):
            assert ask(LOG, wrong).code == -32602


def test_the_log_has_the_sample_s_shape_if_the_option_says_so() -> None:
    with opened(logging([{"at": "1d ago", "log": "changed_scope", "data": "abc"}], log_shape="object")) as desk:
        told = desk.as_("reader").get(LOG).result
        assert told["records_total"] == 1
        assert (told["data"][0]["result"], told["data"][0]["data"]) == ("changed_scope", "abc")
        assert "log" not in told["data"][0]


def test_each_account_has_a_log_of_its_own() -> None:
    with opened() as desk:
        desk.as_("sub-admin").get("private/create_api_key", {"max_scope": "trade:read"})
        assert [event for event, _ in desk.as_("sub-admin").log()] == ["new_api_key"]
        assert desk.as_("admin").log() == []


def numbers(desk: Desk) -> list[int]:
    return [row["id"] for row in desk.as_("admin").get(LIST).result]


def test_numbers_count_up_and_never_come_again() -> None:
    form = document()
    form["exchanges"]["deribit"]["accounts"]["main"]["keys"] = {
        "admin": {"created": "1d ago", "rights": {"account": ["read_write"]}, "native": {"number": 7}},
        "other": {"created": "1d ago", "rights": {"account": ["read"]}},
    }
    with opened(form) as desk:
        assert numbers(desk) == [7, 8]
        ask = desk.as_("admin").get
        new = ask("private/create_api_key", {"max_scope": "account:read"}).result
        ask("private/remove_api_key", {"id": new["id"]})
        again = ask("private/create_api_key", {"max_scope": "account:read"}).result
        assert (new["id"], again["id"]) == (9, 10) and new["client_id"] != again["client_id"]
