"""A double of GitLab's variables of a project, as strict as the documentation.

Built from https://docs.gitlab.com/api/project_level_variables/ (methods, paths, attributes, the fields of a variable),
https://docs.gitlab.com/ci/variables/#mask-a-cicd-variable (what can be masked) and #hide-a-cicd-variable (a hidden
value is not shown again), https://docs.gitlab.com/api/rest/authentication/ (PRIVATE-TOKEN, 401) and
https://docs.gitlab.com/api/rest/troubleshooting/ (statuses and their messages). It is no GitLab: what it does not know,
it refuses.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote

from tests.notes.answering import Answer, Double, Request, canary

PROJECT = "desk/trading/hedger"
_KNOWN = {"key": str, "value": str, "masked": bool, "masked_and_hidden": bool, "protected": bool, "raw": bool}


class GitLab(Double):
    """``hides``: whether it is new enough to hide variables. ``role`` is the token's."""

    def __init__(self) -> None:
        super().__init__()
        self.token = canary("gitlab sink token")
        self.role = "maintainer"
        self.hides = True
        self.ignores: set[str] = set()
        self.variables: dict[str, dict[str, Any]] = {}
        self.strange: list[str] = []

    def environ(self, **more: str) -> dict[str, str]:
        return {"CI_SERVER_URL": self.url, "KEYCTL_SINK_GITLAB_TOKEN": self.token, **more}

    def values(self) -> dict[str, str]:
        return {name: row["value"] for name, row in self.variables.items()}

    def answer(self, request: Request) -> Answer:
        if request.headers.get("private-token") != self.token or "authorization" in request.headers:
            return Answer(401, {"message": "401 Unauthorized"})
        where = re.fullmatch(r"/api/v4/projects/([^/]+)/variables(?:/([^/]+))?", request.path)
        if where is None:
            return self._refused(request, 404, "404 Not Found")
        if unquote(where[1]) != PROJECT:
            return Answer(404, {"message": "404 Project Not Found"})
        if self.role != "maintainer":
            return Answer(403, {"message": "403 Forbidden"})
        name = where[2]
        if request.method == "POST" and name is None:
            return self._create(request)
        if request.method == "GET" and name is None:
            size = int(request.query.get("per_page", "20"))
            return Answer(200, [shown(row) for row in self.variables.values()][:size])
        if name is None or request.method not in ("GET", "DELETE") or request.body:
            return self._refused(request, 405, "405 Not Allowed")
        if name not in self.variables:
            return Answer(404, {"message": "404 Variable Not Found"})
        if request.method == "GET":
            return Answer(200, shown(self.variables[name]))
        del self.variables[name]
        return Answer(204)

    def _create(self, request: Request) -> Answer:
        given = request.json()
        if any(not isinstance(value, _KNOWN.get(name, ())) for name, value in given.items()):
            return self._refused(request, 400, "unknown attributes")
        if not {"key", "value"} <= given.keys():
            return self._refused(request, 400, "key, value are missing")
        given = {name: value for name, value in given.items() if name not in self.ignores}
        hidden = bool(given.pop("masked_and_hidden", False)) and self.hides
        row = {"masked": False, "protected": False, "raw": False, **given, "hidden": hidden}
        row["masked"] = row["masked"] or hidden
        if not re.fullmatch(r"[A-Za-z0-9_]{1,255}", row["key"]):
            return Answer(400, {"message": {"key": ["can contain only letters, digits and '_'."]}})
        rule = r"\S{8,}" if row["raw"] else r"[a-zA-Z0-9_+=/@:.~-]{8,}"
        if row["masked"] and not re.fullmatch(rule, row["value"]):
            return Answer(400, {"message": {"value": ["is invalid"]}})
        if row["key"] in self.variables:
            return Answer(400, {"message": {"key": [f"({row['key']}) has already been taken"]}})
        self.variables[row["key"]] = row
        return Answer(201, shown(row))

    def _refused(self, request: Request, status: int, message: str) -> Answer:
        self.strange.append(f"{request.method} {request.path}: {message}")
        return Answer(status, {"error": message})


def shown(row: dict[str, Any]) -> dict[str, Any]:
    """A variable as GitLab shows it: a hidden one without its value."""
    more = {"variable_type": "env_var", "environment_scope": "*", "description": None}
    return {**row, **more, "value": None if row["hidden"] else row["value"]}
