"""One policy against another: which way a change goes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyctl.model.finding import Risk, Severity
from keyctl.model.names import AccountName, AppName, ExchangeId
from keyctl.model.policy import Policy, RuleSet, Setting
from keyctl.model.rules import RULES as KNOWN
from keyctl.policy import catalogue
from keyctl.policy.rule import Looser, PolicyRule
from keyctl.policy.settings import armed
from keyctl.policy.shifts import Shift, shifts

RULES = catalogue.rules()


def weaker(was: Policy, now: Policy) -> dict[tuple[str | int, ...], bool]:
    return {one.pointer: one.risk is Risk.ESCALATION for one in shifts(was, now)}


def ruled(**settings: Setting) -> Policy:
    return Policy(rules={name.replace("_", "-"): setting for name, setting in settings.items()})


def test_what_is_said_for_the_first_time_is_held_against_what_the_set_says() -> None:
    lower, higher = ruled(withdrawal=Setting(Severity.WARNING)), ruled(withdrawal=Setting(Severity.CRITICAL))
    assert weaker(Policy(), lower) == {("rules", "withdrawal", "severity"): True}
    assert weaker(Policy(), higher) == {("rules", "withdrawal", "severity"): False}
    assert weaker(lower, Policy()) == {("rules", "withdrawal", "severity"): False}
    assert weaker(higher, Policy()) == {("rules", "withdrawal", "severity"): True}


def test_silence_is_the_weakest() -> None:
    assert weaker(ruled(withdrawal=Setting(Severity.INFO)), ruled(withdrawal=Setting(off=True))) == {
        ("rules", "withdrawal", "severity"): True
    }
    assert weaker(ruled(hidden_powers=Setting(off=True)), ruled(hidden_powers=Setting(Severity.INFO))) == {
        ("rules", "hidden-powers", "severity"): False
    }


@pytest.mark.parametrize("rule", [one for one in RULES if one.parameters], ids=lambda rule: rule.name)
def test_a_number_is_weaker_the_way_that_its_parameter_says(rule: PolicyRule) -> None:
    for one in rule.parameters:
        low, high = (Policy(rules={rule.name: Setting(parameters={one.name: number})}) for number in (1, 900))
        at = ("rules", rule.name, one.name)
        assert weaker(low, high) == {at: one.looser is Looser.HIGHER}
        assert weaker(high, low) == {at: one.looser is Looser.LOWER}


def test_an_app_s_own_number_is_held_against_the_rule_s_and_that_against_the_set_s() -> None:
    def apart(days: int | None, general: int | None) -> Policy:
        own = {"max-lifetime": Setting(parameters={"days": days})} if days is not None else {}
        top = {"max-lifetime": Setting(parameters={"days": general})} if general is not None else {}
        return Policy(rules=top, apps={AppName("hedger"): own})

    at = ("apps", "hedger", "max-lifetime", "days")
    assert weaker(apart(None, 90), apart(91, 90)) == {at: True}
    assert weaker(apart(None, 90), apart(90, 90)) == {at: False}
    assert weaker(apart(None, None), apart(300, None)) == {at: False}
    assert weaker(apart(300, None), apart(None, None)) == {at: True}


numbers = st.none() | st.integers(1, 500)
severities = st.none() | st.sampled_from(Severity)


@given(severities, severities, st.booleans(), st.booleans(), st.sampled_from(RuleSet))
def test_a_weaker_severity_is_one_that_arms_the_rule_less(
    old: Severity | None, new: Severity | None, old_off: bool, new_off: bool, chosen: RuleSet
) -> None:
    rule = catalogue.rule("least-scope")
    assert rule is not None
    was, now = (
        Policy(chosen, {rule.name: Setting(None if off else severity, off)})
        for severity, off in ((old, old_off), (new, new_off))
    )

    def rank(policy: Policy) -> int:
        there = armed([rule], policy.set, policy.layers(None, None, None))
        return there[0].severity.rank if there else -1

    told = [one for one in shifts(was, now) if one.field == "severity"]
    meant = Risk.ESCALATION if rank(now) < rank(was) else Risk.REDUCTION if rank(now) > rank(was) else Risk.NEUTRAL
    assert [one.risk for one in told] == ([meant] if told else [])
    assert bool(told) or rank(now) == rank(was)


LEVELS = [None, "off", "info", "warning", "error", "critical"]
ABOVE = {"exchanges": ExchangeId("bybit"), "accounts": AccountName("mm"), "apps": AppName("hedger")}


def word(said: str | None, **parameters: int) -> Setting:
    severity = Severity(said) if said not in (None, "off") else None
    return Setting(severity, said == "off", parameters)


def test_a_change_is_said_as_the_file_has_it() -> None:
    was = ruled(max_lifetime=word("error", days=90))
    now = ruled(max_lifetime=word("off", days=91), withdrawal=word("critical"))
    assert list(shifts(was, now)) == [
        Shift("max-lifetime", "severity", "error", "off", Risk.ESCALATION, ("rules", "max-lifetime", "severity")),
        Shift("max-lifetime", "days", "90", "91", Risk.ESCALATION, ("rules", "max-lifetime", "days")),
        Shift("withdrawal", "severity", None, "critical", Risk.REDUCTION, ("rules", "withdrawal", "severity")),
    ]
    assert list(shifts(now, was)) == [
        Shift("max-lifetime", "severity", "off", "error", Risk.REDUCTION, ("rules", "max-lifetime", "severity")),
        Shift("max-lifetime", "days", "91", "90", Risk.REDUCTION, ("rules", "max-lifetime", "days")),
        Shift("withdrawal", "severity", "critical", None, Risk.ESCALATION, ("rules", "withdrawal", "severity")),
    ]


def test_what_says_the_same_is_no_change_and_what_comes_after_it_is_one() -> None:
    was = ruled(expiring=word("info", days=3), withdrawal=word("error"))
    now = ruled(expiring=word("info", days=3, weeks=4), withdrawal=word("warning"))
    assert list(shifts(was, was)) == []
    assert [one.pointer for one in shifts(was, now)] == [
        ("rules", "expiring", "weeks"),
        ("rules", "withdrawal", "severity"),
    ]


def test_changes_come_by_section_then_by_name_then_by_number() -> None:
    said = {"withdrawal": word("off"), "max-lifetime": word(None, read_days=1, days=2)}
    now = Policy(
        rules=said,
        apps={AppName("b"): said, AppName("a"): said},
        accounts={AccountName("mm"): said},
        exchanges={ExchangeId("okx"): said},
    )
    above: list[tuple[str, ...]] = [("rules",), ("exchanges", "okx"), ("accounts", "mm"), ("apps", "a"), ("apps", "b")]
    below = [("max-lifetime", "days"), ("max-lifetime", "read_days"), ("withdrawal", "severity")]
    for one, other in ((Policy(), now), (now, Policy())):
        assert [shift.pointer for shift in shifts(one, other)] == [(*start, *end) for start in above for end in below]


@pytest.mark.parametrize("section", ABOVE)
def test_each_section_is_held_against_the_rules_and_those_against_the_set(section: str) -> None:
    def policy(top: str | None, own: str | None) -> Policy:
        return Policy(
            rules={"withdrawal": word(top)} if top else {},
            **{section: {ABOVE[section]: {"withdrawal": word(own)}} if own else {}},  # type: ignore[arg-type]
        )

    def risk(top: str | None, was: str | None, now: str | None) -> Risk:
        (there,) = shifts(policy(top, was), policy(top, now))
        assert there.pointer == (section, ABOVE[section], "withdrawal", "severity")
        return there.risk

    assert risk("info", None, "warning") is Risk.REDUCTION
    assert risk("info", "warning", None) is Risk.ESCALATION
    assert risk("info", None, "info") is Risk.NEUTRAL
    assert risk("off", None, "info") is Risk.REDUCTION
    assert risk(None, None, "warning") is Risk.ESCALATION
    assert risk(None, None, "error") is Risk.NEUTRAL
    assert risk(None, "critical", "off") is Risk.ESCALATION


@pytest.mark.parametrize("chosen", RuleSet)
def test_a_rule_of_which_the_policy_says_nothing_is_as_strict_as_its_set(chosen: RuleSet) -> None:
    for rule in ("withdrawal", "unobserved", "hidden-powers"):
        known = catalogue.rule(rule)
        meant = known.severity(chosen) if known else KNOWN[rule].severity_in(chosen)
        default = -1 if meant is None else meant.rank
        for severity in Severity:
            (there,) = shifts(Policy(chosen), Policy(chosen, {rule: Setting(severity)}))
            less = Risk.ESCALATION if severity.rank < default else Risk.REDUCTION
            assert there.risk is (Risk.NEUTRAL if severity.rank == default else less)


def test_a_rule_that_the_set_silences_is_as_weak_as_one_that_is_off() -> None:
    silent = next(rule for rule in RULES if rule.base is None)
    (there,) = shifts(Policy(), Policy(rules={silent.name: Setting(off=True)}))
    (woken,) = shifts(Policy(), Policy(rules={silent.name: Setting(Severity.INFO)}))
    assert (there.risk, woken.risk) == (Risk.NEUTRAL, Risk.REDUCTION)


def test_a_rule_of_which_nothing_is_known_counts_as_an_error() -> None:
    told = {}
    for said in ("warning", "error", "critical"):
        (there,) = shifts(Policy(), ruled(own_rule=word(said)))
        told[said] = there.risk
    assert told == {"warning": Risk.ESCALATION, "error": Risk.NEUTRAL, "critical": Risk.REDUCTION}


def number(rule: str, name: str, was: int | None, now: int | None) -> tuple[Risk, str | None, str | None]:
    before, after = (
        Policy(rules={rule: Setting(parameters={name: one})} if one is not None else {}) for one in (was, now)
    )
    (there,) = shifts(before, after)
    assert (there.rule, there.field, there.pointer) == (rule, name, ("rules", rule, name))
    return there.risk, there.before, there.after


def test_no_number_is_no_limit_so_the_first_one_lets_less_pass_and_the_last_one_more() -> None:
    assert number("max-lifetime", "read_days", None, 900) == (Risk.REDUCTION, None, "900")
    assert number("max-lifetime", "read_days", 900, None) == (Risk.ESCALATION, "900", None)


def test_a_number_of_the_set_is_what_no_number_is_held_against() -> None:
    assert number("max-lifetime", "days", None, 365) == (Risk.NEUTRAL, None, "365")
    assert number("max-lifetime", "days", None, 364) == (Risk.REDUCTION, None, "364")
    assert number("max-lifetime", "days", 366, None) == (Risk.REDUCTION, "366", None)
    strict = Policy(RuleSet.STRICT, {"max-lifetime": Setting(parameters={"days": 200})})
    assert [one.risk for one in shifts(Policy(RuleSet.STRICT), strict)] == [Risk.ESCALATION]


def test_a_number_of_a_rule_that_nobody_knows_is_taken_for_a_limit() -> None:
    for rule, name in (("own-rule", "days"), ("max-lifetime", "weeks"), ("unobserved", "days")):
        assert number(rule, name, 3, 4) == (Risk.ESCALATION, "3", "4")
        assert number(rule, name, 4, 3) == (Risk.REDUCTION, "4", "3")
        assert number(rule, name, None, 3) == (Risk.REDUCTION, None, "3")
        assert number(rule, name, 3, None) == (Risk.ESCALATION, "3", None)


def test_an_own_number_of_zero_is_a_number() -> None:
    assert number("max-lifetime", "days", 1, 0) == (Risk.REDUCTION, "1", "0")
    assert number("max-lifetime", "days", 0, None) == (Risk.ESCALATION, "0", None)


def test_a_number_that_the_rules_section_says_is_what_an_account_s_is_held_against() -> None:
    def policy(top: dict[str, int], own: int | None) -> Policy:
        said = {AccountName("mm"): {"max-lifetime": Setting(parameters={"days": own})}} if own is not None else {}
        return Policy(rules={"max-lifetime": Setting(parameters=top)}, accounts=said)

    def risk(top: dict[str, int], was: int | None, now: int | None) -> Risk:
        (there,) = shifts(policy(top, was), policy(top, now))
        return there.risk

    assert risk({"days": 30}, None, 31) is Risk.ESCALATION
    assert risk({"days": 30}, 31, None) is Risk.REDUCTION
    assert risk({"days": 30}, None, 30) is Risk.NEUTRAL
    assert risk({"read_days": 30}, None, 364) is Risk.REDUCTION
