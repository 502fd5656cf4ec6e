"""Walking a listing to its end. A listing that is not certainly whole is an error, never a shorter listing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

from keyctl.exchanges.errors import Cause, ExchangeError

T = TypeVar("T")
MOST_PAGES = 10_000


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page; ``cursor`` leads to the next one and is None on the last."""

    items: tuple[T, ...]
    cursor: str | None


Ask = Callable[[str | None, int], Awaitable[Page[T]]]
"""Asks for the page at a cursor (None: the first), so many items long."""


async def walk(
    endpoint: str,
    ask: Ask[T],
    identity: Callable[[T], Hashable],
    sizes: tuple[int, int],
    *,
    most_pages: int = MOST_PAGES,
) -> tuple[T, ...]:
    """All items in order. An empty page with a cursor is no end.

    A listing of several pages is walked twice, in pages of the first and then of the second size: where rows move
    between pages, one is passed over without a sign, but seldom the same one at other page borders.

    Raises ExchangeError (malformed) when a cursor or an item comes twice, or the two walks differ.
    """
    items, pages = await _once(endpoint, ask, identity, sizes[0], most_pages)
    if pages > 1:
        again, _ = await _once(endpoint, ask, identity, sizes[1], most_pages)
        if {identity(item) for item in items} != {identity(item) for item in again}:
            raise _broken(endpoint, "the listing changed while it was read")
    return items


async def _once(
    endpoint: str, ask: Ask[T], identity: Callable[[T], Hashable], size: int, most_pages: int
) -> tuple[tuple[T, ...], int]:
    items: list[T] = []
    identities: set[Hashable] = set()
    cursors: set[str] = set()
    cursor: str | None = None
    for number in range(1, most_pages + 1):
        page = await ask(cursor, size)
        for item in page.items:
            if identity(item) in identities:
                raise _broken(endpoint, "pages overlap: one entry came twice")
            identities.add(identity(item))
            items.append(item)
        if page.cursor is None:
            return tuple(items), number
        if page.cursor in cursors:
            raise _broken(endpoint, "pages overlap: one cursor came twice")
        cursor = page.cursor
        cursors.add(cursor)
    raise _broken(endpoint, f"the listing has more than {most_pages} pages")


def _broken(endpoint: str, what: str) -> ExchangeError:
    return ExchangeError(
        Cause.MALFORMED, f"{endpoint}: {what}", "run again when nobody changes keys or sub-accounts meanwhile"
    )
