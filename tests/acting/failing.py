"""Exchanges that fail at one request of a run, in every way that the sandbox knows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from keyctl.sandbox.faults import Kind
from tests.acting.matrix import Matrix, Wrong, hurry

WAYS: tuple[tuple[Kind, Mapping[str, Any]], ...] = (
    (Kind.RATE_LIMIT, {"status": 429}),
    (Kind.RATE_LIMIT, {"status": 200}),
    (Kind.SERVER_ERROR, {"body": "html"}),
    (Kind.SERVER_ERROR, {"body": "json"}),
    (Kind.TIMEOUT, {"seconds": 2}),
    (Kind.DROP, {}),
    (Kind.TRUNCATE, {}),
    (Kind.HTML, {}),
    (Kind.EMPTY_LIST, {}),
    (Kind.REPEAT_PAGE, {}),
    (Kind.SHIFT_PAGE, {"by": 1}),
    (Kind.SHIFT_PAGE, {"by": -1}),
    (Kind.RESHAPE, {"patch": {"result": None, "data": None}}),
    (Kind.CLOCK_SKEW, {"seconds": 3600}),
    (Kind.WRONG_UID, {}),
    (Kind.LATENCY, {"ms": 50}),
    (Kind.COMMIT_THEN_DROP, {}),
)
"""Each kind of fault, with options that matter."""
PASSING = {Kind.RATE_LIMIT, Kind.SERVER_ERROR, Kind.TIMEOUT, Kind.DROP, Kind.HTML, Kind.COMMIT_THEN_DROP}
"""A reading request that suffers one of these is sent again; so it suffers it each time."""
ATTEMPTS = 3
SHORT = 0.6
"""Seconds that a question may take where the exchange does not answer."""


@dataclass(frozen=True)
class Fault:
    """One way to fail, at the ``after``-th of some requests, counted from 0; or at all of them from there on."""

    kind: Kind
    options: Mapping[str, Any]
    request: str
    after: int
    writes: bool
    lasts: bool = False

    def __str__(self) -> str:
        told = "".join(f" {value}" for value in self.options.values())
        where = f"every {self.request}" if self.lasts else f"{self.request} no. {self.after}"
        return f"{self.kind.value}{told if self.kind is not Kind.RESHAPE else ''} at {where}"

    def form(self, exchange: str) -> dict[str, Any]:
        """As the control port takes it."""
        times = None if self.lasts else ATTEMPTS if self.kind in PASSING and not self.writes else 1
        common = {"exchange": exchange, "match": self.request, "kind": self.kind.value, "times": times}
        return {**common, "after": self.after, **self.options}


@dataclass
class Failing(Matrix):
    """A row whose exchange fails once."""

    def requests(self) -> Iterator[tuple[str, int, bool]]:
        """Those of a run to which nothing happened: what, which one of its kind, whether it may change anything."""
        counted: Counter[str] = Counter()
        for entry in self.asked:
            what = f"{entry['method']} {entry['path']}"
            yield what, sum(number for other, number in counted.items() if other.startswith(what)), entry["write"]
            counted[what] += 1

    def faults(self) -> list[Fault]:
        """Every way to fail at every request, and at all requests of a kind."""
        once = [
            Fault(kind, told, what, after, writes) for what, after, writes in self.requests() for kind, told in WAYS
        ]
        return once + [replace(fault, lasts=True) for fault in once if fault.after == 0]

    def fail(self, fault: Fault) -> None:
        """Let a run suffer it, then run again; from a state that another fault left alike once only. Raises Wrong."""
        world = self.world
        world.restore()
        world.control("POST", "/faults", fault.form(world.venue.name))
        hook = (lambda: hurry(SHORT)) if fault.kind is Kind.TIMEOUT else lambda: None
        done = world.act(world.row.command, hook=hook)
        world.control("DELETE", "/faults")
        if done.status not in range(5) or "report this" in f"{done.out}{done.err}":
            raise Wrong(f"{fault}: {done}")
        whole = f"{done.status} {world.outside()}{world.inside()}"
        if whole in self.seen:
            return
        self.seen.add(whole)
        state = world.control("GET", "/state")
        dead = world.ids - {key["id"] for key in world.live(state)}
        try:
            world.settle(world.root)
            if done.status == 0:
                self.check(done, world.root, dead)
            else:
                again = world.row.rest if world.row.rest and world.replaced() else world.row.anew
                self.check(world.act(again), world.root, dead)
        except Wrong as wrong:
            raise Wrong(f"{fault}: {wrong}\n\nthe run that suffered it: {done}") from None


def spread(faults: Sequence[Fault], turn: int, number: int) -> list[Fault]:
    """A few of a row's faults, other ones at each turn, at requests that write as often as at others."""
    writing = [fault for fault in faults if fault.writes]
    found = []
    for one in range(number):
        among = writing if one % 2 == 0 else faults
        step = turn * number + one
        ways = [fault for fault in among if (fault.kind, fault.options) == WAYS[step % len(WAYS)]]
        found.append(ways[int(step * 0.618034 % 1 * len(ways))])
    return found
