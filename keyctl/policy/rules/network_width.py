"""A named network is no wider than it has to be."""

from __future__ import annotations

from collections.abc import Sequence

from keyctl.model.finding import Severity
from keyctl.model.ips import extent
from keyctl.model.place import Place
from keyctl.model.policy import Subject
from keyctl.policy.rule import Breach, Looser, Parameter, Parameters, PolicyRule, RegistryCase
from keyctl.registry.admission import NETWORKS


def check(case: RegistryCase, parameters: Parameters) -> Sequence[Breach]:
    """Pure; see ``RULE``."""
    found = []
    for name, addresses in case.registry.networks.items():
        if addresses.unrestricted:
            found.append(Breach(f"network {name} covers every address", place=Place(NETWORKS, (name,))))
        for network in addresses.networks:
            least = parameters[f"ipv{network.version}"]
            if least is not None and network.prefixlen < least:
                message = f"network {name} holds {network}: {extent([str(network)])}"
                found.append(Breach(message, place=Place(NETWORKS, (name,))))
    return found


RULE = PolicyRule(
    name="network-width",
    about=Subject.REGISTRY,
    base=Severity.WARNING,
    strict=Severity.ERROR,
    meaning="A named network is very wide.",
    reason="Every key that lists it may be used from all of it, by everybody else who has an address there too.",
    remedy="keep the addresses that your machines really call from",
    check=check,
    parameters=(
        Parameter("ipv4", "the shortest prefix of an IPv4 network", 24, 28, Looser.LOWER),
        Parameter("ipv6", "the shortest prefix of an IPv6 network", 56, 64, Looser.LOWER),
    ),
)
