"""One note on the merge request, whatever happens: over HTTP, against doubles of both forges."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from keyctl.model.finding import Severity
from keyctl.model.rules import found
from keyctl.model.validation import Counts, Validation
from keyctl.notes import post as posting
from keyctl.notes.failure import NotTold
from keyctl.notes.sticky import Patience, marker
from tests.history.repository import OTHER_ID, REGISTRY_ID
from tests.notes.answering import Double, canary, serving
from tests.notes.conftest import Forge
from tests.notes.github_double import GitHub
from tests.notes.gitlab_double import GitLab
from tests.reports.results import large

CLEAN = Validation(Counts(3, 2, 1, 5, 0, 9), False, (), ())
WRONG = replace(CLEAN, findings=(found("drift", "a key may withdraw", "take the right away"),))
WRITES = {"POST", "PUT", "PATCH", "DELETE"}


class Waiting:
    """Waits that are noted and not waited."""

    def __init__(self, attempts: int = 3) -> None:
        self.pauses: list[float] = []
        self.patience = Patience(attempts=attempts, sleep=self.pauses.append)


def post(forge: Forge, result: Validation = CLEAN, registry: str = REGISTRY_ID, attempts: int = 3) -> str:
    return posting.post(forge.name, result, registry, forge.environ(), Waiting(attempts).patience)


def own(forge: Forge) -> list[str]:
    return [body for _, mine, body in forge.notes() if mine]


def changes(forge: Forge) -> list[str]:
    """What was asked for that changes something; GraphQL's question is a POST too."""
    return [one.method for one in forge.asked if one.method in WRITES and not one.path.endswith("/graphql")]


def test_the_first_run_creates_a_note_and_later_ones_keep_it(forge: Forge) -> None:
    assert post(forge) == "created"
    assert post(forge) == "unchanged"
    assert post(forge, WRONG) == "updated"
    (body,) = own(forge)
    assert body.startswith(marker("validate", REGISTRY_ID) + "\n\n## Validate")
    assert "a key may withdraw" in body


def test_a_note_is_found_on_any_page(forge: Forge) -> None:
    forge.add(marker("validate", REGISTRY_ID) + "\n\nold", mine=True)
    for n in range(250):
        forge.add(f"comment {n}", mine=bool(n % 2))
    forge.add("closed", mine=True, system=True)
    assert post(forge) == "updated"
    assert len(forge.notes()) == 252
    for n in range(3):
        forge.add(f"comment {n}", mine=False)
    assert post(forge) == "unchanged"


def test_commands_and_registries_have_notes_of_their_own(forge: Forge) -> None:
    post(forge)
    post(forge, registry=OTHER_ID)
    posting.post(forge.name, large(1, 1), REGISTRY_ID, forge.environ(), Patience())
    assert len({body.split("\n")[0] for body in own(forge)}) == 3
    assert post(forge) == post(forge, registry=OTHER_ID) == "unchanged"


def test_the_oldest_of_several_stays_and_the_others_go(forge: Forge) -> None:
    mark = marker("validate", REGISTRY_ID)
    oldest = forge.add(f"{mark}\n\nfirst", mine=True)
    forge.add("in between", mine=True)
    forge.add(f"{mark}\r\n\r\nsecond", mine=True)
    forge.add(f"{mark}\n\nthird", mine=True)
    assert post(forge) == "updated"
    assert [(id, body.startswith(mark)) for id, _, body in forge.notes()] == [(oldest, True), (oldest + 1, False)]


def test_a_forged_marker_changes_nothing(forge: Forge) -> None:
    mark = marker("validate", REGISTRY_ID)
    forged = forge.add(f"{mark}\n\n## Validate: clean", mine=False)
    quoted = forge.add(f"somebody wrote\n{mark}", mine=True)
    before = forge.notes()
    assert post(forge, WRONG) == "created"
    assert forge.notes()[:2] == before
    assert post(forge) == "updated"
    assert forge.notes()[:2] == before and len(forge.notes()) == 3
    assert forged != quoted


def test_a_creation_without_an_answer_is_found_by_the_same_run(forge: Forge) -> None:
    forge.drop("POST", end=forge.listing)
    assert post(forge) == "unchanged"
    assert len(own(forge)) == 1


def test_a_creation_without_an_answer_is_found_by_the_next_run(forge: Forge) -> None:
    forge.drop("POST", end=forge.listing)
    with pytest.raises(NotTold):
        post(forge, attempts=1)
    assert post(forge, WRONG) == "updated"
    assert len(own(forge)) == 1


@pytest.mark.parametrize("method", ["GET", "update", "DELETE"])
def test_a_crash_anywhere_leaves_one_note_after_the_next_run(method: str, forge: Forge) -> None:
    mark = marker("validate", REGISTRY_ID)
    for text in ("first", "second"):
        forge.add(f"{mark}\n\n{text}", mine=True)
    forge.drop(forge.update if method == "update" else method)
    with pytest.raises(NotTold, match="did not answer"):
        post(forge, attempts=1)
    assert post(forge) in ("updated", "unchanged")
    assert len(own(forge)) == 1 and "first" not in own(forge)[0]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
def test_a_refusal_is_said_with_its_remedy_and_not_repeated(status: int, forge: Forge) -> None:
    forge.fail("POST", status, times=9, end=forge.listing)
    waiting = Waiting()
    with pytest.raises(NotTold) as refusal:
        posting.post(forge.name, CLEAN, REGISTRY_ID, forge.environ(), waiting.patience)
    assert str(status) in refusal.value.message and refusal.value.remedy
    assert waiting.pauses == [] and changes(forge) == ["POST"] and own(forge) == []


def test_a_wrong_token_changes_nothing(forge: Forge) -> None:
    environ = {name: canary("wrong") if "TOKEN" in name else value for name, value in forge.environ().items()}
    with pytest.raises(NotTold, match="401") as refusal:
        posting.post(forge.name, CLEAN, REGISTRY_ID, environ, Patience())
    assert "TOKEN" in refusal.value.remedy and changes(forge) == []


def test_too_often_waits_as_long_as_it_is_told_to(forge: Forge) -> None:
    forge.fail("POST", 429, end=forge.listing, Retry_After="7")
    waiting = Waiting()
    assert posting.post(forge.name, CLEAN, REGISTRY_ID, forge.environ(), waiting.patience) == "created"
    assert waiting.pauses == [7.0]


def test_nobody_waits_for_an_hour(forge: Forge) -> None:
    forge.fail("GET", 429, Retry_After="3600")
    waiting = Waiting()
    with pytest.raises(NotTold, match="429"):
        posting.post(forge.name, CLEAN, REGISTRY_ID, forge.environ(), waiting.patience)
    assert waiting.pauses == []


@pytest.mark.parametrize("status", [500, 502, 503])
def test_what_fails_in_passing_is_tried_a_bounded_number_of_times(status: int, forge: Forge) -> None:
    forge.fail("POST", status, times=99, end=forge.listing)
    waiting = Waiting()
    with pytest.raises(NotTold, match=str(status)):
        posting.post(forge.name, CLEAN, REGISTRY_ID, forge.environ(), waiting.patience)
    assert waiting.pauses == [1.0, 2.0] and changes(forge) == ["POST"] * 3


@pytest.mark.parametrize(("header", "value"), [("Retry_After", "1"), ("X_RateLimit_Remaining", "0")])
def test_github_says_too_often_by_403_as_well(header: str, value: str, github: GitHub) -> None:
    github.fail("POST", 403, 1, "/comments", **{header: value})
    assert post(github) == "created"


def test_no_redirect_is_followed_with_the_token(forge: Forge) -> None:
    elsewhere = Double()
    with serving(elsewhere):
        for method in ("GET", "POST"):
            forge.fail(method, 307, end=forge.listing, Location=f"{elsewhere.url}/api/v4/user")
            with pytest.raises(NotTold):
                post(forge)
    assert elsewhere.asked == [] and own(forge) == []


def test_not_even_a_redirect_on_the_same_server_is_followed(forge: Forge) -> None:
    api = {name: url for name, url in forge.environ().items() if name in ("CI_API_V4_URL", "GITHUB_API_URL")}
    forge.fail("GET", 302, times=1, end=forge.listing, Location=f"{next(iter(api.values()))}/elsewhere")
    with pytest.raises(NotTold):
        post(forge)
    assert not [one for one in forge.asked if one.path.endswith("elsewhere")]


def test_no_link_to_another_server_is_followed_with_the_token(forge: Forge) -> None:
    for n in range(150):
        forge.add(f"comment {n}", mine=False)
    elsewhere = Double()
    with serving(elsewhere):
        forge.next_url = f"{elsewhere.url}/api/v4/projects/42/merge_requests/7/notes?page=2&per_page=100"
        assert post(forge) == "created"
    assert elsewhere.asked == []


@pytest.mark.parametrize(
    "address", ["http://gitlab.example", "https://user:pass@gitlab.example", "ftp://127.0.0.1", "https://", "nonsense"]
)
def test_nothing_is_sent_without_tls_or_to_an_odd_address(address: str, forge: Forge) -> None:
    named = {"gitlab": "CI_API_V4_URL", "github": "GITHUB_API_URL"}[forge.name]
    with pytest.raises(NotTold, match=named):
        posting.post(forge.name, CLEAN, REGISTRY_ID, {**forge.environ(), named: address}, Patience())
    assert forge.asked == []


def test_where_to_post_and_the_token_must_be_told(forge: Forge) -> None:
    for name in set(forge.environ()) - {"CI_SERVER_URL", "CI_API_V4_URL", "GITHUB_GRAPHQL_URL"}:
        environ = {key: value for key, value in forge.environ().items() if key != name}
        with pytest.raises(NotTold) as refusal:
            posting.post(forge.name, CLEAN, REGISTRY_ID, environ, Patience())
        assert name in refusal.value.message and refusal.value.remedy
    assert forge.asked == []


def test_gitlab_s_server_will_do_where_its_api_is_not_named(gitlab: GitLab) -> None:
    environ = {name: value for name, value in gitlab.environ().items() if name != "CI_API_V4_URL"}
    assert posting.post("gitlab", CLEAN, REGISTRY_ID, environ, Patience()) == "created"


def test_the_event_names_the_pull_request_before_the_ref(github: GitHub, tmp_path: Path) -> None:
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"pull_request": {"number": 7}}), "utf-8")
    environ = {**github.environ(), "GITHUB_EVENT_PATH": str(event), "GITHUB_REF": "refs/heads/main"}
    assert posting.post("github", CLEAN, REGISTRY_ID, environ, Patience()) == "created"


def test_nobody_there_is_said(forge: Forge) -> None:
    double = type(forge)()
    with serving(double):
        pass
    with pytest.raises(NotTold, match="did not answer"):
        posting.post(double.name, CLEAN, REGISTRY_ID, double.environ(), Waiting().patience)


def test_an_answer_that_is_no_forge_s_is_said(forge: Forge) -> None:
    forge.fail("GET", 200, times=9)
    with pytest.raises(NotTold):
        post(forge)
    assert own(forge) == []


def test_without_python_gitlab_the_remedy_says_how_to_get_it(gitlab: GitLab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gitlab", None)
    with pytest.raises(NotTold, match="not installed") as refusal:
        post(gitlab)
    assert "exchange-keyctl[gitlab]" in refusal.value.remedy


def test_no_line_of_a_note_is_a_quick_action(gitlab: GitLab) -> None:
    hostile = found("drift", "/merge", "/close", severity=Severity.ERROR)
    post(gitlab, replace(CLEAN, findings=(hostile,)))
    (body,) = own(gitlab)
    assert "merge" in body and not [line for line in body.splitlines() if line.lstrip().startswith("/")]


def test_a_large_result_fits_into_a_note(forge: Forge) -> None:
    assert posting.post(forge.name, large(2000, 4000), REGISTRY_ID, forge.environ(), Patience()) == "created"
    (body,) = own(forge)
    assert "Left out here" in body and len(body) < 65_536


@pytest.mark.parametrize("registry", ["-->", "<b>", None])
def test_a_marker_holds_no_text_of_a_registry(registry: str | None) -> None:
    mark = marker("review", registry)
    assert mark.count("-->") == 1 and mark.endswith("-->") and "<b>" not in mark and "\n" not in mark
