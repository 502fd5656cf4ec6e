"""What stands before every sink: whatever goes wrong in one is a SinkError, and whoever makes keys acts on that."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from keyctl.secrets.sinks.sink import Parcel, Sink, SinkError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Guarded:
    """A sink, also one of a plug-in, whose own faults do not leave a key without its secret, nor show one. Anything but
    a SinkError is told by its kind alone, and not chained: it may hold what was sent."""

    where: str
    sink: Sink

    def check(self, recipients: tuple[str, ...]) -> None:
        self._only(lambda: self.sink.check(recipients))

    def deliver(self, parcel: Parcel) -> None:
        self._only(lambda: self.sink.deliver(parcel))

    def holds(self, name: str) -> bool | None:
        return self._only(lambda: self.sink.holds(name))

    def _only(self, ask: Callable[[], T]) -> T:
        try:
            return ask()
        except SinkError:
            raise
        except Exception as error:  # noqa: BLE001 - the boundary to libraries and plug-ins
            kind = type(error).__name__
        raise SinkError(f"{self.where}: the sink itself failed: {kind}", "report this to whoever made the sink")
