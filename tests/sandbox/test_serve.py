from __future__ import annotations

import json
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from select import select
from urllib.parse import urlsplit

import pytest

from keyctl.sandbox.invented import CANARY
from keyctl.sandbox.running import Sandbox, ScenarioError, running, serve
from tests.sandbox.caller import Caller, caller, control, fetch

ROOT = Path(__file__).parents[2]


@contextmanager
def process(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    started = subprocess.Popen(
        [sys.executable, "-m", "tests.sandbox.serving", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield started
    finally:
        if started.poll() is None:
            started.kill()
        started.communicate()


def ready(started: subprocess.Popen[str]) -> Sandbox:
    assert started.stdout is not None
    line = json.loads(started.stdout.readline())
    return Sandbox(line["control"], line["exchanges"])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_serving_cleanly(number: signal.Signals) -> None:
    with process("example") as started:
        sandbox = ready(started)
        assert caller(sandbox, "example", "keyctl-bybit-main").ask("/v5/user/query-api").code == 0
        started.send_signal(number)
        out, err = started.communicate(timeout=30)
        assert (started.returncode, out, err) == (0, "", "")
    with pytest.raises(ConnectionError):
        fetch(sandbox.control_url, "GET", "/")


def test_stopping_does_not_wait_for_requests_that_hang() -> None:
    fault = {"exchange": "bybit", "match": "GET /", "kind": "timeout", "times": 1, "seconds": 600}
    with process("example") as started:
        sandbox = ready(started)
        control(sandbox, "POST", "/faults", fault)
        with ExitStack() as open_until_stopped:
            sockets = []
            for _ in range(2):
                connection = HTTPConnection(urlsplit(sandbox.exchanges["bybit"]).netloc)
                open_until_stopped.callback(connection.close)
                connection.request("GET", "/v5/market/time")
                sockets.append(connection.sock)
            answered, _, _ = select(sockets, [], [], 30)
            assert len(answered) == 1  # so the other one is the one that hangs
            started.send_signal(signal.SIGTERM)
            assert started.wait(timeout=30) == 0


def test_the_state_file_carries_the_world_from_one_run_to_the_next(tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    with process("example", str(state)) as started:
        sandbox = ready(started)
        world = control(sandbox, "GET", "/state").body
        del world["exchanges"]["bybit"]["accounts"]["bybit-mm"]["keys"]["hedger-perps"]
        assert control(sandbox, "PUT", "/state", world).status == 204
        started.send_signal(signal.SIGTERM)
        started.communicate(timeout=30)
    assert stat.S_IMODE(state.stat().st_mode) == 0o600
    assert CANARY not in state.read_text()
    assert list(tmp_path.iterdir()) == [state]
    with running("example", state=state) as sandbox:
        keys = caller(sandbox, "example", "keyctl-bybit-main").ask("/v5/user/sub-apikeys", "subMemberId=90210011")
        assert [key["note"] for key in keys.result["result"]] == ["hedger quotes"]


def test_a_state_of_another_scenario_is_refused(tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    with running("demo", state=state):
        pass
    with pytest.raises(ScenarioError, match="'demo'"), running("example", state=state):
        pass


def test_a_state_that_is_no_yaml_is_refused_and_kept(tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    state.write_text("{")
    with pytest.raises(ScenarioError, match=r"state\.json"), running("example", state=state):
        pass
    assert state.read_text() == "{"


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::", "localhost.example"])
def test_only_loopback_addresses_are_served(host: str) -> None:
    with pytest.raises(ScenarioError, match="loopback"):
        serve("example", announce=print, host=host)


def test_two_sandboxes_run_side_by_side() -> None:
    with running("example") as one, running("demo") as other:
        assert one.control_url != other.control_url
        for sandbox, scenario in ((one, "example"), (other, "demo")):
            calling: Caller = caller(sandbox, scenario, "keyctl-bybit-main")
            assert calling.ask("/v5/user/query-api").code == 0


def test_asking_for_names_and_credentials_loads_no_server() -> None:
    code = (
        "import sys; from keyctl.sandbox.running import environment, scenario_names;"
        "scenario_names(); environment('example'); print('aiohttp' in sys.modules,"
        "[m for m in sys.modules if m.startswith('keyctl.') and not m.startswith('keyctl.sandbox')])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False []"
