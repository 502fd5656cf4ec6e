"""One policy against another: which way a change goes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyctl.model.finding import Risk, Severity
from keyctl.model.names import AppName
from keyctl.model.policy import Policy, RuleSet, Setting
from keyctl.policy import catalogue
from keyctl.policy.rule import Looser, PolicyRule
from keyctl.policy.settings import armed
from keyctl.policy.shifts import shifts

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
