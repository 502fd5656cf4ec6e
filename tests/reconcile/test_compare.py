"""Compare is judged by what it says of states that are known to be in sync but for one thing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from hypothesis import assume, given
from hypothesis import strategies as st

from keyctl.model.account import Environment
from keyctl.model.app import KEYCTL
from keyctl.model.comparison import Status
from keyctl.model.expiry import Condition, ImplicitExpiry
from keyctl.model.finding import ExitReason, Finding, Risk, Severity
from keyctl.model.identifier import Identifier
from keyctl.model.ips import ANY, IpSet, parse_network
from keyctl.model.key import Key, Retiring
from keyctl.model.live import AccountSnapshot, Coverage, LiveKey, Snapshot, SubAccount
from keyctl.model.marker import marker
from keyctl.model.names import AccountName, ExchangeId, KeyName
from keyctl.model.observed import Known, NotObservable
from keyctl.model.registry import Registry
from keyctl.model.scopes import KEYS_MANAGE, STANDARD, WITHDRAW, ScopeSet
from keyctl.model.times import end_of
from keyctl.model.tombstone import Tombstones
from keyctl.reconcile.compare import Compared, Venue, compare
from tests.reconcile.worlds import NOW, World, in_sync, ip_sets, live, scope_sets, worlds

STRANGER = Identifier.of_text("strangersKey00000")


def judged(
    registry: Registry,
    snapshot: Snapshot,
    tombstones: Tombstones | None = None,
    venues: dict[ExchangeId, Venue] | None = None,
) -> Compared:
    return compare(registry, tombstones or registry.tombstones(), snapshot, NOW, venues or {})


def change_key(snapshot: Snapshot, identifier: Identifier, change: Callable[[LiveKey], LiveKey]) -> Snapshot:
    def changed(account: AccountSnapshot) -> AccountSnapshot:
        keys = tuple(change(key) if key.identifier == identifier else key for key in account.keys)
        return replace(account, keys=keys)

    return replace(snapshot, accounts=tuple(changed(account) for account in snapshot.accounts))


def without_key(snapshot: Snapshot, identifier: Identifier) -> Snapshot:
    return replace(
        snapshot,
        accounts=tuple(
            replace(account, keys=tuple(key for key in account.keys if key.identifier != identifier))
            for account in snapshot.accounts
        ),
    )


def with_key(snapshot: Snapshot, account: AccountName, key: LiveKey) -> Snapshot:
    return replace(
        snapshot,
        accounts=tuple(
            replace(seen, keys=(*seen.keys, key)) if seen.account == account else seen for seen in snapshot.accounts
        ),
    )


def rules(compared: Compared) -> list[tuple[str, KeyName | None]]:
    return sorted((finding.rule, finding.key) for finding in compared.findings)


def only(compared: Compared, rule: str) -> Finding:
    """The one finding, which must be by this rule."""
    assert [finding.rule for finding in compared.findings] == [rule]
    return compared.findings[0]


def issued(world: World) -> Key:
    return world.issued[0]


def id_of(key: Key) -> Identifier:
    assert key.identifier is not None
    return key.identifier


@given(worlds())
def test_a_live_state_made_from_the_registry_is_in_sync(world: World) -> None:
    compared = judged(world.registry, world.snapshot)
    assert compared.findings == ()
    assert {row.status for row in compared.keys} <= {Status.IN_SYNC, Status.ENDED}
    assert len(compared.keys) == len(world.registry.keys) + sum(
        key.retiring is not None for key in world.registry.keys.values()
    )


@given(worlds(), st.randoms())
def test_the_same_input_gives_the_same_rows_whatever_the_order(world: World, random: object) -> None:
    mixed = replace(
        world.snapshot,
        accounts=tuple(replace(account, keys=account.keys[::-1]) for account in world.snapshot.accounts),
    )
    keys = dict(reversed(list(world.registry.keys.items())))
    assert judged(world.registry, world.snapshot) == judged(replace(world.registry, keys=keys), mixed)


@given(worlds(), scope_sets)
def test_other_scopes_are_drift_of_exactly_that_field(world: World, scopes: ScopeSet) -> None:
    key = issued(world)
    assume(scopes != key.scopes)
    snapshot = change_key(world.snapshot, id_of(key), lambda found: replace(found, scopes=Known(scopes)))
    compared = judged(world.registry, snapshot)
    finding = only(compared, "drift")
    row = next(row for row in compared.keys if row.identifier == key.identifier)
    assert (finding.key, row.status, [change.field for change in row.changes]) == (key.name, Status.DRIFTED, ["scopes"])
    assert row.changes[0].risk is (Risk.ESCALATION if scopes - key.scopes else Risk.REDUCTION)
    assert (finding.severity is Severity.CRITICAL) == bool((scopes - key.scopes) & {WITHDRAW, KEYS_MANAGE})
    assert finding.consequence is ExitReason.DIFFERENCES


@given(worlds(), ip_sets)
def test_another_ip_list_is_drift_and_an_escalation_when_it_covers_more(world: World, ips: IpSet) -> None:
    key = issued(world)
    assume(ips != key.ips)
    snapshot = change_key(world.snapshot, id_of(key), lambda found: replace(found, ips=Known(ips)))
    compared = judged(world.registry, snapshot)
    only(compared, "drift")
    row = next(row for row in compared.keys if row.identifier == key.identifier)
    wider = ips.unrestricted or any(
        not any(mine.version == 4 and network.subnet_of(mine) for mine in key.ips.networks)  # type: ignore[arg-type]
        for network in ips.networks
    )
    wider = wider and not key.ips.unrestricted
    assert row.changes[0].risk is (Risk.ESCALATION if wider else Risk.REDUCTION)


@given(worlds())
def test_a_flipped_switch_is_drift_and_enabling_is_the_worse_way(world: World) -> None:
    key = issued(world)
    snapshot = change_key(world.snapshot, id_of(key), lambda found: replace(found, enabled=Known(key.disabled)))
    compared = judged(world.registry, snapshot)
    only(compared, "drift")
    row = next(row for row in compared.keys if row.identifier == key.identifier)
    assert row.changes[0].risk is (Risk.ESCALATION if key.disabled else Risk.REDUCTION)


@given(worlds(), st.sampled_from(["scopes", "ips", "enabled"]))
def test_a_field_that_is_not_reported_is_never_a_pass(world: World, name: str) -> None:
    key = issued(world)
    unsaid = NotObservable("unsaid")
    changes: dict[str, Callable[[LiveKey], LiveKey]] = {
        "scopes": lambda found: replace(found, scopes=unsaid),
        "ips": lambda found: replace(found, ips=unsaid),
        "enabled": lambda found: replace(found, enabled=unsaid),
    }
    snapshot = change_key(world.snapshot, id_of(key), changes[name])
    compared = judged(world.registry, snapshot)
    assert only(compared, "unobserved").key == key.name
    row = next(row for row in compared.keys if row.identifier == key.identifier)
    assert row.unknown == (name,)


@given(worlds())
def test_a_key_that_an_enumerated_account_does_not_list_is_missing(world: World) -> None:
    key = issued(world)
    compared = judged(world.registry, without_key(world.snapshot, id_of(key)))
    assert only(compared, "missing").key == key.name
    row = next(row for row in compared.keys if row.identifier == key.identifier)
    assert row.status is Status.MISSING


@given(worlds(), st.sampled_from([Coverage.INCOMPLETE, Coverage.DECLARED_ONLY]))
def test_absence_from_an_account_that_is_not_enumerated_proves_nothing(world: World, coverage: Coverage) -> None:
    key = issued(world)
    snapshot = without_key(world.snapshot, id_of(key))
    snapshot = replace(
        snapshot,
        accounts=tuple(
            replace(seen, coverage=coverage, error="refused" if coverage is Coverage.INCOMPLETE else None)
            if seen.account == key.account
            else seen
            for seen in snapshot.accounts
        ),
    )
    compared = judged(world.registry, snapshot)
    row = next(row for row in compared.keys if row.identifier == key.identifier)
    assert row.status is Status.UNOBSERVABLE
    assert "missing" not in {finding.rule for finding in compared.findings}
    assert "unobservable" in {finding.rule for finding in compared.findings}


@given(worlds())
def test_nothing_on_an_incomplete_account_is_in_sync(world: World) -> None:
    snapshot = replace(
        world.snapshot,
        accounts=tuple(
            replace(seen, coverage=Coverage.INCOMPLETE, error="cut off") for seen in world.snapshot.accounts
        ),
    )
    compared = judged(world.registry, snapshot)
    assert Status.IN_SYNC not in {status for row in compared.keys for status in row.statuses}
    assert {finding.account for finding in compared.findings if finding.rule == "account-incomplete"} == set(
        world.registry.accounts
    )


@given(worlds())
def test_a_key_that_nobody_declared_is_unmanaged(world: World) -> None:
    account = sorted(world.registry.accounts)[0]
    compared = judged(
        world.registry,
        with_key(world.snapshot, account, live(STRANGER, frozenset(STANDARD[:2]), ANY, label="x\x1b[31m")),
    )
    finding = only(compared, "unmanaged")
    assert (finding.account, finding.key) == (account, None)
    assert "\x1b" not in finding.message
    row = next(row for row in compared.keys if row.identifier == STRANGER)
    assert (row.key, row.status) == (None, Status.UNMANAGED)


@given(worlds(), st.data())
def test_a_revoked_id_that_is_alive_anywhere_is_the_loudest_finding(world: World, data: st.DataObject) -> None:
    entries = [entry for key in world.registry.keys.values() for entry in key.revoked]
    assume(entries)
    entry = data.draw(st.sampled_from(entries))
    identifier = entry.identifier
    if data.draw(st.booleans()):
        assert identifier.text is not None
        identifier = Identifier.of_text(identifier.text.swapcase())
    account = data.draw(st.sampled_from(sorted(world.registry.accounts)))
    alive = live(identifier, frozenset(), ANY, enabled=data.draw(st.booleans()))
    compared = judged(world.registry, with_key(world.snapshot, account, alive))
    finding = only(compared, "reactivated")
    assert (finding.consequence, finding.severity) == (ExitReason.BLOCKED, Severity.CRITICAL)
    assert finding.account == account
    row = next(row for row in compared.keys if row.identifier == identifier)
    assert row.status is Status.REACTIVATED


@given(worlds())
def test_a_revoked_id_is_found_alive_on_an_incomplete_account_too(world: World) -> None:
    key = next((key for key in world.registry.keys.values() if key.revoked), None)
    assume(key is not None)
    assert key is not None
    snapshot = with_key(world.snapshot, key.account, live(key.revoked[0].identifier, frozenset(), ANY))
    snapshot = replace(
        snapshot, accounts=tuple(replace(s, coverage=Coverage.INCOMPLETE, error="cut off") for s in snapshot.accounts)
    )
    assert "reactivated" in {finding.rule for finding in judged(world.registry, snapshot).findings}


@given(worlds())
def test_a_tombstone_that_only_history_knows_counts(world: World) -> None:
    key = issued(world)
    stones = Tombstones([*world.registry.tombstones(), *_stone_for(id_of(key))])
    compared = judged(world.registry, world.snapshot, stones)
    assert only(compared, "reactivated").account == key.account
    row = next(row for row in compared.keys if row.identifier == key.identifier)
    assert row.status is Status.REACTIVATED


def _stone_for(identifier: Identifier) -> Tombstones:
    from keyctl.model.tombstone import Tombstone

    return Tombstones([Tombstone(identifier, "commit 0123456789ab")])


@given(worlds())
def test_a_key_is_expired_from_the_first_instant_after_its_last_day(world: World) -> None:
    key = issued(world)
    last = NOW.date() - timedelta(days=1)
    registry = replace(world.registry, keys={**world.registry.keys, key.name: replace(key, expires=last)})
    before = compare(registry, registry.tombstones(), world.snapshot, end_of(last) - timedelta(seconds=1), {})
    after = compare(registry, registry.tombstones(), world.snapshot, end_of(last), {})
    (row,) = [row for row in before.keys if row.key == key.name and not row.retiring]
    assert Status.EXPIRING in row.statuses and Status.EXPIRED not in row.statuses
    assert only(after, "expired").key == key.name


@given(worlds())
def test_an_expired_key_that_is_gone_has_ended_as_its_file_wants(world: World) -> None:
    key = issued(world)
    expired = replace(key, expires=NOW.date() - timedelta(days=5))
    registry = replace(world.registry, keys={**world.registry.keys, key.name: expired})
    compared = judged(registry, without_key(world.snapshot, id_of(key)))
    assert compared.findings == ()
    row = next(row for row in compared.keys if row.identifier == key.identifier)
    assert row.statuses == (Status.ENDED,)


@given(worlds())
def test_a_replaced_id_must_be_dead_after_its_day(world: World) -> None:
    key = issued(world)
    old = Identifier.of_text("theReplacedId0000")
    key = replace(key, retiring=Retiring(old, NOW.date() - timedelta(days=1)))
    registry = replace(world.registry, keys={**world.registry.keys, key.name: key})
    snapshot = in_sync(registry)
    assert only(judged(registry, snapshot), "retiring-overdue").key == key.name
    gone = judged(registry, without_key(snapshot, old))
    assert gone.findings == ()


@given(worlds())
def test_a_replaced_id_that_can_do_more_than_declared_is_drift(world: World) -> None:
    key = issued(world)
    assume(key.retiring is not None and WITHDRAW not in key.scopes)
    assert key.retiring is not None
    snapshot = change_key(
        world.snapshot, key.retiring.identifier, lambda found: replace(found, scopes=Known(key.scopes | {WITHDRAW}))
    )
    compared = judged(world.registry, snapshot)
    assert only(compared, "drift").severity is Severity.CRITICAL
    row = next(row for row in compared.keys if row.identifier == key.retiring.identifier)
    assert [change.field for change in row.changes] == ["retiring.scopes"]


@given(worlds(min_issued=1), st.booleans())
def test_the_marker_of_an_unissued_key_makes_a_live_key_pending(world: World, reissue: bool) -> None:
    key = issued(world)
    unissued = replace(key, identifier=None, retiring=None, reissue=reissue, revoked=key.revoked if reissue else ())
    registry = replace(world.registry, keys={**world.registry.keys, key.name: unissued})
    snapshot = in_sync(registry)
    assert only(judged(registry, snapshot), "unissued").key == key.name
    label = f"{key.name} {marker(registry.id, key.name, unissued.generation)}"
    created = live(STRANGER, key.scopes, key.ips, label=label)
    compared = judged(registry, with_key(snapshot, key.account, created))
    assert only(compared, "pending-write-back").key == key.name
    other = marker("another-registry", key.name, unissued.generation)
    foreign = judged(registry, with_key(snapshot, key.account, live(STRANGER, key.scopes, key.ips, label=other)))
    assert rules(foreign) == [("unissued", key.name), ("unmanaged", None)] or rules(foreign) == [
        ("unmanaged", None),
        ("unissued", key.name),
    ]


@given(worlds())
def test_a_key_that_lives_on_another_account_is_drift_of_its_account(world: World) -> None:
    key = issued(world)
    others = [name for name in world.registry.accounts if name != key.account]
    assume(others)
    moved = live(id_of(key), key.scopes, key.ips, enabled=not key.disabled)
    compared = judged(world.registry, with_key(without_key(world.snapshot, id_of(key)), others[0], moved))
    only(compared, "drift")
    row = next(row for row in compared.keys if row.identifier == key.identifier)
    assert [(change.field, change.live, change.desired) for change in row.changes] == [
        ("account", others[0], key.account)
    ]


@given(worlds())
def test_an_undeclared_sub_account_is_a_finding_and_a_declared_one_is_not(world: World) -> None:
    parent = sorted(world.registry.accounts)[0]
    child = replace(
        world.registry.accounts[parent], name=AccountName("child"), parent=parent, subaccount="500", uid="500"
    )
    registry = replace(world.registry, accounts={**world.registry.accounts, child.name: child})
    listed = [SubAccount("500", "child", NotObservable("unsaid")), SubAccount("501", "hidden", NotObservable("unsaid"))]
    snapshot = replace(
        world.snapshot,
        accounts=tuple(
            replace(seen, subaccounts=Known(tuple(listed))) if seen.account == parent else seen
            for seen in world.snapshot.accounts
        ),
    )
    finding = only(judged(registry, snapshot), "subaccount-undeclared")
    assert "501" in finding.message


@given(worlds())
def test_a_sub_account_with_a_credential_of_its_own_is_declared_by_its_uid(world: World) -> None:
    parent = sorted(world.registry.accounts)[0]
    own = replace(world.registry.accounts[parent], name=AccountName("own"), uid="500")
    elsewhere = replace(own, name=AccountName("elsewhere"), uid="501", environment=Environment.TESTNET)
    registry = replace(world.registry, accounts={**world.registry.accounts, own.name: own, elsewhere.name: elsewhere})
    listed = [SubAccount(uid, "sub", NotObservable("unsaid")) for uid in ("500", "501")]
    snapshot = replace(
        world.snapshot,
        accounts=tuple(
            replace(seen, subaccounts=Known(tuple(listed))) if seen.account == parent else seen
            for seen in world.snapshot.accounts
        ),
    )
    finding = only(judged(registry, snapshot), "subaccount-undeclared")
    assert "501" in finding.message and "uid: '501'" in finding.remedy


@given(worlds())
def test_the_credential_that_keyctl_uses_must_be_declared_for_keyctl(world: World) -> None:
    key = issued(world)

    def using(registry: Registry, identifier: Identifier, stones: Tombstones | None = None) -> Compared:
        snapshot = replace(
            world.snapshot,
            accounts=tuple(
                replace(seen, credential=identifier) if seen.account == key.account else seen
                for seen in world.snapshot.accounts
            ),
        )
        return judged(registry, snapshot, stones)

    assert only(using(world.registry, STRANGER), "credential-undeclared").account == key.account
    assert only(using(world.registry, id_of(key)), "credential-undeclared").key == key.name
    owned = replace(world.registry, keys={**world.registry.keys, key.name: replace(key, owner=KEYCTL)})
    assert using(owned, id_of(key)).findings == ()
    revoked = using(owned, STRANGER, _stone_for(STRANGER))
    assert only(revoked, "credential-revoked").consequence is ExitReason.BLOCKED


@given(worlds())
def test_an_unconfirmed_tombstone_is_unverified_where_nothing_can_be_listed(world: World) -> None:
    key = next((key for key in world.registry.keys.values() if key.revoked), None)
    assume(key is not None)
    assert key is not None
    snapshot = replace(
        world.snapshot,
        accounts=tuple(
            replace(seen, coverage=Coverage.DECLARED_ONLY) if seen.account == key.account else seen
            for seen in world.snapshot.accounts
        ),
    )
    expected = sorted(
        entry.identifier.fingerprint
        for other in world.registry.keys.values()
        if other.account == key.account
        for entry in other.revoked
    )
    compared = judged(world.registry, snapshot)
    assert [finding.rule for finding in compared.findings] == ["tombstone-unverified"] * len(expected)
    attested = {
        name: replace(other, revoked=tuple(replace(entry, confirmed=entry.on) for entry in other.revoked))
        for name, other in world.registry.keys.items()
    }
    assert judged(replace(world.registry, keys=attested), snapshot).findings == ()


@given(worlds())
def test_an_end_that_the_exchange_sets_is_forecast(world: World) -> None:
    key = replace(issued(world), ips=ANY, expires=None)
    registry = replace(world.registry, keys={**world.registry.keys, key.name: key})
    rule = ImplicitExpiry(Condition.NO_IP_LIST, 90, "keys without a list end", "the documentation", "2026-07", "bound")
    venues = {ExchangeId("bybit"): Venue(implicit_expiry=(rule,))}
    found = [f for f in judged(registry, in_sync(registry), venues=venues).findings if f.key == key.name]
    assert [finding.rule for finding in found] == ["expires-early"]
    assert "2027-01-24" in found[0].message


def test_any_covers_everything_and_nothing_covers_any() -> None:
    some = IpSet.of([parse_network("203.0.113.0/24")])
    assert ANY.covers(some) and not some.covers(ANY)


@given(worlds())
def test_the_next_id_of_a_key_that_has_one_is_found_by_its_mark_and_declared_ids_are_nobody_s_next(
    world: World,
) -> None:
    key = issued(world)
    mark = marker(world.registry.id, key.name, key.generation)
    made = live(STRANGER, key.scopes, key.ips, label=mark)
    compared = judged(world.registry, with_key(world.snapshot, key.account, made))
    assert only(compared, "pending-write-back").key == key.name
    assert {row.identifier for row in compared.keys if row.key == key.name} >= {key.identifier, STRANGER}
    own = live(id_of(key), key.scopes, key.ips, enabled=not key.disabled, label=mark)
    again = judged(world.registry, with_key(without_key(world.snapshot, id_of(key)), key.account, own))
    assert "pending-write-back" not in [rule for rule, _ in rules(again)]
