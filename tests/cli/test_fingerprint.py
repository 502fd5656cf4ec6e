"""fingerprint: from stdin to one line, and nothing of what was typed beside it."""

from __future__ import annotations

import io
import sys

import pytest

from keyctl.model.email import fingerprint as of_email
from keyctl.model.identifier import fingerprint_of
from tests.cli.program import Ran, keyctl

SECRET = "KEYCTL_EMAIL_KEY"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def unkeyed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(SECRET, raising=False)


def given(monkeypatch: pytest.MonkeyPatch, data: bytes, *options: str) -> Ran:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data), encoding="utf-8"))
    return keyctl("fingerprint", options)


@pytest.mark.parametrize(
    "data", [b"desk@firm.example", b"Desk@Firm.Example\n", b"desk@firm.example\r\n\n", b"\xef\xbb\xbfdesk@firm.example"]
)
def test_an_address_gives_one_line(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    assert given(monkeypatch, data, "--email") == Ran(0, of_email("desk@firm.example") + "\n", "")


def test_with_the_deployment_s_secret_it_is_keyed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SECRET, "a deployment's secret")
    ran = given(monkeypatch, b"desk@firm.example\n", "--email")
    assert ran == Ran(0, of_email("desk@firm.example", "a deployment's secret") + "\n", "")
    assert ran.out.startswith("hmac-sha256:")


@pytest.mark.parametrize("short", ["", "fifteen letters"])
def test_a_secret_that_is_too_short_is_refused_and_not_repeated(monkeypatch: pytest.MonkeyPatch, short: str) -> None:
    monkeypatch.setenv(SECRET, short)
    ran = given(monkeypatch, b"desk@firm.example\n", "--email")
    assert (ran.status, ran.out) == (1, "") and SECRET in ran.err and "fifteen letters" not in ran.err


def test_an_identifier_gives_the_fingerprint_that_registries_take(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SECRET, "a deployment's secret")
    assert given(monkeypatch, b"w8HqB0tXn3KcVz\n", "--id").out == fingerprint_of("w8HqB0tXn3KcVz") + "\n"
    assert given(monkeypatch, b"0x" + b"ABcd" * 10, "--id").out == fingerprint_of("0x" + "abcd" * 10) + "\n"
    own = fingerprint_of("w8HqB0tXn3KcVz")
    assert given(monkeypatch, own.encode(), "--id").out == own + "\n"


@pytest.mark.parametrize("option", ["--email", "--id"])
@pytest.mark.parametrize(
    "data", [b"canary one", b"", b"canary@one.example canary@two.example", b"canary\xff", b"canary@x.y" * 1000]
)
def test_what_is_refused_is_not_repeated(monkeypatch: pytest.MonkeyPatch, option: str, data: bytes) -> None:
    ran = given(monkeypatch, data, option)
    assert (ran.status, ran.out) == (1, "") and "canary" not in ran.err and "->" in ran.err


def test_a_terminal_is_asked_on_stderr_for_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal("desk@firm.example\nrest\n"))
    assert keyctl("fingerprint", "--email") == Ran(0, of_email("desk@firm.example") + "\n", "e-mail address: ")


@pytest.mark.parametrize("options", [(), ("--email", "--id"), ("--email", "desk@firm.example")])
def test_wrong_usage_is_64(monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...]) -> None:
    assert given(monkeypatch, b"desk@firm.example", *options).status == 64
