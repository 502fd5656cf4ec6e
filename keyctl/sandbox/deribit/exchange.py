"""The simulated exchange: who calls, whether they may, how often, and which method answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from keyctl.sandbox.deribit.accounts import Accounts
from keyctl.sandbox.deribit.call import ROOT, Call, call_of
from keyctl.sandbox.deribit.callers import Callers
from keyctl.sandbox.deribit.credits import Credits
from keyctl.sandbox.deribit.indices import index_names, index_price
from keyctl.sandbox.deribit.keys import Asked, Keys
from keyctl.sandbox.deribit.scopes import allows
from keyctl.sandbox.deribit.second_factor import SecondFactor
from keyctl.sandbox.deribit.state import State
from keyctl.sandbox.deribit.vocabulary import MESSAGES, READING, STATUSES, WRITING, Refused, check
from keyctl.sandbox.simulator import UNDISTORTED, Answer, Distortion, Request
from keyctl.sandbox.world import ExchangeWorld

TOOK_US = 250
PUBLIC = ("auth", "exchange_token", "get_time", "test", "get_index_price", "get_index_price_names")
VERSION = "1.2.26"


class Deribit:
    """Answers as the package's description says; see `keyctl.sandbox.simulator.Simulator`."""

    exchange = "deribit"

    def __init__(self, world: ExchangeWorld) -> None:
        check(world)
        self._state = State(world)
        self._callers = Callers(self._state)
        self._credits = Credits()
        self._second_factor = SecondFactor(world.scenario)
        keys, accounts = Keys(self._state), Accounts(self._state)
        self._private: Mapping[str, Callable[[Asked], object]] = {
            name: getattr(accounts if hasattr(accounts, name) else keys, name) for name in (*READING, *WRITING)
        }

    def writes(self, method: str, path: str) -> bool:
        if path == ROOT:
            return True  # the method stands in the body
        group, _, name = path.removeprefix(f"{ROOT}/").partition("/")
        if name in (PUBLIC if group == "public" else READING):
            return False
        return name in WRITING or method not in ("GET", "HEAD")

    def rate_limited(self, request: Request) -> Answer:
        return self._error(Refused(10028), request, None)

    def answer(self, request: Request, distortion: Distortion = UNDISTORTED) -> Answer:
        call: Call | None = None
        try:
            call = call_of(request)
            group, _, name = call.method.partition("/")
            if group == "public" and name in PUBLIC:
                return self._answer(self._publicly(name, call, request), request, call)
            if group != "private" or name not in self._private:
                raise Refused(-32601)
            return self._answer(self._privately(name, call, request, distortion), request, call)
        except Refused as refused:
            return self._error(refused, request, call)

    def _publicly(self, name: str, call: Call, request: Request) -> object:
        match name:
            case "auth":
                return self._callers.auth(call, request)
            case "exchange_token":
                return self._callers.exchange(call, request)
            case "get_time":
                return request.at_ms
            case "get_index_price":
                return index_price(call, self._state.world.prices)
            case "get_index_price_names":
                return index_names(self._state.world.prices)
            case _:
                return {"version": VERSION}

    def _privately(self, name: str, call: Call, request: Request, distortion: Distortion) -> object:
        caller = self._callers.verified(request)
        if not self._credits.spend(caller.account.name, request.ticks):
            raise Refused(10028)
        if not allows(caller.scope, "account", "read_write" if name in WRITING else "read"):
            raise Refused(13021)
        challenge = self._second_factor.challenge(call, caller.account, request.at_ms)
        if challenge is not None:
            return challenge
        return self._private[name](Asked(call, caller, request, distortion))

    def _answer(self, result: object, request: Request, call: Call) -> Answer:
        return Answer(200, self._envelope({"result": result}, request, call))

    def _error(self, refused: Refused, request: Request, call: Call | None) -> Answer:
        error: dict[str, object] = {"message": MESSAGES[refused.code], "code": refused.code}
        if refused.data:
            error["data"] = refused.data
        return Answer(STATUSES.get(refused.code, 400), self._envelope({"error": error}, request, call))

    def _envelope(self, content: Mapping[str, object], request: Request, call: Call | None) -> dict[str, object]:
        sent = {"id": call.id} if call is not None and call.id is not None else {}
        start = request.at_ms * 1000
        times = {"usIn": start, "usOut": start + TOOK_US, "usDiff": TOOK_US}
        return {"jsonrpc": "2.0", **sent, **content, **times, "testnet": self._state.option("testnet", False)}
