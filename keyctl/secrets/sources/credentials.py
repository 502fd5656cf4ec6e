"""Where keyctl's own credentials come from: variables named after exchange and account, never YAML (law 6).

``KEYCTL_READ_<EXCHANGE>_<ACCOUNT>_{KEY,SECRET,PASSPHRASE}``, in upper case, every other character as ``_``, with
``_TESTNET`` or ``_SANDBOX`` after the exchange. A key that only its own credential can describe has its name after the
account's. Those for writing begin with ``KEYCTL_WRITE``. A variable is set in the environment, or the file that
``KEYCTL_CREDENTIALS`` names says where its value is kept; in both it is an error.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from keyctl.model.account import Account, Environment
from keyctl.model.identifier import Fingerprint, Identifier, IdentifierError
from keyctl.model.key import Key
from keyctl.model.names import KeyName
from keyctl.secrets.failure import StoreError
from keyctl.secrets.sources.fetching import Fetching
from keyctl.secrets.sources.mapping import read_mapping
from keyctl.secrets.sources.secret import Secret

READ = "KEYCTL_READ"
WRITE = "KEYCTL_WRITE"
PARTS = ("KEY", "SECRET", "PASSPHRASE")
"""What a credential has a variable for; the passphrase where the exchange wants one."""
_ID = "_KEY"
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
    """The credentials that the deployment gave for one use, reading or writing. What is kept elsewhere is fetched when
    it is asked for, once; that may take seconds, and may be done in several threads at once."""

    def __init__(
        self,
        values: Mapping[str, Secret],
        shared: Mapping[str, tuple[str, ...]] | None = None,
        fetching: Fetching | None = None,
        use: str = READ,
    ) -> None:
        self._values = dict(values)
        self._shared = dict(shared or {})
        self._fetching = fetching if fetching is not None else Fetching({}, {})
        self.use = use

    @classmethod
    def from_environ(cls, environ: Mapping[str, str], use: str = READ) -> Credentials:
        """Those for one use, READ or WRITE; a variable that is set to nothing counts as not set.

        Raises Refusal where the file that KEYCTL_CREDENTIALS names can't be used, and for a plug-in that takes a name
        which is taken.
        """
        start = use + "_"
        entries = {name: entry for name, entry in read_mapping(environ).items() if name.startswith(start)}
        values = {name: Secret(value) for name, value in environ.items() if name.startswith(start) and value}
        return cls(values, fetching=Fetching(entries, environ), use=use)

    @property
    def names(self) -> frozenset[str]:
        """Every variable that is set, here or elsewhere."""
        return frozenset(self._values) | frozenset(self._fetching.entries)

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
                start = prefix(by_name[key.account], key.name, self.use)
                users.setdefault(start, []).append(f"key {key.name}")
        shared = {name: tuple(sorted(meant)) for name, meant in users.items() if len(meant) > 1}
        return Credentials(self._values, shared, self._fetching, self.use)

    def for_account(self, account: Account) -> Credential | None:
        """The account's credential; None if no variable of it is set. Raises CredentialError for half a one, and for
        one that can't be fetched."""
        return self._under(prefix(account, use=self.use))

    def for_key(self, account: Account, key: Key) -> Credential | None:
        """A key's own credential; None if no variable of it is set. Raises CredentialError for half a one, and for one
        that can't be fetched."""
        return self._under(prefix(account, key.name, self.use))

    def identifiers(self) -> frozenset[Fingerprint]:
        """The ids of all credentials, whatever they are for, whole or not. One that can't be fetched is left out: it is
        declared as keyctl's too, or that is a finding."""
        found = set()
        for name in sorted(name for name in self.names if name.endswith(_ID)):
            with suppress(IdentifierError, CredentialError):
                found.add(Identifier.of_text(self._value(name).reveal()).fingerprint)
        return frozenset(found)

    def secrets(self) -> tuple[Secret, ...]:
        """Every value at hand that must never be shown, those fetched until now included. Ids are no secrets."""
        values = {**self._fetching.known(), **self._values}
        return tuple(value for name, value in sorted(values.items()) if not name.endswith(_ID))

    def tell(self, learn: Callable[[str], None]) -> None:
        """Calls ``learn`` with every value that must never be shown: now with those at hand, and with each further one
        when it is fetched, before anybody else gets it, from whichever thread."""
        for name, value in sorted(self._values.items()):
            if not name.endswith(_ID):
                learn(value.reveal())
        self._fetching.tell(lambda name, value: None if name.endswith(_ID) else learn(value.reveal()))

    def _under(self, start: str) -> Credential | None:
        present = {part for part in PARTS if self._has(f"{start}_{part}")}
        if not present:
            return None
        if start in self._shared:
            raise CredentialError(
                f"{start}_… would serve {' and '.join(self._shared[start])}; rename one of them in the registry"
            )
        for part in ("KEY", "SECRET"):
            if part not in present:
                raise CredentialError(f"{start}_{part} is not set, but another variable of this credential is")
        key, secret, passphrase = (self._value(f"{start}_{part}") if part in present else None for part in PARTS)
        assert key is not None and secret is not None
        try:
            identifier = Identifier.of_text(key.reveal())
        except IdentifierError:
            identifier = None
        if identifier is None:
            raise CredentialError(f"{start}_KEY is no API key: it must be printable ASCII without white space")
        return Credential(identifier, key.reveal(), secret, passphrase, start)

    def _has(self, name: str) -> bool:
        return name in self._values or name in self._fetching.entries

    def _value(self, name: str) -> Secret:
        """Raises CredentialError about this name only."""
        entry, given = self._fetching.entries.get(name), self._values.get(name)
        if entry is None:
            assert given is not None
            return given
        if given is not None:
            raise CredentialError(f"{name} is set in the environment and in {entry.place}; take one of them away")
        failure: StoreError
        try:
            return self._fetching.value(name)
        except StoreError as error:
            failure = error
        raise CredentialError(f"{name} can't be fetched ({entry.place}): {failure}")
