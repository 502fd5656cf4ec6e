"""Snapshots survive the way through a file, and merge without ever seeing more than was observed."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyctl.model.identifier import Identifier
from keyctl.model.live import AccountSnapshot, Assumption, Coverage, Snapshot, Unanswered
from keyctl.model.observed import Known, NotObservable
from keyctl.model.refusal import Refusal
from keyctl.model.scopes import READ
from keyctl.reconcile import snapshots
from keyctl.reconcile.compare import compare
from keyctl.registry.schema import decided_errors, validity
from tests.reconcile.worlds import NOW, World, worlds


def saved(snapshot: Snapshot, folder: Path) -> Path:
    path = folder / "snapshot.json"
    path.write_text(json.dumps(snapshots.document(snapshot)))
    return path


def only_account(snapshot: Snapshot) -> AccountSnapshot:
    return snapshot.accounts[0]


def with_first(snapshot: Snapshot, account: AccountSnapshot) -> Snapshot:
    return replace(snapshot, accounts=(account, *snapshot.accounts[1:]))


@given(worlds())
def test_a_snapshot_read_back_compares_the_same(tmp_path_factory: pytest.TempPathFactory, world: World) -> None:
    path = saved(world.snapshot, tmp_path_factory.mktemp("snapshots"))
    read = snapshots.load(path, world.registry.id, NOW)
    assert snapshots.document(read) == snapshots.document(world.snapshot)
    assert snapshots.digest(read) == snapshots.digest(world.snapshot)
    stones = world.registry.tombstones()
    assert compare(world.registry, stones, read, NOW, {}) == compare(world.registry, stones, world.snapshot, NOW, {})


@given(worlds())
def test_what_was_assumed_and_the_other_reading_of_it_are_kept(
    tmp_path_factory: pytest.TempPathFactory, world: World
) -> None:
    guess = (Assumption("scopes", "two things", frozenset({READ})), Assumption("ips", "nothing"))
    account = only_account(world.snapshot)
    keys = tuple(replace(key, assumptions=guess) for key in account.keys)
    assumed = with_first(world.snapshot, replace(account, keys=keys))
    document = snapshots.document(assumed)
    assert validity("snapshot")(document), decided_errors("snapshot", document)
    read = snapshots.load(saved(assumed, tmp_path_factory.mktemp("snapshots")), world.registry.id, NOW)
    assert [key.assumptions for key in only_account(read).keys] == [guess] * len(keys)


@given(worlds())
def test_the_document_matches_its_schema_and_holds_no_id(world: World) -> None:
    document = snapshots.document(world.snapshot)
    assert validity("snapshot")(document), decided_errors("snapshot", document)
    written = json.dumps(document)
    ids = {key.identifier.text for seen in world.snapshot.accounts for key in seen.keys}
    assert not any(f'"{identifier}"' in written for identifier in ids)


@given(worlds(), st.sampled_from(list(Coverage)), st.sampled_from(list(Coverage)))
def test_merging_takes_the_better_coverage(world: World, mine: Coverage, theirs: Coverage) -> None:
    order = [Coverage.INCOMPLETE, Coverage.DECLARED_ONLY, Coverage.ENUMERATED]
    account = replace(only_account(world.snapshot), credential=Identifier.of_text("keyctlsOwn"))
    here = with_first(world.snapshot, replace(account, coverage=mine))
    there = with_first(world.snapshot, replace(account, coverage=theirs))
    merged = snapshots.merge(here, [there])
    assert order.index(only_account(merged).coverage) == max(order.index(mine), order.index(theirs))


@given(worlds())
def test_a_key_s_own_view_betters_the_coverage_of_nothing_else(world: World) -> None:
    account = only_account(world.snapshot)
    if not account.keys:
        return
    own = replace(account, coverage=Coverage.DECLARED_ONLY, keys=account.keys[:1])
    cut_off = replace(account, coverage=Coverage.INCOMPLETE, keys=(), error="refused")
    merged = only_account(snapshots.merge(with_first(world.snapshot, cut_off), [with_first(world.snapshot, own)]))
    assert (merged.coverage, merged.keys) == (Coverage.INCOMPLETE, account.keys[:1])


@given(worlds())
def test_the_later_observation_of_a_key_wins(world: World) -> None:
    account = replace(only_account(world.snapshot), coverage=Coverage.DECLARED_ONLY)
    if not account.keys:
        return
    key = account.keys[0]
    silent = replace(account, keys=(), unanswered=(Unanswered(key.identifier.fingerprint, "no credential", False),))
    later = replace(
        account, observed_at=NOW + timedelta(minutes=1), keys=(replace(key, enabled=NotObservable("later")),)
    )
    merged = snapshots.merge(
        with_first(world.snapshot, silent), [with_first(world.snapshot, account), with_first(world.snapshot, later)]
    )
    joined = only_account(merged)
    assert joined.unanswered == ()
    assert next(k for k in joined.keys if k.identifier == key.identifier).enabled == NotObservable("later")


def test_accounts_that_this_run_is_not_about_stay_out() -> None:
    empty = Snapshot("id", NOW, ())
    other = Snapshot("id", NOW, (_account(),))
    assert snapshots.merge(empty, [other]).accounts == ()


def _account() -> AccountSnapshot:
    from keyctl.model.names import AccountName, ExchangeId

    return AccountSnapshot(AccountName("a"), ExchangeId("bybit"), Coverage.ENUMERATED, NOW, subaccounts=Known(()))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda read: read | {"registry": "another"}, "was taken for registry another"),
        (lambda read: read | {"surprise": 1}, "is no snapshot"),
        (lambda read: read | {"accounts": [{}]}, "is no snapshot"),
        (lambda read: [], "is no snapshot"),
    ],
)
def test_a_file_that_is_no_snapshot_of_this_registry_is_refused(tmp_path: Path, change: object, words: str) -> None:
    path = tmp_path / "snapshot.json"
    path.write_text(json.dumps(change(snapshots.document(Snapshot("this", NOW, (_account(),))))))  # type: ignore[operator]
    with pytest.raises(Refusal, match=words):
        snapshots.load(path, "this", NOW)


@pytest.mark.parametrize(
    ("age", "words"),
    [(timedelta(hours=25), "only the last 24 hours count"), (-timedelta(hours=1), "which is in the future")],
)
def test_an_old_snapshot_and_one_from_the_future_are_refused(tmp_path: Path, age: timedelta, words: str) -> None:
    path = saved(Snapshot("this", NOW, (_account(),)), tmp_path)
    snapshots.load(path, "this", NOW)
    with pytest.raises(Refusal, match=words):
        snapshots.load(path, "this", NOW + age)


def test_an_earlier_snapshot_may_be_of_any_age(tmp_path: Path) -> None:
    path = saved(Snapshot("this", NOW, (_account(),)), tmp_path)
    assert snapshots.load(path, "this", NOW + timedelta(days=90), oldest=None).taken_at == NOW


@pytest.mark.parametrize("data", [b"", b"{", b"\xff\xfe", b"null"])
def test_broken_files_are_refused_with_their_name(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "snapshot.json"
    path.write_bytes(data)
    with pytest.raises(Refusal, match=r"snapshot\.json"):
        snapshots.load(path, "this", NOW)
