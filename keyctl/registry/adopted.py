"""The text of a key file for a live key that nobody declared: what was observed is filled in, the rest stands there as
comments that say what a person has to find out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from keyctl.model.account import Account
from keyctl.model.live import LiveKey
from keyctl.model.names import AppName
from keyctl.model.observed import Absent, Known, NotObservable, Observed
from keyctl.model.scopes import in_order
from keyctl.model.times import end_of, instant
from keyctl.registry.draft import editor_line
from keyctl.registry.quoting import flow_text, written

_NAMED = 8
"""So many apps are listed to choose from."""


@dataclass(frozen=True, slots=True)
class Adopted:
    """A live key on its way into the registry; ``seen_at`` is aware and in UTC.

    ``label`` is the exchange's, made harmless by whoever gives it; None where there is none to show. ``apps`` are those
    that may own the key. ``fingerprint`` writes that instead of the id.
    """

    account: Account
    live: LiveKey
    seen_at: datetime
    label: str | None = None
    apps: tuple[AppName, ...] = ()
    fingerprint: bool = False


def adopted_text(path: str, adopted: Adopted) -> str:
    """The file's text, not valid before its owner is filled in; ``path`` is relative to the registry's folder, with
    ``/`` between."""
    return "".join(line + "\n" for line in _lines(path, adopted))


def one_line(text: str) -> str:
    """A text of others as a comment can take it: what would end the line, or turn or hide what is shown, is spelt out
    (``\\n``, ``\\u202e``)."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text)


def last_whole_day(ends: datetime, created: date | None, today: date) -> date:
    """The last day that is over when a key ends; the day of the end itself where the other is past, or before the key
    was made."""
    day = (ends.astimezone(UTC) - timedelta(microseconds=1)).date()
    whole = day if end_of(day) == ends else day - timedelta(days=1)
    return whole if whole >= today and (created is None or whole >= created) else day


def _lines(path: str, adopted: Adopted) -> Iterator[str]:
    live, exchange = adopted.live, adopted.account.exchange
    yield editor_line(path, "key")
    seen = adopted.seen_at.astimezone(UTC).strftime("%Y-%m-%d at %H:%M UTC")
    yield f"# As {exchange} reported it on {seen}, when nobody had declared it: what is, not what should be."
    if adopted.label is not None:
        yield f"# Its label there: {adopted.label}"
    for assumption in live.assumptions:
        yield f"# Assumed: {one_line(assumption.words)}."
    yield f"account: {written(adopted.account.name, flow=False)}"
    yield from _owner(adopted)
    yield "# purpose: what the key is for, on one line"
    shown = live.identifier.fingerprint if adopted.fingerprint else live.identifier.text or live.identifier.fingerprint
    quote = '"' if shown.startswith("sha256:") else ""
    yield f"id: {written(shown, flow=False, quote=quote)}"
    yield from _scopes(live)
    yield from _ips(live)
    created = _day(live.created_at)
    if created is None:
        yield f"# issued: the day on which it was issued, as YYYY-MM-DD ({_unsaid(live.created_at)})"
    else:
        yield f"issued: {created}"
    yield from _expires(live, created, adopted.seen_at.astimezone(UTC).date())
    yield from _enabled(live)


def _owner(adopted: Adopted) -> Iterator[str]:
    if adopted.account.dedicated_to is not None:
        yield "# To be filled in: the app that uses it. The file is not valid without."
        yield f"# owner: {adopted.account.dedicated_to}    # the account is dedicated to it"
        return
    names = list(adopted.apps[:_NAMED])
    choice = f" ({', '.join(names)})" if names and len(adopted.apps) <= _NAMED else " of registry/apps.yaml"
    yield f"# To be filled in: the app{choice} that uses it. The file is not valid without."
    yield "# owner: …"


def _scopes(live: LiveKey) -> Iterator[str]:
    if isinstance(live.scopes, Known) and live.scopes.value:
        yield f"scopes: {flow_text(list(in_order(live.scopes.value)))}"
        return
    why = "the exchange reports none" if not isinstance(live.scopes, NotObservable) else _unsaid(live.scopes)
    yield f"# To be filled in: its rights ({why}). The file is not valid without them."
    yield "# scopes: [read]"


def _ips(live: LiveKey) -> Iterator[str]:
    if isinstance(live.ips, Absent):
        yield "ips: any"
        return
    if isinstance(live.ips, Known) and live.ips.value.unrestricted:
        yield "ips: any"
        return
    if isinstance(live.ips, Known) and live.ips.value.networks:
        listed = str(live.ips.value).split(", ")
        yield "ips: [" + ", ".join(f'"{one}"' for one in listed) + "]"
        return
    why = _unsaid(live.ips) if isinstance(live.ips, NotObservable) else "the exchange reports a list without any"
    yield f"# To be filled in: the addresses from which it may be used ({why}). The file is not valid without them."
    yield '# ips: ["203.0.113.10"]'


def _expires(live: LiveKey, created: date | None, today: date) -> Iterator[str]:
    match live.expires_at:
        case Known(ends) if created is None or last_whole_day(ends, created, today) >= created:
            day = last_whole_day(ends, created, today)
            if end_of(day) != ends:
                yield f"# The exchange ends it at {instant(ends)}."
            yield f"expires: {day}"
            return
        case Known(ends):
            why = f"the exchange says {instant(ends)}, and that it was made later"
        case Absent():
            why = "the exchange sets no end"
        case NotObservable():
            why = _unsaid(live.expires_at)
    yield f"# To be decided: its last day ({why})."
    yield "# expires: the last day of life, as YYYY-MM-DD"


def _enabled(live: LiveKey) -> Iterator[str]:
    match live.enabled:
        case Known(True):
            return
        case Known(_):
            yield "disabled: true    # switched off, frozen or expired at the exchange"
        case Absent() | NotObservable():
            yield f"# Whether it is switched on: unknown ({_unsaid(live.enabled)})."


def _day(moment: Observed[datetime]) -> date | None:
    return moment.value.astimezone(UTC).date() if isinstance(moment, Known) else None


def _unsaid(field: object) -> str:
    return one_line(field.reason) if isinstance(field, NotObservable) else "the exchange says that there is none"
