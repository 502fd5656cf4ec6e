"""``--post``: the run's result and exit status are the same whatever becomes of the note."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from tests.canary import CANARY, canaries_in
from tests.cli.program import Ran, keyctl
from tests.history.repository import Repository
from tests.notes.conftest import Forge


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("keyctl.notes.sticky._wait", lambda _seconds: None)


@pytest.fixture
def surrounded(forge: Forge, example: Repository, monkeypatch: pytest.MonkeyPatch) -> Forge:
    for name, value in forge.environ().items():
        monkeypatch.setenv(name, value)
    return forge


def wrong(example: Repository) -> None:
    key = example.path / "keys.d" / "hedger" / "hedger-quotes.yaml"
    text = key.read_text("utf-8").replace("account: bybit-mm", "account: nowhere")
    assert "nowhere" in text
    key.write_text(text, "utf-8")


def test_validate_and_review_keep_a_note_each(surrounded: Forge, example: Repository) -> None:
    for _ in range(2):
        assert keyctl("validate", "--post", surrounded.name).status == 0
        assert keyctl("review", "--post", surrounded.name).status == 0
    notes = [body.splitlines()[2] for _, _, body in surrounded.notes()]
    assert [line.split(":")[0] for line in notes] == ["## Validate", "## Review"]


def test_reconcile_keeps_one_too_and_says_so_on_stderr(surrounded: Forge, example: Repository) -> None:
    ran = keyctl("reconcile", "--at", "2026-11-25", "--post", surrounded.name)
    assert ran.status == 4 and f"--post {surrounded.name}: the note was created" in ran.err
    assert [mine for _, mine, _ in surrounded.notes()] == [True]


def test_a_registry_that_does_not_parse_keeps_its_note(surrounded: Forge, example: Repository) -> None:
    assert keyctl("validate", "--post", surrounded.name).status == 0
    settings = example.path / "registry" / "registry.yaml"
    settings.write_text(settings.read_text("utf-8") + "brakes: {max_deletes: [\n", "utf-8")
    assert keyctl("validate", "--post", surrounded.name).status == 1
    assert len(surrounded.notes()) == 1 and "failed" in surrounded.notes()[0][2]


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500, 503])
@pytest.mark.parametrize("right", [True, False])
def test_a_note_that_fails_changes_no_exit_status(
    status: int, right: bool, surrounded: Forge, example: Repository, caplog: pytest.LogCaptureFixture
) -> None:
    if not right:
        wrong(example)
    without = keyctl("validate")
    surrounded.fail("GET", status, times=99)
    surrounded.fail("POST", status, times=99)
    with caplog.at_level(logging.DEBUG):
        ran = keyctl("--debug", "validate", "--post", surrounded.name)
    assert (ran.status, ran.out) == (without.status, without.out) == (0 if right else 1, ran.out)
    assert "was not posted" in ran.err and str(status) in ran.err and "\n  -> " in ran.err
    assert_silent(ran, caplog, example)


def test_outside_a_merge_request_the_run_goes_on(example: Repository, forge: Forge) -> None:
    ran = keyctl("validate", "--post", forge.name)
    assert ran.status == 0 and "was not posted" in ran.err and forge.asked == []


def test_a_fault_in_posting_goes_no_further(
    surrounded: Forge, example: Repository, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fault(*_given: object) -> None:
        raise RuntimeError(surrounded.token)

    monkeypatch.setattr("keyctl.notes.post.stick", fault)
    ran = keyctl("validate", "--post", surrounded.name)
    assert ran.status == 0 and "RuntimeError" in ran.err
    assert_silent(ran, caplog, example)


def test_the_token_is_in_nothing_that_a_run_shows_or_keeps(
    surrounded: Forge, example: Repository, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        ran = keyctl("--debug", "validate", "--post", surrounded.name)
    assert "created" in ran.err
    assert_silent(ran, caplog, example)


def test_a_job_on_the_protected_branch_posts_on_commits_that_it_never_checks_out(
    surrounded: Forge, example: Repository
) -> None:
    key = example.path / "keys.d" / "hedger" / "hedger-quotes.yaml"
    example.git("checkout", "-q", "-b", "proposed")
    key.write_text(key.read_text("utf-8").replace("purpose: ", "purpose: other "), "utf-8")
    example.commit(message="another purpose")
    example.git("update-ref", "refs/keyctl/proposed", "HEAD")
    example.git("checkout", "-q", "main")
    base = example.git("merge-base", "main", "refs/keyctl/proposed").strip()
    ran = keyctl("review", base, "refs/keyctl/proposed", "--post", surrounded.name)
    assert ran.status == 0 and "created" in ran.err
    assert "hedger-quotes" in surrounded.notes()[0][2] and "purpose" in surrounded.notes()[0][2]


def test_an_unknown_forge_is_wrong_usage(example: Repository) -> None:
    assert keyctl("validate", "--post", "sourceforge").status == 64


def assert_silent(ran: Ran, caplog: pytest.LogCaptureFixture, example: Repository) -> None:
    folder: Path = example.path.parent
    assert not CANARY.search((ran.out + ran.err + caplog.text).encode())
    assert list(canaries_in(folder)) == []
