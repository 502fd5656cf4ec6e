"""Every rule that keyctl itself finds by, in one table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from keyctl.model.finding import Confidence, ExitReason, Finding, Severity
from keyctl.model.names import AccountName, KeyName
from keyctl.model.place import Place

_INFO, _WARNING, _ERROR, _CRITICAL = Severity.INFO, Severity.WARNING, Severity.ERROR, Severity.CRITICAL
_FAILED, _BLOCKED = ExitReason.FAILED, ExitReason.BLOCKED
_DIFFERENCES, _INCOMPLETE = ExitReason.DIFFERENCES, ExitReason.INCOMPLETE


@dataclass(frozen=True, slots=True)
class Rule:
    """What a rule is about. ``consequence`` is the exit reason that each of its findings causes, if any;
    ``meaning`` is one sentence for somebody who sees the rule's name for the first time."""

    severity: Severity
    consequence: ExitReason | None
    meaning: str
    confidence: Confidence = Confidence.HIGH


RULES: Mapping[str, Rule] = {
    # the registry's files
    "file": Rule(_ERROR, _FAILED, "A file of the registry can't be taken as it lies there."),
    "syntax": Rule(_ERROR, _FAILED, "A file is not the strict YAML that registries are written in."),
    "schema": Rule(_ERROR, _FAILED, "A file does not match its JSON Schema."),
    "value": Rule(_ERROR, _FAILED, "A value has the right shape but can't be meant."),
    "reference": Rule(_ERROR, _FAILED, "A file names something that is not declared."),
    "ungrantable": Rule(_ERROR, _FAILED, "The exchange can't grant exactly these scopes."),
    # history and the laws on identifiers
    "history-unverified": Rule(_ERROR, _FAILED, "The git history could not be verified, so nothing rests on it."),
    "unreadable-blob": Rule(_ERROR, _FAILED, "An old version of a registry file can't be read for its ids."),
    "anchor-invalid": Rule(_ERROR, _FAILED, "The anchor file is no export of this registry."),
    "identifier-shared": Rule(_CRITICAL, _BLOCKED, "One id is declared more than once."),
    "identifier-lost": Rule(_CRITICAL, _BLOCKED, "An id left the registry without being revoked (law 1)."),
    "tombstone-removed": Rule(_CRITICAL, _BLOCKED, "A revoked id is no longer listed as revoked (law 2)."),
    "revoked-id-declared": Rule(_CRITICAL, _BLOCKED, "A key declares an id that is revoked for ever (law 3)."),
    "registry-replaced": Rule(_CRITICAL, _BLOCKED, "Another registry stands where this one stood."),
    "registry-gone": Rule(_CRITICAL, _BLOCKED, "A registry of the protected branch is gone."),
    "anchor-broken": Rule(_CRITICAL, _BLOCKED, "Ids or tombstones that the anchor holds are gone."),
    "protected-rewritten": Rule(_CRITICAL, _BLOCKED, "The protected branch no longer contains its last verified tip."),
    # live state
    "reactivated": Rule(_CRITICAL, _BLOCKED, "A revoked id is alive at the exchange (law 3)."),
    "credential-revoked": Rule(_CRITICAL, _BLOCKED, "keyctl was given a credential whose id is revoked."),
    "credential-undeclared": Rule(_ERROR, _DIFFERENCES, "keyctl uses a credential that no key file declares."),
    "missing": Rule(_ERROR, _DIFFERENCES, "A declared key does not exist at the exchange."),
    "expired": Rule(_ERROR, _DIFFERENCES, "A key is alive after the last day that its file allows."),
    "retiring-overdue": Rule(_ERROR, _DIFFERENCES, "A replaced id is alive after the day it should have been revoked."),
    "drift": Rule(_ERROR, _DIFFERENCES, "A live key differs from its file."),
    "touched": Rule(_ERROR, _DIFFERENCES, "A key was changed since an earlier snapshot, and nothing says why."),
    "pending-write-back": Rule(_ERROR, _DIFFERENCES, "A key was created, and its id is not in the registry yet."),
    "unmanaged": Rule(_ERROR, _DIFFERENCES, "A live key that no file declares."),
    "unissued": Rule(_WARNING, _DIFFERENCES, "A declared key that was not created yet."),
    "subaccount-undeclared": Rule(_ERROR, _DIFFERENCES, "The exchange lists a sub-account that nobody declared."),
    "account-incomplete": Rule(_ERROR, _INCOMPLETE, "An account could not be observed wholly."),
    "unobservable": Rule(_WARNING, _INCOMPLETE, "Nothing says whether a declared key exists."),
    "unrevoked": Rule(_WARNING, None, "A key has expired and is gone; its id is not revoked yet."),
    "expiring": Rule(_WARNING, None, "A key is near the last day that its file allows."),
    "expires-early": Rule(_WARNING, None, "The exchange ends a key before the day that its file names."),
    "unobserved": Rule(_WARNING, None, "The exchange does not report some of a key's fields."),
    "tombstone-unverified": Rule(_WARNING, None, "Nothing shows that a revoked id is dead."),
    "assumed": Rule(
        _INFO, None, "The exchange documents a field two ways; the worse one was assumed.", Confidence.MEDIUM
    ),
}


def found(
    rule: str,
    message: str,
    remedy: str,
    *,
    key: KeyName | None = None,
    account: AccountName | None = None,
    place: Place | None = None,
    severity: Severity | None = None,
) -> Finding:
    """A finding by a rule of the table, with the rule's severity unless told otherwise."""
    row = RULES[rule]
    return Finding(
        rule, severity or row.severity, row.confidence, message, remedy, row.consequence, key, account, place
    )
