"""A person's word stands in for what nothing can show, for a while, and hides nothing else."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from keyctl.model.attestation import EXISTS, FIELDS, Attestation
from keyctl.model.comparison import Comparison, Status
from keyctl.model.finding import ExitReason, Finding, Severity
from keyctl.model.identifier import Identifier
from keyctl.model.ips import ANY
from keyctl.model.key import Key
from keyctl.model.live import AccountSnapshot, Coverage, LiveKey, Snapshot, Unanswered
from keyctl.model.names import ExchangeId
from keyctl.model.observed import Known, NotObservable
from keyctl.model.policy import Policy, RuleSet, Setting
from keyctl.model.registry import Registry
from keyctl.model.scopes import WITHDRAW
from keyctl.model.tombstone import Tombstones
from keyctl.model.validation import Counts
from keyctl.model.vouching import covered, key_state
from keyctl.reconcile import run
from keyctl.reconcile.compare import Compared, Venue, compare
from keyctl.reconcile.desired import Desired
from tests.reconcile import test_declared_only as declared_only
from tests.reconcile.worlds import NOW, World, live, worlds

TODAY = NOW.date()
UNSAID = NotObservable("unsaid")
WORD = Attestation(TODAY, "ann@desk.example", "ticket 4711")
some_fields = st.sets(st.sampled_from(FIELDS)).map(lambda some: tuple(sorted(some, key=FIELDS.index)))


def attested(registry: Registry, word: Attestation = WORD) -> Registry:
    """Every key of it, by the same person."""
    return replace(registry, keys={name: replace(key, attested=word) for name, key in registry.keys.items()})


def judged(registry: Registry, snapshot: Snapshot, days: int = 90, **more: object) -> Compared:
    return compare(
        registry,
        more.get("stones", registry.tombstones()),  # type: ignore[arg-type]
        snapshot,
        NOW,
        {ExchangeId("bybit"): Venue(sets_expiry=bool(more.get("sets_expiry")))},
        attested=lambda key: covered(key, TODAY, days),
    )


def blind(key: LiveKey, fields: Collection[str]) -> LiveKey:
    names = {"scopes": "scopes", "ips": "ips", "enabled": "enabled", "expires": "expires_at"}
    return replace(key, **dict.fromkeys((names[name] for name in fields if name in names), UNSAID))  # type: ignore[arg-type]


def told(findings: Iterable[Finding], *rules: str) -> list[Finding]:
    return [finding for finding in findings if finding.rule in rules]


@given(worlds(), some_fields, some_fields)
def test_fields_that_are_not_reported_are_vouched_for_and_still_unknown(
    world: World, hidden: tuple[str, ...], vouched: tuple[str, ...]
) -> None:
    snapshot = replace(
        world.snapshot,
        accounts=tuple(
            replace(seen, keys=tuple(blind(key, hidden) for key in seen.keys)) for seen in world.snapshot.accounts
        ),
    )
    plain = judged(world.registry, snapshot)
    after = judged(attested(world.registry, replace(WORD, fields=vouched)), snapshot)
    assert after.keys == plain.keys, "unknown is not false: rows do not change"
    rest = [name for name in hidden if name in ("scopes", "ips", "enabled") and name not in (vouched or FIELDS)]
    findings = told(after.findings, "unobserved")
    assert bool(findings) == bool(rest)
    assert all(" and ".join(rest) in finding.message for finding in findings)


@given(worlds(), st.data())
def test_a_word_hides_neither_drift_nor_loss_nor_a_dead_id_nor_a_stranger(world: World, data: st.DataObject) -> None:
    key = world.issued[0]
    assert key.identifier is not None
    accounts = {seen.account: seen for seen in world.snapshot.accounts}
    seen = accounts[key.account]
    others = tuple(one for one in seen.keys if one.identifier != key.identifier)
    own = next(one for one in seen.keys if one.identifier == key.identifier)
    kind = data.draw(st.sampled_from(["scopes", "missing", "reactivated", "failed", "elsewhere"]))
    stones = world.registry.tombstones()
    match kind:
        case "scopes":
            assume(WITHDRAW not in key.scopes)
            changed = replace(seen, keys=(*others, replace(own, scopes=Known(key.scopes | {WITHDRAW}))))
        case "missing":
            changed = replace(seen, keys=others)
        case "reactivated":
            changed = replace(seen, keys=(*others, blind(own, ("scopes",))))
            stones = Tombstones([*stones, *declared_only_stone(key)])
        case "failed":
            changed = replace(seen, keys=others, coverage=Coverage.INCOMPLETE, error="refused", unanswered=asked(key))
        case _:
            assume(len(accounts) > 1)
            other = next(name for name in accounts if name != key.account)
            accounts[other] = replace(accounts[other], keys=(*accounts[other].keys, blind(own, ("scopes",))))
            changed = replace(seen, keys=others)
    accounts[key.account] = changed
    snapshot = replace(world.snapshot, accounts=tuple(accounts[name] for name in sorted(accounts)))
    assert judged(attested(world.registry), snapshot, stones=stones) == judged(world.registry, snapshot, stones=stones)


def declared_only_stone(key: Key) -> Tombstones:
    from keyctl.model.tombstone import Tombstone

    assert key.identifier is not None
    return Tombstones([Tombstone(key.identifier, "commit 0123456789ab")])


def asked(key: Key, *, askable: bool = False) -> tuple[Unanswered, ...]:
    return tuple(Unanswered(one.fingerprint, "nothing to ask", askable) for one in key.living)


def silent(world: World, *, askable: bool = False) -> Snapshot:
    """Accounts that can't be listed, and nobody answered for any key."""

    def unseen(seen: AccountSnapshot) -> AccountSnapshot:
        keys = [key for key in world.issued if key.account == seen.account]
        rows = tuple(row for key in keys for row in asked(key, askable=askable))
        return replace(seen, keys=(), coverage=Coverage.DECLARED_ONLY, unanswered=rows)

    return replace(world.snapshot, accounts=tuple(unseen(seen) for seen in world.snapshot.accounts))


@given(worlds(), some_fields, st.booleans())
def test_where_nothing_can_be_asked_somebody_who_saw_the_key_is_believed(
    world: World, fields: tuple[str, ...], sets_expiry: bool
) -> None:
    keys = {name: replace(key, retiring=None, revoked=()) for name, key in world.registry.keys.items()}
    registry = attested(replace(world.registry, keys=keys), replace(WORD, fields=fields))
    compared = judged(registry, silent(world), sets_expiry=sets_expiry)
    for key in registry.keys.values():
        if key.identifier is None:
            continue
        (row,) = [row for row in compared.keys if row.key == key.name]
        mine = [finding for finding in compared.findings if finding.key == key.name]
        (finding,) = told(mine, "unobservable")
        assert row.status is Status.UNOBSERVABLE
        if EXISTS not in (fields or FIELDS):
            assert (finding.severity, finding.consequence) == (Severity.WARNING, ExitReason.INCOMPLETE)
            assert (row.unknown, told(mine, "unobserved")) == ((), [])
            continue
        assert (finding.severity, finding.consequence) == (Severity.INFO, None)
        assert finding.place is not None and finding.place.pointer == ("attested",)
        assert f"attested on {TODAY} by ann@desk.example: ticket 4711" in finding.message
        assert set(row.unknown) == set(FIELDS[1:] if sets_expiry else FIELDS[1:4])
        rest = [name for name in row.unknown if name not in (fields or FIELDS)]
        unseen = told(mine, "unobserved")
        assert [" and ".join(rest) in one.message for one in unseen] == ([True] if rest else [])


@given(worlds())
def test_a_word_for_one_key_that_can_not_be_asked_is_none_for_another_that_can(world: World) -> None:
    keys = {name: replace(key, retiring=None, revoked=()) for name, key in world.registry.keys.items()}
    registry = attested(replace(world.registry, keys=keys))
    key = next((one for one in keys.values() if one.identifier is not None), None)
    assume(key is not None and key.identifier is not None)
    assert key is not None and key.identifier is not None
    mine = key.identifier.fingerprint
    quiet = silent(world)
    accounts = tuple(
        replace(seen, unanswered=tuple(replace(row, askable=row.fingerprint == mine) for row in seen.unanswered))
        for seen in quiet.accounts
    )
    compared = judged(registry, replace(quiet, accounts=accounts))
    (finding,) = [one for one in told(compared.findings, "unobservable") if one.key == key.name]
    assert finding.consequence is ExitReason.INCOMPLETE


@given(worlds())
def test_what_could_have_been_asked_is_not_vouched_for(world: World) -> None:
    snapshot = silent(world, askable=True)
    assert judged(attested(world.registry), snapshot) == judged(world.registry, snapshot)
    rowless = replace(snapshot, accounts=tuple(replace(seen, unanswered=()) for seen in snapshot.accounts))
    assert judged(attested(world.registry), rowless) == judged(world.registry, rowless)


@given(worlds(), st.sampled_from(["stale", "future", "older than the id", "another file"]))
def test_a_word_that_does_not_hold_changes_nothing(world: World, why: str) -> None:
    word = {
        "stale": replace(WORD, on=TODAY - timedelta(days=91)),
        "future": replace(WORD, on=TODAY + timedelta(days=1)),
        "older than the id": replace(WORD, on=TODAY - timedelta(days=2)),
        "another file": replace(WORD, state="sha256:" + "0" * 64),
    }[why]
    issued = TODAY - timedelta(days=1) if why == "older than the id" else None
    keys = {name: replace(key, issued=issued) for name, key in world.registry.keys.items()}
    registry = replace(world.registry, keys=keys)
    snapshot = silent(world)
    assert judged(attested(registry, word), snapshot) == judged(registry, snapshot)


@given(worlds(), st.sampled_from(["account", "identifier", "scopes", "ips", "disabled", "expires"]))
def test_a_word_is_about_what_the_file_said_then(world: World, name: str) -> None:
    key = world.issued[0]
    word = replace(WORD, state=key_state(key, FIELDS))
    assert covered(replace(key, attested=word), TODAY, 90) == frozenset(FIELDS)
    later = {
        "account": "another",
        "identifier": live_id(),
        "scopes": key.scopes ^ {WITHDRAW},
        "ips": ANY if not key.ips.unrestricted else type(key.ips)(),
        "disabled": not key.disabled,
        "expires": date(2028, 1, 1),
    }[name]
    changed = replace(key, attested=word, **{name: later})  # type: ignore[arg-type]
    assert covered(changed, TODAY, 90) == frozenset()
    respelt = replace(key, purpose="other words", listed=("elsewhere",), protected=True, attested=word)
    assert covered(respelt, TODAY, 90) == frozenset(FIELDS)


def live_id() -> object:
    return live(Identifier.of_text("anotherId0000"), frozenset(), ANY).identifier


# a whole reconcile at an exchange that keyctl can't ask


def reconciled(registry: Registry) -> Comparison:
    desired = Desired(registry, None, Tombstones(registry.tombstones()), (), Counts(0, 0, 0, 0, 0, None), registry)
    return run.reconcile(Path("/nowhere"), desired, declared_only.seen, now=NOW, real_now=NOW).comparison


def perp(word: Attestation | None, **changes: object) -> Registry:
    return declared_only.registry(confirmed=date(2026, 6, 2), retiring=None, attested=word, **changes)


def rules(comparison: Comparison) -> list[tuple[str, Severity]]:
    live_ones = ("unobservable", "unobserved", "attestation-stale")
    return sorted((finding.rule, finding.severity) for finding in comparison.findings if finding.rule in live_ones)


def test_a_desk_at_such_an_exchange_can_be_clean() -> None:
    assert reconciled(perp(None)).exit_reasons == (ExitReason.INCOMPLETE,)
    comparison = reconciled(perp(WORD))
    assert (comparison.exit_reasons, rules(comparison)) == ((), [("unobservable", Severity.INFO)])
    assert [row.statuses for row in comparison.keys] == [(Status.UNOBSERVABLE,)]


def test_the_policy_says_how_long_a_word_holds() -> None:
    word = replace(WORD, on=TODAY - timedelta(days=31))
    assert reconciled(perp(word)).exit_reasons == ()
    strict = replace(perp(word), policy=Policy(RuleSet.STRICT))
    assert ("unobservable", Severity.WARNING) in rules(reconciled(strict))
    assert ExitReason.INCOMPLETE in reconciled(strict).exit_reasons
    longer = Policy(RuleSet.STRICT, {"attestation-stale": Setting(parameters={"days": 31})})
    assert ExitReason.INCOMPLETE not in reconciled(replace(perp(word), policy=longer)).exit_reasons


@pytest.mark.parametrize(("chosen", "severity"), [(RuleSet.BASE, Severity.WARNING), (RuleSet.STRICT, Severity.ERROR)])
def test_what_nobody_looked_at_is_a_warning_and_an_error_in_the_strict_set(chosen: RuleSet, severity: Severity) -> None:
    registry = replace(perp(replace(WORD, fields=(EXISTS, "scopes"))), policy=Policy(chosen))
    assert rules(reconciled(registry)) == [("unobservable", Severity.INFO), ("unobserved", severity)]
    quiet = Policy(chosen, {"unobserved": Setting(severity=Severity.INFO)})
    assert rules(reconciled(replace(registry, policy=quiet)))[1] == ("unobserved", Severity.INFO)


def test_that_somebody_saw_it_is_no_excuse_once_it_should_be_dead() -> None:
    comparison = reconciled(perp(WORD, expires=TODAY - timedelta(days=1)))
    assert ExitReason.INCOMPLETE in comparison.exit_reasons


def test_a_policy_can_not_silence_the_unobservable_by_way_of_an_attestation() -> None:
    registry = replace(perp(WORD), policy=Policy(rules={"unobservable": Setting(off=True)}))
    assert ("unobservable", Severity.INFO) in rules(reconciled(registry))
