"""Something in the place of a part of a sink, put there in the process of a run that is to fail."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from keyctl.secrets.sinks.file import FileSink


def instead(name: str, other: Callable[..., Any], sink: type = FileSink) -> Callable[[], None]:
    """What it gives puts something in the place of what a sink does."""
    return lambda: setattr(sink, name, other)


def after(name: str, then: Callable[..., Any], sink: type = FileSink) -> Callable[[], None]:
    """The sink does it, and then fails all the same."""
    original = getattr(sink, name)

    def both(*given: Any) -> Any:
        original(*given)
        return then(*given)

    return instead(name, both, sink)


def within(
    name: str, around: Callable[[], AbstractContextManager[object]], sink: type = FileSink
) -> Callable[[], None]:
    """The sink does it while the world is another one."""
    original = getattr(sink, name)

    def inside(*given: Any) -> Any:
        with around():
            return original(*given)

    return instead(name, inside, sink)
