"""A process that dies at any point leaves what the next one puts right, with its record and without.

Here are a few points of each row; ``python3 dev.py crashes`` takes them all.
"""

from __future__ import annotations

import pytest

from tests.acting.desk import Venue
from tests.acting.matrix import Make, Matrix, Row, chosen
from tests.acting.points import KINDS
from tests.acting.rows import ROWS

CASES = [(row, venue) for row in ROWS for venue in row.venues]


@pytest.mark.parametrize(
    ("turn", "row", "venue"),
    [(turn, row, venue) for turn, (row, venue) in enumerate(CASES)],
    ids=[f"{row.name} at {venue.name}" for row, venue in CASES],
)
def test_the_next_run_completes_what_a_dead_one_began(make: Make, turn: int, row: Row, venue: Venue) -> None:
    matrix = Matrix(make(row, venue))
    matrix.measure()
    assert {name.partition(":")[0] for name in matrix.points} <= set(KINDS)
    for number in chosen(matrix.points, turn):
        matrix.die_at(number)
