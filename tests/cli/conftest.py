"""The worked example in a repository of its own, and the sandbox that it reconciles against."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from keyctl.sandbox.running import Sandbox, environment, running
from tests.history.repository import ENVIRONMENT, Repository

CHECKOUT = Path(__file__).parents[2]


@pytest.fixture
def example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """A repository with the worked example as its one commit; the test stands in its folder, without credentials."""
    path = tmp_path / "desk"
    path.mkdir()
    for folder in ("registry", "keys.d", "schemas"):
        shutil.copytree(CHECKOUT / folder, path / folder)
    repository = Repository(path)
    repository.git("init", "-q", "-b", "main")
    repository.commit(message="the worked example")
    monkeypatch.chdir(path)
    for name in ("KEYCTL_REGISTRY", "KEYCTL_SANDBOX", "KEYCTL_PROTECTED_BRANCH", "CI_DEFAULT_BRANCH"):
        monkeypatch.delenv(name, raising=False)
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    return repository


Serve = Callable[[str], Sandbox]


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    """Starts a scenario and gives the test its credentials."""
    with ExitStack() as stack:

        def start(scenario: str) -> Sandbox:
            sandbox = stack.enter_context(running(scenario))
            for name, value in {**environment(scenario), "KEYCTL_SANDBOX": sandbox.control_url}.items():
                monkeypatch.setenv(name, value)
            return sandbox

        yield start
