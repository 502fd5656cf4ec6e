"""What keyctl knows of exchanges, and how it reads their answers."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from keyctl.registry.schema import decided_errors, validity
from tests.cli.program import keyctl

LISTED = {
    "retCode": 0,
    "retMsg": "",
    "result": {
        "result": [
            {
                "id": "1",
                "ips": ["203.0.113.7", "203.0.113.6"],
                "apiKey": "abcDEF123456",
                "note": "quotes",
                "status": 1,
                "expiredAt": "1970-01-01T00:00:00Z",
                "createdAt": "2026-09-01T08:00:00Z",
                "type": 1,
                "permissions": {"Spot": ["SpotTrade"]},
                "secret": "canary-******",
                "readOnly": False,
                "deadlineDay": -2,
                "flag": "hmac",
            }
        ],
        "nextPageCursor": "",
    },
    "retExtInfo": {},
    "time": 1699515251698,
}


def test_decode_prints_live_keys_by_their_schema(tmp_path: Path) -> None:
    answer = tmp_path / "answer.json"
    answer.write_text(json.dumps(LISTED))
    ran = keyctl("exchanges", "decode", "bybit", "GET /v5/user/sub-apikeys", str(answer))
    assert ran.status == 0, ran.err
    document = json.loads(ran.out)
    assert validity("live-keys")(document), decided_errors("live-keys", document)
    assert document[0]["ips"] == ["203.0.113.6/31"]
    assert (document[0]["expires_at"], document[0]["last_used_at"], document[0]["enabled"]) == (None, "unknown", True)
    assert "canary" not in ran.out


def test_decode_names_no_key_where_the_answer_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = json.dumps({"code": "0", "data": [{"perm": "read_only", "ip": "", "uid": "1", "type": "0"}], "msg": ""})
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(answer.encode())))
    ran = keyctl("exchanges", "decode", "okxus", "GET /api/v5/account/config", "-")
    assert ran.status == 0, ran.err
    document = json.loads(ran.out)
    assert validity("live-keys")(document), decided_errors("live-keys", document)
    (key,) = document
    assert (key["id"], key["fingerprint"], key["label"], key["scopes"], key["ips"]) == (None,) * 3 + (["read"], "any")


def test_decode_reads_stdin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(json.dumps(LISTED).encode())))
    assert keyctl("exchanges", "decode", "bybit", "GET /v5/user/sub-apikeys", "-").status == 0


@pytest.mark.parametrize(
    ("endpoint", "data"),
    [
        ("GET /v5/user/sub-apikeys", b"not json"),
        ("GET /v5/user/sub-apikeys", b"null"),
        ("GET /v5/user/sub-apikeys", b'{"retCode": 10005, "retMsg": "no", "result": {}}'),
        ("GET /v5/user/query-api", json.dumps(LISTED).encode()),
        ("GET /v5/nowhere", json.dumps(LISTED).encode()),
    ],
)
def test_what_is_no_listing_is_1_with_empty_stdout(tmp_path: Path, endpoint: str, data: bytes) -> None:
    answer = tmp_path / "answer.json"
    answer.write_bytes(data)
    ran = keyctl("exchanges", "decode", "bybit", endpoint, str(answer))
    assert (ran.status, ran.out) == (1, "") and ran.err
    assert keyctl("exchanges", "decode", "nowhere", endpoint, str(answer)).status == 1
    assert keyctl("exchanges", "decode", "bybit", endpoint, str(tmp_path / "gone")).status == 1


def test_list_and_show_tell_what_is_declared() -> None:
    assert keyctl("exchanges", "list").out.startswith("bybit")
    shown = keyctl("exchanges", "show", "bybit").out
    for word in ("GET /v5/user/query-api: reads", "assumed:", "sources:", "Wallet.Withdraw"):
        assert word in shown
    assert keyctl("exchanges", "show", "nowhere").status == 1


def test_every_schema_is_printed() -> None:
    for name in keyctl("schema").out.split():
        assert json.loads(keyctl("schema", name).out)["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert keyctl("schema", "nowhere").status == 1
