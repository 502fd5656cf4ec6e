"""Which of a plan's actions a run is about. A saved plan and a record of a run can only leave out, never add."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from keyctl import __version__
from keyctl.model.comparison import Comparison
from keyctl.model.finding import Risk
from keyctl.model.plan import Action, Op
from keyctl.model.refusal import Refusal

Name = tuple[str, str | None, str, str | None]
Keeps = Callable[[Action], bool]


def name_of(action: Action) -> Name:
    """What an action is known by in plans and records: op, key, account, fingerprint."""
    identifier = action.identifier.fingerprint if action.identifier else None
    return (action.op.value, action.key, action.account, identifier)


def named(row: Mapping[str, Any]) -> Name:
    """The same of a row of a document."""
    return (row["op"], row["key"], row["account"], row["fingerprint"])


def row_of(action: Action) -> dict[str, str | None]:
    """The same as a row."""
    return dict(zip(("op", "key", "account", "fingerprint"), name_of(action), strict=True))


def only_reductions(action: Action) -> bool:
    """Kill, disable, narrow: what may run with nobody looking. It deletes nothing that is not revoked for ever."""
    return action.kills or (action.op in (Op.DISABLE, Op.UPDATE) and action.risk is Risk.REDUCTION)


def of_plan(path: Path, fresh: Comparison, now: datetime) -> Keeps:
    """Those that a saved plan has too. Raises Refusal for one that is not of this commit, these files, this version of
    keyctl, or that is too old."""
    try:
        saved = json.loads(path.read_bytes())
        names = {named(row) for row in saved["actions"]}
        bound = {what: saved[what] for what in ("commit", "registry_digest", "tool_version")}
        ends = datetime.fromisoformat(saved["expires_at"])
    except OSError as error:
        raise Refusal(f"{path} can't be read: {error.strerror}", "name a file that 'plan --out' wrote") from None
    except (ValueError, KeyError, TypeError):
        raise Refusal(f"{path} is no saved plan", "name a file that 'plan --out' wrote") from None
    present = {"commit": fresh.commit, "registry_digest": fresh.registry_digest, "tool_version": __version__}
    for what, was in bound.items():
        if was != present[what]:
            raise Refusal(
                f"{path} was made for another {what.replace('_', ' ')}: {was}, and this is {present[what]}",
                "plan again, and have that looked at",
            )
    if ends.tzinfo is None or now >= ends:
        raise Refusal(f"{path} held until {saved['expires_at']}", "plan again, and have that looked at")
    return lambda action: name_of(action) in names


def of_record(begun: Mapping[str, Any]) -> Keeps:
    """Those that a run was about which did not end, by the line that its record begins with: what it planned, and
    making anew what it meant to delete because its secret was nowhere. Of a change in place that was half done another
    one is left: to disable what is narrowed already."""
    names = {_in_place(named(row)) for row in begun["actions"]}
    orphaned = {row["key"] for row in begun.get("orphans", ())}
    return lambda action: (
        _in_place(name_of(action)) in names or (action.op in (Op.CREATE, Op.ROTATE) and action.key in orphaned)
    )


def _in_place(name: Name) -> Name:
    return (Op.UPDATE.value, *name[1:]) if name[0] == Op.DISABLE.value else name
