"""What rules look at: which keys and accounts count, who is whose, what was seen, and what stands in the files."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from keyctl.exchanges.catalogue import declaration
from keyctl.model.finding import Confidence
from keyctl.model.identifier import Identifier
from keyctl.model.live import AccountSnapshot, Coverage, LiveKey, Snapshot
from keyctl.model.names import AccountName, AppName, ExchangeId, KeyName
from keyctl.model.rules import found
from keyctl.policy.world import World, known_venue
from tests.policy.corpus import NOW, SECRETS, UNSAID, documents_of, registry_of

ENDED = {"id": None, "revoked": [{"id": "Old", "on": "2026-10-01", "reason": "leaked"}]}
GONE = {"exchange": "bybit", "closed": {"on": "2026-01-01", "evidence": "a mail"}}
A, B = "sha256:" + "a" * 64, "sha256:" + "b" * 64
MINE = (AccountName("mm"), AppName("hedger"))


def world(now: datetime = NOW, snapshot: Snapshot | None = None, **fragment: Any) -> World:
    return World(registry_of(fragment), now, known_venue, snapshot, documents_of(fragment))


def test_today_is_the_day_of_now() -> None:
    assert world().today == date(2026, 11, 25)


def test_keys_go_with_their_account_and_their_owner_by_name() -> None:
    other = {"quoter": {"team": "mm", "kind": "internal"}}
    keys = {
        "z": {"id": "Id1"},
        "a": {"id": "Id2"},
        "on-main": {"id": "Id3", "account": "main"},
        "of-quoter": {"id": "Id4", "owner": "quoter"},
    }
    assert world(apps=other, keys=keys).keys_by_owner == {
        MINE: ("a", "z"),
        (AccountName("main"), AppName("hedger")): ("on-main",),
        (AccountName("mm"), AppName("quoter")): ("of-quoter",),
    }


def test_they_go_there_in_order_whatever_the_order_of_the_registry() -> None:
    there = world(keys={"a": {"id": "Id1"}, "b": {"id": "Id2"}})
    turned = replace(there.registry, keys=dict(reversed([*there.registry.keys.items()])))
    assert World(turned, NOW, known_venue).keys_by_owner == {MINE: ("a", "b")}


@pytest.mark.parametrize(
    ("expires", "counts"), [("2026-11-24", False), ("2026-11-25", True), ("2026-11-26", True), (None, True)]
)
def test_a_key_counts_until_the_end_of_its_last_day(expires: str | None, counts: bool) -> None:
    there = world(keys={"one": {"expires": expires}})
    assert there.keys_by_owner == ({MINE: ("one",)} if counts else {})


def test_a_last_day_ends_at_midnight_utc() -> None:
    last = {"one": {"expires": "2026-11-25"}}
    midnight = datetime(2026, 11, 26, tzinfo=NOW.tzinfo)
    assert world(midnight - timedelta(seconds=1), keys=last).keys_by_owner == {MINE: ("one",)}
    assert world(midnight, keys=last).keys_by_owner == {}


def test_a_key_that_has_ended_counts_no_more_nor_does_its_owner_for_it() -> None:
    there = world(keys={"one": ENDED})
    assert (there.keys_by_owner, there.owners) == ({}, frozenset())
    assert [case.key.name for case in there.key_cases] == ["one"]
    assert world(keys={"one": {"expires": "2026-11-01"}}).owners == {"hedger"}, "it may be alive still"


def test_the_case_of_a_key_holds_its_account_its_app_and_what_is_known_of_the_exchange() -> None:
    there = world()
    (case,) = there.key_cases
    assert (case.key.name, case.account.name, case.app.name) == ("one", "mm", "hedger")
    assert case.venue == declaration("bybit") and case.world is there


@pytest.mark.parametrize("missing", ["accounts", "apps"])
def test_a_key_whose_account_or_app_nobody_declared_is_no_case(missing: str) -> None:
    registry = replace(registry_of({}), **{missing: {}})  # type: ignore[arg-type]
    assert World(registry, NOW, known_venue).key_cases == ()


def test_an_exchange_of_which_nothing_is_known_has_no_venue() -> None:
    there = World(registry_of({}), NOW, lambda _exchange: None)
    assert [case.venue for case in there.key_cases] == [None]
    assert [case.venue for case in there.account_cases] == [None, None]
    assert known_venue(ExchangeId("mtgox")) is None
    assert known_venue(ExchangeId("bybit")) == declaration("bybit")


def test_each_exchange_is_looked_up_once_and_its_accounts_get_its_own() -> None:
    asked: list[str] = []

    def known(exchange: ExchangeId) -> Any:
        asked.append(exchange)
        return known_venue(exchange)

    accounts = {"okx-main": {"exchange": "okx"}}
    there = World(registry_of({"accounts": accounts, "keys": {"one": {}, "two": {"id": "Two"}}}), NOW, known)
    assert [case.venue and case.venue.id for case in there.account_cases] == ["bybit", "bybit", "okx"]
    assert len(there.key_cases) == 2 and sorted(asked) == ["bybit", "okx"]


def test_closed_accounts_are_no_cases() -> None:
    there = world(accounts={"gone": GONE})
    assert [case.account.name for case in there.account_cases] == ["main", "mm"]
    assert [case.world for case in there.account_cases] == [there, there]


def test_apps_and_the_registry_are_cases_with_their_world() -> None:
    there = world()
    assert [case.app.name for case in there.app_cases] == ["hedger", "keyctl"]
    assert {id(case.world) for case in there.app_cases} == {id(there)} == {id(there.registry_case.world)}
    assert there.registry_case.registry is there.registry


def test_open_accounts_with_the_same_address_stand_together() -> None:
    accounts = {
        "a": {"exchange": "bybit", "email": A},
        "b": {"exchange": "okx", "email": B},
        "c": {"exchange": "okx"},
        "gone": {**GONE, "email": B},
    }
    assert world(accounts=accounts).accounts_by_email == {A: ("a", "main"), B: ("b",)}


def test_one_address_that_was_hashed_with_the_secret_is_enough_to_say_so() -> None:
    keyed = {"exchange": "okx", "email": "hmac-sha256:" + "a" * 64}
    assert not world().keyed_emails
    assert world(accounts={"z": keyed}).keyed_emails
    assert not world(accounts={"main": {"email": None}}).keyed_emails


def test_networks_of_two_families_are_those_that_hold_both() -> None:
    networks = {
        "six": {"addresses": ["2600::/64", "2600:1::/64"]},
        "z-both": {"addresses": ["8.8.8.0/28", "2600::/64"]},
        "both": {"addresses": ["8.8.4.1", "8.8.4.9", "2600::/64"]},
        "four": {"addresses": ["8.8.8.0/28", "8.8.4.1"]},
        "one": {"addresses": ["8.8.4.1"]},
    }
    plain = {name: entry["addresses"] for name, entry in networks.items()}
    there = world(networks=plain)
    assert [name for name, _ in there.two_family_networks] == ["both", "z-both"]
    assert dict(there.two_family_networks)["both"] == there.registry.networks["both"]
    turned = replace(there.registry, networks=dict(reversed([*there.registry.networks.items()])))
    assert [name for name, _ in World(turned, NOW, known_venue).two_family_networks] == ["both", "z-both"]


def test_a_network_is_in_use_where_any_key_lists_it_ended_ones_too() -> None:
    networks = {"nat": ["8.8.4.0/28"], "old": ["8.8.8.0/28"], "idle": ["1.1.1.1"]}
    keys = {"one": {"ips": ["@nat", "8.8.4.99"]}, "two": {**ENDED, "ips": ["@old"]}}
    assert world(networks=networks, keys=keys).networks_in_use == {"nat", "old"}


def live(text: str) -> LiveKey:
    return LiveKey(Identifier.of_text(text), UNSAID, UNSAID, UNSAID, UNSAID, UNSAID, UNSAID, UNSAID, UNSAID)


def snapshot(**keys: tuple[str, ...]) -> Snapshot:
    seen = [
        AccountSnapshot(
            AccountName(name),
            ExchangeId("bybit"),
            Coverage.ENUMERATED,
            NOW,
            tuple(live(text) for text in texts),
            subaccounts=UNSAID,
        )
        for name, texts in keys.items()
    ]
    return Snapshot("id", NOW, tuple(seen))


def test_what_was_seen_is_found_by_account_and_by_a_key_s_current_id_there() -> None:
    taken = snapshot(main=("Other", "OnMain"), mm=("Second", "QuotesId01"))
    there = world(snapshot=taken)
    assert there.seen(AccountName("mm")) is taken.accounts[1] and there.seen(AccountName("nobody")) is None
    (case,) = there.key_cases
    assert case.live == live("QuotesId01")
    main, mm = there.account_cases
    assert (main.seen, mm.seen) == taken.accounts


def test_a_key_is_not_seen_by_its_id_on_another_account_nor_without_an_id() -> None:
    elsewhere = world(snapshot=snapshot(main=("QuotesId01",), mm=()))
    assert elsewhere.live_key(elsewhere.registry.keys[KeyName("one")]) is None
    planned = world(snapshot=snapshot(mm=("QuotesId01",)), keys={"one": {"id": None}})
    assert planned.live_key(planned.registry.keys[KeyName("one")]) is None


def test_where_no_exchange_was_asked_nothing_was_seen() -> None:
    there = World(registry_of({}), NOW, known_venue)
    (case,) = there.key_cases
    assert (there.snapshot, there.seen(AccountName("mm")), case.live) == (None, None, None)


def test_a_secret_of_the_files_is_taken_out_of_a_finding_s_words_and_nothing_else_is() -> None:
    token, other = SECRETS["token"], SECRETS["okx"]
    there = world(keys={"one": {"purpose": f"quotes {token}"}})
    finding = found("drift", f"is {token} and {other}", f"write {token}", key=KeyName("one"))
    assert there.concealed(finding) == replace(finding, message=f"is [redacted] and {other}", remedy="write [redacted]")
    assert there.without_secrets(f"{token}, {other}") == f"[redacted], {other}"


def test_files_without_secrets_take_nothing_out() -> None:
    there = world()
    finding = found("drift", f"is {SECRETS['token']}", "r")
    assert there.concealed(finding) is finding
    assert there.without_secrets(SECRETS["token"]) == SECRETS["token"]
    assert there.hits == {}


def test_what_looks_like_a_secret_is_found_by_file() -> None:
    there = world(keys={"one": {"purpose": f"quotes {SECRETS['token']}"}, "two": {"id": "Two"}})
    assert list(there.hits) == ["keys.d/one.yaml"]


def test_what_may_be_a_secret_but_hardly_is_stays_in_the_words() -> None:
    """Taking it out would make findings unreadable that have nothing to do with it."""
    there = world(keys={"one": {"purpose": SECRETS["okx"].lower()}})
    low = [hit for hits in there.hits.values() for hit in hits]
    assert {hit.confidence for hit in low} == {Confidence.LOW}
    assert there.without_secrets(SECRETS["okx"].lower()) == SECRETS["okx"].lower()


def test_a_file_s_lines_are_counted_from_its_text() -> None:
    there = world()
    text = there.texts["keys.d/one.yaml"].decode()
    assert there.line_ends("keys.d/one.yaml").at(text.index("owner")) == (2, 1)


def test_the_files_texts_stay_out_of_what_a_world_shows_of_itself() -> None:
    token = SECRETS["token"]
    there = replace(world(), texts={"notes": token.encode()})
    assert token not in repr(there)
