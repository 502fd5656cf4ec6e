"""The sandbox from the command line: shipped scenarios, generated ones, files of one's own."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.canary import CANARY
from tests.cli.program import keyctl

OWN = "base: example\nname: own\nsummary: one's own\nexchanges: {okx: null, deribit: null}\n"


@pytest.fixture
def own(tmp_path: Path) -> Path:
    path = tmp_path / "own.yaml"
    path.write_text(OWN)
    return path


def names(*arguments: str) -> set[str]:
    """The names of the variables that ``sandbox env`` prints."""
    ran = keyctl("sandbox", "env", *arguments)
    assert ran.status == 0, ran.err
    lines = ran.out.splitlines()
    assert all(line.startswith(("export KEYCTL_READ_", "export KEYCTL_WRITE_")) for line in lines)
    return {line.removeprefix("export ").partition("=")[0] for line in lines}


def test_every_scenario_is_listed_with_what_it_is() -> None:
    ran = keyctl("sandbox", "scenarios")
    assert ran.status == 0
    assert [line.split()[0] for line in ran.out.splitlines()] == ["clients", "demo", "example", "large"]


def test_credentials_are_printed_for_names_sizes_and_files(own: Path) -> None:
    assert "KEYCTL_READ_OKX_SANDBOX_OKX_MAIN_PASSPHRASE" in names()
    assert len(names("--scenario", "large:3:5")) == 2 * 3 + 1
    assert {name.split("_")[2] for name in names("--scenario", str(own))} == {"BYBIT"}


@pytest.mark.parametrize("scenario", ["nowhere", "large:1:1", "no-such-file.yaml", "demo-edits"])
def test_what_is_no_scenario_is_refused_with_those_that_are(scenario: str) -> None:
    for command in ("env", "serve"):
        ran = keyctl("sandbox", command, "--scenario", scenario)
        assert ran.status == 1 and scenario in ran.err and ran.out == ""


def test_a_file_is_served(own: Path) -> None:
    command = [sys.executable, "-m", "keyctl", "sandbox", "serve", "--scenario", str(own)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as server:
        try:
            assert server.stdout is not None
            ready = json.loads(server.stdout.readline())
            with urllib.request.urlopen(f"{ready['control']}/state") as answer:
                state = answer.read()
        finally:
            server.terminate()
            out, err = server.communicate(timeout=30)
    assert list(ready["exchanges"]) == ["bybit"] and json.loads(state)["name"] == "own"
    assert (server.returncode, out, err) == (0, b"", b"") and not CANARY.search(state)
