"""Somebody else's app only reads."""

from __future__ import annotations

from collections.abc import Sequence

from keyctl.model.app import Kind
from keyctl.model.finding import Severity
from keyctl.model.policy import Subject
from keyctl.model.scopes import READ, in_order
from keyctl.policy.rule import Breach, KeyCase, Parameters, PolicyRule


def check(case: KeyCase, _parameters: Parameters) -> Sequence[Breach]:
    """Pure; see ``RULE``."""
    if case.app.kind is not Kind.THIRD_PARTY:
        return ()
    beyond = ", ".join(in_order(case.key.scopes - {READ}))
    if not beyond:
        return ()
    message = f"{case.key.name} of the third party {case.app.name} may do more than read: {beyond}"
    return (Breach(message, ("scopes",)),)


RULE = PolicyRule(
    name="third-party-writes",
    about=Subject.KEY,
    base=Severity.ERROR,
    strict=Severity.ERROR,
    meaning="A third party's key may do more than read.",
    reason="The key lies on machines that you neither see nor patch; vendors' whole databases of keys were stolen.",
    remedy="give it a key that reads; if it has to trade, waive the rule for that key, with an end",
    check=check,
)
