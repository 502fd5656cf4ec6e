from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keyctl.exchanges.errors import Cause, ExchangeError
from keyctl.exchanges.paging import Page, walk


def gathered(*walks: Sequence[tuple[list[str], str | None]]) -> tuple[str, ...]:
    """What walking gives over pages that come in this order; the last walk is repeated."""
    asked = iter([page for pages in (*walks, walks[-1]) for page in pages])

    async def ask(cursor: str | None, size: int) -> Page[str]:
        items, following = next(asked)
        return Page(tuple(items), following)

    return asyncio.run(walk("GET /list", ask, lambda item: item, (2, 1), most_pages=50))


def test_one_page_is_asked_once() -> None:
    sizes = []

    async def ask(cursor: str | None, size: int) -> Page[str]:
        sizes.append(size)
        return Page(("a",), None)

    assert asyncio.run(walk("GET /list", ask, str, (20, 13))) == ("a",)
    assert sizes == [20]


def test_pages_are_followed_by_their_cursors_and_not_by_their_length() -> None:
    assert gathered([(["a"], "1"), ([], "2"), (["b"], None)]) == ("a", "b")


@pytest.mark.parametrize(
    "walks",
    [
        [[(["a"], "1"), (["a"], None)]],
        [[(["a", "a"], None)]],
        [[(["a"], "1"), (["b"], "1"), (["c"], None)]],
        [[(["a"], "1"), (["b"], "2"), (["a"], None)]],
        [[(["a"], "1"), (["c"], None)], [(["a"], "1"), (["b"], "2"), (["c"], None)]],
        [[([], str(number)) for number in range(60)]],
    ],
)
def test_pages_that_repeat_or_shift_or_never_end_are_an_error(walks: list[list[tuple[list[str], str | None]]]) -> None:
    with pytest.raises(ExchangeError) as caught:
        gathered(*walks)
    assert caught.value.is_only(Cause.MALFORMED)


@settings(deadline=None, max_examples=100)
@given(st.integers(0, 60), st.integers(-3, 3))
def test_rows_that_move_between_pages_are_noticed_or_do_no_harm(rows: int, moved: int) -> None:
    whole = [str(row) for row in range(rows)]

    async def ask(cursor: str | None, size: int) -> Page[str]:
        start = int(cursor or 0)
        end = start + size
        following = None if end >= len(whole) else str(max(0, end - moved))
        return Page(tuple(whole[start:end]), following)

    try:
        found = asyncio.run(walk("GET /list", ask, lambda item: item, (20, 13), most_pages=100))
    except ExchangeError:
        return
    assert found == tuple(whole)
