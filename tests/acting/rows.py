"""What is interrupted: one row for everything that keyctl does at an exchange."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from keyctl.model.marker import marker
from keyctl.model.names import KeyName
from tests.acting.desk import BYBIT, DERIBIT, OKX, REGISTRY_ID, TODAY, TRADER, Venue, fingerprint, key_file
from tests.acting.matrix import SUBJECT, Row, subject_id

FILE = f"keys.d/{SUBJECT}.yaml"
ALL = (BYBIT, OKX, DERIBIT)
PUSHED = ("--commit", "--push")
MARK = marker(REGISTRY_ID, KeyName(SUBJECT), 0)
OVER = TODAY - timedelta(days=2)


def _file(issued: bool = True, **more: Any) -> Callable[[Venue], Mapping[str, str]]:
    return lambda venue: {FILE: key_file(venue, subject_id(venue) if issued else None, **more)}


def _live(**more: Any) -> Callable[[Venue], Mapping[str, Any]]:
    return lambda venue: {**TRADER, "rights": venue.rights, **more}


def _wider(venue: Venue) -> Mapping[str, Any]:
    return {**TRADER, "rights": venue.wider}


def _revoked(venue: Venue) -> Mapping[str, str]:
    dead = f'{{id: "{fingerprint(subject_id(venue))}", on: {OVER}, reason: leaked}}'
    return {FILE: key_file(venue, more=f"revoked:\n  - {dead}\n")}


CREATE = Row("create", ALL, _file(issued=False))
ROWS = (
    CREATE,
    Row(
        "create and push",
        ALL,
        _file(issued=False),
        command=("apply", "--yes", *PUSHED),
        resumed=("apply", "--resume", "--yes", *PUSHED),
        anew=("apply", "--yes", *PUSHED),
    ),
    Row("update scopes", ALL, _file(), _wider),
    Row("update ips", ALL, _file(), _live(ips=["203.0.113.7", "203.0.113.9"])),
    Row("disable", (DERIBIT,), _file(more="disabled: true\n"), _live()),
    Row("enable", (DERIBIT,), _file(), _live(native={"enabled": False})),
    Row("delete expired", ALL, _file(expires=OVER), _live()),
    Row("disable expired", (DERIBIT,), _file(expires=OVER), _live(), account={"on_expiry": "disable"}, ends=2),
    Row("kill", ALL, _revoked, _live()),
    Row(
        "delete unmanaged",
        (BYBIT, OKX),
        lambda _venue: {},
        _live(label="somebody's"),
        account={"unmanaged": "delete", "grace": "7d"},
    ),
    Row("rotate", (BYBIT,), _file(), _live(expires="1d ago")),
    Row("narrow and disable", (DERIBIT,), _file(more="disabled: true\n"), _wider),
    Row(
        "several",
        ALL,
        lambda venue: {
            **_revoked(venue),  # and with it the subject has ended
            "keys.d/again.yaml": key_file(venue),
            "keys.d/old.yaml": key_file(venue, subject_id(venue, "old"), expires=OVER),
            "keys.d/wide.yaml": key_file(venue, subject_id(venue, "wide")),
        },
        _live(),
        beside=lambda venue: {"old": _live()(venue), "wide": _wider(venue)},
    ),
    Row("delete orphan", ALL, _file(issued=False), _live(label=MARK)),
)
"""Deribit does not say how old a key is, so nothing that nobody declared is ever deleted there; and only at Bybit can a
key be such that no change in place would mend it: one that has ended."""
