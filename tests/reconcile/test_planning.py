"""What a plan does, statement by statement of the design, and what it never does."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import date, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyctl.exchanges.catalogue import declaration
from keyctl.exchanges.declaration import Capability, Declaration, Limits
from keyctl.model.account import Account, Environment, Mode, OnExpiry, Unmanaged
from keyctl.model.app import KEYCTL, App, Kind, Window
from keyctl.model.change import Change
from keyctl.model.finding import Risk
from keyctl.model.identifier import Fingerprint, Identifier
from keyctl.model.ips import ANY, IpSet, parse_network
from keyctl.model.key import Key, Retiring, Revocation
from keyctl.model.live import AccountSnapshot, Coverage, LiveKey, Snapshot
from keyctl.model.marker import marker
from keyctl.model.names import AccountName, AppName, ExchangeId, KeyName
from keyctl.model.observed import Known, NotObservable
from keyctl.model.place import Place
from keyctl.model.plan import Action, Op
from keyctl.model.registry import Registry
from keyctl.model.scopes import READ, Scope
from keyctl.policy.world import known_venue
from keyctl.reconcile.compare import compare
from keyctl.reconcile.planning import plan
from tests.reconcile.worlds import NOW, UNSAID, World, live, worlds

MAIN, SUB = AccountName("main"), AccountName("sub")
KEY = KeyName("quotes")
ID, DEAD, STRANGE, OURS = (Identifier.of_text(text) for text in ("LiveId01", "DeadId01", "Stranger1", "ReaderId1"))
IPS = IpSet.of([parse_network("203.0.113.7")])
READING: frozenset[Scope] = frozenset({READ})
TRADING = READING | {Scope("trade.spot")}
HERE = Place("registry/accounts.yaml")
REGISTRY = "7b0f6f0e-6a51-4c0a-9d3e-2f6a5c1f9b42"
NO_LIMITS = Limits()
Declared = Callable[[ExchangeId], Declaration | None]


def account(**changes: Any) -> Account:
    made = Account(
        SUB, ExchangeId("bybit"), Environment.SANDBOX, HERE, parent=MAIN, subaccount="101", mode=Mode.ENFORCE
    )
    return replace(made, **changes)


def key(**changes: Any) -> Key:
    made = Key(KEY, SUB, AppName("hedger"), "", TRADING, IPS, Place("keys.d/quotes.yaml"), ID)
    return replace(made, **changes)


def planned(
    declared: Key | None,
    *living: LiveKey,
    on: Account | None = None,
    coverage: Coverage = Coverage.ENUMERATED,
    credential: Identifier | None = None,
    venues: Declared = known_venue,
    no_change: tuple[Window, ...] = (),
    elsewhere: Collection[Fingerprint] = (),
) -> list[Action]:
    """The plan for one key on one account that reports some live ones."""
    there = on or account()
    main = Account(MAIN, there.exchange, Environment.SANDBOX, HERE, mode=Mode.ENFORCE)
    registry = Registry(
        REGISTRY,
        {MAIN: main, there.name: there},
        {name: App(name, "t", Kind.INTERNAL, HERE, no_change=no_change) for name in (AppName("hedger"), KEYCTL)},
        {},
        {declared.name: declared} if declared else {},
        (Revocation(DEAD, date(2026, 6, 1), "leaked", Place("registry/revoked.yaml", ("revoked", 0))),),
        "",
    )
    error = "no answer" if coverage is Coverage.INCOMPLETE else None
    seen = AccountSnapshot(
        there.name, there.exchange, coverage, NOW, living, error, credential=credential, subaccounts=UNSAID
    )
    snapshot = Snapshot(REGISTRY, NOW, (seen,))
    compared = compare(registry, registry.tombstones(), snapshot, NOW, {})
    return list(plan(registry, snapshot, compared.keys, NOW, venues, elsewhere))


def able(*capabilities: Capability, limits: Limits = NO_LIMITS) -> Declared:
    """An exchange that tells masters and sub-accounts apart and can do so much."""
    bybit = declaration("bybit")
    return lambda _exchange: replace(bybit, capabilities=frozenset(capabilities), limits=limits)


def only(actions: list[Action]) -> Action:
    (action,) = actions
    return action


def told(actions: list[Action]) -> list[tuple[Op, bool]]:
    """What is done, and whether a person has to."""
    return [(action.op, bool(action.manual)) for action in actions]


GOOD = live(ID, TRADING, IPS)


def test_nothing_is_done_where_everything_is_as_declared() -> None:
    assert planned(key(), GOOD) == []


# tombstoned and alive → kill


def test_what_is_revoked_and_alive_is_deleted_first() -> None:
    actions = planned(key(), live(ID, TRADING, ANY), live(DEAD, READING, IPS))
    assert [(action.op, action.identifier, action.kills) for action in actions] == [
        (Op.DELETE, DEAD, True),
        (Op.UPDATE, ID, False),
    ]
    assert actions[0].risk is Risk.REDUCTION and actions[0].manual == ()


@pytest.mark.parametrize("changed", [{"protected": True}, {"expires": date(2026, 1, 1)}, {"disabled": True}])
def test_neither_protection_nor_anything_else_holds_a_killing_up(changed: dict[str, Any]) -> None:
    action = only(planned(key(identifier=DEAD, **changed), live(DEAD, READING, ANY), coverage=Coverage.INCOMPLETE))
    assert (action.op, action.kills) == (Op.DELETE, True)


def test_where_nothing_can_be_deleted_it_is_disabled() -> None:
    assert told(planned(None, live(DEAD, READING, IPS), venues=able(Capability.DISABLE))) == [(Op.DISABLE, False)]
    assert told(planned(None, live(DEAD, READING, IPS), venues=able())) == [(Op.DELETE, True)]


# drifted → update, in place where the exchange can, else rotate or a manual step


@pytest.mark.parametrize(
    ("seen", "op", "risk"),
    [
        (live(ID, TRADING, ANY), Op.UPDATE, Risk.REDUCTION),
        (live(ID, READING, IPS), Op.UPDATE, Risk.ESCALATION),
        (live(ID, READING, ANY), Op.UPDATE, Risk.ESCALATION),
    ],
)
def test_drift_is_undone_in_place_and_its_risk_is_what_undoing_does(seen: LiveKey, op: Op, risk: Risk) -> None:
    action = only(planned(key(), seen))
    assert (action.op, action.risk, action.manual) == (op, risk, ())
    assert {change.field for change in action.changes} <= {"scopes", "ips"} and action.changes


def test_what_can_not_be_changed_in_place_is_rotated_or_done_by_hand() -> None:
    wide = live(ID, TRADING, ANY)
    both = able(Capability.CREATE, Capability.DELETE, Capability.UPDATE_SCOPES)
    assert told(planned(key(), wide, venues=both)) == [(Op.ROTATE, False)]
    assert told(planned(key(protected=True), wide, venues=both)) == [(Op.UPDATE, True)]
    assert told(planned(key(), wide, venues=able(Capability.CREATE))) == [(Op.UPDATE, True)]
    assert told(planned(key(), wide, venues=able(Capability.UPDATE_IPS))) == [(Op.UPDATE, False)]


def test_a_key_whose_successor_is_made_already_is_not_rotated_again() -> None:
    wide = live(ID, TRADING, ANY)
    successor = live(STRANGE, TRADING, IPS, label=marker(REGISTRY, KEY, 1))
    both = able(Capability.CREATE, Capability.DELETE, Capability.UPDATE_SCOPES)
    assert planned(key(), wide, successor, venues=both) == []
    in_place = able(Capability.UPDATE_IPS)
    assert told(planned(key(), wide, successor, venues=in_place)) == [(Op.UPDATE, False)]


def test_a_key_that_should_be_off_is_disabled_and_one_that_should_be_on_is_an_escalation() -> None:
    switch = able(Capability.DISABLE, Capability.ENABLE)
    off = only(planned(key(disabled=True), GOOD, venues=switch))
    assert (off.op, off.risk, off.manual) == (Op.DISABLE, Risk.REDUCTION, ())
    on = only(planned(key(), live(ID, TRADING, IPS, enabled=False), venues=switch))
    assert (on.op, on.risk, on.manual) == (Op.UPDATE, Risk.ESCALATION, ())
    assert told(planned(key(), live(ID, TRADING, IPS, enabled=False), venues=able(Capability.DISABLE))) == [
        (Op.UPDATE, True)
    ]


def test_a_master_s_own_key_is_for_a_person_with_exact_steps() -> None:
    master = account(name=MAIN, parent=None, subaccount=None, uid="100")
    action = only(planned(key(account=MAIN), live(ID, TRADING, ANY), on=master))
    steps = " | ".join(action.manual)
    assert "log in to Bybit as main (100)" in steps and "set ips of the key Live…" in steps
    assert "203.0.113.7/32" in steps and action.manual[-1].startswith("run 'exchange-keyctl reconcile'")


def test_what_a_retiring_id_can_do_too_much_is_taken_from_it() -> None:
    old = Identifier.of_text("OldId0001")
    retiring = key(retiring=Retiring(old, date(2026, 12, 31)))
    action = only(planned(retiring, GOOD, live(old, TRADING, ANY)))
    assert (action.op, action.identifier, action.risk) == (Op.UPDATE, old, Risk.REDUCTION)


def test_a_retiring_id_past_its_day_waits_for_a_person() -> None:
    old = Identifier.of_text("OldId0001")
    retiring = key(retiring=Retiring(old, date(2026, 11, 1)))
    assert planned(retiring, GOOD, live(old, TRADING, IPS), on=account(on_expiry=OnExpiry.DELETE)) == []


# expired → on_expiry


@pytest.mark.parametrize(
    ("on_expiry", "protected", "expected"),
    [
        (OnExpiry.REPORT, False, []),
        (OnExpiry.DISABLE, False, [(Op.DISABLE, True)]),
        (OnExpiry.DELETE, False, [(Op.DELETE, False)]),
        (OnExpiry.DELETE, True, []),
    ],
)
def test_an_expired_key_goes_as_its_account_says(
    on_expiry: OnExpiry, protected: bool, expected: list[tuple[Op, bool]]
) -> None:
    expired = key(expires=NOW.date() - timedelta(days=1), protected=protected)
    assert told(planned(expired, GOOD, on=account(on_expiry=on_expiry))) == expected
    assert planned(key(expires=NOW.date()), GOOD, on=account(on_expiry=on_expiry)) == []


def test_one_that_is_disabled_already_is_not_disabled_again() -> None:
    expired = key(expires=date(2026, 11, 1))
    off = live(ID, TRADING, IPS, enabled=False)
    venue = able(Capability.DISABLE, Capability.ENABLE)
    assert planned(expired, off, on=account(on_expiry=OnExpiry.DISABLE), venues=venue) == []


# unissued → create; missing → nothing


def test_a_key_that_was_never_issued_is_created_where_the_exchange_can() -> None:
    action = only(planned(key(identifier=None)))
    assert (action.op, action.identifier, action.risk, action.manual) == (Op.CREATE, None, Risk.ESCALATION, ())
    by_hand = only(planned(key(identifier=None), venues=able()))
    steps = " | ".join(by_hand.manual)
    assert "exactly these rights: read, trade.spot" in steps and "203.0.113.7" in steps
    assert "keys.d/quotes.yaml" in steps and "never into git" in steps


def test_an_account_without_a_free_slot_creates_nothing() -> None:
    full = able(Capability.CREATE, limits=Limits(max_keys=1))
    action = only([one for one in planned(key(identifier=None), GOOD, venues=full) if one.op is Op.CREATE])
    assert action.manual and "as many keys as it may" in action.reason


def test_a_key_that_is_gone_or_waits_to_be_written_back_or_has_ended_is_never_created_again() -> None:
    assert planned(key(), live(STRANGE, READING, IPS)) == []
    mark = marker(REGISTRY, KEY, 0)
    assert planned(key(identifier=None), live(STRANGE, TRADING, IPS, label=mark)) == []
    ended = key(identifier=None, revoked=(Revocation(STRANGE, date(2026, 1, 1), "r", HERE),))
    assert planned(ended) == []


# unmanaged → nothing unless the account says so, and then only after its grace

SWEEP = account(unmanaged=Unmanaged.DELETE, grace_days=7)


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, [(Op.DELETE, False)]),
        ({"created_at": Known(NOW - timedelta(days=7))}, [(Op.DELETE, False)]),
        ({"created_at": Known(NOW - timedelta(days=6, hours=23))}, []),
        ({"created_at": NotObservable("no such field")}, []),
        ({"label": Known(marker("another registry", KEY, 0))}, []),
        ({"label": NotObservable("no such field")}, []),
    ],
)
def test_what_nobody_declared_goes_only_when_it_is_old_enough_and_nobody_s(
    changed: dict[str, Any], expected: list[tuple[Op, bool]]
) -> None:
    strange = replace(live(STRANGE, READING, IPS), **changed)
    assert told(planned(key(), GOOD, strange, on=SWEEP)) == expected
    assert planned(key(), GOOD, strange) == []
    assert planned(key(), GOOD, strange, on=SWEEP, coverage=Coverage.DECLARED_ONLY) == []


# never


def test_keyctl_s_own_credentials_are_for_people() -> None:
    assert planned(None, live(OURS, READING, IPS), on=SWEEP, credential=OURS) == []
    own = key(owner=KEYCTL, scopes=READING)
    action = only(planned(own, live(ID, READING, ANY)))
    assert action.manual[0].startswith("give keyctl another credential for sub")
    dead = only(planned(None, live(DEAD, READING, IPS), credential=DEAD))
    assert dead.kills and dead.manual, "not even a revoked one: law 9"


@pytest.mark.parametrize("coverage", Coverage)
def test_an_account_that_is_only_observed_has_no_action(coverage: Coverage) -> None:
    quiet = account(mode=Mode.OBSERVE, on_expiry=OnExpiry.DELETE, unmanaged=Unmanaged.DELETE)
    living = (live(ID, TRADING, ANY), live(DEAD, READING, ANY), live(STRANGE, READING, ANY))
    assert planned(key(expires=date(2026, 1, 1)), *living, on=quiet, coverage=coverage) == []


def test_an_account_that_was_not_wholly_seen_has_killings_only() -> None:
    eager = account(on_expiry=OnExpiry.DELETE, unmanaged=Unmanaged.DELETE)
    living = (live(ID, TRADING, ANY), live(DEAD, READING, ANY), live(STRANGE, READING, ANY))
    actions = planned(key(expires=date(2026, 1, 1)), *living, on=eager, coverage=Coverage.INCOMPLETE)
    assert [(action.identifier, action.kills) for action in actions] == [(DEAD, True)]


def test_reductions_come_before_creations_and_those_before_escalations() -> None:
    change = Change("ips", ("any",), (), Risk.ESCALATION)
    made = [
        Action(op, None, SUB, identifier, "r", risk, kills=kills, changes=(change,))
        for op, identifier, risk, kills in (
            (Op.UPDATE, ID, Risk.ESCALATION, False),
            (Op.CREATE, None, Risk.ESCALATION, False),
            (Op.UPDATE, STRANGE, Risk.NEUTRAL, False),
            (Op.DELETE, OURS, Risk.REDUCTION, False),
            (Op.DELETE, DEAD, Risk.REDUCTION, True),
        )
    ]
    from keyctl.reconcile.planning import _rank

    assert [action.identifier for action in sorted(made, key=_rank)] == [DEAD, OURS, STRANGE, None, ID]


@given(worlds())
def test_a_world_in_sync_needs_no_action_but_creations(world: World) -> None:
    enforced = {name: replace(one, mode=Mode.ENFORCE) for name, one in world.registry.accounts.items()}
    registry = replace(world.registry, accounts=enforced)
    compared = compare(registry, registry.tombstones(), world.snapshot, NOW, {})
    actions = plan(registry, world.snapshot, compared.keys, NOW, known_venue)
    assert {action.op for action in actions} <= {Op.CREATE}


@given(worlds(), st.randoms(use_true_random=False))
def test_the_same_rows_in_any_order_give_the_same_plan(world: World, random: Any) -> None:
    enforced = {name: replace(one, mode=Mode.ENFORCE) for name, one in world.registry.accounts.items()}
    registry = replace(world.registry, accounts=enforced)
    wide = replace(
        world.snapshot,
        accounts=tuple(
            replace(one, keys=tuple(replace(found, ips=Known(ANY)) for found in one.keys))
            for one in world.snapshot.accounts
        ),
    )
    rows = list(compare(registry, registry.tombstones(), wide, NOW, {}).keys)
    straight = plan(registry, wide, rows, NOW, known_venue)
    random.shuffle(rows)
    assert plan(registry, wide, rows, NOW, known_venue) == straight


def test_a_replaced_id_goes_once_its_successor_is_in_use_and_not_in_hours_without_changes() -> None:
    old = Identifier.of_text("OldId0001")
    rotated = key(retiring=Retiring(old, NOW.date() + timedelta(days=3)))
    alive = live(ID, TRADING, IPS)
    used = replace(alive, last_used_at=Known(NOW))
    before = replace(alive, identifier=old)
    assert planned(rotated, alive, before) == []
    (action,) = planned(rotated, used, before)
    assert (action.op, action.identifier, action.reason) == (Op.DELETE, old, "its successor is in use")
    assert planned(rotated, replace(used, enabled=Known(False)), before)[0].identifier != old
    assert planned(replace(rotated, protected=True), used, before) == []
    noon = Window(time(11), time(13), "UTC")
    assert planned(rotated, used, before, no_change=(noon,)) == []
    assert planned(rotated, used, before, no_change=(Window(time(13), time(14), "UTC"),)) == [action]


def test_what_another_registry_of_the_repository_holds_is_not_swept() -> None:
    there = account(unmanaged=Unmanaged.DELETE)
    stray = live(STRANGE, READING, IPS, label="x")
    assert [action.op for action in planned(None, stray, on=there)] == [Op.DELETE]
    assert planned(None, stray, on=there, elsewhere={STRANGE.fingerprint}) == []
