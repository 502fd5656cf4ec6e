"""CI/CD variables of a project in GitLab: https://docs.gitlab.com/api/project_level_variables/."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from keyctl.secrets.failure import StoreError, Trouble
from keyctl.secrets.installed import installed
from keyctl.secrets.pinned import plain_address, session

TOKEN = "KEYCTL_SINK_GITLAB_TOKEN"  # noqa: S105 - the variable's name
URL, CI_URL = "KEYCTL_GITLAB_URL", "CI_SERVER_URL"
TIMEOUT = 15.0
"""Seconds to connect, and between two parts of an answer."""
LONGEST_NAME = 255
_API = "/api/v4"
_MASKABLE = re.compile(r"[!-~]{8,}")
_NOT_FOUND = "404 Variable Not Found"
_ONCE: Mapping[str, Any] = {"obey_rate_limit": False, "retry_transient_errors": False, "max_retries": 0}
_MEMBER = f"give the token in {TOKEN} the scope api and the role Maintainer in the project"
_DENIED = {
    401: f"renew the token in {TOKEN}; it needs the scope api",
    403: _MEMBER,
    404: f"see that the project is there, and {_MEMBER}",
}


def maskable(value: str) -> bool:
    """Whether GitLab can hide a value in job logs: one line of eight characters or more without spaces, where it is raw
    (not expanded): https://docs.gitlab.com/ci/variables/#mask-a-cicd-variable. Only ASCII here, since a runner masks
    bytes. That it must not be another variable's name as well can't be seen from outside, and no secret is."""
    return _MASKABLE.fullmatch(value) is not None


class Variables:
    """One project's. Nothing is tried twice, and nothing of GitLab's answers is kept."""

    def __init__(self, project: str, environ: Mapping[str, str]) -> None:
        """Raises StoreError where the environment says too little, or python-gitlab is not installed."""
        variable = URL if environ.get(URL) else CI_URL
        url = plain_address(environ.get(variable, ""))
        if url is None:
            raise StoreError(f"{variable} is no https address without user and query", f"set {URL} to GitLab's")
        if not environ.get(TOKEN):
            raise StoreError(f"{TOKEN} is not set", f"set it; {_MEMBER}")
        gitlab = installed("gitlab", "gitlab")
        self._error: Any = gitlab.exceptions.GitlabError
        url = url.removesuffix(_API)
        pinned = session(url + _API)
        self._gitlab: Any = gitlab.Gitlab(
            url, private_token=environ[TOKEN], timeout=TIMEOUT, keep_base_url=True, session=pinned
        )
        self._path = f"/projects/{quote(project, safe='')}/variables"

    def check(self) -> None:
        """That the token may see variables; who may see them may make them. Raises StoreError."""
        if not isinstance(self._asked(lambda: self._gitlab.http_get(self._path, {"per_page": 1}, **_ONCE)), list):
            raise StoreError("GitLab's answer is none of its API", f"see {URL}")

    def exists(self, name: str) -> bool:
        """Whether there is a variable of that name, for whatever environment. Raises StoreError for everything but
        GitLab's own word that there is none."""
        try:
            told = self._asked(lambda: self._gitlab.http_get(f"{self._path}/{name}", **_ONCE))
        except StoreError as error:
            if error.trouble is not Trouble.ABSENT:
                raise
            return False
        if not isinstance(told, dict) or told.get("key") != name:
            raise StoreError("GitLab's answer is none of its API", f"see {URL}")
        return True

    def create(self, name: str, value: str, *, masked: bool) -> None:
        """A new variable, for protected branches and tags only and never expanded; ``masked``: hidden in logs, and on
        GitLab's own pages too where the server can do that (from 17.4 on). Raises StoreError, with the trouble
        UNREACHABLE where it may have been made."""
        asked = {"key": name, "value": value, "protected": True, "raw": True, "masked": masked}
        hidden = {"masked_and_hidden": True} if masked else {}
        told = self._asked(lambda: self._gitlab.http_post(self._path, post_data={**asked, **hidden}, **_ONCE))
        wanted = {"key": name, "protected": True, "raw": True, "masked": masked}
        if not isinstance(told, dict) or any(told.get(one) != value for one, value in wanted.items()):
            raise StoreError(
                f"GitLab did not make {name} as asked: protected, raw{', masked' if masked else ''}",
                "see the server's version: raw variables came with GitLab 15.7",
                Trouble.UNREACHABLE,
            )

    def delete(self, name: str) -> None:
        """Takes a variable away; none is none. Raises StoreError."""
        try:
            self._asked(lambda: self._gitlab.http_delete(f"{self._path}/{name}", **_ONCE))
        except StoreError as error:
            if error.trouble is not Trouble.ABSENT:
                raise

    def _asked(self, ask: Callable[[], Any]) -> Any:
        """The answer. python-gitlab's errors carry the server's words, which are not repeated."""
        import requests

        failure: StoreError
        try:
            return ask()
        except self._error as error:
            failure = _refused(error.response_code, str(error.error_message))
        except (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError):
            failure = StoreError("GitLab did not answer", f"see {URL}, and run it again", Trouble.UNREACHABLE)
        except requests.RequestException:
            failure = StoreError("GitLab's answer leads to another server", f"see {URL}; nothing is sent elsewhere")
        except (AttributeError, LookupError, TypeError, ValueError):
            failure = StoreError("GitLab's answer is none of its API", f"see {URL}", Trouble.UNREACHABLE)
        raise failure


def _refused(status: int | None, words: str) -> StoreError:
    """What an answer other than 2xx means. 400 for a new variable says that it is not as GitLab wants it, or there."""
    if status is None or status >= 500:
        told = "none of its API" if status is None else str(status)
        return StoreError(f"GitLab answers with {told}", "run it again when GitLab is well", Trouble.UNREACHABLE)
    if status == 404 and words == _NOT_FOUND:
        return StoreError("there is no such variable in GitLab", "see its name", Trouble.ABSENT)
    if status in _DENIED:
        return StoreError(f"GitLab answers with {status}", _DENIED[status], Trouble.DENIED)
    return StoreError(f"GitLab answers with {status}", "see the project's variables, and the server's log")
