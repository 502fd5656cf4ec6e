"""Days and instants, all in UTC."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta


def end_of(last_day: date) -> datetime:
    """The instant from which something whose last day this is counts as dead: 00:00 UTC of the day after."""
    return datetime.combine(last_day + timedelta(days=1), time(), UTC)


def instant(moment: datetime) -> str:
    """RFC 3339 in UTC with ``Z``, to the second."""
    return moment.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"
