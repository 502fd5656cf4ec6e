"""The credentials of a scenario as environment variables, by the naming convention of keyctl's deployments."""

from __future__ import annotations

import re

from keyctl.sandbox.scenario import Scenario, SimulatedKey, load


def environment(scenario: str | Scenario) -> dict[str, str]:
    """Name → value for every key that stands for its account, or for itself: ``KEYCTL_READ_<EXCHANGE>_SANDBOX_…``, and
    ``KEYCTL_WRITE_…`` for those that change keys.

    The values are invented, and still secrets: print them only where somebody asked for them.
    """
    whole = load(scenario) if isinstance(scenario, str) else scenario
    variables: dict[str, str] = {}
    for exchange, part in sorted(whole.exchanges.items()):
        for key in part.keys:
            if key.credential is not None:
                use = "WRITE" if key.credential == "write" else "READ"
                prefix = f"KEYCTL_{use}_{_upper(exchange)}_SANDBOX_{_holder(key)}"
                variables[f"{prefix}_KEY"] = key.id
                variables[f"{prefix}_SECRET"] = key.secret
                if key.passphrase:
                    variables[f"{prefix}_PASSPHRASE"] = key.passphrase
    return variables


def _holder(key: SimulatedKey) -> str:
    account = _upper(key.account)
    return account if key.credential in ("account", "write") else f"{account}_{_upper(key.name)}"


def _upper(name: str) -> str:
    return re.sub(r"[^A-Z0-9]", "_", name.upper())
