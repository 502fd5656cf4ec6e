"""Rules are pure and come in any order; a key more changes nothing about others but where a rule says so."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from keyctl.model.finding import Finding
from keyctl.model.live import Snapshot
from keyctl.model.registry import Registry
from keyctl.policy import catalogue
from keyctl.policy.judge import judge
from keyctl.policy.rule import PolicyRule
from keyctl.policy.world import World, known_venue
from tests.policy.registries import NOW, keys, registries, snapshots, with_key

RULES = catalogue.rules()
REACHING = {rule.name for rule in RULES if rule.others}
"""Rules whose findings depend on more than their subject, as they say of themselves."""


def found(registry: Registry, snapshot: Snapshot | None, rules: tuple[PolicyRule, ...] = RULES) -> list[Finding]:
    judged = judge(World(registry, NOW, known_venue, snapshot), registry.policy, (), rules=rules)
    return sorted(judged.findings, key=lambda one: (one.rule, one.key or "", one.account or "", one.message))


def test_the_registries_are_rich_enough_for_what_follows() -> None:
    told: set[str] = set()

    @settings(deadline=None, max_examples=400, derandomize=True, database=None)
    @given(st.data())
    def gather(data: st.DataObject) -> None:
        registry = data.draw(registries())
        told.update(one.rule for one in found(registry, data.draw(snapshots(registry))))

    gather()
    # the one reads texts, which these registries are not made of; to the other nothing is too much but 21 entries
    assert {rule.name for rule in RULES} - told <= {"secret-in-registry", "ip-limits"}


@settings(deadline=None, max_examples=100)
@given(st.data(), st.randoms(use_true_random=False))
def test_the_same_input_gives_the_same_findings_in_whatever_order(data: st.DataObject, random: object) -> None:
    registry = data.draw(registries())
    snapshot = data.draw(snapshots(registry))
    straight = found(registry, snapshot)
    assert found(registry, snapshot) == straight
    turned = replace(
        registry,
        keys=dict(reversed([*registry.keys.items()])),
        accounts=dict(reversed([*registry.accounts.items()])),
        apps=dict(reversed([*registry.apps.items()])),
        networks=dict(reversed([*registry.networks.items()])),
    )
    seen = replace(snapshot, accounts=tuple(reversed(snapshot.accounts)))
    shuffled = list(RULES)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert found(turned, seen, tuple(shuffled)) == straight


@settings(deadline=None, max_examples=100)
@given(st.data())
def test_each_rule_finds_alone_what_it_finds_among_others(data: st.DataObject) -> None:
    registry = data.draw(registries())
    snapshot = data.draw(snapshots(registry))
    rule = data.draw(st.sampled_from(RULES))
    assert found(registry, snapshot, (rule,)) == [one for one in found(registry, snapshot) if one.rule == rule.name]


@settings(deadline=None, max_examples=200)
@given(st.data())
def test_a_key_more_changes_nothing_about_others_but_where_a_rule_says_so(data: st.DataObject) -> None:
    registry = data.draw(registries())
    snapshot = data.draw(st.none() | snapshots(registry))
    more = data.draw(keys("new"))
    before = [one for one in found(registry, snapshot) if one.rule not in REACHING]
    after = [one for one in found(with_key(registry, more), snapshot) if one.rule not in REACHING]
    assert [one for one in after if one.key != more.name] == before
