"""Somebody else's app has an account to itself."""

from __future__ import annotations

from collections.abc import Sequence

from keyctl.model.app import Kind
from keyctl.model.finding import Severity
from keyctl.model.policy import Subject
from keyctl.policy.rule import Breach, KeyCase, Parameters, PolicyRule


def check(case: KeyCase, _parameters: Parameters) -> Sequence[Breach]:
    """Pure; see ``RULE``."""
    if case.app.kind is not Kind.THIRD_PARTY or case.account.dedicated_to == case.app.name:
        return ()
    message = (
        f"{case.key.name} of the third party {case.app.name} is on {case.account.name}, which is not dedicated to it"
    )
    return (Breach(message, ("account",)),)


RULE = PolicyRule(
    name="third-party-isolation",
    about=Subject.KEY,
    base=Severity.ERROR,
    strict=Severity.ERROR,
    meaning="A third party's key is on an account that is not dedicated to it.",
    reason="What the third party loses should be all that lies on its own sub-account, and nothing more.",
    remedy="open a sub-account for it, declare it with dedicated_to, and move the key there",
    check=check,
)
