from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keyctl.exchanges.errors import Cause, ExchangeError
from keyctl.exchanges.pacing import MARGIN, Pace
from keyctl.exchanges.retry import Patience, retrying


class Plan:
    """Sleeping moves nothing: what counts is for when each call reserved its moment."""

    def __init__(self) -> None:
        self.now = 0.0
        self.sleeps = 0
        self.moments: list[float] = []

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.sleeps += 1
        self.moments.append(self.now + seconds)


async def reserve(pace: Pace, plan: Plan, calls: int, name: str = "list", per_second: float = 10) -> list[float]:
    plan.moments.clear()
    slept = plan.sleeps
    await asyncio.gather(*(pace.turn(name, per_second) for _ in range(calls)))
    at_once = calls - (plan.sleeps - slept)
    return sorted([plan.now] * at_once + plan.moments)


@settings(deadline=None, max_examples=50)
@given(st.integers(1, 100), st.sampled_from([1.0, 5.0, 10.0, 120.0]))
def test_no_window_of_one_second_holds_more_calls_than_the_limit(calls: int, per_second: float) -> None:
    plan = Plan()
    moments = asyncio.run(reserve(Pace(plan.clock, plan.sleep), plan, calls, per_second=per_second))
    assert len(moments) == calls
    for start in moments:
        assert sum(start <= moment < start + 1 for moment in moments) <= per_second


def test_each_call_sleeps_at_most_once_and_the_first_not_at_all() -> None:
    plan = Plan()
    asyncio.run(reserve(Pace(plan.clock, plan.sleep), plan, 40))
    assert plan.sleeps == 39


def test_endpoints_have_limits_of_their_own_and_an_undocumented_one_is_slow() -> None:
    async def run() -> None:
        plan = Plan()
        pace = Pace(plan.clock, plan.sleep)
        await pace.turn("a", 10)
        await pace.turn("b", 10)
        assert plan.sleeps == 0
        await pace.turn("c", None)
        await pace.turn("c", None)
        assert plan.moments == [MARGIN]

    asyncio.run(run())


def test_time_that_passes_is_not_saved_up() -> None:
    async def run() -> None:
        plan = Plan()
        pace = Pace(plan.clock, plan.sleep)
        await pace.turn("list", 10)
        plan.now = 100.0
        moments = await reserve(pace, plan, 3)
        assert moments == pytest.approx([100.0, 100.0 + MARGIN / 10, 100.0 + 2 * MARGIN / 10])

    asyncio.run(run())


def test_after_too_many_requests_the_whole_account_is_held() -> None:
    async def run() -> None:
        plan = Plan()
        pace = Pace(plan.clock, plan.sleep)
        pace.hold(3.0)
        await pace.turn("list", 10)
        await pace.turn("inspect", 10)
        assert plan.moments == [3.0, 3.0]

    asyncio.run(run())


def failing(causes: Cause | tuple[Cause, ...], times: int, after: float | None = None) -> tuple[int, list[float], bool]:
    """How often a question was asked, the pauses, and whether it was answered at last."""
    asked, pauses = 0, []

    async def ask() -> str:
        nonlocal asked
        asked += 1
        if asked <= times:
            raise ExchangeError(causes, "no", "again", retry_after=after)
        return "yes"

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)

    async def run() -> bool:
        try:
            return await retrying(ask, Patience(random=lambda: 1.0, sleep=sleep)) == "yes"
        except ExchangeError:
            return False

    answered = asyncio.run(run())
    return asked, pauses, answered


def test_what_may_pass_is_tried_three_times_with_growing_pauses() -> None:
    for cause in (Cause.TRANSPORT, Cause.RATE_LIMITED):
        assert failing(cause, 2) == (3, [0.5, 1.0], True)
        assert failing(cause, 3) == (3, [0.5, 1.0], False)


def test_what_will_not_pass_is_asked_once() -> None:
    for cause in set(Cause) - {Cause.TRANSPORT, Cause.RATE_LIMITED}:
        assert failing(cause, 1) == (1, [], False)


def test_a_ban_that_may_be_about_the_address_is_not_asked_again() -> None:
    assert failing((Cause.RATE_LIMITED, Cause.IP_REFUSED), 1) == (1, [], False)


def test_the_exchange_s_own_reset_time_is_honoured_unless_it_is_far() -> None:
    assert failing(Cause.RATE_LIMITED, 1, after=2.5) == (2, [2.5], True)
    assert failing(Cause.RATE_LIMITED, 1, after=600) == (1, [], False)
