"""What policy.yaml changes: severities and numbers, by layer; what it must not change; what it may not name."""

from __future__ import annotations

from typing import Any

import pytest

from keyctl.model.finding import ExitReason, Finding, Severity
from keyctl.model.names import AccountName, AppName, ExchangeId, KeyName
from keyctl.model.place import Place
from keyctl.model.policy import Policy, RuleSet, Setting, Subject
from keyctl.model.rules import RULES, found
from keyctl.policy import catalogue
from keyctl.policy.judge import judge
from keyctl.policy.rule import Parameter, PolicyRule
from keyctl.policy.settings import Armed, adjusted, armed, mistakes, parameters_of
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


def rule_of(
    law: bool, base: Severity | None = Severity.ERROR, strict: Severity | None = Severity.CRITICAL
) -> PolicyRule:
    """A rule that takes two numbers and finds nothing."""
    numbers = (Parameter("days", "m", 1, 2), Parameter("keys", "m", None, 4))
    return PolicyRule("blue", Subject.KEY, base, strict, "m", "w", "r", lambda *_: (), parameters=numbers, law=law)


def test_where_no_layer_says_anything_the_set_does() -> None:
    rule = rule_of(law=False)
    base = Armed(rule, Severity.ERROR, {"days": 1, "keys": None})
    strict = Armed(rule, Severity.CRITICAL, {"days": 2, "keys": 4})
    assert armed([rule], RuleSet.BASE, []) == armed([rule], RuleSet.BASE, [{"red": Setting(off=True)}]) == (base,)
    assert armed([rule], RuleSet.STRICT, [{}]) == (strict,)


def test_each_layer_changes_what_it_speaks_of_and_leaves_the_rest() -> None:
    rule = rule_of(law=False)
    layers = [
        {"blue": Setting(Severity.WARNING, parameters={"days": 7, "keys": 8})},
        {"red": Setting(Severity.INFO, parameters={"days": 9})},
        {"blue": Setting(parameters={"days": 10})},
    ]
    assert armed([rule], RuleSet.BASE, layers) == (Armed(rule, Severity.WARNING, {"days": 10, "keys": 8}),)


def test_a_rule_that_the_set_silences_is_woken_by_a_severity_and_by_nothing_else() -> None:
    silent = rule_of(law=False, base=None)
    assert armed([silent], RuleSet.BASE, [{"blue": Setting(parameters={"days": 7})}]) == ()
    (woken,) = armed([silent], RuleSet.BASE, [{"blue": Setting(Severity.INFO)}])
    assert woken.severity is Severity.INFO


def test_silent_rules_are_left_out_and_the_others_keep_their_order() -> None:
    loud, silent = rule_of(law=True), rule_of(law=False, base=None)
    assert [one.rule for one in armed([loud, silent, loud], RuleSet.BASE, [])] == [loud, loud]


@pytest.mark.parametrize(
    ("settings", "severity"),
    [
        ([Setting(Severity.WARNING)], Severity.ERROR),
        ([Setting(Severity.ERROR)], Severity.ERROR),
        ([Setting(off=True)], Severity.ERROR),
        ([Setting(Severity.CRITICAL)], Severity.CRITICAL),
        ([Setting(Severity.CRITICAL), Setting(Severity.WARNING)], Severity.CRITICAL),
        ([Setting(Severity.CRITICAL), Setting(off=True)], Severity.CRITICAL),
    ],
)
def test_a_law_goes_upwards_only(settings: list[Setting], severity: Severity) -> None:
    (there,) = armed([rule_of(law=True)], RuleSet.BASE, [{"blue": one} for one in settings])
    assert there.severity is severity


def test_a_law_that_the_set_silences_stays_silent() -> None:
    layers = [{"blue": Setting(Severity.CRITICAL)}]
    assert armed([rule_of(law=True, base=None)], RuleSet.BASE, layers) == ()


def test_a_law_s_numbers_are_the_policy_s() -> None:
    (there,) = armed([rule_of(law=True)], RuleSet.BASE, [{"blue": Setting(parameters={"keys": 3})}])
    assert there.parameters == {"days": 1, "keys": 3}


def test_numbers_are_the_same_where_the_rule_is_silenced() -> None:
    off = Policy(rules={"blue": Setting(off=True, parameters={"days": 7})}, accounts={MM: {"red": Setting()}})
    assert parameters_of(rule_of(law=False), off, BYBIT, MM, HEDGER) == {"days": 7, "keys": None}


SEEN = found("unobserved", "m", "r")


@pytest.mark.parametrize(
    ("settings", "severity"),
    [
        ([], Severity.WARNING),
        ([Setting()], Severity.WARNING),
        ([Setting(Severity.ERROR), Setting()], Severity.ERROR),
        ([Setting(Severity.ERROR), Setting(Severity.INFO)], Severity.INFO),
        ([Setting(off=True)], None),
        ([Setting(Severity.ERROR), Setting(off=True)], None),
    ],
)
def test_findings_of_others_are_as_bad_as_the_last_layer_says(
    settings: list[Setting], severity: Severity | None
) -> None:
    layers = [{"red": Setting(off=True)}, *({"unobserved": one} for one in settings)]
    kept = adjusted(SEEN, layers, RuleSet.BASE)
    assert (kept.severity if kept else None) is severity


def test_a_finding_that_follows_from_something_is_left_as_it_is_even_where_its_rule_s_others_are_not() -> None:
    failed = Finding("unobserved", Severity.WARNING, SEEN.confidence, "m", "r", ExitReason.INCOMPLETE)
    assert adjusted(failed, [{"unobserved": Setting(off=True)}], RuleSet.STRICT) is failed


def test_a_rule_whose_findings_have_a_consequence_is_left_as_it_is_even_where_this_one_has_none() -> None:
    drift = Finding("drift", Severity.ERROR, SEEN.confidence, "m", "r")
    assert RULES["drift"].consequence is not None
    assert adjusted(drift, [{"drift": Setting(off=True)}], RuleSet.BASE) is drift


def test_a_finding_of_a_rule_that_nobody_knows_takes_the_policy_s_word_too() -> None:
    plugged = Finding("plugged", Severity.ERROR, SEEN.confidence, "m", "r")
    assert adjusted(plugged, [], RuleSet.STRICT) is plugged
    kept = adjusted(plugged, [{"plugged": Setting(Severity.INFO)}], RuleSet.BASE)
    assert kept is not None and kept.severity is Severity.INFO


def test_the_set_changes_the_severity_of_those_rules_only_that_have_another_there() -> None:
    seen = Finding("expires-early", Severity.CRITICAL, SEEN.confidence, "m", "r")
    assert RULES["expires-early"].strict is None and adjusted(seen, [], RuleSet.STRICT) is seen


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


def wrong(known: list[PolicyRule], **sections: Any) -> list[tuple[str, str, Place | None]]:
    return [(one.message, one.remedy, one.place) for one in mistakes(Policy(**sections), known)]


def test_nothing_is_wrong_with_what_a_rule_takes_in_any_section() -> None:
    said = {"blue": Setting(Severity.INFO, parameters={"days": 1, "keys": 2}), "unobserved": Setting(off=True)}
    sections = {"rules": said, "exchanges": {BYBIT: said}, "accounts": {MM: said}, "apps": {HEDGER: said}}
    assert wrong([rule_of(law=False)], **sections) == []


def test_a_mistake_has_its_place_in_each_section_and_the_next_one_is_found_too() -> None:
    said = {"blu": Setting(), "blue": Setting(parameters={"weeks": 1, "days": 2, "hours": 3})}
    sections = {"rules": said, "exchanges": {BYBIT: said}, "accounts": {MM: said}, "apps": {HEDGER: said}}
    pointers = [place.pointer for _, _, place in wrong([rule_of(law=False)], **sections) if place]
    above = [("rules",), ("exchanges", "bybit"), ("accounts", "mm"), ("apps", "hedger")]
    below = [("blu",), ("blue", "weeks"), ("blue", "hours")]
    assert pointers == [(*start, *end) for start in above for end in below]
    assert {place.path for _, _, place in wrong([], **sections) if place} == {"registry/policy.yaml"}


def test_a_wrong_number_is_answered_by_those_that_there_are() -> None:
    ((_, told, _),) = wrong([rule_of(law=False)], rules={"blue": Setting(parameters={"weeks": 1})})
    assert told.endswith("days, keys")
    ((message, nothing, _),) = wrong([], rules={"unobserved": Setting(parameters={"weeks": 1})})
    assert "'unobserved'" in message and "'weeks'" in message and nothing == "it takes none"


def test_a_law_may_have_other_numbers_and_no_other_severity() -> None:
    law = rule_of(law=True)
    assert wrong([law], rules={"blue": Setting(parameters={"days": 3})}) == []
    for setting in (Setting(off=True), Setting(Severity.CRITICAL)):
        ((message, remedy, place),) = wrong([law], rules={"blue": setting})
        assert "'blue'" in message and remedy and place == Place("registry/policy.yaml", ("rules", "blue", "severity"))


def test_nobody_changes_the_severity_of_what_something_follows_from_and_naming_it_is_no_mistake() -> None:
    assert wrong([], rules={"drift": Setting()}) == []
    ((_, _, place),) = wrong([], accounts={MM: {"drift": Setting(Severity.CRITICAL)}})
    assert place == Place("registry/policy.yaml", ("accounts", "mm", "drift", "severity"))
