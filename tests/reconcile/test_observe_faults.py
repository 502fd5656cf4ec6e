"""Whatever goes wrong in whatever call: the account is incomplete, with cause and remedy; nothing of it is missing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from keyctl.model.live import Coverage, Snapshot
from tests.reconcile.desk import Desk, of, opened, scenario

INSPECT, LISTING = "GET /v5/user/query-api", "GET /v5/user/sub-apikeys"
MEMBERS, CUSTODIAL = "GET /v5/user/submembers", "GET /v5/user/escrow_sub_members"
SUFFERERS = {
    INSPECT: {"main", "many", "few", "bare", "other"},
    LISTING: {"many", "few", "bare"},
    MEMBERS: {"main", "other"},
    CUSTODIAL: {"main", "other"},
}
ANYWHERE = [
    ("rate-limit", {}, "rate-limited"),
    ("rate-limit", {"status": 200}, "rate-limited"),
    ("server-error", {}, "transport"),
    ("server-error", {"status": 500, "body": "json"}, "transport"),
    ("timeout", {"seconds": 0.4}, "transport"),
    ("drop", {}, "transport"),
    ("commit-then-drop", {}, "transport"),
    ("truncate", {}, "malformed"),
    ("html", {}, "malformed"),
    ("clock-skew", {"seconds": 3600}, "clock-skew"),
    ("clock-skew", {"seconds": -3600}, "clock-skew"),
    ("reshape", {"patch": {"retCode": None}}, "malformed"),
    ("reshape", {"patch": {"retCode": "0"}}, "malformed"),
    ("reshape", {"patch": {"retCode": 10005}}, "permission-denied"),
    ("reshape", {"patch": {"result": None}}, "malformed"),
    ("reshape", {"patch": []}, "malformed"),
]


@pytest.fixture
def desk() -> Iterator[Desk]:
    with opened() as running:
        yield running


def suffered(snapshot: Snapshot, cause: str, names: set[str]) -> None:
    """Exactly these accounts are incomplete by this cause, with a remedy; the rest was seen as ever."""
    for observed in snapshot.accounts:
        if observed.account in names:
            assert observed.coverage is Coverage.INCOMPLETE, observed
            assert observed.error is not None and cause in observed.error
            assert ";" in observed.error  # what to do next
            assert observed.gone == frozenset()
        else:
            assert observed.coverage is not Coverage.INCOMPLETE, observed


@pytest.mark.parametrize("call", [INSPECT, LISTING, MEMBERS, CUSTODIAL])
@pytest.mark.parametrize(("kind", "options", "cause"), ANYWHERE)
def test_a_fault_in_any_call_makes_what_it_answers_for_incomplete(
    desk: Desk, call: str, kind: str, options: dict[str, object], cause: str
) -> None:
    desk.fault(call, kind, **options)
    suffered(desk.observe(timeout=0.15 if kind == "timeout" else 5.0), cause, SUFFERERS[call])


@pytest.mark.parametrize("call", [INSPECT, LISTING, MEMBERS, CUSTODIAL])
@pytest.mark.parametrize("kind", ["server-error", "drop", "rate-limit"])
def test_what_passes_by_itself_harms_nothing(desk: Desk, call: str, kind: str) -> None:
    desk.fault(call, kind, times=1)
    suffered(desk.observe(), "nothing", set())


def test_an_empty_listing_where_keys_are_expected_is_an_error(desk: Desk) -> None:
    desk.fault(LISTING, "empty-list")
    snapshot = desk.observe()
    suffered(snapshot, "the listing is empty, and the registry has", {"many", "few"})
    assert of(snapshot, "bare").coverage is Coverage.ENUMERATED and of(snapshot, "bare").keys == ()


def test_an_empty_list_of_sub_accounts_where_some_are_declared_is_an_error(desk: Desk) -> None:
    desk.fault(MEMBERS, "empty-list")
    snapshot = desk.observe()
    suffered(snapshot, "list", {"main", "many", "few", "bare"})
    assert "lists no sub-accounts" in (of(snapshot, "main").error or "")


def test_an_empty_self_inspection_is_malformed(desk: Desk) -> None:
    desk.fault(INSPECT, "empty-list")
    suffered(desk.observe(), "malformed", SUFFERERS[INSPECT])


@pytest.mark.parametrize(
    ("kind", "options"),
    [("repeat-page", {}), ("shift-page", {"by": 1}), ("shift-page", {"by": 5}), ("shift-page", {"by": -1})],
)
def test_pages_that_repeat_or_shift_are_noticed(desk: Desk, kind: str, options: dict[str, object]) -> None:
    desk.fault(LISTING, kind, **options)
    snapshot = desk.observe()
    suffered(replace(snapshot, accounts=(of(snapshot, "many"),)), "malformed", {"many"})
    for name in ("few", "bare"):  # one page each: seen wholly, or the fault gave them a second one
        observed = of(snapshot, name)
        assert observed.coverage is Coverage.INCOMPLETE or len(observed.keys) == {"few": 2, "bare": 0}[name]


@pytest.mark.parametrize("by", [1, -1])
@pytest.mark.parametrize("after", [0, 1])
def test_one_shift_in_one_page_is_noticed_or_did_no_harm(desk: Desk, by: int, after: int) -> None:
    desk.fault(LISTING, "shift-page", by=by, times=1, after=after)
    many = of(desk.observe(only={"many"}), "many")
    assert many.coverage is Coverage.INCOMPLETE or len(many.keys) == 45


@pytest.mark.parametrize(("kind", "options"), [("repeat-page", {}), ("shift-page", {}), ("shift-page", {"by": -1})])
def test_pages_of_sub_accounts_that_repeat_or_shift_are_noticed(kind: str, options: dict[str, object]) -> None:
    extras = {f"extra-{n}": {"uid": str(20_000 + n), "parent": "main"} for n in range(120)}
    with opened(scenario(**extras)) as crowd:
        crowd.fault(MEMBERS, kind, **options)
        main = of(crowd.observe(only={"main"}), "main")
        assert main.coverage is Coverage.INCOMPLETE and "malformed" in (main.error or "")


def test_another_uid_in_the_answer_makes_all_behind_it_incomplete(desk: Desk) -> None:
    desk.fault(INSPECT, "wrong-uid")
    suffered(desk.observe(), "uid", SUFFERERS[INSPECT])


def test_other_uids_in_the_list_of_sub_accounts_make_them_incomplete(desk: Desk) -> None:
    desk.fault(MEMBERS, "wrong-uid")
    snapshot = desk.observe()
    assert of(snapshot, "main").coverage is Coverage.INCOMPLETE
    assert of(snapshot, "other").coverage is Coverage.DECLARED_ONLY


def test_a_listing_with_masked_or_repeated_ids_is_no_listing(desk: Desk) -> None:
    row = {"apiKey": "XXXXXX", "readOnly": False}
    for rows, words in (([row], "masked"), ([{**row, "apiKey": "abc"}] * 2, "came twice")):
        desk.fault(LISTING, "reshape", patch={"result": {"result": rows, "nextPageCursor": ""}})
        suffered(desk.observe(), words, SUFFERERS[LISTING])
        desk.heal()


def test_an_answer_about_another_key_is_malformed(desk: Desk) -> None:
    desk.fault(INSPECT, "reshape", patch={"result": {"apiKey": "SomeOtherKey"}})
    suffered(desk.observe(), "another key", SUFFERERS[INSPECT])


def test_an_answer_that_blacks_its_own_key_out_is_about_the_credential(desk: Desk) -> None:
    desk.fault(INSPECT, "reshape", patch={"result": {"apiKey": "XXXXXXXX"}})
    snapshot = desk.observe()
    suffered(snapshot, "nothing", set())
    main = of(snapshot, "main")
    assert main.credential in {key.identifier for key in main.keys}


def test_a_field_of_another_type_in_one_listing_stops_no_other_group(desk: Desk) -> None:
    desk.fault(LISTING, "reshape", patch={"result": {"result": [{"apiKey": "a"}]}}, times=1)
    snapshot = desk.observe()
    assert [a.coverage for a in snapshot.accounts].count(Coverage.INCOMPLETE) == 1
