"""An issued key says since when it lives."""

from __future__ import annotations

from collections.abc import Sequence

from keyctl.model.finding import Severity
from keyctl.model.policy import Subject
from keyctl.policy.rule import Breach, KeyCase, Parameters, PolicyRule


def check(case: KeyCase, _parameters: Parameters) -> Sequence[Breach]:
    """Pure; see ``RULE``."""
    if case.key.identifier is None or case.key.issued is not None:
        return ()
    return (Breach(f"nothing says when {case.key.name} was issued"),)


RULE = PolicyRule(
    name="issue-unknown",
    about=Subject.KEY,
    base=Severity.INFO,
    strict=Severity.WARNING,
    meaning="Nothing says when a key was issued.",
    reason="How old it is, and whether it is due for rotation, can't be told.",
    remedy="write issued: into its file",
    check=check,
)
