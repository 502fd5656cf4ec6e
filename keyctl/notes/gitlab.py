"""Notes on a merge request in GitLab. https://docs.gitlab.com/api/notes/#merge-requests"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from keyctl.notes.failure import NotTold, waiting
from keyctl.notes.session import PAGES, PER_PAGE, TIMEOUT, server, session
from keyctl.notes.sticky import Note
from keyctl.secrets.sources import Secret

if TYPE_CHECKING:
    import requests
    from gitlab import Gitlab

TOKEN = "KEYCTL_GITLAB_TOKEN"  # noqa: S105 - the variable's name
_API = "/api/v4"
_REMEDIES = {
    401: f"renew the token in {TOKEN}; it needs the scope api",
    403: f"give the token in {TOKEN} the scope api and at least the role Reporter",
    404: f"see that the merge request is there and that the owner of {TOKEN} is a member of the project",
}
_LATER = "run it again; the note is found and brought up to date"


class MergeRequest:
    """The merge request that the CI's environment names; nothing in the registry and no argument has a say."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        """Raises NotTold when a variable is missing or odd, or python-gitlab is not installed."""
        url = environ.get("CI_API_V4_URL", "")
        url, variable = (url, "CI_API_V4_URL") if url else (environ.get("CI_SERVER_URL", ""), "CI_SERVER_URL")
        project, number = environ.get("CI_PROJECT_ID", ""), environ.get("CI_MERGE_REQUEST_IID", "")
        if not url or not project.isdecimal() or not number.isdecimal():
            raise NotTold(
                "this is no merge request's pipeline in GitLab: CI_API_V4_URL, CI_PROJECT_ID and CI_MERGE_REQUEST_IID "
                "say where a note goes",
                "run it in a job with rules: if: $CI_PIPELINE_SOURCE == 'merge_request_event'",
            )
        token = Secret(environ.get(TOKEN, ""))
        if not token.reveal():
            raise NotTold(f"{TOKEN} is not set", "docs/notes.md says how to give it to a job that authors can't change")
        self._project, self._number = int(project), int(number)
        self._retry_after: str | None = None
        self._gitlab = _gitlab(server(url, variable).removesuffix(_API), token, self._seen)

    def author(self) -> str:
        with self._told():
            user: Any = self._gitlab.http_get("/user", **_ONCE)
            return str(user["id"])

    def notes(self) -> Iterator[Note]:
        with self._told():
            for seen, row in enumerate(self._gitlab.http_list(self._path(), iterator=True, per_page=PER_PAGE, **_ONCE)):
                if seen >= PAGES * PER_PAGE:
                    raise NotTold("the merge request has too many notes to search", "post to another merge request")
                if not row.get("system"):
                    yield Note(int(row["id"]), str(row["author"]["id"]), str(row["body"]))

    def create(self, body: str) -> None:
        with self._told():
            self._gitlab.http_post(self._path(), post_data={"body": body}, **_ONCE)

    def update(self, note: int, body: str) -> None:
        with self._told():
            self._gitlab.http_put(f"{self._path()}/{note}", post_data={"body": body}, **_ONCE)

    def delete(self, note: int) -> None:
        with self._told():
            self._gitlab.http_delete(f"{self._path()}/{note}", **_ONCE)

    def _path(self) -> str:
        return f"/projects/{self._project}/merge_requests/{self._number}/notes"

    def _seen(self, response: requests.Response, **_settings: object) -> None:
        # python-gitlab's errors do not carry it
        self._retry_after = response.headers.get("Retry-After")

    @contextmanager
    def _told(self) -> Iterator[None]:
        """python-gitlab's errors as NotTold: they carry the server's words, which are not repeated."""
        import requests
        from gitlab.exceptions import GitlabError

        failure: NotTold
        try:
            yield
            return
        except GitlabError as error:
            failure = refused(error.response_code, self._retry_after)
        except (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError):
            failure = NotTold("GitLab did not answer", _LATER, passing=True)
        except requests.RequestException:
            failure = NotTold("GitLab's answer leads to another server", "see CI_API_V4_URL; nothing is sent elsewhere")
        except (KeyError, TypeError, ValueError):
            failure = NotTold("GitLab's answer is none of its API", "see CI_API_V4_URL")
        raise failure from None


_ONCE: Mapping[str, Any] = {"obey_rate_limit": False, "retry_transient_errors": False, "max_retries": 0}
"""python-gitlab would wait as long as it is told to; here the whole is tried again, a bounded number of times."""


def refused(status: int | None, retry_after: str | None = None) -> NotTold:
    """What an answer other than 2xx means."""
    if status == 429 or (status is not None and status >= 500):
        return NotTold(f"GitLab answers with {status}", _LATER, passing=True, wait=waiting(retry_after))
    if status is None:
        return NotTold("GitLab's answer is none of its API", "see CI_API_V4_URL")
    remedy = _REMEDIES.get(status, "see the server's log, and https://docs.gitlab.com/api/notes/")
    return NotTold(f"GitLab answers with {status}", remedy)


def _gitlab(url: str, token: Secret, seen: Callable[..., None]) -> Gitlab:
    try:
        import gitlab
    except ImportError:
        raise NotTold("python-gitlab is not installed", "pip install 'exchange-keyctl[gitlab]'") from None
    client = session(url + _API)
    client.hooks["response"].append(seen)
    return gitlab.Gitlab(url, private_token=token.reveal(), timeout=TIMEOUT, keep_base_url=True, session=client)
