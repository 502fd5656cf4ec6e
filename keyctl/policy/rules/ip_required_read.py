"""A key that only reads is bound to addresses too."""

from __future__ import annotations

from collections.abc import Sequence

from keyctl.model.finding import Severity
from keyctl.model.policy import Subject
from keyctl.model.scopes import READ
from keyctl.policy.rule import Breach, KeyCase, Parameters, PolicyRule


def check(case: KeyCase, _parameters: Parameters) -> Sequence[Breach]:
    """Pure; see ``RULE``."""
    key, venue = case.key, case.venue
    if not key.ips.unrestricted or key.scopes - {READ} or (venue is not None and venue.limits.max_ips == 0):
        return ()
    return (Breach(f"{key.name} may be used from any address", ("ips",)),)


RULE = PolicyRule(
    name="ip-required-read",
    about=Subject.KEY,
    base=Severity.WARNING,
    strict=Severity.ERROR,
    meaning="A key that only reads may be used from any address.",
    reason="Positions and balances tell a thief whom to attack and when.",
    remedy="write the addresses that the app calls from into ips, and set them at the exchange",
    check=check,
)
