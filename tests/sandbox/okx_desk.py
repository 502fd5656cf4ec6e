"""A simulated OKX: a master with two sub-accounts, a key for each thing that can be wrong with one, and a region."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from keyctl.sandbox.running import Scenario
from keyctl.sandbox.scenario import read

READ, TRADE = {"perm": ["read_only"]}, {"perm": ["read_only", "trade"]}
BOUND = ["127.0.0.1"]


def desk() -> dict[str, Any]:
    def key(**form: object) -> dict[str, object]:
        return {"created": "30d ago", **form}

    return {
        "name": "okx-desk",
        "exchanges": {
            "okx": {
                "accounts": {
                    "main": {
                        "uid": "1000",
                        "keys": {
                            "main": key(rights=TRADE, ips=BOUND),
                            "reading": key(rights=READ),
                            "unbound": key(rights=TRADE),
                            "bound-reading": key(rights=READ, ips=BOUND),
                            "elsewhere": key(rights=READ, ips=["203.0.113.7"]),
                            "of-a-network": key(rights=READ, ips=["203.0.113.7", "127.0.0.0/8"]),
                            "practice": key(rights=TRADE, native={"demo": True, "idle_days": 20}),
                            "idle": key(rights=TRADE, native={"idle_days": 20}),
                            "idle-reading": key(rights=READ, native={"idle_days": 20}),
                        },
                    },
                    "many": {
                        "uid": "1001",
                        "parent": "main",
                        "native": {"sub_acct": "deskmany01"},
                        "keys": {f"many-{n:02}": key(rights=TRADE, ips=["203.0.113.7"]) for n in range(45)},
                    },
                    "none": {"uid": "1002", "parent": "main"},
                    "frozen": {
                        "uid": "1003",
                        "parent": "main",
                        "native": {"enable": False},
                        "keys": {"of-frozen": key(rights=TRADE, ips=BOUND)},
                    },
                    "child": {"uid": "1004", "parent": "main", "keys": {"of-child": key(rights=TRADE, ips=BOUND)}},
                    "stranger": {"uid": "2000", "native": {"api_frozen": True}, "keys": {"of-stranger": key()}},
                    "strangers": {"uid": "2001", "parent": "stranger"},
                }
            },
            "myokx": {"accounts": {"europe": {"uid": "3000", "keys": {"of-europe": key(rights=READ)}}}},
        },
    }


def scenario(document: dict[str, Any] | None = None) -> Scenario:
    return read(document or desk(), datetime.now(UTC))
