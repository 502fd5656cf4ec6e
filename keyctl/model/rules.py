"""Every rule that keyctl itself finds by, in one table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from keyctl.model.finding import Confidence, ExitReason, Finding, Severity
from keyctl.model.names import AccountName, KeyName
from keyctl.model.place import Place
from keyctl.model.policy import RuleSet

_INFO, _WARNING, _ERROR, _CRITICAL = Severity.INFO, Severity.WARNING, Severity.ERROR, Severity.CRITICAL
_FAILED, _BLOCKED = ExitReason.FAILED, ExitReason.BLOCKED
_DIFFERENCES, _INCOMPLETE = ExitReason.DIFFERENCES, ExitReason.INCOMPLETE


@dataclass(frozen=True, slots=True)
class Rule:
    """What a rule is about. ``consequence`` is the exit reason that each of its findings causes, if any; ``meaning``
    says in a sentence what is wrong, ``reason`` why that matters, ``remedy`` what to do in general; each finding's own
    remedy is more exact. ``strict`` is the severity in the strict rule set where it is another one; only rules without
    a consequence have that."""

    severity: Severity
    consequence: ExitReason | None
    meaning: str
    reason: str
    remedy: str
    confidence: Confidence = Confidence.HIGH
    strict: Severity | None = None

    def severity_in(self, chosen: RuleSet) -> Severity:
        """Its severity in a rule set, before the policy says otherwise."""
        return self.strict if chosen is RuleSet.STRICT and self.strict is not None else self.severity


RULES: Mapping[str, Rule] = {
    # the registry's files
    "file": Rule(
        _ERROR,
        _FAILED,
        "A file of the registry can't be taken as it lies there.",
        "A registry decides who may trade; a file that somebody reads otherwise would let in what nobody reviewed.",
        "make it a regular file with a plain name, or remove it",
    ),
    "syntax": Rule(
        _ERROR,
        _FAILED,
        "A file is not the strict YAML that registries are written in.",
        "YAML lets one text mean several things; a file that two readers could read differently is refused whole.",
        "correct the file at the place that the finding names",
    ),
    "schema": Rule(
        _ERROR,
        _FAILED,
        "A file does not match its JSON Schema.",
        "The schema is what editors, reviewers and keyctl agree on; what is outside it would be ignored by somebody.",
        "correct the field; docs/registry.md describes each",
    ),
    "value": Rule(
        _ERROR,
        _FAILED,
        "A value has the right shape but can't be meant.",
        "The field is well-formed and still says something impossible, so whatever rests on it would be wrong.",
        "correct the value",
    ),
    "reference": Rule(
        _ERROR,
        _FAILED,
        "A file names something that is not declared.",
        "A name that resolves to nothing means a key without an owner, an account or an allow-list.",
        "declare the name, or correct it",
    ),
    "ungrantable": Rule(
        _ERROR,
        _FAILED,
        "The exchange can't grant exactly these scopes.",
        "The live key would always differ from its file, and the difference would be rights that nobody asked for.",
        "write the set that the finding proposes, or take other rights",
    ),
    # policy and exceptions
    "policy-invalid": Rule(
        _ERROR,
        _FAILED,
        "The policy names something that is not there, or can't be run.",
        "A rule that is mistyped or can't run looks the same as one that found nothing.",
        "correct registry/policy.yaml",
    ),
    "waiver-invalid": Rule(
        _ERROR,
        _FAILED,
        "A waiver is about a rule that is not there, or that nobody may waive.",
        "An exception from something else than what was meant excuses nothing, or would excuse a law.",
        "correct or remove the waiver",
    ),
    "waiver-expired": Rule(
        _WARNING,
        None,
        "A waiver is past its last day.",
        "Exceptions end so that somebody decides again.",
        "remove it, or have it approved anew",
    ),
    "waiver-unused": Rule(
        _WARNING,
        None,
        "A waiver excuses nothing.",
        "An exception that excuses nothing today excuses tomorrow what nobody looked at.",
        "remove it",
    ),
    "waiver-broad": Rule(
        _WARNING,
        None,
        "A waiver covers keys that do not need it.",
        "The keys that do not need it could break the rule tomorrow, and nobody would hear of it.",
        "name the keys that need it",
    ),
    # history and the laws on identifiers
    "history-unverified": Rule(
        _ERROR,
        _FAILED,
        "The git history could not be verified, so nothing rests on it.",
        "Revoked ids are remembered by history. If it can't be read whole, a dead id could come back unseen.",
        "fetch the whole history (git fetch --unshallow), without filters or sparse checkout",
    ),
    "unreadable-blob": Rule(
        _ERROR,
        _FAILED,
        "An old version of a registry file can't be read for its ids.",
        "An id that stood in it would be forgotten, and with it that it must never come back.",
        "list it under history.unreadable in registry.yaml on the protected branch, with the ids that it held",
    ),
    "anchor-invalid": Rule(
        _ERROR,
        _FAILED,
        "The anchor file is no export of this registry.",
        "The anchor proves that nothing was forgotten since it was taken; another file proves nothing.",
        "take the export of this registry",
    ),
    "identifier-shared": Rule(
        _CRITICAL,
        _BLOCKED,
        "One id is declared more than once.",
        "One id serves one key: with two files nobody can say whose it is, and revoking one would leave the other.",
        "leave the id in one key only",
    ),
    "identifier-lost": Rule(
        _CRITICAL,
        _BLOCKED,
        "An id left the registry without being revoked (law 1).",
        "A live key that is no longer in the registry is watched by nobody. Ids leave by being revoked.",
        "put the id back, or list it under `revoked`",
    ),
    "tombstone-removed": Rule(
        _CRITICAL,
        _BLOCKED,
        "A revoked id is no longer listed as revoked (law 2).",
        "A revoked id is dead for ever; a list that forgets one lets it come back.",
        "put the entry back",
    ),
    "revoked-id-declared": Rule(
        _CRITICAL,
        _BLOCKED,
        "A key or a wallet has an id that is revoked for ever (law 3).",
        "The id was revoked for a reason, a leak perhaps. Declaring it again would hand it back.",
        "remove the id; create a new key if the app needs one",
    ),
    "registry-replaced": Rule(
        _CRITICAL,
        _BLOCKED,
        "Another registry stands where this one stood.",
        "A registry under another id starts with an empty memory of revoked ids.",
        "put the registry's own id back",
    ),
    "registry-gone": Rule(
        _CRITICAL,
        _BLOCKED,
        "A registry of the protected branch is gone.",
        "With it went the record of which ids are dead.",
        "restore it, or have the protected branch list it under history.closed_registries",
    ),
    "anchor-broken": Rule(
        _CRITICAL,
        _BLOCKED,
        "Ids or tombstones that the anchor holds are gone.",
        "History was rewritten, or a clone lacks a part of it; ids that were known are not.",
        "find out who rewrote history, and restore it",
    ),
    "protected-rewritten": Rule(
        _CRITICAL,
        _BLOCKED,
        "The protected branch no longer contains its last verified tip.",
        "Rewriting the protected branch can remove revocations without any commit that says so.",
        "find out who rewrote the branch, and restore it",
    ),
    # what a range of commits changes
    "escalation": Rule(
        _WARNING,
        None,
        "A change lets a key do more, from more places, or for longer.",
        "It is what a reviewer must see first: more power than before.",
        "approve it if it is meant",
    ),
    "revocation": Rule(
        _INFO,
        None,
        "A commit revokes an id for ever.",
        "It can't be taken back, so a mistyped id matters.",
        "compare the id with the exchange's page before it is merged",
    ),
    "revocation-unmatched": Rule(
        _WARNING,
        None,
        "A commit revokes an id that nothing ever declared.",
        "A mistyped id kills nothing, and the key that was meant lives on.",
        "compare the id with the exchange's page, character by character",
    ),
    "tombstone-altered": Rule(
        _CRITICAL,
        _BLOCKED,
        "What is told of a revoked id is not what was told (law 2).",
        "The day and the reason of a revocation are evidence.",
        "put back what was written; add to `note`",
    ),
    "foreign-tombstone": Rule(
        _ERROR,
        _FAILED,
        "A change revokes the id of a key outside the file of that key.",
        "Revoking another team's id stops their trading; it has to be in the file that they own.",
        "revoke it in the file of its own key",
    ),
    "protected-removed": Rule(
        _ERROR,
        _FAILED,
        "A protected key is removed together with its protection.",
        "Protection would be worth nothing if one change could lift it and remove the key.",
        "remove the protection in a change of its own first",
    ),
    "policy-weakened": Rule(
        _ERROR,
        _FAILED,
        "A change makes the policy weaker than the protected branch has it.",
        "A change must not loosen the rules that it is judged by.",
        "change the policy on the protected branch, by itself",
    ),
    "policy-with-key": Rule(
        _ERROR,
        _FAILED,
        "Policy or a waiver changes together with a key that gains power.",
        "A looser policy and the key that needs it are two decisions, by two people.",
        "split the change",
    ),
    "account-dropped": Rule(
        _ERROR,
        _FAILED,
        "An account leaves the registry without being declared closed.",
        "Keys may still be alive on it, and nobody would look any more.",
        "declare it `closed`",
    ),
    "exchange-changed": Rule(
        _ERROR,
        _FAILED,
        "An account whose keys have ids is declared at another exchange.",
        "Its keys' ids belong to the exchange where they were issued.",
        "declare the other exchange's account by a name of its own",
    ),
    "unsigned": Rule(
        _ERROR,
        _FAILED,
        "A commit is not signed by anybody whom the base side lists.",
        "Without a signature that counts, anybody with push rights can write in somebody else's name.",
        "sign the commit, or have somebody sign who is listed",
    ),
    "signers-missing": Rule(
        _ERROR,
        _FAILED,
        "Nothing says whose signatures count, or nothing can verify them.",
        "Without a list of signers a signature proves nothing.",
        "add registry/allowed_signers on the protected branch",
    ),
    "base-unread": Rule(
        _ERROR,
        None,
        "A file of the base can't be read, so changes in it can't be told.",
        "What changed in the file can't be told, so nothing about it was reviewed.",
        "mend the file on the protected branch first",
    ),
    # live state
    "reactivated": Rule(
        _CRITICAL,
        _BLOCKED,
        "A revoked id is alive at the exchange (law 3).",
        "Whoever has the leaked secret can use it again, now.",
        "delete it at the exchange now",
    ),
    "credential-revoked": Rule(
        _CRITICAL,
        _BLOCKED,
        "keyctl was given a credential whose id is revoked.",
        "Whoever handed it out uses a key that was given up, perhaps because it leaked.",
        "give keyctl another credential, and find out who handed this one out",
    ),
    "credential-undeclared": Rule(
        _ERROR,
        _DIFFERENCES,
        "keyctl uses a credential that no key file declares.",
        "keyctl's own keys are keys too: they need an owner, an expiry and a reviewer.",
        "add a key file with owner: keyctl and this id",
    ),
    "credential-missing": Rule(
        _ERROR,
        _INCOMPLETE,
        "keyctl was given no credential for an account.",
        "Nothing can be said about an account that can't be asked.",
        "set the variables that the finding names",
    ),
    "credential-unusable": Rule(
        _ERROR,
        _FAILED,
        "The variables of a credential can't be meant as they are.",
        "A half-set credential would be used wrongly or not at all.",
        "set all of a credential's variables, or none",
    ),
    "credential-refused": Rule(
        _ERROR,
        _INCOMPLETE,
        "An exchange does not accept a credential of keyctl's own.",
        "Nothing can be said about an account that can't be asked.",
        "look at the key at the exchange",
    ),
    "credential-unchecked": Rule(
        _ERROR,
        _INCOMPLETE,
        "A credential could not be tried, or the answer does not say.",
        "Whether the credential works, and what it may do, is not known.",
        "run doctor again when the cause is mended",
    ),
    "credential-excess": Rule(
        _ERROR,
        _DIFFERENCES,
        "A credential of keyctl's own may do more than read.",
        "A tool that only reads should not hold a key that can do more: its machine may be compromised.",
        "take the other rights from it at the exchange",
    ),
    "credential-unrestricted": Rule(
        _WARNING,
        None,
        "A credential of keyctl's own may be used from any address.",
        "A stolen credential would work from anywhere.",
        "bind it to the runner's address",
    ),
    "credential-unused": Rule(
        _WARNING,
        None,
        "A variable is named like a credential, and nothing reads it.",
        "A secret that nothing needs is a secret that only a thief needs; often the name is mistyped.",
        "remove the variable, or correct its name",
    ),
    "own-credential-missing": Rule(
        _WARNING,
        None,
        "A key that only its own credential can describe, and keyctl has none.",
        "On such exchanges a key is described to nobody but itself.",
        "give keyctl the key's own credential, or have its holder run observe",
    ),
    "clock-offset": Rule(
        _WARNING,
        None,
        "This machine's clock differs from an exchange's.",
        "Exchanges refuse requests whose time is off, and judgements about days would be wrong.",
        "set the clock (NTP)",
    ),
    "missing": Rule(
        _ERROR,
        _DIFFERENCES,
        "A declared key does not exist at the exchange.",
        "Somebody deleted it outside of the registry, or it never was what the file says. An app may be failing.",
        "find out who deleted it, then revoke its id",
    ),
    "expired": Rule(
        _ERROR,
        _DIFFERENCES,
        "A key is alive after the last day that its file allows.",
        "The registry says that it should be dead, and it can still be used.",
        "delete it at the exchange, and revoke its id",
    ),
    "retiring-overdue": Rule(
        _ERROR,
        _DIFFERENCES,
        "A replaced id is alive after the day it should have been revoked.",
        "Two live ids are two chances to leak; the old one was to be gone.",
        "delete the old one at the exchange, and revoke its id",
    ),
    "drift": Rule(
        _ERROR,
        _DIFFERENCES,
        "A live key differs from its file.",
        "Somebody changed the key at the exchange, and nobody reviewed that.",
        "set the key back at the exchange, or have the file reviewed as it should be",
    ),
    "not-as-sent": Rule(
        _WARNING,
        _DIFFERENCES,
        "An exchange took a change, and a key is otherwise than was sent.",
        "What an exchange makes of a request by itself nobody reviewed; the next change may fare alike.",
        "look at the key on the exchange's page, and tell the exchange",
    ),
    "touched": Rule(
        _ERROR,
        _DIFFERENCES,
        "A key was changed since an earlier snapshot, and nothing says why.",
        "A key that was widened and set back looks the same as before; the exchange's log knows better.",
        "ask who did it; rotate the key if nobody knows",
    ),
    "pending-write-back": Rule(
        _ERROR,
        _DIFFERENCES,
        "A key was created, and its id is not in the registry yet.",
        "A live key whose id is not in the registry could be created twice.",
        "write its id into the file, or delete it at the exchange",
    ),
    "unmanaged": Rule(
        _ERROR,
        _DIFFERENCES,
        "A live key that no file declares.",
        "Nobody reviewed it, nobody knows its purpose, and nobody will rotate it.",
        "declare it with an owner ('exchange-keyctl adopt' begins its file), or delete it",
    ),
    "unissued": Rule(
        _WARNING,
        _DIFFERENCES,
        "A declared key that was not created yet.",
        "An app may be waiting for it; or the file is a leftover.",
        "create it at the exchange, or remove the file",
    ),
    "subaccount-undeclared": Rule(
        _ERROR,
        _DIFFERENCES,
        "The exchange lists a sub-account that nobody declared.",
        "Its keys are watched by nobody.",
        "declare it in registry/accounts.yaml",
    ),
    "account-incomplete": Rule(
        _ERROR,
        _INCOMPLETE,
        "An account could not be observed wholly.",
        "What was not seen is not in order: it is unknown.",
        "mend the cause, and reconcile again",
    ),
    "heartbeat": Rule(
        _WARNING,
        None,
        "No reconcile was complete for longer than it may be.",
        "A check that has silently stopped looks the same as one that finds nothing.",
        "look at the scheduled pipeline",
    ),
    "unobservable": Rule(
        _WARNING,
        _INCOMPLETE,
        "Nothing says whether a declared key exists.",
        "Unknown is not fine: the key may be gone, or wider than its file says.",
        "give keyctl what it needs to ask, or attest the key",
    ),
    "expires-early": Rule(
        _WARNING,
        None,
        "The exchange ends a key before the day that its file names.",
        "The app would stop on a day that nobody has in the calendar.",
        "do what keeps it alive, or write the earlier day into its file",
    ),
    "unobserved": Rule(
        _WARNING,
        None,
        "The exchange does not report some of a key's fields.",
        "What the exchange does not report was not compared; a person has to look.",
        "look at the exchange's page, and attest what it says",
        strict=_ERROR,
    ),
    "tombstone-unverified": Rule(
        _WARNING,
        None,
        "Nothing shows that a revoked id is dead.",
        "It was revoked in the registry, and nobody has seen that it is dead at the exchange.",
        "look at the exchange's page, and attest it once it is gone",
    ),
    "assumed": Rule(
        _INFO,
        None,
        "The exchange documents a field two ways; the worse one was assumed.",
        "The documentation contradicts itself; acting on the difference without a look could hurt a healthy key.",
        "look at the key at the exchange before acting",
        Confidence.MEDIUM,
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
