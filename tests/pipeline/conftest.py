"""gitlab-ci-local and a desk's repository, made once; a clone for each test."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.history.repository import ENVIRONMENT, Repository
from tests.pipeline import desk
from tests.pipeline.gitlab import GitLab, install


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the pipeline that runs these tests sets is not to be taken for the setting of the tested one."""
    for name in ("KEYCTL_REGISTRY", "KEYCTL_PROTECTED_BRANCH", "CI_DEFAULT_BRANCH"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def gitlab(tmp_path_factory: pytest.TempPathFactory) -> GitLab:
    return install(tmp_path_factory.mktemp("gitlab-ci-local"))


@pytest.fixture(scope="session")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """A registry with GitLab's pipeline, made by a person without settings of git."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        return desk.make(tmp_path_factory.mktemp("origin"))


@pytest.fixture
def clone(origin: Repository, tmp_path: Path) -> Repository:
    return desk.clone_of(origin, tmp_path)
