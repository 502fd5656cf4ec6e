from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acting.desk import Desk, desk


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Desk]:
    """A desk whose registry and exchanges agree."""
    with desk(tmp_path) as made:
        yield made
