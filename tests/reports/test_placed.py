"""A finding has a fingerprint of its own, and keeps it while lines and counts move."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath

from hypothesis import given
from hypothesis import strategies as st

from keyctl.model.finding import Confidence, Finding, Severity, in_order
from keyctl.model.names import AccountName, KeyName
from keyctl.model.place import Place
from keyctl.reports.placed import placed
from tests.reports.results import findings

many = st.lists(findings, max_size=6).map(in_order)


def fingerprints(found: tuple[Finding, ...], prefix: str = "") -> list[str]:
    return [one.fingerprint for one in placed(found, prefix)]


def moved(finding: Finding, lines: int) -> Finding:
    place = finding.place
    return finding if place is None else replace(finding, place=replace(place, line=place.line + lines, column=3))


@given(many)
def test_no_two_findings_share_one(found: tuple[Finding, ...]) -> None:
    assert len(set(fingerprints(found + found))) == 2 * len(found)


@given(many, st.integers(1, 50))
def test_it_stays_when_lines_move(found: tuple[Finding, ...], lines: int) -> None:
    assert fingerprints(found) == fingerprints(tuple(moved(finding, lines) for finding in found))


@given(many, st.sampled_from(["", "desk/", "a/b c/"]))
def test_every_place_is_a_line_of_a_file_below_the_repository_s_root(found: tuple[Finding, ...], prefix: str) -> None:
    for one in placed(found, prefix):
        path = PurePosixPath(one.path)
        assert one.path == str(path) != "." and not path.is_absolute() and ".." not in path.parts
        assert one.path.startswith(prefix)
        assert one.line >= 1 and (one.column is None or one.column >= 1)


def test_a_finding_without_a_place_stands_at_the_top_of_the_registry() -> None:
    finding = Finding("history-unverified", Severity.ERROR, Confidence.HIGH, "no history", "fetch it")
    (one,) = placed([finding], "desk/")
    assert (one.path, one.line, one.column) == ("desk/registry/registry.yaml", 1, None)


def test_it_differs_by_all_that_makes_a_finding_another_one_and_by_nothing_that_only_counts() -> None:
    place = Place("keys.d/a.yaml", ("revoked", 0), 9, 5)
    finding = Finding("drift", Severity.ERROR, Confidence.HIGH, "3 days left, ips +b7", "", place=place)
    (first,) = fingerprints((finding,))
    same = [
        replace(finding, message="2 days left, ips +b7"),
        replace(finding, severity=Severity.WARNING),
        replace(finding, remedy="wait"),
        replace(finding, place=replace(place, pointer=("revoked", 4))),
    ]
    others = [
        replace(finding, message="3 days left, ips +b8"),
        replace(finding, rule="missing"),
        replace(finding, key=KeyName("a")),
        replace(finding, account=AccountName("a")),
        replace(finding, place=replace(place, path="keys.d/b.yaml")),
        replace(finding, place=replace(place, pointer=("retiring", 0))),
    ]
    assert [fingerprints((one,)) for one in same] == [[first]] * len(same)
    assert all(fingerprints((one,)) != [first] for one in others)
