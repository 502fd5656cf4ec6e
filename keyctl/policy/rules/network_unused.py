"""Named networks that no key lists."""

from __future__ import annotations

from collections.abc import Sequence

from keyctl.model.finding import Severity
from keyctl.model.place import Place
from keyctl.model.policy import Subject
from keyctl.policy.rule import Breach, Edit, Parameters, PolicyRule, RegistryCase
from keyctl.registry.admission import NETWORKS


def check(case: RegistryCase, _parameters: Parameters) -> Sequence[Breach]:
    """Pure; see ``RULE``."""
    return [
        Breach(f"no key lists network {name}", place=Place(NETWORKS, (name,)), fix=Edit(NETWORKS, (name,)))
        for name in case.registry.networks
        if name not in case.world.networks_in_use
    ]


RULE = PolicyRule(
    name="network-unused",
    about=Subject.REGISTRY,
    base=Severity.INFO,
    strict=Severity.WARNING,
    meaning="No key lists a named network.",
    reason="Addresses change hands; a list that nobody uses is one that nobody keeps right, until somebody uses it.",
    remedy="remove it from registry/networks.yaml ('exchange-keyctl validate --fix' does)",
    check=check,
    others="every key",
)
