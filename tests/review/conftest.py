"""Where reviews of these tests look for git, and what time it is there."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import pytest

from keyctl.model.finding import Severity
from keyctl.model.review import Review
from keyctl.review.run import review
from tests.history.repository import ENVIRONMENT, Repository
from tests.review.corpus import FILES

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


class Look(Protocol):
    """Reviews a repository as the command does."""

    def __call__(
        self,
        repository: Repository,
        base: str | None = None,
        head: str | None = None,
        *,
        protected: str | None = "main",
        anchor: Path | None = None,
        require_signed: bool = False,
        fail_on: Severity = Severity.ERROR,
        now: datetime = NOW,
    ) -> Review: ...


@pytest.fixture
def look() -> Look:
    def reviewed(
        repository: Repository,
        base: str | None = None,
        head: str | None = None,
        *,
        protected: str | None = "main",
        anchor: Path | None = None,
        require_signed: bool = False,
        fail_on: Severity = Severity.ERROR,
        now: datetime = NOW,
    ) -> Review:
        return review(
            repository.root,
            environ=ENVIRONMENT,
            now=now,
            base=base,
            head=head,
            protected=protected,
            anchor=anchor,
            require_signed=require_signed,
            fail_on=fail_on,
        ).review

    return reviewed


@pytest.fixture
def desk(tmp_path: Path) -> Repository:
    """The small registry on branch ``main``, with branch ``mr`` checked out at the same commit."""
    path = tmp_path / "desk"
    path.mkdir()
    repository = Repository(path)
    repository.git("init", "-q", "-b", "main")
    repository.commit(FILES, "the registry")
    repository.branch("mr")
    return repository
