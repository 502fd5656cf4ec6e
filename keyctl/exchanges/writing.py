"""What a writer of an exchange offers. What all exchanges have in common, the guards too, is done by who wraps it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from keyctl.exchanges.errors import ExchangeError
from keyctl.exchanges.transport import Transport
from keyctl.model.identifier import Identifier
from keyctl.model.ips import IpSet
from keyctl.model.live import LiveKey
from keyctl.model.scopes import ScopeSet
from keyctl.secrets.sources import Secret


@dataclass(frozen=True, slots=True)
class Wanted:
    """The whole state that a key is to have: every call sends all of it, since what is left out means something else at
    each exchange.

    A new key's ``label`` carries its marker. For a change at an exchange that can't RENAME it is the label that the key
    has.
    """

    label: str
    scopes: ScopeSet
    ips: IpSet


@dataclass(frozen=True, slots=True)
class Created:
    """A key that the exchange made. ``secret`` is shown once and nowhere else; ``passphrase`` is what keyctl chose for
    it, None where the exchange has none. ``answered`` is what the answer says of the key, which is less than a listing.
    """

    identifier: Identifier
    secret: Secret
    passphrase: Secret | None
    answered: LiveKey


class NotSent(Exception):
    """keyctl itself did not send a change. ``message`` says why and ``remedy`` what a person can do instead."""

    def __init__(self, message: str, remedy: str) -> None:
        self.message = message
        self.remedy = remedy
        super().__init__(message)

    def __str__(self) -> str:
        return f"{self.message}; {self.remedy}"


class Unsupported(NotSent):
    """The exchange's API can't do this; ``remedy`` are the steps by hand."""


class Unlisted(NotSent):
    """The whole listing of the account does not show the key that is to be changed. That is what the listing said, and
    no word of the exchange that the key does not exist."""


class HalfMade(ExchangeError):
    """A key was made, and it is not certain that it is as it should be; its secret is lost. Delete ``identifier``.

    ``cause`` and words are those of what failed after the key was made.
    """

    def __init__(self, identifier: Identifier, why: ExchangeError) -> None:
        self.identifier = identifier
        super().__init__(
            why.causes,
            f"the key {identifier.display} was made and then: {why.message}",
            f"delete this key, whose secret nobody has; {why.remedy}",
            code=why.code,
        )


class Writer(Protocol):
    """Changes keys at one exchange, each method by as few calls as the exchange allows, none of them sent twice.

    ``transport`` has the effects READ and WRITE and the credential of the account, or of its parent where the exchange
    has it so; ``subaccount`` is as Reader.keys has it. Every method raises NotSent for what keyctl does not send, and
    ExchangeError for what failed: ``surely_not_done`` tells whether it may have been done all the same.
    """

    async def create(self, transport: Transport, subaccount: str | None, wanted: Wanted) -> Created:
        """A new key. Raises HalfMade where a key was made and something failed after that."""

    async def update(
        self, transport: Transport, subaccount: str | None, identifier: Identifier, wanted: Wanted
    ) -> LiveKey:
        """The key with exactly the wanted state, as the answer shows it. It is switched on by no update."""

    async def disable(self, transport: Transport, subaccount: str | None, identifier: Identifier) -> None:
        """The key stays and no longer works."""

    async def enable(self, transport: Transport, subaccount: str | None, identifier: Identifier) -> None:
        """A disabled key works again."""

    async def delete(self, transport: Transport, subaccount: str | None, identifier: Identifier) -> None:
        """The key is gone for ever. One that the exchange explicitly says it does not have is as good as deleted;
        where it says anything else, the listing tells."""

    async def freeze(self, transport: Transport, subaccount: str | None) -> None:
        """Nothing can be done with a whole sub-account any more, until a person unfreezes it in the web page."""
