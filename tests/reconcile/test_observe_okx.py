"""What is special about observing OKX; what it shares with others is in the tests of observe and of its faults."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from keyctl.model.identifier import Identifier
from keyctl.model.live import Coverage
from keyctl.model.names import AccountName
from keyctl.model.observed import Known, NotObservable, value_of
from keyctl.model.scopes import READ
from keyctl.sandbox.running import running
from tests.reconcile.desk import UIDS, Desk, account, of, opened, registry, scenario
from tests.reconcile.venues import OKX

PREFIX = "KEYCTL_READ_OKX_SANDBOX_MAIN"
BOUND = {"created": "30d ago", "ips": ["127.0.0.1"], "credential": "account"}


@pytest.fixture
def desk() -> Iterator[Desk]:
    with opened(venue=OKX) as running:
        yield running


def error(desk: Desk, name: str = "main", **options: Any) -> str:
    found = of(desk.observe(only={name}, **options), name)
    assert found.coverage is Coverage.INCOMPLETE, found
    return found.error or ""


def test_sub_accounts_are_enumerated_and_the_master_s_keys_describe_themselves(desk: Desk) -> None:
    snapshot = desk.observe()
    assert {seen.account: (seen.coverage, len(seen.keys)) for seen in snapshot.accounts} == {
        "main": (Coverage.DECLARED_ONLY, 2),
        "many": (Coverage.ENUMERATED, 45),
        "few": (Coverage.ENUMERATED, 2),
        "bare": (Coverage.ENUMERATED, 0),
        "other": (Coverage.DECLARED_ONLY, 1),
    }
    main = of(snapshot, "main")
    assert main.credential in {key.identifier for key in main.keys}
    assert [unanswered.reason for unanswered in main.unanswered] == [
        f"only its own credential can describe it, {PREFIX}_SILENT_KEY, _SECRET and _PASSPHRASE; it is not set"
    ]
    listed = value_of(main.subaccounts) or ()
    assert {(sub.uid, sub.name) for sub in listed} == {(UIDS[name], name) for name in ("many", "few", "bare")}
    assert all(request.startswith("GET ") for request in desk.requests())


def test_without_a_passphrase_nothing_is_asked(desk: Desk) -> None:
    environ = desk.environ()
    del environ[f"{PREFIX}_PASSPHRASE"]
    assert f"{PREFIX}_PASSPHRASE is not set" in error(desk, environ=environ)
    assert desk.requests() == []


def test_a_key_s_own_credential_needs_its_own_passphrase(desk: Desk) -> None:
    environ = desk.environ()
    del environ[f"{PREFIX}_LEDGER_PASSPHRASE"]
    main = of(desk.observe(environ=environ), "main")
    assert main.coverage is Coverage.DECLARED_ONLY
    assert any(f"{PREFIX}_LEDGER_PASSPHRASE is not set" in unanswered.reason for unanswered in main.unanswered)


def test_a_wrong_passphrase_says_so(desk: Desk) -> None:
    environ = {**desk.environ(), f"{PREFIX}_PASSPHRASE": "another-One-1"}
    assert "50105" in error(desk, environ=environ) and "another-One-1" not in error(desk, environ=environ)


@pytest.mark.parametrize("code", ["59506", "50119"])
def test_no_answer_to_self_inspection_says_that_a_key_is_gone(desk: Desk, code: str) -> None:
    desk.fault(OKX.inspect, "reshape", patch={"code": code}, after=1)
    main = of(desk.observe(only={"main"}), "main")
    assert main.gone == frozenset() and len(main.unanswered) == 2
    assert any("cannot tell which of" in unanswered.reason for unanswered in main.unanswered)


def test_the_account_s_exchange_picks_the_region_and_another_region_proves_nothing() -> None:
    european = replace(OKX, exchange="myokx")
    simulated = scenario(european)
    with running(replace(simulated, exchanges={**simulated.exchanges, "okx": scenario(OKX).exchanges["okx"]})) as both:
        desk = Desk(both, simulated, registry(simulated, venue=european), european)
        assert of(desk.observe(), "few").coverage is Coverage.ENUMERATED
        moved = {AccountName(name): account(name, OKX) for name in UIDS}
        strayed = replace(desk, registry=replace(desk.registry, accounts=moved))
        theirs = {name.replace("MYOKX", "OKX"): value for name, value in desk.environ().items()}
        strange = {**theirs, f"{PREFIX}_KEY": "0f4c1c9e-0000-4000-8000-000000000000"}
        message = error(strayed, environ=strange)
        assert "50119" in message and "cannot tell which of" in message and "regional domain" in message
        assert of(strayed.observe(environ=strange), "main").gone == frozenset()


def test_an_unbound_key_that_only_reads_is_enough() -> None:
    reader = {"created": "1d ago", "credential": "account", "rights": {"perm": ["read_only"]}}
    with opened(scenario(OKX, main={"uid": "1000", "keys": {"main-reader": reader}}), OKX) as desk:
        snapshot = desk.observe()
        assert of(snapshot, "few").coverage is Coverage.ENUMERATED
        assert [key.scopes for key in of(snapshot, "main").keys] == [Known(frozenset({READ}))]


def test_a_bound_trading_key_of_a_master_is_seen_to_administer_keys() -> None:
    trader = {**BOUND, "rights": {"perm": ["read_only", "trade"]}}
    with opened(scenario(OKX, main={"uid": "1000", "keys": {"main-reader": trader}}), OKX) as desk:
        (key,) = of(desk.observe(), "main").keys
        assert {"keys.manage", "transfer.subaccount"} <= (value_of(key.scopes) or set())


def test_a_sub_account_s_own_credential_describes_itself_and_no_others() -> None:
    own = {"uid": "1002", "parent": "main", "keys": {"few-reader": {**BOUND, "rights": {"perm": ["read_only"]}}}}
    with opened(scenario(OKX, few=own), OKX) as desk:
        alone = account("few", OKX, parent=None, subaccount=None)
        bare = account("bare", OKX, parent=AccountName("few"))
        snapshot = desk.observe(registry(desk.simulated, venue=OKX, few=alone, bare=bare), only={"few", "bare"})
        assert of(snapshot, "few").coverage is Coverage.DECLARED_ONLY
        assert "is a sub-account's own" in (of(snapshot, "bare").error or "")


def test_an_account_that_does_not_say_whether_it_is_a_master_is_incomplete(desk: Desk) -> None:
    desk.fault(OKX.inspect, "reshape", patch={"data": [{"uid": "1000", "type": "1", "perm": "read_only", "ip": ""}]})
    assert "does not say whether the credential is a master account's" in error(desk)
    main = of(desk.observe(), "main")
    assert isinstance(main.subaccounts, NotObservable) and of(desk.observe(), "few").coverage is Coverage.ENUMERATED


@pytest.mark.parametrize(("uid", "same"), [("1**2", True), ("2**2", False), ("1**3", False), ("100***1002", False)])
def test_a_starred_uid_is_held_against_what_it_shows(desk: Desk, uid: str, same: bool) -> None:
    row = {"subAcct": "few", "uid": uid, "enable": True, "ts": "1659334756000"}
    for _walk in range(2):  # a page, and the empty one after it
        desk.fault(OKX.members, "reshape", patch={"data": [row]}, times=1)
        desk.fault(OKX.members, "empty-list", times=1)
    few = of(desk.observe(only={"few"}), "few")
    assert (few.coverage is Coverage.ENUMERATED) is same
    assert same or "the registry says uid 1002" in (few.error or "")


@pytest.mark.parametrize(("twins", "coverage"), [(60, Coverage.DECLARED_ONLY), (101, Coverage.INCOMPLETE)])
def test_sub_accounts_made_at_once_are_all_seen_or_none_is_believed(twins: int, coverage: Coverage) -> None:
    native = {"created_ms": 1_800_000_000_000}
    extras = {f"extra-{n}": {"uid": str(20_000 + n), "parent": "main", "native": native} for n in range(twins)}
    with opened(scenario(OKX, **extras), OKX) as crowd:
        main = of(crowd.observe(only={"main"}), "main")
        assert main.coverage is coverage
        if isinstance(main.subaccounts, Known):
            assert len(main.subaccounts.value) == twins + 3


def test_an_id_of_another_account_is_not_this_one_s(desk: Desk) -> None:
    environ = desk.environ()
    for part in ("KEY", "SECRET", "PASSPHRASE"):
        environ[f"{PREFIX}_{part}"] = environ[f"KEYCTL_READ_OKX_SANDBOX_OTHER_{part}"]
    assert "belongs to account 3000" in error(desk, environ=environ)
    used = Identifier.of_text(environ[f"{PREFIX}_KEY"])
    assert of(desk.observe(environ=environ), "main").credential == used
