"""Small values of the model: what counts as the same, what stands where nobody says otherwise."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from keyctl.model.finding import Severity
from keyctl.model.place import Place
from keyctl.model.policy import RuleSet, Waiver
from keyctl.model.refusal import Refusal
from keyctl.model.rules import RULES, found


def test_a_waiver_is_the_same_wherever_it_stands() -> None:
    waiver = Waiver("ip-required", "legacy-*", "no fixed address", "sec-lead", date(2026, 12, 31))
    assert waiver.place == Place("registry/waivers.yaml")
    assert replace(waiver, place=Place("registry/waivers.yaml", ("waivers", 3))) == waiver


def test_a_refusal_keeps_what_stands_against_what_was_asked_for() -> None:
    one = found("drift", "m", "r")
    assert Refusal("m", "r", (one,)).findings == (one,) and Refusal("m").findings == ()


@pytest.mark.parametrize("chosen", RuleSet)
def test_every_rule_has_a_severity_in_every_set(chosen: RuleSet) -> None:
    assert all(isinstance(rule.severity_in(chosen), Severity) for rule in RULES.values())
