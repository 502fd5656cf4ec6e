"""Deribit from the registry to the finding: a real sandbox, two accounts, each with a credential of its own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from keyctl.model.account import Account, Closed, Environment
from keyctl.model.comparison import Status
from keyctl.model.live import Coverage, Snapshot
from keyctl.model.names import AccountName
from keyctl.model.observed import Known, NotObservable, value_of
from keyctl.reconcile.snapshots import document
from keyctl.sandbox.credentials import environment
from keyctl.sandbox.running import Scenario, running
from tests.canary import CANARY
from tests.cli.program import Ran, keyctl
from tests.exchanges.deribit.desk import LEAKED, Deribit, opened, registry, repository, scenario
from tests.history.repository import ENVIRONMENT
from tests.reconcile.desk import of

PRIVATE = "GET /api/v2/private/"
LIST, SUMMARY = PRIVATE + "list_api_keys", PRIVATE + "get_account_summary"
MEMBERS, LOG = PRIVATE + "get_subaccounts", PRIVATE + "get_access_log"
BOTH = {"drb-main", "drb-options"}
SUFFERERS = {LIST: BOTH, SUMMARY: BOTH, MEMBERS: {"drb-main"}}
ANYWHERE = [
    ("rate-limit", {}, "rate-limited"),
    ("rate-limit", {"status": 200}, "rate-limited"),
    ("server-error", {}, "transport"),
    ("server-error", {"status": 500, "body": "json"}, "transport"),
    ("timeout", {"seconds": 0.4}, "transport"),
    ("drop", {}, "transport"),
    ("commit-then-drop", {}, "transport"),
    ("truncate", {}, "malformed"),
    ("html", {}, "malformed"),
    ("empty-list", {}, "malformed"),
    ("clock-skew", {"seconds": 3600}, "clock-skew"),
    ("clock-skew", {"seconds": -3600}, "clock-skew"),
    ("reshape", {"patch": {"error": {"code": 13021}}}, "permission-denied"),
    ("reshape", {"patch": {"error": {"code": 13403}}}, "permission-denied"),
    ("reshape", {"patch": {"error": {"code": 13668}}}, "two-factor"),
    ("reshape", {"patch": {"error": {"code": "13021"}}}, "malformed"),
    ("reshape", {"patch": {"error": {"code": 424242}}}, "malformed"),
    ("reshape", {"patch": {"error": "canary"}}, "malformed"),
    ("reshape", {"patch": {"result": None}}, "malformed"),
    ("reshape", {"patch": {"result": {"security_key_authorization_required": True}}}, "two-factor"),
    ("reshape", {"patch": {"testnet": None}}, "malformed"),
    ("reshape", {"patch": {"testnet": True}}, "malformed"),
    ("reshape", {"patch": []}, "malformed"),
]


@pytest.fixture
def desk() -> Iterator[Deribit]:
    with opened() as running_desk:
        yield running_desk


def suffered(desk: Deribit, snapshot: Snapshot, cause: str, names: set[str]) -> None:
    """Exactly these accounts are incomplete by this cause, with a remedy, and nothing of them is missing or in sync."""
    for observed in snapshot.accounts:
        if observed.account not in names:
            assert observed.coverage is Coverage.ENUMERATED, observed
            continue
        assert observed.coverage is Coverage.INCOMPLETE, observed
        assert observed.error is not None and cause in observed.error and ";" in observed.error
        assert "canary" not in observed.error
        assert observed.gone == frozenset()
    for row in desk.compared(snapshot).keys:
        if row.account in names:
            assert Status.MISSING not in row.statuses and Status.IN_SYNC not in row.statuses


def test_both_accounts_are_enumerated_and_in_sync_by_reading_calls_only(desk: Deribit) -> None:
    snapshot = desk.observe()
    assert {observed.coverage for observed in snapshot.accounts} == {Coverage.ENUMERATED}
    compared = desk.compared(snapshot)
    assert compared.findings == ()
    assert {row.status for row in compared.keys} == {Status.IN_SYNC} and len(compared.keys) == 4
    assert {request.split("?")[0] for request in desk.requests()} == {LIST, SUMMARY, MEMBERS, LOG}


def test_a_main_account_s_key_can_do_more_by_the_same_right(desk: Deribit) -> None:
    snapshot = desk.observe()
    (treasury,) = [key for key in of(snapshot, "drb-main").keys if key.identifier.text == "Treas-01"]
    assert "withdraw" in (value_of(treasury.scopes) or ()) and treasury.assumptions == ()
    (quotes,) = [key for key in of(snapshot, "drb-options").keys if key.identifier.text == "Quotes-1"]
    assert "other:move_positions" not in (value_of(quotes.scopes) or ())


def test_the_log_says_what_was_done_to_a_key_and_when_last(desk: Deribit) -> None:
    quotes = next(key for key in of(desk.observe(), "drb-options").keys if key.identifier.text == "Quotes-1")
    assert [event.what for event in quotes.events] == ["new_api_key"]
    assert quotes.modified_at == Known(quotes.events[-1].at)
    admin = {
        "admin": {"created": "9d ago", "rights": {group: ["read_write"] for group in ("account", "trade", "wallet")}}
    }
    simulated = scenario()
    form = scenario(sub={"keys": {**_forms(simulated), **admin}})
    with opened(form) as other:
        calling = other.client("admin")
        number = calling.listed()["Quotes-1"]["id"]
        for method in ("reset_api_key", "disable_api_key", "enable_api_key"):
            assert calling.get(f"private/{method}", {"id": number}).code == 0
        moved = next(key for key in of(other.observe(), "drb-options").keys if key.identifier.text == "Quotes-1")
        wanted = ["new_api_key", "reset_api_key", "disabled_api_key", "enabled_api_key"]
        assert [event.what for event in moved.events] == wanted
        assert moved.modified_at == Known(moved.events[-1].at) and moved.modified_at != quotes.modified_at


def _forms(simulated: Scenario) -> dict[str, dict[str, object]]:
    return {
        key.name: {
            "id": key.id,
            "created": "20d ago",
            "label": key.label,
            "ips": list(key.ips),
            "rights": {group: list(levels) for group, levels in key.rights.items()},
            **({"credential": key.credential} if key.credential else {}),
        }
        for key in simulated.exchanges["deribit"].keys
        if key.account == "drb-options"
    }


@pytest.mark.parametrize("call", [LIST, SUMMARY, MEMBERS])
@pytest.mark.parametrize(("kind", "options", "cause"), ANYWHERE)
def test_a_fault_in_any_call_makes_what_it_answers_for_incomplete(
    desk: Deribit, call: str, kind: str, options: dict[str, object], cause: str
) -> None:
    desk.fault(call, kind, **options)
    snapshot = desk.observe(timeout=0.15 if kind == "timeout" else 5.0)
    suffered(desk, snapshot, cause, SUFFERERS[call])


@pytest.mark.parametrize(("kind", "options", "cause"), ANYWHERE)
def test_a_log_that_can_t_be_read_hides_no_key_and_says_why(
    desk: Deribit, kind: str, options: dict[str, object], cause: str
) -> None:
    desk.fault(LOG, kind, **options)
    snapshot = desk.observe(timeout=0.15 if kind == "timeout" else 5.0)
    suffered(desk, snapshot, "nothing", set())
    for key in (key for observed in snapshot.accounts for key in observed.keys):
        assert key.events == () and isinstance(key.modified_at, NotObservable)
        if kind != "empty-list":  # which is an honest log of nothing
            assert cause in key.modified_at.reason and "canary" not in key.modified_at.reason


@pytest.mark.parametrize("call", [LIST, SUMMARY, MEMBERS, LOG])
@pytest.mark.parametrize("kind", ["server-error", "drop", "rate-limit"])
def test_what_passes_by_itself_harms_nothing(desk: Deribit, call: str, kind: str) -> None:
    desk.fault(call, kind, times=1)
    assert desk.compared(desk.observe()).findings == ()


@pytest.mark.parametrize(("kind", "options", "cause"), ANYWHERE)
def test_a_fault_in_the_second_listing_leaves_the_account_incomplete_too(
    desk: Deribit, kind: str, options: dict[str, object], cause: str
) -> None:
    desk.fault(LIST, kind, after=1, **options)
    snapshot = desk.observe(only={"drb-options"}, timeout=0.15 if kind == "timeout" else 5.0)
    suffered(desk, snapshot, "the listing is empty" if kind == "empty-list" else cause, {"drb-options"})


def test_a_credential_of_another_account_is_not_believed(desk: Deribit) -> None:
    desk.fault(SUMMARY, "wrong-uid")
    suffered(desk, desk.observe(), "uid", BOTH)


def test_sub_accounts_that_nobody_declared_are_found_by_uid(desk: Deribit) -> None:
    desk.fault(MEMBERS, "wrong-uid", uid="7777")
    compared = desk.compared(desk.observe())
    (finding,) = compared.findings
    assert finding.rule == "subaccount-undeclared" and "7777" in finding.message and "no parent" in finding.remedy
    with opened(scenario(others={"hidden": {"uid": "5003", "parent": "drb-main"}})) as other:
        (finding,) = other.compared(other.observe()).findings
        assert finding.rule == "subaccount-undeclared" and "5003" in finding.message


def with_account(desk: Deribit, name: str, **changes: object) -> Deribit:
    accounts = dict(desk.registry.accounts)
    declared: Account = accounts[AccountName(name)]
    accounts[AccountName(name)] = replace(declared, **changes)  # type: ignore[arg-type]
    return replace(desk, registry=replace(desk.registry, accounts=accounts))


def test_a_closed_account_that_is_still_listed_is_a_finding(desk: Deribit) -> None:
    closed = Closed(on=desk.observe().taken_at.date(), evidence="a letter")
    shut = with_account(desk, "drb-options", closed=closed)
    rules = {finding.rule for finding in shut.compared(shut.observe()).findings}
    assert rules == {"subaccount-undeclared"}


def test_a_sub_account_can_t_be_read_with_its_parent_s_credential(desk: Deribit) -> None:
    wrong = with_account(desk, "drb-options", parent=AccountName("drb-main"), subaccount="5002")
    snapshot = wrong.observe()
    assert of(snapshot, "drb-main").coverage is Coverage.ENUMERATED
    assert of(snapshot, "drb-options").coverage is Coverage.INCOMPLETE
    assert "only to the sub-account's own credential" in (of(snapshot, "drb-options").error or "")


def test_an_account_of_another_system_is_not_believed(desk: Deribit) -> None:
    with opened(scenario(options={"testnet": True})) as other:
        suffered(other, other.observe(), "environment is sandbox", BOTH)
    assert Environment.SANDBOX in {account.environment for account in desk.registry.accounts.values()}


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ({"main": {"native": {"two_factor": "all"}}}, "two-factor"),
        ({"main": {"native": {"two_factor": "setup-required"}}}, "two-factor"),
        ({"options": {"stronger_keys": "refused"}}, "permission-denied"),
    ],
)
def test_a_listing_that_the_exchange_holds_back_is_not_an_empty_one(
    changes: dict[str, dict[str, object]], cause: str
) -> None:
    with opened(scenario(**changes)) as guarded:
        sufferers = BOTH if "options" in changes else {"drb-main"}
        suffered(guarded, guarded.observe(), cause, sufferers)


@pytest.mark.parametrize("options", [{"log_shape": "object"}, {"empty_list_shown": True}, {"timestamp": "modified"}])
def test_what_the_documentation_leaves_open_changes_no_verdict(options: dict[str, object]) -> None:
    with opened(scenario(options=options)) as other:
        snapshot = other.observe()
        assert other.compared(snapshot).findings == ()
        assert any(key.events for key in of(snapshot, "drb-options").keys)


def test_a_long_log_is_read_in_pages_and_only_so_far_back() -> None:
    log = [{"at": f"{minute}m ago", "log": "success"} for minute in range(1, 12_001)]
    marks = [{"at": f"{1 + minute}m ago", "log": "changed_scope", "data": "Quotes-1"} for minute in (1_500, 11_500)]
    with opened(scenario(sub={"native": {"log": [*log, *marks]}})) as other:
        quotes = next(key for key in of(other.observe(), "drb-options").keys if key.identifier.text == "Quotes-1")
        assert len(quotes.events) == 1
        assert other.requests().count(LOG) == 1 + 10
        for kind, options in (("repeat-page", {}), ("shift-page", {"by": 1}), ("shift-page", {"by": -1})):
            other.fault(LOG, kind, **options)
            assert of(other.observe(), "drb-options").coverage is Coverage.ENUMERATED
            other.heal()


def test_secrets_that_the_listing_shows_stay_outside(desk: Deribit) -> None:
    strong = {"rights": {group: ["read_write"] for group in ("account", "trade", "wallet")}}
    forms = _forms(desk.simulated)
    forms["reading-options"] = {**forms["reading-options"], **strong}
    with opened(scenario(sub={"keys": forms})) as other:
        assert all("client_secret" in row for row in other.client("reading-options").listed().values())
        snapshot = other.observe()
        assert of(snapshot, "drb-options").coverage is Coverage.ENUMERATED
        assert not CANARY.search(repr(snapshot).encode())
        assert not CANARY.search(json.dumps(document(snapshot)).encode())


@pytest.mark.parametrize("enabled", [False, True])
def test_a_revoked_key_that_is_listed_counts_as_alive_disabled_or_not(enabled: bool) -> None:
    with opened(scenario(leaked={"native": {"enabled": enabled}})) as other:
        compared = other.compared(other.observe())
        assert [row.statuses for row in compared.keys if row.identifier and row.identifier.text == LEAKED] == [
            (Status.REACTIVATED,)
        ]
        assert [finding.rule for finding in compared.findings] == ["reactivated"]


@pytest.fixture
def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The registry in a repository, with the test standing in it."""
    made = repository(tmp_path / "desk")
    monkeypatch.chdir(made.path)
    for name in ("KEYCTL_REGISTRY", "KEYCTL_PROTECTED_BRANCH", "CI_DEFAULT_BRANCH"):
        monkeypatch.delenv(name, raising=False)
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    return made.path


def reconciled(monkeypatch: pytest.MonkeyPatch, desk: Deribit) -> Ran:
    for name, value in {**environment(desk.simulated), "KEYCTL_SANDBOX": desk.sandbox.control_url}.items():
        monkeypatch.setenv(name, value)
    return keyctl("reconcile", "--format", "json", "--full-ids")


def test_the_whole_program_exits_0_in_sync_and_3_for_a_revoked_key_that_was_enabled_again(
    at_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened() as desk:
        ran = reconciled(monkeypatch, desk)
        assert ran.status == 0, ran.out
    admin = {"admin": {"created": "9d ago", "rights": {"account": ["read_write"], "trade": ["read_write"]}}}
    simulated = scenario(leaked={"native": {"enabled": False}})
    with opened(scenario(sub={"keys": {**_forms(simulated), **admin}})) as desk:
        number = desk.client("admin").listed()[LEAKED]["id"]
        assert desk.client("admin").get("private/enable_api_key", {"id": number}).code == 0
        ran = reconciled(monkeypatch, desk)
        assert ran.status == 3 and not CANARY.search((ran.out + ran.err).encode())
        told = json.loads(ran.out)
        assert told["exit_reasons"][0] == "blocked"
        (row,) = [row for row in told["keys"] if row["status"] == "reactivated"]
        assert row["account"] == "drb-options"
        assert {account["coverage"] for account in told["accounts"]} == {"enumerated"}


def test_a_state_survives_a_restart(tmp_path: Path) -> None:
    state, simulated = tmp_path / "state.json", scenario(leaked={})
    with running(simulated, state=state) as sandbox:
        pass
    with running(simulated, state=state) as sandbox:
        desk = Deribit(sandbox, simulated, registry())
        assert len(of(desk.observe(), "drb-options").keys) == 3
