from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyctl.model.app import Window

ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Apia")
moments = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))
times = st.times().map(lambda one: one.replace(second=0, microsecond=0, fold=0))


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-03-01T{text}:00+00:00")


@pytest.mark.parametrize(
    ("start", "end", "inside", "outside"),
    [
        ("13:00", "15:00", ("13:00", "14:59"), ("12:59", "15:00", "01:00")),
        ("22:00", "02:00", ("22:00", "23:59", "00:00", "01:59"), ("02:00", "21:59", "12:00")),
        ("00:00", "12:00", ("00:00", "11:59"), ("12:00", "23:59")),
    ],
)
def test_a_window_holds_its_start_and_not_its_end(
    start: str, end: str, inside: tuple[str, ...], outside: tuple[str, ...]
) -> None:
    window = Window(time.fromisoformat(start), time.fromisoformat(end), "UTC")
    assert all(window.holds(at(text)) for text in inside)
    assert not any(window.holds(at(text)) for text in outside)


def test_it_is_wall_clock_time_on_either_side_of_a_clock_change() -> None:
    window = Window(time(13), time(15), "Europe/Berlin")
    winter, summer = datetime(2026, 1, 15, 12, 30, tzinfo=UTC), datetime(2026, 7, 15, 11, 30, tzinfo=UTC)
    assert window.holds(winter) and window.holds(summer)
    assert not window.holds(winter - timedelta(hours=1)) and not window.holds(summer - timedelta(hours=1))


@given(times, times, moments, st.sampled_from(ZONES))
def test_of_a_window_and_the_one_that_begins_where_it_ends_exactly_one_holds(
    start: time, end: time, moment: datetime, zone: str
) -> None:
    if start != end:
        assert Window(start, end, zone).holds(moment) is not Window(end, start, zone).holds(moment)


@given(times, times, moments, st.sampled_from(ZONES), st.sampled_from(ZONES))
def test_in_whose_time_the_moment_is_told_does_not_matter(
    start: time, end: time, moment: datetime, zone: str, other: str
) -> None:
    window = Window(start, end, zone)
    assert window.holds(moment) is window.holds(moment.astimezone(ZoneInfo(other)))


def test_a_window_without_length_holds_nothing() -> None:
    noon = Window(time(12), time(12), "UTC")
    assert not any(noon.holds(datetime(2026, 11, 25, hour, tzinfo=UTC)) for hour in range(24))
