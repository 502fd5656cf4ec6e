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
    # what a range of commits changes
    "escalation": Rule(_WARNING, None, "A change lets a key do more, from more places, or for longer."),
    "revocation": Rule(_INFO, None, "A commit revokes an id for ever."),
    "revocation-unmatched": Rule(_WARNING, None, "A commit revokes an id that nothing ever declared."),
    "tombstone-altered": Rule(_CRITICAL, _BLOCKED, "What is told of a revoked id is not what was told (law 2)."),
    "foreign-tombstone": Rule(_ERROR, _FAILED, "A change revokes the id of a key outside the file of that key."),
    "protected-removed": Rule(_ERROR, _FAILED, "A protected key is removed together with its protection."),
    "policy-weakened": Rule(_ERROR, _FAILED, "A change makes the policy weaker than the protected branch has it."),
    "policy-with-key": Rule(_ERROR, _FAILED, "Policy or a waiver changes together with a key that gains power."),
    "account-dropped": Rule(_ERROR, _FAILED, "An account leaves the registry without being declared closed."),
    "exchange-changed": Rule(_ERROR, _FAILED, "An account whose keys have ids is declared at another exchange."),
    "unsigned": Rule(_ERROR, _FAILED, "A commit is not signed by anybody whom the base side lists."),
    "signers-missing": Rule(_ERROR, _FAILED, "Nothing says whose signatures count, or nothing can verify them."),
    "base-unread": Rule(_ERROR, None, "A file of the base can't be read, so changes in it can't be told."),
    # live state
    "reactivated": Rule(_CRITICAL, _BLOCKED, "A revoked id is alive at the exchange (law 3)."),
    "credential-revoked": Rule(_CRITICAL, _BLOCKED, "keyctl was given a credential whose id is revoked."),
    "credential-undeclared": Rule(_ERROR, _DIFFERENCES, "keyctl uses a credential that no key file declares."),
    "credential-missing": Rule(_ERROR, _INCOMPLETE, "keyctl was given no credential for an account."),
    "credential-unusable": Rule(_ERROR, _FAILED, "The variables of a credential can't be meant as they are."),
    "credential-refused": Rule(_ERROR, _INCOMPLETE, "An exchange does not accept a credential of keyctl's own."),
    "credential-unchecked": Rule(_ERROR, _INCOMPLETE, "A credential could not be tried, or the answer does not say."),
    "credential-excess": Rule(_ERROR, _DIFFERENCES, "A credential of keyctl's own may do more than read."),
    "credential-unrestricted": Rule(_WARNING, None, "A credential of keyctl's own may be used from any address."),
    "credential-unused": Rule(_WARNING, None, "A variable is named like a credential, and nothing reads it."),
    "own-credential-missing": Rule(
        _WARNING, None, "A key that only its own credential can describe, and keyctl has none."
    ),
    "clock-offset": Rule(_WARNING, None, "This machine's clock differs from an exchange's."),
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
    "heartbeat": Rule(_WARNING, None, "No reconcile was complete for longer than it may be."),
    "unobservable": Rule(_WARNING, _INCOMPLETE, "Nothing says whether a declared key exists."),
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
