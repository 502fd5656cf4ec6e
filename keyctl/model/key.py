"""Keys as the registry declares them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from keyctl.model.attestation import Attestation
from keyctl.model.identifier import Identifier
from keyctl.model.ips import IpSet
from keyctl.model.names import AccountName, AppName, KeyName
from keyctl.model.place import Place, Pointer
from keyctl.model.scopes import ScopeSet

NEVER_ISSUED = "never-issued"
"""The reason of a tombstone for an identifier that was mistyped and never existed."""


@dataclass(frozen=True, slots=True)
class Revocation:
    """An identifier that is dead for ever.

    ``confirmed`` is the day on which the exchange, or an attestation, said so. ``reason`` is free text, ``leaked`` say.
    """

    identifier: Identifier
    on: date
    reason: str
    place: Place
    confirmed: date | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Retiring:
    """The identifier that a rotation replaces; it should be revoked by the end of ``until`` (UTC)."""

    identifier: Identifier
    until: date


@dataclass(frozen=True, slots=True)
class Key:
    """A named, long-lived entry.

    ``identifier`` is None until issued, and again once ended. ``expires`` is the last day of life: dead from 00:00 UTC
    of the day after. ``ips`` is resolved, names of networks included; ``listed`` are its entries as they are written,
    empty for no restriction; two spellings of one list are no difference.
    """

    name: KeyName
    account: AccountName
    owner: AppName
    purpose: str
    scopes: ScopeSet
    ips: IpSet
    place: Place
    identifier: Identifier | None = None
    networks: tuple[str, ...] = ()
    issued: date | None = None
    expires: date | None = None
    retiring: Retiring | None = None
    protected: bool = False
    disabled: bool = False
    reissue: bool = False
    deliver: str | None = None
    revoked: tuple[Revocation, ...] = ()
    listed: tuple[str, ...] = field(default=(), compare=False)
    attested: Attestation | None = None

    @property
    def placed(self) -> tuple[tuple[Identifier, Pointer], ...]:
        """The living ids, each with where it stands in the file."""
        current = ((self.identifier, ("id",)),) if self.identifier is not None else ()
        return (*current, *(((self.retiring.identifier, ("retiring", "id")),) if self.retiring is not None else ()))

    @property
    def ended(self) -> bool:
        """Whether it has no id, had one, and is to get no other: its file only keeps tombstones."""
        return self.identifier is None and bool(self.revoked) and not self.reissue

    @property
    def unconfirmed(self) -> tuple[Identifier, ...]:
        """The revoked ids that ever were at an exchange and whose death nothing confirms."""
        dead = (one for one in self.revoked if one.confirmed is None and one.reason != NEVER_ISSUED)
        return tuple(one.identifier for one in dead)

    @property
    def living(self) -> tuple[Identifier, ...]:
        """The ids that the file declares as living: the current and the retiring one."""
        return tuple(identifier for identifier, _ in self.placed)

    @property
    def generation(self) -> int:
        """How many ids this key has or had, for the marker of the next one."""
        return len(self.revoked) + len(self.living)
