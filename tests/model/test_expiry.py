from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from keyctl.model.expiry import Condition, ImplicitExpiry, applies
from keyctl.model.identifier import Identifier
from keyctl.model.ips import ANY, IpSet, parse_network
from keyctl.model.live import LiveKey
from keyctl.model.observed import Known, NotObservable

UNSAID = NotObservable("not said")
BOUND = IpSet.of([parse_network("203.0.113.7")])
KEY = LiveKey(
    identifier=Identifier.of_text("abc"),
    label=UNSAID,
    scopes=UNSAID,
    ips=Known(ANY),
    enabled=UNSAID,
    created_at=Known(datetime(2026, 9, 1, tzinfo=UTC)),
    modified_at=UNSAID,
    expires_at=UNSAID,
    last_used_at=Known(datetime(2026, 9, 2, tzinfo=UTC)),
)


def rule(condition: Condition) -> ImplicitExpiry:
    return ImplicitExpiry(condition, 14, "it ends", "https://example.test", "2026-07-20", "it is bound")


def test_an_unbound_key_ends_so_many_days_after_its_creation() -> None:
    assert rule(Condition.NO_IP_LIST).forecast(KEY) == datetime(2026, 9, 15, tzinfo=UTC)


@pytest.mark.parametrize("changed", [{"ips": Known(BOUND)}, {"ips": UNSAID}, {"created_at": UNSAID}])
def test_nothing_is_forecast_for_bound_keys_or_from_unknown_facts(changed: dict[str, object]) -> None:
    assert rule(Condition.NO_IP_LIST).forecast(replace(KEY, **changed)) is None  # type: ignore[arg-type]  # by name


def test_the_end_of_an_idle_key_is_never_forecast_since_each_use_puts_it_off() -> None:
    assert rule(Condition.IDLE_WITHOUT_IP_LIST).forecast(KEY) is None
    assert rule(Condition.IDLE_WITHOUT_IP_LIST).condition.since == "after the last use"


def test_each_condition_says_in_words_from_when_its_days_count() -> None:
    assert [condition.since for condition in Condition] == ["after creation", "after the last use"]


@pytest.mark.parametrize("condition", Condition)
def test_a_rule_does_not_apply_to_a_key_that_is_bound(condition: Condition) -> None:
    assert applies(condition, BOUND) is False
    assert applies(condition, ANY) is (condition is Condition.NO_IP_LIST)
