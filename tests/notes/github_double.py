"""A double of GitHub's comments on pull requests, as strict as the documentation.

Built from https://docs.github.com/rest/issues/comments (methods, paths, statuses, ascending order, the fields),
https://docs.github.com/rest/using-the-rest-api/using-pagination-in-the-rest-api (Link, per_page up to 100),
https://docs.github.com/rest/using-the-rest-api/getting-started-with-the-rest-api (User-Agent, version and media type),
https://docs.github.com/rest/authentication/authenticating-to-the-rest-api (Bearer, 401) and
https://docs.github.com/graphql/reference/queries#viewer (who a workflow's token is; REST's /user refuses such a token).
It is no GitHub: what it does not know, it refuses.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tests.notes.answering import Answer, Double, Request, canary

REPOSITORY, NUMBER = "desk/keys", 7
BOT, AUTHOR = "github-actions[bot]", "mallory"
LONGEST = 65_536


@dataclass(slots=True)
class Row:
    id: int
    author: str
    body: str


class GitHub(Double):
    name = "github"
    listing = "/comments"
    update = "PATCH"

    def __init__(self) -> None:
        super().__init__()
        self.token = canary("github token")
        self.rows: list[Row] = []
        self.strange: list[str] = []
        self.next_url: str | None = None

    def environ(self) -> dict[str, str]:
        return {
            "GITHUB_API_URL": f"{self.url}/api/v3",
            "GITHUB_GRAPHQL_URL": f"{self.url}/api/graphql",
            "GITHUB_REPOSITORY": REPOSITORY,
            "GITHUB_REF": f"refs/pull/{NUMBER}/merge",
            "GITHUB_TOKEN": self.token,
        }

    def add(self, body: str, *, mine: bool, system: bool = False) -> int:
        row = Row(len(self.rows) + 9000, BOT if mine else AUTHOR, body)
        self.rows.append(row)
        return row.id

    def notes(self) -> list[tuple[int, bool, str]]:
        return [(row.id, row.author == BOT, row.body) for row in self.rows]

    def answer(self, request: Request) -> Answer:
        if not request.headers.get("user-agent"):
            return self._refused(request, 403, "Request forbidden by administrative rules")
        if request.headers.get("authorization") != f"Bearer {self.token}":
            return Answer(401, {"message": "Bad credentials", "status": "401"})
        if (request.method, request.path) == ("POST", "/api/graphql"):
            if request.json() != {"query": "query { viewer { login } }"}:
                return self._refused(request, 400, "this double knows one question")
            return Answer(200, {"data": {"viewer": {"login": BOT}}})
        wanted = ("application/vnd.github+json", "2022-11-28")
        if (request.headers.get("accept"), request.headers.get("x-github-api-version")) != wanted:
            return self._refused(request, 400, "media type or version")
        if request.path == f"/api/v3/repos/{REPOSITORY}/issues/{NUMBER}/comments":
            if request.method == "GET":
                return self._page(request)
            if request.method == "POST":
                return self._write(request, None)
        where = re.fullmatch(rf"/api/v3/repos/{REPOSITORY}/issues/comments/(\d+)", request.path)
        if where is None or request.method not in ("PATCH", "DELETE"):
            return self._refused(request, 404, "Not Found")
        row = next((row for row in self.rows if row.id == int(where[1])), None)
        if row is None:
            return Answer(404, {"message": "Not Found", "status": "404"})
        if row.author != BOT:
            return Answer(403, {"message": "Resource not accessible by integration", "status": "403"})
        if request.method == "PATCH":
            return self._write(request, row)
        self.rows.remove(row)
        return Answer(204)

    def _page(self, request: Request) -> Answer:
        query = dict(request.query)
        page, size = int(query.pop("page", "1")), min(int(query.pop("per_page", "30")), 100)
        if query or request.body:
            return self._refused(request, 422, "Validation Failed")
        more = page * size < len(self.rows)
        link = self.next_url or f"{self.url}{request.path}?per_page={size}&page={page + 1}"
        shown = self.rows[(page - 1) * size : page * size]
        return Answer(200, [self._shown(row) for row in shown], {"Link": f'<{link}>; rel="next"'} if more else {})

    def _write(self, request: Request, row: Row | None) -> Answer:
        document = request.json()
        if set(document) != {"body"} or not isinstance(document["body"], str) or not document["body"].strip():
            return self._refused(request, 422, "Validation Failed")
        if len(document["body"]) > LONGEST:
            return Answer(422, {"message": "Body is too long (maximum is 65536 characters)"})
        if row is not None:
            row.body = document["body"]
            return Answer(200, self._shown(row))
        made = self.add(document["body"], mine=True)
        return Answer(201, self._shown(next(row for row in self.rows if row.id == made)))

    def _refused(self, request: Request, status: int, message: str) -> Answer:
        self.strange.append(f"{request.method} {request.path} {dict(request.query)}: {message}")
        return Answer(status, {"message": message, "status": str(status)})

    def _shown(self, row: Row) -> dict[str, object]:
        # a comment whose author's account is gone has none
        user = {"login": row.author, "id": 1, "type": "Bot" if row.author == BOT else "User"} if row.author else None
        return {
            "id": row.id,
            "url": f"{self.url}/api/v3/repos/{REPOSITORY}/issues/comments/{row.id}",
            "body": row.body,
            "user": user,
            "created_at": "2026-11-25T12:00:00Z",
            "updated_at": "2026-11-25T12:00:00Z",
            "issue_url": f"{self.url}/api/v3/repos/{REPOSITORY}/issues/{NUMBER}",
            "author_association": "NONE",
        }
