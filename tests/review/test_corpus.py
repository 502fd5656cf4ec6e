"""Each small change means what its case says: its rows, its findings, its exit status."""

from __future__ import annotations

from pathlib import Path

import pytest

from keyctl.cli.exits import status_of
from keyctl.model.finding import ExitReason
from keyctl.model.review import AddedTombstone, Review, ReviewedChange, SharedEdit
from keyctl.model.rules import RULES
from tests.review.conftest import Look
from tests.review.corpus import Case, built, cases, fingerprint

CASES = cases()


def test_the_corpus_is_large_and_no_two_cases_share_a_name() -> None:
    assert len(CASES) >= 60
    assert len({case.name for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_change_means_what_its_case_says(case: Case, tmp_path: Path, look: Look) -> None:
    repository = built(case, tmp_path / "desk")
    review = look(repository)
    assert rows(review) == sorted(case.changes)
    assert edits(review) == sorted(case.shared)
    assert stones(review) == sorted(case.tombstones)
    assert found(review) == sorted(case.findings)
    assert int(status_of(review.exit_reasons)) == case.exit
    told = " ".join(finding.message for finding in review.findings)
    assert [word for word in case.words if word not in told] == []
    steps = set(repository.git("rev-list", "main..mr").split())
    told_rows: list[ReviewedChange | SharedEdit | AddedTombstone] = [
        *review.changes,
        *review.shared,
        *review.tombstones,
    ]
    for row in told_rows:
        assert row.commits and {one.id for one in row.commits} <= steps, "each row names commits of the range"
    for finding in review.findings:
        if finding.consequence in (ExitReason.BLOCKED, ExitReason.FAILED) and finding.rule != "history-unverified":
            assert "by Tester <tester@desk.example>" in finding.message


def rows(review: Review) -> list[str]:
    return sorted(f"{row.key} {row.field} {row.meaning.value} {row.risk.value}" for row in review.changes)


def edits(review: Review) -> list[str]:
    return sorted(
        f"{one.kind.value} {one.name if one.kind.value != 'signers' else 'allowed_signers'} {one.field} "
        f"{one.risk.value} {','.join(one.keys)}".strip()
        for one in review.shared
    )


def stones(review: Review) -> list[str]:
    known = {fingerprint(text): text for case in CASES for one in case.tombstones for text in [one.split()[0]]}
    return sorted(
        f"{known.get(one.identifier.fingerprint, one.identifier.display)} {one.key or 'nobody'} "
        f"{'kept' if one.kept else 'dropped'}"
        for one in review.tombstones
    )


def found(review: Review) -> list[str]:
    """What a review itself says; what the policy finds has cases of its own."""
    return sorted(f"{one.rule} {one.key or ''}".strip() for one in review.findings if one.rule in RULES)
