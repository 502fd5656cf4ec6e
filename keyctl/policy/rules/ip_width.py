"""A key's own entries are single addresses."""

from __future__ import annotations

from collections.abc import Sequence

from keyctl.model.finding import Severity
from keyctl.model.ips import IpError, extent, parse_network
from keyctl.model.policy import Subject
from keyctl.policy.rule import Breach, KeyCase, Looser, Parameter, Parameters, PolicyRule


def check(case: KeyCase, parameters: Parameters) -> Sequence[Breach]:
    """Pure; see ``RULE``."""
    found = []
    for index, text in enumerate(case.key.listed):
        if "/" not in text:
            continue
        try:
            network = parse_network(text)
        except IpError:
            continue
        least = parameters[f"ipv{network.version}"]
        if least is not None and network.prefixlen < least:
            found.append(
                Breach(
                    f"{case.key.name} lists {text}: {extent([text])}, and no name says whose they are", ("ips", index)
                )
            )
    return found


RULE = PolicyRule(
    name="ip-width",
    about=Subject.KEY,
    base=Severity.WARNING,
    strict=Severity.ERROR,
    meaning="A key lists a whole network without a name.",
    reason="Nobody can review a bare range; under a name it has one owner and one place where it is kept narrow.",
    remedy="list single addresses, or name the network in registry/networks.yaml and list it as @name",
    check=check,
    parameters=(
        Parameter("ipv4", "the shortest prefix of a bare IPv4 entry", 32, 32, Looser.LOWER),
        Parameter("ipv6", "the shortest prefix of a bare IPv6 entry", 128, 128, Looser.LOWER),
    ),
)
