"""The desired state as a whole: what the checkout says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from keyctl.model.account import Account
from keyctl.model.app import App
from keyctl.model.identifier import Identifier
from keyctl.model.ips import IpSet
from keyctl.model.key import Key, Revocation
from keyctl.model.names import AccountName, AppName, KeyName
from keyctl.model.policy import Policy, Waiver
from keyctl.model.tombstone import Tombstone, Tombstones


@dataclass(frozen=True, slots=True)
class Brakes:
    """How much one apply may do to an account."""

    max_deletes: int = 3
    max_deletes_percent: int = 20
    max_changes_percent: int = 50


@dataclass(frozen=True, slots=True)
class UnreadableBlob:
    """A blob of history that can't be read, and the identifiers that a person says it held."""

    blob: str
    identifiers: tuple[Identifier, ...]
    reason: str
    approved_by: str


@dataclass(frozen=True, slots=True)
class ClosedRegistry:
    """A registry that once stood in this repository and was given up on purpose."""

    id: str
    reason: str
    approved_by: str


@dataclass(frozen=True, slots=True)
class Registry:
    """One registry, checked: every name resolves, every file matched its schema.

    Mappings are sorted by name. ``digest`` is ``sha256:`` over the names and contents of all its files.
    """

    id: str
    accounts: Mapping[AccountName, Account]
    apps: Mapping[AppName, App]
    networks: Mapping[str, IpSet]
    keys: Mapping[KeyName, Key]
    revoked: tuple[Revocation, ...]
    digest: str
    brakes: Brakes = field(default_factory=Brakes)
    unreadable: tuple[UnreadableBlob, ...] = ()
    closed_registries: tuple[ClosedRegistry, ...] = ()
    policy: Policy = field(default_factory=Policy)
    waivers: tuple[Waiver, ...] = ()

    _tombstones: list[Tombstones] = field(default_factory=list, init=False, repr=False, compare=False)

    def tombstones(self) -> Tombstones:
        """Every tombstone that the checkout itself holds, gathered once; history may know more."""
        if not self._tombstones:
            self._tombstones.append(Tombstones(self._stones()))
        return self._tombstones[0]

    def _stones(self) -> Iterator[Tombstone]:
        for key in self.keys.values():
            for entry in key.revoked:
                yield _stone(entry, key.name, key.account)
        for entry in self.revoked:
            yield _stone(entry, None, None)


def _stone(entry: Revocation, key: KeyName | None, account: AccountName | None) -> Tombstone:
    return Tombstone(
        entry.identifier, str(entry.place), key, account, entry.on, entry.reason, entry.confirmed, entry.place
    )
