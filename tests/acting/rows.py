"""What is interrupted: one row for everything that keyctl does at an exchange."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
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


def _rotated(venue: Venue) -> Mapping[str, str]:
    """The subject's file after a rotation, its app still to be asked."""
    retiring = f'retiring: {{id: "{subject_id(venue, "old")}", until: {TODAY + timedelta(days=7)}}}\n'
    return {FILE: key_file(venue, subject_id(venue), more=retiring)}


def _command(name: str, *words: str, venues: tuple[Venue, ...] = ALL, rotated: bool = False) -> Row:
    """A command that is given again until it is done; after a rotation, or before one."""
    files, beside = (_rotated, _old) if rotated else (_file(), lambda _venue: {})
    rest = ("apply", "--yes") if words[0] == "rotate" else ()
    return Row(name, venues, files, _live(), beside, command=words, resumed=words, anew=words, rest=rest)


def _old(venue: Venue) -> Mapping[str, Mapping[str, Any]]:
    return {"old": _live()(venue)}


def _of_quoter(venue: Venue) -> Mapping[str, str]:
    ids = {SUBJECT: subject_id(venue), "old": subject_id(venue, "old")}
    return {f"keys.d/{name}.yaml": key_file(venue, one, owner="quoter") for name, one in ids.items()}


_LEAKED = ("--reason", "leaked", "--yes")
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
    Row(
        "disable expired",
        (DERIBIT,),
        _file(expires=OVER),
        _live(),
        account={"on_expiry": "disable"},
        told=("expiry-past",),
    ),
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
    _command("revoke", "revoke", SUBJECT, *_LEAKED),
    _command("revoke and push", "revoke", SUBJECT, *_LEAKED, *PUSHED, venues=(OKX,)),
    replace(_command("revoke an app", "revoke", "--app", "quoter", *_LEAKED), files=_of_quoter, beside=_old),
    _command("rotate by command", "rotate", SUBJECT, "--yes"),
    _command("rotate and push", "rotate", SUBJECT, "--yes", *PUSHED, venues=(OKX,)),
    _command("rotate what leaked", "rotate", SUBJECT, "--leaked", "--yes"),
    _command("confirm", "confirm", SUBJECT, rotated=True),
    _command("confirm and push", "confirm", SUBJECT, *PUSHED, venues=(OKX,), rotated=True),
)
"""Deribit does not say how old a key is, so nothing that nobody declared is ever deleted there; and only at Bybit can a
key be such that no change in place would mend it: one that has ended."""
