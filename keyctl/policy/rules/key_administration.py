"""No key may administer keys, but for keyctl's own."""

from __future__ import annotations

from collections.abc import Sequence

from keyctl.model.app import KEYCTL
from keyctl.model.finding import Severity
from keyctl.model.policy import Subject
from keyctl.model.scopes import KEYS_MANAGE
from keyctl.policy.rule import Breach, KeyCase, Parameters, PolicyRule

SELF_MANAGE = "other:keys.self_manage"


def check(case: KeyCase, _parameters: Parameters) -> Sequence[Breach]:
    """Pure; see ``RULE``."""
    key = case.key
    if key.owner == KEYCTL:
        return ()
    if KEYS_MANAGE in key.scopes:
        return (Breach(f"{key.name} may create, change and delete keys on {case.account.name}", ("scopes",)),)
    if SELF_MANAGE in key.scopes:
        return (
            Breach(f"{key.name} may change its own rights and its own allow-list on {case.account.name}", ("scopes",)),
        )
    return ()


RULE = PolicyRule(
    name="key-administration",
    about=Subject.KEY,
    base=Severity.ERROR,
    strict=Severity.CRITICAL,
    meaning="A key other than keyctl's own may administer keys.",
    reason="It can give itself or a new key any right and any address, and what was revoked can be replaced unseen.",
    remedy="take the right from it; at exchanges where a transfer right opens it, move funds by another way",
    check=check,
)
