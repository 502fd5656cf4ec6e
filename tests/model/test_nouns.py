"""Scopes, markers, days, the table of rules, and the order of results."""

from __future__ import annotations

import dataclasses
import importlib
import pkgutil
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

import keyctl.model
from keyctl.model.finding import ExitReason, Severity, exit_reasons, in_order
from keyctl.model.marker import LENGTH, marker, markers_in
from keyctl.model.names import KeyName
from keyctl.model.place import Place
from keyctl.model.rules import RULES, found
from keyctl.model.scopes import STANDARD, ScopeError, other, parse_scope
from keyctl.model.scopes import in_order as scopes_in_order
from keyctl.model.times import end_of, instant

REGISTRY = "161de356-cc81-4733-9a87-dc6c45793064"


@pytest.mark.parametrize("scope", [*STANDARD, "other:FiatP2P", "other:trade:read_write", "other:/api/v4/x"])
def test_the_vocabulary_is_closed_but_for_other(scope: str) -> None:
    assert parse_scope(scope) == scope


@pytest.mark.parametrize("text", ["", "trade", "Read", "trade.spots", "other:", "other:a b", "withdraw "])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ScopeError):
        parse_scope(text)


def test_a_near_miss_is_suggested() -> None:
    with pytest.raises(ScopeError, match=r"did you mean 'trade\.spot'"):
        parse_scope("trade.spots")


def test_native_names_survive_and_odd_characters_do_not() -> None:
    assert other("FiatP2P") == "other:FiatP2P"
    assert parse_scope(other("a b\x1b")) == "other:a_b_"


def test_scopes_are_shown_in_the_order_of_the_vocabulary() -> None:
    assert scopes_in_order([other("b"), other("a"), STANDARD[10], STANDARD[0]]) == (
        "read",
        "withdraw",
        "other:a",
        "other:b",
    )


@given(st.text(max_size=20), st.integers(0, 50))
def test_a_marker_is_found_in_a_label_as_a_word_of_its_own(name: str, generation: int) -> None:
    mark = marker(REGISTRY, KeyName(name), generation)
    assert len(mark) == LENGTH
    assert markers_in(f"quotes {mark}") == markers_in(mark) == markers_in(f"{mark}-x") == (mark,)
    assert markers_in("x" + mark) == markers_in(mark + "9") == markers_in(mark.upper()) == ()
    assert mark != marker(REGISTRY, KeyName(name), generation + 1) != marker("other", KeyName(name), generation + 1)


def test_the_last_day_counts_to_its_end_in_utc() -> None:
    assert end_of(date(2026, 11, 30)) == datetime(2026, 12, 1, tzinfo=UTC)
    assert instant(datetime(2026, 12, 1, 1, 2, 3, 999, tzinfo=UTC)) == "2026-12-01T01:02:03Z"


def test_every_value_of_the_model_is_frozen_and_slotted() -> None:
    checked = 0
    for module in pkgutil.iter_modules(keyctl.model.__path__):
        for value in vars(importlib.import_module(f"keyctl.model.{module.name}")).values():
            if isinstance(value, type) and dataclasses.is_dataclass(value):
                assert value.__dataclass_params__.frozen, value  # type: ignore[attr-defined]
                assert "__slots__" in vars(value), value
                checked += 1
    assert checked > 25


def test_findings_come_worst_first_whatever_their_order() -> None:
    findings = [
        found("expires-early", "b", "", place=Place("b")),
        found("reactivated", "z", ""),
        found("drift", "a", "", place=Place("a", line=9)),
        found("drift", "a", "", place=Place("a", line=2)),
    ]
    ordered = in_order(findings)
    assert [finding.rule for finding in ordered] == ["reactivated", "drift", "drift", "expires-early"]
    assert ordered == in_order(findings[::-1])


def test_consequences_decide_whatever_the_severity_and_the_rest_by_fail_on() -> None:
    assert exit_reasons((found("unissued", "", ""),), Severity.CRITICAL) == (ExitReason.DIFFERENCES,)
    assert exit_reasons((found("expires-early", "", ""),), Severity.ERROR) == ()
    assert exit_reasons((found("expires-early", "", ""),), Severity.WARNING) == (ExitReason.DIFFERENCES,)
    assert exit_reasons((found("unobservable", "", ""), found("reactivated", "", "")), Severity.ERROR) == (
        ExitReason.BLOCKED,
        ExitReason.INCOMPLETE,
    )


def test_every_rule_says_what_it_means_and_laws_block_at_the_highest_severity() -> None:
    for name, rule in RULES.items():
        assert rule.meaning.endswith(".") and len(rule.meaning) < 90, name
        if rule.consequence is ExitReason.BLOCKED:
            assert rule.severity is Severity.CRITICAL, name


def test_markers_stay_the_same_for_ever_since_they_stand_in_labels() -> None:
    assert marker(REGISTRY, KeyName("hedger-quotes"), 0) == "kc4lrw25xgna2n3"
    assert marker(REGISTRY, KeyName("hedger-quotes"), 1) == "kccfvmjag6jgioi"


def test_an_instant_is_shown_in_utc_whatever_its_zone() -> None:
    east = timezone(timedelta(hours=2))
    assert instant(datetime(2026, 12, 1, 1, 2, 3, tzinfo=east)) == "2026-11-30T23:02:03Z"


def test_an_unknown_scope_is_told_of_with_the_known_ones_where_nothing_is_near() -> None:
    with pytest.raises(ScopeError, match=r"'xyz'; known are read, trade\.spot, .* and other:<native>"):
        parse_scope("xyz")
