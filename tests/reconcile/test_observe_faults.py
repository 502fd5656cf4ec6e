"""Whatever goes wrong in whatever call: the account is incomplete, with cause and remedy; nothing of it is missing."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace

import pytest

from keyctl.model.comparison import Status
from keyctl.model.live import Coverage, Snapshot
from keyctl.reconcile.compare import compare
from tests.reconcile.desk import Desk, of, opened, scenario
from tests.reconcile.venues import BYBIT, CHILDREN, DESK, VENUES, Venue

ANYWHERE: list[tuple[str, dict[str, object], str]] = [
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
]
FAULTS = [
    pytest.param(venue, call, kind, options, cause, id=f"{venue.exchange}-{call}-{kind}-{options}")
    for venue in VENUES
    for call in venue.calls
    for kind, options, cause in (
        *ANYWHERE,
        *(("reshape", {"patch": patch}, cause) for patch, cause in venue.damages),
    )
]
CALLS = [pytest.param(venue, call, id=f"{venue.exchange}-{call}") for venue in VENUES for call in venue.calls]
every_venue = pytest.mark.parametrize("venue", VENUES, ids=lambda venue: venue.exchange)


@pytest.fixture
def desk(venue: Venue) -> Iterator[Desk]:
    with opened(venue=venue) as running:
        yield running


def suffered(snapshot: Snapshot, cause: str, names: Collection[str]) -> None:
    """Exactly these accounts are incomplete by this cause, with a remedy; the rest was seen as ever."""
    for observed in snapshot.accounts:
        if observed.account in names:
            assert observed.coverage is Coverage.INCOMPLETE, observed
            assert observed.error is not None and cause in observed.error
            assert ";" in observed.error  # what to do next
            assert observed.gone == frozenset()
        else:
            assert observed.coverage is not Coverage.INCOMPLETE, observed


def passes(desk: Desk, snapshot: Snapshot) -> set[str]:
    """The accounts of which a key passes as in sync, or is said to be missing."""
    found = compare(desk.registry, desk.registry.tombstones(), snapshot, snapshot.taken_at, {})
    return {str(row.account) for row in found.keys if {Status.IN_SYNC, Status.MISSING} & set(row.statuses)}


@every_venue
def test_without_a_fault_everything_that_can_be_seen_is_in_sync(desk: Desk) -> None:
    snapshot = desk.observe()
    suffered(snapshot, "nothing", set())
    assert passes(desk, snapshot) == DESK - {"bare"}  # which has no keys


@pytest.mark.parametrize(("venue", "call", "kind", "options", "cause"), FAULTS)
def test_a_fault_in_any_call_makes_what_it_answers_for_incomplete(
    desk: Desk, venue: Venue, call: str, kind: str, options: dict[str, object], cause: str
) -> None:
    desk.fault(call, kind, **options)
    snapshot = desk.observe(timeout=0.15 if kind == "timeout" else 5.0)
    suffered(snapshot, cause, venue.calls[call])
    assert not passes(desk, snapshot) & venue.calls[call]


@pytest.mark.parametrize(("venue", "call"), CALLS)
@pytest.mark.parametrize("kind", ["server-error", "drop", "rate-limit"])
def test_what_passes_by_itself_harms_nothing(desk: Desk, call: str, kind: str) -> None:
    desk.fault(call, kind, times=1)
    suffered(desk.observe(), "nothing", set())


@every_venue
def test_an_empty_listing_where_keys_are_expected_is_an_error(desk: Desk, venue: Venue) -> None:
    desk.fault(venue.listing, "empty-list")
    snapshot = desk.observe()
    suffered(snapshot, "the listing is empty, and the registry has", {"many", "few"})
    assert of(snapshot, "bare").coverage is Coverage.ENUMERATED and of(snapshot, "bare").keys == ()


@every_venue
def test_an_empty_list_of_sub_accounts_where_some_are_declared_is_an_error(desk: Desk, venue: Venue) -> None:
    desk.fault(venue.members, "empty-list")
    snapshot = desk.observe()
    suffered(snapshot, "list", {"main", "many", "few", "bare"})
    assert "lists no sub-accounts" in (of(snapshot, "main").error or "")


@every_venue
def test_an_empty_self_inspection_is_malformed(desk: Desk, venue: Venue) -> None:
    desk.fault(venue.inspect, "empty-list")
    suffered(desk.observe(), "malformed", venue.calls[venue.inspect])


@pytest.mark.parametrize("venue", [BYBIT])  # OKX lists the keys of a sub-account on one page
@pytest.mark.parametrize(
    ("kind", "options"),
    [("repeat-page", {}), ("shift-page", {"by": 1}), ("shift-page", {"by": 5}), ("shift-page", {"by": -1})],
)
def test_pages_that_repeat_or_shift_are_noticed(
    desk: Desk, venue: Venue, kind: str, options: dict[str, object]
) -> None:
    desk.fault(venue.listing, kind, **options)
    snapshot = desk.observe()
    suffered(replace(snapshot, accounts=(of(snapshot, "many"),)), "malformed", {"many"})
    for name in ("few", "bare"):  # one page each: seen wholly, or the fault gave them a second one
        observed = of(snapshot, name)
        assert observed.coverage is Coverage.INCOMPLETE or len(observed.keys) == {"few": 2, "bare": 0}[name]


@pytest.mark.parametrize("venue", [BYBIT])
@pytest.mark.parametrize("by", [1, -1])
@pytest.mark.parametrize("after", [0, 1])
def test_one_shift_in_one_page_is_noticed_or_did_no_harm(desk: Desk, venue: Venue, by: int, after: int) -> None:
    desk.fault(venue.listing, "shift-page", by=by, times=1, after=after)
    many = of(desk.observe(only={"many"}), "many")
    assert many.coverage is Coverage.INCOMPLETE or len(many.keys) == 45


@every_venue
@pytest.mark.parametrize(("kind", "options"), [("repeat-page", {}), ("shift-page", {}), ("shift-page", {"by": -1})])
def test_pages_of_sub_accounts_that_repeat_or_shift_are_noticed(
    venue: Venue, kind: str, options: dict[str, object]
) -> None:
    extras = {f"extra-{n}": {"uid": str(20_000 + n), "parent": "main"} for n in range(120)}
    with opened(scenario(venue, **extras), venue) as crowd:
        crowd.fault(venue.members, kind, **options)
        main = of(crowd.observe(only={"main"}), "main")
        assert main.coverage is Coverage.INCOMPLETE and "malformed" in (main.error or "")


@every_venue
def test_another_uid_in_the_answer_makes_all_behind_it_incomplete(desk: Desk, venue: Venue) -> None:
    desk.fault(venue.inspect, "wrong-uid")
    suffered(desk.observe(), "uid", venue.calls[venue.inspect])


@every_venue
def test_other_uids_in_the_list_of_sub_accounts_make_somebody_incomplete(desk: Desk, venue: Venue) -> None:
    desk.fault(venue.members, "wrong-uid")
    suffered(desk.observe(), "", venue.misnamed)


@every_venue
def test_a_listing_with_masked_or_repeated_ids_is_no_listing(desk: Desk, venue: Venue) -> None:
    for rows, words in (([venue.masked_row], "masked"), ([venue.plain_row] * 2, venue.twice)):
        desk.fault(venue.listing, "reshape", patch=venue.rows(*rows))
        suffered(desk.observe(only={"few", "bare"}), words, CHILDREN)
        desk.heal()


@pytest.mark.parametrize("venue", [BYBIT])  # OKX names no key where it describes the one that asks
def test_an_answer_about_another_key_is_malformed(desk: Desk, venue: Venue) -> None:
    desk.fault(venue.inspect, "reshape", patch={"result": {"apiKey": "SomeOtherKey"}})
    suffered(desk.observe(), "another key", venue.calls[venue.inspect])


@pytest.mark.parametrize("venue", [BYBIT])
def test_an_answer_that_blacks_its_own_key_out_is_about_the_credential(desk: Desk, venue: Venue) -> None:
    desk.fault(venue.inspect, "reshape", patch={"result": {"apiKey": "XXXXXXXX"}})
    snapshot = desk.observe()
    suffered(snapshot, "nothing", set())
    main = of(snapshot, "main")
    assert main.credential in {key.identifier for key in main.keys}


@every_venue
def test_a_field_of_another_type_in_one_listing_stops_no_other_group(desk: Desk, venue: Venue) -> None:
    desk.fault(venue.listing, "reshape", patch=venue.rows(venue.damaged_row), times=1)
    snapshot = desk.observe()
    assert [a.coverage for a in snapshot.accounts].count(Coverage.INCOMPLETE) == 1
