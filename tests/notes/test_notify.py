"""``--notify``: real messages over HTTP through apprise, once, and never at the cost of a run."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator

import pytest

from tests.canary import CANARY, canaries_in
from tests.cli.conftest import Serve
from tests.cli.program import Ran, keyctl
from tests.history.repository import Repository
from tests.notes.answering import serving
from tests.notes.channel import Channel

AT = ("--at", "2026-11-25T12:00:00Z")


@pytest.fixture
def channel(monkeypatch: pytest.MonkeyPatch) -> Iterator[Channel]:
    double = Channel()
    with serving(double):
        monkeypatch.setenv("KEYCTL_NOTIFY", double.target())
        yield double


def break_it(example: Repository) -> None:
    path = example.path / "keys.d" / "hedger" / "hedger-quotes.yaml"
    path.write_text(path.read_text("utf-8").replace("account: bybit-mm", "account: nowhere"), "utf-8")


def mend_it(example: Repository) -> None:
    example.git("checkout", "-q", "--", "keys.d")


def test_nothing_found_sends_nothing(example: Repository, channel: Channel) -> None:
    assert keyctl("validate", "--notify").status == 0
    assert channel.asked == []


def test_validate_tells_what_is_new_once_and_what_is_resolved_once(example: Repository, channel: Channel) -> None:
    break_it(example)
    for _ in range(3):
        assert keyctl("validate", "--notify").status == 1
    ((title, text),) = channel.messages()
    assert title.startswith("keyctl validate: 1 new, 0 resolved") and "nowhere" in text
    mend_it(example)
    for _ in range(3):
        assert keyctl("validate", "--notify").status == 0
    assert len(channel.messages()) == 2
    title, text = channel.messages()[1]
    assert "0 new, 1 resolved, 0 still open" in title and "resolved: reference" in text


def test_reconcile_sends_one_digest(example: Repository, serve: Serve, channel: Channel) -> None:
    serve("demo")
    document = json.loads(keyctl("reconcile", *AT, "--format", "json").out)
    for _ in range(2):
        assert keyctl("reconcile", *AT, "--notify").status == 3
    ((title, text),) = channel.messages()
    counting = [one for one in document["findings"] if one["severity"] in ("error", "critical")]
    assert len(counting) > 5 and "CRITICAL reactivated" in text
    assert int(title.split()[2]) >= len(counting)


def test_another_target_that_fails_is_named_by_its_kind(
    example: Repository, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_it(example)
    monkeypatch.setenv("KEYCTL_NOTIFY", f"{channel.target()} json://127.0.0.1:9/{channel.token}\n nonsense")
    ran = keyctl("validate", "--notify")
    assert ran.status == 1 and len(channel.messages()) == 1
    assert "1 of 3 targets took the message, not: " in ran.err and "127.0.0.1" not in ran.err
    keyctl("validate", "--notify")
    assert len(channel.messages()) == 1


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500])
@pytest.mark.parametrize("right", [True, False])
def test_a_message_that_fails_changes_no_exit_status_and_is_sent_next_time(
    status: int, right: bool, example: Repository, channel: Channel, caplog: pytest.LogCaptureFixture
) -> None:
    if not right:
        break_it(example)
    without = keyctl("validate")
    channel.fail("POST", status)
    with caplog.at_level(logging.DEBUG):
        ran = keyctl("--debug", "validate", "--notify")
    assert (ran.status, ran.out) == (without.status, without.out)
    assert ("nobody took the message" in ran.err) is not right
    assert_silent(ran, caplog, example)
    channel.faults.clear()
    asked = len(channel.asked)
    keyctl("validate", "--notify")
    assert len(channel.asked) == asked + (not right)


def test_without_targets_it_says_how_to_give_them(example: Repository) -> None:
    ran = keyctl("validate", "--notify")
    assert ran.status == 0 and "KEYCTL_NOTIFY is not set" in ran.err


def test_without_apprise_it_says_how_to_get_it(
    example: Repository, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_it(example)
    monkeypatch.setitem(sys.modules, "apprise", None)
    ran = keyctl("validate", "--notify")
    assert ran.status == 1 and "exchange-keyctl[notify]" in ran.err


def test_a_state_that_can_t_be_written_is_said(
    example: Repository, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_it(example)
    monkeypatch.setenv("KEYCTL_NOTIFY_STATE", "/dev/null/state.json")
    for _ in range(2):
        ran = keyctl("validate", "--notify")
        assert ran.status == 1 and "can't be kept" in ran.err
    assert len(channel.messages()) == 2, "what can't be remembered is told again"


def test_a_state_that_comes_with_a_commit_is_not_believed(
    example: Repository, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_it(example)
    monkeypatch.setenv("KEYCTL_NOTIFY_STATE", "state.json")
    keyctl("validate", "--notify")
    keyctl("validate", "--notify")
    assert len(channel.messages()) == 1
    example.git("add", "state.json")
    keyctl("validate", "--notify")
    assert len(channel.messages()) == 2


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 1}', "[" * 100_000, '{"format": 9, "registry": ""}'])
def test_a_broken_state_is_written_anew(
    text: str, example: Repository, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_it(example)
    state = example.path.parent / "state.json"
    state.write_text(text, "utf-8")
    monkeypatch.setenv("KEYCTL_NOTIFY_STATE", str(state))
    keyctl("validate", "--notify")
    keyctl("validate", "--notify")
    assert len(channel.messages()) == 1


def test_the_targets_are_in_nothing_that_a_run_shows_or_keeps(
    example: Repository, channel: Channel, caplog: pytest.LogCaptureFixture
) -> None:
    break_it(example)
    with caplog.at_level(logging.DEBUG):
        ran = keyctl("--debug", "validate", "--notify")
    assert len(channel.messages()) == 1
    assert_silent(ran, caplog, example)


def assert_silent(ran: Ran, caplog: pytest.LogCaptureFixture, example: Repository) -> None:
    assert not CANARY.search((ran.out + ran.err + caplog.text).encode())
    assert list(canaries_in(example.path.parent)) == []
