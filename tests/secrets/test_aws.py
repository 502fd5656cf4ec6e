"""Delivery to, and reading from, AWS Secrets Manager as moto's server simulates it."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from keyctl.secrets.sinks.sink import Parcel, Sink, SinkError
from keyctl.secrets.sources import CredentialError
from keyctl.secrets.stores import secrets_manager
from tests.notes.answering import Answer, Fault, Request
from tests.secrets.between import SHORT, Between, between
from tests.secrets.moto import client, environ, serving_moto
from tests.secrets.parcels import as_document, canary, opened, refused
from tests.secrets.parcels import parcel as parcel_of
from tests.secrets.sources.mapped import MAIN, given, secret_from

NUMBERS = count()


def parcel(*, passphrase: bool = False) -> Parcel:
    """One that no other test has delivered."""
    return parcel_of(f"hedger-{next(NUMBERS)}", passphrase=passphrase)


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    with serving_moto() as url:
        yield url


@pytest.fixture
def wire(moto: str) -> Iterator[Between]:
    with between(moto) as double:
        yield double


def sink_at(url: str, reference: str = "aws:keyctl/hedger", **more: str) -> Sink:
    return opened(reference, environ={**environ(url), **more})


def asked(wire: Between) -> list[str]:
    return [request.headers["x-amz-target"].rpartition(".")[2] for request in wire.asked]


def refuse(wire: Between, code: str, status: int = 400, times: int = 1) -> None:
    """As AWS says no: https://docs.aws.amazon.com/secretsmanager/latest/apireference/CommonErrors.html"""
    wire.faults.append(Fault("POST", "", times, Answer(status, {"__type": code, "message": "as the test wants it"})))


@pytest.mark.parametrize("passphrase", [False, True])
def test_a_parcel_becomes_one_secret(moto: str, passphrase: bool, caplog: pytest.LogCaptureFixture) -> None:
    sink, sent = sink_at(moto), parcel(passphrase=passphrase)
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("botocore.endpoint").info("%s", canary("a library's log"))
        sink.check(())
        assert sink.holds(sent.name) is False
        sink.deliver(sent)
        assert sink.holds(sent.name) is True
    kept = client(moto).get_secret_value(SecretId=f"keyctl/hedger/{sent.name}")["SecretString"]
    assert list(json.loads(kept).items()) == list(as_document(sent).items())
    assert "canary-" not in caplog.text + repr(sink)


def test_what_is_there_is_never_overwritten(moto: str) -> None:
    sent = parcel()
    client(moto).create_secret(Name=f"keyctl/hedger/{sent.name}", SecretString="an earlier one")
    with pytest.raises(SinkError, match="something of that name is there already") as caught:
        sink_at(moto).deliver(sent)
    refused(caught)
    assert client(moto).get_secret_value(SecretId=f"keyctl/hedger/{sent.name}")["SecretString"] == "an earlier one"


def test_one_that_will_be_deleted_is_not_held(moto: str) -> None:
    sink, sent = sink_at(moto), parcel()
    sink.deliver(sent)
    client(moto).delete_secret(SecretId=f"keyctl/hedger/{sent.name}")
    assert sink.holds(sent.name) is False
    with pytest.raises(SinkError) as caught:
        sink.deliver(sent)
    refused(caught)


def test_one_without_a_value_is_not_held(moto: str) -> None:
    sent = parcel()
    client(moto).create_secret(Name=f"keyctl/hedger/{sent.name}")
    assert sink_at(moto).holds(sent.name) is False


def test_the_token_of_a_request_is_the_parcel_s(wire: Between) -> None:
    sent = parcel()
    for _ in range(2):
        refuse(wire, "InternalServiceError", 500)
        with pytest.raises(SinkError):
            sink_at(wire.url).deliver(sent)
    first, second = (request.json()["ClientRequestToken"] for request in wire.asked)
    assert first == second and 32 <= len(first) <= 64
    assert canary("hedger") not in first


def test_a_role_that_may_only_create_delivers_and_sees_nothing(
    wire: Between, moto: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sink, sent = sink_at(wire.url), parcel()
    with monkeypatch.context() as patched:
        patched.setattr(wire, "take", blind(wire))
        sink.check(())
        sink.deliver(sent)
        assert sink.holds(sent.name) is None
    assert sink_at(moto).holds(sent.name) is True


def blind(wire: Between) -> Callable[[Request], Answer | None]:
    """As AWS answers a role without DescribeSecret."""
    take = wire.take

    def answered(request: Request) -> Answer | None:
        if request.headers["x-amz-target"].endswith(".DescribeSecret"):
            return Answer(400, {"__type": "AccessDeniedException", "message": "as the test wants it"})
        return take(request)

    return answered


@pytest.mark.parametrize(
    ("code", "status", "words"),
    [
        ("AccessDeniedException", 400, "AWS denies it"),
        ("ResourceExistsException", 400, "is there already"),
        ("InvalidRequestException", 400, "scheduled for deletion"),
        ("UnrecognizedClientException", 400, "AWS refuses the request"),
        ("ThrottlingException", 400, "AWS refuses the request"),
        ("InternalServiceError", 500, "AWS refuses the request"),
        ("Odd", 301, "AWS"),
        ("Odd", 503, "AWS refuses the request"),
    ],
)
def test_a_refusal_is_told_without_aws_words_and_nothing_is_tried_twice(
    wire: Between, code: str, status: int, words: str
) -> None:
    refuse(wire, code, status, times=5)
    with pytest.raises(SinkError, match=words) as caught:
        sink_at(wire.url).deliver(parcel())
    assert "as the test wants it" not in refused(caught)
    assert asked(wire) == ["CreateSecret"]


@pytest.mark.parametrize("code", ["UnrecognizedClientException", "InternalServiceError", "InvalidRequestException"])
def test_nothing_but_aws_own_word_is_absence(wire: Between, code: str) -> None:
    sink = sink_at(wire.url)
    attempts: tuple[Callable[[], object], ...] = (lambda: sink.check(()), lambda: sink.holds("a.0123456789abcdef"))
    for attempt in attempts:
        refuse(wire, code)
        with pytest.raises(SinkError) as caught:
            attempt()
        refused(caught)


def test_a_connection_that_breaks_after_the_write_is_an_error(wire: Between, moto: str) -> None:
    sink, sent = sink_at(wire.url), parcel()
    wire.drop("POST", times=5)
    for times in (1, 2, 2):
        with pytest.raises(SinkError, match="AWS did not answer") as caught:
            sink.deliver(sent)
        refused(caught)
        assert asked(wire) == ["CreateSecret"] * times, "a server that is silent twice is given up"
    assert sink_at(moto).holds(sent.name) is True


def test_a_server_that_says_nothing_is_not_waited_for_for_ever(wire: Between, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets_manager, "TIMEOUT", SHORT)
    wire.stall("POST")
    with pytest.raises(SinkError, match="AWS did not answer") as caught:
        sink_at(wire.url).deliver(parcel())
    refused(caught)
    assert asked(wire) == ["CreateSecret"]


def test_an_answer_of_another_form_is_an_error(wire: Between, monkeypatch: pytest.MonkeyPatch) -> None:
    odd: Any
    for odd in ("text", [], 7):
        monkeypatch.setattr(wire, "answer", lambda _request, odd=odd: Answer(200, odd))
        with pytest.raises(SinkError) as caught:
            sink_at(wire.url).deliver(parcel())
        refused(caught)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"AWS_REGION": ""}, "region or profile is not set"),
        ({"AWS_REGION": "no region!"}, "AWS"),
        ({"AWS_PROFILE": "nobody-s"}, "region or profile is not set"),
        ({"AWS_ENDPOINT_URL": "http://aws.example"}, "is no https address"),
        ({"AWS_ENDPOINT_URL_SECRETS_MANAGER": "https://user@aws.example"}, "is no https address"),
    ],
)
def test_too_little_or_odd_words_of_the_deployment_are_refused(changed: Mapping[str, str], words: str) -> None:
    with pytest.raises(SinkError, match=words) as caught:
        sink_at("http://127.0.0.1:1", **changed).check(())
    refused(caught)


def test_without_a_login_nothing_is_sent(wire: Between, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    with pytest.raises(SinkError, match="no login for AWS is set") as caught:
        sink_at(wire.url, AWS_ACCESS_KEY_ID="", AWS_SECRET_ACCESS_KEY="").check(())
    refused(caught)
    assert wire.asked == []


def test_other_references_are_refused(moto: str) -> None:
    with pytest.raises(SinkError, match="is no prefix in AWS") as caught:
        sink_at(moto, "aws:/keyctl")
    refused(caught)
    with pytest.raises(SinkError, match="too long") as caught:
        sink_at(moto, "aws:" + "a" * 500).deliver(parcel())
    refused(caught)


# as a source


def test_a_secret_and_a_field_of_one(tmp_path: Path, moto: str) -> None:
    kept = client(moto)
    arn = kept.create_secret(Name="plain", SecretString=canary("a"))["ARN"]
    kept.create_secret(Name="keyctl/bybit", SecretString=json.dumps({"secret": canary("b")}))
    kept.create_secret(Name="binary", SecretBinary=b"x")
    for reference, value in {"plain": canary("a"), arn: canary("a"), "keyctl/bybit#secret": canary("b")}.items():
        assert secret_from(tmp_path, f"aws:{reference}", environ(moto)) == value
    for reference, words in {
        "none": "AWS holds no such secret",
        "plain#secret": "no text of that field",
        "keyctl/bybit#none": "no text of that field",
        "binary": "is no text",
    }.items():
        with pytest.raises(CredentialError, match=words):
            secret_from(tmp_path, f"aws:{reference}", environ(moto))


def test_what_the_sink_wrote_is_read_by_its_fields(tmp_path: Path, moto: str) -> None:
    sent = parcel(passphrase=True)
    sink_at(moto).deliver(sent)
    fields = {"KEY": "api_key", "SECRET": "secret", "PASSPHRASE": "passphrase"}
    lines = [f"KEYCTL_READ_BYBIT_MAIN_{a} = aws:keyctl/hedger/{sent.name}#{b}" for a, b in fields.items()]
    found = given(tmp_path, *lines, environ=environ(moto)).for_account(MAIN)
    assert found is not None and found.passphrase is not None and sent.passphrase is not None
    assert (found.key, found.secret.reveal()) == ("w8HqB0tXn3KcVz", sent.secret.reveal())
    assert found.passphrase.reveal() == sent.passphrase.reveal()
