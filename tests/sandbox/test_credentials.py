from __future__ import annotations

import pytest

from keyctl.sandbox.invented import CANARY
from keyctl.sandbox.running import environment, running
from tests.sandbox.caller import Caller


def test_names_follow_the_convention_for_accounts_and_for_keys_that_describe_themselves() -> None:
    holders = {
        "READ_BYBIT": ["BYBIT_MAIN", "BYBIT_MAIN_LEDGER", "BYBIT_MAIN_WRITES_BYBIT_MAIN", "BYBIT_TREASURY"],
        "READ_DERIBIT": ["DERIBIT_MAIN", "DERIBIT_OPTIONS"],
        "READ_OKX": ["OKX_MAIN", "OKX_MAIN_WRITES_OKX_MAIN"],
        "WRITE_BYBIT": ["BYBIT_MAIN"],
        "WRITE_DERIBIT": ["DERIBIT_MAIN", "DERIBIT_OPTIONS"],
        "WRITE_OKX": ["OKX_MAIN"],
    }
    variables = environment("example")
    assert set(variables) == {
        f"KEYCTL_{use}_SANDBOX_{holder}_{part}"
        for use, named in holders.items()
        for holder in named
        for part in ("KEY", "SECRET", *(["PASSPHRASE"] if use.endswith("OKX") else []))
    }
    own = variables["KEYCTL_READ_BYBIT_SANDBOX_BYBIT_MAIN_WRITES_BYBIT_MAIN_SECRET"]
    assert own == variables["KEYCTL_WRITE_BYBIT_SANDBOX_BYBIT_MAIN_SECRET"], "one key stands for both"


def test_every_secret_carries_the_canary() -> None:
    for scenario in ("example", "demo"):
        variables = environment(scenario)
        secrets = [value for name, value in variables.items() if not name.endswith("_KEY")]
        assert secrets and all(secret.startswith(CANARY) for secret in secrets)


@pytest.mark.parametrize(
    ("scenario", "codes"),
    [
        ("example", {"BYBIT_MAIN": 0, "BYBIT_MAIN_LEDGER": 0, "BYBIT_TREASURY": 0}),
        ("demo", {"BYBIT_MAIN": 0, "BYBIT_MAIN_LEDGER": 0, "BYBIT_TREASURY": 10010}),
    ],
)
def test_the_credentials_are_those_that_the_running_sandbox_knows(scenario: str, codes: dict[str, int]) -> None:
    variables = environment(scenario)
    with running(scenario) as sandbox:
        for holder, code in codes.items():
            prefix = f"KEYCTL_READ_BYBIT_SANDBOX_{holder}"
            calling = Caller(sandbox.exchanges["bybit"], variables[f"{prefix}_KEY"], variables[f"{prefix}_SECRET"])
            assert calling.ask("/v5/user/query-api").code == code, holder
