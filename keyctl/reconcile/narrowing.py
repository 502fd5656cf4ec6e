"""``--only``: a run about some keys, apps, accounts or exchanges."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from keyctl.model.comparison import KeyRow, Status
from keyctl.model.finding import ExitReason, Finding
from keyctl.model.names import AccountName, AppName, ExchangeId
from keyctl.model.refusal import Refusal
from keyctl.model.registry import Registry

KINDS = ("key", "app", "account", "exchange")


@dataclass(frozen=True, slots=True)
class Narrowing:
    """What a run is about; with nothing in it, about everything. Several terms add up."""

    terms: tuple[tuple[str, str], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.terms)

    def check(self, registry: Registry) -> None:
        """Raise Refusal for a name that the registry does not have."""
        known: dict[str, Iterable[str]] = {
            "key": registry.keys,
            "app": registry.apps,
            "account": registry.accounts,
            "exchange": {account.exchange for account in registry.accounts.values()},
        }
        for kind, name in self.terms:
            if name not in known[kind]:
                there = ", ".join(sorted(known[kind])[:20]) or "none"
                raise Refusal(f"--only {kind}={name}: no such {kind} is declared", f"declared are {there}")

    def accounts(self, registry: Registry) -> frozenset[AccountName] | None:
        """The accounts to observe; None for all."""
        if not self:
            return None
        wanted = {key.account for key in registry.keys.values() if self._is_about(key.name, key.owner)}
        for account in registry.accounts.values():
            if ("account", account.name) in self.terms or ("exchange", account.exchange) in self.terms:
                wanted.add(account.name)
        return frozenset(wanted)

    def keeps_row(self, row: KeyRow, registry: Registry) -> bool:
        """Whether a row belongs to the narrowed result; a revoked id that is alive always does."""
        if not self or Status.REACTIVATED in row.statuses:
            return True
        if self._is_about(row.key, row.owner):
            return True
        return row.account is not None and self._is_about_account(row.account, registry)

    def keeps_wallet(self, app: AppName, exchange: ExchangeId | None) -> bool:
        """Whether the wallet of an app that signs at this exchange does."""
        return not self or ("app", app) in self.terms or ("exchange", exchange) in self.terms

    def keeps_finding(self, finding: Finding, registry: Registry) -> bool:
        """Whether a finding does; what blocks or fails always does."""
        if not self or finding.consequence in (ExitReason.BLOCKED, ExitReason.FAILED):
            return True
        key = registry.keys.get(finding.key) if finding.key else None
        if key is not None and self._is_about(key.name, key.owner):
            return True
        if finding.account is None:
            return False
        if self._is_about_account(finding.account, registry):
            return True
        return key is None and finding.consequence is ExitReason.INCOMPLETE

    def _is_about(self, key: str | None, owner: str | None) -> bool:
        return ("key", key) in self.terms or ("app", owner) in self.terms

    def _is_about_account(self, name: AccountName, registry: Registry) -> bool:
        exchange = registry.accounts[name].exchange if name in registry.accounts else None
        return ("account", name) in self.terms or ("exchange", exchange) in self.terms


def parse(texts: Iterable[str]) -> Narrowing:
    """From ``KIND=NAME`` texts. Raises ValueError with a sentence for anything else."""
    terms = []
    for text in texts:
        kind, equals, name = text.partition("=")
        if not equals or not name or kind not in KINDS:
            raise ValueError(f"{text!r} is not KIND=NAME with a kind of {', '.join(KINDS)}")
        terms.append((kind, name))
    return Narrowing(tuple(terms))
