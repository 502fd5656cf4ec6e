"""A desk of its own for each test, and one set of simulated exchanges for each file that runs keyctl in processes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.acting.desk import Desk, Venue, desk
from tests.acting.matrix import Make, Matrix, Row, scratch, warm_up, worlds
from tests.acting.rows import CREATE

Begin = Callable[[Row, Venue], Matrix]


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Desk]:
    """A desk whose registry and exchanges agree."""
    with desk(tmp_path) as made:
        yield made


@pytest.fixture(scope="module")
def make() -> Iterator[Make]:
    """Makes worlds."""
    with scratch() as folder, worlds(folder) as made:
        warm_up(made(CREATE, CREATE.venues[0]))
        yield made


@pytest.fixture(scope="module")
def begin(make: Make) -> Begin:
    """Gives a row, measured, at its start: the same world to each test that asks for it."""
    known: dict[tuple[str, str], Matrix] = {}

    def begun(row: Row, venue: Venue) -> Matrix:
        name = (row.name, venue.name)
        if name not in known:
            known[name] = Matrix(make(row, venue))
            known[name].measure()
        known[name].world.restore()
        return known[name]

    return begun
