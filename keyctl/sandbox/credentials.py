"""The credentials of a scenario as environment variables, by the naming convention of keyctl's deployments."""

from __future__ import annotations

import re

from keyctl.sandbox.scenario import Scenario, SimulatedKey, load


def environment(scenario: str | Scenario) -> dict[str, str]:
    """Name → value for every key that stands for its account, or for itself: ``KEYCTL_READ_<EXCHANGE>_SANDBOX_…``, and
    ``KEYCTL_WRITE_…`` for those that change keys. A key may stand for both.

    The values are invented, and still secrets: print them only where somebody asked for them.
    """
    whole = load(scenario) if isinstance(scenario, str) else scenario
    variables: dict[str, str] = {}
    for exchange, part in sorted(whole.exchanges.items()):
        for key in part.keys:
            for stands_for in key.credential:
                use = "WRITE" if stands_for == "write" else "READ"
                prefix = f"KEYCTL_{use}_{_upper(exchange)}_SANDBOX_{_holder(key, stands_for)}"
                variables[f"{prefix}_KEY"] = key.id
                variables[f"{prefix}_SECRET"] = key.secret
                if key.passphrase:
                    variables[f"{prefix}_PASSPHRASE"] = key.passphrase
    return variables


def _holder(key: SimulatedKey, stands_for: str) -> str:
    account = _upper(key.account)
    return f"{account}_{_upper(key.name)}" if stands_for == "own" else account


def _upper(name: str) -> str:
    return re.sub(r"[^A-Z0-9]", "_", name.upper())
