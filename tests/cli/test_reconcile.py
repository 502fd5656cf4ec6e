"""Reconcile as people run it: a real repository, real HTTP."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from keyctl.registry.schema import decided_errors, validity
from keyctl.sandbox.running import Sandbox
from tests.cli.conftest import Serve
from tests.cli.program import keyctl
from tests.history.repository import Repository

AT = ("--at", "2026-11-25T12:00:00Z")


def reconcile(*arguments: str) -> tuple[int, dict[str, Any]]:
    ran = keyctl("reconcile", *AT, "--format", "json", *arguments)
    document: dict[str, Any] = json.loads(ran.out)
    assert validity("comparison")(document), decided_errors("comparison", document)
    return ran.status, document


def statuses(document: dict[str, Any]) -> set[tuple[str | None, str]]:
    return {(row["key"], row["status"]) for row in document["keys"]}


def test_the_example_is_in_sync_and_exits_0(example: Repository, serve: Serve) -> None:
    sandbox = serve("example")
    status, document = reconcile()
    assert status == 0, document["findings"]
    assert {row["status"] for row in document["keys"] if row["key"] != "arbitrage-perps"} == {"in-sync"}
    assert ("arbitrage-perps", "ended") in statuses(document), "it expired, and Bybit lists it no more"
    assert {finding["severity"] for finding in document["findings"]} == {"info"}
    assert document["exit_reasons"] == [] and document["actions"] == []
    assert document["commit"] == example.head() and document["dirty"] is False
    with urllib.request.urlopen(f"{sandbox.control_url}/requests") as answer:
        requests = json.load(answer)
    assert requests and not any(request["write"] for request in requests)


def test_the_same_input_gives_the_same_bytes(example: Repository, serve: Serve) -> None:
    serve("demo")
    for name in ("json", "text", "markdown"):
        first = keyctl("reconcile", *AT, "--format", name)
        assert keyctl("reconcile", *AT, "--format", name) == first


def test_after_a_bad_week_every_row_says_what_happened(example: Repository, serve: Serve) -> None:
    sandbox = serve("demo")
    status, document = reconcile()
    with urllib.request.urlopen(f"{sandbox.control_url}/requests") as answer:
        assert not any(request["write"] for request in json.load(answer)), "planning cannot write (law 7)"
    assert status == 3
    assert document["exit_reasons"] == ["blocked", "differences", "incomplete"]
    assert {
        ("hedger-perps", "in-sync"),
        ("hedger-quotes", "drifted"),
        ("hedger-quotes", "reactivated"),
        ("hedger-options", "reactivated"),
        ("basis-okx", "drifted"),
        ("ledger", "drifted"),
        ("arbitrage-spot", "missing"),
        ("arbitrage-perps", "expired"),
        ("keyctl-bybit-treasury", "unobservable"),
        (None, "unmanaged"),
    } <= statuses(document)
    widened = next(row for row in document["keys"] if row["key"] == "hedger-quotes" and row["status"] == "drifted")
    assert [(change["field"], change["risk"]) for change in widened["changes"]] == [("ips", "escalation")]
    coverage = {account["name"]: account["coverage"] for account in document["accounts"]}
    assert coverage["bybit-treasury"] == "incomplete" and coverage["bybit-mm"] == "enumerated"


def test_without_credentials_nothing_is_in_sync(example: Repository) -> None:
    status, document = reconcile()
    assert status == 4
    assert {row["status"] for row in document["keys"]} == {"unobservable"}
    assert {account["coverage"] for account in document["accounts"]} == {"incomplete"}
    told = " ".join(finding["message"] for finding in document["findings"])
    assert "KEYCTL_READ_BYBIT_SANDBOX_BYBIT_MAIN" in told


def test_a_snapshot_of_one_run_fills_what_another_can_not_see(
    example: Repository, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve("example")
    assert reconcile("--save-snapshot", "../snapshot.json")[0] == 0
    read = json.loads(Path("../snapshot.json").read_text())
    assert validity("snapshot")(read), decided_errors("snapshot", read)
    monkeypatch.delenv("KEYCTL_SANDBOX")
    assert reconcile()[0] == 4
    status, document = reconcile("--snapshot", "../snapshot.json")
    assert status == 0, document["findings"]
    for broken in ("{}", "nonsense"):
        Path("../broken.json").write_text(broken)
        assert keyctl("reconcile", *AT, "--snapshot", "../broken.json").status == 1


def test_one_account_alone_is_partial_and_asks_no_other(example: Repository, serve: Serve) -> None:
    serve("demo")
    status, document = reconcile("--only", "account=bybit-vendor")
    assert status == 0 and document["partial"] is True
    assert {row["account"] for row in document["keys"]} == {"bybit-vendor"}
    status, document = reconcile("--only", "key=hedger-perps")
    assert status == 3, "a revoked id on the account is told whatever was asked for"
    assert keyctl("reconcile", "--only", "account=nowhere").status == 1


def test_wrong_files_stop_it_before_any_request(example: Repository, serve: Serve) -> None:
    sandbox = serve("example")
    (example.path / "keys.d" / "broken.yaml").write_text("account: [\n")
    status, document = reconcile()
    assert status == 1 and document["keys"] == [] and document["registry_digest"] is None
    with urllib.request.urlopen(f"{sandbox.control_url}/requests") as answer:
        assert json.load(answer) == []


def test_whole_ids_only_on_request(example: Repository, serve: Serve) -> None:
    serve("example")
    written = keyctl("reconcile", *AT, "--format", "json").out
    assert "W83Q8eDvJaEdoUvUzg" not in written
    assert "W83Q8eDvJaEdoUvUzg" in keyctl("reconcile", *AT, "--format", "json", "--full-ids").out


def test_every_format_says_what_is_wrong(example: Repository, serve: Serve) -> None:
    serve("demo")
    ran = keyctl(
        "reconcile", *AT, "--output", "markdown=../r.md", "--output", "json=../r.json", "--output", "text=../r.txt"
    )
    assert ran.status == 3
    for text in (ran.out, Path("../r.md").read_text(), Path("../r.txt").read_text()):
        assert "reactivated" in text and "hedger-quotes" in text and "sha256:7796" in text
    assert json.loads(Path("../r.json").read_text())["summary"]["reactivated"] == 2


def test_warnings_count_when_asked_to(example: Repository, serve: Serve) -> None:
    serve("example")
    late = ("reconcile", "--at", "2027-08-25", "--format", "json", "--only", "key=arbitrage-spot")
    ran = keyctl(*late)
    assert ran.status == 0 and json.loads(ran.out)["keys"][0]["status"] == "expiring"
    assert keyctl(*late, "--fail-on", "warning").status == 2


def test_a_key_that_was_touched_since_an_earlier_snapshot_is_found(example: Repository, serve: Serve) -> None:
    sandbox = serve("example")
    assert reconcile("--save-snapshot", "../earlier.json")[0] == 0
    assert reconcile("--previous", "../earlier.json")[0] == 0
    with urllib.request.urlopen(f"{sandbox.control_url}/state") as answer:
        world = json.load(answer)
    world["exchanges"]["bybit"]["accounts"]["bybit-arb"]["keys"]["arbitrage-spot"]["label"] = "renamed by hand"
    body = json.dumps(world).encode()
    urllib.request.urlopen(urllib.request.Request(f"{sandbox.control_url}/state", body, method="PUT")).close()
    assert reconcile()[0] == 0
    status, document = reconcile("--previous", "../earlier.json")
    assert status == 2
    loud = [(one["rule"], one["key"]) for one in document["findings"] if one["severity"] != "info"]
    assert loud == [("touched", "arbitrage-spot")]


@pytest.mark.parametrize(
    "events", [("reset_api_key",), ("changed_whitelist", "changed_whitelist"), ("disabled_api_key", "enabled_api_key")]
)
def test_what_an_exchange_s_own_log_tells_is_found_though_the_key_looks_the_same(
    events: tuple[str, ...], example: Repository, serve: Serve
) -> None:
    sandbox = serve("example")
    assert reconcile("--save-snapshot", "../earlier.json")[0] == 0
    with urllib.request.urlopen(f"{sandbox.control_url}/state") as answer:
        world = json.load(answer)
    later = datetime.now(UTC) + timedelta(seconds=2)
    world["exchanges"]["deribit"]["accounts"]["deribit-options"]["native"]["log"] += [
        {"at": f"{later + timedelta(seconds=n):%Y-%m-%dT%H:%M:%SZ}", "log": what, "data": "5Kup2eat"}
        for n, what in enumerate(events)
    ]
    body = json.dumps(world).encode()
    urllib.request.urlopen(urllib.request.Request(f"{sandbox.control_url}/state", body, method="PUT")).close()
    assert reconcile()[0] == 0
    status, document = reconcile("--previous", "../earlier.json")
    assert status == 2
    (finding,) = [one for one in document["findings"] if one["severity"] != "info"]
    assert (finding["rule"], finding["key"]) == ("touched", "hedger-options")
    assert all(what in finding["message"] for what in events)


def test_an_interrupt_ends_it_at_once_with_130(example: Repository, serve: Serve) -> None:
    sandbox = serve("example")
    fault = {"exchange": "bybit", "match": "GET /v5/", "kind": "timeout", "seconds": 60, "times": None}
    headers = {"Content-Type": "application/json"}
    body = json.dumps(fault).encode()
    urllib.request.urlopen(urllib.request.Request(f"{sandbox.control_url}/faults", body, headers)).close()
    command = [sys.executable, "-m", "keyctl", "reconcile", "--registry", str(example.path)]
    # a shell has its background jobs ignore interrupts, and so would the command if the tests are one
    inherited = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    finally:
        signal.signal(signal.SIGINT, inherited)
    with process:
        deadline = time.monotonic() + 30
        while not asked_for(sandbox) and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (130, "", "interrupted\n")


def asked_for(sandbox: Sandbox) -> bool:
    with urllib.request.urlopen(f"{sandbox.control_url}/requests") as answer:
        return bool(json.load(answer))


BALANCE_CALLS = {"/v5/asset/asset-overview", "/v5/market/tickers"}


@pytest.mark.parametrize(("scenario", "exceeds"), [("example", False), ("demo", True)])
def test_balances_are_read_only_on_request_and_kept_in_the_snapshot(
    example: Repository, serve: Serve, tmp_path: Path, scenario: str, *, exceeds: bool
) -> None:
    sandbox, file = serve(scenario), tmp_path / "snapshot.json"

    def looked(*arguments: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        keyctl("reconcile", *AT, "--save-snapshot", str(file), *arguments)
        with urllib.request.urlopen(f"{sandbox.control_url}/requests") as answer:
            requests = json.load(answer)
        document = json.loads(file.read_text())
        assert validity("snapshot")(document), decided_errors("snapshot", document)
        return {account["account"]: account["balances"] for account in document["accounts"]}, requests

    balances, requests = looked()
    assert {str(balance) for balance in balances.values()} == {"{'unknown': 'balances were not asked for'}"}
    assert not [request for request in requests if request["path"] in BALANCE_CALLS]

    balances, requests = looked("--balances")
    known = {name: balance["known"] for name, balance in balances.items() if "known" in balance}
    assert list(known) == ["bybit-vendor"], "the only account that has a limit"
    holdings = {row["asset"]: row["value"] for row in known["bybit-vendor"]["holdings"]}
    worth = sum(float(value) for value in holdings.values() if value is not None)
    assert (worth > 500) is exceeds
    assert ("VNDR" in holdings and holdings["VNDR"] is None) is exceeds
    assert sorted(request["path"] for request in requests if request["path"] in BALANCE_CALLS) == sorted(BALANCE_CALLS)
    assert not any(request["write"] for request in requests)
