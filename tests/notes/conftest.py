"""A forge of each kind, and what a run keeps its hands off."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.cli.conftest import example, serve
from tests.notes.answering import serving
from tests.notes.github_double import GitHub
from tests.notes.gitlab_double import GitLab

__all__ = ["example", "serve"]
SURROUNDINGS = ("CI_", "GITHUB_", "KEYCTL_")
Forge = GitLab | GitHub


@pytest.fixture(autouse=True)
def surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable of the machine that runs the tests says where to post, and no proxy stands before loopback."""
    import os

    for name in list(os.environ):
        if name.startswith(SURROUNDINGS) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


@pytest.fixture
def gitlab() -> Iterator[GitLab]:
    double = GitLab()
    with serving(double):
        yield double
    assert double.strange == []


@pytest.fixture
def github() -> Iterator[GitHub]:
    double = GitHub()
    with serving(double):
        yield double
    assert double.strange == []


@pytest.fixture(params=["gitlab", "github"])
def forge(request: pytest.FixtureRequest) -> Forge:
    """Each forge in turn: what holds for one note holds at both."""
    made: Forge = request.getfixturevalue(request.param)
    return made
