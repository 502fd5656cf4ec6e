"""What goes out, exactly as it goes out."""

from __future__ import annotations

import asyncio
import json
from urllib.parse import parse_qsl

import pytest

from keyctl.exchanges.bybit.declaration import QUERY_API, UPDATE_SUB_API
from keyctl.exchanges.declaration import Effect, Endpoint
from keyctl.exchanges.deribit.declaration import DECLARATION as DERIBIT
from keyctl.exchanges.deribit.declaration import EDIT_API_KEY, LIST_API_KEYS
from keyctl.exchanges.parameters import Params, Unsendable, plain, secrets_in
from keyctl.secrets.sources import Secret
from tests.exchanges.test_transport import transport
from tests.exchanges.venue import OK, Answer, venue

WRITES = frozenset({Effect.READ, Effect.WRITE})
GIVEN: Params = {"apikey": "a b", "readOnly": 1, "on": True, "permissions": {"Spot": ["SpotTrade"], "Wallet": []}}


def test_a_body_is_json_with_numbers_lists_and_objects_as_they_are() -> None:
    assert plain(GIVEN, query=False) == GIVEN


def test_a_secret_is_opened_in_a_body_and_refused_in_a_query() -> None:
    assert plain({"passphrase": Secret("s3cr3t-x"), "a": [Secret("b")]}, query=False) == {
        "passphrase": "s3cr3t-x",
        "a": ["b"],
    }
    with pytest.raises(Unsendable, match="passphrase") as caught:
        plain({"passphrase": Secret("s3cr3t-x")}, query=True)
    assert "s3cr3t-x" not in str(caught.value)
    found = secrets_in({"a": Secret("1"), "b": {"c": [Secret("2"), "no"]}, "d": 3})
    assert [secret.reveal() for secret in found] == ["1", "2"]


@pytest.mark.parametrize("value", [[], {"a": "b"}, [["a"]], [Secret("a")], [1]])
def test_what_a_query_can_t_say_is_not_sent(value: object) -> None:
    with venue(lambda _line: Answer(body=OK)) as there, pytest.raises(Unsendable, match=r"^ips:"):

        async def run() -> None:
            async with transport(there.url) as way:
                await way.call(QUERY_API, {"ips": value})  # type: ignore[dict-item]

        asyncio.run(run())
    assert there.lines == []


def test_a_body_arrives_as_it_was_given() -> None:
    bodies: list[str] = []

    async def run(url: str) -> None:
        async with transport(url, effects=WRITES) as way:
            sign = way._exchange.sign

            def signed(*args: object, **named: object) -> object:
                request = sign(*args, **named)
                bodies.append(request["body"])
                return request

            way._exchange.sign = signed
            await way.call(UPDATE_SUB_API, GIVEN)

    with venue(lambda _line: Answer(body=OK)) as there:
        asyncio.run(run(there.url))
    assert [json.loads(body) for body in bodies] == [GIVEN]
    assert list(json.loads(bodies[0])) == list(GIVEN)


@pytest.mark.parametrize("endpoint", [EDIT_API_KEY, LIST_API_KEYS], ids=lambda endpoint: endpoint.name)
def test_a_list_in_a_query_is_its_name_repeated_as_deribit_documents_it(endpoint: Endpoint) -> None:
    body = '{"jsonrpc":"2.0","result":{}}'
    given: Params = {
        "id": 7,
        "max_scope": "account:read trade:read",
        "enabled": False,
        "ip_whitelist": ["::1", "1.1.1.1"],
    }

    async def run(url: str) -> None:
        async with transport(url, declaration=DERIBIT, effects=WRITES) as way:
            await way.call(endpoint, given)

    with venue(lambda _line: Answer(body=body)) as there:
        asyncio.run(run(there.url))
    assert parse_qsl(there.lines[0].partition("?")[2]) == [
        ("id", "7"), ("max_scope", "account:read trade:read"), ("enabled", "false"),
        ("ip_whitelist", "::1"), ("ip_whitelist", "1.1.1.1"),
    ]  # fmt: skip
