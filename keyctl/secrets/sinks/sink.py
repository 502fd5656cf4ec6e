"""What a sink of secrets offers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from keyctl.model.identifier import Identifier
from keyctl.model.names import AccountName, AppName, ExchangeId, KeyName
from keyctl.secrets.sources import Secret


def parcel_name(key: KeyName, identifier: Identifier) -> str:
    """The name under which a sink holds the credential of one id: the key's, a dot, and sixteen hex digits of the id's
    fingerprint. So nothing is ever overwritten, and anybody who reads the registry can tell which one is current."""
    return f"{key}.{identifier.fingerprint.removeprefix('sha256:')[:16]}"


@dataclass(frozen=True, slots=True)
class Parcel:
    """One new credential, and whose it is. ``identifier`` has a text; ``passphrase`` is None where the exchange has
    none. ``recipients`` are those of the app, for sinks that encrypt."""

    key: KeyName
    owner: AppName
    account: AccountName
    exchange: ExchangeId
    identifier: Identifier
    secret: Secret = field(repr=False)
    passphrase: Secret | None = field(default=None, repr=False)
    recipients: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What a sink calls it."""
        return parcel_name(self.key, self.identifier)


class SinkError(Exception):
    """A sink did not take a secret, or can't tell. ``message`` says what and where, ``remedy`` what to do; neither
    holds a secret, nor what a sink's server said word by word."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message}; {self.remedy}"


class Sink(Protocol):
    """One place where secrets may go, such as ``vault:kv/hedger``, opened for one run."""

    def check(self, recipients: tuple[str, ...]) -> None:
        """That it can be delivered to, as far as that can be seen without delivering: before a key is made. Raises
        SinkError."""

    def deliver(self, parcel: Parcel) -> None:
        """All of the parcel, or nothing that could be taken for all of it. What is there under the same name is never
        overwritten. Raises SinkError; it may have arrived all the same, which is harmless: the key is deleted then."""

    def holds(self, name: str) -> bool | None:
        """Whether a whole parcel of this name has arrived; None where the sink does not let keyctl see that. Raises
        SinkError where it can't be asked."""
