"""Trying keyctl's own credentials: does each exchange take them, from here, by this clock, and for reading only?

Nothing is asked of anybody but the exchanges: whether this machine's address is in a key's allow-list is what the
exchange says of a call that came from it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from difflib import get_close_matches
from itertools import groupby

from keyctl.exchanges.catalogue import UnknownExchange, declaration, unread
from keyctl.exchanges.declaration import Capability
from keyctl.exchanges.redaction import Redactor
from keyctl.exchanges.retry import Patience
from keyctl.model.account import Account
from keyctl.model.app import KEYCTL
from keyctl.model.checkup import Acceptance, Checkup, CredentialRow, Egress
from keyctl.model.finding import Finding, Severity, exit_reasons, in_order
from keyctl.model.key import Key
from keyctl.model.names import AccountName
from keyctl.model.registry import Registry
from keyctl.model.rules import found
from keyctl.model.scopes import in_order as scopes_in_order
from keyctl.model.tombstone import Tombstones
from keyctl.reconcile import wording
from keyctl.reconcile.connections import Connections, hosts_of
from keyctl.reconcile.trial import Trial, Tried
from keyctl.secrets.sources import PARTS, CredentialError, Credentials, prefix
from keyctl.secrets.sources import READ as READING

MOST_OFFSET = 1.0
"""A clock is told of when it is certainly further off than this many seconds: exchanges refuse requests from a second
in the future on."""


@dataclass(frozen=True, slots=True)
class Doctor:
    """One check-up. ``variables`` are the names of all variables that are set, ``clock`` gives aware UTC times,
    ``sandbox`` is the control URL of the simulated exchanges."""

    registry: Registry
    credentials: Credentials
    tombstones: Tombstones
    variables: frozenset[str]
    sandbox: str | None
    clock: Callable[[], datetime]
    patience: Patience = field(default_factory=Patience)

    def examine(self, only: frozenset[AccountName] | None, fail_on: Severity, told: Iterable[Finding] = ()) -> Checkup:
        """Every credential of the open accounts, or of those in ``only``, side by side; ``told`` are findings that are
        known already. Nothing is raised for what an exchange says or does."""
        wanted = [
            account
            for account in self.registry.accounts.values()
            if account.closed is None and (only is None or account.name in only)
        ]
        rows = asyncio.run(self._all(wanted))
        unused = tuple(self._unused()) if only is None else ()
        findings = in_order(
            [
                *told,
                *(finding for tried in rows for finding in self._findings(tried)),
                *(self._unused_finding(start, list(names)) for start, names in groupby(unused, key=_start)),
            ]
        )
        return Checkup(
            only is not None, tuple(tried.row for tried in rows), unused, findings, exit_reasons(findings, fail_on)
        )

    async def _all(self, wanted: list[Account]) -> list[Tried]:
        serving = self.credentials.serving(self.registry.accounts.values(), self.registry.keys.values())
        redactor = Redactor(())
        serving.tell(redactor.learn)
        hosts = hosts_of(wanted, self.sandbox, self.patience)
        connections = Connections(serving, hosts, redactor, self.patience, measure_clock=True)
        trials = [
            Trial(self.registry, self.tombstones, serving, self.clock, redactor, connections, account, key)
            for account, key in self._patients(wanted)
        ]
        answers = await asyncio.gather(*(trial.row() for trial in trials), return_exceptions=True)
        return [_settled(trial, answer) for trial, answer in zip(trials, answers, strict=True)]

    def _patients(self, wanted: list[Account]) -> Iterator[tuple[Account, Key | None]]:
        """Every account that is read with a credential of its own, and every key that has, or needs, one of its own.
        An exchange that is only declared takes no credential."""
        wanted = [account for account in wanted if unread(account.exchange) is None]
        for account in wanted:
            if account.parent is None:
                yield account, None
        for key in self.registry.keys.values():
            account = self.registry.accounts[key.account]
            if account in wanted and key.living:
                given = any(f"{prefix(account, key.name)}_{part}" in self.variables for part in PARTS)
                if given or (account.parent is None and self._alone(account, key)):
                    yield account, key

    def _alone(self, account: Account, key: Key) -> bool:
        """Whether only its own credential can describe a key: the exchange does not list the account's keys, and it is
        none of keyctl's, which are the accounts' own credentials."""
        if key.owner == KEYCTL:
            return False
        try:
            known = declaration(account.exchange)
            credential = self.credentials.for_account(account)
        except (UnknownExchange, CredentialError):
            return False
        lists = known.capabilities if known.master_capabilities is None else known.master_capabilities
        return Capability.LIST not in lists and not (credential is not None and credential.identifier in key.living)

    # findings

    def _findings(self, tried: Tried) -> Iterator[Finding]:
        row, problem = tried.row, tried.problem
        account = self.registry.accounts[row.account]
        key = self.registry.keys[row.key] if row.key is not None else None
        place = key.place if key is not None else account.place
        whose = f"{row.variables}_…"

        def tell(rule: str, message: str, remedy: str) -> Finding:
            return found(rule, message, remedy, key=row.key, account=row.account, place=place)

        match row.acceptance:
            case Acceptance.UNUSED:
                yield tell("credential-revoked", problem, tried.remedy)
            case Acceptance.UNUSABLE:
                yield tell("credential-unusable", problem, tried.remedy)
            case Acceptance.MISSING:
                yield tell("credential-missing" if key is None else "own-credential-missing", problem, tried.remedy)
            case Acceptance.REFUSED:
                yield tell("credential-refused", f"{account.exchange} refuses {whose}: {problem}", tried.remedy)
            case Acceptance.UNCHECKED:
                yield tell("credential-unchecked", f"{whose} could not be tried: {problem}", tried.remedy)
        yield from self._undeclared(row, account, key)
        if row.excess:
            extra = ", ".join(scopes_in_order(row.excess))
            yield tell(
                "credential-excess",
                f"{whose} may do more than read: {extra}",
                "take these rights from the key at the exchange, or give keyctl another one",
            )
        if row.egress is Egress.UNRESTRICTED and key is None:
            yield tell(
                "credential-unrestricted",
                f"{whose} may be used from any address",
                "bind the key to the addresses that keyctl runs at",
            )
        if row.clock is not None and abs(row.clock.seconds) - row.clock.within > MOST_OFFSET:
            way = "ahead of" if row.clock.seconds > 0 else "behind"
            yield tell(
                "clock-offset",
                f"this machine's clock is {abs(row.clock.seconds):.1f} s {way} {account.exchange}'s",
                "set this machine's clock (NTP); signed requests are refused when it is too far off",
            )

    def _undeclared(self, row: CredentialRow, account: Account, key: Key | None) -> Iterator[Finding]:
        if row.identifier is None or row.acceptance is Acceptance.UNUSED:
            return
        if key is not None:
            if row.holder != key.name:
                living = " and ".join(one.display for one in key.living)
                yield found(
                    "credential-undeclared",
                    f"{row.variables}_KEY holds {row.identifier.display}, and the file of {key.name} declares {living}",
                    "give it the key's own credential, or correct the id in the file",
                    key=key.name,
                    account=account.name,
                    place=key.place,
                )
            return
        holder = self.registry.keys.get(row.holder) if row.holder is not None else None
        if holder is None or holder.owner != KEYCTL:
            message, remedy = wording.undeclared_credential(account, row.identifier, holder)
            place = holder.place if holder else account.place
            yield found("credential-undeclared", message, remedy, account=account.name, place=place)

    # variables

    def _names(self) -> set[str]:
        """Every name that something of the registry reads."""
        asked = {name: one for name, one in self.registry.accounts.items() if unread(one.exchange) is None}
        starts = {prefix(account) for account in asked.values() if account.parent is None}
        for key in self.registry.keys.values():
            if key.account in asked:
                starts.add(prefix(asked[key.account], key.name))
        return {f"{start}_{part}" for start in starts for part in PARTS}

    def _unused(self) -> Iterator[str]:
        known = self._names()
        closed = {prefix(a) for a in self.registry.accounts.values() if a.closed is not None}
        for name in sorted(self.variables):
            if name.startswith(f"{READING}_") and (name not in known or _start(name) in closed):
                yield name

    def _meant(self, start: str) -> Account | None:
        """The account that variables with this start are named after, themselves or by a key of it."""
        accounts = self.registry.accounts
        for account in accounts.values():
            if prefix(account) == start:
                return account
        for key in self.registry.keys.values():
            if prefix(accounts[key.account], key.name) == start:
                return accounts[key.account]
        return None

    def _unused_finding(self, start: str, names: list[str]) -> Finding:
        account = self._meant(start)
        remedy = "take it out of the environment"
        untold = unread(account.exchange) if account is not None else None
        if untold is not None:
            why = untold
        elif account is not None and account.closed is not None:
            why = f"account {account.name} is closed"
        elif account is not None:
            why = f"{account.name} is read with the credential of its parent {account.parent}"
        else:
            why = "no account and no key of the registry is called so"
            unset = sorted({_start(name) for name in self._names() - self.variables})
            near = get_close_matches(start, unset, n=1, cutoff=0.9)
            remedy = f"did you mean {near[0]}_…?" if near else "correct the name, or take it out of the environment"
        verb = "is" if len(names) == 1 else "are"
        return found(
            "credential-unused",
            f"{' and '.join(names)} {verb} set, and nothing reads that: {why}",
            remedy,
            account=account.name if account is not None else None,
        )


def _start(name: str) -> str:
    return name.rpartition("_")[0]


def _settled(trial: Trial, answer: Tried | BaseException) -> Tried:
    """A fault of keyctl's own must not stop the other trials, nor show values."""
    if isinstance(answer, Exception):
        row = replace(trial.untried(), acceptance=Acceptance.UNCHECKED)
        return Tried(row, f"keyctl itself failed: {type(answer).__name__}", "report this")
    if isinstance(answer, BaseException):
        raise answer
    return answer
