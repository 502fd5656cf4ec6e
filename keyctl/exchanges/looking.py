"""Looking before a change: whatever goes wrong there, the change itself was not sent."""

from __future__ import annotations

from collections.abc import Awaitable, Iterable
from typing import TypeVar

from keyctl.exchanges.errors import ExchangeError
from keyctl.exchanges.writing import Unlisted
from keyctl.model.identifier import Identifier
from keyctl.model.live import LiveKey

T = TypeVar("T")


async def looked(asking: Awaitable[T]) -> T:
    """The answer to a question before a change. Its errors say that nothing was sent."""
    failure: ExchangeError
    try:
        return await asking
    except ExchangeError as error:
        failure = error
    failure.unsent = True
    raise failure


def meant(keys: Iterable[LiveKey], identifier: Identifier) -> LiveKey:
    """The one key of a listing that a change is about. Raises Unlisted."""
    for key in keys:
        if key.identifier == identifier:
            return key
    raise Unlisted(
        f"the listing of the account does not show the key {identifier.display}",
        "reconcile again: it was deleted meanwhile, or it is another account's",
    )
