"""What a rule is, and what it may look at. Rules are data and one pure function each; they decide nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from keyctl.exchanges.declaration import Declaration
from keyctl.model.account import Account
from keyctl.model.app import App
from keyctl.model.finding import Confidence, Severity
from keyctl.model.key import Key
from keyctl.model.live import AccountSnapshot, LiveKey
from keyctl.model.place import Place, Pointer
from keyctl.model.policy import RuleSet, Subject
from keyctl.model.registry import Registry

if TYPE_CHECKING:
    from keyctl.policy.world import World

Parameters = Mapping[str, int | None]


class Looser(StrEnum):
    """Which way a parameter has to go for the rule to let more pass."""

    HIGHER = "higher"
    LOWER = "lower"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A whole number that policy.yaml may change; None as a default is no number. ``meaning`` is for people."""

    name: str
    meaning: str
    base: int | None
    strict: int | None
    looser: Looser = Looser.HIGHER

    def default(self, chosen: RuleSet) -> int | None:
        """The number in a rule set."""
        return self.strict if chosen is RuleSet.STRICT else self.base


@dataclass(frozen=True, slots=True)
class Edit:
    """A mechanical remedy that makes nothing wider: the node at ``pointer`` of a registry file is removed."""

    path: str
    pointer: Pointer


@dataclass(frozen=True, slots=True)
class Breach:
    """One thing that a rule found. ``message`` says what is and what should be.

    ``pointer`` is where it stands in the subject's own entry; ``place`` is for what stands elsewhere. ``remedy`` and
    ``severity`` are given where the rule's own do not fit this case; a severity is then at most the rule's.
    """

    message: str
    pointer: Pointer = ()
    place: Place | None = None
    remedy: str | None = None
    severity: Severity | None = None
    fix: Edit | None = None


@dataclass(frozen=True, slots=True)
class KeyCase:
    """One declared key and what belongs to it. ``venue`` is None for exchanges that nothing is known of."""

    key: Key
    account: Account
    app: App
    venue: Declaration | None
    world: World

    @property
    def ended(self) -> bool:
        """Whether there is nothing to be judged any more: its account is closed, or all its ids are revoked."""
        return self.account.closed is not None or self.key.ended

    @property
    def live(self) -> LiveKey | None:
        """What the exchange reports of its current id; None where nothing was asked or nothing was seen."""
        return self.world.live_key(self.key)


@dataclass(frozen=True, slots=True)
class AccountCase:
    """One declared account."""

    account: Account
    venue: Declaration | None
    world: World

    @property
    def seen(self) -> AccountSnapshot | None:
        """What was observed of it; None where nothing was asked."""
        return self.world.seen(self.account.name)


@dataclass(frozen=True, slots=True)
class AppCase:
    """One declared app."""

    app: App
    world: World


@dataclass(frozen=True, slots=True)
class RegistryCase:
    """The registry as a whole."""

    registry: Registry
    world: World


Check = Callable[[Any, Parameters], Sequence[Breach]]
"""Takes the case of the rule's subject and the rule's parameters as they hold for it."""


@dataclass(frozen=True, slots=True)
class PolicyRule:
    """One practice, checkable.

    ``base`` and ``strict`` are its severities in the rule sets, None where it is silent there. ``meaning`` says in a
    sentence what is wrong, ``reason`` why that matters, ``remedy`` what to do. ``others`` says on what else than its
    subject, that subject's account and app, and the networks that it names a finding depends; empty for most. ``live``
    rules need to know what an exchange reports. ``quiet_after`` are rules of which a finding on the same key says the
    same with better evidence. A ``law`` is never waived, silenced or lowered.
    """

    name: str
    about: Subject
    base: Severity | None
    strict: Severity | None
    meaning: str
    reason: str
    remedy: str
    check: Check
    confidence: Confidence = Confidence.HIGH
    parameters: tuple[Parameter, ...] = ()
    others: str = ""
    live: bool = False
    quiet_after: tuple[str, ...] = ()
    law: bool = False

    def severity(self, chosen: RuleSet) -> Severity | None:
        """Its severity in a rule set."""
        return self.strict if chosen is RuleSet.STRICT else self.base
