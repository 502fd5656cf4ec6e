"""A venue without allow-lists."""

from __future__ import annotations

from collections.abc import Sequence

from keyctl.model.finding import Severity
from keyctl.model.policy import Subject
from keyctl.policy.rule import Breach, KeyCase, Parameters, PolicyRule


def check(case: KeyCase, _parameters: Parameters) -> Sequence[Breach]:
    """Pure; see ``RULE``."""
    venue = case.venue
    if venue is None or venue.limits.max_ips != 0:
        return ()
    if case.key.ips.unrestricted:
        return (Breach(f"{case.key.name}: {venue.title} binds no key to addresses", ("ips",)),)
    message = f"{case.key.name} lists addresses, and {venue.title} binds no key to any: the list protects nothing"
    return (Breach(message, ("ips",), remedy="write ips: any, which is what the venue does"),)


RULE = PolicyRule(
    name="ip-unavailable",
    about=Subject.KEY,
    base=Severity.INFO,
    strict=Severity.WARNING,
    meaning="The exchange can't bind a key to addresses.",
    reason="A stolen key works from anywhere there, so only a short life and little money limit the loss.",
    remedy="keep its life short and the account nearly empty",
    check=check,
)
