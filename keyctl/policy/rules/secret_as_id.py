"""An id that has the form of its exchange's secrets."""

from __future__ import annotations

from collections.abc import Sequence

from keyctl.model.finding import Confidence, Severity
from keyctl.model.policy import Subject
from keyctl.policy.rule import Breach, KeyCase, Parameters, PolicyRule
from keyctl.policy.secrets import secret_form


def check(case: KeyCase, _parameters: Parameters) -> Sequence[Breach]:
    """Pure; see ``RULE``. Said only where the two forms are documented to differ."""
    found = []
    key = case.key
    for one, pointer in key.placed:
        form = secret_form(case.account.exchange, one.text) if one.text is not None else None
        if form is not None:
            found.append(Breach(f"{'.'.join(map(str, pointer))} of {key.name} {form}", pointer))
    return found


RULE = PolicyRule(
    name="secret-as-id",
    about=Subject.KEY,
    base=Severity.CRITICAL,
    strict=Severity.CRITICAL,
    meaning="An id has the form of its exchange's secrets, not of its ids.",
    reason="Pages and mails show a key's id and its secret side by side, and the wrong one is soon in git for ever.",
    remedy="if it is the secret, delete the key at the exchange first; then write the id of the next one",
    check=check,
    confidence=Confidence.MEDIUM,
    law=True,
)
