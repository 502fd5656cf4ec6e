"""Credentials whose values are kept somewhere else, as a deployment writes them down."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from keyctl.model.account import Account, Environment
from keyctl.model.names import AccountName, ExchangeId
from keyctl.model.place import Place
from keyctl.secrets.sources import READ, CredentialError, Credentials

MAIN = Account(AccountName("main"), ExchangeId("bybit"), Environment.LIVE, Place("registry/accounts.yaml"))
OTHER = Account(AccountName("other"), ExchangeId("bybit"), Environment.LIVE, Place("registry/accounts.yaml"))
SECRET = "KEYCTL_READ_BYBIT_MAIN_SECRET"


def mapping(folder: Path, *lines: str, mode: int = 0o600) -> Path:
    file = folder / "credentials"
    file.write_text("".join(line + "\n" for line in lines))
    file.chmod(mode)
    return file


def given(folder: Path, *lines: str, environ: Mapping[str, str] | None = None, use: str = READ) -> Credentials:
    return Credentials.from_environ({"KEYCTL_CREDENTIALS": str(mapping(folder, *lines)), **(environ or {})}, use)


def secret_from(folder: Path, reference: str, environ: Mapping[str, str] | None = None) -> str:
    """What the line ``… = reference`` leads to. Raises CredentialError, having seen that it holds no secret."""
    credentials = given(
        folder, f"{SECRET} = {reference}", environ={"KEYCTL_READ_BYBIT_MAIN_KEY": "id", **(environ or {})}
    )
    try:
        found = credentials.for_account(MAIN)
    except CredentialError as error:
        assert error.__cause__ is None and error.__context__ is None
        assert str(error).startswith(f"{SECRET} can't be fetched ({folder}/credentials:1): ")
        assert "canary-" not in str(error)
        raise
    assert found is not None
    return found.secret.reveal()
