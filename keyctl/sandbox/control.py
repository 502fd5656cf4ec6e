"""The control port: what is listening, what was asked, what shall go wrong, and the whole state."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from aiohttp import web

from keyctl.sandbox.faults import FaultError, read_fault
from keyctl.sandbox.scenario import ScenarioError

if TYPE_CHECKING:
    from keyctl.sandbox.server import Server

MAXIMUM_STATE_BYTES = 64 * 1024 * 1024


def application(server: Server) -> web.Application:
    """The control port's routes over one server."""

    async def ready(_: web.Request) -> web.Response:
        return web.json_response(server.ready())

    async def requests(_: web.Request) -> web.Response:
        return web.json_response(server.requests.document())

    async def add_fault(request: web.Request) -> web.Response:
        try:
            server.faults.add(read_fault(await request.json(), server.urls))
        except (FaultError, json.JSONDecodeError) as error:
            return _refusal(error)
        return web.Response(status=204)

    async def clear_faults(_: web.Request) -> web.Response:
        server.faults.clear()
        return web.Response(status=204)

    async def state(_: web.Request) -> web.Response:
        return web.json_response(server.world.document())

    async def replace_state(request: web.Request) -> web.Response:
        try:
            server.replace_world(await request.json())
        except (ScenarioError, json.JSONDecodeError) as error:
            return _refusal(error)
        return web.Response(status=204)

    app = web.Application(client_max_size=MAXIMUM_STATE_BYTES)
    app.add_routes(
        [
            web.get("/", ready),
            web.get("/requests", requests),
            web.post("/faults", add_fault),
            web.delete("/faults", clear_faults),
            web.get("/state", state),
            web.put("/state", replace_state),
        ]
    )
    return app


def _refusal(error: Exception) -> web.Response:
    return web.json_response({"error": str(error)}, status=400)
