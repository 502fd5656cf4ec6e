"""Running the sandbox: in a thread for demos and tests, or until a signal for a process of its own."""

from __future__ import annotations

import asyncio
import json
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from keyctl.sandbox.credentials import environment
from keyctl.sandbox.scenario import Scenario, ScenarioError, load, read_document, scenario_names
from keyctl.sandbox.world import save

if TYPE_CHECKING:
    from keyctl.sandbox.server import Server

__all__ = ["Sandbox", "Scenario", "ScenarioError", "environment", "running", "scenario_names", "serve"]

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Sandbox:
    """Where a running sandbox listens: the control port's URL and one URL for each exchange."""

    control_url: str
    exchanges: Mapping[str, str]

    def ready_line(self) -> str:
        """One line of JSON, as ``sandbox serve`` prints it."""
        return json.dumps({"control": self.control_url, "exchanges": dict(self.exchanges)})


@contextmanager
def running(scenario: str | Scenario, *, state: Path | None = None) -> Iterator[Sandbox]:
    """The sandbox in a thread of its own while the block runs; ``state`` as in `serve`.

    Raises `ScenarioError` when it can't start.
    """
    server, loop = _prepared(scenario, state, LOOPBACK), asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="keyctl-sandbox", daemon=True)
    thread.start()

    def wait_for_start() -> None:
        asyncio.run_coroutine_threadsafe(server.start(), loop).result()

    def wait_for_stop() -> None:
        asyncio.run_coroutine_threadsafe(server.stop(), loop).result()

    try:
        wait_for_start()
        try:
            yield _listening(server)
        finally:
            wait_for_stop()
            if state is not None:
                save(server.world, state)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


def serve(scenario: str, *, state: Path | None = None, announce: Callable[[str], None], host: str = LOOPBACK) -> None:
    """Serve until SIGTERM or SIGINT, then close every port and return; call it from the main thread.

    ``announce`` gets the ready line once everything listens. ``state`` is loaded at the start if the file is there and
    written at the stop; it holds no secrets. Raises `ScenarioError`, also for a host that is no loopback address.
    """
    server = _prepared(scenario, state, host)

    async def until_signalled() -> None:
        stopping = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stopping.set)
        try:
            await server.start()
            announce(_listening(server).ready_line())
            await stopping.wait()
        finally:
            await server.stop()
            if state is not None:
                save(server.world, state)

    asyncio.run(until_signalled())


def _prepared(scenario: str | Scenario, state: Path | None, host: str) -> Server:
    from keyctl.sandbox.server import Server

    server = Server(load(scenario) if isinstance(scenario, str) else scenario, host=host)
    if state is not None and state.exists():
        server.replace_world(read_document(state))
    return server


def _listening(server: Server) -> Sandbox:
    return Sandbox(server.control_url, dict(sorted(server.urls.items())))
