"""An exchange that fails at any request of a run, in any way, leaves what the next run puts right.

Here are a few faults of each row; ``python3 dev.py crashes --faults`` takes them all.
"""

from __future__ import annotations

import pytest

from tests.acting.desk import Venue
from tests.acting.failing import WAYS, Failing, spread
from tests.acting.matrix import Make, Row
from tests.acting.rows import ROWS

CASES = [(row, venue) for row in ROWS for venue in row.venues]
EACH = 2


def test_every_way_to_fail_comes() -> None:
    assert len(CASES) * EACH >= 2 * len(WAYS)


@pytest.mark.parametrize(
    ("turn", "row", "venue"),
    [(turn, row, venue) for turn, (row, venue) in enumerate(CASES)],
    ids=[f"{row.name} at {venue.name}" for row, venue in CASES],
)
def test_the_next_run_completes_what_a_failing_exchange_hindered(make: Make, turn: int, row: Row, venue: Venue) -> None:
    failing = Failing(make(row, venue))
    failing.measure()
    for fault in spread(failing.faults(), turn, EACH):
        failing.fail(fault)
