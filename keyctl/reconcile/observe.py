"""Asking the exchanges: every account of a registry, side by side, one failure never stopping the rest."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Collection, Coroutine, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath
from typing import Any

from keyctl.exchanges.catalogue import UnknownExchange, declaration, reader, unread
from keyctl.exchanges.hosts import SANDBOX
from keyctl.exchanges.quotes import Quotes
from keyctl.exchanges.redaction import Redactor
from keyctl.exchanges.retry import Patience
from keyctl.exchanges.transport import Watch
from keyctl.model.account import Account, Environment
from keyctl.model.key import Key
from keyctl.model.live import NOT_ASKED_FOR, AccountSnapshot, Coverage, Snapshot, Unanswered
from keyctl.model.names import AccountName, ExchangeId
from keyctl.model.observed import NotObservable
from keyctl.model.refusal import Refusal
from keyctl.model.registry import Registry
from keyctl.model.tombstone import Tombstones
from keyctl.reconcile.connections import Connections, hosts_of
from keyctl.reconcile.group import Group
from keyctl.secrets.sources import Credentials


def observe(
    registry: Registry,
    *,
    credentials: Credentials,
    tombstones: Tombstones,
    clock: Callable[[], datetime],
    sandbox: str | None = None,
    only: Collection[AccountName] | None = None,
    balances: bool | Collection[AccountName] = False,
    progress: Callable[[str], None] | None = None,
    patience: Patience | None = None,
    watch: Callable[[Account], Watch] | None = None,
) -> Snapshot:
    """All that the exchanges report now of the registry's open accounts, or of those in ``only``.

    Every one of them is in the snapshot; what could not be learnt makes it incomplete and says why. Nothing is raised
    for that. ``balances`` asks what lies in those accounts that have a ``max_balance``, or in the named ones of them.
    ``sandbox`` is the control URL of the simulated exchanges, None for ``KEYCTL_SANDBOX``; ``clock`` gives
    aware UTC times; ``progress`` is called with one line for each account that is done. ``watch`` is told of each
    request, and what it raises as a Refusal ends it all.
    """
    taken_at = clock()
    wanted = [
        account
        for account in registry.accounts.values()
        if account.closed is None and (only is None or account.name in only)
    ]
    weighed = frozenset(
        account.name
        for account in wanted
        if account.max_balance and (balances if isinstance(balances, bool) else account.name in balances)
    )
    observation = _Observation(
        registry,
        credentials.serving(registry.accounts.values(), registry.keys.values()),
        tombstones,
        clock,
        sandbox if sandbox is not None else os.environ.get(SANDBOX),
        progress or (lambda _line: None),
        patience or Patience(),
        weighed,
        watch,
    )
    accounts = asyncio.run(observation.of(wanted))
    return Snapshot(registry.id, taken_at, tuple(sorted(accounts, key=lambda account: account.account)))


@dataclass(frozen=True, slots=True)
class _Observation:
    """One run: what all its groups share."""

    registry: Registry
    credentials: Credentials
    tombstones: Tombstones
    clock: Callable[[], datetime]
    sandbox: str | None
    progress: Callable[[str], None]
    patience: Patience
    balances: frozenset[AccountName]
    watch: Callable[[Account], Watch] | None

    async def of(self, wanted: list[Account]) -> list[AccountSnapshot]:
        """The wanted accounts. A parent that only its children need is asked, and left out of the answer."""
        keys = _by_account(self.registry.keys.values())
        untold = [self._untold(account, why, keys) for account in wanted if (why := unread(account.exchange))]
        wanted = [account for account in wanted if unread(account.exchange) is None]
        redactor = Redactor(())
        self.credentials.tell(redactor.learn)
        hosts = hosts_of(wanted, self.sandbox, self.patience)
        connections = Connections(self.credentials, hosts, redactor, self.patience, watch=self.watch)
        alone, roots = self._roots(wanted)
        by_root = {
            root.name: tuple(account for account in wanted if account.parent == root.name) for root in roots.values()
        }
        groups: list[Group] = []
        quotes: dict[tuple[ExchangeId, Environment], Quotes] = {}
        for root in roots.values():
            try:
                known, reads = declaration(root.exchange), reader(root.exchange)
            except UnknownExchange as error:
                alone += [self._incomplete(a, str(error)) for a in (root, *by_root[root.name])]
                continue
            groups.append(
                Group(
                    root,
                    by_root[root.name],
                    keys,
                    known,
                    reads,
                    self.credentials,
                    self.tombstones,
                    redactor,
                    connections.open,
                    self.clock,
                    self.progress,
                    self.balances,
                    quotes.setdefault((root.exchange, root.environment), Quotes()),
                )
            )
        answers = await _all(groups)
        names = {account.name for account in wanted}
        return [*untold, *alone, *(snapshot for snapshot in answers if snapshot.account in names)]

    def _roots(self, wanted: list[Account]) -> tuple[list[AccountSnapshot], dict[AccountName, Account]]:
        """The accounts whose credentials are needed, and the snapshots of those that can't be reached by any."""
        alone: list[AccountSnapshot] = []
        roots: dict[AccountName, Account] = {}
        for account in wanted:
            parent = account if account.parent is None else self.registry.accounts.get(account.parent)
            if parent is None or parent.closed is not None or parent.parent is not None:
                why = "is not declared" if parent is None else "is closed" if parent.closed else "has a parent itself"
                alone.append(
                    self._incomplete(
                        account,
                        f"its parent {account.parent} {why}, so no credential reads it;"
                        " correct `parent` in registry/accounts.yaml",
                    )
                )
            else:
                roots.setdefault(parent.name, parent)
        return alone, roots

    def _untold(self, account: Account, why: str, keys: Mapping[AccountName, tuple[Key, ...]]) -> AccountSnapshot:
        """An account at an exchange that is only declared: nothing is asked, so nothing about any key is known."""
        self.progress(f"{account.name}: not asked, {why}")
        living = {identifier.fingerprint for key in keys.get(account.name, ()) for identifier in key.living}
        return AccountSnapshot(
            account.name,
            account.exchange,
            Coverage.DECLARED_ONLY,
            self.clock(),
            unanswered=tuple(
                Unanswered(one, f"{why}; have a person look and attest it", askable=False) for one in sorted(living)
            ),
            subaccounts=NotObservable(why),
        )

    def _incomplete(self, account: Account, problem: str) -> AccountSnapshot:
        return AccountSnapshot(
            account.name,
            account.exchange,
            Coverage.INCOMPLETE,
            self.clock(),
            error=problem,
            subaccounts=NotObservable("the exchange could not be asked"),
            balances=NotObservable(problem) if account.name in self.balances else NOT_ASKED_FOR,
        )


async def _all(groups: list[Group]) -> list[AccountSnapshot]:
    work: list[Coroutine[Any, Any, tuple[AccountSnapshot, ...]]] = [group.observe() for group in groups]
    answers = await asyncio.gather(*work, return_exceptions=True)
    found: list[AccountSnapshot] = []
    for group, answer in zip(groups, answers, strict=True):
        if isinstance(answer, Exception) and not isinstance(answer, Refusal):
            # a fault of keyctl's own must not stop the rest, nor show values; where it happened is enough to find it
            found += group.unasked(f"keyctl itself failed: {type(answer).__name__} at {_where(answer)}; report this")
        elif isinstance(answer, BaseException):
            raise answer
        else:
            found += answer
    return found


def _where(error: BaseException) -> str:
    trace, place = error.__traceback__, "an unknown place"
    while trace is not None:
        place = f"{PurePath(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place


def _by_account(keys: Iterable[Key]) -> dict[AccountName, tuple[Key, ...]]:
    found: dict[AccountName, tuple[Key, ...]] = {}
    for key in keys:
        if key.living:
            found[key.account] = (*found.get(key.account, ()), key)
    return found
