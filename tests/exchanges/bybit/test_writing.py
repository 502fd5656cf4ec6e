"""Keys of Bybit's sub-accounts are made, changed and deleted, over HTTP."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keyctl.exchanges.aftermath import Aftermath, after
from keyctl.exchanges.bybit.declaration import DECLARATION, UPDATE_SUB_API
from keyctl.exchanges.declaration import Effect, Endpoint, Holder
from keyctl.exchanges.errors import Cause, ExchangeError, surely_not_done
from keyctl.exchanges.guarding import Forbidden
from keyctl.exchanges.parameters import Params
from keyctl.exchanges.transport import EffectRefused, Response, Transport
from keyctl.exchanges.writing import Created, HalfMade, NotSent, Unlisted, Unsupported
from keyctl.model.identifier import Identifier
from keyctl.model.ips import ANY, IpSet
from keyctl.model.marker import markers_in
from keyctl.model.observed import Known, NotObservable, value_of
from keyctl.model.scopes import READ, Scope, ScopeSet
from tests.exchanges.bench import LOOPBACK, MARKER, SPOT, Bench, ips, opened, wanted

SUB, EMPTY = "80010011", "80010012"
PROVEN = Aftermath()
LISTED = Aftermath(unknown=("scopes",))
"""The listing's boolean `readOnly` proves nothing of the scopes."""
READS: ScopeSet = frozenset({READ})
FUTURES: ScopeSet = frozenset({READ, Scope("trade.futures")})


@pytest.fixture
def bench() -> Iterator[Bench]:
    with opened("bybit", "admin") as running:
        yield running


def test_a_new_key_is_listed_as_wanted_with_its_marker_and_its_secret_works(bench: Bench) -> None:
    created = bench.create(EMPTY, wanted(FUTURES, ips("127.0.0.1", "203.0.113.8", "203.0.113.9")))
    (row,) = bench.listed(EMPTY).values()
    assert row.identifier == created.identifier and markers_in(value_of(row.label) or "") == (MARKER,)
    assert after(wanted(FUTURES, ips("127.0.0.1", "203.0.113.8", "203.0.113.9")), row) == LISTED
    assert created.passphrase is None
    own = bench.inspected(created)
    assert own.uid == EMPTY and own.key.native == (
        "ContractTrade.Order",
        "ContractTrade.Position",
        "readOnly=0",
        "type=1",
    )
    assert after(wanted(FUTURES, ips("127.0.0.1", "203.0.113.8", "203.0.113.9")), own.key) == PROVEN
    assert bench.writes() == ["create-sub-api"]


def test_a_key_that_only_reads_is_read_only_and_holds_no_right_of_a_wallet(bench: Bench) -> None:
    created = bench.create(EMPTY, wanted(READS))
    assert created.answered.scopes == Known(READS)
    own = bench.inspected(created)
    assert after(wanted(READS), own.key) == PROVEN and "readOnly=1" in own.key.native
    assert not [native for native in own.key.native if native.startswith("Wallet")]


def test_a_change_of_addresses_keeps_a_reader_a_reader_and_what_it_reads(bench: Bench) -> None:
    reader = bench.id("reader")
    given = replace(wanted(READS, ips("203.0.113.9")), label="reader")
    told = bench.update(SUB, reader, given)
    assert (told.scopes, told.ips) == (Known(READS), Known(ips("203.0.113.9")))
    assert [native for native in told.native if "." in native] == ["Spot.SpotTrade"]
    assert bench.writes() == ["update-sub-api"]


def test_a_change_of_scopes_keeps_the_addresses_and_takes_what_is_no_longer_wanted(bench: Bench) -> None:
    trader, bound = bench.id("trader"), ips("203.0.113.7", "203.0.113.8")
    given = replace(wanted(frozenset({READ, Scope("earn")}), bound), label="trader")
    told = bench.update(SUB, trader, given)
    assert told.native == ("Earn.Earn", "readOnly=0") and told.ips == Known(bound)
    row = bench.listed(SUB)[trader]
    assert after(given, row) == LISTED and row.label == Known("trader")
    assert [native for native in row.native if "." in native] == ["Earn.Earn"]


def test_rights_that_already_open_the_wanted_scopes_stay_as_they_are(bench: Bench) -> None:
    half = {"Spot": ["SpotTrade"], "ContractTrade": ["Order"]}
    state = bench.state()
    keys = state["exchanges"]["bybit"]["accounts"]["bybit-sub"]["keys"]
    keys["trader"]["rights"] = half
    bench.restore(state)
    given = replace(wanted(SPOT | FUTURES, ips("203.0.113.7")), label="trader")
    assert bench.update(SUB, bench.id("trader"), given).native == (
        "ContractTrade.Order",
        "Spot.SpotTrade",
        "readOnly=0",
    )


def test_a_key_can_be_unbound_and_bound_again(bench: Bench) -> None:
    created = bench.create(EMPTY, wanted())
    for allowed in (ANY, LOOPBACK):
        assert bench.update(EMPTY, created.identifier, wanted(allowed=allowed)).ips == Known(allowed)
        assert after(wanted(allowed=allowed), bench.listed(EMPTY)[created.identifier]) == LISTED


def test_an_update_sends_every_group_and_never_leaves_out_addresses_and_read_only(bench: Bench) -> None:
    sent: list[dict[str, Any]] = []

    async def run(transport: Transport) -> None:
        send = transport._send

        async def noted(endpoint: Endpoint, params: Params) -> Response:
            if endpoint == UPDATE_SUB_API:
                sent.append(dict(params))
            return await send(endpoint, params)

        transport._send = noted  # type: ignore[method-assign]
        for allowed in (ANY, ips("203.0.113.8", "203.0.113.9")):
            given = replace(wanted(SPOT, allowed), label="trader")
            await bench.writer().update(transport, SUB, bench.id("trader"), given)

    bench.do(run)
    groups = {"ContractTrade", "Spot", "Options", "Derivatives", "Wallet", "Exchange", "Earn"}
    assert [(set(one["permissions"]), one["readOnly"], one["ips"]) for one in sent] == [
        (groups, 0, "*"),
        (groups, 0, "203.0.113.8,203.0.113.9"),
    ]


def test_a_deleted_key_is_gone_and_a_second_time_only_the_listing_says_so(bench: Bench) -> None:
    trader = bench.id("trader")
    bench.delete(SUB, trader)
    assert trader not in bench.listed(SUB)
    with pytest.raises(ExchangeError) as caught:
        bench.delete(SUB, trader)
    assert caught.value.code == "10001" and surely_not_done(caught.value)
    with pytest.raises(Unlisted):
        bench.update(SUB, trader, wanted())
    assert bench.writes() == ["delete-sub-api", "delete-sub-api"]


def test_what_bybit_can_t_do_is_refused_in_words_before_anything_is_sent(bench: Bench) -> None:
    trader, writer = bench.id("trader"), bench.writer()
    refusals: list[Callable[[Transport], Awaitable[object]]] = [
        lambda t: writer.create(t, None, wanted()),
        lambda t: writer.update(t, None, trader, wanted()),
        lambda t: writer.delete(t, None, trader),
        lambda t: writer.disable(t, SUB, trader),
        lambda t: writer.enable(t, SUB, trader),
        lambda t: writer.update(t, SUB, trader, wanted(label="renamed")),
        lambda t: writer.create(t, EMPTY, wanted(frozenset({READ, Scope("withdraw")}))),
        lambda t: writer.create(t, EMPTY, wanted(frozenset({READ, Scope("trade.options")}))),
        lambda t: writer.create(t, EMPTY, wanted(allowed=ips("203.0.113.0/24"))),
        lambda t: writer.create(t, EMPTY, wanted(allowed=IpSet())),
        lambda t: writer.create(t, "clients02", wanted()),
    ]
    for act in refusals:
        with pytest.raises(Unsupported) as caught:
            bench.do(act)
        assert caught.value.message and caught.value.remedy
    assert bench.writes() == []


def test_a_transport_for_reading_can_not_be_written_with(bench: Bench) -> None:
    with pytest.raises(EffectRefused):
        bench.do(lambda t: bench.writer().create(t, EMPTY, wanted()), effects=frozenset({Effect.READ}))
    assert bench.writes() == []


def test_refusals_of_the_exchange_are_certain(bench: Bench) -> None:
    with pytest.raises(ExchangeError) as caught:
        bench.create("99999", wanted())
    assert caught.value.code == "10001" and surely_not_done(caught.value) and caught.value.remedy
    with pytest.raises(ExchangeError) as caught:
        bench.do(lambda t: bench.writer().delete(t, SUB, bench.id("trader")), by="reader")
    assert caught.value.is_only(Cause.PERMISSION_DENIED) and surely_not_done(caught.value)


@pytest.mark.parametrize("kind", ["commit-then-drop", "truncate", "drop", "server-error", "html"])
def test_an_answer_that_is_lost_leaves_open_whether_it_was_done(bench: Bench, kind: str) -> None:
    trader = bench.id("trader")
    changed = replace(wanted(SPOT), label="trader")
    acts: dict[str, Callable[[], object]] = {
        "create-sub-api": lambda: bench.create(EMPTY, wanted()),
        "update-sub-api": lambda: bench.update(SUB, trader, changed),
        "delete-sub-api": lambda: bench.delete(SUB, trader),
    }
    for name, act in acts.items():
        bench.fault(f"POST /v5/user/{name}", kind)
        with pytest.raises(ExchangeError) as caught:
            act()
        assert not surely_not_done(caught.value), (name, caught.value)
    assert [line.split()[0] for line in bench.writes()] == list(acts), "nothing is sent twice"
    if kind in ("commit-then-drop", "truncate"):
        assert len(bench.listed(EMPTY)) == 1 and trader not in bench.listed(SUB)


def test_what_goes_wrong_while_looking_was_no_change(bench: Bench) -> None:
    bench.fault("GET /v5/user/sub-apikeys", "server-error", times=None)
    with pytest.raises(ExchangeError) as caught:
        bench.update(SUB, bench.id("trader"), replace(wanted(), label="trader"))
    assert caught.value.is_only(Cause.TRANSPORT) and surely_not_done(caught.value)
    assert bench.writes() == []


def test_what_the_exchange_silently_changed_is_seen(bench: Bench) -> None:
    bench.fault("POST /v5/user/update-sub-api", "reshape", patch={"result": {"readOnly": 0, "ips": ["*"]}})
    given = replace(wanted(READS, LOOPBACK), label="reader")
    found = after(given, bench.update(SUB, bench.id("reader"), given))
    assert [change.field for change in found.changes] == ["scopes", "ips"]
    bench.fault("POST /v5/user/update-sub-api", "reshape", patch={"result": {"ips": None}})
    assert "ips" in after(given, bench.update(SUB, bench.id("reader"), given)).unknown


def test_a_created_secret_is_nowhere_but_in_its_secret(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    for name in ("", "ccxt", "ccxt.base.exchange", "aiohttp", "asyncio"):
        caplog.set_level(logging.DEBUG, logger=name)
    kept: list[object] = []

    async def run(transport: Transport) -> Created:
        created = await bench.writer().create(transport, EMPTY, wanted())
        exchange = transport._exchange
        kept.append({name: str(getattr(exchange, name)) for name in dir(exchange) if name.startswith("last_")})
        kept.append({name: str(value) for name, value in vars(exchange).items() if name != "secret"})
        return created

    created = bench.do(run)
    secret = created.secret.reveal()
    for text in (repr(created), str(created), repr(kept), caplog.text, *(str(vars(one)) for one in caplog.records)):
        assert secret not in text
    bench.fault("POST /v5/user/create-sub-api", "reshape", patch={"result": {"apiKey": "white space"}})
    with pytest.raises(ExchangeError) as caught:
        bench.create(EMPTY, wanted())
    assert "canary-" not in "".join(traceback.format_exception(caught.value)) + repr(vars(caught.value)) + caplog.text
    assert caught.value.__context__ is None


SETTABLE = sorted(
    {
        right.native
        for right in DECLARATION.rights
        if right.settable and right.given and right.holder is not Holder.MASTER
    }
)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(rights=st.sets(st.sampled_from(SETTABLE)), hosts=st.sets(st.integers(1, 254), max_size=6))
def test_whatever_can_be_granted_is_read_back_as_it_was_sent(
    shared: tuple[Bench, object], rights: set[str], hosts: set[int]
) -> None:
    bench, state = shared
    bench.restore(state)
    scopes = DECLARATION.opened_by(rights, Holder.SUBACCOUNT)
    given_state = wanted(scopes, ips(*(f"203.0.113.{host}" for host in hosts)) if hosts else ANY)
    created = bench.create(EMPTY, given_state)
    (row,) = bench.listed(EMPTY).values()
    assert after(given_state, row).changes == () and "ips" not in after(given_state, row).unknown
    assert created.answered.scopes == Known(scopes)
    assert isinstance(created.answered.ips, NotObservable)
    assert after(given_state, bench.update(EMPTY, created.identifier, given_state)).changes == ()


@pytest.fixture(scope="module")
def shared() -> Iterator[tuple[Bench, object]]:
    with opened("bybit", "admin") as running:
        yield running, running.state()


def test_a_key_whose_secret_was_not_shown_is_named(bench: Bench) -> None:
    bench.fault("POST /v5/user/create-sub-api", "reshape", patch={"result": {"secret": None}})
    with pytest.raises(HalfMade, match=r"result\.secret") as caught:
        bench.create(EMPTY, wanted())
    assert caught.value.identifier in bench.listed(EMPTY) and not surely_not_done(caught.value)


def test_an_answer_about_another_key_is_not_believed(bench: Bench) -> None:
    bench.fault("POST /v5/user/update-sub-api", "reshape", patch={"result": {"apiKey": "another"}})
    with pytest.raises(ExchangeError, match="another") as caught:
        bench.update(SUB, bench.id("trader"), replace(wanted(), label="trader"))
    assert not surely_not_done(caught.value)


def test_keyctl_s_own_key_is_not_touched(bench: Bench) -> None:
    with pytest.raises(Forbidden):
        bench.delete(SUB, bench.id("admin"))
    assert bench.writes() == []


def test_a_group_that_nobody_knows_goes_along_with_the_scopes_that_name_it(bench: Bench) -> None:
    state = bench.state()
    keys = state["exchanges"]["bybit"]["accounts"]["bybit-sub"]["keys"]
    keys["trader"]["rights"] = {"Spot": ["SpotTrade"], "Tomorrow": ["Anything"]}
    bench.restore(state)
    scopes = SPOT | {Scope("other:Tomorrow")}
    given_state = replace(wanted(scopes, LOOPBACK), label="trader")
    with pytest.raises(ExchangeError) as caught:
        bench.update(SUB, bench.id("trader"), given_state)
    assert caught.value.code == "10001" and surely_not_done(caught.value), "refused, and not silently taken away"
    bench.update(SUB, bench.id("trader"), replace(given_state, scopes=SPOT))
    assert bench.listed(SUB)[bench.id("trader")].scopes == Known(SPOT)


def test_an_id_that_is_known_by_its_fingerprint_alone_is_not_guessed(bench: Bench) -> None:
    with pytest.raises(NotSent, match="fingerprint"):
        bench.delete(SUB, Identifier.of_fingerprint(bench.id("trader").fingerprint))
    assert bench.writes() == []
