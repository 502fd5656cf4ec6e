"""Counts for GitLab's plan widget (``artifacts:reports:terraform``); guests of public pipelines may read them.

https://docs.gitlab.com/ci/yaml/artifacts_reports/#artifactsreportsterraform
"""

from __future__ import annotations

import json

from keyctl.model.comparison import Comparison
from keyctl.reports.document import summary
from keyctl.reports.formats import Result, Style


def render(result: Result, _style: Style) -> str:
    """The three numbers that the widget needs. A rotation creates and deletes; disabling is an update. Whatever has no
    actions, a reconcile too, has three zeros."""
    told = summary(result) if isinstance(result, Comparison) else {}
    count = {op: told.get(op, 0) for op in ("create", "update", "rotate", "disable", "delete")}
    widget = {
        "create": count["create"] + count["rotate"],
        "update": count["update"] + count["disable"],
        "delete": count["delete"] + count["rotate"],
    }
    return json.dumps(widget) + "\n"
