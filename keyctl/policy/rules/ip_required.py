"""A key is bound to addresses."""

from __future__ import annotations

from collections.abc import Sequence

from keyctl.model.finding import Severity
from keyctl.model.policy import Subject
from keyctl.model.scopes import READ, in_order
from keyctl.policy.rule import Breach, KeyCase, Parameters, PolicyRule


def check(case: KeyCase, _parameters: Parameters) -> Sequence[Breach]:
    """Pure; see ``RULE``. Keys that only read are ``ip-required-read``'s business, and venues without allow-lists are
    ``ip-unavailable``'s."""
    key, venue = case.key, case.venue
    beyond = in_order(key.scopes - {READ})
    if not key.ips.unrestricted or not beyond or (venue is not None and venue.limits.max_ips == 0):
        return ()
    return (Breach(f"{key.name} may be used from any address, and may {', '.join(beyond)}", ("ips",)),)


RULE = PolicyRule(
    name="ip-required",
    about=Subject.KEY,
    base=Severity.ERROR,
    strict=Severity.ERROR,
    meaning="A key that does more than read may be used from any address.",
    reason="A stolen key that is bound to your addresses is of no use to the thief; at some exchanges an unbound one"
    " also ends after a while.",
    remedy="write the addresses that the app calls from into ips, and set them at the exchange",
    check=check,
)
