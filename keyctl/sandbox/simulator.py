"""What a simulated exchange is: requests in, answers out; and the table of those that exist."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import ClassVar, Protocol, cast

from keyctl.sandbox.scenario import ScenarioError
from keyctl.sandbox.world import ExchangeWorld

SIMULATORS: Mapping[str, str] = {
    "bybit": "keyctl.sandbox.bybit:Bybit",
    "deribit": "keyctl.sandbox.deribit:Deribit",
    "myokx": "keyctl.sandbox.okx:Okx",
    "okx": "keyctl.sandbox.okx:Okx",
    "okxus": "keyctl.sandbox.okx:Okx",
}
"""Exchange id → ``module:class``; a module is imported when a scenario asks for its exchange."""


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request as it arrived.

    ``query`` is the raw text after ``?``, neither decoded nor encoded again: signatures are made over what was sent.
    ``at_ms`` is the exchange's own clock (Unix milliseconds) and ``ticks`` a monotonic clock in seconds, for rate
    limits. ``headers`` ignore the case of their names. ``peer`` is the caller's address.
    """

    method: str
    path: str
    query: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    peer: str
    at_ms: int
    ticks: float


@dataclass(frozen=True, slots=True)
class Answer:
    """What the exchange says: an HTTP status, a JSON body and headers beside the usual ones."""

    status: int
    body: Mapping[str, object]
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Distortion:
    """What a fault does to the content of an answer; only the simulator knows where in it things stand.

    ``empty``: lists are empty, and an answer without a list loses its result. ``repeat``: the cursor that is handed
    out leads back to the start. ``shift``: it leads that many rows back, as if as many had come in meanwhile;
    negative ones forward, past rows that are then never shown. ``uid``: the account calls itself by this uid.
    """

    empty: bool = False
    repeat: bool = False
    shift: int = 0
    uid: str | None = None

    def next_row(self, end: int, total: int) -> int | None:
        """The row at which the next page starts after a page that ends before ``end``; None after the last."""
        if self.repeat:
            return 0
        following = max(0, end - self.shift)
        return following if following < total else None


UNDISTORTED = Distortion()


class Simulator(Protocol):
    """One exchange. It keeps its state in the world that it is given and does no I/O.

    The constructor raises `ScenarioError` when the world holds what this exchange can't have.
    """

    exchange: ClassVar[str]

    def __init__(self, world: ExchangeWorld) -> None: ...

    def answer(self, request: Request, distortion: Distortion = UNDISTORTED) -> Answer:
        """Verify the request as the exchange documents it, and answer."""
        ...

    def rate_limited(self, request: Request) -> Answer:
        """The exchange's own way to say that the caller is too fast."""
        ...

    def writes(self, method: str, path: str) -> bool:
        """True when the exchange changes something on such a request, or might."""
        ...


def simulator_of(exchange: str, world: ExchangeWorld) -> Simulator:
    """A simulator over this world."""
    where = SIMULATORS.get(exchange)
    if where is None:
        raise ScenarioError(f"no simulator for exchange {exchange!r}; there are {', '.join(sorted(SIMULATORS))}")
    module, _, name = where.partition(":")
    simulator = cast("type[Simulator]", getattr(import_module(module), name))
    return simulator(world)


def check_wallets(world: ExchangeWorld, known: Collection[str], exchange: str) -> None:
    """Refuse a wallet that the exchange does not have."""
    for account in world.accounts.values():
        if strange := sorted(set(account.balances) - set(known)):
            raise ScenarioError(
                f"{exchange}: account {account.name}: balances: no wallet {strange[0]!r}; there are"
                f" {', '.join(known)}, each with amounts by asset"
            )


def check_fields(given: Mapping[str, object], known: Mapping[str, object], at: str) -> None:
    """Refuse a field that is not known, or not of the type of its known default."""
    for name, value in given.items():
        if name not in known or type(value) is not type(known[name]):
            fields = ", ".join(f"{field} ({type(default).__name__})" for field, default in known.items())
            raise ScenarioError(f"{at}: {name}: {value!r} is not taken; fields are {fields}")
