"""What the simulated OKX answers: fields as documented, pages, options."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from keyctl.sandbox.running import Sandbox, Scenario, running
from tests.exchanges.payloads import payload
from tests.sandbox.caller import control
from tests.sandbox.okx_caller import CONFIG, KEYS, MEMBERS, OkxCaller, code, data, okx_caller
from tests.sandbox.okx_desk import desk, scenario


@pytest.fixture
def world() -> Scenario:
    return scenario()


@pytest.fixture
def sandbox(world: Scenario) -> Iterator[Sandbox]:
    with running(world) as started:
        yield started


@pytest.fixture
def main(sandbox: Sandbox, world: Scenario) -> OkxCaller:
    return okx_caller(sandbox, world, "main")


def crowd(size: int, **changes: Any) -> Scenario:
    """A master with so many sub-accounts and nothing else; ``changes`` are native fields of all."""
    document = desk()
    accounts = document["exchanges"]["okx"]["accounts"]
    children = {f"s{n:03}": {"uid": str(5000 + n), "parent": "main", "native": changes} for n in range(size)}
    document["exchanges"]["okx"]["accounts"] = {"main": accounts["main"], **children}
    return scenario(document)


@pytest.mark.parametrize(
    ("path", "query", "documented"),
    [
        (CONFIG, "", "get-account-config"),
        (KEYS, "subAcct=deskmany01", "get-subaccount-apikey"),
        (MEMBERS, "", "get-subaccount-list"),
    ],
)
def test_answers_have_the_documented_fields_in_their_order(
    main: OkxCaller, path: str, query: str, documented: str
) -> None:
    expected = payload("okx", documented)
    reply = main.ask(path, query)
    assert set(reply.body) == set(expected)
    assert list(data(reply)[0]) == list(expected["data"][0])
    assert {name: type(value) for name, value in data(reply)[0].items()} == {
        name: type(value) for name, value in expected["data"][0].items()
    }


def test_a_key_describes_itself_without_its_id(sandbox: Sandbox, world: Scenario, main: OkxCaller) -> None:
    (own,) = data(main.ask(CONFIG))
    assert main.key not in str(own)
    assert (own["uid"], own["mainUid"], own["type"]) == ("1000", "1000", "0")
    assert (own["perm"], own["ip"], own["label"]) == ("read_only,trade", "127.0.0.1", "main")
    (child,) = data(okx_caller(sandbox, world, "of-child").ask(CONFIG))
    assert (child["uid"], child["mainUid"], child["type"]) == ("1004", "1000", "1")
    (unbound,) = data(okx_caller(sandbox, world, "unbound").ask(CONFIG))
    assert unbound["ip"] == ""


def test_older_answers_leave_the_main_account_out() -> None:
    document = desk()
    document["exchanges"]["okx"]["options"] = {"main_uid": False}
    world = scenario(document)
    with running(world) as sandbox:
        assert "mainUid" not in data(okx_caller(sandbox, world, "main").ask(CONFIG))[0]


def test_the_keys_of_a_sub_account_come_by_its_name_and_all_at_once(world: Scenario, main: OkxCaller) -> None:
    rows = data(main.ask(KEYS, "subAcct=deskmany01"))
    assert [row["apiKey"] for row in rows] == [k.id for k in world.exchanges["okx"].keys if k.account == "many"]
    assert data(main.ask(KEYS, "subAcct=none")) == []
    for name in ("many", "1001", "strangers", "x"):
        assert code(main.ask(KEYS, f"subAcct={name}")) == (200, "59510")
    assert code(main.ask(KEYS)) == (400, "50014")


def test_one_key_can_be_looked_for(world: Scenario, main: OkxCaller) -> None:
    (wanted,) = [key.id for key in world.exchanges["okx"].keys if key.name == "many-07"]
    assert [row["label"] for row in data(main.ask(KEYS, f"subAcct=deskmany01&apiKey={wanted}"))] == ["many-07"]
    assert code(main.ask(KEYS, f"subAcct=none&apiKey={wanted}")) == (200, "59506")


def test_sub_accounts_are_listed_newest_first_and_filtered(main: OkxCaller) -> None:
    rows = data(main.ask(MEMBERS))
    assert [row["subAcct"] for row in rows] == ["child", "frozen", "none", "deskmany01"]
    assert [row["enable"] for row in rows] == [True, False, True, True]
    assert [row["subAcct"] for row in data(main.ask(MEMBERS, "enable=false"))] == ["frozen"]
    assert [row["subAcct"] for row in data(main.ask(MEMBERS, "subAcct=none&enable=true"))] == ["none"]
    assert data(main.ask(MEMBERS, "subAcct=x")) == []


def test_sub_accounts_come_in_pages_by_the_time_of_their_creation() -> None:
    world = crowd(230)
    with running(world) as sandbox:
        main = okx_caller(sandbox, world, "main")
        pages = [data(main.ask(MEMBERS))]
        while pages[-1]:
            pages.append(data(main.ask(MEMBERS, f"after={min(int(row['ts']) for row in pages[-1])}")))
        assert [len(page) for page in pages] == [100, 100, 30, 0]
        assert len({row["subAcct"] for page in pages for row in page}) == 230
        newest = pages[0][1]["ts"]
        assert [row["subAcct"] for row in data(main.ask(MEMBERS, f"before={newest}&limit=5"))] == ["s229"]


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=x", "after=x", "before=-1", "enable=yes"])
def test_a_parameter_out_of_range_is_refused(main: OkxCaller, query: str) -> None:
    assert code(main.ask(MEMBERS, query)) == (400, "51000")


def test_faults_of_content_are_the_simulators_own(sandbox: Sandbox, main: OkxCaller) -> None:
    def suffer(path: str, kind: str, **options: object) -> None:
        form = {"exchange": "okx", "match": f"GET {path}", "kind": kind, **options}
        assert control(sandbox, "POST", "/faults", form).status == 204

    suffer(CONFIG, "empty-list")
    assert data(main.ask(CONFIG)) == []
    suffer(KEYS, "empty-list")
    assert data(main.ask(KEYS, "subAcct=deskmany01")) == []
    suffer(CONFIG, "wrong-uid", uid="77")
    assert data(main.ask(CONFIG))[0]["uid"] == "77"
    suffer(MEMBERS, "wrong-uid", uid="77")
    assert {row["uid"] for row in data(main.ask(MEMBERS))} == {"77"}
    last = data(main.ask(MEMBERS, "limit=2"))[-1]["ts"]
    for kind, options, seen in (
        ("repeat-page", {}, ["child", "frozen"]),
        ("shift-page", {"by": 1}, ["frozen", "none"]),
        ("shift-page", {"by": -1}, ["deskmany01"]),
        ("shift-page", {"by": -9}, []),
    ):
        suffer(MEMBERS, kind, **options)
        assert [row["subAcct"] for row in data(main.ask(MEMBERS, f"limit=2&after={last}"))] == seen
