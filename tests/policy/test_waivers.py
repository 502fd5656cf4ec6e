"""Exceptions end, excuse something, and excuse no more than they have to; laws are never waived."""

from __future__ import annotations

from typing import Any

import pytest

from keyctl.model.finding import ExitReason, Finding, Severity
from keyctl.model.live import Snapshot
from keyctl.model.names import KeyName
from keyctl.model.rules import RULES, found
from keyctl.policy import catalogue
from keyctl.policy.judge import judge
from keyctl.policy.rule import Edit
from keyctl.policy.world import World, known_venue
from tests.policy.corpus import NOW, registry_of, snapshot_of

WAIVER = {"rule": "ip-required", "key": "one", "reason": "moving", "approved_by": "sec", "expires": "2026-12-31"}
UNBOUND = {"one": {"ips": "any"}, "two": {"id": "Two"}}


def told(
    *waivers: dict[str, Any],
    keys: dict[str, Any] | None = None,
    before: tuple[Finding, ...] = (),
    live: dict[str, Any] | None = None,
    partial: bool = False,
) -> list[tuple[str, str]]:
    """Each finding but those of other rules than the waivers', and the fixes as findings called ``fix``."""
    registry = registry_of({"waivers": {"waivers": list(waivers)}, "keys": keys or UNBOUND})
    snapshot: Snapshot | None = snapshot_of(registry, live) if live is not None else None
    world = World(registry, NOW, known_venue, snapshot)
    judged = judge(world, registry.policy, registry.waivers, before, partial_view=partial)
    rules = {waiver["rule"] for waiver in waivers}
    shown = [one for one in judged.findings if one.rule in rules or one.rule.startswith("waiver-")]
    assert all(isinstance(edit, Edit) for edit in judged.fixes)
    fixes = [("fix", ".".join(map(str, edit.pointer))) for edit in judged.fixes]
    return sorted((one.severity.value, f"{one.rule} {one.key or ''}".strip()) for one in shown) + fixes


def test_a_waived_finding_stays_and_says_who_until_when_and_why() -> None:
    registry = registry_of({"waivers": {"waivers": [WAIVER]}, "keys": UNBOUND})
    judged = judge(World(registry, NOW, known_venue), registry.policy, registry.waivers)
    (finding,) = [one for one in judged.findings if one.rule == "ip-required"]
    assert finding.severity is Severity.INFO
    assert finding.message.startswith("waived until 2026-12-31 by sec (moving): one may be used from any address")


def test_of_several_the_one_that_ends_last_speaks_and_none_is_unused() -> None:
    later = {**WAIVER, "expires": "2027-01-31", "key": "o*"}
    assert told(WAIVER, later) == [("info", "ip-required one")]


def test_one_that_is_over_excuses_nothing_and_can_go() -> None:
    assert told({**WAIVER, "expires": "2026-11-24"}) == [
        ("error", "ip-required one"),
        ("warning", "waiver-expired"),
        ("fix", "waivers.0"),
    ]


def test_one_that_excuses_nothing_is_unused_and_can_go() -> None:
    unused = [("error", "ip-required one"), ("warning", "waiver-unused"), ("fix", "waivers.0")]
    assert told({**WAIVER, "key": "two"}) == unused
    assert told({**WAIVER, "key": "gone"}) == unused


def test_one_that_covers_more_than_needs_it_is_too_broad() -> None:
    assert told({**WAIVER, "key": "*"}) == [("info", "ip-required one"), ("warning", "waiver-broad")]
    both = {"one": {"ips": "any"}, "two": {"id": "Two", "ips": "any"}}
    assert told({**WAIVER, "key": "*"}, keys=both) == [("info", "ip-required one"), ("info", "ip-required two")]


LAWS = sorted(name for name, row in RULES.items() if row.consequence is not None)


@pytest.mark.parametrize("law", [*LAWS, *(rule.name for rule in catalogue.rules() if rule.law)])
def test_a_law_can_not_be_waived(law: str) -> None:
    row = RULES.get(law)
    before = (found(law, "m", "r", key=KeyName("one")),) if row is not None else ()
    registry = registry_of({"waivers": {"waivers": [{**WAIVER, "rule": law, "key": "*"}]}})
    judged = judge(World(registry, NOW, known_venue), registry.policy, registry.waivers, before)
    assert judged.before == before, "not a word of it changes"
    (complaint,) = [one for one in judged.own if one.rule == "waiver-invalid"]
    assert complaint.consequence is ExitReason.FAILED and "can't be waived" in complaint.message


def test_a_rule_that_is_not_there_and_one_about_accounts_can_not_be_waived() -> None:
    assert told({**WAIVER, "rule": "ip-requird"}) == [("error", "waiver-invalid")]
    assert told({**WAIVER, "rule": "two-factor"}) == [("error", "waiver-invalid")]
    assert told({**WAIVER, "rule": "escalation"}) == [("error", "waiver-invalid")]


def test_findings_of_a_reconcile_that_nothing_follows_from_can_be_waived() -> None:
    seen = found("unobserved", "m", "r", key=KeyName("one"))
    waiver = {**WAIVER, "rule": "unobserved"}
    assert told(waiver, before=(seen,), live={"one": {}}) == [("info", "unobserved one")]


@pytest.mark.parametrize("rule", ["unobserved", "unused-key"])
def test_a_waiver_of_a_live_rule_is_unused_only_where_everything_was_looked_at(rule: str) -> None:
    waiver = {**WAIVER, "rule": rule}
    assert told(waiver) == []
    assert told(waiver, live={"one": {}}, partial=True) == []
    assert told(waiver, live={"one": {}}) == [("warning", "waiver-unused"), ("fix", "waivers.0")]


def test_a_finding_that_a_louder_one_replaces_still_needs_its_waiver() -> None:
    over = {"one": {"expires": "2026-11-01"}}
    waiver = {**WAIVER, "rule": "expiry-past"}
    assert told(waiver, keys=over) == [("info", "expiry-past one")]
    alive = found("expired", "m", "r", key=KeyName("one"))
    assert told(waiver, keys=over, before=(alive,)) == [], "nor is it called unused"
