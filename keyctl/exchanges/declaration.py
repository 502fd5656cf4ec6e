"""What is known of an exchange, as data: rights, endpoints, limits, errors. No code, no I/O, no ccxt."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import product

from keyctl.exchanges.errors import Cause
from keyctl.model.expiry import ImplicitExpiry
from keyctl.model.names import ExchangeId
from keyctl.model.scopes import READ, Scope, ScopeSet, in_order


class Capability(StrEnum):
    """What an exchange's API can do with keys. ``EXPIRY`` is setting one; ``CREATED``, ``MODIFIED`` and ``LAST_USED``
    are times that its answers give."""

    LIST = "list"
    INSPECT_SELF = "inspect-self"
    CREATE = "create"
    UPDATE_SCOPES = "update-scopes"
    UPDATE_IPS = "update-ips"
    RENAME = "rename"
    ENABLE = "enable"
    DISABLE = "disable"
    DELETE = "delete"
    EXPIRY = "expiry"
    CREATED = "created"
    MODIFIED = "modified"
    LAST_USED = "last-used"


class Effect(StrEnum):
    """What a call does. The HTTP method proves nothing: Deribit deletes by GET."""

    READ = "read"
    WRITE = "write"


class Paging(StrEnum):
    """How an endpoint's answer continues."""

    NONE = "none"
    CURSOR = "cursor"
    OFFSET = "offset"


class Holder(StrEnum):
    """Whose keys a right is about, where masters and sub-accounts differ."""

    ANY = "any"
    MASTER = "master"
    SUBACCOUNT = "subaccount"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One call. ``name`` is how the exchange's documentation writes it (``GET /v5/user/query-api``); ``path`` and
    ``api`` are ccxt's.

    ``ccxt_method`` is None where ccxt has no method of its own for it. ``per_second`` is the documented limit for one
    rate scope, not ccxt's cost; None where nothing is documented. ``fields`` are the dotted paths that may enter the
    program; lists are walked through, ``*`` at the end admits any name. ``secrets`` are the paths of what is shown
    once, when a key is made: each enters in the hands of a Secret and in no other way.
    """

    name: str
    method: str
    path: str
    effect: Effect
    api: tuple[str, ...]
    ccxt_method: str | None
    per_second: float | None
    fields: tuple[str, ...]
    paging: Paging = Paging.NONE
    secrets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Right:
    """One native right and all that it opens. ``settable`` is false for rights that the exchange no longer gives;
    ``exclusive`` ones stand alone in a key. ``given`` is false for rights that keyctl gives to no key, since others
    open the same; a key that has one keeps it."""

    native: str
    scopes: ScopeSet
    holder: Holder = Holder.ANY
    settable: bool = True
    exclusive: bool = False
    given: bool = True


@dataclass(frozen=True, slots=True)
class ReadOnly:
    """How a key only reads where the exchange has no right for that: ``switch``, as LiveKey.native spells it, makes all
    of a key's rights into reading ones; ``rights`` are those that keyctl gives such a key, to say what it reads."""

    switch: str
    rights: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NativeError:
    """What a native error code means, in words for people."""

    causes: tuple[Cause, ...]
    meaning: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Envelope:
    """Where an answer says whether it is one. ``code`` is a path; a code of another JSON type than ``success`` is no
    code. ``absent_is_success`` is for exchanges whose good answers carry none. ``challenge`` is the path of a flag that
    asks for a second factor. The exchange's own words are never shown: they may echo what was signed."""

    code: tuple[str, ...]
    success: str | int
    absent_is_success: bool = False
    challenge: tuple[str, ...] = ()

    @property
    def fields(self) -> tuple[str, ...]:
        """The paths as an endpoint's ``fields`` have them."""
        return tuple(".".join(path) for path in (self.code, self.challenge) if path)


@dataclass(frozen=True, slots=True)
class ServerTime:
    """Where an answer, a refusal too, says what time it is at the exchange: a whole number at ``path``, counted
    ``per_second`` a second since 1970, else the HTTP ``header`` in the form of ``Date``."""

    path: tuple[str, ...] = ()
    per_second: int = 1000
    header: str | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """Documented numbers; None is unconfirmed. ``max_ips`` is 0 where the exchange has no allow-lists at all: each of
    its keys works from any address, and its file can only say ``ips: any``. ``address_per_second`` counts all requests
    from one IP address; ``reset_header`` names the answer's header with the end of a rate limit, Unix time in
    milliseconds."""

    max_keys: int | None = None
    max_ips: int | None = None
    cidr: bool | None = None
    ipv6: bool | None = None
    label_room: int | None = None
    address_per_second: float | None = None
    reset_header: str | None = None


@dataclass(frozen=True, slots=True)
class WalletAgents:
    """Key pairs that an account's wallet approves, by its signature, to act for it: access without a key that the
    exchange made.

    ``kind`` is the exchange's word for one. ``max_days`` is the longest life for which one can be approved, None where
    there is no limit or none is documented; ``expiry`` says whether an approval can carry an end at all. ``steps`` say
    how a person approves one by hand, a sentence each. ``as_of`` is the day or the month in which ``source`` said so.
    """

    kind: str
    max_days: int | None
    source: str
    as_of: str
    steps: tuple[str, ...]
    expiry: bool


class Ungrantable(ValueError):
    """No key of the exchange can have exactly these scopes; the message names the smallest set that can be had."""

    def __init__(self, title: str, scopes: ScopeSet, nearest: ScopeSet) -> None:
        wanted = ", ".join(in_order(scopes)) or "nothing"
        if nearest == scopes:
            super().__init__(f"keyctl does not know which rights of {title} open exactly {wanted}")
        else:
            super().__init__(
                f"no key of {title} can have exactly {wanted}; what can be had is {', '.join(in_order(nearest))}"
            )


@dataclass(frozen=True, slots=True)
class Declaration:
    """One exchange.

    ``id`` is a ccxt id; ``family`` are further ccxt ids that share its keys. ``capabilities`` hold for keys that its
    API administers; ``master_capabilities`` for a master account's own keys, None where there is no difference.
    ``may_also`` are powers that no answer shows. ``refusals`` and ``statuses`` say what native codes and bare HTTP
    statuses mean. ``event_fields`` says which field an event of the exchange's log changes, by the event's native name.
    ``server_time`` is None where no answer tells the exchange's clock. ``implicit`` is what every key can do, whatever
    was chosen for it. ``wallet_agents`` is None where a wallet can't approve any. ``read_only`` is None where reading
    is a right like others.

    Without ``endpoints`` nothing can be asked: such an exchange is declared so that its accounts, keys and tombstones
    can be in a registry and be judged offline.
    """

    id: ExchangeId
    title: str
    sources: tuple[str, ...]
    capabilities: frozenset[Capability]
    endpoints: tuple[Endpoint, ...]
    envelope: Envelope
    rights: tuple[Right, ...]
    refusals: Mapping[str, NativeError]
    statuses: Mapping[int, NativeError] = field(default_factory=dict)
    family: tuple[ExchangeId, ...] = ()
    master_capabilities: frozenset[Capability] | None = None
    limits: Limits = Limits()
    implicit_expiry: tuple[ImplicitExpiry, ...] = ()
    may_also: tuple[str, ...] = ()
    assumptions: tuple[str, ...] = ()
    needs_passphrase: bool = False
    event_fields: Mapping[str, str] = field(default_factory=dict)
    server_time: ServerTime | None = None
    implicit: ScopeSet = frozenset({READ})
    wallet_agents: WalletAgents | None = None
    read_only: ReadOnly | None = None

    @property
    def asked(self) -> bool:
        """Whether keyctl can ask the exchange anything."""
        return bool(self.endpoints)

    def endpoint(self, name: str) -> Endpoint:
        """The endpoint that the documentation calls so; KeyError if it is not declared."""
        for endpoint in self.endpoints:
            if endpoint.name == name:
                return endpoint
        raise KeyError(name)

    def scopes_of(self, native: str, holder: Holder) -> ScopeSet | None:
        """What a native right opens for this holder; None if nothing is known of the right.

        A right that is documented for the other kind of holder only opens all that it opens there: never less."""
        rows = [right for right in self.rights if right.native == native]
        meant = [right for right in rows if right.holder in (holder, Holder.ANY)] or rows
        return frozenset().union(*(right.scopes for right in meant)) if meant else None

    def opened_by(self, natives: Iterable[str], holder: Holder) -> ScopeSet:
        """All that these native rights open together, and what every key can. Rights that nothing is known of open
        nothing here: LiveKey.scopes has them."""
        named = frozenset(natives)
        if self.read_only is not None and self.read_only.switch in named:
            return self.implicit
        opened = (self.scopes_of(native, holder) for native in named)
        return self.implicit.union(*(scopes for scopes in opened if scopes is not None))

    def native_for(self, scopes: ScopeSet, holder: Holder) -> tuple[str, ...]:
        """The native rights that open exactly these scopes, in the declaration's order: every given right that opens
        nothing beyond, without those that only read where another reads too. ``opened_by`` is the reverse.

        Raises Ungrantable for a set that no key of this holder can have exactly.
        """
        if self.read_only is not None and scopes == self.implicit:
            return (self.read_only.switch, *self.read_only.rights)
        rows = [row for row in self.rights if row.settable and row.given and row.holder in (holder, Holder.ANY)]
        opens: dict[str, ScopeSet] = {row.native: self.scopes_of(row.native, holder) or frozenset() for row in rows}
        for row in rows:
            if row.exclusive and opens[row.native] | self.implicit == scopes:
                return (row.native,)
        alone = {row.native for row in rows if row.exclusive}
        fitting = {native: opened for native, opened in opens.items() if native not in alone and opened <= scopes}
        if any(opened > self.implicit for opened in fitting.values()):
            fitting = {native: opened for native, opened in fitting.items() if not opened <= self.implicit}
        if not fitting or self.opened_by(fitting, holder) != scopes:
            raise Ungrantable(self.title, scopes, self.grantable(scopes, subaccount=holder is Holder.SUBACCOUNT))
        return tuple(fitting)

    def grantable(self, scopes: ScopeSet, *, subaccount: bool | None = None) -> ScopeSet:
        """The smallest set that a key can have and that contains ``scopes``; equal to it when grantable as it stands.

        Scopes that no right gives are left out of the answer, so it differs then too (``ungrantable`` names them).
        ``subaccount`` says whose key it is; None takes whichever kind fits better, a sub-account's at a tie.
        ``other:`` scopes that the declaration does not know are taken as they are.
        """
        if subaccount is not None:
            return self._smallest(scopes, Holder.SUBACCOUNT if subaccount else Holder.MASTER)
        fits = [self._smallest(scopes, holder) for holder in (Holder.SUBACCOUNT, Holder.MASTER)]
        return min(fits, key=lambda fit: (len(scopes - fit), len(fit - scopes)))

    def ungrantable(self, scopes: ScopeSet, *, subaccount: bool | None = None) -> ScopeSet:
        """Those of ``scopes`` that no key can have, or not together with the rest."""
        return scopes - self.grantable(scopes, subaccount=subaccount)

    def _smallest(self, scopes: ScopeSet, holder: Holder) -> ScopeSet:
        every = self.implicit
        known = frozenset().union(*(right.scopes for right in self.rights))
        free = {scope for scope in scopes if scope.startswith("other:") and scope not in known}
        rights = [right for right in self.rights if right.settable and right.holder in (holder, Holder.ANY)]
        # what no right gives is left out first, so that it stands in the way of nothing else
        scopes = every | (scopes & every.union(free, *(right.scopes for right in rights)))
        for right in rights:
            if right.exclusive and right.scopes & scopes and scopes <= right.scopes | every:
                return right.scopes | every
        rights = [right for right in rights if not right.exclusive]
        granted = every | free
        for right in rights:
            if right.scopes <= scopes:
                granted |= right.scopes
        missing: list[tuple[Scope, list[Right]]] = []
        for scope in sorted(scopes - granted):
            givers = [right for right in rights if scope in right.scopes]
            if givers:
                missing.append((scope, givers))
        choices = (
            granted.union(*(right.scopes for right in choice)) for choice in product(*(givers for _, givers in missing))
        )
        return min(choices, key=len)
