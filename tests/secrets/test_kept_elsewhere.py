"""A whole run whose credentials are all kept somewhere else: observed as before, and nothing of them shown."""

from __future__ import annotations

import json
import logging
import re
import threading
from collections.abc import Iterator, Mapping
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import ClassVar

import pytest

from keyctl.exchanges.errors import Cause, ExchangeError
from keyctl.exchanges.reading import SelfView
from keyctl.reconcile.group import Group
from keyctl.sandbox.running import environment
from keyctl.secrets.sources import Credential
from keyctl.secrets.sources.catalogue import ENTRY_POINTS
from tests.canary import CANARY
from tests.cli.conftest import Serve, example, serve
from tests.cli.program import keyctl
from tests.history.repository import Repository

__all__ = ["example", "serve"]


@pytest.fixture
def drawer(example: Repository, serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with a file for each variable of the example's credentials, which are in the environment no more."""
    serve("example")
    folder = tmp_path / "drawer"
    folder.mkdir(mode=0o700)
    lines = []
    for name, value in environment("example").items():
        monkeypatch.delenv(name)
        file = folder / name.lower()
        file.write_text(value + "\n")
        file.chmod(0o400)
        lines.append(f"{name} = file:{file}\n")
    (folder / "credentials").write_text("".join(lines))
    (folder / "credentials").chmod(0o600)
    monkeypatch.setenv("KEYCTL_CREDENTIALS", str(folder / "credentials"))
    yield folder
    for file in folder.iterdir():
        file.unlink()


def test_a_run_fetches_them_and_shows_none(drawer: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        runs = [
            keyctl("--debug", *words) for words in (["reconcile"], ["doctor"], ["observe", "ledger", "--out", "../o"])
        ]
    assert [run.status for run in runs[:2]] == [0, 0], runs[0].out + runs[0].err
    told = "".join(run.out + run.err for run in runs) + caplog.text
    assert not CANARY.search(told.encode())


@pytest.mark.parametrize(
    "words",
    [["reconcile"], ["doctor"], ["observe", "ledger", "--out", "../own.json"]],
    ids=" ".join,
)
def test_an_adapter_that_forgets_itself_does_not_show_what_was_fetched(
    drawer: Path, words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def forgetful(_group: Group, _transport: object, credential: Credential) -> SelfView:
        raise ExchangeError(Cause.TRANSPORT, f"no answer to {credential.secret.reveal()}", "run again")

    monkeypatch.setattr(Group, "inspect", forgetful)
    ran = keyctl(*words)
    assert ran.status in (2, 4)
    said = re.sub(r"\s+", " ", ran.out + ran.err)
    assert "no answer to [redacted]" in said
    assert not CANARY.search(said.encode())


def test_one_that_can_t_be_fetched_leaves_the_others_as_they_are(drawer: Path) -> None:
    gone = drawer / "keyctl_read_bybit_sandbox_bybit_treasury_secret"
    gone.unlink()
    ran = keyctl("reconcile")
    assert ran.status == 4, ran.out + ran.err
    said = re.sub(r"\s+", " ", ran.out)
    assert "KEYCTL_READ_BYBIT_SANDBOX_BYBIT_TREASURY_SECRET can't be fetched" in said
    assert ran.out.count("can't be fetched") == 1
    checked = keyctl("doctor", "--format", "json")
    unusable = [row for row in json.loads(checked.out)["credentials"] if row["acceptance"] == "unusable"]
    assert [row["account"] for row in unusable] == ["bybit-treasury"]


def test_a_mapping_that_is_wrong_fails_the_run_and_says_where(drawer: Path) -> None:
    with (drawer / "credentials").open("a") as file:
        file.write("something else\n")
    number = len((drawer / "credentials").read_text().splitlines())
    for words in (["reconcile"], ["doctor"], ["plan"], ["observe", "ledger", "--out", "../own.json"]):
        ran = keyctl(*words)
        assert ran.status == 1
        assert f"credentials:{number}: it must begin with the name" in ran.err


class Slow:
    """A source that gives nothing until two have asked."""

    meeting: ClassVar[threading.Barrier]

    def __init__(self, environ: Mapping[str, str]) -> None:
        pass

    def fetch(self, rest: str) -> str:
        self.meeting.wait(10)
        return Path(rest).read_text().strip()


@pytest.mark.parametrize("command", ["reconcile", "doctor"])
def test_accounts_do_not_wait_for_each_other_s_secrets(
    drawer: Path, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    point = EntryPoint("slow", f"{__name__}:Slow", ENTRY_POINTS)
    monkeypatch.setattr("importlib.metadata.entry_points", lambda group: [point] if group == ENTRY_POINTS else [])
    monkeypatch.setenv("KEYCTL_PLUGINS", "slow")
    Slow.meeting = threading.Barrier(2)
    mapping = drawer / "credentials"
    kept = mapping.read_text()
    for account in ("BYBIT_MAIN", "BYBIT_TREASURY"):
        line = f"KEYCTL_READ_BYBIT_SANDBOX_{account}_SECRET = "
        assert f"{line}file:" in kept
        kept = kept.replace(f"{line}file:", f"{line}slow:")
    mapping.write_text(kept)
    ran = keyctl(command)
    assert ran.status == 0, ran.out + ran.err
