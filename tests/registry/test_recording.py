"""What acting leaves in files: only what it is about, where it belongs, and in the words of the schema."""

from __future__ import annotations

from datetime import date

import pytest

from keyctl.model.identifier import Identifier
from keyctl.registry.edit import EditRefused
from keyctl.registry.recording import Death, with_death, with_issue, with_reissue, with_successor, with_tombstone

DAY, LATER = date(2026, 11, 25), date(2026, 12, 2)
NEW, OLD, OLDER = (Identifier.of_text(text) for text in ("New0000001", "0012345678", "Older00001"))
HEAD = b"""\
# yaml-language-server: $schema=../../schemas/key.schema.json
account: mm   # the desk's
owner: hedger
"""
TAIL = b"""\
scopes: [read, trade.spot]
ips: ["203.0.113.10"]
"""
PLANNED = HEAD + TAIL + b"expires: 2027-01-31\n"
ISSUED = HEAD + b'id: "0012345678"  # since summer\n' + TAIL + b"issued: 2026-06-01\nexpires: 2027-01-31\n"


def test_an_id_is_written_where_it_belongs() -> None:
    assert with_issue(PLANNED, NEW, DAY) == (
        HEAD + b"id: New0000001\n" + TAIL + b"issued: 2026-11-25\nexpires: 2027-01-31\n"
    )
    assert b'id: "0012345678"\n' in with_issue(PLANNED, OLD, DAY)
    again = PLANNED + b"reissue: true\nrevoked:\n  - {id: Older00001, on: 2026-01-01, reason: leaked}\n"
    assert b"reissue" not in with_issue(again, NEW, DAY) and b"Older00001" in with_issue(again, NEW, DAY)
    with pytest.raises(EditRefused, match="already"):
        with_issue(ISSUED, NEW, DAY)


def test_the_old_id_retires_when_another_takes_its_place() -> None:
    made = with_successor(ISSUED, NEW, DAY, LATER)
    assert b'id: "New0000001"  # since summer\n' in made and b"issued: 2026-11-25\n" in made
    assert b'retiring: {id: "0012345678", until: 2026-12-02}\n' in made
    with pytest.raises(EditRefused, match="retiring"):
        with_successor(made, OLDER, DAY, LATER)
    with pytest.raises(EditRefused, match="no id"):
        with_successor(PLANNED, NEW, DAY, LATER)


def test_a_dead_id_is_listed_and_no_longer_current() -> None:
    dead = with_death(ISSUED, Death(OLD, DAY, "leaked", DAY))
    assert dead == HEAD + TAIL + (
        b"issued: 2026-06-01\nexpires: 2027-01-31\n"
        b'revoked:\n  - {id: "0012345678", on: 2026-11-25, reason: leaked, confirmed: 2026-11-25}\n'
    )
    retired = with_successor(ISSUED, NEW, DAY, LATER)
    ended = with_death(retired, Death(OLD, DAY, "rotated"))
    assert b"retiring" not in ended and b'id: "New0000001"' in ended and b"reason: rotated}" in ended


def test_a_key_without_id_is_to_be_issued_again() -> None:
    dead = with_death(ISSUED, Death(OLD, DAY, "leaked", DAY))
    again = with_reissue(dead)
    assert again.replace(b"reissue: true\n", b"") == dead and again != dead
    assert with_reissue(again) == again and with_reissue(again.replace(b": true", b": false")) == again
    assert with_reissue(ISSUED) == ISSUED


def test_the_retiring_id_is_current_again_where_its_successor_dies_first() -> None:
    left = with_death(with_successor(ISSUED, NEW, DAY, LATER), Death(NEW, DAY, "leaked"))
    assert b'id: "0012345678"  # since summer\n' in left and b"retiring" not in left
    assert b"{id: New0000001, on: 2026-11-25, reason: leaked}" in left


def test_an_entry_is_made_once_and_confirmed_once() -> None:
    once = with_death(ISSUED, Death(OLD, DAY, "leaked"))
    assert with_tombstone(once, Death(OLD, LATER, "again")) == once
    confirmed = with_tombstone(once, Death(OLD, LATER, "again", LATER))
    assert b'{id: "0012345678", on: 2026-11-25, reason: leaked, confirmed: 2026-12-02}' in confirmed
    assert with_tombstone(confirmed, Death(OLD, DAY, "again", DAY)) == confirmed
    by_print = Death(Identifier.of_fingerprint(OLD.fingerprint), LATER, "x", LATER)
    assert with_tombstone(once, by_print) == confirmed, "either spelling names the same id"


def test_ids_of_no_key_go_into_the_list_of_their_own() -> None:
    made = with_tombstone(b"revoked: []\n", Death(OLDER, DAY, "found", None, "bybit"))
    assert made == b"revoked: [{id: Older00001, exchange: bybit, on: 2026-11-25, reason: found}]\n"
