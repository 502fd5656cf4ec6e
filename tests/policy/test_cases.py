"""Every rule against its cases, as data beside this file: at least one that passes, one that fails, one near miss."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pytest

from keyctl.model.policy import RuleSet, Subject
from keyctl.policy import catalogue
from keyctl.policy.judge import judge
from keyctl.policy.world import World, known_venue
from tests.policy.corpus import (
    HERE,
    NOW,
    Case,
    cases,
    documents_of,
    judged,
    registry_of,
    spot,
    told,
    told_in_order,
    world_of,
)

ALL = cases()


@pytest.mark.parametrize("case", ALL, ids=lambda case: f"{case.rule}: {case.name}")
def test_a_rule_says_what_its_case_says(case: Case) -> None:
    all_of_it = judged(case)
    said = [finding for finding in all_of_it.findings if finding.rule == case.rule]
    assert sorted(told(finding) for finding in said) == sorted(case.findings)
    for finding in said:
        assert finding.message and finding.remedy and not finding.message.endswith(".")
    assert told_in_order([finding.message for finding in said], case.words), [finding.message for finding in said]
    assert told_in_order([finding.remedy for finding in said], case.remedy)
    if case.at is not None:
        assert [spot(one.place.path, one.place.pointer) for one in said if one.place] == case.at
    if case.fixes is not None:
        assert [spot(edit.path, edit.pointer) for edit in all_of_it.fixes] == case.fixes


@pytest.mark.parametrize("case", ALL, ids=lambda case: f"{case.rule}: {case.name}")
def test_a_rule_that_has_nothing_to_say_gives_nothing_and_not_none(case: Case) -> None:
    world = world_of(case)
    subjects = {Subject.KEY: world.key_cases, Subject.ACCOUNT: world.account_cases, Subject.APP: world.app_cases}
    rule = catalogue.rule(case.rule)
    assert rule is not None
    for subject in subjects.get(rule.about, (world.registry_case,)):
        chosen = world.registry.policy.set
        assert isinstance(rule.check(subject, {one.name: one.default(chosen) for one in rule.parameters}), Sequence)


@pytest.mark.parametrize("rule", catalogue.rules(), ids=lambda rule: rule.name)
def test_every_rule_has_a_pass_a_fail_and_a_near_miss(rule: object) -> None:
    name = rule.name  # type: ignore[attr-defined]
    own = [case for case in ALL if case.rule == name]
    failing = Counter(bool(case.findings) for case in own)
    assert failing[True] >= 1 and failing[False] >= 2, "a pass and a near miss say nothing, a fail says something"
    assert any(case.name.startswith("near miss") for case in own if not case.findings), name


def test_no_case_is_of_a_rule_that_is_not_there() -> None:
    assert {file.stem for file in HERE.glob("*.yaml")} <= {rule.name for rule in catalogue.rules()}


@pytest.mark.parametrize("chosen", RuleSet)
def test_the_base_of_the_cases_breaks_no_rule(chosen: RuleSet) -> None:
    registry = registry_of({"policy": {"set": chosen.value}})
    world = World(registry, NOW, known_venue)
    assert judge(world, registry.policy, ()).findings == ()


def test_a_secret_is_found_in_its_line() -> None:
    (found,) = (one for one in ALL if one.name == "a token of a forge in a note")
    text = documents_of(found.registry)["registry/revoked.yaml"].decode()
    (line,) = (number for number, row in enumerate(text.splitlines(), 1) if "glpat-" in row)
    (said,) = (one for one in judged(found).findings if one.rule == "secret-in-registry")
    assert said.place is not None and said.place.line == line
