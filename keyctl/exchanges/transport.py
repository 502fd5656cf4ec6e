"""The one place that talks to exchanges, and the only one that imports ccxt: for signing and HTTP, nothing else.

ccxt decides nothing here. Its loggers, its memory of the last call, its retries, its pacing and its reading of answers
are off; what an answer means is the declaration's. Nothing of its errors, which carry signed URLs, gets out (law 5).
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from types import TracebackType
from typing import Any, Protocol

from keyctl.exchanges.clock import offset
from keyctl.exchanges.declaration import Declaration, Effect, Endpoint
from keyctl.exchanges.errors import Cause, ExchangeError
from keyctl.exchanges.judgement import OFFLINE, judge
from keyctl.exchanges.pacing import Pace
from keyctl.exchanges.parameters import Params, plain, secrets_in
from keyctl.exchanges.redaction import Redactor
from keyctl.exchanges.retry import Patience, retrying
from keyctl.model.account import Environment
from keyctl.model.checkup import ClockOffset
from keyctl.model.identifier import Identifier
from keyctl.model.names import ExchangeId
from keyctl.secrets.sources import Credential

READS = frozenset({Effect.READ})
_HOST = re.compile(r"\A[a-z]+://[^/]+")
_ADDRESS = "address"


class Watch(Protocol):
    """Is told of every request, so that a record of them survives whatever stops this process."""

    def before(self, endpoint: Endpoint) -> None:
        """It is about to be sent."""

    def after(self, endpoint: Endpoint, error: ExchangeError | None) -> None:
        """It was answered, or failed."""


class EffectRefused(Exception):
    """A call that this transport was not made for: it writes, or it is not declared. Nothing was sent (law 7)."""


@dataclass(frozen=True, slots=True)
class Pacing:
    """The two rate scopes of a transport, shared with all others of the same account and the same machine."""

    account: Pace
    address: Pace


class Transport:
    """One credential's way to one exchange, for the given effects only. Used as an asynchronous context.

    ``exchange`` is the ccxt id of a member of the declaration's family, None for the declaration's own.
    ``base_url`` is where a simulated exchange listens (environment sandbox), else None. ``measure_clock`` reads the
    exchange's time off each answer, and ``watch`` is told of each request. Raises ExchangeError when the installed
    ccxt lacks what the declaration needs.
    """

    def __init__(
        self,
        declaration: Declaration,
        credential: Credential | None,
        environment: Environment,
        pacing: Pacing,
        redactor: Redactor,
        *,
        exchange: ExchangeId | None = None,
        base_url: str | None = None,
        effects: frozenset[Effect] = READS,
        patience: Patience | None = None,
        now: Callable[[], float] = time.time,
        measure_clock: bool = False,
        watch: Watch | None = None,
    ) -> None:
        if (environment is Environment.SANDBOX) is not (base_url is not None):
            raise EffectRefused("a base URL belongs to accounts of the environment sandbox, and to them only")
        self.environment = environment
        self.identifier: Identifier | None = None if credential is None else credential.identifier
        """Of the credential that every call is made with."""
        self._declaration = declaration
        self._pacing = pacing
        self._redactor = redactor
        self._effects = effects
        self._patience = patience or Patience()
        self._now = now
        self._measure_clock = measure_clock
        self._watch = watch
        self.clock: ClockOffset | None = None
        """As the last answer tells it; only where it was asked for."""
        self._exchange = _connect(
            exchange or declaration.id, declaration, credential, environment, base_url, self._patience.timeout
        )

    async def __aenter__(self) -> Transport:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._exchange.close()

    async def call(self, endpoint: Endpoint, params: Params | None = None) -> object:
        """The answer of one endpoint, reduced to its declared fields; what it shows only once comes as Secret. Raises
        ExchangeError for everything else.

        Raises EffectRefused, before anything is sent, for endpoints that are not declared or have another effect, and
        Unsendable for parameters that can't be sent as documented.
        """
        if endpoint not in self._declaration.endpoints:
            raise EffectRefused(f"{self._declaration.id} declares no endpoint {endpoint.name}")
        if endpoint.effect not in self._effects:
            raise EffectRefused(f"{endpoint.name} has the effect {endpoint.effect}, this transport is for others")
        given = params or {}
        plain(given, query=endpoint.method == "GET")
        self._redactor.learn(*(secret.reveal() for secret in secrets_in(given)))

        async def ask() -> object:
            await self._pacing.account.turn(endpoint.name, endpoint.per_second)
            if self._declaration.limits.address_per_second is not None:
                await self._pacing.address.turn(_ADDRESS, self._declaration.limits.address_per_second)
            return await (self._exchanged(endpoint, given) if self._watch is None else self._watched(endpoint, given))

        if endpoint.effect is not Effect.READ:
            return await ask()
        return await retrying(ask, self._patience, self._pacing.account.hold)

    async def _watched(self, endpoint: Endpoint, given: Params) -> object:
        assert self._watch is not None
        self._watch.before(endpoint)
        failure: ExchangeError
        try:
            found = await self._exchanged(endpoint, given)
            self._watch.after(endpoint, None)
            return found
        except ExchangeError as error:
            failure = error
        self._watch.after(endpoint, failure)
        raise failure

    async def _exchanged(self, endpoint: Endpoint, given: Params) -> object:
        sent = self._now()
        answer = await self._send(endpoint, given)
        received = self._now()
        if self._measure_clock:
            self.clock = offset(self._declaration.server_time, answer.headers, answer.body, sent, received)
        found, secrets = judge(self._declaration, endpoint, answer.status, answer.headers, answer.body, received)
        self._redactor.learn(*(secret.reveal() for secret in secrets))
        return found

    async def _send(self, endpoint: Endpoint, params: Params) -> Response:
        failure: ExchangeError
        try:
            if endpoint.ccxt_method is not None:
                await getattr(self._exchange, endpoint.ccxt_method)(plain(params, query=endpoint.method == "GET"))
            else:
                # a list: ccxt takes a string apart and sends the call unsigned
                await self._exchange.request(
                    endpoint.path, list(endpoint.api), endpoint.method, plain(params, query=endpoint.method == "GET")
                )
            failure = self._broken(endpoint, "it ended without an answer")
        except Answered as answer:
            return answer.response
        except ExchangeError as error:
            failure = error
        except Unsignable:
            failure = ExchangeError(
                Cause.CREDENTIAL_INVALID,
                f"the request {endpoint.name} could not be signed",
                "check that the credential's secret is whole and of the kind that the key was made for",
                unsent=True,
            )
        except Exception as error:  # noqa: BLE001 - whatever HTTP and ccxt raise carries URLs; only its kind may get out
            failure = self._broken(endpoint, _why(error, self._patience.timeout))
        raise failure

    def _broken(self, endpoint: Endpoint, why: str) -> ExchangeError:
        message = f"{endpoint.name} of {self._declaration.title} failed: {why}"
        return ExchangeError(Cause.TRANSPORT, self._redactor.scrub(message), OFFLINE)


@dataclass(frozen=True, slots=True)
class Response:
    """One HTTP answer; unread."""

    status: int
    headers: Mapping[str, str]
    body: str = field(repr=False)


class Answered(Exception):
    """How an HTTP answer leaves ccxt before ccxt reads it; its text shows nothing of it."""

    def __init__(self, response: Response) -> None:
        super().__init__("an answer")
        self.response = response


class Unsignable(Exception):
    """ccxt could not sign a request."""


def _why(error: Exception, timeout: float) -> str:
    import ccxt

    if isinstance(error, ccxt.RequestTimeout):
        return f"no answer within {timeout:g} s"
    if isinstance(error, ccxt.ExchangeNotAvailable):
        return "no connection"
    return "the connection broke off" if isinstance(error, ccxt.BaseError) else f"{type(error).__name__}"


def _connect(
    exchange_id: ExchangeId,
    declaration: Declaration,
    credential: Credential | None,
    environment: Environment,
    base_url: str | None,
    timeout: float,
) -> Any:
    kind = _quiet(exchange_id)
    _check_installed(declaration, kind)
    config: dict[str, Any] = {"timeout": int(timeout * 1000)}
    if credential is not None:
        config |= {"apiKey": credential.key, "secret": credential.secret.reveal()}
        if credential.passphrase is not None:
            config["password"] = credential.passphrase.reveal()
    exchange = kind(config)
    if environment is Environment.TESTNET:
        if "test" not in exchange.urls:
            raise ExchangeError(
                Cause.TRANSPORT,
                f"{declaration.title} has no testnet that keyctl knows",
                "correct `environment` of the account in registry/accounts.yaml",
            )
        exchange.set_sandbox_mode(True)
    if base_url is not None:
        exchange.urls["api"] = _moved(exchange.urls["api"], base_url)
    return exchange


def _check_installed(declaration: Declaration, kind: type) -> None:
    methods = [endpoint.ccxt_method for endpoint in declaration.endpoints if endpoint.ccxt_method is not None]
    missing = [method for method in methods if not hasattr(kind, method)]
    if missing:
        import ccxt

        raise ExchangeError(
            Cause.TRANSPORT,
            f"the installed ccxt {ccxt.__version__} has no {', '.join(missing)} for {declaration.title}",
            "install the version of ccxt that keyctl asks for (pip install --upgrade exchange-keyctl)",
        )


def _moved(urls: Any, base_url: str) -> Any:
    if isinstance(urls, dict):
        return {name: _moved(url, base_url) for name, url in urls.items()}
    return _HOST.sub(base_url, urls) if isinstance(urls, str) else urls


@cache
def _quiet(exchange: ExchangeId) -> type:
    """ccxt's class of an exchange, for signing and HTTP only."""
    import ssl

    import ccxt.async_support
    import certifi

    silent = _silence()
    certificates = ssl.create_default_context(cafile=certifi.where())
    base: Any = getattr(ccxt.async_support, exchange)

    class Quiet(base):  # type: ignore[misc]  # its base is known at run time only
        logger = silent
        verbose = False
        enableRateLimit = False
        enableLastHttpResponse = False
        enableLastJsonResponse = False
        enableLastResponseHeaders = False
        fetchHistoryCacheSize = 0
        aiohttp_trust_env = False
        timeout_on_exit = 0
        # ccxt assigns these outright; they would keep key, signature and signed URL
        last_request_headers = _Forgotten()
        ssl_context = certificates  # made once, not once for each credential
        session: Any

        @staticmethod
        def urlencode(params: Any = {}, doseq: bool = True, sort: bool = False) -> str:  # noqa: B006 - as ccxt has it
            """A list is its name repeated (``style: form, explode: true``); ccxt would send Python's form of one."""
            return str(base.urlencode(params, doseq, sort))

        def set_last_request(self, request: object) -> None:
            """Remember nothing."""

        def parse_json(self, http_response: object) -> None:
            """Leave reading to ``Transport``: ccxt takes null for text and damaged JSON for nothing."""

        def sign(self, *given: Any, **named: Any) -> Any:
            # signing raises whatever its cryptography does, perhaps with the key in it
            with suppress(Exception):
                return super().sign(*given, **named)
            raise Unsignable

        def handle_errors(self, *answer: Any) -> None:
            status, _reason, _url, _method, headers, body, *_rest = answer
            raise Answered(Response(status, dict(headers), body))

        def open(self, lazy: bool = False) -> None:
            super().open(lazy)
            if self.session is not None and not isinstance(self.session, _SentOnce):
                self.session = _SentOnce(self.session)

    return Quiet


class _Forgotten:
    """An attribute that keeps nothing of what is put into it."""

    def __get__(self, owner: object, kind: type | None = None) -> None:
        return None

    def __set__(self, owner: object, value: object) -> None:
        pass


class _SentOnce:
    """An aiohttp session that sends a request to one place, once.

    It follows no redirect: the next host would get key and signature. It does not repeat a GET when the connection
    breaks off, as aiohttp does unasked: at some exchanges a GET writes.
    """

    def __init__(self, session: Any) -> None:
        self._session = session
        if not hasattr(session, "_retry_connection"):
            raise ExchangeError(
                Cause.TRANSPORT,
                "the installed aiohttp can't be told to send a request only once",
                "install the version of aiohttp that keyctl asks for (pip install --upgrade exchange-keyctl)",
            )
        session._retry_connection = False  # aiohttp has no public switch

    def __getattr__(self, method: str) -> Any:
        given = getattr(self._session, method)
        if method not in ("get", "post", "put", "delete", "patch"):
            return given
        return lambda *args, **named: given(*args, **{**named, "allow_redirects": False})


def _silence() -> logging.Logger:
    """ccxt's loggers, mute whatever level anybody sets: at DEBUG they print headers and signatures."""
    for name in ("ccxt", *(name for name in logging.Logger.manager.loggerDict if name.startswith("ccxt."))):
        logger = logging.getLogger(name)
        logger.addHandler(logging.NullHandler())
        logger.setLevel(logging.CRITICAL + 1)
        logger.propagate = False
    silent = logging.Logger("keyctl.exchanges.silent", logging.CRITICAL + 1)
    silent.disabled = True
    return silent
