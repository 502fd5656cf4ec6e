from __future__ import annotations

import json
from decimal import Decimal

import pytest

from keyctl.exchanges.edge import parse, strip
from keyctl.exchanges.errors import Malformed


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", "nothing"),
        ("<!DOCTYPE html><html>", "HTML"),
        ('{"retCode":0,', "breaks off"),
        ("access too frequent", "other text"),
        ('{"retCode":NaN}', "damaged"),
        ("[" * 100_000, "breaks off"),
        ('{"readOnly":1,"readOnly":0}', "gives a name twice"),
    ],
)
def test_text_that_is_not_one_whole_json_answer_is_malformed(text: str, found: str) -> None:
    with pytest.raises(Malformed, match=found):
        parse(text)


def test_null_is_null_and_not_the_word() -> None:
    assert parse("null") is None


def test_numbers_with_a_fraction_are_kept_digit_for_digit() -> None:
    sent = '{"equity":0.1,"small":1E-8,"long":302.618692140000000000000001,"whole":3}'
    assert parse(sent) == {
        "equity": Decimal("0.1"),
        "small": Decimal("0.00000001"),
        "long": Decimal("302.618692140000000000000001"),
        "whole": 3,
    }


def test_a_number_beyond_all_bounds_is_malformed() -> None:
    with pytest.raises(Malformed):
        parse('{"equity":1.0e99999999999999999999}')


def test_only_declared_fields_come_in() -> None:
    answer = {"code": 0, "client_secret": "x", "keys": [{"id": 1, "client_secret": "x", "rights": {"new": ["a"]}}]}
    assert strip(answer, ("code", "keys.id", "keys.rights.*")) == {
        "code": 0,
        "keys": [{"id": 1, "rights": {"new": ["a"]}}],
    }


def test_an_object_in_the_place_of_a_plain_value_comes_in_empty() -> None:
    stripped = strip({"note": {"secret": "x"}, "list": [{"secret": "x"}]}, ("note", "list"))
    assert stripped == {"note": {}, "list": [{}]}
    assert "x" not in json.dumps(stripped)
