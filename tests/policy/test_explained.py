"""What is known of a rule, whether policy finds by it or another room."""

from __future__ import annotations

import pytest

from keyctl.model.rules import RULES
from keyctl.policy import catalogue
from keyctl.policy.explained import Explained, explained, names
from keyctl.policy.rule import PolicyRule


@pytest.mark.parametrize("rule", catalogue.rules(), ids=lambda rule: rule.name)
def test_a_rule_of_the_policy_is_explained_by_what_it_says_of_itself(rule: PolicyRule) -> None:
    assert explained(rule.name) == Explained(
        name=rule.name,
        meaning=rule.meaning,
        reason=rule.reason,
        remedy=rule.remedy,
        base=rule.base,
        strict=rule.strict,
        confidence=rule.confidence,
        consequence=None,
        parameters=rule.parameters,
        others=rule.others,
        live=rule.live,
        unbending=rule.law,
    )


@pytest.mark.parametrize("name", RULES)
def test_a_rule_of_another_room_is_explained_by_the_table(name: str) -> None:
    row = RULES[name]
    assert explained(name) == Explained(
        name=name,
        meaning=row.meaning,
        reason=row.reason,
        remedy=row.remedy,
        base=row.severity,
        strict=row.strict or row.severity,
        confidence=row.confidence,
        consequence=row.consequence,
        parameters=(),
        others="",
        live=False,
        unbending=row.consequence is not None,
    )


def test_a_rule_that_is_not_there_is_not_explained() -> None:
    assert explained("ip-requird") is None


def test_all_rules_have_names_policy_s_first() -> None:
    assert names() == (*(rule.name for rule in catalogue.rules()), *RULES)


def test_a_rule_s_page_is_its_heading() -> None:
    known = explained("ip-required")
    assert known is not None and known.page == "docs/rules.md#ip-required"


def test_what_is_not_said_of_a_rule_is_no() -> None:
    plain = Explained("n", "m", "w", "r", None, None, next(iter(RULES.values())).confidence)
    assert (plain.consequence, plain.parameters, plain.others, plain.live, plain.unbending) == (
        None,
        (),
        "",
        False,
        False,
    )
