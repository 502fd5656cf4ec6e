"""What acting needs of the world: credentials, clocks, exchanges, sinks, and a person to ask."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from keyctl.acting.doing import LOOKS, Doing
from keyctl.acting.journal import Journal
from keyctl.acting.reach import Reach
from keyctl.exchanges.declaration import Effect
from keyctl.exchanges.redaction import Redactor
from keyctl.exchanges.retry import Patience
from keyctl.exchanges.transport import Watch
from keyctl.history.committing import Author
from keyctl.model.account import Account
from keyctl.model.app import KEYCTL
from keyctl.model.identifier import Fingerprint
from keyctl.model.live import Snapshot
from keyctl.model.names import AccountName
from keyctl.model.plan import Action
from keyctl.model.registry import Registry
from keyctl.model.times import end_of
from keyctl.model.tombstone import Tombstones
from keyctl.reconcile.connections import Connections, hosts_of
from keyctl.reconcile.desired import Desired
from keyctl.secrets.sinks.sink import Sink
from keyctl.secrets.sources import Credentials

BOTH = frozenset({Effect.READ, Effect.WRITE})


@dataclass(frozen=True, slots=True)
class Hands:
    """What a run needs of the world beside git: the deployment's credentials for either use. ``observe`` asks the
    exchanges about a registry, and tells a watch of each request; ``sinks`` opens what a file says secrets go to, and
    raises SinkError; ``confirmed`` asks a person whether these deletions are meant, and raises Refusal where nobody can
    be asked."""

    environ: Mapping[str, str]
    reading: Credentials
    writing: Credentials
    clock: Callable[[], datetime]
    observe: Callable[[Desired, Callable[[Account], Watch] | None], Callable[[Registry], Snapshot]]
    sinks: Callable[[str], Sink]
    confirmed: Callable[[Collection[Action]], bool]
    author: Author
    progress: Callable[[str], None] = lambda _line: None
    commits: Callable[[int, int | None], None] = lambda _done, _of: None
    patience: Patience = field(default_factory=Patience)

    def redactor(self) -> Redactor:
        """Knows every secret that the deployment gave, and learns those that are fetched later."""
        redactor = Redactor(())
        for credentials in (self.reading, self.writing):
            credentials.tell(redactor.learn)
        return redactor

    def doing(
        self, registry: Registry, tombstones: Tombstones, journal: Journal, abide: Callable[[], None] = lambda: None
    ) -> Doing:
        """Does actions on a registry's accounts; every request goes on record."""
        reach = reach_of(registry, tombstones, self, journal)
        return Doing(registry, reach, journal, self.sinks, abide, replace(self.patience, attempts=LOOKS))


def reach_of(registry: Registry, tombstones: Tombstones, hands: Hands, journal: Journal) -> Reach:
    """The ways that the deployment's credentials for writing open; every request goes on record."""
    accounts, keys = registry.accounts.values(), registry.keys.values()
    writing = hands.writing.serving(accounts, keys)
    declared = {one.fingerprint for key in keys if key.owner == KEYCTL for one in key.living}
    hosts = hosts_of(accounts, hands.environ.get("KEYCTL_SANDBOX"), hands.patience)
    connections = Connections(
        writing,
        hosts,
        journal.redactor,
        hands.patience,
        measure_clock=True,
        effects=BOTH,
        watch=journal.watch,
    )
    protected = hands.reading.identifiers() | writing.identifiers() | declared
    return Reach(registry.accounts, writing, connections, frozenset(protected), tombstones, _expected(registry, hands))


def _expected(registry: Registry, hands: Hands) -> dict[AccountName, frozenset[Fingerprint]]:
    """The ids that each account is to have now."""
    found: dict[AccountName, frozenset[Fingerprint]] = {}
    for key in registry.keys.values():
        if key.expires is None or hands.clock() < end_of(key.expires):
            found[key.account] = found.get(key.account, frozenset()) | {one.fingerprint for one in key.living}
    return found
