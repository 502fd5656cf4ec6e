"""What differs, and what it does to a key's power to set it back."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from keyctl.model.change import Change
from keyctl.model.difference import ips_differ, scopes_differ, undoing
from keyctl.model.finding import Risk
from keyctl.model.ips import ANY, IpSet
from keyctl.model.scopes import ScopeSet
from tests.reconcile.worlds import ip_sets, scope_sets

prefixes = st.sampled_from(["", "retiring."])


def with_prefix(change: Change, prefix: str) -> Change:
    return Change(prefix + change.field, change.live, change.desired, change.risk)


@given(scope_sets, scope_sets, prefixes)
def test_undoing_a_change_of_scopes_is_a_reduction_only_where_nothing_is_given_back(
    desired: ScopeSet, live: ScopeSet, prefix: str
) -> None:
    for change in scopes_differ(desired, live):
        risk = undoing(with_prefix(change, prefix))
        assert (risk is Risk.REDUCTION) is (desired < live) and risk is not Risk.NEUTRAL
        assert (change.risk is Risk.ESCALATION) is bool(live - desired)


@given(ip_sets, ip_sets, prefixes)
def test_undoing_a_change_of_addresses_is_a_reduction_only_where_none_is_given_back(
    desired: IpSet, live: IpSet, prefix: str
) -> None:
    for change in ips_differ(desired, live):
        assert (undoing(with_prefix(change, prefix)) is Risk.REDUCTION) is live.covers(desired)
    assert list(ips_differ(desired, desired)) == []


@given(ip_sets)
def test_no_restriction_is_wider_than_any(ips: IpSet) -> None:
    for change in ips_differ(ips, ANY):
        assert undoing(change) is Risk.REDUCTION
    for change in ips_differ(ANY, ips):
        assert undoing(change) is Risk.ESCALATION


@given(st.booleans())
def test_switching_on_is_an_escalation_and_off_a_reduction(live: bool) -> None:
    change = Change("enabled", live, not live, Risk.ESCALATION if live else Risk.REDUCTION)
    assert undoing(change) is (Risk.REDUCTION if live else Risk.ESCALATION)


def test_a_change_without_a_direction_keeps_its_risk() -> None:
    assert undoing(Change("label", "a", "b", Risk.NEUTRAL)) is Risk.NEUTRAL
