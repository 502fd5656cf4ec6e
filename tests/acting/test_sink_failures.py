"""A sink that fails: no key lives whose secret nobody has, and none is made anew whose secret may have arrived."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from typing import Any

import pytest

from keyctl.secrets.sinks.sink import SinkError
from tests.acting.conftest import Begin
from tests.acting.desk import Venue
from tests.acting.replacing import after, instead
from tests.acting.rows import ALL, CREATE

AT = [pytest.param(venue, id=venue.name) for venue in ALL]


def fails(*_given: object) -> Any:
    raise SinkError("the store says no", "ask it why")


def breaks(*_given: object) -> Any:
    raise RuntimeError("a plug-in's own fault")


@pytest.mark.parametrize("venue", AT)
def test_nothing_is_made_where_nothing_could_be_delivered(begin: Begin, venue: Venue) -> None:
    matrix = begin(CREATE, venue)
    world = matrix.world
    done, writes = world.ran(instead("check", fails))
    assert (done.status, writes) == (1, []) and "the store says no" in done.out
    matrix.check(world.act(CREATE.anew), world.root, frozenset())


@pytest.mark.parametrize("venue", AT)
@pytest.mark.parametrize(
    "hook",
    [instead("deliver", fails), after("deliver", fails), instead("deliver", breaks), after("deliver", breaks)],
    ids=["nothing arrived", "all of it arrived", "it broke", "it broke later"],
)
def test_a_key_whose_secret_was_not_delivered_is_deleted_at_once(
    begin: Begin, venue: Venue, hook: Callable[[], None]
) -> None:
    matrix = begin(CREATE, venue)
    world = matrix.world
    done, writes = world.ran(hook)
    assert done.status == 1 and "it was deleted again" in " ".join(done.out.split())
    assert world.made() == [] and len(writes) == (3 if venue.name == "deribit" else 2)
    matrix.check(world.act(CREATE.anew), world.root, frozenset())


@pytest.mark.parametrize("venue", AT)
def test_a_key_that_could_not_be_deleted_again_is_the_next_run_s(begin: Begin, venue: Venue) -> None:
    matrix = begin(CREATE, venue)
    world = matrix.world
    path = {"bybit": "POST /v5/user/delete", "okx": "POST /api/v5/users/subaccount/delete"}
    match = path.get(venue.name, "GET /api/v2/private/remove")
    world.control("POST", "/faults", {"exchange": venue.name, "match": match, "kind": "drop", "times": None})
    done, _ = world.ran(instead("deliver", fails))
    world.control("DELETE", "/faults")
    assert done.status == 1 and "could not be deleted again" in " ".join(done.out.split()) and len(world.made()) == 1
    matrix.check(world.act(CREATE.anew), world.root, frozenset())


@pytest.mark.parametrize("venue", AT)
@pytest.mark.parametrize("answer", [lambda *_given: None, fails, breaks], ids=["can't tell", "fails", "breaks"])
def test_a_key_of_whose_secret_nothing_is_known_stays_and_is_not_made_again(
    begin: Begin, venue: Venue, answer: Callable[..., Any]
) -> None:
    """A record that says that it arrived is enough; without one a person has to look."""
    matrix = begin(CREATE, venue)
    world = matrix.world
    done, writes = world.ran(instead("holds", answer))
    assert done.status == 0 and len(world.made()) == 1 and world.git("status", "--porcelain") != ""
    world.git("checkout", "-q", "--", "keys.d")
    shutil.rmtree(world.root / ".git" / "keyctl" / "journal")
    again, more = world.ran(instead("holds", answer))
    assert again.status != 0 and more == [] and len(world.made()) == 1, (done, writes, again)
    assert "nothing tells whether" in " ".join(again.out.split()) and world.git("status", "--porcelain") == ""
    matrix.check(world.act(CREATE.anew), world.root, frozenset())


@pytest.mark.parametrize("venue", AT)
def test_a_folder_that_is_gone_when_the_secret_comes(begin: Begin, venue: Venue) -> None:
    matrix = begin(CREATE, venue)
    world = matrix.world
    aside = world.sink.with_name("aside")
    done, _ = world.ran(after("check", lambda *_given: world.sink.rename(aside)))
    assert done.status == 1 and world.made() == []
    aside.rename(world.sink)
    matrix.check(world.act(CREATE.anew), world.root, frozenset())


@pytest.mark.parametrize("venue", AT)
def test_a_folder_that_others_may_write_to_gets_no_secret(begin: Begin, venue: Venue) -> None:
    matrix = begin(CREATE, venue)
    world = matrix.world
    world.sink.chmod(0o777)
    done, writes = world.ran()
    assert (done.status, writes) == (1, [])
    world.sink.chmod(0o700)
    matrix.check(world.act(CREATE.anew), world.root, frozenset())
