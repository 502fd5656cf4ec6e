"""Keys of sub-accounts made, changed and deleted at the simulated OKX."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from keyctl.sandbox.running import Sandbox, Scenario, running
from tests.exchanges.payloads import payload
from tests.sandbox.caller import Reply, control
from tests.sandbox.okx_caller import CONFIG, DELETE, KEYS, MODIFY, OkxCaller, code, data, okx_caller
from tests.sandbox.okx_desk import desk, scenario

PASSPHRASE = "-".join(["canary", "0123456789abcdef0123456A1"])


@pytest.fixture
def world() -> Scenario:
    document = desk()
    document["exchanges"]["okx"]["options"] = {"limits": False}  # one write a second is tested elsewhere
    return scenario(document)


@pytest.fixture
def sandbox(world: Scenario) -> Iterator[Sandbox]:
    with running(world) as started:
        yield started


@pytest.fixture
def main(sandbox: Sandbox, world: Scenario) -> OkxCaller:
    return okx_caller(sandbox, world, "main")


def create(main: OkxCaller, **changes: object) -> Reply:
    """A key for the sub-account ``none``; None leaves a parameter out."""
    form: dict[str, object] = {"subAcct": "none", "label": "made", "passphrase": PASSPHRASE, **changes}
    return main.post(KEYS, **{name: value for name, value in form.items() if value is not None})


def listed(main: OkxCaller, subaccount: str = "none") -> list[dict[str, Any]]:
    return data(main.ask(KEYS, f"subAcct={subaccount}"))


def made(main: OkxCaller, **changes: object) -> str:
    (row,) = data(create(main, **changes))
    assert isinstance(row["apiKey"], str)
    return row["apiKey"]


def test_a_key_is_made_with_all_that_was_asked_for_and_works(main: OkxCaller) -> None:
    (row,) = data(create(main, perm="read_only,trade", ip="127.0.0.1,2001:db8::/64", tag="x"))
    assert list(row) == list(payload("okx", "post-subaccount-apikey")["data"][0])
    assert (row["subAcct"], row["label"], row["passphrase"]) == ("none", "made", PASSPHRASE)
    assert (row["perm"], row["ip"]) == ("read_only,trade", "127.0.0.1,2001:db8::/64")
    assert re.fullmatch(r"canary-[0-9a-f]{32}", row["secretKey"]) and row["ts"].endswith("000")
    (own,) = data(OkxCaller(main.url, row["apiKey"], row["secretKey"], PASSPHRASE).ask(CONFIG))
    assert (own["label"], own["perm"], own["uid"]) == ("made", "read_only,trade", "1002")
    wrong = OkxCaller(main.url, row["apiKey"], row["secretKey"], PASSPHRASE + "2")
    assert code(wrong.ask(CONFIG)) == (401, "50105")


def test_secrets_are_shown_once(main: OkxCaller) -> None:
    made(main)
    (row,) = listed(main)
    assert list(row) == ["label", "apiKey", "perm", "ip", "ts"] and "canary" not in str(row)


def test_nothing_said_is_reading_from_anywhere(main: OkxCaller) -> None:
    made(main)
    assert [(row["perm"], row["ip"]) for row in listed(main)] == [("read_only", "")]


def test_trading_brings_reading_unless_the_scenario_says_otherwise(main: OkxCaller) -> None:
    made(main, perm="trade")
    assert listed(main)[0]["perm"] == "read_only,trade"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"subAcct": None}, (400, "50014")),
        ({"subAcct": ""}, (400, "50014")),
        ({"label": None}, (400, "50014")),
        ({"passphrase": None}, (400, "50014")),
        ({"subAcct": 1002}, (400, "51000")),
        ({"label": "x" * 51}, (400, "51000")),
        ({"perm": "lend"}, (400, "51000")),
        ({"perm": ""}, (400, "51000")),
        ({"ip": "home"}, (400, "51000")),
        ({"ip": ["127.0.0.1"]}, (400, "51000")),
        ({"ip": ",".join(f"203.0.113.{n}" for n in range(21))}, (200, "59503")),
        ({"perm": "read_only,withdraw"}, (200, "59504")),
        ({"subAcct": "strangers"}, (200, "59510")),
        ({"subAcct": "child", "label": "of-child"}, (200, "59502")),
        *(
            ({"passphrase": passphrase}, (200, "59505"))
            for passphrase in ("Sh0rt!!", "nocapital1!", "NOSMALL1!", "NoDigit!!", "NoSpecial1", "L0ng!" + "x" * 28)
        ),
    ],
)
def test_what_can_t_be_made_has_its_own_refusal(
    main: OkxCaller, changes: dict[str, object], expected: tuple[int, str]
) -> None:
    reply = create(main, **changes)
    assert code(reply) == expected and reply.body["data"] == []
    assert listed(main) == []


@pytest.mark.parametrize(("body", "expected"), [("", "50000"), ("{", "50002"), ("[]", "50002")])
def test_a_body_is_a_json_object(main: OkxCaller, body: str, expected: str) -> None:
    assert code(main.ask(KEYS, method="POST", body=body)) == (400, expected)
    assert code(main.ask(KEYS, method="POST", body="{}", headers={"Content-Type": "text/plain"})) == (400, "50006")


def test_twenty_addresses_and_fifty_keys_are_the_most(main: OkxCaller) -> None:
    made(main, ip=",".join(f"203.0.113.{n}" for n in range(20)))
    for number in range(49):
        made(main, label=f"number {number}")
    assert code(create(main, label="one more")) == (200, "59501")
    assert len(listed(main)) == 50


def test_labels_are_unique_within_an_account_only(main: OkxCaller) -> None:
    made(main)
    assert code(create(main)) == (200, "59502")
    made(main, subAcct="child")


def test_a_change_is_of_what_is_sent_and_nothing_else(main: OkxCaller) -> None:
    key = made(main, perm="trade", ip="203.0.113.7")

    def change(**changes: object) -> dict[str, Any]:
        (row,) = data(main.post(MODIFY, subAcct="none", apiKey=key, tag="x", **changes))
        assert list(row) == list(payload("okx", "post-subaccount-modify-apikey")["data"][0])
        return row

    def now() -> tuple[str, str, str]:
        (row,) = listed(main)
        return row["label"], row["perm"], row["ip"]

    before = listed(main)[0]["ts"]
    assert change()["perm"] == "read,trade"  # as the documented sample spells it
    assert now() == ("made", "read_only,trade", "203.0.113.7")
    change(ip="203.0.113.8,203.0.113.9")
    assert now() == ("made", "read_only,trade", "203.0.113.8,203.0.113.9")
    change(label="renamed", perm=None, ip=None)
    assert now() == ("renamed", "read_only,trade", "203.0.113.8,203.0.113.9")
    change(perm="read_only")
    assert now() == ("renamed", "read_only", "203.0.113.8,203.0.113.9")
    change(ip="", label="renamed")
    assert now() == ("renamed", "read_only", "")
    assert listed(main)[0]["ts"] == before


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"perm": "withdraw"}, (200, "59504")),
        ({"perm": ""}, (400, "51000")),
        ({"label": ""}, (400, "51000")),
        ({"label": "other"}, (200, "59502")),
        ({"ip": "home"}, (400, "51000")),
        ({"ip": ",".join(f"203.0.113.{n}" for n in range(21))}, (200, "59503")),
        ({"apiKey": "0f4c"}, (200, "59506")),
        ({"apiKey": ""}, (400, "50014")),
        ({"subAcct": "child"}, (200, "59506")),
        ({"subAcct": "strangers"}, (200, "59510")),
    ],
)
def test_what_can_t_be_changed_stays(main: OkxCaller, changes: dict[str, object], expected: tuple[int, str]) -> None:
    key = made(main, ip="203.0.113.7")
    made(main, label="other")
    before = listed(main)
    form: dict[str, object] = {"subAcct": "none", "apiKey": key, **changes}
    assert code(main.post(MODIFY, **form)) == expected
    assert listed(main) == before


def test_a_deleted_key_is_gone_for_good(main: OkxCaller) -> None:
    (row,) = data(create(main))
    assert data(main.post(DELETE, subAcct="none", apiKey=row["apiKey"])) == [{"subAcct": "none"}]
    assert listed(main) == []
    assert code(main.post(DELETE, subAcct="none", apiKey=row["apiKey"])) == (200, "59506")
    assert code(OkxCaller(main.url, row["apiKey"], row["secretKey"], PASSPHRASE).ask(CONFIG)) == (401, "50119")


def test_a_master_s_own_keys_can_t_be_changed_or_deleted(main: OkxCaller) -> None:
    for path in (MODIFY, DELETE):
        assert code(main.post(path, subAcct="main", apiKey=main.key)) == (200, "59510")
        assert code(main.post(path, subAcct="none", apiKey=main.key)) == (200, "59506")


def test_options_choose_the_other_reading() -> None:
    document = desk()
    document["exchanges"]["okx"]["options"] = {"read_implied": False, "modify_says_read": False, "limits": False}
    world = scenario(document)
    with running(world) as sandbox:
        main = okx_caller(sandbox, world, "main")
        (row,) = data(create(main, perm="trade"))
        assert row["perm"] == "trade"
        (changed,) = data(main.post(MODIFY, subAcct="none", apiKey=row["apiKey"], perm="trade,read_only"))
        assert changed["perm"] == "trade,read_only"


def test_a_commit_whose_answer_is_lost_happened(sandbox: Sandbox, main: OkxCaller) -> None:
    fault = {"exchange": "okx", "match": f"POST {KEYS}", "kind": "commit-then-drop"}
    assert control(sandbox, "POST", "/faults", fault).status == 204
    with pytest.raises(OSError):
        create(main)
    assert [row["label"] for row in listed(main)] == ["made"]


def test_the_state_holds_no_secret_and_a_key_outlives_a_restart_with_it(
    world: Scenario, main: OkxCaller, sandbox: Sandbox, tmp_path: Path
) -> None:
    (row,) = data(create(main))
    state = control(sandbox, "GET", "/state").text
    assert "canary" not in state and PASSPHRASE not in state
    assert control(sandbox, "PUT", "/state", json.loads(state)).status == 204
    held = OkxCaller(main.url, row["apiKey"], row["secretKey"], PASSPHRASE)
    assert code(held.ask(CONFIG)) == (200, "0")
    saved = tmp_path / "state.json"
    saved.write_text(state)
    with running(world, state=saved) as restarted:
        again = OkxCaller(restarted.exchanges["okx"], held.key, held.secret, PASSPHRASE)
        assert data(again.ask(CONFIG))[0]["label"] == "made"
        assert code(okx_caller(restarted, world, "main").ask(CONFIG)) == (200, "0")
    assert "canary" not in saved.read_text()
