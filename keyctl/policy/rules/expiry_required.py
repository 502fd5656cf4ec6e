"""Every key has a last day."""

from __future__ import annotations

from collections.abc import Sequence

from keyctl.model.finding import Severity
from keyctl.model.policy import Subject
from keyctl.policy.rule import Breach, KeyCase, Parameters, PolicyRule


def check(case: KeyCase, _parameters: Parameters) -> Sequence[Breach]:
    """Pure; see ``RULE``."""
    if case.key.expires is not None:
        return ()
    return (Breach(f"{case.key.name} has no last day"),)


RULE = PolicyRule(
    name="expiry-required",
    about=Subject.KEY,
    base=Severity.ERROR,
    strict=Severity.ERROR,
    meaning="A key has no last day.",
    reason="Keys outlive their purpose. A day in the file makes somebody decide again.",
    remedy="write expires: into its file ('exchange-keyctl renew' does)",
    check=check,
)
