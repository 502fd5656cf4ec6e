"""Observe the whole way: a key seen beside its app, and a reconcile elsewhere that merges the file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from keyctl.registry.schema import decided_errors, validity
from tests.cli.conftest import Serve
from tests.cli.program import keyctl
from tests.history.repository import Repository

AT = ("--at", "2026-11-25T12:00:00Z")
OWN = "KEYCTL_READ_BYBIT_SANDBOX_BYBIT_MAIN_LEDGER"
OUT = Path("../own.json")


def ledger(*arguments: str) -> tuple[int, str]:
    ran = keyctl("reconcile", *AT, "--only", "key=ledger", "--format", "json", *arguments)
    (row,) = [row for row in json.loads(ran.out)["keys"] if row["key"] == "ledger"]
    return ran.status, row["status"]


def test_a_key_that_only_itself_can_describe(
    example: Repository, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve("example")
    ran = keyctl("observe", "ledger", "--out", str(OUT))
    assert ran.status == 0 and "ledger was observed on bybit-main as ZUeK…" in ran.out
    document = json.loads(OUT.read_text())
    assert validity("snapshot")(document), decided_errors("snapshot", document)
    assert [account["account"] for account in document["accounts"]] == ["bybit-main"]
    assert "ZUeKq0qxxnkTcwMvgn" not in OUT.read_text()
    for part in ("KEY", "SECRET"):
        monkeypatch.delenv(f"{OWN}_{part}")
    assert ledger() == (4, "unobservable")
    assert ledger("--snapshot", str(OUT)) == (0, "in-sync")
    assert keyctl("status", "ledger", "--live", *AT, "--snapshot", str(OUT)).status == 0


def test_without_the_exchange_nothing_is_written(
    example: Repository, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve("example")
    monkeypatch.delenv("KEYCTL_SANDBOX")
    ran = keyctl("observe", "ledger", "--out", str(OUT))
    assert (ran.status, ran.out) == (4, "") and "KEYCTL_SANDBOX is not set" in ran.err
    assert not OUT.exists()


def test_what_it_refuses(example: Repository, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    serve("example")
    assert keyctl("observe", "nobody", "--out", str(OUT)).status == 1
    assert keyctl("observe", "ledger", "--out", "../nowhere/own.json").status == 1
    assert keyctl("observe", "ledger").status == 64
    assert "is not set" in keyctl("observe", "hedger-quotes", "--out", str(OUT)).err
    monkeypatch.setenv(f"{OWN}_KEY", "AnotherKey00000001")
    assert "declares ZUeK…" in keyctl("observe", "ledger", "--out", str(OUT)).err
    file = example.path / "keys.d" / "ledger" / "ledger.yaml"
    file.write_text(file.read_text().replace("ZUeKq0qxxnkTcwMvgn", "ZLF5Ajsu5a5QXZI2lY"))
    monkeypatch.setenv(f"{OWN}_KEY", "ZLF5Ajsu5a5QXZI2lY")
    ran = keyctl("observe", "ledger", "--out", str(OUT))
    assert ran.status == 3 and "credential-revoked" in ran.out
    file.write_text("account: [\n")
    assert keyctl("observe", "ledger", "--out", str(OUT)).status == 1
    assert not OUT.exists()
