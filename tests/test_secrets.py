"""Law 5: every command, every scenario, every fault, with all logging on, shows and keeps no secret."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from keyctl.sandbox.running import Sandbox, environment, scenario_names
from tests.canary import CANARY, Watch, canaries_in
from tests.cli.conftest import Serve, example, serve
from tests.cli.program import keyctl
from tests.history.repository import Repository

__all__ = ["example", "serve"]
LOOKING = [["status", "--live"], ["status", "ledger", "--live"], ["log", "ledger"], ["doctor"]]
FAULTS = [
    {"kind": "rate-limit"},
    {"kind": "server-error", "body": "html"},
    {"kind": "server-error", "body": "json"},
    {"kind": "drop"},
    {"kind": "truncate"},
    {"kind": "html"},
    {"kind": "clock-skew"},
    {"kind": "reshape", "patch": {"retCode": 10004, "retMsg": "echoed"}},
    {"kind": "reshape", "patch": {"result": None}},
]


def inject(sandbox: Sandbox, fault: dict[str, object]) -> None:
    body = json.dumps({"exchange": "bybit", "match": "* /v5/", "times": None, **fault}).encode()
    request = urllib.request.Request(f"{sandbox.control_url}/faults", body, {"Content-Type": "application/json"})
    urllib.request.urlopen(request).close()


def secrets_of(scenario: str) -> list[str]:
    return [value for name, value in environment(scenario).items() if not name.endswith("_KEY")]


@pytest.mark.parametrize("scenario", [name for name, _ in scenario_names()])
def test_every_secret_of_a_scenario_is_a_canary(scenario: str) -> None:
    assert secrets_of(scenario)
    assert all(CANARY.match(secret.encode()) for secret in secrets_of(scenario))


@pytest.mark.parametrize("scenario", [name for name, _ in scenario_names()])
def test_a_whole_run_shows_and_keeps_none(
    scenario: str, example: Repository, serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    serve(scenario)
    with caplog.at_level(logging.DEBUG):
        shown = [
            keyctl("--debug", "reconcile", "--save-snapshot", "../snapshot.json", "--full-ids", "--format", name)
            for name in ("text", "json", "markdown")
        ]
        shown.append(keyctl("reconcile", "--output", "json=../report.json", "--output", "markdown=../report.md"))
        shown.append(keyctl("tombstones", "export", "--out", "../anchor.json"))
    for name in ("text", "json", "markdown"):
        shown += [keyctl("--debug", *words, "--full-ids", "--format", name) for words in LOOKING]
    shown.append(keyctl("--debug", "observe", "ledger", "--out", "../own.json"))
    told = "".join(ran.out + ran.err for ran in shown) + caplog.text
    assert not CANARY.search(told.encode())
    assert list(canaries_in(example.path.parent)) == []


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: json.dumps(fault))
def test_no_fault_makes_one_show(
    fault: dict[str, object], example: Repository, serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    inject(serve("example"), fault)
    with caplog.at_level(logging.DEBUG):
        ran = keyctl("--debug", "reconcile", "--only", "account=bybit-treasury", "--save-snapshot", "../snapshot.json")
    assert ran.status == 4, ran.out
    assert not CANARY.search((ran.out + ran.err + caplog.text).encode())
    assert list(canaries_in(example.path.parent)) == []


def test_the_server_prints_none(tmp_path: Path) -> None:
    server = subprocess.Popen(
        [sys.executable, "-m", "keyctl", "sandbox", "serve", "--scenario", "demo", "--state", str(tmp_path / "state")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert server.stdout is not None
    ready = server.stdout.readline()
    with urllib.request.urlopen(json.loads(ready)["control"] + "/state") as answer:
        world = answer.read()
    server.terminate()
    out, err = server.communicate(timeout=30)
    assert server.returncode == 0
    assert not CANARY.search(ready + world + out + err)
    assert list(canaries_in(tmp_path)) == []


def test_the_watch_would_notice(tmp_path: Path) -> None:
    secret = secrets_of("demo")[0]
    (tmp_path / "cache").write_text(f"key: {secret}")
    assert list(canaries_in(tmp_path)) == [tmp_path / "cache"]
    (tmp_path / "cache").unlink()
    report = pytest.TestReport("a test", ("file", 0, ""), {}, "passed", None, "call", [("Captured stderr", secret)])
    watch = Watch()
    watch.pytest_runtest_logreport(report)
    assert watch.found
