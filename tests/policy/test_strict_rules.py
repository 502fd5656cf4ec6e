"""Rules that are no policy and stricter in the strict set, and which way a change of set or severity goes."""

from __future__ import annotations

import pytest

from keyctl.model.finding import Risk, Severity
from keyctl.model.policy import Policy, RuleSet, Setting
from keyctl.model.rules import RULES, found
from keyctl.policy.settings import adjusted
from keyctl.policy.shifts import shifts


def test_only_rules_without_a_consequence_have_another_severity_there() -> None:
    stricter = {name: rule for name, rule in RULES.items() if rule.strict is not None}
    assert "unobserved" in stricter
    for rule in stricter.values():
        assert rule.consequence is None and rule.severity_in(RuleSet.STRICT).rank > rule.severity.rank


@pytest.mark.parametrize(
    ("chosen", "setting", "severity"),
    [
        (RuleSet.BASE, None, Severity.WARNING),
        (RuleSet.STRICT, None, Severity.ERROR),
        (RuleSet.STRICT, Setting(severity=Severity.INFO), Severity.INFO),
        (RuleSet.STRICT, Setting(off=True), None),
    ],
)
def test_the_set_speaks_first_and_the_policy_after(
    chosen: RuleSet, setting: Setting | None, severity: Severity | None
) -> None:
    layers = ({} if setting is None else {"unobserved": setting},)
    kept = adjusted(found("unobserved", "message", "remedy"), layers, chosen)
    assert (kept.severity if kept else None) is severity


def test_what_the_strict_set_makes_an_error_is_weakened_by_a_warning() -> None:
    warned = {"unobserved": Setting(severity=Severity.WARNING)}
    (there,) = shifts(Policy(RuleSet.STRICT), Policy(RuleSet.STRICT, warned))
    (here,) = shifts(Policy(), Policy(rules=warned))
    assert (there.risk, here.risk) == (Risk.ESCALATION, Risk.NEUTRAL)
