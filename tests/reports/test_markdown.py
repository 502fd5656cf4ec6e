"""Markdown fits into a note and lets no value format anything."""

from __future__ import annotations

import re

import pytest
from hypothesis import given

from keyctl.reports.formats import Result, Style, render
from keyctl.reports.markdown import LIMIT, escape
from tests.reports.page import Parsed
from tests.reports.results import large, results, texts


@given(results)
def test_the_only_tags_are_the_folds_and_no_table_breaks(result: Result) -> None:
    shown = render("markdown", result, Style())
    assert set(Parsed(shown).names()) <= {"details", "summary"}
    for line in shown.splitlines():
        if line.startswith("|"):
            assert len(re.findall(r"(?<!\\)\|", line)) in (7, 6), line


@given(texts)
def test_escaped_text_is_one_line_without_live_marks(text: str) -> None:
    shown = escape(text)
    assert shown.splitlines() in ([shown], [])
    bare = re.sub(r"\\[\\`*_{}\[\]#!|~@$^:.)+=-]", "", shown)
    assert not re.search(r"[\\`*_\[\]#!|~@$^<>]", bare)
    assert "://" not in bare
    assert not re.search(r"[@#]\w", shown)


@pytest.mark.parametrize(("findings", "keys"), [(0, 0), (5, 8), (30, 100), (400, 5000), (5000, 5000)])
def test_a_note_is_never_too_long_and_says_what_it_leaves_out(findings: int, keys: int) -> None:
    result = large(findings, keys)
    shown = render("markdown", result, Style())
    assert len(shown) <= LIMIT
    told = re.search(r"Left out here: (.*?)\.\*\*", shown)
    left = {noun: int(number) for number, noun in re.findall(r"(\d+) (\w+)", told[1])} if told else {}
    assert shown.count("- **error drift**") + left.get("findings", 0) == findings
    assert len(re.findall(r"(?m)^\| (?:drifted|in\\?-sync) ", shown)) + left.get("keys", 0) == keys
    assert ("--output html=FILE" in shown) == bool(left)
    if findings:
        assert "- **error drift**" in shown


def test_what_needs_no_attention_is_folded_and_what_does_is_not() -> None:
    shown = render("markdown", large(3, 100), Style())
    before, fold, after = shown.partition("<details><summary>97 more keys</summary>")
    assert fold
    assert before.count("| drifted |") == 3 and "| in-sync |" not in before
    assert after.count("| in-sync |") == 97
    assert "<details>" not in render("markdown", large(3, 10), Style())


@given(results)
def test_folds_are_closed_and_stand_apart_from_the_text_around_them(result: Result) -> None:
    lines = render("markdown", result, Style()).splitlines()
    assert lines.count("</details>") == sum(line.startswith("<details>") for line in lines)
