"""explain: every rule, a finding by its place and by its fingerprint."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from keyctl.policy.explained import explained, names
from tests.cli.program import keyctl
from tests.history.repository import Repository

SIGNALS = "keys.d/signals/signals-spot.yaml"


@pytest.mark.parametrize("name", names())
def test_every_rule_says_what_why_and_what_to_do(name: str) -> None:
    known = explained(name)
    assert known is not None
    ran = keyctl("explain", name)
    assert ran.status == 0
    told = " ".join(ran.out.split())
    for text in (known.meaning, known.reason, known.remedy, f"docs/rules.md#{name}"):
        assert text in told
    assert all(len(line) <= 100 for line in ran.out.splitlines())


def test_without_a_name_all_of_them_are_listed() -> None:
    listed = [line.split()[0] for line in keyctl("explain").out.splitlines()]
    assert listed == list(names())


def test_a_finding_is_found_by_its_place(example: Repository) -> None:
    for what in (f"{SIGNALS}:7", f"{SIGNALS}:7:9", SIGNALS):
        ran = keyctl("explain", what)
        assert ran.status == 0 and "waived until 2027-08-31" in ran.out and "third-party-writes\nwhat " in ran.out
    assert keyctl("explain", f"{SIGNALS}:1").status == 1


def test_and_by_the_fingerprint_that_a_report_gives(example: Repository) -> None:
    issues = json.loads(keyctl("validate", "--format", "codequality").out)
    (issue,) = [one for one in issues if one["check_name"] == "third-party-writes"]
    for length in (64, 8):
        assert "signals-spot of the third party" in keyctl("explain", issue["fingerprint"][:length]).out
    assert keyctl("explain", "0" * 64).status == 1


def test_a_mistyped_name_is_guessed() -> None:
    ran = keyctl("explain", "ip-requird")
    assert ran.status == 1 and "did you mean 'ip-required'?" in ran.err


def test_the_page_that_it_names_has_the_rule() -> None:
    headings = re.findall(r"(?m)^## (.+)$", Path(__file__).parents[2].joinpath("docs/rules.md").read_text())
    assert headings == list(names())
