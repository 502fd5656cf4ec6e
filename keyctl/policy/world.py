"""Everything that rules may look at: the registry, the time, what exchanges reported. Indexes are made once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property

from keyctl.exchanges.catalogue import UnknownExchange, declaration
from keyctl.exchanges.declaration import Declaration
from keyctl.exchanges.redaction import Redactor
from keyctl.model.finding import Finding
from keyctl.model.identifier import Fingerprint
from keyctl.model.ips import IpSet
from keyctl.model.key import Key
from keyctl.model.live import AccountSnapshot, LiveKey, Snapshot
from keyctl.model.names import AccountName, AppName, ExchangeId, KeyName
from keyctl.model.registry import Registry
from keyctl.model.times import end_of
from keyctl.policy.concealing import concealed, redactor_of
from keyctl.policy.reading import Lines, hits_by_file, text_of
from keyctl.policy.rule import AccountCase, AppCase, KeyCase, RegistryCase
from keyctl.policy.secrets import Hit


@dataclass(frozen=True)
class World:
    """``now`` is aware, in UTC. ``declaration`` gives what is known of an exchange, None for nothing. ``snapshot`` is
    None where no exchange was asked. ``texts`` are the registry's files, for the rule that reads them as text."""

    registry: Registry
    now: datetime
    declaration: Callable[[ExchangeId], Declaration | None]
    snapshot: Snapshot | None = None
    texts: Mapping[str, bytes] = field(default_factory=dict, repr=False)

    @cached_property
    def today(self) -> date:
        """The UTC day of ``now``."""
        return self.now.date()

    @cached_property
    def keys_by_owner(self) -> Mapping[tuple[AccountName, AppName], tuple[KeyName, ...]]:
        """Keys that have neither ended nor passed their last day, by account and app."""
        found: dict[tuple[AccountName, AppName], list[KeyName]] = {}
        for case in self.key_cases:
            last = case.key.expires
            if not case.ended and (last is None or self.now < end_of(last)):
                found.setdefault((case.key.account, case.key.owner), []).append(case.key.name)
        return {whose: tuple(sorted(names)) for whose, names in found.items()}

    @cached_property
    def key_cases(self) -> tuple[KeyCase, ...]:
        """Every declared key whose account and app are declared, by name."""
        accounts, apps = self.registry.accounts, self.registry.apps
        return tuple(
            KeyCase(key, accounts[key.account], apps[key.owner], self._venues[accounts[key.account].exchange], self)
            for key in self.registry.keys.values()
            if key.account in accounts and key.owner in apps
        )

    @cached_property
    def account_cases(self) -> tuple[AccountCase, ...]:
        """Every open account, by name."""
        return tuple(
            AccountCase(account, self._venues[account.exchange], self)
            for account in self.registry.accounts.values()
            if account.closed is None
        )

    @cached_property
    def app_cases(self) -> tuple[AppCase, ...]:
        """Every app, by name."""
        return tuple(AppCase(app, self) for app in self.registry.apps.values())

    @cached_property
    def registry_case(self) -> RegistryCase:
        """The registry as a whole."""
        return RegistryCase(self.registry, self)

    @cached_property
    def owners(self) -> frozenset[AppName]:
        """Apps that have keys which have not ended."""
        return frozenset(case.app.name for case in self.key_cases if not case.ended)

    @cached_property
    def accounts_by_email(self) -> Mapping[str, tuple[AccountName, ...]]:
        """Open accounts by the fingerprint of their e-mail address."""
        found: dict[str, list[AccountName]] = {}
        for case in self.account_cases:
            if case.account.email is not None:
                found.setdefault(case.account.email, []).append(case.account.name)
        return {email: tuple(names) for email, names in found.items()}

    @cached_property
    def keyed_emails(self) -> bool:
        """Whether some e-mail address was hashed with the deployment's secret."""
        return any(email.startswith("hmac-sha256:") for email in self.accounts_by_email)

    @cached_property
    def two_family_networks(self) -> tuple[tuple[str, IpSet], ...]:
        """Named networks that hold both IPv4 and IPv6, by name."""
        return tuple(
            (name, addresses)
            for name, addresses in sorted(self.registry.networks.items())
            if len({network.version for network in addresses.networks}) == 2
        )

    @cached_property
    def networks_in_use(self) -> frozenset[str]:
        """Names of networks that some key's list uses, keys that have ended too."""
        return frozenset(name for key in self.registry.keys.values() for name in key.networks)

    def seen(self, account: AccountName) -> AccountSnapshot | None:
        """What was observed of an account."""
        return self._seen.get(account)

    def live_key(self, key: Key) -> LiveKey | None:
        """What was observed of a key's current id on its own account."""
        if key.identifier is None:
            return None
        return self._live.get((key.account, key.identifier.fingerprint))

    def concealed(self, finding: Finding) -> Finding:
        """The finding without any secret that the registry's files hold: not even an error message may repeat one."""
        return concealed(finding, self._redactor) if self._redactor else finding

    def without_secrets(self, text: str) -> str:
        """A text in which nothing stands that looks like a secret of the registry's files."""
        return self._redactor.scrub(text) if self._redactor else text

    @cached_property
    def hits(self) -> Mapping[str, tuple[Hit, ...]]:
        """What looks like a secret, by file; files without are left out."""
        return hits_by_file(self.texts)

    def line_ends(self, path: str) -> Lines:
        """Where the lines of a file are."""
        return Lines(text_of(self.texts[path]))

    @cached_property
    def _redactor(self) -> Redactor | None:
        return redactor_of(self.texts, self.hits)

    @cached_property
    def _seen(self) -> Mapping[AccountName, AccountSnapshot]:
        return {one.account: one for one in self.snapshot.accounts} if self.snapshot else {}

    @cached_property
    def _live(self) -> Mapping[tuple[AccountName, Fingerprint], LiveKey]:
        return {
            (account.account, key.identifier.fingerprint): key
            for account in (self.snapshot.accounts if self.snapshot else ())
            for key in account.keys
        }

    @cached_property
    def _venues(self) -> Mapping[ExchangeId, Declaration | None]:
        return {one: self.declaration(one) for one in {a.exchange for a in self.registry.accounts.values()}}


def known_venue(exchange: ExchangeId) -> Declaration | None:
    """What keyctl's own catalogue, plug-ins included, knows of an exchange."""
    try:
        return declaration(exchange)
    except UnknownExchange:
        return None
