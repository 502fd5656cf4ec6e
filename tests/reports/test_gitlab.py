"""The plan widget gets its three numbers."""

from __future__ import annotations

import json

import pytest
from hypothesis import given

from keyctl.model.finding import Risk
from keyctl.model.names import AccountName, AppName, KeyName
from keyctl.model.review import Meaning, Review, ReviewedChange
from keyctl.reports.formats import Result, Style, render
from tests.reports.results import results


def counts(result: Result) -> tuple[int, int, int]:
    told = json.loads(render("gitlab", result, Style()))
    assert set(told) == {"create", "update", "delete"}
    return told["create"], told["update"], told["delete"]


@given(results)
def test_what_plans_nothing_has_three_zeros(result: Result) -> None:
    assert counts(result) == (0, 0, 0)


def reviewed(*changes: tuple[str, Meaning]) -> Review:
    rows = tuple(
        ReviewedChange(
            KeyName(key), AccountName("main"), AppName("app"), meaning, "ips", (), (), Risk.NEUTRAL, None, None, ()
        )
        for key, meaning in changes
    )
    return Review("0" * 40, "1" * 40, None, None, 1, False, False, rows, (), (), (), ())


@pytest.mark.parametrize(
    ("meanings", "numbers"),
    [
        ([Meaning.ISSUED, Meaning.ISSUED], (1, 0, 0)),
        ([Meaning.CHANGED, Meaning.INDIRECT, Meaning.MOVED], (0, 1, 0)),
        ([Meaning.RENEWED], (0, 1, 0)),
        ([Meaning.ROTATED, Meaning.REVOKED, Meaning.CHANGED], (1, 0, 1)),
        ([Meaning.REVOKED], (0, 0, 1)),
        ([Meaning.REMOVED, Meaning.REMOVED], (0, 0, 1)),
        ([Meaning.RENAMED, Meaning.MOVED], (0, 0, 0)),
    ],
)
def test_a_review_counts_each_key_once_by_its_loudest_change(
    meanings: list[Meaning], numbers: tuple[int, int, int]
) -> None:
    assert counts(reviewed(*(("one", meaning) for meaning in meanings))) == numbers


def test_a_review_adds_its_keys_up() -> None:
    result = reviewed(("a", Meaning.ISSUED), ("b", Meaning.ISSUED), ("c", Meaning.CHANGED), ("d", Meaning.REMOVED))
    assert counts(result) == (2, 1, 1)
