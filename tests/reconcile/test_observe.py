from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest

from keyctl.model.account import Closed, Environment
from keyctl.model.identifier import Identifier
from keyctl.model.live import AccountSnapshot, Coverage, Snapshot
from keyctl.model.names import AccountName, ExchangeId
from keyctl.model.observed import Known, NotObservable, value_of
from tests.reconcile.desk import UNASKED, Desk, account, of, opened, registry, retiring, scenario, with_key


@pytest.fixture
def desk() -> Iterator[Desk]:
    with opened() as running:
        yield running


@pytest.fixture
def whole(desk: Desk) -> Snapshot:
    return desk.observe()


def declared_ids(desk: Desk, name: str) -> set[str]:
    return {key.id for key in desk.simulated.exchanges["bybit"].keys if key.account == name}


def ids(observed: AccountSnapshot) -> set[str | None]:
    return {key.identifier.text for key in observed.keys}


def error(observed: AccountSnapshot) -> str:
    """Why an account is incomplete; it is, and nothing is taken for gone."""
    assert observed.coverage is Coverage.INCOMPLETE
    assert observed.gone == frozenset()
    assert observed.error
    return observed.error


def test_every_sub_account_is_enumerated_over_all_pages(desk: Desk, whole: Snapshot) -> None:
    for name in ("many", "few", "bare"):
        assert of(whole, name).coverage is Coverage.ENUMERATED
        assert of(whole, name).error is None
        assert ids(of(whole, name)) == declared_ids(desk, name)
    assert len(of(whole, "many").keys) == 45


def test_accounts_and_keys_come_in_order(whole: Snapshot) -> None:
    assert [a.account for a in whole.accounts] == ["bare", "few", "main", "many", "other"]
    for observed in whole.accounts:
        fingerprints = [key.identifier.fingerprint for key in observed.keys]
        assert fingerprints == sorted(fingerprints)


def test_a_master_account_s_keys_describe_only_themselves(desk: Desk, whole: Snapshot) -> None:
    main = of(whole, "main")
    assert main.coverage is Coverage.DECLARED_ONLY and main.error is None
    assert ids(main) == declared_ids(desk, "main") - {UNASKED}
    (silent,) = main.unanswered
    assert silent.fingerprint == Identifier.of_text(UNASKED).fingerprint
    assert "KEYCTL_READ_BYBIT_SANDBOX_MAIN_SILENT_KEY" in silent.reason
    assert main.gone == frozenset()


def test_the_credential_that_was_used_is_said_on_the_account_that_has_it(desk: Desk, whole: Snapshot) -> None:
    used = of(whole, "main").credential
    assert used is not None and used.text == desk.environ()["KEYCTL_READ_BYBIT_SANDBOX_MAIN_KEY"]
    assert of(whole, "few").credential is None


def test_a_parent_lists_its_sub_accounts_declared_or_not(desk: Desk) -> None:
    snapshot = desk.observe(registry(desk.simulated, few=None))
    listed = value_of(of(snapshot, "main").subaccounts)
    assert listed is not None and {sub.uid for sub in listed} == {"1001", "1002", "1003"}
    assert isinstance(of(snapshot, "many").subaccounts, NotObservable)
    assert of(snapshot, "other").subaccounts == Known(())


def test_only_the_wanted_accounts_are_reported_and_asked(desk: Desk) -> None:
    before = len(desk.requests())
    snapshot = desk.observe(only={"few"})
    assert [a.account for a in snapshot.accounts] == ["few"]
    assert of(snapshot, "few").coverage is Coverage.ENUMERATED
    assert sum("sub-apikeys" in request for request in desk.requests()[before:]) == 1


def test_only_reading_endpoints_are_called(desk: Desk, whole: Snapshot) -> None:
    assert whole.accounts
    paths = {request.split("?")[0] for request in desk.requests()}
    assert paths <= {
        "GET /v5/user/query-api",
        "GET /v5/user/sub-apikeys",
        "GET /v5/user/submembers",
        "GET /v5/user/escrow_sub_members",
    }


def test_closed_accounts_are_not_asked_and_their_children_are_incomplete(desk: Desk) -> None:
    closed = account("main", closed=Closed(date(2026, 1, 1), "the exchange's letter"))
    before = len(desk.requests())
    snapshot = desk.observe(registry(desk.simulated, main=closed), only={"main", "few", "many"})
    assert [a.account for a in snapshot.accounts] == ["few", "many"]
    assert "its parent main is closed" in error(of(snapshot, "few"))
    assert len(desk.requests()) == before


def test_an_account_without_a_credential_is_incomplete_and_names_the_variables(desk: Desk) -> None:
    environ = {name: value for name, value in desk.environ().items() if "OTHER" not in name}
    snapshot = desk.observe(environ=environ)
    found = error(of(snapshot, "other"))
    assert "KEYCTL_READ_BYBIT_SANDBOX_OTHER_KEY" in found and "KEYCTL_READ_BYBIT_SANDBOX_OTHER_SECRET" in found
    assert of(snapshot, "few").coverage is Coverage.ENUMERATED


def test_half_a_credential_makes_the_whole_group_incomplete(desk: Desk) -> None:
    environ = desk.environ()
    del environ["KEYCTL_READ_BYBIT_SANDBOX_MAIN_SECRET"]
    snapshot = desk.observe(environ=environ)
    for name in ("main", "few", "many", "bare"):
        assert "KEYCTL_READ_BYBIT_SANDBOX_MAIN_SECRET is not set" in error(of(snapshot, name))
    assert of(snapshot, "other").coverage is Coverage.DECLARED_ONLY


def test_a_credential_of_another_account_makes_the_account_and_its_children_incomplete(desk: Desk) -> None:
    environ = desk.environ()
    for part in ("KEY", "SECRET"):
        environ[f"KEYCTL_READ_BYBIT_SANDBOX_MAIN_{part}"] = environ[f"KEYCTL_READ_BYBIT_SANDBOX_OTHER_{part}"]
    snapshot = desk.observe(environ=environ)
    assert "belongs to account 3000, and the registry says uid 1000" in error(of(snapshot, "main"))
    for name in ("few", "many", "bare"):
        assert "its parent main could not be used" in error(of(snapshot, name))
        assert of(snapshot, name).keys == ()


def test_a_revoked_credential_is_not_used_at_all(desk: Desk) -> None:
    used = desk.environ()["KEYCTL_READ_BYBIT_SANDBOX_MAIN_KEY"]
    before = len(desk.requests())
    for spelling in (used, used.swapcase()):
        snapshot = desk.observe(registry(desk.simulated, tombstones=(spelling,)), only={"main", "few"})
        main = of(snapshot, "main")
        assert "is revoked" in error(main)
        assert main.credential is not None and main.credential.text == used
        assert "its parent main could not be used" in error(of(snapshot, "few"))
    assert len(desk.requests()) == before


def test_a_wrong_secret_is_an_invalid_credential(desk: Desk) -> None:
    environ = {**desk.environ(), "KEYCTL_READ_BYBIT_SANDBOX_MAIN_SECRET": "another-secret-entirely"}
    snapshot = desk.observe(environ=environ)
    found = error(of(snapshot, "main"))
    assert found.startswith("credential-invalid") and "10004" in found and "MAIN" in found
    assert "another-secret-entirely" not in str(snapshot)


def test_an_unknown_credential_is_no_proof_of_deletion(desk: Desk) -> None:
    environ = {**desk.environ(), "KEYCTL_READ_BYBIT_SANDBOX_MAIN_LEDGER_KEY": UNASKED + "x"}
    declared = with_key(desk.registry, "ledger", identifier=Identifier.of_text(UNASKED + "x"))
    main = of(desk.observe(declared, environ=environ, only={"main"}), "main")
    reason = {entry.fingerprint: entry.reason for entry in main.unanswered}
    assert "10003" in reason[Identifier.of_text(UNASKED + "x").fingerprint]
    assert main.gone == frozenset()


def test_a_key_s_own_credential_must_be_that_key_s_and_of_that_account(desk: Desk) -> None:
    environ = desk.environ()
    for part in ("KEY", "SECRET"):
        environ[f"KEYCTL_READ_BYBIT_SANDBOX_MAIN_LEDGER_{part}"] = environ[f"KEYCTL_READ_BYBIT_SANDBOX_OTHER_{part}"]
    main = of(desk.observe(environ=environ, only={"main"}), "main")
    assert [entry.askable for entry in main.unanswered if "it holds another id" in entry.reason] == [True]
    assert [entry.askable for entry in main.unanswered if "it is not set" in entry.reason] == [False]
    stolen = environ["KEYCTL_READ_BYBIT_SANDBOX_OTHER_KEY"]
    declared = with_key(registry(desk.simulated, other=None), "ledger", identifier=Identifier.of_text(stolen))
    main = of(desk.observe(declared, environ=environ, only={"main"}), "main")
    assert any("belongs to account 3000, not to 1000" in entry.reason for entry in main.unanswered)
    assert Identifier.of_text(stolen) not in {key.identifier for key in main.keys}


def test_a_key_s_own_revoked_credential_is_not_used(desk: Desk) -> None:
    used = desk.environ()["KEYCTL_READ_BYBIT_SANDBOX_MAIN_LEDGER_KEY"]
    main = of(desk.observe(registry(desk.simulated, tombstones=(used,)), only={"main"}), "main")
    assert any("revoked" in entry.reason for entry in main.unanswered)


def test_a_retiring_id_is_asked_about_too(desk: Desk) -> None:
    declared = with_key(desk.registry, "ledger", retiring=retiring("IdThatRetires"))
    main = of(desk.observe(declared, only={"main"}), "main")
    assert Identifier.of_text("IdThatRetires").fingerprint in {entry.fingerprint for entry in main.unanswered}


def test_a_sub_account_that_the_parent_does_not_list_is_incomplete(desk: Desk) -> None:
    declared = registry(desk.simulated, few=account("few", subaccount="777", uid=None))
    assert "the parent does not list 777" in error(of(desk.observe(declared), "few"))


def test_a_sub_account_with_another_uid_is_incomplete(desk: Desk) -> None:
    declared = registry(desk.simulated, few=account("few", uid="778"))
    assert "the registry says uid 778" in error(of(desk.observe(declared), "few"))


def test_a_sub_account_at_another_place_than_its_parent_is_incomplete(desk: Desk) -> None:
    declared = registry(desk.simulated, few=account("few", environment=Environment.TESTNET))
    assert "another exchange or environment" in error(of(desk.observe(declared), "few"))


def test_a_sub_account_without_a_name_for_calls_is_incomplete(desk: Desk) -> None:
    declared = registry(desk.simulated, few=account("few", subaccount=None, uid=None))
    assert "names no `subaccount`" in error(of(desk.observe(declared), "few"))


def test_an_exchange_that_keyctl_does_not_know_is_incomplete(desk: Desk) -> None:
    declared = registry(desk.simulated, other=account("other", exchange=ExchangeId("mtgox")))
    snapshot = desk.observe(declared)
    assert "knows no exchange 'mtgox'" in error(of(snapshot, "other"))
    assert of(snapshot, "few").coverage is Coverage.ENUMERATED


def test_a_sub_account_s_own_credential_describes_itself_and_no_children(desk: Desk) -> None:
    reader = {"created": "1d ago", "ips": ["127.0.0.1"], "native": {"read_only": True}}
    own = {"uid": "1002", "parent": "main", "keys": {"few-reader": {**reader, "credential": "account"}}}
    with opened(scenario(few=own)) as changed:
        alone = account("few", parent=None, subaccount=None)
        declared = registry(changed.simulated, few=alone, bare=account("bare", parent=AccountName("few")))
        snapshot = changed.observe(declared, only={"few", "bare"})
        assert of(snapshot, "few").coverage is Coverage.DECLARED_ONLY and len(of(snapshot, "few").keys) == 1
        assert isinstance(of(snapshot, "few").subaccounts, NotObservable)
        assert "is a sub-account's own" in error(of(snapshot, "bare"))


def test_a_master_key_without_a_transfer_right_can_t_list_sub_accounts_but_reads_them(desk: Desk) -> None:
    reader = {"created": "1d ago", "ips": ["127.0.0.1"], "native": {"read_only": True}, "credential": "account"}
    with opened(scenario(main={"uid": "1000", "keys": {"main-reader": reader}})) as changed:
        snapshot = changed.observe()
        main = of(snapshot, "main")
        assert "permission-denied" in error(main) and "Wallet.SubMemberTransfer" in error(main)
        assert isinstance(main.subaccounts, NotObservable) and len(main.keys) == 1
        assert of(snapshot, "few").coverage is Coverage.ENUMERATED


def test_without_a_sandbox_its_accounts_are_incomplete_and_the_remedy_is_named(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KEYCTL_SANDBOX", raising=False)
    for url in ("", "http://203.0.113.1:80", "http://127.0.0.1:1"):
        for observed in desk.observe(sandbox=url).accounts:
            assert "KEYCTL_SANDBOX" in error(observed)


def test_accounts_share_one_rate_scope_with_their_parent() -> None:
    """The simulated exchange counts as Bybit does: ten listings a second for the master and all its sub-accounts."""
    crowd = [f"extra-{number}" for number in range(12)]
    uids = {name: str(20_000 + number) for number, name in enumerate(crowd)}
    with opened(scenario(**{name: {"uid": uids[name], "parent": "main"} for name in crowd})) as desk:
        extras = {
            AccountName(name): replace(account("bare"), name=AccountName(name), uid=uids[name], subaccount=uids[name])
            for name in crowd
        }
        declared = replace(desk.registry, accounts={**desk.registry.accounts, **extras})
        snapshot = desk.observe(declared, paced=True)
        assert [of(snapshot, name).coverage for name in crowd] == [Coverage.ENUMERATED] * 12
        assert desk.requests().count("GET /v5/user/sub-apikeys") == 12 + 7 + 2


def test_a_fault_of_keyctl_s_own_stops_no_other_group(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    from keyctl.exchanges.bybit.reader import BybitReader

    async def broken(self: object, transport: object, credential: object) -> object:
        await asyncio.sleep(0)
        raise KeyError("canary-of-a-value")

    monkeypatch.setattr(BybitReader, "inspect", broken)
    snapshot = desk.observe()
    for observed in snapshot.accounts:
        assert "keyctl itself failed: KeyError at test_observe.py" in error(observed)
        assert "canary" not in error(observed)


def test_times_are_of_this_run(whole: Snapshot) -> None:
    assert whole.taken_at.tzinfo is not None
    assert all(observed.observed_at >= whole.taken_at for observed in whole.accounts)


def test_progress_names_every_account_once(desk: Desk) -> None:
    lines: list[str] = []
    desk.observe(progress=lines.append)
    assert sorted(line.split(":")[0] for line in lines) == ["bare", "few", "main", "many", "other"]


@pytest.mark.parametrize("fault", [None, "drop", "html", "server-error", "truncate", "clock-skew"])
def test_no_secret_leaves_an_observation(
    desk: Desk, fault: str | None, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    for name in ("", "ccxt", "ccxt.base.exchange", "aiohttp.client", "asyncio"):
        caplog.set_level(logging.DEBUG, logger=name)
    if fault is not None:
        desk.fault("GET /v5/user", fault)
    lines: list[str] = []
    snapshot = desk.observe(progress=lines.append)
    said = "".join([repr(snapshot), str(snapshot), *lines, caplog.text, *capfd.readouterr()])
    said += "".join(str(vars(record)) for record in caplog.records if not record.name.startswith("aiohttp.server"))
    secrets = [value for name, value in desk.environ().items() if name.endswith("_SECRET")]
    assert len(secrets) == 3
    assert not any(secret in said for secret in secrets)
    assert "api-sign" not in said.lower() and "recv" not in said.lower()
