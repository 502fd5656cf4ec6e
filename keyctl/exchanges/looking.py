"""The key that a change is about: looked at before, named in the call, and checked in the answer."""

from __future__ import annotations

from collections.abc import Awaitable, Iterable
from typing import TypeVar

from keyctl.exchanges.errors import ExchangeError, Malformed
from keyctl.exchanges.writing import Unlisted, Unsupported
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


def checked(key: LiveKey, identifier: Identifier, path: str) -> LiveKey:
    """The key of an answer to a change, which has to be the one that was to be changed. ``path`` is where the answer
    names it. Raises Malformed."""
    if key.identifier != identifier:
        raise Malformed(path, "the key that was to be changed", "another")
    return key


def id_text(identifier: Identifier, title: str) -> str:
    """The id as an exchange takes it, which never knows a fingerprint. A call that names no key might be about the
    caller's own. Raises Unsupported."""
    if identifier.text is None:
        raise Unsupported(
            f"{title} names keys by their ids, and only a fingerprint is known", "take the id from the listing"
        )
    return identifier.text
