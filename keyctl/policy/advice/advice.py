"""The answer: where the key goes, what it may do, the rule behind each choice, and what is to be done by hand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from keyctl.model.account import Account
from keyctl.model.app import App
from keyctl.model.names import AccountName, ExchangeId, KeyName
from keyctl.model.scopes import ScopeSet


class Way(StrEnum):
    """How an app reaches its venue, safest first."""

    WALLET_AGENT = "an agent that a wallet approves by its signature"
    DEDICATED_SUBACCOUNT = "a key on a dedicated sub-account"
    SHARED_ACCOUNT = "a key on a shared account"


@dataclass(frozen=True, slots=True)
class Wishes:
    """What was asked for. ``scopes`` and ``last_day`` are None, and ``ips`` is empty, where nothing was said of them.
    ``ips`` are as they are written in a key's file, each entry checked."""

    key: KeyName
    exchange: ExchangeId
    parent: AccountName | None = None
    scopes: ScopeSet | None = None
    ips: tuple[str, ...] = ()
    last_day: date | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing that was decided: ``what``, ``why`` in a clause or two, and the name of the rule behind it."""

    what: str
    why: str
    rule: str


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do by hand: a sentence or two in the imperative, the rule behind it if there is one, and lines to be
    copied as they are."""

    text: str
    rule: str | None = None
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Advice:
    """``new`` says that ``account`` is still to be declared and opened. ``ips`` is empty where a person has yet to say
    from where the app calls; ``proposed`` is then what its other keys list, if they agree. ``shown`` is what the key's
    id will be."""

    way: Way
    app: App
    account: Account
    new: bool
    scopes: ScopeSet
    ips: tuple[str, ...]
    proposed: tuple[str, ...]
    last_day: date
    shown: str
    choices: tuple[Choice, ...]
    steps: tuple[Step, ...]
