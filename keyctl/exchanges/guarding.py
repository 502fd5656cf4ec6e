"""What no writer does anywhere: touch keyctl's own credentials, or bring back what was revoked (laws 3 and 9)."""

from __future__ import annotations

from dataclasses import dataclass

from keyctl.exchanges.declaration import Declaration
from keyctl.exchanges.transport import Transport
from keyctl.exchanges.writing import Created, NotSent, Wanted, Writer
from keyctl.model.identifier import Fingerprint, Identifier
from keyctl.model.live import LiveKey
from keyctl.model.marker import markers_in
from keyctl.model.tombstone import Tombstones


class Forbidden(NotSent):
    """A law forbids this change, whoever asks for it."""


@dataclass(frozen=True, slots=True)
class Guarded:
    """A Writer that refuses, before anything is asked or sent, what a law forbids.

    ``protected_ids`` are all credentials that keyctl uses anywhere; the one that the transport calls with is always one
    of them.
    """

    writer: Writer
    declaration: Declaration
    protected_ids: frozenset[Fingerprint]
    tombstones: Tombstones

    async def create(self, transport: Transport, subaccount: str | None, wanted: Wanted) -> Created:
        """Only with a marker in the label: a crash must not leave a key that nobody can tell (law 8)."""
        if len(markers_in(wanted.label)) != 1:
            raise Forbidden(
                "a key is only made with the marker of its entry in the label",
                "give the label one marker as a word of its own",
            )
        self._check_label(wanted)
        return await self.writer.create(transport, subaccount, wanted)

    async def update(
        self, transport: Transport, subaccount: str | None, identifier: Identifier, wanted: Wanted
    ) -> LiveKey:
        """Not of keyctl's own credentials, and not of what is revoked."""
        self._check_own(transport, identifier)
        self._check_revoked(identifier, "changed")
        self._check_label(wanted)
        return await self.writer.update(transport, subaccount, identifier, wanted)

    async def disable(self, transport: Transport, subaccount: str | None, identifier: Identifier) -> None:
        """Not of keyctl's own credentials."""
        self._check_own(transport, identifier)
        await self.writer.disable(transport, subaccount, identifier)

    async def enable(self, transport: Transport, subaccount: str | None, identifier: Identifier) -> None:
        """Not of keyctl's own credentials, and not of what is revoked."""
        self._check_own(transport, identifier)
        self._check_revoked(identifier, "enabled")
        await self.writer.enable(transport, subaccount, identifier)

    async def delete(self, transport: Transport, subaccount: str | None, identifier: Identifier) -> None:
        """Not of keyctl's own credentials."""
        self._check_own(transport, identifier)
        await self.writer.delete(transport, subaccount, identifier)

    async def freeze(self, transport: Transport, subaccount: str | None) -> None:
        """Not of the account whose credential calls: nobody could ask it anything any more."""
        if subaccount is None:
            raise NotSent(
                "the account of the credential that calls is not frozen by it", "freeze it in the exchange's web page"
            )
        await self.writer.freeze(transport, subaccount)

    def _check_own(self, transport: Transport, identifier: Identifier) -> None:
        if identifier.text is None:
            raise NotSent(
                f"only the fingerprint {identifier.display} of the key is known, and an exchange takes ids",
                "take the id from the exchange's listing, which shows the key of this fingerprint",
            )
        own = () if transport.identifier is None else (transport.identifier.fingerprint,)
        if identifier.fingerprint in self.protected_ids.union(own):
            raise Forbidden(
                f"{identifier.display} is a credential that keyctl itself uses",
                "change it by hand, or give keyctl another credential first and take this one out of its environment",
            )

    def _check_revoked(self, identifier: Identifier, what: str) -> None:
        tombstone = self.tombstones.find(identifier)
        if tombstone is not None:
            raise Forbidden(
                f"{identifier.display} is revoked for ever ({tombstone.origin}) and is never {what}",
                "delete the key at the exchange",
            )

    def _check_label(self, wanted: Wanted) -> None:
        room = self.declaration.limits.label_room
        if room is not None and len(wanted.label) > room:
            raise NotSent(
                f"the label has {len(wanted.label)} characters, and {self.declaration.title} takes {room}",
                "shorten the label; the marker alone is enough",
            )
