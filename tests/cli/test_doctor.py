"""Doctor as people run it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from keyctl.registry.schema import decided_errors, validity
from tests.canary import CANARY
from tests.cli.conftest import Serve
from tests.cli.program import keyctl
from tests.history.repository import Repository


def doctor(*arguments: str) -> tuple[int, dict[str, Any]]:
    ran = keyctl("doctor", "--format", "json", *arguments)
    document: dict[str, Any] = json.loads(ran.out)
    assert validity("doctor")(document), decided_errors("doctor", document)
    assert not CANARY.search((ran.out + ran.err).encode())
    return ran.status, document


def row(document: dict[str, Any], account: str) -> dict[str, Any]:
    found: dict[str, Any] = next(r for r in document["credentials"] if (r["account"], r["key"]) == (account, None))
    return found


def test_the_example_is_healthy(example: Repository, serve: Serve) -> None:
    serve("example")
    code, document = doctor()
    assert code == 0, document["findings"]
    assert {r["acceptance"] for r in document["credentials"]} == {"accepted"}
    main = row(document, "bybit-main")
    assert (main["holder"], main["egress"], main["excess"]) == ("keyctl-bybit-main", "admitted", [])
    assert all(r["clock"] is not None for r in document["credentials"])
    assert "healthy" in keyctl("doctor").out


def test_a_refused_address_is_said_with_a_remedy(example: Repository, serve: Serve) -> None:
    serve("demo")
    code, document = doctor()
    assert code == 4
    treasury = row(document, "bybit-treasury")
    assert (treasury["acceptance"], treasury["cause"], treasury["egress"]) == ("refused", "ip-refused", "refused")
    (finding,) = [f for f in document["findings"] if f["rule"] == "credential-refused"]
    assert (finding["path"], finding["account"]) == ("registry/accounts.yaml", "bybit-treasury") and finding["line"]
    assert doctor("--only", "account=bybit-main")[0] == 0


def test_nothing_set_a_typing_error_and_a_revoked_id(
    example: Repository, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert doctor()[0] == 4
    serve("example")
    monkeypatch.setenv("KEYCTL_READ_BYBIT_SANDBOX_BYBIT_MIAN_KEY", "x")
    code, document = doctor()
    assert code == 0 and document["unused_variables"] == ["KEYCTL_READ_BYBIT_SANDBOX_BYBIT_MIAN_KEY"]
    assert doctor("--fail-on", "warning")[0] == 2
    monkeypatch.setenv("KEYCTL_READ_BYBIT_SANDBOX_BYBIT_TREASURY_KEY", "ZLF5Ajsu5a5QXZI2lY")
    code, document = doctor()
    assert code == 3 and row(document, "bybit-treasury")["acceptance"] == "not-used"
    monkeypatch.delenv("KEYCTL_READ_BYBIT_SANDBOX_BYBIT_TREASURY_KEY")
    assert doctor()[0] == 1, "half a credential is wrong input"


def test_wrong_files_are_1(example: Repository) -> None:
    (example.path / "registry" / "accounts.yaml").write_text("a: [\n")
    code, document = doctor()
    assert code == 1 and document["credentials"] == []
