"""What would bring the exchanges to what is declared."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from keyctl.model.change import Change
from keyctl.model.finding import Risk
from keyctl.model.identifier import Identifier
from keyctl.model.names import AccountName, KeyName


class Op(StrEnum):
    """What is to be done to one credential. ``UPDATE`` is in place; ``ROTATE`` is another credential in its place."""

    CREATE = "create"
    UPDATE = "update"
    ROTATE = "rotate"
    DISABLE = "disable"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to do at an exchange.

    ``key`` is None for a credential that no file declares, ``identifier`` for one that is to be created. ``risk`` is
    what doing it does to the key's power. ``manual`` are the steps of a person, in order, where no API can do it; empty
    where keyctl can. ``kills`` marks an id that is revoked for ever: nothing may hold that up. ``changes`` are the
    fields that an update sets, live values first.
    """

    op: Op
    key: KeyName | None
    account: AccountName
    identifier: Identifier | None
    reason: str
    risk: Risk
    manual: tuple[str, ...] = ()
    kills: bool = False
    changes: tuple[Change, ...] = ()
