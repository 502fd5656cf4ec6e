"""Real servers, one for a run, and an environment without the machine's own words about them."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.secrets.openbao import Bao, serving_bao

SURROUNDINGS = ("VAULT_", "BAO_", "AWS_", "CI_", "GITLAB_", "KEYCTL_", "PYTHON_KEYRING_")


@pytest.fixture(autouse=True)
def surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable of the machine that runs the tests says where a secret is, and no proxy stands before loopback."""
    for name in list(os.environ):
        if name.startswith(SURROUNDINGS) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def bao(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bao]:
    with serving_bao(tmp_path_factory.mktemp("bao")) as server:
        yield server
