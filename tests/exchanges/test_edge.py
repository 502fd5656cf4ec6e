from __future__ import annotations

import json

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
