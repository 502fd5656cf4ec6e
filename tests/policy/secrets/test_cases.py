"""What is a secret and what only looks like one: cases.yaml."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NotRequired, TypedDict, cast

import pytest
import yaml

from keyctl.model.finding import Confidence
from keyctl.policy.secrets import find
from tests.policy.secrets.pieces import fill


class Case(TypedDict):
    name: str
    text: str
    kinds: list[str]
    confidence: NotRequired[str | list[str]]
    ids: NotRequired[int]


CASES = cast(list[Case], yaml.safe_load(Path(__file__).with_name("cases.yaml").read_text(encoding="utf-8")))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_case(case: Case) -> None:
    text, secrets = fill(case["text"], case["name"])
    ids = re.findall(r"id: (\S+)", text)[: case.get("ids", 0)]
    assert len(ids) == case.get("ids", 0)
    hits = find(text, identifiers=ids)
    assert [(hit.kind, text[hit.start : hit.end]) for hit in hits] == list(zip(case["kinds"], secrets, strict=True))
    sure = case.get("confidence", "medium")
    assert [hit.confidence for hit in hits] == ([sure] * len(hits) if isinstance(sure, str) else sure)


def test_a_case_s_name_is_its_seed_and_comes_once() -> None:
    names = [case["name"] for case in CASES]
    assert len(names) == len(set(names)) > 80


@pytest.mark.parametrize("case", [case for case in CASES if case.get("ids")], ids=lambda case: case["name"])
def test_where_no_identifier_belongs_the_same_text_is_a_hit(case: Case) -> None:
    text, _ = fill(case["text"], case["name"])
    if not case["name"].startswith("Bitget"):  # its ids carry a prefix that no secret has
        assert len(find(text)) == 1 + len(case["kinds"])


def test_an_unmistakable_form_is_a_hit_even_as_an_identifier() -> None:
    for form in ("{wif}", "ghp_{alnum:36}", "AGE-SECRET{}-KEY-1{bech32:58}"):
        text, _ = fill(form, form)
        assert [hit.confidence for hit in find(f"id: {text}", identifiers=[text])] == [Confidence.HIGH], form


def test_the_words_for_people_name_no_part_of_the_secret() -> None:
    for case in CASES:
        text, secrets = fill(case["text"], case["name"])
        for hit in find(text):
            assert not any(part in hit.what for secret in secrets for part in re.findall(r"\w{12,}", secret))
