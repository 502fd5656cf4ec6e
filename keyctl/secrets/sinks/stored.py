"""A store's failures as a sink's."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from keyctl.secrets.failure import StoreError
from keyctl.secrets.sinks.sink import SinkError

T = TypeVar("T")


def stored(where: object, ask: Callable[[], T]) -> T:
    """What it gives. Raises SinkError, which names the place, for a StoreError."""
    failure: StoreError
    try:
        return ask()
    except StoreError as error:
        failure = error
    raise SinkError(f"{where}: {failure.message}", failure.remedy)
