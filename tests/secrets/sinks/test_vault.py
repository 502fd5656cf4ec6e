"""Delivery to a real OpenBao, with tokens that may do no more than deployments should give."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from keyctl.secrets.sinks.sink import Parcel, Sink, SinkError
from keyctl.secrets.stores import vault
from tests.notes.answering import Answer
from tests.secrets.between import SHORT, Between, between
from tests.secrets.openbao import Bao, serving_bao
from tests.secrets.parcels import as_document, canary, opened, refused
from tests.secrets.parcels import parcel as parcel_of

NUMBERS = count()


def parcel(*, passphrase: bool = False) -> Parcel:
    """One that no other test has delivered."""
    return parcel_of(f"hedger-{next(NUMBERS)}", passphrase=passphrase)


@pytest.fixture
def seeing(bao: Bao) -> dict[str, str]:
    return bao.environ(VAULT_TOKEN=bao.token("write-and-see"))


@pytest.fixture
def wire(bao: Bao) -> Iterator[Between]:
    with between(bao.url) as double:
        yield double


def sink_with(environ: Mapping[str, str], reference: str = "vault:kv/hedger") -> Sink:
    return opened(reference, environ=environ)


@pytest.mark.parametrize("passphrase", [False, True])
def test_a_parcel_becomes_one_secret(
    bao: Bao, seeing: dict[str, str], passphrase: bool, caplog: pytest.LogCaptureFixture
) -> None:
    sink, sent = sink_with(seeing), parcel(passphrase=passphrase)
    with caplog.at_level(logging.DEBUG):
        sink.check(())
        assert sink.holds(sent.name) is False
        sink.deliver(sent)
        assert sink.holds(sent.name) is True
    assert bao.read(f"hedger/{sent.name}") == as_document(sent)
    assert "canary-" not in caplog.text + repr(sink)
    assert seeing["VAULT_TOKEN"] not in caplog.text + repr(sink)


def test_what_is_there_is_never_overwritten(bao: Bao, seeing: dict[str, str]) -> None:
    sent = parcel()
    bao.ask("POST", f"kv/data/hedger/{sent.name}", {"data": {"secret": "an earlier one"}})
    bao.ask("PUT", "sys/policies/acl/too-much", {"policy": 'path "kv/*" { capabilities = ["create", "update"] }'})
    with pytest.raises(SinkError, match="something is there already, and is left as it is") as caught:
        sink_with(bao.environ(VAULT_TOKEN=bao.token("too-much"))).deliver(sent)
    refused(caught)
    with pytest.raises(SinkError, match="Vault denies it") as caught:
        sink_with(seeing).deliver(sent)
    refused(caught)
    assert bao.read(f"hedger/{sent.name}") == {"secret": "an earlier one"}


def test_one_that_was_deleted_is_not_held(bao: Bao, seeing: dict[str, str]) -> None:
    sink, sent = sink_with(seeing), parcel()
    sink.deliver(sent)
    bao.ask("DELETE", f"kv/data/hedger/{sent.name}")
    assert sink.holds(sent.name) is False
    bao.ask("PUT", "sys/policies/acl/data", {"policy": 'path "kv/data/*" { capabilities = ["read"] }'})
    assert sink_with(bao.environ(VAULT_TOKEN=bao.token("data"))).holds(sent.name) is False


def test_one_that_will_be_deleted_some_day_is_held(bao: Bao) -> None:
    bao.ask("PUT", "sys/policies/acl/brief", {"policy": 'path "brief/*" { capabilities = ["create", "read"] }'})
    sink, sent = sink_with(bao.environ(VAULT_TOKEN=bao.token("brief")), "vault:brief/hedger"), parcel()
    sink.deliver(sent)
    assert sink.holds(sent.name) is True


# who


def test_without_the_default_policy_a_token_needs_to_be_let_ask(bao: Bao) -> None:
    ask = 'path "sys/capabilities-self" { capabilities = ["update"] }'
    bao.ask("PUT", "sys/policies/acl/ask", {"policy": ask})
    bare = bao.token("write-only", no_default_policy=True)
    with pytest.raises(SinkError, match="let its policy ask sys/capabilities-self") as caught:
        sink_with(bao.environ(VAULT_TOKEN=bare)).check(())
    refused(caught)
    let = bao.token("write-only", policies=["write-only", "ask"], no_default_policy=True)
    sink_with(bao.environ(VAULT_TOKEN=let)).check(())


def test_an_approle_that_may_only_write_delivers_and_sees_nothing(bao: Bao) -> None:
    sink, sent = sink_with(bao.environ(**bao.approle("deliverer"))), parcel()
    sink.check(())
    assert sink.holds(sent.name) is None
    sink.deliver(sent)
    assert sink.holds(sent.name) is None
    assert bao.read(f"hedger/{sent.name}") == as_document(sent)


@pytest.mark.parametrize("path", [None, "gitlab"])
def test_a_job_s_own_token_delivers(bao: Bao, path: str | None) -> None:
    token = bao.jwt(project_path="desk/keys", ref_protected="true")
    more = {"KEYCTL_VAULT_AUTH_PATH": path} if path else {}
    sink = sink_with(bao.environ(KEYCTL_VAULT_JWT=token, KEYCTL_VAULT_ROLE="keyctl", **more))
    sent = parcel()
    sink.check(())
    sink.deliver(sent)
    assert sink.holds(sent.name) is True


@pytest.mark.parametrize(
    "claims",
    [
        {"project_path": "desk/keys", "ref_protected": "false"},
        {"project_path": "somebody/keys", "ref_protected": "true"},
        {"project_path": "desk/keys", "ref_protected": "true", "exp": 1_700_000_000},
        {"project_path": "desk/keys", "ref_protected": "true", "aud": "else"},
    ],
)
def test_another_job_s_token_is_of_no_use(bao: Bao, claims: dict[str, object]) -> None:
    token = bao.jwt(**claims)
    sink = sink_with(bao.environ(KEYCTL_VAULT_JWT=token, KEYCTL_VAULT_ROLE="keyctl"))
    for _ in range(2):
        with pytest.raises(SinkError, match=r"Vault (refuses|denies)") as caught:
            sink.check(())
        assert token[:20] not in refused(caught)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "no login for Vault is set"),
        ({"VAULT_TOKEN": "t", "KEYCTL_VAULT_JWT": "j"}, "VAULT_TOKEN and KEYCTL_VAULT_JWT are set"),
        ({"KEYCTL_VAULT_JWT": "j"}, "KEYCTL_VAULT_ROLE is not"),
        ({"KEYCTL_VAULT_ROLE_ID": "r"}, "KEYCTL_VAULT_SECRET_ID is not"),
    ],
)
def test_half_a_login_or_two_are_refused_before_anything_is_sent(given: dict[str, str], words: str) -> None:
    with pytest.raises(SinkError, match=words) as caught:
        sink_with({"VAULT_ADDR": "https://vault.example", **given})
    refused(caught)


@pytest.mark.parametrize(
    "address",
    ["", "http://vault.example", "vault.example", "https://user@vault.example", "ftp://127.0.0.1", "https://"],
)
def test_an_address_without_tls_is_refused(address: str) -> None:
    with pytest.raises(SinkError, match="VAULT_ADDR is no https address") as caught:
        sink_with({"VAULT_ADDR": address, "VAULT_TOKEN": canary("token")})
    refused(caught)


def test_only_the_given_environment_is_looked_at(bao: Bao, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAULT_TOKEN", bao.root)
    with pytest.raises(SinkError, match="no login for Vault is set") as caught:
        sink_with(bao.environ())
    refused(caught)


def test_tls_is_checked_with_the_deployment_s_authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving_bao(tmp_path, tls=True) as secured:
        assert secured.url.startswith("https://") and secured.authority is not None
        environ, sent = secured.environ(VAULT_TOKEN=secured.token("write-and-see")), parcel()
        sink = sink_with({**environ, "VAULT_CACERT": str(secured.authority)})
        sink.check(())
        sink.deliver(sent)
        assert sink.holds(sent.name) is True
        with pytest.raises(SinkError, match="Vault did not answer") as caught:
            sink_with(environ).check(())
        refused(caught)


# where


@pytest.mark.parametrize("reference", ["vault:kv", "vault:/kv/hedger"])
def test_a_reference_names_mount_and_path(reference: str, seeing: dict[str, str]) -> None:
    with pytest.raises(SinkError, match="is no place in Vault") as caught:
        sink_with(seeing, reference)
    refused(caught)


def test_a_place_outside_the_policy_is_found_before_a_key_is_made(seeing: dict[str, str]) -> None:
    with pytest.raises(SinkError, match=r"lets keyctl create nothing at kv/other/.*create on kv/data/other") as caught:
        sink_with(seeing, "vault:kv/other").check(())
    refused(caught)
    with pytest.raises(SinkError, match="Vault denies it") as caught:
        sink_with(seeing, "vault:kv/other").deliver(parcel())
    refused(caught)


def test_an_engine_of_version_1_which_overwrites_is_refused(bao: Bao) -> None:
    with pytest.raises(SinkError, match="old is no KV engine of version 2") as caught:
        sink_with(bao.environ(VAULT_TOKEN=bao.token("old")), "vault:old/hedger").check(())
    refused(caught)


def test_a_mount_that_is_not_there_is_no_absence(bao: Bao) -> None:
    bao.ask("PUT", "sys/policies/acl/all", {"policy": 'path "*" { capabilities = ["create", "read"] }'})
    sink = sink_with(bao.environ(VAULT_TOKEN=bao.token("all")), "vault:none/hedger")
    with pytest.raises(SinkError) as caught:
        sink.holds("a.0123456789abcdef")
    refused(caught)


def test_a_token_that_is_over_is_found_before_a_key_is_made(bao: Bao) -> None:
    with pytest.raises(SinkError, match="Vault denies it") as caught:
        sink_with(bao.environ(VAULT_TOKEN="s.nonsense")).check(())
    refused(caught)


# what goes wrong on the way


def through(wire: Between, environ: Mapping[str, str]) -> Sink:
    return sink_with({**environ, "VAULT_ADDR": wire.url})


@pytest.mark.parametrize("status", [301, 307, 400, 403, 404, 405, 412, 429, 500, 502, 503])
def test_every_other_answer_is_a_refusal(wire: Between, seeing: dict[str, str], status: int) -> None:
    wire.fail("POST", status, Location="http://127.0.0.1:1/elsewhere")
    with pytest.raises(SinkError, match="vault:kv/hedger: ") as caught:
        through(wire, seeing).deliver(parcel())
    assert "as the test wants it" not in refused(caught)
    assert wire.methods() == ["POST"]


@pytest.mark.parametrize("status", [301, 307, 400, 404, 405, 429, 500, 503])
def test_no_answer_but_vault_s_own_word_is_absence(wire: Between, seeing: dict[str, str], status: int) -> None:
    sink, sent = through(wire, seeing), parcel()
    wire.fail("GET", status)
    with pytest.raises(SinkError) as caught:
        sink.holds(sent.name)
    refused(caught)


def test_a_connection_that_breaks_after_the_write_is_an_error_and_tried_once(
    wire: Between, bao: Bao, seeing: dict[str, str]
) -> None:
    sent = parcel()
    wire.drop("POST", times=5)
    with pytest.raises(SinkError, match="Vault did not answer") as caught:
        through(wire, seeing).deliver(sent)
    refused(caught)
    assert wire.methods() == ["POST"]
    assert through(wire, seeing).holds(sent.name) is True


def test_a_server_that_says_nothing_is_not_waited_for_for_ever(
    wire: Between, seeing: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vault, "TIMEOUT", SHORT)
    wire.stall("POST")
    sink, sent = through(wire, seeing), parcel()
    for times in (1, 2, 2):
        with pytest.raises(SinkError, match="Vault did not answer") as caught:
            sink.deliver(sent)
        refused(caught)
        assert wire.methods() == ["POST"] * times, "a server that is silent twice is given up"


def test_a_server_that_answers_in_between_is_asked_again(wire: Between, seeing: dict[str, str]) -> None:
    sink = through(wire, seeing)
    for _ in range(3):
        wire.drop("POST")
        with pytest.raises(SinkError, match="Vault did not answer"):
            sink.deliver(parcel())
        assert sink.holds(parcel().name) is False


def test_a_redirect_is_not_followed_with_the_token(wire: Between, seeing: dict[str, str]) -> None:
    with between(wire.url) as other:
        wire.fail("GET", 307, Location=f"{other.url}/v1/kv/metadata/hedger/x")
        with pytest.raises(SinkError, match="leads to another server") as caught:
            through(wire, seeing).holds("x.0123456789abcdef")
        refused(caught)
        assert other.asked == []


def test_a_read_back_that_fails_is_an_error(wire: Between, seeing: dict[str, str]) -> None:
    wire.fail("GET", 500)
    with pytest.raises(SinkError, match="Vault answers with an error") as caught:
        through(wire, seeing).deliver(parcel())
    refused(caught)


def test_nobody_at_the_address_is_an_error(seeing: dict[str, str]) -> None:
    with pytest.raises(SinkError, match="Vault did not answer") as caught:
        sink_with({**seeing, "VAULT_ADDR": "http://127.0.0.1:1"}).check(())
    refused(caught)


def test_answers_of_another_form_are_errors(
    wire: Between, seeing: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    odd: Any
    for odd in ({}, [], {"data": None}, {"data": {"version": 2}}, "text"):
        monkeypatch.setattr(wire, "answer", lambda _request, odd=odd: Answer(200, odd))
        for attempt in ("check", "deliver", "holds"):
            sink, sent = through(wire, seeing), parcel()
            argument = {"check": (), "deliver": sent, "holds": sent.name}[attempt]
            with pytest.raises(SinkError) as caught:
                getattr(sink, attempt)(argument)
            refused(caught)
