"""``rotate`` and ``confirm`` as their user sees them: delivered, retired, and the old id dead once a person says so."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest import mock

import pytest

from keyctl.acting.journal import Event, Journal
from keyctl.sandbox.invented import CANARY
from tests.acting.desk import BYBIT, DERIBIT, OKX, TODAY, VENUES, Desk, Venue, fingerprint, key_file
from tests.acting.test_revoke import DELETIONS

venues = pytest.mark.parametrize("venue", VENUES, ids=lambda venue: venue.name)


class Killed(BaseException):
    """The process dies: nothing catches it."""


@contextmanager
def dying_at(event: Event, number: int = 1) -> Iterator[None]:
    """The process dies just before such a line would come on record for the n-th time."""
    noted, left = Journal.note, [number]

    def note(journal: Journal, what: Event, **facts: Any) -> None:
        if what is event:
            left[0] -= 1
            if left[0] == 0:
                raise Killed
        noted(journal, what, **facts)

    with mock.patch.object(Journal, "note", note), pytest.raises(Killed):
        yield


def others(desk: Desk, venue: Venue) -> list[str]:
    """The ids of the account's keys beside the old one and keyctl's own."""
    kept = {desk.id(name) for name in (f"{venue.name}-hold", "deribit-reads", "deribit-writes")}
    return [one for one in desk.keys(venue.account) if one not in kept]


def ids(text: str) -> tuple[str | None, str | None]:
    """The current and the retiring id of a key's file."""
    from keyctl.registry.reader import read

    document = read(text.encode())
    assert isinstance(document, dict)
    current, retiring = document.get("id"), document.get("retiring")
    assert current is None or isinstance(current, str)
    if not isinstance(retiring, dict):
        return current, None
    assert isinstance(retiring["id"], str)
    return current, retiring["id"]


# a rotation


@venues
def test_another_id_with_the_same_rights_is_delivered_and_the_old_one_retires_unchanged(
    here: Desk, venue: Venue
) -> None:
    name, old = f"{venue.name}-hold", here.id(f"{venue.name}-hold")
    before = here.keys(venue.account)
    done = here.document("rotate", name)
    (row,) = done["outcomes"]
    assert row["outcome"] == "done" and done["exit_reasons"] == [] and row["id"] != old
    after = here.keys(venue.account)
    assert {one: after[one] for one in before} == before
    made = after[row["id"]]
    assert made["ips"] == before[old]["ips"] and made["label"].startswith("kc")
    assert made["rights"] == before[old]["rights"] or venue is DERIBIT, (made["rights"], before[old]["rights"])
    assert set(here.delivered()) == {row["id"]} and row["id"] in here.text(f"keys.d/{name}.yaml")
    assert ids(here.text(f"keys.d/{name}.yaml")) == (row["id"], old)
    assert f"until: {TODAY + timedelta(days=7)}" in here.text(f"keys.d/{name}.yaml")
    here.merge("Rotated")
    assert here.run("plan").status == 0 and here.run("apply").status == 0 and len(here.delivered()) == 1


@venues
def test_a_wider_or_narrower_live_key_is_no_model_for_the_new_one(here: Desk, venue: Venue) -> None:
    name, old = f"{venue.name}-hold", here.id(f"{venue.name}-hold")
    here.change(venue.account, old, rights=dict(venue.wider), ips=["203.0.113.7", "198.51.100.9"])
    changed = here.keys(venue.account)[old]
    assert here.run("rotate", name).status in (0, 2)
    (made,) = others(here, venue)
    assert here.keys(venue.account)[made]["ips"] == ["203.0.113.7"]
    assert here.keys(venue.account)[old] == changed
    here.merge("Rotated")
    rows = [row for row in here.document("plan")["keys"] if row["fingerprint"] == fingerprint(made)]
    assert [row["status"] for row in rows] == ["in-sync"], rows


@venues
def test_until_says_how_long_the_old_one_may_live(here: Desk, venue: Venue) -> None:
    day = TODAY + timedelta(days=2)
    assert here.run("rotate", f"{venue.name}-hold", "--until", str(day)).status == 0
    assert f"until: {day}" in here.text(f"keys.d/{venue.name}-hold.yaml")


def test_a_day_that_is_over_and_a_leaked_id_that_retires_are_wrong_usage(here: Desk) -> None:
    assert here.run("rotate", "okx-hold", "--until", str(TODAY - timedelta(days=1))).status == 64
    assert here.run("rotate", "okx-hold", "--leaked", "--until", str(TODAY)).status == 64
    assert here.run("rotate", "okx-hold", "--push").status == 64 and here.writes() == []


def test_what_can_not_be_rotated_is_told(here: Desk) -> None:
    here.write("keys.d/okx-new.yaml", key_file(OKX))
    here.merge("New")
    assert "has no id" in here.run("rotate", "okx-new").err
    assert "okx-hold" in here.run("rotate", "okx-held").err
    assert here.run("rotate", "deribit-hold").status == 0
    here.merge("Rotated")
    writes = here.writes()
    again = here.run("rotate", "deribit-hold")
    assert again.status == 1 and "confirm deribit-hold" in again.err and here.writes() == writes


@pytest.mark.parametrize("option", [(), ("--leaked",)], ids=["kept", "leaked"])
def test_a_key_whose_last_day_is_over_gets_no_successor(here: Desk, option: tuple[str, ...]) -> None:
    """A rotation would bring to life what the exchange is about to lose."""
    over = key_file(DERIBIT, here.id("deribit-hold"), expires=TODAY - timedelta(days=1))
    here.write("keys.d/deribit-hold.yaml", over)
    here.merge("Over")
    here.run("rotate", "deribit-hold", *option)
    assert others(here, DERIBIT) == [] and here.delivered() == {}


def test_a_key_that_is_switched_off_gets_no_successor_that_works(here: Desk) -> None:
    off = key_file(DERIBIT, here.id("deribit-hold"), more="disabled: true\n")
    here.write("keys.d/deribit-hold.yaml", off)
    here.merge("Off")
    assert here.run("apply").status == 0
    ran = here.run("rotate", "deribit-hold")
    assert ran.status == 1 and "disabled" in ran.err and others(here, DERIBIT) == []


def test_nothing_is_rotated_without_a_sink(here: Desk) -> None:
    here.environ["KEYCTL_SINKS"] = "vault:kv/"
    (row,) = here.document("rotate", "okx-hold")["outcomes"]
    assert row["outcome"] == "not-tried" and here.writes() == [] and here.git("status", "--short") == ""


@venues
def test_where_the_secret_is_not_delivered_all_is_as_before(here: Desk, venue: Venue) -> None:
    before, text = here.keys(venue.account), here.text(f"keys.d/{venue.name}-hold.yaml")
    from keyctl.secrets.sinks.file import FileSink
    from keyctl.secrets.sinks.sink import SinkError

    with mock.patch.object(FileSink, "deliver", side_effect=SinkError("no room", "make some")):
        ran = here.run("rotate", f"{venue.name}-hold")
    assert ran.status == 1 and here.keys(venue.account) == before and here.delivered() == {}
    assert here.text(f"keys.d/{venue.name}-hold.yaml") == text


def test_a_branch_is_pushed_and_a_second_run_makes_no_third_key(here: Desk) -> None:
    done = here.document("rotate", "okx-hold", "--commit", "--push")
    assert done["pushed"] and here.git("status", "--short") == ""
    assert here.run("rotate", "okx-hold", "--commit", "--push").status == 0
    assert len(here.keys("okx-mm")) == 2 and len(here.delivered()) == 1
    here.merge_branch(done["branch"])
    assert here.run("plan").status == 0 and here.run("confirm", "okx-hold").status == 0
    assert list(here.keys("okx-mm")) == [done["outcomes"][0]["id"]]


# interrupted


POINTS = (
    (Event.CALLING, 1),
    (Event.CALLED, 3),
    (Event.DELIVERING, 1),
    (Event.DELIVERED, 1),
    (Event.ACTED, 1),
    (Event.WRITING, 1),
    (Event.WRITTEN, 1),
    (Event.ENDED, 1),
)


@pytest.mark.parametrize("lost", [False, True], ids=["journal", "no-journal"])
@pytest.mark.parametrize(("event", "number"), POINTS, ids=[f"{event}-{number}" for event, number in POINTS])
def test_from_wherever_it_stopped_the_next_one_ends_it(here: Desk, event: Event, number: int, lost: bool) -> None:
    """One live key beside the old one, its secret delivered."""
    old = here.id("deribit-hold")
    with dying_at(event, number):
        here.run("rotate", "deribit-hold", "--commit", "--push")
    root = here.clone() if lost else here.root
    words = ["rotate", "deribit-hold", "--commit", "--push", "--yes"]
    if lost:
        held = here.git("ls-remote", "origin", "refs/keyctl/lock").split()
        words += ["--take-lock", held[0]] if held else []
    # a key whose secret is nowhere goes first, and the rotation is made anew by the same run or the next
    done = here.document(*words, root=root)
    assert "failed" not in done["exit_reasons"], done
    (made,) = others(here, DERIBIT)
    assert made in here.delivered() and old in here.keys("deribit-mm")
    here.git("fetch", "-q", "origin")
    branch = here.git("for-each-ref", "--format=%(refname:lstrip=3)", "refs/remotes/origin/keyctl").split()
    here.merge_branch(branch[-1])
    assert ids(here.text("keys.d/deribit-hold.yaml")) == (made, old)
    assert here.run("plan").status == 0


# the old one dies


def rotated(desk: Desk, venue: Venue) -> tuple[str, str]:
    """The new and the old id."""
    name = f"{venue.name}-hold"
    assert desk.run("rotate", name).status == 0
    desk.merge("Rotated")
    (new,) = others(desk, venue)
    return new, desk.id(name)


@venues
def test_confirm_kills_the_old_id_and_lists_it(here: Desk, venue: Venue) -> None:
    new, old = rotated(here, venue)
    assert here.run("confirm", f"{venue.name}-hold").status == 0
    assert old not in here.keys(venue.account) and new in here.keys(venue.account)
    text = here.text(f"keys.d/{venue.name}-hold.yaml")
    assert ids(text) == (new, None) and f"reason: rotated, confirmed: {TODAY}" in text
    here.merge("Confirmed")
    assert here.run("plan").status == 0
    assert here.run("confirm", f"{venue.name}-hold").status == 0
    assert here.text(f"keys.d/{venue.name}-hold.yaml") == text and here.git("status", "--porcelain") == ""


def test_there_is_nothing_to_confirm_before_a_rotation(here: Desk) -> None:
    ran = here.run("confirm", "okx-hold")
    assert ran.status == 1 and "no id of okx-hold retires" in ran.err and here.writes() == []


@venues
def test_confirm_is_refused_while_the_new_id_is_not_alive(here: Desk, venue: Venue) -> None:
    new, old = rotated(here, venue)
    text = here.text(f"keys.d/{venue.name}-hold.yaml")
    here.change(venue.account, new, gone=True)
    ran = here.run("confirm", f"{venue.name}-hold")
    assert ran.status == 1 and "is alive" in ran.err and old in here.keys(venue.account)
    assert here.text(f"keys.d/{venue.name}-hold.yaml") == text
    assert "did not end" not in here.run("apply").out


def test_confirm_is_refused_while_the_new_id_is_switched_off(here: Desk) -> None:
    new, old = rotated(here, DERIBIT)
    here.change("deribit-mm", new, native={"enabled": False})
    assert here.run("confirm", "deribit-hold").status == 1 and old in here.keys("deribit-mm")


@pytest.mark.parametrize("what", ["* /", "GET /api/v5/users/subaccount/apikey"])
def test_confirm_is_refused_while_nothing_can_be_seen(here: Desk, what: str) -> None:
    _, old = rotated(here, OKX)
    here.control("POST", "/faults", {"exchange": "okx", "match": what, "kind": "drop", "times": None})
    ran = here.run("confirm", "okx-hold")
    assert ran.status == 1 and old in here.keys("okx-mm") and here.git("status", "--short") == ""


def test_confirm_waits_for_the_end_of_hours_in_which_nothing_may_change(here: Desk) -> None:
    _, old = rotated(here, OKX)
    apps, now = here.text("registry/apps.yaml"), datetime.now(UTC)
    hours = [f"{now - timedelta(hours=1):%H:%M}", f"{now + timedelta(hours=1):%H:%M}"]
    window = f"no_change: [{{from: '{hours[0]}', to: '{hours[1]}', zone: UTC}}], sink"
    here.write("registry/apps.yaml", apps.replace("sink", window, 1))
    here.merge("Hours")
    ran = here.run("confirm", "okx-hold")
    assert ran.status == 1 and hours[1] in ran.err and old in here.keys("okx-mm")
    window = f"no_change: [{{from: '{hours[1]}', to: '{hours[0]}', zone: UTC}}], sink"
    here.write("registry/apps.yaml", apps.replace("sink", window, 1))
    here.merge("Other hours")
    assert here.run("confirm", "okx-hold").status == 0 and old not in here.keys("okx-mm")


def test_confirm_with_the_old_id_gone_already(here: Desk) -> None:
    new, old = rotated(here, BYBIT)
    here.change("bybit-mm", old, gone=True)
    assert here.run("confirm", "bybit-hold").status == 0
    assert ids(here.text("keys.d/bybit-hold.yaml")) == (new, None)


def test_without_a_word_from_anybody_the_old_one_stays(here: Desk) -> None:
    _, old = rotated(here, OKX)
    here.run("apply", "--yes")
    assert old in here.keys("okx-mm")


# leaked


@venues
def test_a_leaked_id_dies_at_once_and_its_successor_is_delivered(here: Desk, venue: Venue) -> None:
    name, old = f"{venue.name}-hold", here.id(f"{venue.name}-hold")
    done = here.document("rotate", name, "--leaked")
    assert done["exit_reasons"] == []
    assert [row["what"] for row in done["written"]] == ["issued", "revoked, confirmed dead"]
    (new,) = others(here, venue)
    text = here.text(f"keys.d/{name}.yaml")
    assert old not in here.keys(venue.account) and new in here.delivered()
    assert ids(text) == (new, None) and f"reason: leaked, confirmed: {TODAY}" in text
    here.merge("Rotated")
    assert here.run("plan").status == 0


@venues
def test_a_leaked_id_dies_although_no_successor_can_be_made(here: Desk, venue: Venue) -> None:
    here.environ["KEYCTL_SINKS"] = "vault:kv/"
    old = here.id(f"{venue.name}-hold")
    assert here.run("rotate", f"{venue.name}-hold", "--leaked").status == 1
    text = here.text(f"keys.d/{venue.name}-hold.yaml")
    assert old not in here.keys(venue.account) and others(here, venue) == []
    assert ids(text) == (None, None) and f"reason: leaked, confirmed: {TODAY}" in text


@venues
@pytest.mark.parametrize("words", [("rotate", "--leaked"), ("rotate",), ("apply",)], ids=" ".join)
def test_where_a_leaked_id_died_first_the_next_run_makes_the_other_one(
    here: Desk, venue: Venue, words: tuple[str, ...]
) -> None:
    name, sinks = f"{venue.name}-hold", here.environ["KEYCTL_SINKS"]
    here.environ["KEYCTL_SINKS"] = "vault:kv/"
    assert here.run("rotate", name, "--leaked").status == 1
    assert "reissue: true" in here.text(f"keys.d/{name}.yaml")
    here.merge("Killed")
    here.environ["KEYCTL_SINKS"] = sinks
    command, *options = words
    assert here.run(command, *([name] if command == "rotate" else []), *options).status == 0
    (new,) = others(here, venue)
    text = here.text(f"keys.d/{name}.yaml")
    assert ids(text) == (new, None) and "reissue" not in text and set(here.delivered()) == {new}
    here.merge("Made")
    assert here.run("plan").status == 0


@venues
def test_a_leaked_id_that_could_not_be_killed_dies_with_the_next_run(here: Desk, venue: Venue) -> None:
    name, old = f"{venue.name}-hold", here.id(f"{venue.name}-hold")
    fault = {"exchange": venue.name, "match": DELETIONS[venue.name], "kind": "rate-limit", "times": None}
    here.control("POST", "/faults", fault)
    assert here.run("rotate", name, "--leaked").status == 3 and old in here.keys(venue.account)
    here.control("DELETE", "/faults")
    here.merge("Not dead yet")
    again = here.document("rotate", name, "--leaked", "--yes")
    assert old not in here.keys(venue.account)
    assert f"confirmed: {TODAY}" in here.text(f"keys.d/{name}.yaml") and "blocked" not in again["exit_reasons"], again


def test_a_key_that_has_ended_is_issued_again_by_a_merge_request_only(here: Desk) -> None:
    assert here.run("revoke", "okx-hold", "--reason", "left").status == 0
    here.merge("Left")
    ran = here.run("rotate", "okx-hold", "--yes")
    assert ran.status == 1 and "reissue: true" in ran.err and others(here, OKX) == []


def test_a_leaked_id_whose_rotation_waits_to_be_merged_dies_and_the_new_one_stays(here: Desk) -> None:
    assert here.run("rotate", "okx-hold", "--commit", "--push").status == 0
    (new,) = others(here, OKX)
    assert here.run("rotate", "okx-hold", "--leaked").status == 0
    assert list(here.keys("okx-mm")) == [new] and ids(here.text("keys.d/okx-hold.yaml")) == (new, None)


@pytest.mark.parametrize("name", ["deribit-reads", "deribit-writes"])
def test_keyctls_own_credential_is_not_killed_nor_listed(here: Desk, name: str) -> None:
    assert here.run("rotate", name, "--leaked").status == 1
    assert here.id(name) in here.keys("deribit-mm") and here.git("status", "--short") == ""


def test_no_secret_is_told(here: Desk) -> None:
    ran = here.run("rotate", "okx-hold", "--format", "json", "--full-ids")
    folder = here.root / ".git" / "keyctl" / "journal"
    record = "".join(file.read_text() for file in folder.glob("*.jsonl"))
    (parcel,) = here.delivered().values()
    told = record + ran.out + ran.err + here.text("keys.d/okx-hold.yaml")
    assert parcel["secret"] not in told and parcel["passphrase"] not in told and CANARY not in told
    assert json.loads(ran.out)["command"] == "rotate"


def test_the_lock_of_another_run_is_respected(here: Desk) -> None:
    lock = here.git("commit-tree", "HEAD^{tree}", "-m", "keyctl acts\n\nrun: x\non: y\nends: 2999-01-01T00:00:00Z")
    here.git("push", "-q", "origin", f"{lock}:refs/keyctl/lock")
    assert here.run("rotate", "okx-hold").status == 1 and here.writes() == []
    assert here.run("rotate", "okx-hold", "--take-lock", lock).status == 0
