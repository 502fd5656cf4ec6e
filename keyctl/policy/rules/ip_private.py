"""Addresses that no exchange ever sees."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import ip_network

from keyctl.model.account import Environment
from keyctl.model.finding import Severity
from keyctl.model.ips import IpSet, Network
from keyctl.model.policy import Subject
from keyctl.policy.rule import Breach, KeyCase, Parameters, PolicyRule

_EXAMPLES: tuple[Network, ...] = tuple(
    ip_network(text) for text in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32", "3fff::/20")
)
"""Reserved for documentation (RFC 5737, RFC 3849, RFC 9637)."""
_SHARED = ip_network("100.64.0.0/10")
"""Behind a carrier's translation (RFC 6598)."""


def check(case: KeyCase, _parameters: Parameters) -> Sequence[Breach]:
    """Pure; see ``RULE``. The sandbox is on loopback, so nothing is said there."""
    if case.account.environment is Environment.SANDBOX:
        return ()
    found = []
    for network in case.key.ips.networks:
        what = kind(network)
        if what is not None:
            message = f"{case.key.name} may be used from {IpSet((network,))}, {what}: the exchange never sees it"
            found.append(Breach(message, ("ips",)))
    return found


@lru_cache(maxsize=65536)
def kind(network: Network) -> str | None:
    """In words what is special about a network; None for one of the public internet."""
    if any(network.version == one.version and network.overlaps(one) for one in _EXAMPLES):
        return "an example address of documentation"
    if network.is_loopback:
        return "this machine itself"
    if network.is_link_local:
        return "a link-local address"
    if network.is_multicast:
        return "a multicast address"
    if network.version == _SHARED.version and network.overlaps(_SHARED):
        return "an address that a carrier shares among its customers"
    if network.is_private:
        return "a private address"
    if network.is_reserved:
        return "a reserved address"
    return None


RULE = PolicyRule(
    name="ip-private",
    about=Subject.KEY,
    base=Severity.WARNING,
    strict=Severity.ERROR,
    meaning="A key lists an address that no exchange ever sees.",
    reason="The entry lets nobody in, so either the app can't call, or the address that it really calls from was"
    " added by hand somewhere else.",
    remedy="write the public address that the app's traffic leaves from",
    check=check,
)
