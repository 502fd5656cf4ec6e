"""Laws 1 and 2 over random histories, against a naive reader of every commit; cached is always as good as uncached."""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keyctl.history import gather
from keyctl.history.examine import History, examine
from tests.history.histories import Commit, Verdict, histories, registry_of, store, verdict
from tests.history.repository import ENVIRONMENT


@pytest.fixture(autouse=True)
def every_run_writes_what_it_learnt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gather, "_WORTH_SAVING", 1)
    monkeypatch.setattr(gather, "_WORTH_REMEMBERING", 1)


def look(repository: Path, commits: list[Commit], ids: list[str], head: int, main: int, *, cache: bool) -> History:
    """Sets HEAD and main, and examines what HEAD's checkout would say."""
    for name, position in (("refs/heads/main", main), ("HEAD", head)):
        subprocess.run(
            ["git", "update-ref", "--no-deref", name, ids[position]], cwd=repository, env=ENVIRONMENT, check=True
        )
    tree = commits[head].tree
    root = repository / tree.place
    root.mkdir(parents=True, exist_ok=True)
    return examine(root, registry_of(tree), protected="main", environ=ENVIRONMENT, cache=cache)


def named(history: History, rule: str) -> frozenset[str]:
    """The fingerprints that the remedies of a rule's findings name."""
    return frozenset(
        fingerprint
        for finding in history.findings
        if finding.rule == rule
        for fingerprint in re.findall(r"sha256:[0-9a-f]{64}", finding.remedy)
    )


def assert_agrees(history: History, expected: Verdict) -> None:
    assert history.verified
    assert {tombstone.identifier.fingerprint for tombstone in history.tombstones} == expected.revoked
    assert named(history, "identifier-lost") == expected.lost
    assert named(history, "tombstone-removed") == expected.removed
    count = Counter(finding.rule for finding in history.findings)
    assert (count["revoked-id-declared"] > 0) == bool(expected.back)
    assert count["identifier-shared"] == expected.shared


@settings(max_examples=30)
@given(histories(), st.data())
def test_every_history_is_judged_as_a_naive_reader_judges_it(commits: list[Commit], data: st.DataObject) -> None:
    position = st.integers(0, len(commits) - 1)
    with tempfile.TemporaryDirectory() as folder:
        repository = Path(folder) / "desk"
        ids = store(commits, repository)
        for _ in range(3):
            head, main = data.draw(position), data.draw(position)
            expected = verdict(commits, (head, main), commits[head].tree)
            uncached = look(repository, commits, ids, head, main, cache=False)
            assert_agrees(uncached, expected)
            cached = look(repository, commits, ids, head, main, cache=True)
            others = tuple(one for one in cached.findings if one.rule != "protected-rewritten")
            assert replace(cached, findings=others) == uncached


@settings(max_examples=15)
@given(histories())
def test_a_protected_branch_that_grows_commit_by_commit_needs_no_second_look(commits: list[Commit]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        repository = Path(folder) / "desk"
        ids = store(commits, repository)
        chain = [len(commits) - 1]
        while commits[chain[-1]].parents:
            chain.append(commits[chain[-1]].parents[0])
        for position in reversed(chain):
            history = look(repository, commits, ids, position, position, cache=True)
            assert "protected-rewritten" not in {finding.rule for finding in history.findings}
            assert_agrees(history, verdict(commits, [position], commits[position].tree))
