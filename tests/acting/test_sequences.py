"""Runs beside each other and after each other: one acts at a time, from what is merged now; and looking changes
nothing."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from keyctl.acting.journal import Event, Journal
from keyctl.history.git import GitError
from keyctl.history.remote import LOCK, Remote
from keyctl.model.refusal import Refusal
from tests.acting.conftest import Begin
from tests.acting.desk import BYBIT, Venue
from tests.acting.matrix import Make, Matrix, Row, World
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


@contextmanager
def halted(world: World, root: Path) -> Iterator[Callable[[], int]]:
    """A run that stands still once it holds the lock, until it is called, which gives its exit status."""
    here, onward = world.said / "here", world.said / "onward"
    name, note = "note", Journal.note
    for left in (here, onward):
        left.unlink(missing_ok=True)

    def wait(self: Journal, event: Event, **facts: Any) -> None:
        note(self, event, **facts)
        if event is Event.BEGUN:
            here.touch()
            while not onward.exists():
                time.sleep(0.01)

    child = os.fork()
    if child == 0:
        try:
            done = world.act(CREATE.command, root, hook=lambda: setattr(Journal, name, wait))
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


def made_at(matrix: Matrix) -> int:
    """The point at which a key is made and nobody has its secret yet."""
    made = re.compile("exchange: during (POST|.*create)")
    return next(n for n, name in enumerate(matrix.points) if made.match(name))


def changes(world: World) -> Any:
    """All that others can see of a desk."""
    return (world.control("GET", "/state"), world.git("ls-remote", "origin"), world.delivered(), len(world.writes()))


def test_a_second_run_in_the_same_clone_says_so_and_changes_nothing(begin: Begin) -> None:
    matrix = begin(CREATE, BYBIT)
    world = matrix.world
    with halted(world, world.root) as go_on:
        before = changes(world)
        second = world.act(CREATE.command)
        assert (second.status, changes(world)) == (1, before)
        assert "another run of keyctl acts in this clone" in second.err
        assert go_on() == 0
    matrix.check(world.act(("plan",)), world.root, frozenset())


def test_a_run_in_another_clone_says_whose_the_lock_is_and_changes_nothing(begin: Begin) -> None:
    matrix = begin(CREATE, BYBIT)
    world = matrix.world
    other = world.clone()
    with halted(world, world.root) as go_on:
        before = changes(world)
        second = world.act(CREATE.command, other)
        assert (second.status, changes(world)) == (1, before)
        assert "another run of keyctl acts: the lock" in second.err and str(world.lock()) in second.err
        assert go_on() == 0
    matrix.check(world.act(("plan",)), world.root, frozenset())


def test_a_run_whose_lock_was_taken_does_nothing_more(begin: Begin) -> None:
    matrix = begin(CREATE, BYBIT)
    world = matrix.world
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
def test_two_that_start_at_once_make_one_key(begin: Begin, venue: Venue) -> None:
    matrix = begin(CREATE, venue)
    world = matrix.world
    roots = [world.root, world.clone()]
    children = []
    for number, root in enumerate(roots):
        world.runs += 100
        child = os.fork()
        if child == 0:
            try:
                os._exit(world.act(CREATE.command, root).status)
            finally:
                os._exit(98)
        children.append((child, number))
    statuses = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child, _ in children]
    world.runs += 100
    assert 0 in statuses and set(statuses) <= {0, 1}
    assert len([key for key in world.live() if key["id"] not in world.ids]) == 1
    winner = roots[statuses.index(0)]
    for root in roots:
        if root != winner:
            world.git("restore", ".", root=root)
    matrix.check(world.act(("plan",), winner), winner, frozenset())


def pushes_fail(which: int, *, after: bool) -> Callable[[], None]:
    """The remote breaks off at one of the moves of a ref: before it moves, or after, so that nobody hears of it."""
    name, move, count = "move", Remote.move, iter(range(100))

    def broken(self: Remote, *given: Any) -> None:
        this = next(count) == which
        if after or not this:
            move(self, *given)
        if this:
            raise GitError("'git push' ended with status 128: the remote end hung up unexpectedly")

    return lambda: setattr(Remote, name, broken)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("which", range(4), ids=["lock", "write-back", "applied", "unlock"])
def test_a_remote_that_breaks_off_at_any_push(begin: Begin, which: int, after: bool) -> None:
    row = next(row for row in ROWS if row.name == "create and push")
    matrix = begin(row, BYBIT)
    world = matrix.world
    done = world.act(row.command, hook=pushes_fail(which, after=after))
    assert done.status in (0, 1) and "internal error" not in done.err, done
    if which == 0:
        assert done.status == 1 and world.live() == world.live(world.state)
    matrix.check(world.act(row.anew), world.root, frozenset())


def record_fails(which: int) -> Callable[[], None]:
    """The record can't be written any more from one line on."""
    name, note, count = "note", Journal.note, iter(range(1000))

    def full(self: Journal, event: Event, **facts: Any) -> None:
        if next(count) >= which:
            raise Refusal("the record can't be written: No space left on device", "make room")
        note(self, event, **facts)

    return lambda: setattr(Journal, name, full)


@pytest.mark.parametrize("venue", [pytest.param(venue, id=venue.name) for venue in ALL])
def test_a_record_that_can_not_be_written_any_more(begin: Begin, venue: Venue) -> None:
    matrix = begin(CREATE, venue)
    world = matrix.world
    lines = sum(point.startswith("journal: after") for point in matrix.points) - 1
    for which in range(venue.name == "okx", lines, 4):
        world.restore()
        done = world.act(CREATE.command, hook=record_fails(which))
        assert done.status == 1 and "internal error" not in done.err, (which, done)
        if done.status == 1 and world.git("status", "--porcelain"):
            world.tidy(world.root)
        matrix.check(world.act(CREATE.anew), world.root, frozenset())


@pytest.mark.parametrize("venue", [pytest.param(venue, id=venue.name) for venue in ALL])
def test_a_run_that_dies_while_it_takes_up_another(begin: Begin, venue: Venue) -> None:
    matrix = begin(CREATE, venue)
    world = matrix.world
    first = made_at(matrix)
    for second in range(10, 150, 23):
        world.restore()
        world.act(CREATE.command, deadly=first)
        world.act(CREATE.resumed, deadly=second)
        dead = world.ids - {key["id"] for key in world.live()}
        matrix.check(world.resumed(), world.root, dead)


def test_a_run_that_dies_while_it_looks_has_begun_nothing_that_could_be_taken_up(begin: Begin) -> None:
    matrix = begin(CREATE, BYBIT)
    world = matrix.world
    world.act(CREATE.command, deadly=made_at(matrix))
    (first,) = (world.root / ".git" / "keyctl" / "journal").glob("*.jsonl")
    looking = matrix.points.index("journal: before called, of a look")
    assert looking < matrix.points.index("journal: before begun")
    assert world.act(CREATE.command, deadly=looking).status < 0
    refused = world.act(("apply", "--resume"))
    assert refused.status == 1 and "nobody can be asked" in refused.err, "it would delete what the first one made"
    done = world.resumed()
    assert f"resumed run {first.stem}" in " ".join(done.out.split()), done
    matrix.check(done, world.root, world.ids - {key["id"] for key in world.live()})


def test_what_died_is_not_taken_up_once_something_else_is_merged(begin: Begin) -> None:
    matrix = begin(CREATE, BYBIT)
    world = matrix.world
    first = made_at(matrix)
    world.act(CREATE.command, deadly=first)
    other = world.clone()
    world.write("keys.d/README.md", "Keys.\n", other)
    world.merge("Something else", other)
    world.git("pull", "-q", "--ff-only", "origin", "main")
    before = changes(world)
    refused = world.act(CREATE.resumed)
    assert (refused.status, changes(world)[0], "is merged by now" in " ".join(refused.err.split())) == (
        1,
        before[0],
        True,
    )
    assert world.act(CREATE.anew).status == 0
    assert len([key for key in world.live() if key["id"] not in world.ids]) == 1


def test_a_job_of_an_older_commit_refuses(begin: Begin) -> None:
    world = begin(CREATE, BYBIT).world
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


def test_a_lock_whose_time_is_over_is_taken_over(begin: Begin) -> None:
    matrix = begin(CREATE, BYBIT)
    world = matrix.world
    lock_of_another(world, datetime.now(UTC) - timedelta(seconds=5))
    matrix.check(world.act(CREATE.command), world.root, frozenset())
    assert world.lock() is None


def test_a_lock_that_lives_is_taken_over_by_its_name_only(begin: Begin) -> None:
    matrix = begin(CREATE, BYBIT)
    world = matrix.world
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
