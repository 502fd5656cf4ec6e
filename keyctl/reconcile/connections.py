"""Ways to the exchanges: which host an account is on, and one transport for each credential."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from keyctl.exchanges.catalogue import declaration
from keyctl.exchanges.declaration import Effect
from keyctl.exchanges.errors import Cause, ExchangeError
from keyctl.exchanges.hosts import sandbox_hosts
from keyctl.exchanges.pacing import Pace
from keyctl.exchanges.redaction import Redactor
from keyctl.exchanges.retry import Patience
from keyctl.exchanges.transport import READS, Pacing, Transport, Watch
from keyctl.model.account import Account, Environment
from keyctl.secrets.sources import Credential, CredentialError, Credentials


def hosts_of(accounts: Iterable[Account], sandbox: str | None, patience: Patience) -> Mapping[str, str] | ExchangeError:
    """Where the simulated exchanges listen, if one of the accounts is on one; the error, for those accounts only, when
    that can't be learnt. ``sandbox`` is the control URL."""
    if all(account.environment is not Environment.SANDBOX for account in accounts):
        return {}
    try:
        return sandbox_hosts(sandbox, patience.timeout)
    except ExchangeError as error:
        return error


class Connections:
    """Opens transports that share their rate scopes: one for each account's uid, one for this machine's address.

    They are for reading, unless ``effects`` says otherwise."""

    def __init__(
        self,
        credentials: Credentials,
        hosts: Mapping[str, str] | ExchangeError,
        redactor: Redactor,
        patience: Patience,
        *,
        measure_clock: bool = False,
        effects: frozenset[Effect] = READS,
        watch: Callable[[Account], Watch] | None = None,
    ) -> None:
        self._credentials = credentials
        self._hosts = hosts
        self._redactor = redactor
        self._patience = patience
        self._measure_clock = measure_clock
        self._effects = effects
        self._watch = watch
        self._paces: dict[tuple[str, ...], Pace] = {}

    def open(self, account: Account, credential: Credential) -> Transport:
        """A transport to an account. Raises ExchangeError when its host is not known."""
        known = declaration(account.exchange)
        scope = (known.id, account.environment.value)
        return Transport(
            known,
            credential,
            account.environment,
            Pacing(self._pace(*scope, self._whose(account, credential)), self._pace(*scope)),
            self._redactor,
            exchange=account.exchange,
            base_url=self._host(account),
            patience=self._patience,
            measure_clock=self._measure_clock,
            effects=self._effects,
            watch=None if self._watch is None else self._watch(account),
        )

    def _whose(self, account: Account, credential: Credential) -> str:
        """What limits are counted by: the account, else the credential of its own that the account is read with."""
        if account.uid is not None:
            return account.uid
        try:
            root = self._credentials.for_account(account) or credential
        except CredentialError:
            root = credential
        return root.identifier.fingerprint

    def _pace(self, *scope: str) -> Pace:
        return self._paces.setdefault(scope, Pace(sleep=self._patience.sleep))

    def _host(self, account: Account) -> str | None:
        if account.environment is not Environment.SANDBOX:
            return None
        if isinstance(self._hosts, ExchangeError):
            raise ExchangeError(self._hosts.causes, self._hosts.message, self._hosts.remedy)
        if account.exchange not in self._hosts:
            raise ExchangeError(
                Cause.TRANSPORT,
                f"the sandbox simulates no {account.exchange}",
                "start it with a scenario that has this exchange",
            )
        return self._hosts[account.exchange]
