"""What people, or a pipeline for them, type at ``revoke``."""

from __future__ import annotations

import os

import pytest

from tests.cli.conftest import Serve
from tests.cli.program import keyctl
from tests.history.repository import Repository

SECRETS = ("KEYCTL_WRITE_BYBIT_SANDBOX_BYBIT_MAIN_SECRET", "KEYCTL_READ_OKX_SANDBOX_OKX_MAIN_PASSPHRASE")


@pytest.mark.parametrize("name", SECRETS)
def test_no_secret_of_the_deployment_is_written_down(example: Repository, serve: Serve, name: str) -> None:
    serve("example")
    secret = os.environ[name]
    before = example.git("status", "--short")
    for given in (("ledger", "--reason", f"see {secret}"), ("--id", secret, "--account", "bybit-mm", "--reason", "x")):
        ran = keyctl("revoke", *given)
        assert ran.status == 1 and "a secret of this deployment" in ran.err
        assert secret not in ran.out + ran.err
    assert example.git("status", "--short") == before
