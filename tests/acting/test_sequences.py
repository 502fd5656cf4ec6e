"""Runs beside each other and after each other: one acts at a time, from what is merged now; and looking changes
nothing."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from keyctl.acting.journal import Event, Journal
from keyctl.history.remote import LOCK
from tests.acting.conftest import Make
from tests.acting.desk import BYBIT, Venue
from tests.acting.matrix import Matrix, Row, World
from tests.acting.rows import ALL, CREATE, ROWS

LOOKS = (
    ("plan",),
    ("reconcile",),
    ("validate",),
    ("review", "HEAD", "HEAD"),
    ("status", "--live"),
    ("doctor",),
    ("observe", "subject", "--out", "view.json"),
)


def begun(make: Make, venue: Venue = BYBIT) -> tuple[World, Matrix]:
    world = make(CREATE, venue)
    matrix = Matrix(world)
    matrix.measure()
    world.restore()
    return world, matrix


@contextmanager
def halted(world: World, root: Path) -> Iterator[Callable[[], int]]:
    """A run that stands still once it holds the lock, until it is called, which gives its exit status."""
    here, onward = world.said / "here", world.said / "onward"
    begin, note = "note", Journal.note

    def wait(self: Journal, event: Event, **facts: Any) -> None:
        note(self, event, **facts)
        if event is Event.BEGUN:
            here.touch()
            while not onward.exists():
                time.sleep(0.01)

    child = os.fork()
    if child == 0:
        try:
            done = world.act(CREATE.command, root, hook=lambda: setattr(Journal, begin, wait))
            os._exit(done.status)
        finally:
            os._exit(98)
    while not here.exists():
        time.sleep(0.01)

    def go_on() -> int:
        onward.touch()
        _, status = os.waitpid(child, 0)
        return os.waitstatus_to_exitcode(status)

    world.runs += 1000
    try:
        yield go_on
    finally:
        onward.touch()


def changes(world: World) -> Any:
    """All that others can see of a desk."""
    return (world.control("GET", "/state"), world.git("ls-remote", "origin"), world.delivered(), len(world.writes()))


def test_a_second_run_in_the_same_clone_says_so_and_changes_nothing(make: Make) -> None:
    world, matrix = begun(make)
    with halted(world, world.root) as go_on:
        before = changes(world)
        second = world.act(CREATE.command)
        assert (second.status, changes(world)) == (1, before)
        assert "another run of keyctl acts in this clone" in second.err
        assert go_on() == 0
    matrix.check(world.act(("plan",)), world.root, frozenset())


def test_a_run_in_another_clone_says_whose_the_lock_is_and_changes_nothing(make: Make) -> None:
    world, matrix = begun(make)
    other = world.clone()
    with halted(world, world.root) as go_on:
        before = changes(world)
        second = world.act(CREATE.command, other)
        assert (second.status, changes(world)) == (1, before)
        assert "another run of keyctl acts: the lock" in second.err and str(world.lock()) in second.err
        assert go_on() == 0
    matrix.check(world.act(("plan",)), world.root, frozenset())


def test_a_run_whose_lock_was_taken_does_nothing_more(make: Make) -> None:
    world, matrix = begun(make)
    other = world.clone()
    with halted(world, world.root) as go_on:
        taken = world.act([*CREATE.anew, "--take-lock", str(world.lock())], other)
        assert taken.status == 0
        before = changes(world)
        assert go_on() != 0
        after = changes(world)
    assert (after[0], after[2], after[3]) == (before[0], before[2], before[3])
    matrix.check(taken, other, frozenset())


@pytest.mark.parametrize("venue", [pytest.param(venue, id=venue.name) for venue in ALL])
def test_two_that_start_at_once_make_one_key(make: Make, venue: Venue) -> None:
    world, matrix = begun(make, venue)
    roots = [world.root, world.clone()]
    children = []
    for number, root in enumerate(roots):
        world.runs += 100
        child = os.fork()
        if child == 0:
            os._exit(world.act(CREATE.command, root).status)
        children.append((child, number))
    statuses = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child, _ in children]
    world.runs += 100
    assert 0 in statuses and set(statuses) <= {0, 1}
    assert len([key for key in world.live() if key["id"] not in world.ids]) == 1
    winner = roots[statuses.index(0)]
    for root in roots:
        if root != winner:
            world.git("restore", ".", root=root)
    matrix.check(world.act(("plan",)), winner, frozenset())


def test_a_job_of_an_older_commit_refuses(make: Make) -> None:
    world = make(CREATE, BYBIT)
    old = world.clone()
    world.merge("Something else")
    before = changes(world)
    done = world.act(CREATE.command, old)
    assert (done.status, changes(world)) == (1, before)
    assert "a job of an older commit is not to be run again" in " ".join(done.err.split())


def lock_of_another(world: World, ends: datetime, root: Path | None = None) -> str:
    """A lock that a run on some other machine has left."""
    told = f"keyctl acts\n\nrun: another\non: elsewhere\nends: {ends.strftime('%Y-%m-%dT%H:%M:%SZ')}\n"
    tree = subprocess.run(
        ["git", "mktree"], cwd=world.root, input="", check=True, capture_output=True, text=True
    ).stdout.strip()
    lock = world.git("commit-tree", tree, "-m", told)
    world.git("push", "-q", "origin", f"{lock}:{LOCK}")
    return lock


def test_a_lock_whose_time_is_over_is_taken_over(make: Make) -> None:
    world, matrix = begun(make)
    lock_of_another(world, datetime.now(UTC) - timedelta(seconds=5))
    matrix.check(world.act(CREATE.command), world.root, frozenset())
    assert world.lock() is None


def test_a_lock_that_lives_is_taken_over_by_its_name_only(make: Make) -> None:
    world, matrix = begun(make)
    lock = lock_of_another(world, datetime.now(UTC) + timedelta(minutes=10))
    before = changes(world)
    other = world.clone()
    for wrong in ((), ("--take-lock", "0" * 40), ("--take-lock", lock[:12])):
        done = world.act([*CREATE.command, *wrong], other)
        assert (done.status, changes(world)) == (1, before) and "by run another on elsewhere until" in done.err
    matrix.check(world.act([*CREATE.command, "--take-lock", lock], other), other, frozenset())


@pytest.mark.parametrize("row", [pytest.param(row, id=row.name) for row in ROWS])
def test_looking_asks_no_exchange_to_change_anything(make: Make, row: Row) -> None:
    for venue in row.venues:
        world = make(row, venue)
        before = changes(world)
        asked = len(world.control("GET", "/requests"))
        for words in LOOKS:
            done = world.act(words)
            assert done.status in range(5), (words, done)
        entries = world.control("GET", "/requests")[asked:]
        assert entries and not [entry for entry in entries if entry["write"]]
        assert changes(world) == before
