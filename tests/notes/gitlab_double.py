"""A double of GitLab's notes on merge requests, as strict as the documentation.

Built from https://docs.gitlab.com/api/notes/#merge-requests (methods, paths, attributes, the fields of a note),
https://docs.gitlab.com/api/rest/#offset-based-pagination (page, per_page, Link and X- headers; no totals are promised),
https://docs.gitlab.com/api/rest/authentication/ (PRIVATE-TOKEN, 401), https://docs.gitlab.com/api/users/ (GET /user)
and https://docs.gitlab.com/api/rest/troubleshooting/ (statuses and their messages). It is no GitLab: what it does not
know, it refuses.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tests.notes.answering import Answer, Double, Request, canary

PROJECT, NUMBER = 42, 7
BOT, AUTHOR = 501, 77
"""Users: whose the token is, and who wrote the merge request."""
LONGEST = 1_000_000


@dataclass(slots=True)
class Row:
    id: int
    author: int
    body: str
    system: bool = False


class GitLab(Double):
    name = "gitlab"
    listing = "/notes"
    update = "PUT"

    def __init__(self) -> None:
        super().__init__()
        self.token = canary("gitlab token")
        self.rows: list[Row] = []
        self.strange: list[str] = []
        self.next_url: str | None = None

    def environ(self) -> dict[str, str]:
        return {
            "CI_API_V4_URL": f"{self.url}/api/v4",
            "CI_SERVER_URL": self.url,
            "CI_PROJECT_ID": str(PROJECT),
            "CI_MERGE_REQUEST_IID": str(NUMBER),
            "KEYCTL_GITLAB_TOKEN": self.token,
        }

    def add(self, body: str, *, mine: bool, system: bool = False) -> int:
        row = Row(len(self.rows) + 300, BOT if mine else AUTHOR, body, system)
        self.rows.append(row)
        return row.id

    def notes(self) -> list[tuple[int, bool, str]]:
        return [(row.id, row.author == BOT, row.body) for row in self.rows]

    def answer(self, request: Request) -> Answer:
        if request.headers.get("private-token") != self.token or "authorization" in request.headers:
            return Answer(401, {"message": "401 Unauthorized"})
        if (request.method, request.path) == ("GET", "/api/v4/user"):
            return Answer(200, {"id": BOT, "username": "project_42_bot", "name": "keyctl", "state": "active"})
        where = re.fullmatch(r"/api/v4/projects/(\d+)/merge_requests/(\d+)/notes(?:/(\d+))?", request.path)
        if where is None:
            return self._refused(request, 404, "404 Not Found")
        if int(where[1]) != PROJECT:
            return Answer(404, {"message": "404 Project Not Found"})
        if int(where[2]) != NUMBER:
            return Answer(404, {"message": "404 Merge Request Not Found"})
        match request.method, where[3]:
            case "GET", None:
                return self._page(request)
            case "POST", None:
                return self._write(request, None)
            case "PUT" | "DELETE", str(number):
                row = next((row for row in self.rows if row.id == int(number)), None)
                if row is None:
                    return Answer(404, {"message": "404 Note Not Found"})
                if row.author != BOT:
                    return Answer(403, {"message": "403 Forbidden"})
                if request.method == "PUT":
                    return self._write(request, row)
                self.rows.remove(row)
                return Answer(204)
        return self._refused(request, 405, "405 Not Allowed")

    def _page(self, request: Request) -> Answer:
        query = dict(request.query)
        page, size = int(query.pop("page", "1")), min(int(query.pop("per_page", "20")), 100)
        order, sort = query.pop("order_by", "created_at"), query.pop("sort", "desc")
        if query or order != "created_at" or sort not in ("asc", "desc") or request.body:
            return self._refused(request, 400, "400 Bad request")
        rows = sorted(self.rows, key=lambda row: row.id, reverse=sort == "desc")
        shown = rows[(page - 1) * size : page * size]
        more = page * size < len(rows)
        link = self.next_url or f"{self.url}{request.path}?page={page + 1}&per_page={size}"
        headers = {
            "X-Page": str(page),
            "X-Per-Page": str(size),
            "X-Next-Page": str(page + 1) if more else "",
            "X-Prev-Page": str(page - 1) if page > 1 else "",
            **({"Link": f'<{link}>; rel="next"'} if more else {}),
        }
        return Answer(200, [self._shown(row) for row in shown], headers)

    def _write(self, request: Request, row: Row | None) -> Answer:
        body = request.json().get("body") if request.headers.get("content-type") == "application/json" else None
        if not isinstance(body, str) or not body.strip() or set(request.json()) != {"body"} or request.query:
            return self._refused(request, 400, "body is missing")
        if len(body) > LONGEST:
            return Answer(400, {"message": {"note": ["is too long"]}})
        if row is not None:
            row.body = body
            return Answer(200, self._shown(row))
        made = self.add(body, mine=True)
        return Answer(201, self._shown(next(row for row in self.rows if row.id == made)))

    def _refused(self, request: Request, status: int, message: str) -> Answer:
        self.strange.append(f"{request.method} {request.path} {dict(request.query)}: {message}")
        return Answer(status, {"error": message})

    @staticmethod
    def _shown(row: Row) -> dict[str, object]:
        return {
            "id": row.id,
            "type": None,
            "body": row.body,
            "author": {"id": row.author, "username": f"user{row.author}", "name": "Somebody", "state": "active"},
            "created_at": "2026-11-25T12:00:00Z",
            "updated_at": "2026-11-25T12:00:00Z",
            "system": row.system,
            "noteable_id": 9007,
            "noteable_type": "MergeRequest",
            "project_id": PROJECT,
            "noteable_iid": NUMBER,
            "resolvable": False,
            "confidential": False,
            "internal": False,
        }
