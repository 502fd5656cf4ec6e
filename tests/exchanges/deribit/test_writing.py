"""Keys of a Deribit account are made, changed, switched and removed, over HTTP."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keyctl.exchanges.aftermath import Aftermath, after
from keyctl.exchanges.declaration import Holder
from keyctl.exchanges.deribit.declaration import DECLARATION, EDIT_API_KEY
from keyctl.exchanges.errors import Cause, ExchangeError, surely_not_done
from keyctl.exchanges.guarding import Forbidden
from keyctl.exchanges.slots import free_slots
from keyctl.exchanges.transport import Transport
from keyctl.exchanges.writing import Created, HalfMade, Unlisted, Unsupported
from keyctl.model.ips import ANY
from keyctl.model.observed import Known, value_of
from keyctl.model.scopes import READ, Scope, ScopeSet
from keyctl.sandbox.scenario import read
from tests.exchanges.bench import LOOPBACK, MARKER, Bench, ips, opened, wanted
from tests.sandbox.deribit_desk import document

READS: ScopeSet = frozenset({READ})
TRADE: ScopeSet = frozenset({READ, *(Scope(f"trade.{what}") for what in ("spot", "futures", "options"))})
SUB_ADMIN = "deribit-sub-admin"
TRADER_IPS = ips("203.0.113.7", "203.0.113.8")


@pytest.fixture
def bench() -> Iterator[Bench]:
    with opened("deribit", SUB_ADMIN) as running:
        yield running


def test_a_new_key_is_bound_before_it_can_do_anything_and_its_secret_works(bench: Bench) -> None:
    given_state = wanted(TRADE | {Scope("keys.manage")}, ips("127.0.0.1", "2001:db8::7"))
    created = bench.create(None, given_state)
    row = bench.listed(None)[created.identifier]
    assert after(given_state, row) == after(given_state, created.answered) == Aftermath()
    assert row.label == Known(MARKER) and created.passphrase is None
    assert bench.inspected(created).key.identifier == created.identifier
    assert bench.writes() == ["create_api_key", "edit_api_key"]
    (scopes,) = [entry["data"] for entry in log(bench, "deribit-sub") if entry["log"] == "changed_scope"]
    assert scopes == created.identifier.text, "it got its scope with its addresses, not before"


def log(bench: Bench, account: str) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = bench.state()["exchanges"]["deribit"]["accounts"][account]["native"]["log"]
    return entries


def test_a_key_for_any_address_needs_one_call(bench: Bench) -> None:
    created = bench.create(None, wanted(TRADE, ANY))
    assert after(wanted(TRADE, ANY), bench.listed(None)[created.identifier]) == Aftermath()
    assert bench.writes() == ["create_api_key"]


def test_an_edit_of_addresses_keeps_every_right_and_the_name(bench: Bench) -> None:
    trader = bench.id("deribit-trader")
    given_state = wanted(TRADE, ips("203.0.113.8", "203.0.113.9"), "trader")
    told = bench.update(None, trader, given_state)
    assert told.native == ("account:read", "trade:read_write")  # account:read has no scope of its own
    assert after(given_state, bench.listed(None)[trader]) == Aftermath()
    assert bench.writes() == ["edit_api_key"]


def test_an_edit_replaces_the_scope_and_keeps_the_addresses(bench: Bench) -> None:
    trader = bench.id("deribit-trader")
    given_state = wanted(READS | {Scope("keys.manage")}, TRADER_IPS, "renamed")
    assert bench.update(None, trader, given_state).native == ("account:read_write",)
    assert after(given_state, bench.listed(None)[trader]) == Aftermath()


def test_a_disabled_key_stays_disabled_through_an_edit_and_features_stay(bench: Bench) -> None:
    state = bench.state()
    keys = state["exchanges"]["deribit"]["accounts"]["deribit-sub"]["keys"]
    keys["deribit-trader"]["native"] |= {"enabled": False, "features": ["block_trade_approval"]}
    bench.restore(state)
    trader = bench.id("deribit-trader")
    before = bench.listed(None)[trader]
    given_state = wanted(TRADE, LOOPBACK, "trader")
    told = bench.update(None, trader, given_state)
    assert told.enabled == Known(False) and "enabled_features=block_trade_approval" in told.native
    assert after(given_state, bench.listed(None)[trader], before) == Aftermath()
    (changed,) = after(given_state, bench.listed(None)[trader]).changes
    assert changed.field == "enabled"


def test_an_edit_of_a_key_that_is_on_does_not_say_so(bench: Bench) -> None:
    sent: list[dict[str, object]] = []

    async def run(transport: Transport) -> None:
        send = transport._send

        async def noted(endpoint: Any, params: Any) -> Any:
            if endpoint == EDIT_API_KEY:
                sent.append(dict(params))
            return await send(endpoint, params)

        transport._send = noted  # type: ignore[method-assign]
        given_state = wanted(TRADE, TRADER_IPS, "trader")
        await bench.writer().update(transport, None, bench.id("deribit-trader"), given_state)

    bench.do(run)
    (edit,) = sent
    assert set(edit) == {"id", "max_scope", "name", "ip_whitelist"}
    assert edit["max_scope"] == "account:read trade:read_write"
    assert edit["ip_whitelist"] == ["203.0.113.7", "203.0.113.8"]


def test_a_key_is_switched_off_and_on(bench: Bench) -> None:
    created = bench.create(None, wanted(READS | {Scope("keys.manage")}))
    for on in (False, True):
        writer = bench.writer()
        act = writer.enable if on else writer.disable
        bench.do(lambda t, act=act: act(t, None, created.identifier))  # type: ignore[misc]
        assert bench.listed(None)[created.identifier].enabled == Known(on)
    assert bench.writes()[2:] == ["disable_api_key", "enable_api_key"]


def test_what_is_revoked_is_never_switched_on_or_changed_and_is_removed(bench: Bench) -> None:
    trader = bench.id("deribit-trader")
    writer = bench.writer(frozenset(), trader)
    bench.do(lambda t: writer.disable(t, None, trader))
    acts: list[Callable[[Transport], Awaitable[object]]] = [
        lambda t: writer.enable(t, None, trader),
        lambda t: writer.update(t, None, trader, wanted(TRADE, TRADER_IPS)),
    ]
    for act in acts:
        with pytest.raises(Forbidden):
            bench.do(act)
    assert bench.writes() == ["disable_api_key"]
    bench.do(lambda t: writer.delete(t, None, trader))
    assert trader not in bench.listed(None)


def test_keyctl_s_own_key_is_not_touched(bench: Bench) -> None:
    own = bench.id(SUB_ADMIN)
    with pytest.raises(Forbidden):
        bench.delete(None, own)
    with pytest.raises(Forbidden):
        bench.do(
            lambda t: bench.writer(frozenset({bench.id("deribit-reader").fingerprint})).delete(
                t, None, bench.id("deribit-reader")
            )
        )
    assert bench.writes() == []


def test_a_removed_key_is_gone_and_a_second_time_it_is_not_listed(bench: Bench) -> None:
    trader = bench.id("deribit-trader")
    bench.delete(None, trader)
    assert trader not in bench.listed(None)
    writer = bench.writer()
    acts: list[Callable[[Transport], Awaitable[object]]] = [
        lambda t: writer.delete(t, None, trader),
        lambda t: writer.disable(t, None, trader),
        lambda t: writer.enable(t, None, trader),
        lambda t: writer.update(t, None, trader, wanted(TRADE)),
    ]
    for act in acts:
        with pytest.raises(Unlisted):
            bench.do(act)
    assert bench.writes() == ["remove_api_key"]


def test_what_deribit_can_t_do_is_refused_in_words_before_anything_is_sent(bench: Bench) -> None:
    trader, writer = bench.id("deribit-trader"), bench.writer()
    refusals: list[Callable[[Transport], Awaitable[object]]] = [
        lambda t: writer.create(t, "80101", wanted()),
        lambda t: writer.update(t, "80101", trader, wanted()),
        lambda t: writer.disable(t, "80101", trader),
        lambda t: writer.delete(t, "80101", trader),
        lambda t: writer.create(t, None, wanted()),  # spot without futures and options
        lambda t: writer.create(t, None, wanted(TRADE | {Scope("withdraw")})),
        lambda t: writer.create(t, None, wanted(TRADE, ips("203.0.113.0/24"))),
        lambda t: writer.update(t, None, trader, wanted(TRADE, ANY)),
        lambda t: writer.update(t, None, trader, wanted(TRADE, TRADER_IPS, "a name")),
        lambda t: writer.update(t, None, trader, wanted(TRADE, TRADER_IPS, "")),
    ]
    for act in refusals:
        with pytest.raises(Unsupported) as caught:
            bench.do(act)
        assert caught.value.message and caught.value.remedy
    assert bench.writes() == []


def test_a_full_account_refuses_a_ninth_key_and_has_no_free_slot(bench: Bench) -> None:
    listed = bench.listed(None)
    free = free_slots(DECLARATION, tuple(listed.values()))
    assert free is not None
    for _ in range(free):
        bench.create(None, wanted(TRADE))
    assert free_slots(DECLARATION, tuple(bench.listed(None).values())) == 0
    with pytest.raises(ExchangeError) as caught:
        bench.create(None, wanted(TRADE))
    assert surely_not_done(caught.value) and caught.value.remedy and not isinstance(caught.value, HalfMade)


def test_a_scope_above_the_caller_s_own_leaves_a_key_to_be_deleted_and_says_which(bench: Bench) -> None:
    with pytest.raises(HalfMade, match="the key may not see or change keys that can do more") as caught:
        bench.create(None, wanted(READS | {Scope("other:block_trade")}))
    assert not surely_not_done(caught.value)
    assert value_of(bench.listed(None)[caught.value.identifier].scopes) == READS
    bench.delete(None, caught.value.identifier)
    assert caught.value.identifier not in bench.listed(None)
    with pytest.raises(ExchangeError) as unbound:
        bench.create(None, wanted(READS | {Scope("other:block_trade")}, ANY))
    assert unbound.value.code == "13403" and surely_not_done(unbound.value)


def test_an_account_that_asks_for_a_second_factor_has_nothing_changed() -> None:
    form = document()
    form["exchanges"]["deribit"]["accounts"]["main"]["native"]["two_factor"] = "writes"
    with opened("deribit", "admin", read(form, datetime.now(UTC))) as bench:
        before = bench.state()
        trader, writer = bench.id("trader"), bench.writer()
        scopes = value_of(bench.listed(None)[trader].scopes) or READS
        acts: list[Callable[[Transport], Awaitable[object]]] = [
            lambda t: writer.create(t, None, wanted(READS)),
            lambda t: writer.update(t, None, trader, wanted(scopes, LOOPBACK, "trader")),
            lambda t: writer.disable(t, None, trader),
        ]
        for act in acts:
            with pytest.raises(ExchangeError) as caught:
                bench.do(act)
            assert caught.value.is_only(Cause.TWO_FACTOR) and surely_not_done(caught.value)
            assert "web page" in caught.value.remedy
        assert bench.state() == before


@pytest.mark.parametrize("kind", ["commit-then-drop", "truncate", "drop", "server-error"])
def test_an_answer_that_is_lost_leaves_open_whether_it_was_done(bench: Bench, kind: str) -> None:
    trader, writer = bench.id("deribit-trader"), bench.writer()
    acts: dict[str, Callable[[Transport], Awaitable[object]]] = {
        "create_api_key": lambda t: writer.create(t, None, wanted(TRADE)),
        "edit_api_key": lambda t: writer.update(t, None, trader, wanted(TRADE, LOOPBACK, "trader")),
        "disable_api_key": lambda t: writer.disable(t, None, trader),
        "enable_api_key": lambda t: writer.enable(t, None, trader),
        "remove_api_key": lambda t: writer.delete(t, None, trader),
    }
    for name, act in acts.items():
        bench.fault(f"GET /api/v2/private/{name}", kind)
        with pytest.raises(ExchangeError) as caught:
            bench.do(act)
        assert not surely_not_done(caught.value) and not isinstance(caught.value, HalfMade), name
    assert [line.split()[0] for line in bench.writes()] == list(acts), "a GET that writes is not sent twice either"
    assert (trader in bench.listed(None)) is (kind not in ("commit-then-drop", "truncate"))


@pytest.mark.parametrize("kind", ["commit-then-drop", "drop", "server-error", "html"])
def test_a_key_whose_binding_failed_is_named_and_its_secret_is_lost(bench: Bench, kind: str) -> None:
    bench.fault("GET /api/v2/private/edit_api_key", kind)
    with pytest.raises(HalfMade) as caught:
        bench.create(None, wanted(TRADE))
    assert caught.value.identifier in bench.listed(None) and "delete this key" in caught.value.remedy
    text = "".join(traceback.format_exception(caught.value)) + repr(vars(caught.value))
    assert "canary-" not in text and caught.value.__context__ is None


def test_what_goes_wrong_while_looking_was_no_change(bench: Bench) -> None:
    for path in ("list_api_keys", "get_account_summary"):
        bench.fault(f"GET /api/v2/private/{path}", "server-error", times=3)
        with pytest.raises(ExchangeError) as caught:
            bench.delete(None, bench.id("deribit-trader"))
        assert surely_not_done(caught.value) and caught.value.is_only(Cause.TRANSPORT)
    assert bench.writes() == []


def test_nothing_is_done_to_a_key_whose_number_another_one_has_too(bench: Bench) -> None:
    """Calls name a key by its number, and this one would be about either."""
    state = bench.state()
    keys = state["exchanges"]["deribit"]["accounts"]["deribit-sub"]["keys"]
    keys["deribit-trader"]["native"]["number"] = keys["deribit-reader"]["native"]["number"]
    bench.restore(state)
    with pytest.raises(ExchangeError) as caught:
        bench.delete(None, bench.id("deribit-trader"))
    assert caught.value.is_only(Cause.MALFORMED) and surely_not_done(caught.value) and bench.writes() == []


def test_an_answer_about_another_key_or_system_is_not_believed(bench: Bench) -> None:
    patches: list[tuple[str, dict[str, object]]] = [
        ("remove_api_key", {"result": "done"}),
        ("disable_api_key", {"result": {"enabled": True}}),
        ("enable_api_key", {"result": {"client_id": "Another1"}}),
        ("disable_api_key", {"testnet": True}),
    ]
    writer, reader = bench.writer(), bench.id("deribit-reader")
    for path, patch in reversed(patches):
        bench.fault(f"GET /api/v2/private/{path}", "reshape", patch=patch)
        act = {"remove_api_key": writer.delete, "disable_api_key": writer.disable, "enable_api_key": writer.enable}[
            path
        ]
        with pytest.raises(ExchangeError) as caught:
            bench.do(partial(act, subaccount=None, identifier=reader))
        assert caught.value.is_only(Cause.MALFORMED) and not surely_not_done(caught.value)


def test_a_created_secret_is_nowhere_but_in_its_secret(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    for name in ("", "ccxt", "ccxt.base.exchange", "aiohttp", "asyncio"):
        caplog.set_level(logging.DEBUG, logger=name)
    kept: list[object] = []

    async def run(transport: Transport) -> Created:
        created = await bench.writer().create(transport, None, wanted(TRADE))
        kept.append({name: str(value) for name, value in vars(transport._exchange).items() if name != "secret"})
        return created

    created = bench.do(run)
    secret = created.secret.reveal()
    assert secret.startswith("canary-")
    for text in (repr(created), repr(kept), caplog.text, *(str(vars(one)) for one in caplog.records)):
        assert secret not in text


LEVELS = st.sampled_from(["none", "read", "read_write"])


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    levels=st.fixed_dictionaries(dict.fromkeys(("account", "trade", "wallet", "block_trade", "block_rfq"), LEVELS)),
    hosts=st.sets(st.integers(1, 254), max_size=6),
)
def test_whatever_can_be_granted_is_read_back_as_it_was_sent(
    shared: tuple[Bench, object], levels: dict[str, str], hosts: set[int]
) -> None:
    bench, state = shared
    bench.restore(state)
    rights = [f"{group}:{level}" for group, level in levels.items() if level != "none"]
    scopes = DECLARATION.opened_by(rights, Holder.MASTER)
    given_state = wanted(scopes, ips(*(f"203.0.113.{host}" for host in hosts)) if hosts else ANY)
    created = bench.create(None, given_state)
    assert after(given_state, bench.listed(None)[created.identifier]) == Aftermath()
    again = replace(given_state, ips=ips("203.0.113.1", *(f"203.0.113.{host}" for host in hosts)))
    assert after(again, bench.update(None, created.identifier, again)) == Aftermath()


@pytest.fixture(scope="module")
def shared() -> Iterator[tuple[Bench, object]]:
    with opened("deribit", "admin", read(document(), datetime.now(UTC))) as running:
        yield running, running.state()
