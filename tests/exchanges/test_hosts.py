from __future__ import annotations

import json

import pytest

from keyctl.exchanges.errors import ExchangeError
from keyctl.exchanges.hosts import loopback, sandbox_hosts
from tests.exchanges.venue import Answer, venue


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8080", "http://127.9.9.9:1/", "http://[::1]:8080", "http://localhost:8080"]
)
def test_loopback_is_accepted(url: str) -> None:
    assert loopback(url) == url.rstrip("/")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "127.0.0.1:8080",
        "https://127.0.0.1:8080",
        "http://10.0.0.1:8080",
        "http://0.0.0.0:8080",
        "http://example.com",
        "http://127.0.0.1.example.com",
        "http://localhost.example.com",
        "http://user:word@127.0.0.1:8080",
        "http://127.0.0.1@example.com",
        "http://127.0.0.1:8080/path",
        "http://127.0.0.1:8080/?to=http://example.com",
        "http://127.0.0.1:99999",
        "http://2130706433",
        "file:///etc/hosts",
    ],
)
def test_everything_else_is_refused(url: str) -> None:
    with pytest.raises(ValueError):
        loopback(url)
    with pytest.raises(ExchangeError, match="KEYCTL_SANDBOX"):
        sandbox_hosts(url)


def test_the_control_port_names_the_exchanges() -> None:
    table = {"exchanges": {"bybit": "http://127.0.0.1:4711"}}
    with venue(lambda _line: Answer(body=json.dumps(table))) as control:
        assert sandbox_hosts(control.url) == {"bybit": "http://127.0.0.1:4711"}
    assert control.lines == ["GET /"]


@pytest.mark.parametrize(
    "answer",
    [
        Answer(body='{"exchanges": {"bybit": "http://203.0.113.1:80"}}'),
        Answer(body='{"exchanges": {"bybit": "https://api.bybit.com"}}'),
        Answer(body='{"exchanges": {"bybit": 7}}'),
        Answer(body='{"exchanges": []}'),
        Answer(body="{}"),
        Answer(body="[]"),
        Answer(body="<html>"),
        Answer(status=500),
        Answer(status=302, headers={"Location": "http://203.0.113.1/"}),
        Answer(drop=True),
    ],
)
def test_a_control_port_that_leads_elsewhere_or_nowhere_is_refused(answer: Answer) -> None:
    with venue(lambda _line: answer) as control, pytest.raises(ExchangeError, match="KEYCTL_SANDBOX can't be used"):
        sandbox_hosts(control.url)


def test_without_a_control_url_the_remedy_says_how_to_get_one() -> None:
    with pytest.raises(ExchangeError, match="exchange-keyctl sandbox serve"):
        sandbox_hosts(None)
