"""Parcels to deliver, whose secrets the search of tests/canary.py would find, and where they may go."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

import pytest

from keyctl.model.identifier import Identifier
from keyctl.model.names import AccountName, AppName, ExchangeId, KeyName
from keyctl.secrets.sinks.catalogue import open_sink
from keyctl.secrets.sinks.sink import Parcel, Sink, SinkError
from keyctl.secrets.sources import Secret


def canary(name: str) -> str:
    """A secret, made when it is needed so that no file holds one."""
    return "canary-" + sha256(name.encode()).hexdigest()[:32]


def parcel(key: str = "hedger-quotes", *, passphrase: bool = False, recipients: tuple[str, ...] = ()) -> Parcel:
    return Parcel(
        key=KeyName(key),
        owner=AppName("hedger"),
        account=AccountName("bybit-mm"),
        exchange=ExchangeId("bybit"),
        identifier=Identifier.parse("w8HqB0tXn3KcVz"),
        secret=Secret(canary(key)),
        passphrase=Secret(canary(key + " passphrase")) if passphrase else None,
        recipients=recipients,
    )


def as_document(given: Parcel) -> dict[str, str]:
    """What the app is to get, written out by hand."""
    return {
        "exchange": "bybit",
        "account": "bybit-mm",
        "key": given.key,
        "owner": "hedger",
        "api_key": "w8HqB0tXn3KcVz",
        "secret": given.secret.reveal(),
        **({"passphrase": given.passphrase.reveal()} if given.passphrase else {}),
    }


def opened(
    reference: str, *, sinks: str | None = None, work_tree: Path | None = None, environ: Mapping[str, str] | None = None
) -> Sink:
    """A sink that the deployment allows, itself or by the prefixes in ``sinks``."""
    allowed = reference if sinks is None else sinks
    return open_sink(reference, {"KEYCTL_SINKS": allowed, **(environ or {})}, work_tree=work_tree)


def refused(caught: pytest.ExceptionInfo[SinkError]) -> str:
    """What a refusal says, after seeing that nothing of it holds a secret and that it keeps no library's error."""
    error = caught.value
    assert error.__cause__ is None and error.__context__ is None
    said = "".join([str(error), repr(error), error.message, error.remedy, *traceback.format_exception(error)])
    assert "canary-" not in said
    assert error.remedy
    return str(error)
