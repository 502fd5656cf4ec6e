"""What a reader of an exchange offers. Whatever all exchanges have in common is done by who calls it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from keyctl.exchanges.quotes import Quotes
from keyctl.exchanges.transport import Transport
from keyctl.model.balance import Balance
from keyctl.model.live import LiveKey, SubAccount
from keyctl.secrets.sources import Credential


@dataclass(frozen=True, slots=True)
class SelfView:
    """What a key says of itself. ``uid`` is None where the exchange does not tell whose key it is; ``master`` is
    whether it belongs to a master account, None where there is no such difference."""

    key: LiveKey
    uid: str | None
    master: bool | None


class Reader(Protocol):
    """Reads keys at one exchange. Every method raises ExchangeError for what it could not learn, and never returns
    less than the exchange has."""

    def decode(self, endpoint: str, answer: object) -> tuple[LiveKey, ...]:
        """The keys in a recorded answer of a documented endpoint."""

    async def inspect(self, transport: Transport, credential: Credential) -> SelfView:
        """The calling key. Its identifier is the credential's, unless the answer names another one."""

    async def keys(self, transport: Transport, subaccount: str | None) -> tuple[LiveKey, ...]:
        """All keys of a sub-account, or of the caller's own account (None; only where the exchange can LIST those)."""

    async def subaccounts(self, transport: Transport) -> tuple[SubAccount, ...]:
        """All sub-accounts of the calling master account, whatever their kind."""

    async def balance(self, transport: Transport, subaccount: str | None, quotes: Quotes) -> Balance:
        """What lies in all wallets that the exchange shows of a sub-account, or of the caller's own account (None), at
        the exchange's own prices, which ``quotes`` asks for once. What has no price is in it, without a value."""

    def called(self, subaccount: SubAccount) -> str:
        """What calls name a sub-account by: its uid or its name. Accounts declare the same as ``subaccount``."""
