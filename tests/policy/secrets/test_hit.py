"""Of hits that overlap one stays."""

from __future__ import annotations

from itertools import permutations

import pytest

from keyctl.model.finding import Confidence
from keyctl.policy.secrets.hit import Hit, without_overlaps

LOW, MEDIUM, HIGH = Confidence.LOW, Confidence.MEDIUM, Confidence.HIGH


def hit(start: int, end: int, confidence: Confidence = MEDIUM, kind: str = "a") -> Hit:
    return Hit(kind, "what", start, end, confidence)


@pytest.mark.parametrize(
    ("hits", "kept"),
    [
        ([], []),
        ([hit(0, 3)], [0]),
        ([hit(0, 3), hit(3, 6)], [0, 1]),
        ([hit(0, 4), hit(3, 6, HIGH)], [1]),
        ([hit(0, 9, MEDIUM), hit(3, 4, HIGH)], [1]),
        ([hit(0, 9, LOW), hit(3, 4, MEDIUM)], [1]),
        ([hit(0, 9, LOW), hit(3, 4, HIGH)], [1]),
        ([hit(0, 3), hit(2, 6)], [1]),
        ([hit(0, 3), hit(2, 5)], [0]),
        ([hit(0, 3, kind="b"), hit(2, 5, kind="a")], [0]),
        ([hit(0, 3, kind="a"), hit(0, 3, kind="b")], [0]),
        ([hit(0, 5), hit(4, 10), hit(9, 12)], [1]),
        ([hit(0, 5, HIGH), hit(4, 10), hit(9, 12)], [0, 2]),
        ([hit(0, 2), hit(4, 10, HIGH), hit(12, 13, LOW)], [0, 1, 2]),
        ([hit(2, 4, HIGH), hit(0, 3), hit(3, 8, LOW), hit(5, 7, MEDIUM)], [0, 3]),
    ],
)
def test_the_surer_one_then_the_longer_then_the_first(hits: list[Hit], kept: list[int]) -> None:
    for given in permutations(hits):
        assert without_overlaps(given) == tuple(sorted((hits[i] for i in kept), key=lambda one: one.start))


def test_equal_hits_are_one() -> None:
    assert len({hit(0, 3), hit(0, 3)}) == 1
    assert without_overlaps([hit(0, 3), hit(0, 3)]) == (hit(0, 3),)
