"""Keys of OKX's sub-accounts are made, changed and deleted, over HTTP."""

from __future__ import annotations

import logging
import re
import traceback
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keyctl.exchanges.aftermath import Aftermath, after
from keyctl.exchanges.errors import Cause, ExchangeError, surely_not_done
from keyctl.exchanges.okx.declaration import DECLARATION, MODIFY, TRADE
from keyctl.exchanges.okx.passphrase import passphrase
from keyctl.exchanges.slots import free_slots
from keyctl.exchanges.transport import Transport
from keyctl.exchanges.writing import Created, HalfMade, Unsupported
from keyctl.model.ips import ANY, IpSet
from keyctl.model.marker import markers_in
from keyctl.model.observed import Known, value_of
from keyctl.model.scopes import READ, Scope, ScopeSet
from keyctl.sandbox.scenario import read
from tests.exchanges.bench import LOOPBACK, MARKER, SPOT, Bench, ips, opened, wanted
from tests.sandbox.okx_desk import desk

SUB, EMPTY = "clients01", "clients02"
READS: ScopeSet = frozenset({READ})
TRADES: ScopeSet = TRADE | {READ}
PATH = "POST /api/v5/users/subaccount/"


@pytest.fixture
def bench() -> Iterator[Bench]:
    with opened("okx", "okx-admin") as running:
        yield running


def test_a_new_key_is_listed_as_wanted_with_its_marker_and_works_with_its_three_parts(bench: Bench) -> None:
    given_state = wanted(TRADES, ips("127.0.0.1", "203.0.113.0/28", "2001:db8::/64"), f"hedger {MARKER}")
    created = bench.create(EMPTY, given_state)
    (row,) = bench.listed(EMPTY).values()
    assert row.identifier == created.identifier and markers_in(value_of(row.label) or "") == (MARKER,)
    assert after(given_state, row) == after(given_state, created.answered) == Aftermath()
    assert created.passphrase is not None
    own = bench.inspected(created)
    assert own.master is False and own.key.native == ("read_only", "trade")
    assert bench.writes() == ["apikey"]


def test_a_passphrase_is_of_the_documented_form_and_never_the_same() -> None:
    form = re.compile(r"(?=.*[0-9])(?=.*[a-z])(?=.*[A-Z])(?=.*[^0-9A-Za-z])[!-~]{8,32}")
    chosen = [passphrase().reveal() for _ in range(200)]
    assert all(form.fullmatch(one) for one in chosen) and len(set(chosen)) == len(chosen)


def test_an_update_sends_label_rights_and_addresses_every_time(bench: Bench) -> None:
    sent: list[dict[str, object]] = []
    trader = bench.id("okx-trader")
    states = [wanted(TRADES, ANY, "trader"), wanted(READS, LOOPBACK, "trader"), wanted(READS, LOOPBACK, "renamed")]

    async def run(transport: Transport) -> None:
        send = transport._send

        async def noted(endpoint: Any, params: Any) -> Any:
            if endpoint == MODIFY:
                sent.append(dict(params))
            return await send(endpoint, params)

        transport._send = noted  # type: ignore[method-assign]
        for state in states:
            told = await bench.writer().update(transport, SUB, trader, state)
            assert after(state, told) == Aftermath()

    bench.do(run)
    assert [(one["label"], one["perm"], one["ip"]) for one in sent] == [
        ("trader", "read_only,trade", ""),
        ("trader", "read_only", "127.0.0.1"),
        ("renamed", "read_only", "127.0.0.1"),
    ]
    assert after(states[-1], bench.listed(SUB)[trader]) == Aftermath()


def test_what_a_person_changed_meanwhile_does_not_survive_an_update(bench: Bench) -> None:
    state = bench.state()
    keys = state["exchanges"]["okx"]["accounts"]["okx-sub"]["keys"]
    keys["okx-trader"] |= {"label": "by hand", "ips": [], "rights": {"perm": ["read_only"]}}
    bench.restore(state)
    given_state = wanted(TRADES, ips("203.0.113.7", "203.0.113.8"), "trader")
    bench.update(SUB, bench.id("okx-trader"), given_state)
    assert after(given_state, bench.listed(SUB)[bench.id("okx-trader")]) == Aftermath()


def test_a_deleted_key_is_gone_and_deleting_it_again_is_as_good(bench: Bench) -> None:
    trader = bench.id("okx-trader")
    bench.delete(SUB, trader)
    assert trader not in bench.listed(SUB)
    bench.delete(SUB, trader)
    with pytest.raises(ExchangeError) as caught:
        bench.update(SUB, trader, wanted(READS))
    assert caught.value.is_only(Cause.NOT_FOUND) and surely_not_done(caught.value)
    assert bench.writes() == ["delete-apikey", "delete-apikey", "modify-apikey"]


def test_that_there_is_no_such_sub_account_says_nothing_of_a_key(bench: Bench) -> None:
    with pytest.raises(ExchangeError) as caught:
        bench.delete("clients99", bench.id("okx-trader"))
    assert caught.value.code == "59510" and surely_not_done(caught.value)
    assert bench.id("okx-trader") in bench.listed(SUB)


def test_a_label_that_another_key_has_is_refused_with_a_remedy(bench: Bench) -> None:
    bench.create(EMPTY, wanted(READS))
    with pytest.raises(ExchangeError) as caught:
        bench.create(EMPTY, wanted(READS))
    assert caught.value.code == "59502" and "another label" in caught.value.remedy and surely_not_done(caught.value)
    with pytest.raises(ExchangeError) as caught:
        bench.update(SUB, bench.id("okx-trader"), wanted(READS, LOOPBACK, "reader"))
    assert caught.value.code == "59502"
    assert len(bench.listed(EMPTY)) == 1


def test_what_okx_can_t_do_is_refused_in_words_before_anything_is_sent(bench: Bench) -> None:
    trader, writer = bench.id("okx-trader"), bench.writer()
    refusals: list[Callable[[Transport], Awaitable[object]]] = [
        lambda t: writer.create(t, None, wanted(READS)),
        lambda t: writer.update(t, None, trader, wanted(READS)),
        lambda t: writer.delete(t, None, trader),
        lambda t: writer.disable(t, SUB, trader),
        lambda t: writer.enable(t, SUB, trader),
        lambda t: writer.create(t, EMPTY, wanted(SPOT)),
        lambda t: writer.create(t, EMPTY, wanted(READS | {Scope("withdraw")})),
        lambda t: writer.create(t, EMPTY, wanted(READS, IpSet())),
        lambda t: writer.create(t, EMPTY, wanted(READS, ips(*(f"203.0.113.{2 * n}" for n in range(21))))),
        lambda t: writer.update(t, SUB, trader, wanted(READS, LOOPBACK, "")),
    ]
    for act in refusals:
        with pytest.raises(Unsupported) as caught:
            bench.do(act)
        assert caught.value.message and caught.value.remedy
    assert bench.writes() == []


@pytest.mark.parametrize(("caller", "code"), [("unbound", "50035"), ("bound-reading", "50120"), ("of-child", "59500")])
def test_a_caller_who_may_not_is_told_what_is_missing(caller: str, code: str) -> None:
    with opened("okx", "main", read(desk(), datetime.now(UTC))) as bench:
        with pytest.raises(ExchangeError) as caught:
            bench.create("none", wanted(READS), by=caller)
        assert caught.value.code == code and surely_not_done(caught.value) and caught.value.remedy
        assert bench.listed("none") == {}


def test_a_full_account_refuses_another_key_and_has_no_free_slot() -> None:
    form = desk()
    key = {"created": "1d ago", "rights": {"perm": ["read_only"]}}
    form["exchanges"]["okx"]["accounts"]["many"]["keys"] |= {f"more-{n}": key for n in range(5)}
    with opened("okx", "main", read(form, datetime.now(UTC))) as bench:
        assert free_slots(DECLARATION, tuple(bench.listed("deskmany01").values())) == 0
        with pytest.raises(ExchangeError, match="50 keys") as caught:
            bench.create("deskmany01", wanted(READS))
        assert caught.value.code == "59501" and surely_not_done(caught.value)


@pytest.mark.parametrize("kind", ["commit-then-drop", "truncate", "drop", "server-error", "html"])
def test_an_answer_that_is_lost_leaves_open_whether_it_was_done(bench: Bench, kind: str) -> None:
    trader = bench.id("okx-trader")
    acts: dict[str, Callable[[], object]] = {
        "apikey": lambda: bench.create(EMPTY, wanted(READS)),
        "modify-apikey": lambda: bench.update(SUB, trader, wanted(READS)),
        "delete-apikey": lambda: bench.delete(SUB, trader),
    }
    for name, act in acts.items():
        bench.fault(PATH + name, kind)
        with pytest.raises(ExchangeError) as caught:
            act()
        assert not surely_not_done(caught.value), (name, caught.value)
    assert [line.split()[0] for line in bench.writes()] == list(acts), "nothing is sent twice"
    done = kind in ("commit-then-drop", "truncate")
    assert len(bench.listed(EMPTY)) == done and (trader in bench.listed(SUB)) is not done


@pytest.mark.parametrize("code", ["50001", "50004", "50013", "50026"])
def test_codes_that_say_that_the_exchange_does_not_know_are_no_refusals(bench: Bench, code: str) -> None:
    bench.fault(PATH + "delete-apikey", "reshape", patch={"code": code, "data": []})
    with pytest.raises(ExchangeError) as caught:
        bench.delete(SUB, bench.id("okx-trader"))
    assert caught.value.is_only(Cause.TRANSPORT) and not surely_not_done(caught.value)
    assert bench.id("okx-trader") not in bench.listed(SUB)


def test_what_the_exchange_silently_changed_is_seen(bench: Bench) -> None:
    row = {
        "subAcct": SUB,
        "label": "other",
        "apiKey": bench.id("okx-trader").text,
        "perm": "trade,read",
        "ip": "",
        "ts": "1",
    }
    bench.fault(PATH + "modify-apikey", "reshape", patch={"data": [row]})
    given_state = wanted(READS, LOOPBACK, "trader")
    found = after(given_state, bench.update(SUB, bench.id("okx-trader"), given_state))
    assert [change.field for change in found.changes] == ["label", "scopes", "ips"]


@pytest.mark.parametrize(
    "row",
    [
        {"subAcct": "another"},
        {"subAcct": EMPTY, "secretKey": None},
        {"subAcct": EMPTY},
        {"subAcct": EMPTY, "secretKey": 5},
    ],
)
def test_an_answer_to_a_creation_that_is_no_good_names_the_key(bench: Bench, row: dict[str, object]) -> None:
    whole = {"label": MARKER, "apiKey": "made-0001", "perm": "read_only", "ip": "", "ts": "1700000000000", **row}
    bench.fault(PATH + "apikey", "reshape", patch={"data": [whole]})
    with pytest.raises(HalfMade) as caught:
        bench.create(EMPTY, wanted(READS))
    assert caught.value.identifier.text == "made-0001" and not surely_not_done(caught.value)


def test_an_answer_about_another_key_is_not_believed(bench: Bench) -> None:
    row = {"subAcct": SUB, "label": MARKER, "apiKey": "another", "perm": "read_only", "ip": "", "ts": "1700000000000"}
    bench.fault(PATH + "modify-apikey", "reshape", patch={"data": [row]})
    with pytest.raises(ExchangeError, match="another") as caught:
        bench.update(SUB, bench.id("okx-trader"), wanted(READS))
    assert not surely_not_done(caught.value)


@pytest.mark.parametrize("kind", ["none", "truncate", "reshape"])
def test_secret_and_passphrase_are_nowhere_but_in_their_secrets(
    bench: Bench, caplog: pytest.LogCaptureFixture, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("", "ccxt", "ccxt.base.exchange", "aiohttp", "asyncio"):
        caplog.set_level(logging.DEBUG, logger=name)
    chosen = passphrase()
    monkeypatch.setattr("keyctl.exchanges.okx.writer.passphrase", lambda: chosen)
    if kind != "none":
        bench.fault(PATH + "apikey", kind, **({"patch": {"code": "123456"}} if kind == "reshape" else {}))
    kept: list[str] = []

    async def run(transport: Transport) -> Created | None:
        try:
            return await bench.writer().create(transport, EMPTY, wanted(READS))
        except ExchangeError as error:
            kept.append("".join(traceback.format_exception(error)) + repr(vars(error)))
            assert error.__context__ is None
            return None
        finally:
            told = {name: str(value) for name, value in vars(transport._exchange).items() if name not in ("secret",)}
            kept.append(repr(told))
            kept.append(transport._redactor.scrub(chosen.reveal()))

    created = bench.do(run)
    secrets = [chosen.reveal(), *([created.secret.reveal()] if created is not None else ["canary-0"])]
    for text in (repr(created), *kept, caplog.text, *(str(vars(one)) for one in caplog.records)):
        assert not [secret for secret in secrets if secret in text]
    assert (created is None) is (kind != "none")


HOSTS = st.sets(st.integers(1, 254), max_size=6)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(scopes=st.sampled_from([READS, TRADES]), then=st.sampled_from([READS, TRADES]), hosts=HOSTS, later=HOSTS)
def test_whatever_can_be_granted_is_read_back_as_it_was_sent(
    shared: tuple[Bench, object], scopes: ScopeSet, then: ScopeSet, hosts: set[int], later: set[int]
) -> None:
    bench, state = shared
    bench.restore(state)
    given_state = wanted(scopes, addresses(hosts))
    created = bench.create(EMPTY, given_state)
    assert after(given_state, bench.listed(EMPTY)[created.identifier]) == Aftermath()
    again = replace(given_state, scopes=then, ips=addresses(later), label=f"renamed {MARKER}")
    assert after(again, bench.update(EMPTY, created.identifier, again)) == Aftermath()
    assert after(again, bench.listed(EMPTY)[created.identifier]) == Aftermath()


def addresses(hosts: set[int]) -> IpSet:
    return ips(*(f"203.0.113.{host}" for host in hosts)) if hosts else ANY


@pytest.fixture(scope="module")
def shared() -> Iterator[tuple[Bench, object]]:
    with opened("okx", "okx-admin") as running:
        yield running, running.state()


def test_the_answer_to_a_change_may_spell_reading_otherwise(bench: Bench) -> None:
    told = bench.update(SUB, bench.id("okx-trader"), wanted(TRADES, LOOPBACK, "trader"))
    assert told.native == ("read", "trade") and told.scopes == Known(TRADES)
