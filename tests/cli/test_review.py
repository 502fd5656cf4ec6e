"""Review as people run it: the worked example, a branch, a change."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from keyctl.registry.schema import decided_errors, validity
from tests.cli.program import keyctl
from tests.history.repository import Repository

QUOTES = "keys.d/hedger/hedger-quotes.yaml"


@pytest.fixture
def changed(example: Repository) -> Repository:
    """A branch on which one key gains a scope and an address, and another one lives longer."""
    example.branch("mr")
    quotes = (example.path / QUOTES).read_text()
    perps = (example.path / "keys.d/hedger/hedger-perps.yaml").read_text()
    example.commit(
        {
            QUOTES: quotes.replace("trade.spot]", "trade.spot, trade.futures]").replace(
                '"203.0.113.10"', '"203.0.113.0/28"'
            ),
            "keys.d/hedger/hedger-perps.yaml": perps.replace("2027-08-31", "2027-09-01"),
        },
        "wider",
    )
    return example


def document(*arguments: str) -> dict[str, Any]:
    ran = keyctl("review", "--format", "json", *arguments)
    shown: dict[str, Any] = json.loads(ran.out)
    assert validity("review")(shown), decided_errors("review", shown)
    return shown


def test_escalations_are_warnings_and_2_only_when_asked(changed: Repository) -> None:
    ran = keyctl("review")
    assert (ran.status, ran.err) == (0, "")
    assert "hedger-quotes gains trade.futures" in ran.out
    assert "20 addresses instead of 5 addresses" in " ".join(ran.out.split())
    assert keyctl("review", "--fail-on", "warning").status == 2


def test_the_document_says_each_row(changed: Repository) -> None:
    shown = document()
    rows = {(row["key"], row["field"], row["class"], row["risk"]) for row in shown["changes"]}
    assert rows == {
        ("hedger-quotes", "scopes", "changed", "escalation"),
        ("hedger-quotes", "ips", "changed", "escalation"),
        ("hedger-perps", "expires", "renewed", "renewal"),
    }
    assert {row["path"] for row in shown["changes"]} == {QUOTES, "keys.d/hedger/hedger-perps.yaml"}
    assert all(row["line"] and row["commits"][0]["author"] == "Tester" for row in shown["changes"])
    assert (shown["base"], shown["head"]) == (changed.git("rev-parse", "main"), changed.head())


def test_commits_by_name_and_outputs_in_other_formats(changed: Repository, tmp_path: Path) -> None:
    ran = keyctl(
        "review",
        "main",
        "mr",
        "--output",
        f"markdown={tmp_path / 'note.md'}",
        "--output",
        f"json={tmp_path / 'r.json'}",
    )
    assert ran.status == 0
    assert "hedger" in (tmp_path / "note.md").read_text()
    assert json.loads((tmp_path / "r.json").read_text())["summary"]["keys"] == 2
    assert keyctl("review", "mr", "mr").out.count("nothing changed") == 1
    assert keyctl("review", "nowhere").status == 1


def test_a_narrowed_review_is_partial(changed: Repository) -> None:
    shown = document("--only", "key=hedger-perps")
    assert shown["partial"] and {row["key"] for row in shown["changes"]} == {"hedger-perps"}
    assert {one["severity"] for one in shown["findings"]} <= {"info"}
    assert {row["key"] for row in document("--only", "exchange=bybit")["changes"]} == {"hedger-perps", "hedger-quotes"}
    assert keyctl("review", "--only", "key=nobody").status == 1
    assert keyctl("review", "--only", "colour=red").status == 64


def test_the_time_to_judge_by_is_an_input(changed: Repository) -> None:
    assert keyctl("review", "--at", "2026-11-25").out == keyctl("review", "--at", "2026-11-25").out
    assert keyctl("review", "--at", "tomorrow").status == 64


def test_unsigned_commits_fail_when_signatures_are_asked_for(changed: Repository) -> None:
    ran = keyctl("review", "--require-signed")
    assert ran.status == 1 and "allowed_signers" in ran.out


def test_wrong_files_are_1_with_their_places_and_the_rest_is_told(changed: Repository) -> None:
    changed.commit({"keys.d/ledger/ledger.yaml": "account: [\n"}, "a slip")
    ran = keyctl("review")
    assert ran.status == 1
    assert "keys.d/ledger/ledger.yaml:2" in ran.out
    assert "hedger-quotes gains trade.futures" in ran.out
    assert "ledger  (" not in ran.out, "a key that can't be read is not taken for removed"


def test_whole_ids_only_when_asked_for(changed: Repository) -> None:
    text = (changed.path / QUOTES).read_text()
    changed.commit(
        {
            QUOTES: text.replace(
                "id: W83Q8eDvJaEdoUvUzg", "id: FreshQuotes01\nretiring: {id: W83Q8eDvJaEdoUvUzg, until: 2026-12-03}"
            )
        }
    )
    assert "W83Q8eDvJaEdoUvUzg" not in keyctl("review", "--format", "json").out
    assert "W83Q8eDvJaEdoUvUzg" in keyctl("review", "--format", "json", "--full-ids").out
