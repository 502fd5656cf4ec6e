"""What a registry's policy says: a rule set, what it changes of single rules, rules of its own, and exceptions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from fnmatch import fnmatchcase

from keyctl.model.finding import Severity
from keyctl.model.names import AccountName, AppName, ExchangeId, KeyName
from keyctl.model.place import Place


class RuleSet(StrEnum):
    """Which severities and parameters the rules start from."""

    BASE = "base"
    STRICT = "strict"


class Subject(StrEnum):
    """What a rule is about, one finding's subject at a time."""

    KEY = "key"
    ACCOUNT = "account"
    APP = "app"
    REGISTRY = "registry"


@dataclass(frozen=True, slots=True)
class Setting:
    """What policy.yaml says of one rule. ``severity`` is None where it says nothing; ``off`` silences the rule.

    ``parameters`` are whole numbers by name, ``days`` say.
    """

    severity: Severity | None = None
    off: bool = False
    parameters: Mapping[str, int] = field(default_factory=dict)


Settings = Mapping[str, Setting]
"""By rule name."""


@dataclass(frozen=True, slots=True)
class CustomRule:
    """A rule that the registry brings itself, as a CEL expression: ``deny`` is true for what must not be."""

    name: str
    about: Subject
    deny: str
    severity: Severity
    message: str
    reason: str
    remedy: str
    place: Place


@dataclass(frozen=True, slots=True)
class Waiver:
    """An exception from one rule until the end of ``expires`` (UTC); ``key`` is a name with ``*`` and ``?`` for any
    characters."""

    rule: str
    key: str
    reason: str
    approved_by: str
    expires: date
    place: Place = field(default=Place("registry/waivers.yaml"), compare=False)

    def covers(self, key: KeyName) -> bool:
        """Whether a key has such a name."""
        return fnmatchcase(key, self.key)


@dataclass(frozen=True, slots=True)
class Policy:
    """Settings by rule, and those of one exchange, account or app only: the later of these three wins."""

    set: RuleSet = RuleSet.BASE
    rules: Settings = field(default_factory=dict)
    exchanges: Mapping[ExchangeId, Settings] = field(default_factory=dict)
    accounts: Mapping[AccountName, Settings] = field(default_factory=dict)
    apps: Mapping[AppName, Settings] = field(default_factory=dict)
    custom: tuple[CustomRule, ...] = ()

    def layers(
        self, exchange: ExchangeId | None, account: AccountName | None, app: AppName | None
    ) -> tuple[Settings, ...]:
        """What is said of a subject at this exchange, on this account, of this app; the last that says something of a
        rule decides."""
        found = [self.rules]
        if exchange is not None and exchange in self.exchanges:
            found.append(self.exchanges[exchange])
        if account is not None and account in self.accounts:
            found.append(self.accounts[account])
        if app is not None and app in self.apps:
            found.append(self.apps[app])
        return tuple(found)
