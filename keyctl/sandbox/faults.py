"""Injected faults: what can go wrong on purpose, and for which requests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from keyctl.sandbox.simulator import UNDISTORTED, Distortion


class Kind(StrEnum):
    """What goes wrong."""

    RATE_LIMIT = "rate-limit"
    SERVER_ERROR = "server-error"
    TIMEOUT = "timeout"
    DROP = "drop"
    TRUNCATE = "truncate"
    HTML = "html"
    EMPTY_LIST = "empty-list"
    REPEAT_PAGE = "repeat-page"
    SHIFT_PAGE = "shift-page"
    RESHAPE = "reshape"
    CLOCK_SKEW = "clock-skew"
    WRONG_UID = "wrong-uid"
    LATENCY = "latency"
    COMMIT_THEN_DROP = "commit-then-drop"


OPTIONS: Mapping[Kind, Mapping[str, object]] = {
    Kind.RATE_LIMIT: {"status": 429},
    Kind.SERVER_ERROR: {"status": 502, "body": "html"},
    Kind.TIMEOUT: {"seconds": 60},
    Kind.SHIFT_PAGE: {"by": 1},
    Kind.RESHAPE: {"patch": {}},
    Kind.CLOCK_SKEW: {"seconds": 3600},
    Kind.WRONG_UID: {"uid": "1"},
    Kind.LATENCY: {"ms": 200},
}
"""The options of each kind and what they are unless said.

``rate-limit``: the exchange's own envelope under an HTTP status, 429 or 200. ``server-error``: ``body`` is ``html`` or
``json``. ``timeout``: the connection is closed after so many seconds without an answer. ``shift-page``: the next page
starts so many rows too early (negative: too late). ``reshape``: a JSON merge patch (RFC 7396) on the answer.
``clock-skew``: the exchange's clock is ahead by so many seconds (negative: behind).
"""
_COMMON = ("exchange", "match", "kind", "times", "after")


class FaultError(ValueError):
    """The fault can't be injected; the message says what is taken."""


@dataclass(slots=True)
class Fault:
    """One fault, for requests of ``method`` (``*``: any) to paths that start with ``prefix``.

    The first ``after`` such requests go through; then ``times`` of them suffer, None for all until it is taken back.
    """

    exchange: str
    method: str
    prefix: str
    kind: Kind
    times: int | None
    after: int
    options: Mapping[str, object]

    def number(self, name: str) -> float:
        """A numeric option."""
        value = self.options[name]
        assert isinstance(value, int | float)
        return value

    def distortion(self) -> Distortion:
        """What the simulator has to do to its answer."""
        match self.kind:
            case Kind.EMPTY_LIST:
                return Distortion(empty=True)
            case Kind.REPEAT_PAGE:
                return Distortion(repeat=True)
            case Kind.SHIFT_PAGE:
                return Distortion(shift=int(self.number("by")))
            case Kind.WRONG_UID:
                return Distortion(uid=str(self.options["uid"]))
            case _:
                return UNDISTORTED


class Faults:
    """The faults that wait for their requests; the oldest that matches is taken."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []

    def add(self, fault: Fault) -> None:
        self._waiting.append(fault)

    def clear(self) -> None:
        self._waiting.clear()

    def take(self, exchange: str, method: str, path: str) -> Fault | None:
        """The fault that this request suffers, counted down."""
        for fault in self._waiting:
            if fault.exchange != exchange or fault.method not in ("*", method) or not path.startswith(fault.prefix):
                continue
            if fault.after > 0:
                fault.after -= 1
                continue
            if fault.times is not None:
                fault.times -= 1
                if fault.times <= 0:
                    self._waiting.remove(fault)
            return fault
        return None


def read_fault(form: object, exchanges: Mapping[str, object]) -> Fault:
    """A fault from the control port's JSON."""
    if not isinstance(form, Mapping):
        raise FaultError("a fault is a JSON object with exchange, match, kind and times")
    kinds = ", ".join(Kind)
    if form.get("kind") not in set(Kind):
        raise FaultError(f"unknown kind {form.get('kind')!r}; kinds are {kinds}")
    kind = Kind(form["kind"])
    options = OPTIONS.get(kind, {})
    if strange := sorted(set(form) - set(_COMMON) - set(options)):
        raise FaultError(f"unknown field {strange[0]!r}; {kind} takes {', '.join([*_COMMON, *options])}")
    exchange = form.get("exchange")
    if exchange not in exchanges:
        raise FaultError(f"no exchange {exchange!r} in this scenario; there are {', '.join(sorted(exchanges))}")
    method, space, prefix = str(form.get("match", "")).partition(" ")
    if not space or not prefix.startswith("/") or not (method == "*" or method.isupper()):
        raise FaultError(f"match {form.get('match')!r}: write a method (or *), a space and the start of a path")
    times, after = form.get("times", 1), form.get("after", 0)
    if times is not None and not _counts(times, least=1):
        raise FaultError(f"times {times!r}: a number from 1, or null for every request until faults are taken back")
    if not _counts(after, least=0):
        raise FaultError(f"after {after!r}: a number from 0")
    return Fault(str(exchange), method, prefix, kind, times, after, _options(kind, options, form))


def _options(kind: Kind, defaults: Mapping[str, object], form: Mapping[str, object]) -> Mapping[str, object]:
    chosen = {name: form.get(name, default) for name, default in defaults.items()}
    for name, default in defaults.items():
        expected: type | tuple[type, ...] = (int, float) if isinstance(default, int) else type(default)
        if name != "patch" and (isinstance(chosen[name], bool) or not isinstance(chosen[name], expected)):
            raise FaultError(f"{kind}: {name} {chosen[name]!r}: expected is something like {default!r}")
    if kind is Kind.SERVER_ERROR and (
        chosen["body"] not in ("html", "json") or chosen["status"] not in range(500, 600)
    ):
        raise FaultError("server-error: status is 500 to 599, body is html or json")
    if kind is Kind.RATE_LIMIT and chosen["status"] not in (200, 429):
        raise FaultError("rate-limit: status is 429 or 200")
    if kind is Kind.WRONG_UID and not str(chosen["uid"]).isdigit():
        raise FaultError("wrong-uid: uid is a number as text")
    return chosen


def _counts(value: object, *, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least
