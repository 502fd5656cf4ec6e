"""What an exchange's allow-lists take."""

from __future__ import annotations

from collections.abc import Sequence

from keyctl.model.finding import Severity
from keyctl.model.ips import IpSet
from keyctl.model.policy import Subject
from keyctl.policy.rule import Breach, KeyCase, Parameters, PolicyRule


def check(case: KeyCase, _parameters: Parameters) -> Sequence[Breach]:
    """Pure; see ``RULE``. A limit that no source confirms limits nothing here."""
    if case.venue is None or case.key.ips.unrestricted:
        return ()
    limits, title = case.venue.limits, case.venue.title
    name, networks = case.key.name, case.key.ips.networks
    found = []
    if limits.max_ips and len(networks) > limits.max_ips:
        message = f"{name} has {len(networks)} entries when its list is spelt out, and {title} takes {limits.max_ips}"
        found.append(Breach(message, ("ips",)))
    if limits.cidr is False and any(network.prefixlen < network.max_prefixlen for network in networks):
        wide = next(network for network in networks if network.prefixlen < network.max_prefixlen)
        found.append(Breach(f"{name} lists the network {wide}, and {title} takes single addresses only", ("ips",)))
    if limits.ipv6 is False and any(network.version == 6 for network in networks):
        six = next(network for network in networks if network.version == 6)
        found.append(Breach(f"{name} lists {IpSet((six,))}, and {title} takes IPv4 only", ("ips",)))
    return found


RULE = PolicyRule(
    name="ip-limits",
    about=Subject.KEY,
    base=Severity.ERROR,
    strict=Severity.ERROR,
    meaning="The exchange can't take a key's allow-list.",
    reason="The exchange refuses or cuts such a list, so the key would be bound to something else than was reviewed.",
    remedy="write a list that the exchange takes; docs/exchanges has what each one does",
    check=check,
)
