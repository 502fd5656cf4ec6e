"""Status as people run it: from the files alone, and with the exchanges."""

from __future__ import annotations

import json
from typing import Any

import pytest

from keyctl.registry.schema import decided_errors, validity
from tests.cli.conftest import Serve
from tests.cli.program import keyctl
from tests.history.repository import Repository

AT = ("--at", "2026-11-25T12:00:00Z")


def status(*arguments: str) -> tuple[int, dict[str, Any]]:
    ran = keyctl("status", *AT, "--format", "json", *arguments)
    document: dict[str, Any] = json.loads(ran.out)
    assert validity("status")(document), decided_errors("status", document)
    return ran.status, document


def row(document: dict[str, Any], key: str | None, *, retiring: bool = False) -> dict[str, Any]:
    found: dict[str, Any] = next(r for r in document["keys"] if (r["key"], r["retiring"]) == (key, retiring))
    return found


def test_without_exchanges_every_key_and_its_days(example: Repository) -> None:
    code, document = status()
    assert code == 0 and document["live"] is False and document["ids"] is None
    quotes = row(document, "hedger-quotes")
    assert (quotes["state"], quotes["status"], quotes["seen"]) == ("issued", None, None)
    assert (quotes["owner"], quotes["scopes"], quotes["revoked"]) == ("hedger", ["read", "trade.spot"], 2)
    assert quotes["ips"] == ["203.0.113.10/32", "203.0.113.16/30"] and quotes["networks"] == ["trading-nat"]
    assert quotes["days_left"] == 279
    assert row(document, "signals-spot", retiring=True)["state"] == "retiring"
    assert "--live" in keyctl("status").out


def test_it_is_0_whatever_the_calendar_says(example: Repository) -> None:
    code, document = status("--only", "app=hedger", "--at", "2028-01-01")
    assert code == 0 and document["partial"] is True
    assert {r["state"] for r in document["keys"]} == {"expired"} and len(document["keys"]) >= 2


def test_wrong_files_are_1_and_blocked_ones_3(example: Repository) -> None:
    file = example.path / "keys.d" / "ledger" / "ledger.yaml"
    whole = file.read_text()
    file.write_text(whole.replace("ZUeKq0qxxnkTcwMvgn", "ZLF5Ajsu5a5QXZI2lY"))
    code, document = status()
    assert code == 3 and row(document, "ledger")["state"] == "revoked"
    file.write_text("account: [\n")
    code, document = status()
    assert code == 1 and document["keys"] == []


def test_one_key_with_every_id_that_it_ever_had(example: Repository) -> None:
    file = "keys.d/ledger/ledger.yaml"
    text = (example.path / file).read_text()
    entry = "revoked:\n  - {id: ZUeKq0qxxnkTcwMvgn, on: 2026-11-20, reason: rotated}\n"
    example.commit({file: text.replace("id: ZUeKq0qxxnkTcwMvgn", "id: NewLedgerKey000001") + entry})
    code, document = status("ledger")
    assert code == 0 and [r["key"] for r in document["keys"]] == ["ledger"]
    assert [(held["display"], held["holding"], held["reason"]) for held in document["ids"]] == [
        ("ZUeK…", "revoked", "rotated"),
        ("NewL…", "current", None),
    ]
    assert all(held["since"] for held in document["ids"])
    for name in ("text", "markdown"):
        shown = keyctl("status", "ledger", "--format", name).out
        assert "ZUeK…" in shown and "rotated" in shown and "ZUeKq0qxxn" not in shown
    assert "ZUeKq0qxxnkTcwMvgn" in keyctl("status", "ledger", "--full-ids").out


def test_with_exchanges_it_says_what_reconcile_says_and_more(example: Repository, serve: Serve) -> None:
    serve("demo")
    code, document = status("--live")
    compared = keyctl("reconcile", *AT, "--format", "json")
    assert code == compared.status == 3
    reconciled = json.loads(compared.out)
    same = ("key", "account", "owner", "fingerprint", "display", "status", "statuses", "unknown", "changes")
    assert [{name: r[name] for name in same} for r in document["keys"]] == reconciled["keys"]
    assert document["findings"] == reconciled["findings"] and document["exit_reasons"] == reconciled["exit_reasons"]
    ledger = row(document, "ledger")
    assert ledger["seen"]["scopes"] == ["keys.manage", "read", "withdraw"] and ledger["scopes"] == ["read"]
    assert ledger["seen"]["last_used_at"] == "unknown" and ledger["seen"]["created_at"] == "2026-09-01T08:10:00Z"
    assert row(document, "keyctl-bybit-treasury")["seen"] is None
    stray = row(document, None)
    assert (stray["state"], stray["scopes"]) == (None, None) and stray["seen"]["ips"] == "any"


@pytest.mark.parametrize("columns", ["40", "80", "200"])
def test_it_fits_the_terminal(example: Repository, serve: Serve, monkeypatch: pytest.MonkeyPatch, columns: str) -> None:
    serve("demo")
    monkeypatch.setenv("COLUMNS", columns)
    shown = keyctl("status", "--live", *AT).out
    assert max(map(len, shown.splitlines())) <= int(columns)
    assert all(word in shown for word in ("hedger-quotes", "reactivated", "unknown"))


def test_wrong_usage_and_unknown_keys(example: Repository) -> None:
    assert keyctl("status", "nowhere").status == 1
    assert "exchange-keyctl log nowhere" in keyctl("status", "nowhere").err
    assert keyctl("status", "ledger", "--only", "app=ledger").status == 64
    assert keyctl("status", "--snapshot", "x.json").status == 64
    assert keyctl("status", "--format", "sarif").status == 64


ADDRESS = "0x" + "Ab" * 20


def test_apps_that_sign_with_a_wallet_are_in_the_inventory(example: Repository) -> None:
    accounts, apps = example.path / "registry" / "accounts.yaml", example.path / "registry" / "apps.yaml"
    accounts.write_text(accounts.read_text() + "hl: {exchange: hyperliquid}\n")
    wallet = f"wallet: {{venue: hyperliquid, chain: arbitrum, address: '{ADDRESS}'}}"
    apps.write_text(apps.read_text() + f"signer: {{team: perps, kind: internal, access: wallet, {wallet}}}\n")
    code, document = status()
    assert code == 0
    (shown,) = document["wallets"]
    assert (shown.pop("fingerprint")[:7], shown) == (
        "sha256:",
        {
            "app": "signer",
            "team": "perps",
            "venue": "hyperliquid",
            "exchange": "hyperliquid",
            "chain": "arbitrum",
            "display": "0xab…",
        },
    )
    for name in ("text", "markdown"):
        told = keyctl("status", *AT, "--format", name).out
        assert all(word in told for word in ("Apps that sign with a wallet", "signer", "arbitrum", "0xab…", "perps"))
        assert ADDRESS.lower() not in told
        assert ADDRESS.lower() in keyctl("status", *AT, "--format", name, "--full-ids").out
    _, whole = status("--full-ids")
    assert whole["wallets"][0]["address"] == ADDRESS.lower()
    assert [one["app"] for one in status("--only", "app=signer")[1]["wallets"]] == ["signer"]
    assert status("ledger")[1]["wallets"] == [] and status("--only", "app=ledger")[1]["wallets"] == []
    assert "Apps that sign" not in keyctl("status", "ledger", *AT).out


def test_accounts_that_keyctl_can_t_ask_leave_a_reconcile_incomplete(example: Repository, serve: Serve) -> None:
    serve("example")
    accounts = example.path / "registry" / "accounts.yaml"
    accounts.write_text(accounts.read_text() + "hl: {exchange: hyperliquid}\n")
    scopes = "[read, trade.spot, trade.futures, earn, transfer.internal, transfer.subaccount, 'other:account.settings']"
    agent = f"account: hl\nowner: hedger\nid: '{ADDRESS}'\nscopes: {scopes}\nips: any\nexpires: 2027-02-28\n"
    policy = example.path / "registry" / "policy.yaml"
    policy.write_text(policy.read_text() + "exchanges: {hyperliquid: {least-scope: {severity: off}}}\n")
    (example.path / "keys.d" / "hedger" / "agent.yaml").write_text(agent)
    ran = keyctl("reconcile", *AT, "--format", "json")
    document = json.loads(ran.out)
    assert validity("comparison")(document), decided_errors("comparison", document)
    assert (ran.status, document["exit_reasons"]) == (4, ["incomplete"])
    (found,) = (one for one in document["findings"] if one["key"] == "agent" and one["rule"] == "unobservable")
    assert "keyctl can't ask Hyperliquid yet" in found["message"]
    assert [one["coverage"] for one in document["accounts"] if one["name"] == "hl"] == ["declared-only"]
    assert keyctl("doctor").status == 0, "no credential is wanted"
    assert keyctl("observe", "agent", "--out", "../own.json").status == 1
