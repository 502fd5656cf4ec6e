"""Where keyctl's own credentials come from: environment variables named after exchange and account, never YAML (law 6).

``KEYCTL_READ_<EXCHANGE>_<ACCOUNT>_{KEY,SECRET,PASSPHRASE}``, in upper case, every other character as ``_``, with
``_TESTNET`` or ``_SANDBOX`` after the exchange. A key that only its own credential can describe has its name after the
account's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from keyctl.model.account import Account, Environment
from keyctl.model.identifier import Fingerprint, Identifier, IdentifierError
from keyctl.model.key import Key
from keyctl.model.names import KeyName
from keyctl.secrets.sources.secret import Secret

READ = "KEYCTL_READ"
WRITE = "KEYCTL_WRITE"
PARTS = ("KEY", "SECRET", "PASSPHRASE")
"""What a credential has a variable for; the passphrase where the exchange wants one."""
_OTHER = re.compile(r"[^A-Z0-9]")


class CredentialError(Exception):
    """A credential can't be used. The message names variables, never their values."""


@dataclass(frozen=True, slots=True)
class Credential:
    """One API credential. ``variables`` is the common start of its variables' names, for messages."""

    identifier: Identifier
    key: str
    secret: Secret
    passphrase: Secret | None
    variables: str


def prefix(account: Account, key: KeyName | None = None, use: str = READ) -> str:
    """What the variables of an account's credential, or of one key's own, start with."""
    environment = () if account.environment is Environment.LIVE else (account.environment.value,)
    names = (account.exchange, *environment, account.name, *((key,) if key is not None else ()))
    return "_".join((use, *(_OTHER.sub("_", name.upper()) for name in names)))


class Credentials:
    """The credentials that the deployment gave for one use, reading or writing: neither serves for the other."""

    def __init__(
        self, values: Mapping[str, Secret], shared: Mapping[str, tuple[str, ...]] | None = None, use: str = READ
    ) -> None:
        self._values = dict(values)
        self._shared = dict(shared or {})
        self.use = use

    @classmethod
    def from_environ(cls, environ: Mapping[str, str], use: str = READ) -> Credentials:
        """Reads ``KEYCTL_READ_…`` or ``KEYCTL_WRITE_…``; a variable that is set to nothing counts as not set."""
        found = {name: Secret(value) for name, value in environ.items() if name.startswith(use + "_") and value}
        return cls(found, use=use)

    def serving(self, accounts: Iterable[Account], keys: Iterable[Key]) -> Credentials:
        """The same, for one registry: variables that two of its accounts or keys would share are refused when asked.

        Names that differ only in characters that become ``_`` meet there; neither may get the other's credential.
        """
        by_name = {account.name: account for account in accounts}
        users: dict[str, list[str]] = {}
        for account in by_name.values():
            users.setdefault(prefix(account, use=self.use), []).append(f"account {account.name}")
        for key in keys:
            if key.account in by_name:
                users.setdefault(prefix(by_name[key.account], key.name, self.use), []).append(f"key {key.name}")
        shared = {name: tuple(sorted(meant)) for name, meant in users.items() if len(meant) > 1}
        return Credentials(self._values, shared, self.use)

    def for_account(self, account: Account) -> Credential | None:
        """The account's credential; None if no variable of it is set. Raises CredentialError for half a one."""
        return self._under(prefix(account, use=self.use))

    def for_key(self, account: Account, key: Key) -> Credential | None:
        """A key's own credential; None if no variable of it is set. Raises CredentialError for half a one."""
        return self._under(prefix(account, key.name, self.use))

    def identifiers(self) -> frozenset[Fingerprint]:
        """The ids of all credentials, whatever they are for, whole or not."""
        found = set()
        for name, value in self._values.items():
            if name.endswith("_KEY"):
                with suppress(IdentifierError):
                    found.add(Identifier.of_text(value.reveal()).fingerprint)
        return frozenset(found)

    def secrets(self) -> tuple[Secret, ...]:
        """Every value that must never be shown, for redaction. Ids are no secrets."""
        return tuple(value for name, value in sorted(self._values.items()) if not name.endswith("_KEY"))

    def _under(self, start: str) -> Credential | None:
        key, secret, passphrase = (self._values.get(f"{start}_{part}") for part in PARTS)
        if key is None and secret is None and passphrase is None:
            return None
        if start in self._shared:
            raise CredentialError(
                f"{start}_… would serve {' and '.join(self._shared[start])}; rename one of them in the registry"
            )
        for part, value in (("KEY", key), ("SECRET", secret)):
            if value is None:
                raise CredentialError(f"{start}_{part} is not set, but another variable of this credential is")
        assert key is not None and secret is not None
        try:
            identifier = Identifier.of_text(key.reveal())
        except IdentifierError:
            identifier = None
        if identifier is None:
            raise CredentialError(f"{start}_KEY is no API key: it must be printable ASCII without white space")
        return Credential(identifier, key.reveal(), secret, passphrase, start)
