"""What policy.yaml changes: severities and numbers, by layer; what it must not change; what it may not name."""

from __future__ import annotations

from typing import Any

import pytest

from keyctl.model.finding import ExitReason, Severity
from keyctl.model.names import AccountName, AppName, ExchangeId, KeyName
from keyctl.model.policy import Policy, RuleSet, Setting
from keyctl.model.rules import RULES, found
from keyctl.policy import catalogue
from keyctl.policy.judge import judge
from keyctl.policy.settings import armed, parameters_of
from keyctl.policy.world import World, known_venue
from tests.policy.corpus import NOW, registry_of

LIFETIME = catalogue.rule("max-lifetime")
BYBIT, MM, HEDGER = ExchangeId("bybit"), AccountName("mm"), AppName("hedger")


def complaints(policy: dict[str, Any]) -> list[tuple[str, tuple[str | int, ...]]]:
    registry = registry_of({"policy": policy})
    judged = judge(World(registry, NOW, known_venue), registry.policy, ())
    wrong = [one for one in judged.findings if one.rule == "policy-invalid"]
    assert all(one.consequence is ExitReason.FAILED for one in wrong)
    return [(one.message, one.place.pointer if one.place else ()) for one in wrong]


def days(policy: Policy) -> int | None:
    assert LIFETIME is not None
    return parameters_of(LIFETIME, policy, BYBIT, MM, HEDGER)["days"]


def test_the_app_s_word_counts_more_than_the_account_s_and_that_more_than_the_exchange_s() -> None:
    def said(number: int) -> dict[str, Setting]:
        return {"max-lifetime": Setting(parameters={"days": number})}

    assert days(Policy()) == 365 and days(Policy(RuleSet.STRICT)) == 180
    assert days(Policy(rules=said(1))) == 1
    assert days(Policy(rules=said(1), exchanges={BYBIT: said(2)})) == 2
    assert days(Policy(rules=said(1), exchanges={BYBIT: said(2)}, accounts={MM: said(3)})) == 3
    assert days(Policy(exchanges={BYBIT: said(2)}, accounts={MM: said(3)}, apps={HEDGER: said(4)})) == 4
    assert days(Policy(exchanges={ExchangeId("okx"): said(2)}, accounts={AccountName("main"): said(3)})) == 365


@pytest.mark.parametrize("rule", catalogue.rules(), ids=lambda rule: rule.name)
def test_a_severity_changes_and_silence_silences_but_for_laws(rule: Any) -> None:
    def severity(setting: Setting) -> Severity | None:
        there = armed([rule], RuleSet.STRICT, [{rule.name: setting}])
        return there[0].severity if there else None

    assert severity(Setting(Severity.CRITICAL)) is Severity.CRITICAL
    assert severity(Setting(Severity.INFO)) is (rule.strict if rule.law else Severity.INFO)
    assert severity(Setting(off=True)) is (rule.strict if rule.law else None)
    assert severity(Setting()) is rule.strict


def test_the_later_layer_wakes_a_rule_that_an_earlier_one_silenced() -> None:
    assert LIFETIME is not None
    layers = [{"max-lifetime": Setting(off=True)}, {"max-lifetime": Setting(Severity.WARNING)}]
    assert [one.severity for one in armed([LIFETIME], RuleSet.BASE, layers)] == [Severity.WARNING]


def test_findings_of_others_take_the_policy_s_severity_only_where_nothing_follows_from_them() -> None:
    registry = registry_of(
        {"policy": {"rules": {"unobserved": {"severity": "off"}, "assumed": {"severity": "critical"}}}}
    )
    before = (
        found("unobserved", "m", "r", key=KeyName("one")),
        found("assumed", "m", "r", key=KeyName("one")),
        found("drift", "m", "r", key=KeyName("one")),
    )
    judged = judge(World(registry, NOW, known_venue), registry.policy, (), before)
    assert [(one.rule, one.severity) for one in judged.before] == [
        ("assumed", Severity.CRITICAL),
        ("drift", Severity.ERROR),
    ]


def test_what_is_not_there_is_a_failure_at_its_place() -> None:
    (unknown,) = complaints({"rules": {"ip-requird": {"severity": "info"}}})
    assert "no rule 'ip-requird'" in unknown[0] and unknown[1] == ("rules", "ip-requird")
    (number,) = complaints({"accounts": {"mm": {"max-lifetime": {"weeks": 4}}}})
    assert "has no parameter 'weeks'" in number[0] and number[1] == ("accounts", "mm", "max-lifetime", "weeks")


@pytest.mark.parametrize("law", [*(name for name, row in RULES.items() if row.consequence), "secret-in-registry"])
def test_a_law_s_severity_is_nobody_s_to_change(law: str) -> None:
    for word in ("off", "info"):
        (complaint,) = complaints({"rules": {law: {"severity": word}}})
        assert complaint[1] == ("rules", law, "severity")


def test_names_of_accounts_apps_and_exchanges_must_be_declared() -> None:
    from keyctl.registry.load import load_documents
    from tests.policy.corpus import documents_of

    for section, name in (("accounts", "nobody"), ("apps", "nobody"), ("exchanges", "mtgox")):
        loaded = load_documents(documents_of({"policy": {section: {name: {}}}}))
        (finding,) = loaded.findings
        assert (finding.rule, loaded.registry) == ("reference", None) and repr(name) in finding.message
