"""The table of ``rules.yaml`` beside this file is the contract about every rule: the rules are as it says."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from pathlib import Path
from typing import Any

import pytest
import yaml

from keyctl.model.policy import RuleSet
from keyctl.policy import catalogue, rules
from keyctl.policy.rule import Breach, Edit, Parameter, PolicyRule

TABLE: dict[str, dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "rules.yaml").read_text(encoding="utf-8"))
UNSAID = {"confidence": "high", "numbers": {}, "others": "", "live": False, "quiet_after": [], "law": False}
"""What a row that leaves something out says of it."""


def row_of(rule: PolicyRule) -> dict[str, Any]:
    """A rule as a row of the table."""
    base, strict = rule.severity(RuleSet.BASE), rule.severity(RuleSet.STRICT)
    return {
        "about": rule.about.value,
        "base": base.value if base else None,
        "strict": strict.value if strict else None,
        "confidence": rule.confidence.value,
        "numbers": {one.name: numbers_of(one) for one in rule.parameters},
        "others": rule.others,
        "live": rule.live,
        "quiet_after": list(rule.quiet_after),
        "law": rule.law,
    }


def numbers_of(one: Parameter) -> list[Any]:
    return [one.default(RuleSet.BASE), one.default(RuleSet.STRICT), one.looser.value]


@pytest.mark.parametrize("name", TABLE)
def test_a_rule_is_as_its_row_says(name: str) -> None:
    rule = catalogue.rule(name)
    assert rule is not None and row_of(rule) == {**UNSAID, **TABLE[name]}


def test_every_rule_has_a_row_and_a_file_named_after_it() -> None:
    folder = Path(next(iter(rules.__path__)))
    assert [rule.name for rule in catalogue.rules()] == list(TABLE)
    assert {name.replace("-", "_") for name in TABLE} == {file.stem for file in folder.glob("*.py")} - {"__init__"}


def test_every_rule_says_what_is_wrong_why_it_matters_and_what_to_do() -> None:
    for rule in catalogue.rules():
        assert all(len(text.split()) > 2 for text in (rule.meaning, rule.reason, rule.remedy)), rule.name
        assert all(len(one.meaning.split()) > 2 for one in rule.parameters), rule.name


@pytest.mark.parametrize("shared", [Parameter("days", "so many", 1, 1), Breach("what is"), Edit("a", ("b",))])
def test_what_rules_and_their_judge_share_nobody_changes(shared: Any) -> None:
    field = next(iter(type(shared).__dataclass_fields__))
    with pytest.raises(FrozenInstanceError):
        setattr(shared, field, "else")
