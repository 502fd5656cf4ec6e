"""Every credential of a registry has a row, and its state is what its file and the time say."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given

from keyctl.model.account import Closed
from keyctl.model.app import Access, App, Kind, Wallet
from keyctl.model.finding import Finding, Severity
from keyctl.model.life import HeldId, Holding, Life
from keyctl.model.names import AppName
from keyctl.model.overview import Overview, OverviewRow, State
from keyctl.model.place import Place
from keyctl.model.refusal import Refusal
from keyctl.model.registry import Registry
from keyctl.model.rules import found
from keyctl.model.times import end_of
from keyctl.model.tombstone import Tombstone, Tombstones
from keyctl.model.validation import Counts
from keyctl.reconcile import run
from keyctl.reconcile.desired import Desired
from keyctl.reconcile.narrowing import Narrowing
from keyctl.reconcile.overview import declared_overview, ids_of, live_overview
from tests.reconcile.worlds import NOW, World, worlds

NOWHERE = Path("/nowhere")
HERE = Place("registry/apps.yaml")
COUNTS = Counts(0, 0, 0, 0, 0, None)


def desired(registry: Registry, findings: Iterable[Finding] = ()) -> Desired:
    return Desired(registry, None, Tombstones(registry.tombstones()), tuple(findings), COUNTS, registry)


def overview(registry: Registry, at: datetime = NOW, only: Narrowing | None = None) -> Overview:
    return declared_overview(NOWHERE, desired(registry), at, only or Narrowing())


def rows(result: Overview, name: str) -> list[OverviewRow]:
    return [row for row in result.keys if row.row.key == name]


@given(worlds())
def test_every_credential_has_one_row_whether_exchanges_are_asked_or_not(world: World) -> None:
    registry = world.registry
    asked = run.reconcile(NOWHERE, desired(registry), lambda _: world.snapshot, now=NOW, real_now=NOW)
    live = live_overview(desired(registry), asked.comparison, asked.snapshot)
    plain = overview(registry)
    expected = sorted((key.name, False) for key in registry.keys.values())
    expected += [(key.name, True) for key in registry.keys.values() if key.retiring]
    for result in (plain, live):
        assert sorted((row.row.key, row.row.retiring) for row in result.keys) == sorted(expected)
        assert all(row.declared is not None and row.state is not None for row in result.keys)
    states = {(row.row.key, row.row.retiring): row.state for row in plain.keys}
    assert {(row.row.key, row.row.retiring): row.state for row in live.keys} == states
    assert all((row.live is not None) == (row.row.identifier is not None) for row in live.keys)
    assert plain.exit_reasons == () and not plain.live and live.live


@given(worlds())
def test_the_state_follows_the_calendar(world: World) -> None:
    last = date(2026, 12, 20)
    key = replace(world.issued[0], expires=last, retiring=None)
    registry = replace(world.registry, keys={**world.registry.keys, key.name: key})
    told = {15: State.ISSUED, 14: State.EXPIRING, 0: State.EXPIRED, -3: State.EXPIRED}
    for days, state in told.items():
        (row,) = rows(overview(registry, end_of(last) - timedelta(days=days)), key.name)
        assert (row.state, row.days_left) == (state, days)
    account = replace(registry.accounts[key.account], closed=Closed(last, "letter"))
    closed = replace(registry, accounts={**registry.accounts, key.account: account})
    assert rows(overview(closed), key.name)[0].state is State.ENDED


@given(worlds())
def test_a_declared_id_that_is_revoked_is_the_loudest(world: World) -> None:
    key = world.issued[0]
    assert key.identifier is not None
    elsewhere = replace(desired(world.registry), tombstones=Tombstones([Tombstone(key.identifier, "test")]))
    result = declared_overview(NOWHERE, elsewhere, NOW, Narrowing())
    (row, *_) = rows(result, key.name)
    assert row.state is State.REVOKED


@given(worlds())
def test_only_what_fails_or_blocks_is_told(world: World) -> None:
    told = [found("expires-early", "m", "r"), found("identifier-lost", "m", "r"), found("missing", "m", "r")]
    result = declared_overview(NOWHERE, desired(world.registry, told), NOW, Narrowing())
    assert [finding.rule for finding in result.findings] == ["identifier-lost"]
    assert result.exit_reasons == ("blocked",)
    assert all(finding.severity is Severity.CRITICAL for finding in result.findings)


@given(worlds())
def test_narrowing_keeps_what_it_is_about(world: World) -> None:
    name = world.issued[0].name
    result = overview(world.registry, only=Narrowing((("key", name),)))
    assert {row.row.key for row in result.keys} == {name} and result.partial
    with pytest.raises(Refusal, match="no such key"):
        overview(world.registry, only=Narrowing((("key", "nowhere"),)))


@given(worlds())
def test_the_ids_of_a_key_are_those_of_its_life_and_of_its_file(world: World) -> None:
    key = world.issued[0]
    assert key.identifier is not None
    once = HeldId(key.identifier, key.name, Holding.GONE, NOW)
    life = Life(key.name, (key.name,), (once,), (), 1, None, None, (), ())
    ids = ids_of(key, life)
    held = {one.identifier: one for one in ids}
    assert held[key.identifier].holding is Holding.CURRENT and held[key.identifier].since == NOW
    assert {one.identifier for one in ids if one.holding is Holding.REVOKED} == {e.identifier for e in key.revoked}
    assert len(ids_of(key, None)) == len(ids)


@given(worlds())
def test_apps_that_sign_with_a_wallet_are_shown_with_the_exchange_that_they_name(world: World) -> None:
    def signer(name: str, venue: str) -> App:
        wallet = Wallet(venue, "arbitrum", "0x" + "ab" * 20)
        return App(AppName(name), "perps", Kind.INTERNAL, HERE, access=Access.WALLET, wallet=wallet)

    apps = {app.name: app for app in (signer("perps", "hyperliquid"), signer("swaps", "a dex"))}
    registry = replace(world.registry, apps={**world.registry.apps, **apps})
    result = overview(registry)
    shown = [(row.app, row.team, row.venue, row.exchange, row.chain, row.address.display) for row in result.wallets]
    assert shown == [
        ("perps", "perps", "hyperliquid", "hyperliquid", "arbitrum", "0xab…"),
        ("swaps", "perps", "a dex", None, "arbitrum", "0xab…"),
    ]
    asked = run.reconcile(NOWHERE, desired(registry), lambda _: world.snapshot, now=NOW, real_now=NOW)
    assert live_overview(desired(registry), asked.comparison, asked.snapshot).wallets == result.wallets
    about_one = Narrowing((("app", "swaps"),))
    assert [row.app for row in overview(registry, only=about_one).wallets] == ["swaps"]
    one = live_overview(desired(registry), asked.comparison, asked.snapshot, only=about_one)
    assert [row.app for row in one.wallets] == ["swaps"]
    name = world.issued[0].name
    assert overview(registry, only=Narrowing((("key", name),))).wallets == ()
    assert overview(world.registry).wallets == ()
