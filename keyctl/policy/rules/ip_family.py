"""An IPv4-only list where the machines also have IPv6."""

from __future__ import annotations

from collections.abc import Sequence

from keyctl.model.finding import Severity
from keyctl.model.policy import Subject
from keyctl.policy.rule import Breach, KeyCase, Parameters, PolicyRule


def check(case: KeyCase, _parameters: Parameters) -> Sequence[Breach]:
    """Pure; see ``RULE``. That machines have IPv6 is told by a named network that covers an address of the key and has
    IPv6 of its own."""
    key, venue = case.key, case.venue
    if key.ips.unrestricted or (venue is not None and venue.limits.ipv6 is False):
        return ()
    if any(network.version == 6 for network in key.ips.networks):
        return ()
    for name, known in case.world.two_family_networks:
        if any(network.overlaps(one) for network in key.ips.networks for one in known.networks if one.version == 4):
            six = next(one for one in known.networks if one.version == 6)
            message = f"{key.name} lists IPv4 only, and network {name}, from which it calls, also has {six}"
            return (Breach(message, ("ips",)),)
    return ()


RULE = PolicyRule(
    name="ip-family",
    about=Subject.KEY,
    base=Severity.WARNING,
    strict=Severity.WARNING,
    meaning="A key lists IPv4 only, and its machines also have IPv6.",
    reason="On the day that the exchange's name resolves to IPv6 the app is refused, and somebody opens the list in a"
    " hurry.",
    remedy="list the network by its name, or have the app call over IPv4 only and waive this",
    check=check,
    others="named networks that the key does not name",
)
