"""A desk of its own for each test, and one set of simulated exchanges for each file that runs keyctl in processes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.acting.desk import Desk, Venue, desk
from tests.acting.matrix import Row, World, scratch, warm_up, worlds
from tests.acting.rows import CREATE

Make = Callable[[Row, Venue], World]


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
