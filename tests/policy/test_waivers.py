"""Exceptions end, excuse something, and excuse no more than they have to; laws are never waived."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from keyctl.model.finding import ExitReason, Finding, Severity
from keyctl.model.live import Snapshot
from keyctl.model.names import KeyName
from keyctl.model.policy import Subject
from keyctl.model.rules import RULES, found
from keyctl.policy import catalogue
from keyctl.policy.judge import judge
from keyctl.policy.rule import Edit
from keyctl.policy.waivers import waivable
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


def complaints(waivers: list[dict[str, Any]], keys: dict[str, Any]) -> list[Finding]:
    registry = registry_of({"waivers": {"waivers": waivers}, "keys": keys})
    judged = judge(World(registry, NOW, known_venue), registry.policy, registry.waivers)
    return [one for one in judged.own if one.rule.startswith("waiver-")]


def many(needing: int, idle: int) -> dict[str, Any]:
    """Keys that may be used from anywhere, called n0 and so on, and others, called i0 and so on."""
    unbound = {f"n{number}": {"id": f"Id1{number}", "ips": "any"} for number in range(needing)}
    return {**unbound, **{f"i{number}": {"id": f"Id2{number}"} for number in range(idle)}}


def test_a_waiver_holds_until_the_end_of_its_day() -> None:
    last = {**WAIVER, "expires": "2026-11-25"}
    assert told(last) == [("info", "ip-required one")]


def test_what_is_wrong_with_a_waiver_stands_at_its_place_and_names_it() -> None:
    gone = {**WAIVER, "key": "gone"}
    over = {**WAIVER, "expires": "2026-11-24"}
    first, second = complaints([gone, over], UNBOUND)
    assert first.place is not None and second.place is not None
    assert (first.place.path, first.place.pointer) == ("registry/waivers.yaml", ("waivers", 0))
    assert second.place.pointer == ("waivers", 1)
    assert "ip-required" in first.message and "gone" in first.message and "no key has such a name" in first.message
    assert "2026-11-24" in second.message and first.remedy and second.remedy


def test_all_that_can_go_are_fixes_and_what_is_only_too_broad_is_none() -> None:
    keys = {"one": {"ips": "any"}, "two": {"id": "Two"}}
    waivers = [
        {**WAIVER, "key": "*"},
        {**WAIVER, "key": "gone"},
        {**WAIVER, "rule": "ip-requird"},
        {**WAIVER, "key": "two"},
    ]
    registry = registry_of({"waivers": {"waivers": waivers}, "keys": keys})
    judged = judge(World(registry, NOW, known_venue), registry.policy, registry.waivers)
    path = "registry/waivers.yaml"
    assert judged.fixes == (Edit(path, ("waivers", 1)), Edit(path, ("waivers", 3)))


@pytest.mark.parametrize("names", [1, 5])
def test_up_to_five_keys_that_do_not_need_it_are_named(names: int) -> None:
    (broad,) = complaints([{**WAIVER, "key": "*"}], many(1, names))
    assert broad.message.endswith(": " + ", ".join(f"i{number}" for number in range(names)))
    assert broad.remedy.endswith(": n0")


@pytest.mark.parametrize(("names", "more"), [(6, 1), (8, 3)])
def test_of_more_than_five_the_rest_is_counted(names: int, more: int) -> None:
    (broad,) = complaints([{**WAIVER, "key": "*"}], many(7, names))
    assert broad.message.endswith(f": i0, i1, i2, i3, i4 and {more} more")
    assert broad.remedy.endswith(": n0, n1, n2, n3, n4")


def test_a_waiver_that_covers_no_other_key_is_not_too_broad() -> None:
    assert complaints([{**WAIVER, "key": "n*"}], many(2, 2)) == []


def test_equal_waivers_excuse_the_same_and_neither_is_unused() -> None:
    assert complaints([WAIVER, dict(WAIVER)], UNBOUND) == []
    assert told(WAIVER, dict(WAIVER)) == [("info", "ip-required one")]


def test_each_waiver_is_counted_for_the_keys_that_it_excused() -> None:
    narrow, wide = {**WAIVER, "key": "n0"}, {**WAIVER, "key": "n?", "expires": "2027-01-31"}
    assert complaints([narrow, wide], many(2, 0)) == []


def test_a_waiver_of_one_rule_excuses_no_other() -> None:
    both = {"one": {"ips": "any", "expires": "2026-11-01"}}
    registry = registry_of({"waivers": {"waivers": [WAIVER]}, "keys": both})
    judged = judge(World(registry, NOW, known_venue), registry.policy, registry.waivers)
    severities = {one.rule: one.severity for one in judged.own}
    assert severities["ip-required"] is Severity.INFO and severities["expiry-past"] is not Severity.INFO


def test_the_one_that_ends_last_speaks_whatever_the_order() -> None:
    later = {**WAIVER, "expires": "2027-01-31", "approved_by": "cto"}
    for waivers in ([WAIVER, later], [later, WAIVER]):
        registry = registry_of({"waivers": {"waivers": waivers}, "keys": UNBOUND})
        judged = judge(World(registry, NOW, known_venue), registry.policy, registry.waivers)
        (finding,) = [one for one in judged.own if one.rule == "ip-required"]
        assert finding.message.startswith("waived until 2027-01-31 by cto")


@pytest.mark.parametrize("rule", ["assumed", "expires-early", "unobserved"])
def test_what_nothing_follows_from_can_be_waived_and_is_then_for_information(rule: str) -> None:
    seen = found(rule, "m", "r", key=KeyName("one"))
    registry = registry_of({"waivers": {"waivers": [{**WAIVER, "rule": rule}]}})
    judged = judge(World(registry, NOW, known_venue), registry.policy, registry.waivers, [seen])
    (kept,) = judged.before
    assert kept.severity is Severity.INFO and kept.message.endswith(": m") and judged.own == ()


def test_a_finding_on_no_key_is_excused_by_none() -> None:
    seen = found("unobserved", "m", "r")
    registry = registry_of({"waivers": {"waivers": [{**WAIVER, "rule": "unobserved", "key": "*"}]}})
    judged = judge(World(registry, NOW, known_venue), registry.policy, registry.waivers, [seen])
    assert judged.before == (seen,)


def test_a_finding_that_something_follows_from_is_excused_by_none() -> None:
    failed = replace(found("unobserved", "m", "r", key=KeyName("one")), consequence=ExitReason.INCOMPLETE)
    registry = registry_of({"waivers": {"waivers": [{**WAIVER, "rule": "unobserved"}]}})
    judged = judge(World(registry, NOW, known_venue), registry.policy, registry.waivers, [failed])
    assert judged.before == (failed,)


def test_the_rules_that_can_be_waived_are_those_about_keys_but_for_laws_and_three_more() -> None:
    rules = {rule.name: rule for rule in catalogue.rules()}
    can = {name for name in {*rules, *RULES, "ip-requird"} if waivable(name, rules)}
    about_keys = {rule.name for rule in rules.values() if rule.about is Subject.KEY and not rule.law}
    assert can == about_keys | {"assumed", "expires-early", "unobserved"}
