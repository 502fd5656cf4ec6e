"""One declared key in each situation that it can be in: its row, and who is told what about which line of its file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import FrozenInstanceError, dataclass, fields, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from keyctl.model.account import Account, Closed, Environment, OnExpiry
from keyctl.model.change import Change
from keyctl.model.comparison import AccountRow, KeyRow, Status
from keyctl.model.expiry import Condition, ImplicitExpiry
from keyctl.model.finding import Finding, Risk, Severity
from keyctl.model.identifier import Identifier
from keyctl.model.ips import ANY, IpSet, parse_network
from keyctl.model.key import Key, Retiring, Revocation
from keyctl.model.live import AccountSnapshot, Assumption, Coverage, LiveKey, Snapshot
from keyctl.model.marker import marker
from keyctl.model.names import AccountName, AppName, ExchangeId, KeyName
from keyctl.model.observed import ABSENT, Known, NotObservable
from keyctl.model.place import Place
from keyctl.model.registry import Registry
from keyctl.model.scopes import KEYS_MANAGE, READ, WITHDRAW, Scope
from keyctl.model.times import end_of
from keyctl.model.tombstone import Tombstone, Tombstones
from keyctl.reconcile.compare import NEAR as WINDOW
from keyctl.reconcile.compare import Compared, Venue, compare
from keyctl.sandbox.invented import invented_secret

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
VENUE = ExchangeId("bybit")
MAIN, SIDE = AccountName("main"), AccountName("side")
QUOTES, HEDGER = KeyName("quotes"), AppName("hedger")
ID, OLD, OTHER = (Identifier.of_text(text) for text in ("quotesKey00000000", "replacedKey000000", "strangerKey000000"))
SCOPES = frozenset({READ, Scope("trade.spot")})
IPS = IpSet.of([parse_network("203.0.113.7")])
FILE = "keys.d/quotes.yaml"
KEY = Key(QUOTES, MAIN, HEDGER, "quotes", SCOPES, IPS, Place(FILE), ID)
UNSAID = NotObservable("not said")


def at(field: str) -> Place:
    return Place(FILE, (field,))


def alive(identifier: Identifier = ID, **changes: Any) -> LiveKey:
    """A live key as declared, but for what is changed."""
    same = LiveKey(
        identifier=identifier,
        label=UNSAID,
        scopes=Known(SCOPES),
        ips=Known(IPS),
        enabled=Known(True),
        created_at=Known(NOW - timedelta(days=30)),
        modified_at=UNSAID,
        expires_at=ABSENT,
        last_used_at=UNSAID,
    )
    return replace(same, **changes)


def seen(*keys: LiveKey, name: AccountName = MAIN, **changes: Any) -> AccountSnapshot:
    plain = AccountSnapshot(name, VENUE, Coverage.ENUMERATED, NOW, keys, subaccounts=UNSAID)
    return replace(plain, **changes)


@dataclass(frozen=True, slots=True)
class Judged:
    """A comparison, as far as it is about keys."""

    compared: Compared

    @property
    def row(self) -> KeyRow:
        (row,) = self.compared.keys
        return row

    @property
    def told(self) -> list[tuple[str, KeyName | None, AccountName | None, Place | None]]:
        return [(f.rule, f.key, f.account, f.place) for f in self.findings]

    @property
    def findings(self) -> list[Finding]:
        return [finding for finding in self.compared.findings if finding.rule != "account-incomplete"]


def registry(*keys: Key, **accounts: Any) -> Registry:
    """Two accounts and some keys; ``accounts`` are changes to one of the accounts."""
    plain = [Account(name, VENUE, Environment.LIVE, Place("registry/accounts.yaml", (name,))) for name in (MAIN, SIDE)]
    declared = {account.name: replace(account, **accounts.get(account.name, {})) for account in plain}
    return Registry("registry-id", declared, {}, {}, {key.name: key for key in keys}, (), "sha256:0")


def judge(
    key: Key,
    *accounts: AccountSnapshot,
    now: datetime = NOW,
    stones: Iterable[Tombstone] = (),
    venue: Venue | None = None,
    on_expiry: OnExpiry = OnExpiry.REPORT,
    attested: Iterable[str] = (),
) -> Judged:
    """One declared key against what was seen."""
    declared = registry(key, main={"on_expiry": on_expiry})
    tombstones = Tombstones([*declared.tombstones(), *stones])
    snapshot = Snapshot(declared.id, now, accounts)
    venues = {VENUE: venue} if venue else {}
    words = frozenset(attested)
    return Judged(compare(declared, tombstones, snapshot, now, venues, attested=lambda _key: words))


def row(*statuses: Status, identifier: Identifier | None = ID, **changes: Any) -> KeyRow:
    return replace(KeyRow(QUOTES, MAIN, HEDGER, identifier, statuses), **changes)


def test_a_key_that_is_as_declared_is_in_sync() -> None:
    judged = judge(KEY, seen(alive()))
    assert (judged.row, judged.told) == (row(Status.IN_SYNC), [])


@pytest.mark.parametrize("account", [seen(), seen(coverage=Coverage.DECLARED_ONLY, gone=frozenset({ID.fingerprint}))])
def test_a_key_that_the_exchange_says_is_not_there_is_missing(account: AccountSnapshot) -> None:
    judged = judge(KEY, account)
    assert (judged.row, judged.told) == (row(Status.MISSING), [("missing", QUOTES, MAIN, at("id"))])


@pytest.mark.parametrize("coverage", [Coverage.DECLARED_ONLY, Coverage.INCOMPLETE])
def test_a_key_that_nothing_is_said_of_is_unobservable(coverage: Coverage) -> None:
    judged = judge(KEY, seen(coverage=coverage))
    assert (judged.row, judged.told) == (row(Status.UNOBSERVABLE), [("unobservable", QUOTES, MAIN, at("id"))])


def test_an_incomplete_account_hides_that_a_key_is_in_sync_but_not_that_it_drifted() -> None:
    cut = seen(alive(), coverage=Coverage.INCOMPLETE)
    assert judge(KEY, cut).row == row(Status.UNOBSERVABLE)
    drifted = judge(KEY, replace(cut, keys=(alive(enabled=Known(False)),))).row
    assert drifted.statuses == (Status.DRIFTED,)
    declared_only = replace(cut, coverage=Coverage.DECLARED_ONLY)
    assert judge(KEY, declared_only).row == row(Status.IN_SYNC)


def test_drift_is_shown_field_by_field_and_told_at_the_line_that_differs() -> None:
    judged = judge(KEY, seen(alive(ips=Known(ANY), enabled=Known(False), scopes=UNSAID)))
    changes = (
        Change("ips", ("any",), ("203.0.113.7/32",), Risk.ESCALATION),
        Change("enabled", False, True, Risk.REDUCTION),
    )
    assert judged.row == row(Status.DRIFTED, changes=changes, unknown=("scopes",))
    assert judged.told == [
        ("drift", QUOTES, MAIN, at("ips")),
        ("drift", QUOTES, MAIN, at("enabled")),
        ("unobserved", QUOTES, MAIN, Place(FILE)),
    ]
    assert [finding.severity for finding in judged.findings] == [Severity.ERROR, Severity.WARNING, Severity.WARNING]


@pytest.mark.parametrize(
    ("declared", "live", "severity"),
    [
        ({READ}, {READ, WITHDRAW}, Severity.CRITICAL),
        ({READ}, {READ, KEYS_MANAGE}, Severity.CRITICAL),
        ({READ}, {READ, Scope("convert")}, Severity.ERROR),
        ({READ, WITHDRAW}, {READ, WITHDRAW, Scope("convert")}, Severity.ERROR),
        ({READ, WITHDRAW}, {READ}, Severity.WARNING),
    ],
)
def test_a_gained_right_to_take_money_or_make_keys_is_critical(
    declared: set[Scope], live: set[Scope], severity: Severity
) -> None:
    (finding,) = judge(replace(KEY, scopes=frozenset(declared)), seen(alive(scopes=Known(frozenset(live))))).findings
    assert finding.severity is severity


def test_what_was_assumed_is_told_only_where_it_made_a_difference() -> None:
    guess = (Assumption("ips", "the documentation says two things"),)
    assert judge(KEY, seen(alive(assumptions=guess))).told == []
    assert judge(KEY, seen(alive(assumptions=guess, enabled=Known(False)))).told == [
        ("drift", QUOTES, MAIN, at("enabled"))
    ]
    judged = judge(KEY, seen(alive(assumptions=guess, ips=Known(ANY))))
    assert judged.told == [("drift", QUOTES, MAIN, at("ips")), ("assumed", QUOTES, MAIN, Place(FILE))]


READS = frozenset({READ})
TWO_WAYS = (Assumption("scopes", "the documentation says two things", READS),)


def test_a_difference_by_the_worse_reading_is_one_until_somebody_looked() -> None:
    reads, doubtful = replace(KEY, scopes=READS), alive(assumptions=TWO_WAYS)
    judged = judge(reads, seen(doubtful))
    assert judged.row.statuses == (Status.DRIFTED,) and [one.field for one in judged.row.changes] == ["scopes"]
    assert judged.told == [("drift", QUOTES, MAIN, at("scopes")), ("assumed", QUOTES, MAIN, Place(FILE))]
    assert "attest quotes" in judged.findings[1].remedy and "--field scopes" in judged.findings[1].remedy
    looked = judge(reads, seen(doubtful), attested=("scopes",))
    assert (looked.row, looked.told) == (row(Status.IN_SYNC, unknown=("scopes",)), [])
    other = judge(reads, seen(doubtful), attested=("ips", "enabled"))
    assert (other.row, other.told) == (judged.row, judged.told)


def test_a_word_about_scopes_hides_no_difference_that_both_readings_have() -> None:
    wider = alive(assumptions=TWO_WAYS, scopes=Known(SCOPES | {WITHDRAW}))
    judged = judge(KEY, seen(wider), attested=("scopes",))
    assert judged.row.status is Status.DRIFTED and judged.findings[0].severity is Severity.CRITICAL
    assert "attest" not in judged.findings[1].remedy
    certain = judge(replace(KEY, scopes=READS), seen(alive()), attested=("scopes",))
    assert certain.row.status is Status.DRIFTED
    moved = judge(
        replace(KEY, scopes=READS), seen(), seen(alive(assumptions=TWO_WAYS), name=SIDE), attested=("scopes",)
    )
    assert {one.field for one in moved.row.changes} == {"account", "scopes"}
    unbound = judge(replace(KEY, scopes=READS), seen(alive(assumptions=TWO_WAYS, ips=Known(ANY))), attested=("scopes",))
    assert (unbound.row.status, unbound.row.unknown) == (Status.DRIFTED, ("scopes",))
    assert [one.field for one in unbound.row.changes] == ["ips"]


def test_a_different_end_is_drift_only_where_the_exchange_lets_it_be_set() -> None:
    key = replace(KEY, expires=date(2027, 6, 30))
    later = seen(alive(expires_at=Known(datetime(2028, 1, 1, tzinfo=UTC))))
    assert judge(key, later).told == []
    assert judge(key, later, venue=Venue()).told == []
    assert judge(key, later, venue=Venue(sets_expiry=True)).told == [("drift", QUOTES, MAIN, at("expires"))]


def test_a_key_on_another_account_than_declared_is_an_escalation_and_not_unmanaged_there() -> None:
    judged = judge(KEY, seen(), seen(alive(enabled=Known(False)), name=SIDE))
    changes = (
        Change("account", SIDE, MAIN, Risk.ESCALATION),
        Change("enabled", False, True, Risk.REDUCTION),
    )
    assert judged.row == row(Status.DRIFTED, changes=changes)
    assert judged.told == [("drift", QUOTES, MAIN, at("account")), ("drift", QUOTES, MAIN, at("enabled"))]


def test_its_own_account_comes_first_and_the_same_id_elsewhere_is_unmanaged() -> None:
    judged = judge(KEY, seen(alive()), seen(alive(), name=SIDE))
    assert judged.compared.keys == (row(Status.IN_SYNC), KeyRow(None, SIDE, None, ID, (Status.UNMANAGED,)))
    assert judged.told == [("unmanaged", None, SIDE, Place("registry/accounts.yaml", (SIDE,)))]


# time

LAST_DAY = date(2026, 12, 31)
MORTAL = replace(KEY, expires=LAST_DAY)
END = end_of(LAST_DAY)
NEAR = END - WINDOW
SECOND = timedelta(seconds=1)


def test_two_weeks_before_its_end_a_key_is_expiring() -> None:
    assert timedelta(days=14) == WINDOW
    assert judge(MORTAL, seen(alive()), now=NEAR - SECOND).row == row(Status.IN_SYNC)
    judged = judge(MORTAL, seen(alive()), now=NEAR)
    assert (judged.row, judged.told) == (
        row(Status.EXPIRING, Status.IN_SYNC),
        [],
    )


def test_from_its_end_on_a_living_key_is_expired_and_a_dead_one_has_ended() -> None:
    assert judge(MORTAL, seen(alive()), now=END - SECOND).row == row(Status.EXPIRING, Status.IN_SYNC)
    judged = judge(MORTAL, seen(alive()), now=END)
    assert (judged.row, judged.told) == (row(Status.EXPIRED), [("expired", QUOTES, MAIN, at("expires"))])
    dead = judge(MORTAL, seen(), now=END)
    assert (dead.row, dead.told) == (row(Status.ENDED), [])
    near = judge(MORTAL, seen(), now=NEAR)
    assert near.row == row(Status.MISSING, Status.EXPIRING)
    hidden = judge(MORTAL, seen(coverage=Coverage.INCOMPLETE), now=END)
    assert (hidden.row, hidden.told) == (row(Status.UNOBSERVABLE), [("unobservable", QUOTES, MAIN, at("id"))])


def test_a_key_that_is_over_and_switched_off_has_ended_where_its_account_ends_keys_so() -> None:
    off, ends = alive(enabled=Known(False), scopes=Known(SCOPES | {WITHDRAW})), OnExpiry.DISABLE
    judged = judge(MORTAL, seen(off), now=END, on_expiry=ends)
    assert (judged.row, judged.told) == (row(Status.ENDED), [])
    for how in (OnExpiry.REPORT, OnExpiry.DELETE):
        assert judge(MORTAL, seen(off), now=END, on_expiry=how).row.statuses == (Status.EXPIRED, Status.DRIFTED)
    for other in (alive(), alive(enabled=UNSAID)):
        assert judge(MORTAL, seen(other), now=END, on_expiry=ends).row.status is Status.EXPIRED
    assert judge(MORTAL, seen(off), now=END - SECOND, on_expiry=ends).row.status is Status.DRIFTED
    elsewhere = judge(MORTAL, seen(), seen(off, name=SIDE), now=END, on_expiry=ends)
    assert elsewhere.row.statuses == (Status.EXPIRED, Status.DRIFTED)
    stones = [Tombstone(ID, "elsewhere")]
    assert judge(MORTAL, seen(off), now=END, on_expiry=ends, stones=stones).row.status is Status.REACTIVATED


def test_statuses_come_loudest_first() -> None:
    judged = judge(MORTAL, seen(alive(enabled=Known(False)), coverage=Coverage.INCOMPLETE), now=END)
    assert judged.row.statuses == (Status.EXPIRED, Status.DRIFTED)
    assert judged.row.status is Status.EXPIRED


UNBOUND = ImplicitExpiry(Condition.NO_IP_LIST, 90, "unbound keys end", "https://example.test", "2026-07-20", "bound")
IDLE = replace(UNBOUND, condition=Condition.IDLE_WITHOUT_IP_LIST)
EARLY = [("expires-early", QUOTES, MAIN, at("expires"))]


@pytest.mark.parametrize(
    ("days", "expires", "told"),
    [
        (90, None, EARLY),
        (90, date(2027, 6, 30), EARLY),
        (90, date(2027, 1, 25), EARLY),
        (90, date(2027, 1, 24), EARLY),
        (90, date(2027, 1, 23), []),
    ],
)
def test_an_end_by_the_exchange_s_own_rule_is_told_when_it_comes_before_the_declared_one(
    days: int, expires: date | None, told: list[object]
) -> None:
    key = replace(KEY, ips=ANY, expires=expires)
    venue = Venue(implicit_expiry=(IDLE, replace(UNBOUND, days=days)))
    assert judge(key, seen(alive(ips=Known(ANY))), venue=venue).told == told


def test_an_end_at_the_very_instant_that_is_declared_is_not_early() -> None:
    reported = Known(end_of(date(2027, 6, 30)))
    assert judge(replace(KEY, expires=date(2027, 6, 30)), seen(alive(expires_at=reported))).told == []
    assert judge(replace(KEY, expires=date(2027, 7, 1)), seen(alive(expires_at=reported))).told == EARLY
    assert judge(KEY, seen(alive(expires_at=reported))).told == EARLY


def test_of_several_ends_the_first_is_told() -> None:
    soon = NOW + timedelta(days=3)
    key = replace(KEY, ips=ANY)
    (finding,) = judge(
        key, seen(alive(ips=Known(ANY), expires_at=Known(soon))), venue=Venue(implicit_expiry=(UNBOUND,))
    ).findings
    assert "2026-11-28T12:00:00Z" in finding.message and UNBOUND.effect not in finding.message


def test_a_key_past_its_end_is_not_told_of_an_early_one() -> None:
    early = alive(expires_at=Known(END - timedelta(days=1)))
    assert judge(MORTAL, seen(early), now=END).told == [("expired", QUOTES, MAIN, at("expires"))]


def test_a_label_that_holds_a_secret_is_told_and_not_repeated() -> None:
    stones = [Tombstone(OTHER, "elsewhere")]
    for label, shown in (("bot 7", "'bot 7'"), (f"secret: {invented_secret('x', 'y')}", "not repeated here")):
        for tombstones in ([], stones):
            judged = judge(KEY, seen(alive(), alive(OTHER, label=Known(label))), stones=tombstones)
            told = next(one.message for one in judged.findings if one.rule in ("unmanaged", "reactivated"))
            assert f"({shown}" in told and "CANARY" not in told and invented_secret("x", "y") not in told


# keys without an id

UNISSUED = replace(KEY, identifier=None)
GONE = Revocation(OLD, date(2026, 6, 1), "rotated", Place(FILE, ("revoked", 0)))
CREATED = alive(OTHER, label=Known(f"made by keyctl {marker('registry-id', QUOTES, 0)}"))


def test_a_key_that_was_never_created_is_unissued() -> None:
    judged = judge(UNISSUED, seen())
    assert judged.row == row(Status.UNISSUED, identifier=None)
    assert judged.told == [("unissued", QUOTES, MAIN, Place(FILE))]


def test_a_live_key_with_its_marker_waits_for_its_id_to_be_written_down() -> None:
    judged = judge(UNISSUED, seen(alive(label=UNSAID), CREATED), stones=[])
    assert judged.compared.keys == (
        row(Status.PENDING_WRITE_BACK, identifier=OTHER),
        KeyRow(None, MAIN, None, ID, (Status.UNMANAGED,)),
    )
    assert judged.told[0] == ("pending-write-back", QUOTES, MAIN, Place(FILE))
    assert [told[0] for told in judged.told] == ["pending-write-back", "unmanaged"]


def test_a_revoked_id_with_the_marker_is_alive_again_and_not_what_was_asked_for() -> None:
    judged = judge(UNISSUED, seen(CREATED), stones=[Tombstone(OTHER, "commit 0123")])
    assert judged.compared.keys == (
        row(Status.UNISSUED, identifier=None),
        KeyRow(None, MAIN, None, OTHER, (Status.REACTIVATED,)),
    )
    assert judged.told == [("unissued", QUOTES, MAIN, Place(FILE)), ("reactivated", None, MAIN, None)]


def test_a_key_whose_ids_are_all_revoked_has_ended_unless_it_is_asked_for_again() -> None:
    ended = replace(UNISSUED, revoked=(GONE,))
    judged = judge(ended, seen())
    assert (judged.row, judged.told) == (row(Status.ENDED, identifier=None), [])
    again = judge(replace(ended, reissue=True), seen())
    assert again.row == row(Status.UNISSUED, identifier=None)
    first = judge(replace(ended, reissue=True), seen(CREATED)).compared.keys
    assert [found.status for found in first] == [Status.UNISSUED, Status.UNMANAGED]


# revoked ids


def test_a_revoked_id_alive_is_told_of_the_key_that_had_it_at_the_place_of_its_tombstone() -> None:
    judged = judge(replace(KEY, revoked=(GONE,)), seen(alive(), alive(OLD)))
    assert judged.compared.keys == (
        row(Status.REACTIVATED, identifier=OLD),
        row(Status.IN_SYNC),
    )
    assert judged.told == [("reactivated", QUOTES, MAIN, GONE.place)]


def test_a_tombstone_of_a_key_that_is_no_more_names_the_key_and_no_owner() -> None:
    former = KeyName("former")
    judged = judge(KEY, seen(alive(), alive(OLD)), stones=[Tombstone(OLD, "commit 0123", key=former, account=MAIN)])
    assert judged.compared.keys[0] == KeyRow(former, MAIN, None, OLD, (Status.REACTIVATED,))
    assert judged.told == [("reactivated", None, MAIN, None)]


def test_a_declared_id_that_is_revoked_and_alive_is_reactivated_where_it_lives() -> None:
    stone = Tombstone(ID, "commit 0123", key=QUOTES)
    judged = judge(KEY, seen(alive()), stones=[stone])
    assert (judged.row, judged.told) == (row(Status.REACTIVATED), [("reactivated", QUOTES, MAIN, None)])
    moved = judge(KEY, seen(), seen(alive(), name=SIDE), stones=[stone])
    assert moved.row.statuses == (Status.REACTIVATED, Status.DRIFTED)
    assert moved.told == [("drift", QUOTES, MAIN, at("account")), ("reactivated", QUOTES, SIDE, None)]


# rotation

UNTIL = date(2026, 12, 10)
ROTATING = replace(KEY, retiring=Retiring(OLD, UNTIL))


def retiring(*statuses: Status, **changes: Any) -> KeyRow:
    return row(*statuses, identifier=OLD, retiring=True, **changes)


def replaced_id(judged: Judged) -> KeyRow:
    (found,) = [found for found in judged.compared.keys if found.retiring]
    return found


def test_a_replaced_id_may_live_to_the_end_of_its_day_and_not_longer() -> None:
    account = seen(alive(), alive(OLD))
    before = judge(ROTATING, account, now=end_of(UNTIL) - SECOND)
    assert (replaced_id(before), before.told) == (retiring(Status.IN_SYNC), [])
    after = judge(ROTATING, account, now=end_of(UNTIL))
    assert replaced_id(after) == retiring(Status.EXPIRED)
    assert after.told == [("retiring-overdue", QUOTES, MAIN, at("retiring"))]


@pytest.mark.parametrize(
    ("account", "status", "told"),
    [
        (seen(alive()), Status.ENDED, []),
        (seen(alive(), coverage=Coverage.DECLARED_ONLY, gone=frozenset({OLD.fingerprint})), Status.ENDED, []),
        (
            seen(alive(), coverage=Coverage.DECLARED_ONLY),
            Status.UNOBSERVABLE,
            [("unobservable", QUOTES, MAIN, at("retiring"))],
        ),
    ],
)
def test_a_replaced_id_has_ended_once_the_exchange_shows_that_it_is_gone(
    account: AccountSnapshot, status: Status, told: list[object]
) -> None:
    judged = judge(ROTATING, account)
    assert (replaced_id(judged), judged.told) == (retiring(status), told)


def test_a_replaced_id_on_an_incomplete_account_is_never_in_sync() -> None:
    cut = seen(alive(), alive(OLD), coverage=Coverage.INCOMPLETE)
    assert replaced_id(judge(ROTATING, cut)) == retiring(Status.UNOBSERVABLE)
    assert replaced_id(judge(ROTATING, cut, now=end_of(UNTIL))) == retiring(Status.EXPIRED)


def test_a_replaced_id_drifts_only_by_what_it_can_do_more() -> None:
    less = judge(ROTATING, seen(alive(), alive(OLD, enabled=Known(False), scopes=Known(frozenset({READ})))))
    assert (replaced_id(less), less.told) == (retiring(Status.IN_SYNC), [])
    more = judge(ROTATING, seen(alive(), alive(OLD, enabled=Known(False), ips=Known(ANY))))
    change = Change("retiring.ips", ("any",), ("203.0.113.7/32",), Risk.ESCALATION)
    assert replaced_id(more) == retiring(Status.DRIFTED, changes=(change,))
    assert more.told == [("drift", QUOTES, MAIN, at("ips"))]


def test_the_end_of_a_replaced_id_is_its_own_day_and_not_the_key_s() -> None:
    key = replace(ROTATING, expires=date(2027, 6, 30))
    ends = Known(end_of(date(2027, 6, 30)))
    account = seen(alive(expires_at=ends), alive(OLD, expires_at=ABSENT))
    assert judge(key, account, venue=Venue(sets_expiry=True)).told == []


def test_a_replaced_id_that_is_revoked_and_alive_is_reactivated() -> None:
    stone = Tombstone(OLD, "commit 0123", key=QUOTES)
    judged = judge(ROTATING, seen(alive()), seen(alive(OLD), name=SIDE), stones=[stone])
    assert replaced_id(judged) == retiring(Status.REACTIVATED)
    assert judged.told == [("reactivated", QUOTES, SIDE, None)]


# accounts, and what nobody declared


def test_accounts_are_counted_only_where_everything_could_be_listed() -> None:
    broken = seen(alive(), name=SIDE, coverage=Coverage.INCOMPLETE, error="refused")
    judged = judge(replace(KEY, account=SIDE), seen(), broken)
    assert judged.compared.accounts == (
        AccountRow(MAIN, VENUE, Coverage.ENUMERATED, None, 0),
        AccountRow(SIDE, VENUE, Coverage.INCOMPLETE, "refused", None),
    )
    assert [(f.rule, f.account) for f in judged.compared.findings] == [("account-incomplete", SIDE)]


def test_keys_of_accounts_that_were_left_out_are_left_out_and_those_of_closed_ones_have_ended() -> None:
    elsewhere = replace(KEY, account=SIDE)
    assert judge(elsewhere, seen()).compared.keys == ()
    closed = registry(elsewhere, side={"closed": Closed(date(2026, 1, 1), "a letter")})
    compared = compare(closed, Tombstones([]), Snapshot("registry-id", NOW, (seen(),)), NOW, {})
    assert compared.keys == (row(Status.ENDED, account=SIDE, identifier=None),)
    assert compared.findings == ()


def test_keyctl_s_own_credential_is_told_of_once_and_still_has_a_row() -> None:
    compared = judge(KEY, seen(alive(), alive(OTHER), credential=OTHER)).compared
    assert [finding.rule for finding in compared.findings] == ["credential-undeclared"]
    assert KeyRow(None, MAIN, None, OTHER, (Status.UNMANAGED,)) in compared.keys


def test_every_stranger_is_told_of() -> None:
    strangers = [alive(OTHER), alive(OLD)]
    judged = judge(KEY, seen(alive(), *strangers))
    place = Place("registry/accounts.yaml", (MAIN,))
    assert judged.told == [("unmanaged", None, MAIN, place)] * 2
    revived = judge(KEY, seen(*strangers, alive()), stones=[Tombstone(OTHER, "a commit")])
    assert [told[0] for told in revived.told] == ["reactivated", "unmanaged"]


def test_rows_come_by_key_then_account_then_status_then_id_and_strangers_last() -> None:
    keys = [
        replace(KEY, name=KeyName("b"), retiring=Retiring(OLD, UNTIL)),
        replace(KEY, name=KeyName("a"), account=SIDE, identifier=OTHER),
    ]
    strangers = [Identifier.of_text(f"stranger{n}") for n in range(4)]
    revoked = Identifier.of_text("revokedLongAgo0")
    stones = Tombstones([Tombstone(revoked, "a commit", key=KeyName("b"))])
    snapshot = Snapshot(
        "registry-id",
        NOW,
        (
            seen(alive(OTHER), *(alive(one) for one in strangers[:2]), name=SIDE),
            seen(alive(), alive(OLD), alive(revoked), *(alive(one) for one in strangers[2:])),
        ),
    )
    compared = compare(registry(*keys), stones, snapshot, NOW, {})
    last = [
        (None, account, one)
        for account, ids in ((MAIN, strangers[2:]), (SIDE, strangers[:2]))
        for one in sorted(ids, key=lambda identifier: identifier.fingerprint)
    ]
    same = sorted([ID, OLD], key=lambda identifier: identifier.fingerprint)
    assert [(found.key, found.account, found.identifier) for found in compared.keys] == [
        ("a", SIDE, OTHER),
        ("b", MAIN, revoked),
        *(("b", MAIN, one) for one in same),
        *last,
    ]


@pytest.mark.parametrize("value", [Venue(), Compared((), (), ())])
def test_what_goes_in_and_comes_out_can_not_be_changed(value: Venue | Compared) -> None:
    with pytest.raises(FrozenInstanceError):
        setattr(value, fields(value)[0].name, None)
    assert not hasattr(value, "__dict__")
