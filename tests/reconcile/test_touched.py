"""What moved between two looks is found, unless the registry is the cause."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from keyctl.model.finding import Finding
from keyctl.model.ips import ANY
from keyctl.model.key import Key
from keyctl.model.live import KeyEvent, LiveKey, Snapshot
from keyctl.model.names import ExchangeId
from keyctl.model.observed import Known, NotObservable
from keyctl.model.scopes import STANDARD
from keyctl.reconcile.touched import touched
from tests.reconcile.test_compare import STRANGER, change_key, id_of, issued, with_key
from tests.reconcile.worlds import NOW, World, live, worlds

FIELDS = {ExchangeId("bybit"): {"changed_scope": "scopes", "changed_whitelist": "ips"}}
LATER = NOW + timedelta(hours=6)


def again(snapshot: Snapshot) -> Snapshot:
    """The same state, seen a day later."""
    moved = timedelta(days=1)
    return replace(
        snapshot,
        taken_at=snapshot.taken_at + moved,
        accounts=tuple(replace(seen, observed_at=seen.observed_at + moved) for seen in snapshot.accounts),
    )


def found(world: World, before: Snapshot, now: Snapshot) -> list[Finding]:
    return touched(world.registry, before, now, FIELDS)


def one(findings: list[Finding], key: Key) -> str:
    assert [(finding.rule, finding.key) for finding in findings] == [("touched", key.name)]
    return findings[0].message


def event(snapshot: Snapshot, key: Key, *names: str) -> Snapshot:
    events = tuple(KeyEvent(LATER + timedelta(minutes=n), name) for n, name in enumerate(names))
    return change_key(snapshot, id_of(key), lambda seen: replace(seen, events=events))


@given(worlds())
def test_nothing_moved_and_nothing_is_found(world: World) -> None:
    assert found(world, world.snapshot, again(world.snapshot)) == []


@given(worlds())
def test_a_later_modification_of_a_key_that_looks_the_same_is_found(world: World) -> None:
    key = issued(world)

    def modified(at: LiveKey) -> LiveKey:
        return replace(at, modified_at=Known(LATER))

    now = change_key(again(world.snapshot), id_of(key), modified)
    assert "looks the same as before" in one(found(world, world.snapshot, now), key)
    known = change_key(world.snapshot, id_of(key), lambda at: replace(at, modified_at=Known(LATER)))
    assert found(world, known, now) == []


@given(worlds())
def test_a_list_that_was_widened_and_restored_is_found(world: World) -> None:
    key = issued(world)
    now = event(again(world.snapshot), key, "changed_whitelist", "changed_whitelist")
    message = one(found(world, world.snapshot, now), key)
    assert message.count("changed_whitelist") == 2


@given(worlds())
def test_a_secret_that_was_reset_is_found_whatever_else_has_a_cause(world: World) -> None:
    key = issued(world)
    before = change_key(world.snapshot, id_of(key), lambda at: replace(at, scopes=Known(key.scopes | {STANDARD[-1]})))
    if STANDARD[-1] in key.scopes:
        return
    now = event(again(world.snapshot), key, "changed_scope", "reset_api_key")
    message = one(found(world, before, now), key)
    assert "reset_api_key" in message and "changed_scope" not in message


@given(worlds())
def test_what_was_brought_to_the_file_has_its_cause_there(world: World) -> None:
    key = issued(world)
    if key.ips == ANY:
        return
    before = change_key(world.snapshot, id_of(key), lambda at: replace(at, ips=Known(ANY)))
    assert found(world, before, event(again(world.snapshot), key, "changed_whitelist")) == []
    twice = event(again(world.snapshot), key, "changed_whitelist", "changed_whitelist")
    assert one(found(world, before, twice), key).count("changed_whitelist") == 1


@given(worlds())
def test_a_flag_that_the_exchange_does_not_explain_is_found_when_it_flips(world: World) -> None:
    key = issued(world)
    before = change_key(world.snapshot, id_of(key), lambda at: replace(at, native=("readOnly=true",)))
    now = change_key(again(world.snapshot), id_of(key), lambda at: replace(at, native=("readOnly=false",)))
    assert "+readOnly=false, -readOnly=true" in one(found(world, before, now), key)


@given(worlds(), st.sampled_from(["label", "created_at", "expires_at"]))
def test_facts_that_no_file_declares_are_watched_too(world: World, name: str) -> None:
    key = issued(world)

    def other(at: LiveKey) -> LiveKey:
        match name:
            case "label":
                return replace(at, label=Known("another"))
            case "created_at":
                return replace(at, created_at=Known(LATER))
            case _:
                return replace(at, expires_at=Known(LATER))

    assert one(found(world, world.snapshot, change_key(again(world.snapshot), id_of(key), other)), key)
    silent = change_key(world.snapshot, id_of(key), lambda at: replace(at, label=NotObservable("unsaid")))
    relabelled = change_key(again(world.snapshot), id_of(key), lambda at: replace(at, label=Known("another")))
    assert found(world, silent, relabelled) == [], "what was not known before can't be said to have changed"


@given(worlds())
def test_an_undeclared_key_that_gains_rights_is_found(world: World) -> None:
    account = sorted(world.registry.accounts)[0]
    before = with_key(world.snapshot, account, live(STRANGER, frozenset(STANDARD[:1]), ANY))
    now = with_key(again(world.snapshot), account, live(STRANGER, frozenset(STANDARD[:3]), ANY))
    findings = found(world, before, now)
    assert [(finding.rule, finding.key, finding.account) for finding in findings] == [("touched", None, account)]


@given(worlds())
def test_events_that_the_earlier_look_already_had_are_old(world: World) -> None:
    key = issued(world)
    early = (KeyEvent(NOW - timedelta(days=3), "reset_api_key"),)
    now = change_key(again(world.snapshot), id_of(key), lambda at: replace(at, events=early))
    assert found(world, world.snapshot, now) == []
