"""How much one apply may do to an account. Killing what is revoked is never held up (law 3)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from keyctl.model.live import AccountSnapshot
from keyctl.model.names import AccountName
from keyctl.model.plan import Action, Op
from keyctl.model.registry import Brakes

Allowed = Mapping[AccountName, int]
"""By account, how many a person allows in this one run."""


def held_up(
    actions: Iterable[Action],
    seen: Mapping[AccountName, AccountSnapshot],
    brakes: Brakes,
    deletes: Allowed,
    changes: Allowed,
) -> dict[Action, str]:
    """The actions that are not to be tried, and why: of an account that goes beyond a brake, all of the kind.

    Percentages are of the keys that the account has, and never less than one key. Creations are no changes of keys that
    are there. A rotation changes one.
    """
    counted = [action for action in actions if not action.kills and not action.manual]
    deleted = Counter(action.account for action in counted if action.op is Op.DELETE)
    changed = Counter(action.account for action in counted if action.op in (Op.UPDATE, Op.DISABLE, Op.ROTATE))
    stopped: dict[Action, str] = {}
    for action in counted:
        account, there = action.account, len(seen[action.account].keys)
        if action.op is Op.DELETE and account not in deletes:
            most = min(brakes.max_deletes, _share(there, brakes.max_deletes_percent))
            why = f"max_deletes {brakes.max_deletes}, max_deletes_percent {brakes.max_deletes_percent} of {there} keys"
            stopped |= _over(action, deleted[account], most, why, "delete")
        elif action.op is Op.DELETE:
            stopped |= _over(action, deleted[account], deletes[account], "--allow-deletes", "delete")
        elif action.op is not Op.CREATE and account not in changes:
            most = _share(there, brakes.max_changes_percent)
            why = f"max_changes_percent {brakes.max_changes_percent} of {there} keys"
            stopped |= _over(action, changed[account], most, why, "change")
        elif action.op is not Op.CREATE:
            stopped |= _over(action, changed[account], changes[account], "--allow-changes", "change")
    return stopped


def _share(keys: int, percent: int) -> int:
    return max(1, keys * percent // 100)


def _over(action: Action, number: int, most: int, why: str, what: str) -> dict[Action, str]:
    if number <= most:
        return {}
    return {
        action: f"{number} keys of {action.account} would be {what}d at once, and {most} may be ({why} in"
        f" registry/registry.yaml); if all of them are meant, --allow-{what}s {action.account}={number}"
    }
