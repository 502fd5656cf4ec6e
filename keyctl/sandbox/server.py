"""The simulated exchanges on loopback, one port each, and the control port."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from ipaddress import ip_address

from aiohttp import web

from keyctl.sandbox import control
from keyctl.sandbox.faults import Fault, Faults, Kind
from keyctl.sandbox.merge import merge_patch
from keyctl.sandbox.request_log import UNANSWERED, Entry, RequestLog
from keyctl.sandbox.scenario import Scenario, ScenarioError, read
from keyctl.sandbox.simulator import UNDISTORTED, Answer, Request, Simulator, simulator_of
from keyctl.sandbox.world import World

LOOPBACK = "127.0.0.1"
PAGE = "<!DOCTYPE html><html><head><title>{0}</title></head><body><h1>{0}</h1></body></html>"
_CLOSING_SECONDS = 0.5


class Server:
    """All ports of one scenario, in the running event loop. It binds to loopback addresses only."""

    def __init__(self, scenario: Scenario, *, host: str = LOOPBACK) -> None:
        if not _is_loopback(host):
            raise ScenarioError(f"the sandbox listens on loopback addresses such as 127.0.0.1 only, not on {host}")
        self._host = host
        self._secrets: dict[str, str] = {}
        self.faults = Faults()
        self.requests = RequestLog()
        self.urls: dict[str, str] = {}
        self.control_url = ""
        self._runners: list[web.BaseRunner] = []
        self.world = World.of(scenario)
        self._simulators = self._over(self.world)

    async def start(self) -> None:
        """Open every port; the system chooses their numbers."""
        try:
            for exchange in self._simulators:
                self.urls[exchange] = await self._listen(
                    web.ServerRunner(self._exchange_server(exchange), shutdown_timeout=_CLOSING_SECONDS)
                )
            self.control_url = await self._listen(
                web.AppRunner(control.application(self), access_log=None, shutdown_timeout=_CLOSING_SECONDS)
            )
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Close every port; requests that hang are given up."""
        for runner in self._runners:
            await runner.cleanup()
        self._runners.clear()
        hanging = asyncio.all_tasks() - {asyncio.current_task()}
        for task in hanging:
            task.cancel()
        await asyncio.gather(*hanging, return_exceptions=True)

    def ready(self) -> dict[str, object]:
        """Where everything listens."""
        return {"control": self.control_url, "exchanges": dict(sorted(self.urls.items()))}

    def replace_world(self, document: object) -> None:
        """Take in a state. It holds no secrets: a known id keeps its own, a new one gets its invented one."""
        scenario = read(document, datetime.now(UTC), source="state", secrets=self._secrets)
        if scenario.name != self.world.name or set(scenario.exchanges) != set(self.world.exchanges):
            raise ScenarioError(
                f"state: of scenario {scenario.name!r} with {', '.join(sorted(scenario.exchanges))};"
                f" this one is {self.world.name!r} with {', '.join(sorted(self.world.exchanges))}"
            )
        world = World.of(scenario)
        self._simulators = self._over(world)
        self.world = world

    def _over(self, world: World) -> Mapping[str, Simulator]:
        simulators = {exchange: simulator_of(exchange, part) for exchange, part in world.exchanges.items()}
        self._secrets |= world.secrets()
        return simulators

    async def _listen(self, runner: web.BaseRunner) -> str:
        self._runners.append(runner)
        await runner.setup()
        await web.TCPSite(runner, self._host, 0).start()
        host, port = runner.addresses[0][:2]
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    def _exchange_server(self, exchange: str) -> web.Server:
        async def respond(request: web.BaseRequest) -> web.StreamResponse:
            path, _, query = request.raw_path.partition("?")
            fault = self.faults.take(exchange, request.method, path)
            simulator = self._simulators[exchange]
            writes = simulator.writes(request.method, path)
            response: web.Response | None = None
            try:
                response = await self._response(request, path, query, simulator, fault)
            finally:
                status = response.status if response is not None else UNANSWERED
                self.requests.add(Entry(exchange, request.method, path, writes, status))
            if response is None:
                if request.transport is not None:
                    request.transport.abort()
                return web.Response()
            return response

        return web.Server(respond, access_log=None)

    async def _response(
        self, http: web.BaseRequest, path: str, query: str, simulator: Simulator, fault: Fault | None
    ) -> web.Response | None:
        """The answer, or None where the connection is to be closed without one."""
        kind = fault.kind if fault is not None else None
        skew = fault.number("seconds") if fault is not None and kind is Kind.CLOCK_SKEW else 0.0
        request = Request(
            method=http.method,
            path=path,
            query=query,
            headers=http.headers,
            body=await http.read(),
            peer=http.remote or "",
            at_ms=round((time.time() + self.world.clock_offset + skew) * 1000),
            ticks=time.monotonic(),
        )
        if fault is not None:
            match kind:
                case Kind.DROP:
                    return None
                case Kind.TIMEOUT:
                    await asyncio.sleep(fault.number("seconds"))
                    return None
                case Kind.LATENCY:
                    await asyncio.sleep(fault.number("ms") / 1000)
                case Kind.RATE_LIMIT:
                    return _json(simulator.rate_limited(request), status=int(fault.number("status")))
                case Kind.SERVER_ERROR:
                    return _broken(int(fault.number("status")), str(fault.options["body"]))
                case Kind.HTML:
                    return web.Response(text=PAGE.format("Maintenance"), content_type="text/html")
        answer = simulator.answer(request, fault.distortion() if fault is not None else UNDISTORTED)
        if fault is None:
            return _json(answer)
        match kind:
            case Kind.COMMIT_THEN_DROP:
                return None
            case Kind.TRUNCATE:
                whole = json.dumps(answer.body)
                return web.Response(text=whole[: len(whole) // 2], content_type="application/json")
            case Kind.RESHAPE:
                return _json(answer, body=merge_patch(answer.body, fault.options["patch"]))
        return _json(answer)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _json(answer: Answer, *, status: int | None = None, body: object = None) -> web.Response:
    return web.Response(
        text=json.dumps(answer.body if body is None else body, separators=(",", ":")),
        status=answer.status if status is None else status,
        headers=answer.headers,
        content_type="application/json",
    )


def _broken(status: int, body: str) -> web.Response:
    if body == "json":
        return web.Response(status=status, text='{"message":"Internal error"}', content_type="application/json")
    return web.Response(status=status, text=PAGE.format(f"{status} Server error"), content_type="text/html")
