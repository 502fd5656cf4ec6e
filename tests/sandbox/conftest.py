from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from keyctl.sandbox.running import Sandbox, Scenario, running
from keyctl.sandbox.scenario import read
from tests.sandbox.caller import Caller, caller

LOOPBACK_ONLY = ["127.0.0.1"]


def desk() -> dict[str, Any]:
    """A master with two sub-accounts of 45 and 0 keys, and a key for each thing that can be wrong with one."""

    def key(**form: object) -> dict[str, object]:
        return {"created": "30d ago", **form}

    return {
        "name": "desk",
        "exchanges": {
            "bybit": {
                "accounts": {
                    "main": {
                        "uid": "1000",
                        "keys": {
                            "main": key(rights={"Wallet": ["SubMemberTransfer"]}, ips=LOOPBACK_ONLY),
                            "reading": key(native={"read_only": True}, rights={"Spot": ["SpotTrade"]}),
                            "ending": key(created="85d ago"),
                            "ended": key(created="91d ago"),
                            "elsewhere": key(ips=["203.0.113.7"]),
                            "of-a-network": key(ips=["203.0.113.7", "127.0.0.0/8"]),
                        },
                    },
                    "many": {
                        "uid": "1001",
                        "parent": "main",
                        "keys": {
                            f"key-{number:02}": key(rights={"Spot": ["SpotTrade"]}, ips=["203.0.113.7"])
                            for number in range(45)
                        },
                    },
                    "none": {"uid": "1002", "parent": "main"},
                    "fund": {"uid": "1003", "parent": "main", "native": {"member_type": 12}},
                    "stranger": {"uid": "2000"},
                    "strangers-child": {"uid": "2001", "parent": "stranger"},
                }
            }
        },
    }


@pytest.fixture
def scenario() -> Scenario:
    return read(desk(), datetime.now(UTC))


@pytest.fixture
def sandbox(scenario: Scenario) -> Iterator[Sandbox]:
    with running(scenario) as started:
        yield started


@pytest.fixture
def main(sandbox: Sandbox, scenario: Scenario) -> Caller:
    return caller(sandbox, scenario, "main")
