"""What Deribit's access log says was done to keys
(https://docs.deribit.com/api-reference/account-management/private-get_access_log)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from keyctl.exchanges.decode import Fields
from keyctl.exchanges.deribit.declaration import DECLARATION, GET_ACCESS_LOG
from keyctl.exchanges.edge import strip
from keyctl.exchanges.envelope import refusal
from keyctl.model.identifier import Identifier
from keyctl.model.live import KeyEvent, LiveKey
from keyctl.model.observed import Known, NotObservable

KEY_EVENTS = frozenset(
    {
        "new_api_key",
        "removed_api_key",
        "changed_scope",
        "changed_whitelist",
        "disabled_api_key",
        "enabled_api_key",
        "reset_api_key",
    }
)
"""Actions whose ``data`` is the client id of the key that they were done to."""


@dataclass(frozen=True, slots=True)
class Record:
    """One entry of the log that is about a key; ``number`` is the exchange's own."""

    number: int
    key: Identifier
    event: KeyEvent


@dataclass(frozen=True, slots=True)
class LogPage:
    """The key events of one page, how many ``entries`` of any kind it has, and the log in all where the answer says."""

    records: tuple[Record, ...]
    entries: int
    total: int | None


def log_page(answer: object) -> LogPage:
    """One page of the log, in either of the shapes that the documentation shows. Raises ExchangeError."""
    refused = refusal(DECLARATION, GET_ACCESS_LOG.name, answer)
    if refused is not None:
        raise refused
    whole = Fields(strip(answer, GET_ACCESS_LOG.fields))
    total: int | None = None
    if isinstance(whole.raw("result"), list):
        items = tuple(whole.each("result"))
    else:
        inner = whole.inner("result")
        items, total = tuple(inner.each("data")), inner.integer("records_total")
    records = (_record(item) for item in items)
    return LogPage(tuple(record for record in records if record is not None), len(items), total)


def with_events(key: LiveKey, records: Mapping[int, Record]) -> LiveKey:
    """The key with what the log says of it; its last event is when it was modified."""
    own = [record for record in records.values() if record.key == key.identifier]
    # what was done within one millisecond comes in the order of the exchange's own numbers
    events = tuple(record.event for record in sorted(own, key=lambda record: (record.event.at, record.number)))
    if not events:
        return replace(key, modified_at=NotObservable("the access log, as far as it was read, does not name the key"))
    return replace(key, events=events, modified_at=Known(events[-1].at))


def _record(item: Fields) -> Record | None:
    """None for entries about anything else than a key."""
    what = item.text("log" if item.has("log") else "result")
    number, at = item.integer("id"), item.unix_ms("timestamp")
    return Record(number, item.identifier("data"), KeyEvent(at, what)) if what in KEY_EVENTS else None
