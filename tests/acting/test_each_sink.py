"""Each kind of sink, failing at each step of a whole run: no key lives whose secret nobody has, and once the sink is
well the next run ends as one to which nothing happened.

Here is a part of it, at one exchange each; with ``KEYCTL_EACH_SINK=1`` every request fails in every way at every one.
"""

from __future__ import annotations

import errno
import logging
import os
import re
import resource
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from keyctl.secrets.sinks.age import AgeSink
from keyctl.secrets.sinks.folder import Folder
from tests.acting.desk import BYBIT, DERIBIT, OKX, Venue
from tests.acting.matrix import Done, Make, Matrix, World
from tests.acting.replacing import within
from tests.acting.rows import ALL, CREATE, FILE
from tests.acting.stores import NOBODY, SERVERS, Breakable, Sealed, Server, Step, Way, served
from tests.secrets.conftest import surroundings

__all__ = ["surroundings"]

ALL_OF_IT = bool(os.environ.get("KEYCTL_EACH_SINK"))
AT = {"vault": BYBIT, "aws": DERIBIT, "gitlab": OKX, "age": BYBIT}
SILENT, NO = "did not answer", "denies it|refuses the request|lets keyctl create nothing|answers with 403"
SAID = {
    Way.GONE: SILENT,
    Way.CUT: SILENT,
    Way.DROPS: SILENT,
    Way.LOSES: "does not hold it",
    Way.REFUSES: NO,
}
Begun = Callable[[str, Venue], tuple[Matrix, Breakable]]


@pytest.fixture(scope="module")
def begun(make: Make, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Begun]:
    """Gives a key that is to be made, measured, at its start, and the app's store, in which nothing lies."""
    with ExitStack() as stack:
        servers: dict[str, Server] = {}
        known: dict[tuple[str, str], Matrix] = {}

        def storing(scheme: str) -> Callable[[Path], Breakable]:
            if scheme == "age":
                return Sealed
            if scheme not in servers:
                servers[scheme] = stack.enter_context(served(scheme, tmp_path_factory.mktemp(scheme)))
            return lambda _folder: servers[scheme]

        def begin(scheme: str, venue: Venue) -> tuple[Matrix, Breakable]:
            if (scheme, venue.name) not in known:
                known[scheme, venue.name] = measured(Matrix(make(CREATE, venue, storing(scheme))))
            world = known[scheme, venue.name].world
            store = world.store
            assert isinstance(store, Breakable)
            world.restore()
            world.environ |= store.environ()
            store.heal()
            store.empty()
            return known[scheme, venue.name], store

        yield begin


def measured(matrix: Matrix) -> Matrix:
    """Also that the run asks the store what its steps say."""
    store = matrix.world.store
    if isinstance(store, Server):
        store.heal()
        store.wire.asked.clear()
    matrix.measure()
    if isinstance(store, Server):
        steps = store.steps(matrix.world.venue)
        assert [store.writes(request) for request in store.wire.asked] == [step is Step.WRITE for step in steps]
    return matrix


def talking() -> None:
    """All libraries say all that they can."""
    logging.basicConfig(level=logging.DEBUG, force=True)


def nothing_was_made(world: World, store: Breakable, done: Done, writes: list[str]) -> None:
    assert (done.status, writes, world.made()) == (1, [], []), done
    assert (store.held(), store.left()) == ([], [])


def it_was_deleted_again(world: World, done: Done, writes: list[str]) -> None:
    assert done.status == 1 and "it was deleted again" in " ".join(done.out.split()), done
    assert world.made() == [] and len(writes) == (3 if world.venue is DERIBIT else 2), (writes, done)


def it_is_done(matrix: Matrix, done: Done, root: Path) -> None:
    """As a run to which nothing happened does it: one key, in its file, with its secret where the app finds it."""
    matrix.check(done, root, frozenset())
    world = matrix.world
    (key,) = world.made()
    assert key["id"] in world.git("show", f"HEAD:{FILE}", root=root)
    assert key["id"] in world.delivered()


def cases() -> Iterator[Any]:
    """Every request and every way, or those that differ from the others: the first and the last of those that check or
    write, the first of those that look. Only what was written whole can be lost."""
    for scheme, kind in SERVERS.items():
        for venue in ALL if ALL_OF_IT else (AT[scheme],):
            steps = kind.steps(venue)
            for number, step in enumerate(steps):
                first, last = step not in steps[:number], step not in steps[number + 1 :]
                chosen = ALL_OF_IT or first or (last and step in (Step.CHECK, Step.WRITE))
                ways = set(Way) if ALL_OF_IT else {Way.GONE, Way.REFUSES}
                if step is Step.WRITE:
                    ways |= {Way.DROPS, *([Way.CUT] if kind.takes_back else [])}
                ways = ways | {Way.LOSES} if step is Step.WRITE and last else ways - {Way.LOSES}
                for way in Way:
                    if chosen and way in ways:
                        name = f"{scheme} at {venue.name}, {way} at {number}, {step}"
                        yield pytest.param(scheme, venue, number, way, id=name)


@pytest.mark.parametrize(("scheme", "venue", "number", "way"), list(cases()))
def test_a_server_that_fails_at_any_request(begun: Begun, scheme: str, venue: Venue, number: int, way: Way) -> None:
    matrix, store = begun(scheme, venue)
    assert isinstance(store, Server)
    world, steps = matrix.world, store.steps(venue)
    step = steps[number]
    store.fail(way, number)
    done, writes = world.ran(talking)
    assert len(store.wire.asked) > number, done
    store.heal()
    if step is Step.LAST or (step is Step.LOOK and way is Way.REFUSES and store.blind):
        assert done.status == 0 and len(store.held()) == 1, done
        it_is_done(matrix, done, world.root)
        return
    assert re.search(SAID[way], " ".join(done.out.split())), done
    if step is Step.CHECK:
        nothing_was_made(world, store, done, writes)
    else:
        it_was_deleted_again(world, done, writes)
    arrived = step is Step.LOOK or (step is Step.WRITE and way is Way.DROPS and not store.takes_back)
    stays = step is Step.WRITE and way in (Way.GONE, Way.REFUSES)  # what it wrote can't be taken back
    left = store.left()
    assert len(store.held()) == arrived
    assert len(left) == (steps[:number].count(Step.WRITE) if stays else 0)
    assert all(name in "".join(done.out.split()) for name in left), done
    said, root = world.anew() if way is Way.DROPS else (world.act(CREATE.anew), world.root)
    it_is_done(matrix, said, root)
    assert (len(store.held()), store.left()) == (arrived + 1, left)


@pytest.mark.parametrize("scheme", SERVERS)
def test_a_server_that_is_not_there(begun: Begun, scheme: str) -> None:
    matrix, store = begun(scheme, AT[scheme])
    assert isinstance(store, Server)
    world = matrix.world
    world.environ |= store.environ(NOBODY)
    done, writes = world.ran(talking)
    assert re.search(SAID[Way.GONE], " ".join(done.out.split())), done
    nothing_was_made(world, store, done, writes)
    world.environ |= store.environ()
    it_is_done(matrix, world.act(CREATE.anew), world.root)


@pytest.mark.parametrize("scheme", [*SERVERS, "age"])
def test_one_that_can_t_be_asked_once_the_record_is_lost(begun: Begun, scheme: str) -> None:
    """The key stays, and a person has to look: its secret may have arrived."""
    matrix, store = begun(scheme, AT[scheme])
    world = matrix.world
    done, _ = world.ran()
    assert done.status == 0 and len(world.made()) == 1, done
    world.git("checkout", "-q", "--", "keys.d")
    shutil.rmtree(world.root / ".git" / "keyctl" / "journal")
    store.gone()
    again, writes = world.ran(talking)
    store.heal()
    assert again.status != 0 and writes == [] and len(world.made()) == 1, again
    assert "nothing tells whether" in " ".join(again.out.split()) and world.git("status", "--porcelain") == ""
    it_is_done(matrix, world.act(CREATE.anew), world.root)


# files that are encrypted


@contextmanager
def away(folder: Path) -> Iterator[None]:
    """The folder goes, and does not come back by itself."""
    folder.rename(folder.with_name("aside"))
    yield


@contextmanager
def forbidden(folder: Path) -> Iterator[None]:
    """Somebody asks who may not write there."""
    root = os.geteuid() == 0
    folder.chmod(0o500)
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)
        folder.chmod(0o700)


@contextmanager
def full(_folder: Path) -> Iterator[None]:
    """A file can't grow as long as it should."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


@contextmanager
def worn(_folder: Path) -> Iterator[None]:
    """The file is there, and the disk can't say that it will stay."""
    fsync = os.fsync

    def failing(handle: int) -> None:
        if stat.S_ISDIR(os.fstat(handle).st_mode):
            raise OSError(errno.EIO, "as the test wants it")
        fsync(handle)

    with mock.patch.object(os, "fsync", failing):
        yield


@pytest.mark.parametrize("venue", [pytest.param(one, id=one.name) for one in (ALL if ALL_OF_IT else (AT["age"],))])
@pytest.mark.parametrize(
    ("kind", "name", "around", "step", "words", "arrived"),
    [
        (Folder, "check", away, Step.CHECK, "is no folder", 0),
        (Folder, "check", forbidden, Step.CHECK, "Permission denied|may not be written to", 0),
        (AgeSink, "deliver", away, Step.WRITE, "is no folder", 0),
        (AgeSink, "deliver", full, Step.WRITE, "File too large", 0),
        (AgeSink, "deliver", worn, Step.WRITE, "Input/output error", 1),
        (AgeSink, "holds", away, Step.LAST, "made as", 1),
    ],
    ids=["gone", "may not write", "gone when it comes", "full", "written, not synced", "gone at the last look"],
)
def test_a_folder_that_fails_at_any_step(
    begun: Begun,
    venue: Venue,
    kind: type,
    name: str,
    around: Callable[[Path], AbstractContextManager[None]],
    step: Step,
    words: str,
    arrived: int,
) -> None:
    matrix, store = begun("age", venue)
    world = matrix.world
    done, writes = world.ran(within(name, lambda: around(world.sink), kind))
    store.heal()
    assert re.search(words, " ".join(done.out.split())), done
    assert (len(store.held()), store.left()) == (arrived, [])
    if step is Step.LAST:
        it_is_done(matrix, done, world.root)
        return
    if step is Step.CHECK:
        nothing_was_made(world, store, done, writes)
    else:
        it_was_deleted_again(world, done, writes)
    it_is_done(matrix, world.act(CREATE.anew), world.root)
    assert (len(store.held()), store.left()) == (arrived + 1, [])
