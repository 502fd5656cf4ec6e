"""No key may withdraw."""

from __future__ import annotations

from collections.abc import Sequence

from keyctl.model.finding import Severity
from keyctl.model.policy import Subject
from keyctl.model.scopes import WITHDRAW
from keyctl.policy.rule import Breach, KeyCase, Parameters, PolicyRule


def check(case: KeyCase, _parameters: Parameters) -> Sequence[Breach]:
    """Pure; see ``RULE``."""
    if WITHDRAW not in case.key.scopes:
        return ()
    return (Breach(f"{case.key.name} may withdraw from {case.account.name}", ("scopes",)),)


RULE = PolicyRule(
    name="withdrawal",
    about=Subject.KEY,
    base=Severity.ERROR,
    strict=Severity.CRITICAL,
    meaning="A key may withdraw funds.",
    reason="Whoever steals such a key takes the money out within minutes, and nothing brings it back.",
    remedy="take withdraw out of its scopes; let people withdraw by hand, with a second factor",
    check=check,
)
