from __future__ import annotations

import asyncio
import hmac
import logging
import os
import pickle
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

import pytest

from keyctl.exchanges.bybit.declaration import DECLARATION, DELETE_API, QUERY_API, SUB_APIKEYS, UPDATE_SUB_API
from keyctl.exchanges.declaration import Declaration, Effect, Endpoint
from keyctl.exchanges.errors import Cause, ExchangeError
from keyctl.exchanges.pacing import Pace
from keyctl.exchanges.redaction import Redactor
from keyctl.exchanges.retry import Patience
from keyctl.exchanges.transport import EffectRefused, Pacing, Transport
from keyctl.model.account import Environment
from keyctl.model.identifier import Identifier
from keyctl.secrets.sources import Credential, Secret
from tests.exchanges.venue import OK, Answer, venue

CANARY = "canary-5d1f0e7a-secret"
KEY = "kEyOfTheTransport1"
CURSOR = "a-cursor-4c21"


def credential(secret: str = CANARY) -> Credential:
    return Credential(Identifier.of_text(KEY), KEY, Secret(secret), None, "KEYCTL_READ_BYBIT_SANDBOX_MAIN")


async def no_wait(_seconds: float) -> None:
    pass


def transport(
    url: str | None,
    *,
    declaration: Declaration = DECLARATION,
    environment: Environment = Environment.SANDBOX,
    secret: str = CANARY,
    timeout: float = 5.0,
    effects: frozenset[Effect] = frozenset({Effect.READ}),
    now: Callable[[], float] = lambda: 1_700_000_000.0,
) -> Transport:
    return Transport(
        declaration,
        credential(secret),
        environment,
        Pacing(Pace(sleep=no_wait), Pace(sleep=no_wait)),
        Redactor([CANARY]),
        base_url=url,
        effects=effects,
        patience=Patience(timeout=timeout, sleep=no_wait),
        now=now,
    )


def call(url: str, endpoint: Endpoint = QUERY_API, params: dict[str, str] | None = None, **how: object) -> object:
    async def run() -> object:
        async with transport(url, **how) as way:  # type: ignore[arg-type]  # passed on as they are
            return await way.call(endpoint, params)

    return asyncio.run(run())


def failure(answer: Answer, **how: object) -> tuple[ExchangeError, int]:
    """The error that a venue's answer becomes, and how often it was asked."""
    with venue(lambda _line: answer) as there, pytest.raises(ExchangeError) as caught:
        call(there.url, **how)  # type: ignore[arg-type]  # passed on as they are
    return caught.value, len(there.lines)


@pytest.mark.parametrize(
    ("answer", "causes", "asked"),
    [
        (Answer(status=500, body="oops"), {Cause.TRANSPORT}, 3),
        (Answer(status=502, body="<html>bad gateway</html>"), {Cause.TRANSPORT}, 3),
        (Answer(status=503, body='{"retCode":10005}'), {Cause.TRANSPORT}, 3),
        (Answer(drop=True), {Cause.TRANSPORT}, 3),
        (Answer(body=OK, promise=5000), {Cause.TRANSPORT}, 3),
        (Answer(status=429, body=""), {Cause.RATE_LIMITED}, 3),
        (Answer(body='{"retCode":10006}'), {Cause.RATE_LIMITED}, 3),
        (Answer(status=403, body="access too frequent"), {Cause.RATE_LIMITED, Cause.IP_REFUSED}, 1),
        (Answer(status=401, body=""), {Cause.CREDENTIAL_INVALID, Cause.IP_REFUSED, Cause.PERMISSION_DENIED}, 1),
        (Answer(status=401, body='{"retCode":10010}'), {Cause.IP_REFUSED}, 1),
        (Answer(status=404, body="not here"), {Cause.MALFORMED}, 1),
        (Answer(status=404, body=OK), {Cause.MALFORMED}, 1),
        (Answer(status=204, body=""), {Cause.MALFORMED}, 1),
        (Answer(body='{"retCode":10002}'), {Cause.CLOCK_SKEW}, 1),
        (Answer(body='{"retCode":10003}'), {Cause.CREDENTIAL_INVALID, Cause.NOT_FOUND}, 1),
        (Answer(body='{"retCode":10004}'), {Cause.CREDENTIAL_INVALID}, 1),
        (Answer(body='{"retCode":10005}'), {Cause.PERMISSION_DENIED}, 1),
        (Answer(body='{"retCode":10010}'), {Cause.IP_REFUSED}, 1),
        (Answer(body='{"retCode":33004}'), {Cause.CREDENTIAL_INVALID}, 1),
        (Answer(body='{"retCode":0,"result":{'), {Cause.MALFORMED}, 1),
        (Answer(body="<!DOCTYPE html><html></html>", headers={"Content-Type": "text/html"}), {Cause.MALFORMED}, 1),
        (Answer(body="null"), {Cause.MALFORMED}, 1),
        (Answer(body='"text"'), {Cause.MALFORMED}, 1),
        (Answer(body="[]"), {Cause.MALFORMED}, 1),
        (Answer(body=""), {Cause.MALFORMED}, 1),
        (Answer(body="{}"), {Cause.MALFORMED}, 1),
        (Answer(body=b"\xff\xfe{}"), {Cause.MALFORMED}, 1),
    ],
)
def test_every_answer_that_is_none_has_its_cause_and_is_asked_again_only_where_that_may_help(
    answer: Answer, causes: set[Cause], asked: int
) -> None:
    error, times = failure(answer)
    assert set(error.causes) == causes
    assert times == asked
    assert error.message and error.remedy


def test_no_answer_in_time_is_a_fault_of_the_transport() -> None:
    error, _ = failure(Answer(hang=True), timeout=0.2)
    assert error.is_only(Cause.TRANSPORT) and "0.2 s" in error.message


def test_nobody_there_is_a_fault_of_the_transport() -> None:
    with venue(lambda _line: Answer()) as there:
        pass
    with pytest.raises(ExchangeError, match="no connection"):
        call(there.url)


def test_a_redirect_is_not_followed() -> None:
    with venue(lambda _line: Answer()) as elsewhere:
        to = {"Location": f"{elsewhere.url}/v5/user/query-api"}
        for status in (301, 302, 307, 308):
            error, asked = failure(Answer(status=status, headers=to))
            assert error.is_only(Cause.MALFORMED) and asked == 1
    assert elsewhere.lines == []


def test_the_answer_comes_without_undeclared_fields() -> None:
    body = '{"retCode":0,"retMsg":"OK","result":{"apiKey":"a","secret":"s","readOnly":1,"permissions":{"New":["x"]}}}'
    with venue(lambda _line: Answer(body=body)) as there:
        answer = call(there.url)
    assert answer == {"retCode": 0, "result": {"apiKey": "a", "readOnly": 1, "permissions": {"New": ["x"]}}}


def test_requests_are_signed_as_the_documentation_says() -> None:
    with venue(lambda _line: Answer(body=OK)) as there:
        call(there.url, SUB_APIKEYS, {"subMemberId": "53888000", "cursor": "a:="})
    sent = {name.lower(): value for name, value in there.headers[0].items()}
    assert there.lines == ["GET /v5/user/sub-apikeys?subMemberId=53888000&cursor=a:="]
    signed = sent["x-bapi-timestamp"] + KEY + sent["x-bapi-recv-window"] + "subMemberId=53888000&cursor=a:="
    assert sent["x-bapi-sign"] == hmac.new(CANARY.encode(), signed.encode(), "sha256").hexdigest()


def test_an_endpoint_that_ccxt_has_no_method_for_is_signed_too() -> None:
    bare = replace(QUERY_API, ccxt_method=None)
    declaration = replace(DECLARATION, endpoints=(bare,))
    with venue(lambda _line: Answer(body=OK)) as there:
        call(there.url, bare, declaration=declaration)
    assert {"X-BAPI-SIGN", "X-BAPI-API-KEY"} <= {name.upper() for name in there.headers[0]}


@pytest.mark.parametrize("endpoint", [DELETE_API, UPDATE_SUB_API, replace(DELETE_API, effect=Effect.READ)])
def test_a_transport_for_reading_refuses_to_write_before_anything_is_sent(endpoint: Endpoint) -> None:
    with venue(lambda _line: Answer()) as there, pytest.raises(EffectRefused):
        call(there.url, endpoint)
    assert there.lines == []


def test_an_effect_is_not_told_from_the_http_method() -> None:
    deleting = replace(QUERY_API, effect=Effect.WRITE)
    declaration = replace(DECLARATION, endpoints=(deleting,))
    with venue(lambda _line: Answer()) as there, pytest.raises(EffectRefused):
        call(there.url, deleting, declaration=declaration)
    assert there.lines == []


def test_writes_are_never_sent_twice() -> None:
    error, asked = failure(Answer(status=502), endpoint=DELETE_API, effects=frozenset({Effect.WRITE}))
    assert error.is_only(Cause.TRANSPORT) and asked == 1


def test_the_reset_time_of_a_rate_limit_is_taken_from_the_answer() -> None:
    soon = {"X-Bapi-Limit-Reset-Timestamp": "1700000002500"}
    error, asked = failure(Answer(body='{"retCode":10006}', headers=soon))
    assert error.retry_after == 2.5 and asked == 3
    far = {"X-Bapi-Limit-Reset-Timestamp": "1700000060000"}
    error, asked = failure(Answer(body='{"retCode":10006}', headers=far))
    assert error.retry_after == 60 and asked == 1


def test_a_ccxt_without_a_declared_method_is_named() -> None:
    lost = replace(QUERY_API, ccxt_method="private_get_v5_user_gone")
    with pytest.raises(ExchangeError, match=r"ccxt .* has no private_get_v5_user_gone"):
        transport("http://127.0.0.1:1", declaration=replace(DECLARATION, endpoints=(lost,)))


def test_only_the_environment_chooses_the_host() -> None:
    with pytest.raises(EffectRefused):
        transport("http://127.0.0.1:1", environment=Environment.LIVE)
    with pytest.raises(EffectRefused):
        transport(None, environment=Environment.SANDBOX)

    async def hosts(environment: Environment, url: str | None) -> set[str]:
        async with transport(url, environment=environment) as way:
            exchange = way._exchange
            return {exchange.implode_hostname(url) for url in exchange.urls["api"].values()}

    assert asyncio.run(hosts(Environment.LIVE, None)) == {"https://api.bybit.com"}
    assert asyncio.run(hosts(Environment.TESTNET, None)) == {"https://api-testnet.bybit.com"}
    assert asyncio.run(hosts(Environment.SANDBOX, "http://127.0.0.1:1")) == {"http://127.0.0.1:1"}


def test_no_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with venue(lambda _line: Answer()) as proxy, venue(lambda _line: Answer(body=OK)) as there:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        call(there.url)
    assert proxy.lines == [] and len(there.lines) == 1


FAULTS = [
    Answer(status=500, body=f"echo {CANARY}"),
    Answer(drop=True),
    Answer(status=403, body=CANARY),
    Answer(body='{"retCode":10004,"retMsg":"' + CANARY + '"}'),
    Answer(body='{"retCode":987654,"retMsg":"' + CANARY + '"}'),
    Answer(body=f"{{{CANARY}"),
    Answer(body='{"retCode":"' + CANARY + '"}'),
    Answer(body='{"retCode":0,"result":"' + CANARY + '"}'),
]


@pytest.mark.parametrize("answer", FAULTS)
def test_nothing_secret_is_logged_or_raised_even_at_debug(answer: Answer, caplog: pytest.LogCaptureFixture) -> None:
    import ccxt.async_support  # noqa: F401 - its loggers exist before they are silenced, and are made loud

    for name in ("", "ccxt", "ccxt.base.exchange", "aiohttp", "aiohttp.client", "asyncio"):
        caplog.set_level(logging.DEBUG, logger=name)
    text = ""
    with venue(lambda _line: answer) as there:
        try:
            answered = call(there.url, SUB_APIKEYS, {"subMemberId": "1", "cursor": CURSOR})
            text = repr(answered) if "result" not in repr(answered) else ""
        except ExchangeError as error:
            chain: list[BaseException] = [error]
            for linked in chain:
                chain += [link for link in (linked.__cause__, linked.__context__) if link is not None]
            assert len(chain) == 1
            text = "".join(traceback.format_exception(error)) + repr(error) + repr(error.args) + str(vars(error))
    signatures = [value for headers in there.headers for name, value in headers.items() if "SIGN" in name.upper()]
    assert signatures
    logged = caplog.text + "".join(str(vars(record)) for record in caplog.records)
    for secret in (CANARY, CURSOR, KEY, *signatures):
        assert secret not in text
        assert secret not in logged


def test_a_secret_that_can_t_sign_says_so_without_showing_itself() -> None:
    pem = f"-----BEGIN PRIVATE KEY-----\n{CANARY}\n-----END PRIVATE KEY-----"
    with venue(lambda _line: Answer()) as there, pytest.raises(ExchangeError, match="could not be signed") as caught:
        call(there.url, secret=pem)
    assert there.lines == []
    assert CANARY not in "".join(traceback.format_exception(caught.value))
    assert caught.value.__context__ is None and caught.value.__cause__ is None


def test_the_connection_remembers_nothing_of_a_request() -> None:
    async def run(url: str) -> tuple[object, ...]:
        async with transport(url) as way:
            await way.call(QUERY_API)
            exchange = way._exchange
            kept = (exchange.last_request_headers, exchange.last_request_url, exchange.last_request_body)
            return (*kept, exchange.last_http_response, exchange.last_response_headers, exchange.last_json_response)

    with venue(lambda _line: Answer(body=OK)) as there:
        assert not any(asyncio.run(run(there.url)))


def test_a_transport_is_no_way_to_copy_a_secret() -> None:
    with suppress(TypeError):
        pickle.dumps(credential())
        pytest.fail("a credential was pickled")
    assert CANARY not in repr(credential()) and "CANARY" not in os.environ
