"""Delivery to variables of a project, as tests/secrets/gitlab_double.py knows them."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from dataclasses import replace
from itertools import count

import pytest

from keyctl.secrets.sinks.sink import Parcel, Sink, SinkError
from keyctl.secrets.sources import Secret
from keyctl.secrets.stores import gitlab as store
from tests.notes.answering import Answer, Request, serving
from tests.secrets.between import SHORT
from tests.secrets.gitlab_double import PROJECT, GitLab
from tests.secrets.parcels import canary, opened, parcel, refused

NAME = parcel().name.upper().replace("-", "_").replace(".", "_")
KEY, PASSPHRASE, SECRET = f"{NAME}_KEY", f"{NAME}_PASSPHRASE", f"{NAME}_SECRET"


@pytest.fixture
def gitlab() -> Iterator[GitLab]:
    double = GitLab()
    with serving(double):
        yield double
    assert double.strange == []


def sink_at(double: GitLab, reference: str = f"gitlab:{PROJECT}", **more: str) -> Sink:
    return opened(reference, environ=double.environ(**more))


def posted(double: GitLab) -> list[str]:
    return [request.json()["key"] for request in double.asked if request.method == "POST"]


def test_a_parcel_becomes_variables_of_which_the_secret_is_the_last(
    gitlab: GitLab, caplog: pytest.LogCaptureFixture
) -> None:
    sink, sent = sink_at(gitlab), parcel(passphrase=True)
    with caplog.at_level(logging.DEBUG):
        sink.check(())
        assert sink.holds(sent.name) is False
        sink.deliver(sent)
        assert sink.holds(sent.name) is True
    assert posted(gitlab) == [KEY, PASSPHRASE, SECRET]
    assert gitlab.values() == {
        KEY: "w8HqB0tXn3KcVz",
        PASSPHRASE: canary("hedger-quotes passphrase"),
        SECRET: canary("hedger-quotes"),
    }
    flags = {name: (row["masked"], row["hidden"]) for name, row in gitlab.variables.items()}
    assert flags == {KEY: (False, False), PASSPHRASE: (True, True), SECRET: (True, True)}
    assert all(row["protected"] and row["raw"] for row in gitlab.variables.values())
    assert "canary-" not in caplog.text + repr(sink)


def test_without_a_passphrase_there_is_no_variable_for_one(gitlab: GitLab) -> None:
    sink_at(gitlab).deliver(parcel())
    assert list(gitlab.variables) == [KEY, SECRET]


def test_an_older_server_masks_and_can_t_hide(gitlab: GitLab) -> None:
    gitlab.hides = False
    sink_at(gitlab).deliver(parcel())
    assert (gitlab.variables[SECRET]["masked"], gitlab.variables[SECRET]["hidden"]) == (True, False)


@pytest.mark.parametrize("flag", ["raw", "protected"])
def test_a_server_that_does_not_do_as_asked_gets_its_variable_taken_back(gitlab: GitLab, flag: str) -> None:
    gitlab.ignores = {flag}
    with pytest.raises(SinkError, match=r"GitLab did not make .*_KEY as asked") as caught:
        sink_at(gitlab).deliver(parcel())
    refused(caught)
    assert gitlab.variables == {}


def test_one_that_can_t_mask_does_not_keep_the_secret(gitlab: GitLab) -> None:
    gitlab.ignores, gitlab.hides = {"masked"}, False
    with pytest.raises(SinkError, match=r"GitLab did not make .*_SECRET as asked: protected, raw, masked") as caught:
        sink_at(gitlab).deliver(parcel())
    refused(caught)
    assert gitlab.variables == {}


@pytest.mark.parametrize("value", ["short12", "canary- with a space", "canary-\nof\nlines", "canary-ümlaut", ""])
def test_what_can_t_be_masked_is_refused_before_anything_is_sent(gitlab: GitLab, value: str) -> None:
    for sent in (replace(parcel(), secret=Secret(value)), replace(parcel(), passphrase=Secret(value))):
        with pytest.raises(SinkError, match="can't be masked") as caught:
            sink_at(gitlab).deliver(sent)
        refused(caught)
    assert gitlab.asked == []


@pytest.mark.parametrize("value", ["My[value]$HOME`x`", "12345678", "a|b&c;d!e#f"])
def test_what_raw_variables_may_hold_is_delivered(gitlab: GitLab, value: str) -> None:
    sink_at(gitlab).deliver(replace(parcel(), secret=Secret(value)))
    assert gitlab.values()[SECRET] == value


def test_names_are_what_a_shell_can_name(gitlab: GitLab) -> None:
    sink_at(gitlab).deliver(parcel("2nd.key_x"))
    assert all(name.startswith("_2ND_KEY_X_") for name in gitlab.variables)
    with pytest.raises(SinkError, match="longer than GitLab takes") as caught:
        sink_at(gitlab).deliver(parcel("a" * 240))
    refused(caught)


@pytest.mark.parametrize("there", [KEY, PASSPHRASE, SECRET])
def test_what_is_there_is_never_overwritten(gitlab: GitLab, there: str) -> None:
    gitlab.variables[there] = {"key": there, "value": "an earlier one", "hidden": False}
    with pytest.raises(SinkError, match=f"{there} is there already") as caught:
        sink_at(gitlab).deliver(parcel(passphrase=True))
    refused(caught)
    assert gitlab.values() == {there: "an earlier one"}
    assert sink_at(gitlab).holds(parcel().name) is False


def test_one_that_somebody_makes_meanwhile_is_not_taken_away(gitlab: GitLab, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = gitlab.answer

    def interfering(request: Request) -> Answer:
        if request.method == "POST" and request.json()["key"] == SECRET:
            gitlab.variables[SECRET] = {"key": SECRET, "value": "somebody's", "hidden": False}
        return answer(request)

    monkeypatch.setattr(gitlab, "answer", interfering)
    with pytest.raises(SinkError, match="GitLab answers with 400") as caught:
        sink_at(gitlab).deliver(parcel())
    refused(caught)
    assert gitlab.values() == {SECRET: "somebody's"}


# what goes wrong on the way


@pytest.mark.parametrize("step", [0, 1, 2])
@pytest.mark.parametrize("kind", [400, 401, 403, 404, 429, 500, 502, "drop"])
def test_a_delivery_that_fails_leaves_nothing(
    gitlab: GitLab, step: int, kind: int | str, monkeypatch: pytest.MonkeyPatch
) -> None:
    take, writes = gitlab.take, []

    def failing(request: Request) -> Answer | None:
        if request.method == "POST":
            writes.append(request)
            if len(writes) == step + 1:
                gitlab.drop("POST") if kind == "drop" else gitlab.fail("POST", int(kind))
        return take(request)

    monkeypatch.setattr(gitlab, "take", failing)
    sent = parcel(passphrase=True)
    with pytest.raises(SinkError, match=f"gitlab:{PROJECT}: GitLab (answers|did not answer)") as caught:
        sink_at(gitlab).deliver(sent)
    assert "may be left" not in refused(caught)
    assert len(writes) == step + 1, "nothing is tried twice"
    assert gitlab.variables == {}
    assert sink_at(gitlab).holds(sent.name) is False


def test_what_can_t_be_taken_back_is_named_and_looks_half(gitlab: GitLab, monkeypatch: pytest.MonkeyPatch) -> None:
    take = gitlab.take

    def failing(request: Request) -> Answer | None:
        if request.method == "DELETE" or (request.method == "POST" and request.json()["key"] == SECRET):
            gitlab.asked.append(request)
            return Answer(403, {"message": "403 Forbidden"})
        return take(request)

    monkeypatch.setattr(gitlab, "take", failing)
    sent = parcel()
    with pytest.raises(SinkError, match=f"{KEY} may be left there: delete what is") as caught:
        sink_at(gitlab).deliver(sent)
    refused(caught)
    assert sink_at(gitlab).holds(sent.name) is False


def test_after_a_break_the_secret_is_the_first_to_go(gitlab: GitLab, monkeypatch: pytest.MonkeyPatch) -> None:
    posts, take = count(), gitlab.take

    def failing(request: Request) -> Answer | None:
        if request.method == "POST" and next(posts) == 2:
            gitlab.drop("POST")
        return take(request)

    monkeypatch.setattr(gitlab, "take", failing)
    with pytest.raises(SinkError, match="GitLab did not answer"):
        sink_at(gitlab).deliver(parcel(passphrase=True))
    assert [request.path.rpartition("/")[2] for request in gitlab.asked if request.method == "DELETE"] == [
        SECRET, PASSPHRASE, KEY,
    ]  # fmt: skip


def test_a_server_that_says_nothing_is_not_waited_for_for_ever(gitlab: GitLab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "TIMEOUT", SHORT)
    take, over = gitlab.take, threading.Event()

    def silent(request: Request) -> Answer | None:
        if request.method != "POST":
            return take(request)
        over.wait(10)
        return None

    monkeypatch.setattr(gitlab, "take", silent)
    try:
        with pytest.raises(SinkError, match="GitLab did not answer") as caught:
            sink_at(gitlab).deliver(parcel())
    finally:
        over.set()
    refused(caught)


@pytest.mark.parametrize("status", [301, 302, 400, 401, 403, 404, 429, 500, 503])
def test_nothing_but_gitlab_s_own_word_is_absence(gitlab: GitLab, status: int) -> None:
    for attempt in ("check", "holds", "deliver"):
        gitlab.fail("GET", status, Location="http://127.0.0.1:1/elsewhere")
        argument: object = {"check": (), "holds": parcel().name, "deliver": parcel()}[attempt]
        with pytest.raises(SinkError, match="GitLab") as caught:
            getattr(sink_at(gitlab), attempt)(argument)
        assert "as the test wants it" not in refused(caught)
    assert gitlab.variables == {}


@pytest.mark.parametrize("odd", ["text", {}, [], None, {"key": "ELSE"}])
def test_answers_of_another_form_are_errors(gitlab: GitLab, odd: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gitlab, "answer", lambda _request: Answer(200, odd))
    for attempt in ("check", "holds", "deliver"):
        if (attempt, odd) != ("check", []):
            argument: object = {"check": (), "holds": parcel().name, "deliver": parcel()}[attempt]
            with pytest.raises(SinkError) as caught:
                getattr(sink_at(gitlab), attempt)(argument)
            refused(caught)


def test_a_redirect_is_not_followed_with_the_token(gitlab: GitLab) -> None:
    other = GitLab()
    with serving(other):
        gitlab.fail("POST", 307, Location=f"{other.url}/api/v4/projects/1/variables")
        with pytest.raises(SinkError) as caught:
            sink_at(gitlab).deliver(parcel())
        refused(caught)
    assert other.asked == []


# who and where


def test_a_token_that_may_not_make_variables_is_found_before_a_key_is_made(gitlab: GitLab) -> None:
    gitlab.role = "developer"
    with pytest.raises(SinkError, match=r"answers with 403; .* role Maintainer") as caught:
        sink_at(gitlab).check(())
    refused(caught)
    with pytest.raises(SinkError, match="answers with 404") as caught:
        sink_at(gitlab, "gitlab:desk/else").check(())
    refused(caught)
    with pytest.raises(SinkError, match="answers with 401; renew the token") as caught:
        sink_at(gitlab, KEYCTL_SINK_GITLAB_TOKEN="another").check(())
    refused(caught)


@pytest.mark.parametrize("reference", ["gitlab:hedger", "gitlab:/desk/hedger"])
def test_a_reference_is_a_project_with_its_group(gitlab: GitLab, reference: str) -> None:
    with pytest.raises(SinkError, match="is no project in GitLab") as caught:
        sink_at(gitlab, reference)
    refused(caught)


def test_the_deployment_s_own_word_for_the_server_comes_first(gitlab: GitLab) -> None:
    sink_at(gitlab, CI_SERVER_URL="http://127.0.0.1:1", KEYCTL_GITLAB_URL=f"{gitlab.url}/api/v4/").check(())


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"CI_SERVER_URL": ""}, "CI_SERVER_URL is no https address"),
        ({"CI_SERVER_URL": "http://gitlab.example"}, "CI_SERVER_URL is no https address"),
        ({"KEYCTL_GITLAB_URL": "gitlab.example"}, "KEYCTL_GITLAB_URL is no https address"),
        ({"KEYCTL_SINK_GITLAB_TOKEN": ""}, "KEYCTL_SINK_GITLAB_TOKEN is not set"),
    ],
)
def test_too_little_or_odd_words_of_the_deployment_are_refused(
    gitlab: GitLab, changed: dict[str, str], words: str
) -> None:
    with pytest.raises(SinkError, match=words) as caught:
        sink_at(gitlab, **changed)
    refused(caught)


def test_no_text_for_people_has_the_token(gitlab: GitLab) -> None:
    given: Parcel = parcel()
    assert "canary-" not in f"{sink_at(gitlab)!r} {given!r}"
