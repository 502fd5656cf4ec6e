"""Comments on a pull request in GitHub, whose conversation is an issue's. https://docs.github.com/rest/issues/comments"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from keyctl.notes.failure import NotTold, waiting
from keyctl.notes.session import PAGES, PER_PAGE, TIMEOUT, server, session
from keyctl.notes.sticky import Note
from keyctl.secrets.sources import Secret

if TYPE_CHECKING:
    import requests

TOKEN = "GITHUB_TOKEN"  # noqa: S105 - the variable's name
_REPOSITORY = re.compile(r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+")
_PULL = re.compile(r"refs/pull/([0-9]+)/(?:merge|head)")
_GRANT = "the job needs permissions: pull-requests: write, which a fork's pull request never has (docs/notes.md)"
_REMEDIES = {401: f"see that {TOKEN} is the job's token: env: GITHUB_TOKEN: ${{{{ github.token }}}}", 403: _GRANT}
_LATER = "run it again; the comment is found and brought up to date"
_LARGEST_EVENT = 30_000_000


class PullRequest:
    """The pull request that the workflow's environment names; nothing in the registry and no argument has a say."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        """Raises NotTold when a variable is missing or odd."""
        repository, number = environ.get("GITHUB_REPOSITORY", ""), _number(environ)
        if not environ.get("GITHUB_API_URL") or not _REPOSITORY.fullmatch(repository) or number is None:
            raise NotTold(
                "this is no pull request's workflow in GitHub: GITHUB_API_URL, GITHUB_REPOSITORY and GITHUB_EVENT_PATH "
                "or GITHUB_REF say where a note goes",
                "run it in a workflow on: pull_request or pull_request_target",
            )
        self._token = Secret(environ.get(TOKEN, ""))
        if not self._token.reveal():
            raise NotTold(f"{TOKEN} is not set", "env: GITHUB_TOKEN: ${{ github.token }} gives it to the step")
        api = server(environ["GITHUB_API_URL"], "GITHUB_API_URL")
        self._graphql = server(environ.get("GITHUB_GRAPHQL_URL") or _beside(api), "GITHUB_GRAPHQL_URL")
        self._comments = f"{api}/repos/{repository}/issues/{number}/comments"
        self._comment = f"{api}/repos/{repository}/issues/comments"
        self._rest, self._query = session(api), session(self._graphql.rpartition("/")[0])

    def author(self) -> str:
        """Asked of GraphQL, since the REST API does not tell a workflow's token who it is.

        https://docs.github.com/graphql/reference/queries#viewer
        """
        body = {"query": "query { viewer { login } }"}
        answer = self._json(self._ask(self._query, "POST", self._graphql, 200, body))
        return str(_of(_of(_of(answer, "data"), "viewer"), "login"))

    def notes(self) -> Iterator[Note]:
        for page in range(1, PAGES + 1):
            answer = self._ask(self._rest, "GET", f"{self._comments}?per_page={PER_PAGE}&page={page}", 200)
            rows = self._json(answer)
            if not isinstance(rows, list):
                raise _odd()
            for row in rows:
                # the author of a comment whose account was deleted is null
                login = _of(row, "user") and _of(_of(row, "user"), "login")
                yield Note(int(_of(row, "id")), str(login), str(_of(row, "body") or ""))
            if "next" not in answer.links:
                return
        raise NotTold("the pull request has too many comments to search", "post to another pull request")

    def create(self, body: str) -> None:
        self._ask(self._rest, "POST", self._comments, 201, {"body": body})

    def update(self, note: int, body: str) -> None:
        self._ask(self._rest, "PATCH", f"{self._comment}/{note}", 200, {"body": body})

    def delete(self, note: int) -> None:
        self._ask(self._rest, "DELETE", f"{self._comment}/{note}", 204)

    def _ask(
        self, client: requests.Session, method: str, url: str, wanted: int, body: Mapping[str, str] | None = None
    ) -> requests.Response:
        import requests

        failure: NotTold
        headers = {
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {self._token.reveal()}",
            "User-Agent": "exchange-keyctl",
            "X-GitHub-Api-Version": "2022-11-28",
        }
        try:
            answer = client.request(
                method, url, json=body, headers=headers, auth=_as_it_is, timeout=TIMEOUT, allow_redirects=False
            )
            if answer.status_code == wanted:
                return answer
            failure = refused(answer.status_code, answer.headers)
        except (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError):
            failure = NotTold("GitHub did not answer", _LATER, passing=True)
        except requests.RequestException:
            failure = NotTold("GitHub can't be asked at the address that it has here", "see GITHUB_API_URL")
        raise failure

    @staticmethod
    def _json(answer: requests.Response) -> Any:
        try:
            return answer.json()
        except ValueError:
            raise _odd() from None


def refused(status: int, headers: Mapping[str, str]) -> NotTold:
    """What an answer other than the documented one means. GitHub says "too often" by 429, and also by 403.

    https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit
    """
    limited = status == 429 or (
        status == 403 and ("retry-after" in headers or headers.get("x-ratelimit-remaining") == "0")
    )
    if limited or status >= 500:
        return NotTold(f"GitHub answers with {status}", _LATER, passing=True, wait=waiting(headers.get("retry-after")))
    if 300 <= status < 400:
        return NotTold(f"GitHub answers with {status}: it wants to be asked elsewhere", "see GITHUB_REPOSITORY")
    remedy = _REMEDIES.get(status, f"see that the pull request is there; {_GRANT}")
    return NotTold(f"GitHub answers with {status}", remedy)


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Keeps a .netrc file from putting another credential in the token's place."""
    return request


def _number(environ: Mapping[str, str]) -> int | None:
    """The pull request's number: of the event, which tells it for pull_request_target too, else of the ref."""
    path = environ.get("GITHUB_EVENT_PATH")
    if path:
        try:
            with Path(path).open("rb") as file:
                event = json.loads(file.read(_LARGEST_EVENT))
            number = event["pull_request"]["number"]
            if isinstance(number, int) and number > 0:
                return number
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            pass
    named = _PULL.fullmatch(environ.get("GITHUB_REF", ""))
    return int(named[1]) if named else None


def _beside(api: str) -> str:
    """Where GraphQL is when the runner does not say: ``/api/graphql`` on a server of one's own."""
    return api.removesuffix("/v3") + "/graphql"


def _of(value: Any, member: str) -> Any:
    if not isinstance(value, dict) or member not in value:
        raise _odd()
    return value[member]


def _odd() -> NotTold:
    return NotTold("GitHub's answer is none of its API", "see GITHUB_API_URL")
