"""Counts for GitLab's plan widget (``artifacts:reports:terraform``); guests of public pipelines may read them.

https://docs.gitlab.com/ci/yaml/artifacts_reports/#artifactsreportsterraform
"""

from __future__ import annotations

import json
from collections import Counter

from keyctl.model.comparison import Comparison
from keyctl.model.review import Meaning, Review
from keyctl.reports.document import summary
from keyctl.reports.formats import Result, Style

_UPDATES = {Meaning.CHANGED, Meaning.RENEWED, Meaning.INDIRECT}


def render(result: Result, _style: Style) -> str:
    """The three numbers that the widget needs. A rotation creates and deletes; disabling is an update.

    A review counts the keys that a merge would have created, changed and deleted; a validate and a reconcile, which
    plan nothing, have three zeros.
    """
    count = _planned(result) if isinstance(result, Comparison) else _reviewed(result)
    widget = {
        "create": count["create"] + count["rotate"],
        "update": count["update"] + count["disable"],
        "delete": count["delete"] + count["rotate"],
    }
    return json.dumps(widget) + "\n"


def _planned(result: Comparison) -> Counter[str]:
    told = summary(result)
    return Counter({op: told[op] for op in ("create", "update", "rotate", "disable", "delete")})


def _reviewed(result: Result) -> Counter[str]:
    if not isinstance(result, Review):
        return Counter()
    meanings: dict[str, set[Meaning]] = {}
    for change in result.changes:
        meanings.setdefault(change.key, set()).add(change.meaning)
    return Counter(filter(None, map(_operation, meanings.values())))


def _operation(meant: set[Meaning]) -> str | None:
    """What the loudest of a key's changes would be at the exchange; nothing for a new name or another folder."""
    if Meaning.ROTATED in meant:
        return "rotate"
    if Meaning.ISSUED in meant:
        return "create"
    if meant & {Meaning.REVOKED, Meaning.REMOVED}:
        return "delete"
    return "update" if meant & _UPDATES else None
