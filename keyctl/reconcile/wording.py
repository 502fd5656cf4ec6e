"""The sentences of a reconcile: for each finding what is, what should be, and what to do next."""

from __future__ import annotations

from datetime import datetime

from keyctl.model.account import Account
from keyctl.model.attestation import Attestation
from keyctl.model.change import Change, Value
from keyctl.model.finding import Risk
from keyctl.model.identifier import Identifier
from keyctl.model.key import Key
from keyctl.model.live import AccountSnapshot, Assumption, LiveKey, SubAccount
from keyctl.model.names import AccountName
from keyctl.model.observed import Known
from keyctl.model.scopes import in_order
from keyctl.model.times import end_of, instant
from keyctl.model.tombstone import Tombstone
from keyctl.reconcile import labels

Words = tuple[str, str]
"""A message and its remedy."""


def incomplete(seen: AccountSnapshot) -> Words:
    """An account that could not be observed wholly; the reader's own error says why and what to do."""
    return (
        f"account {seen.account} could not be observed: {seen.error or 'no reason was given'}",
        "mend the cause and reconcile again; until then nothing on this account counts as in sync or as missing",
    )


def undeclared_subaccount(seen: AccountSnapshot, listed: SubAccount, closed: Account | None) -> Words:
    """A sub-account that the parent lists and the registry does not have, or has as closed."""
    name = f"sub-account {listed.uid} ({listed.name})" if listed.name else f"sub-account {listed.uid}"
    if closed is not None:
        return (
            f"{name} of {seen.account} is declared closed as {closed.name}, and {seen.exchange} still lists it",
            "close it at the exchange, or take `closed` out of registry/accounts.yaml",
        )
    return (
        f"{seen.exchange} lists {name} under {seen.account}, and registry/accounts.yaml does not declare it",
        f"declare it, so that its keys are watched: with parent: {seen.account} and subaccount: '{listed.uid}', or, if"
        f" only a credential of its own reads it, with uid: '{listed.uid}' and no parent",
    )


def revoked_credential(account: Account, credential: Identifier, tombstone: Tombstone) -> Words:
    """keyctl was handed a credential that is dead for ever."""
    return (
        f"the credential given for {account.name} has id {credential.display}, "
        f"which is revoked ({_life(tombstone)}); it was not used",
        "give keyctl another credential for this account, and find out who handed out the revoked one",
    )


def undeclared_credential(account: Account, credential: Identifier, holder: Key | None) -> Words:
    """keyctl's own credential has to be a declared key of owner keyctl."""
    if holder is not None:
        return (
            f"keyctl reads {account.name} with the id of key {holder.name}, whose owner is {holder.owner}",
            "give keyctl a key of its own (owner: keyctl): one key serves one app",
        )
    return (
        f"keyctl reads {account.name} with id {credential.display}, which no key file declares",
        f"add a key file with account: {account.name}, owner: keyctl and this id ({credential.fingerprint})",
    )


def pending(key: Key, identifier: Identifier) -> Words:
    """A live key carries the marker of a key's next id, which its file does not have."""
    return (
        f"{key.name} was created on {key.account} as {identifier.display}, and its file does not say so yet",
        "merge what apply wrote back; where that is lost, run 'exchange-keyctl apply': it writes the id into"
        f" {key.place.path} again if the secret was delivered, and else deletes the key",
    )


def unissued(key: Key) -> Words:
    """Declared, never created; or to be created again."""
    why = "is to be issued again" if key.reissue else "was never issued"
    return (
        f"{key.name} is declared for {key.account} and {why}",
        f"create it at the exchange with exactly these rights and write its id into {key.place.path}",
    )


def missing(key: Key, account: Account) -> Words:
    """Declared and certainly not there. Creating it again is never the remedy."""
    return (
        f"{key.name} ({_id(key)}) does not exist on {account.name} any more",
        "find out who deleted it, then move its id to `revoked`; issue another if the app still needs one",
    )


def unobservable(key: Key, seen: AccountSnapshot, identifier: Identifier) -> Words:
    """Nothing says whether it exists."""
    silent = any(row.fingerprint == identifier.fingerprint and not row.askable for row in seen.unanswered)
    if identifier != key.identifier:
        remedy = "look at the exchange's own page; once it is gone, list it under revoked and attest that it is dead"
    elif silent:
        remedy = f"give keyctl what it needs to ask, or look at the exchange's own page, then: {_attest(key)}"
    else:
        remedy = "give keyctl what it needs to ask, or look at the exchange's own page"
    return (
        f"nothing shows whether {key.name} ({identifier.display}) exists on {key.account}: {_why(seen, identifier)}",
        remedy,
    )


def vouched(key: Key, identifier: Identifier, attested: Attestation) -> Words:
    """The same, and a person's word stands in."""
    return (
        f"nothing shows whether {key.name} ({identifier.display}) exists on {key.account}; {attested}",
        "nothing to do until the attestation is too old",
    )


def unattested(key: Key, fields: tuple[str, ...]) -> Words:
    """A person saw that it is there, and did not look at everything."""
    return (
        f"nothing shows {' and '.join(fields)} of {key.name}, and its attestation is not about that",
        f"look at these fields on the exchange's own page, then: {_attest(key)}",
    )


def unobserved(key: Key, account: Account, fields: tuple[str, ...]) -> Words:
    """Some fields of a live key are not reported."""
    return (
        f"{account.exchange} does not report {' and '.join(fields)} of {key.name}; the rest was compared",
        f"look at these fields on the exchange's own page, then: {_attest(key)}",
    )


def assumed(key: Key, assumption: Assumption, *, doubtful: bool) -> Words:
    """An assumption that took part in a difference, or, where that is ``doubtful``, that alone makes one."""
    remedy = "look at the key on the exchange's own page before acting on the difference"
    if doubtful:
        remedy = (
            f"look at the key on the exchange's own page; if {assumption.field} are as its file says:"
            f" {_attest(key)} --field {assumption.field}; until then each apply sets them again"
        )
    return f"{key.name}: {assumption.words}", remedy


def not_as_sent(key: Key, account: Account, change: Change) -> Words:
    """A field that an exchange has otherwise than it was told."""
    return (
        f"{account.exchange} was told that {change.field} of {key.name} are to be {_shown(change.desired)}, and says"
        f" {_shown(change.live)}",
        "look at the key on the exchange's own page, and tell the exchange; 'exchange-keyctl plan' shows what is left",
    )


def drifted(key: Key, account: Account, change: Change) -> Words:
    """One field that differs."""
    where = f"{key.name} on {account.name}"
    change_name = change.field.rpartition(".")[2]
    subject = f"the retiring id of {where}" if change.field.startswith("retiring.") else where
    live, desired = _set(change.live), _set(change.desired)
    more, less = [v for v in live if v not in desired], [v for v in desired if v not in live]
    undo = f"set it back at the exchange to {_shown(change.desired)}, and find out who changed it"
    match change_name:
        case "account":
            message = f"{key.name} is declared on {change.desired} and lives on {change.live}"
            return message, f"correct `account` in {key.place.path}, or revoke the id if nobody knows why it is there"
        case "scopes":
            said = _more_and_less(more, less, "gained", "lost")
            return f"scopes of {subject}: {said} (declared: {_shown(change.desired)})", undo
        case "ips":
            said = _more_and_less(more, less, "allows also", "no longer allows")
            if "any" in live:
                said = "may be used from any address"
            return f"IP list of {subject}: {said} (declared: {_shown(change.desired)})", undo
        case "enabled":
            if change.risk is Risk.ESCALATION:
                return f"{subject} is enabled, and its file says disabled: true", "disable it at the exchange"
            return (
                f"{subject} is disabled, expired or frozen at the exchange",
                "find out why; issue another, or revoke this id",
            )
        case _:
            return (
                f"{change_name} of {subject}: live {_shown(change.live)}, declared {_shown(change.desired)}",
                undo,
            )


def expired(key: Key, account: Account, now: datetime) -> Words:
    """Past its last day, and alive."""
    assert key.expires is not None
    days = (now - end_of(key.expires)).days
    ago = f"{days} days ago" if days > 1 else "within the last two days"
    return (
        f"{key.name} expired on {key.expires} ({ago}) and is alive on {account.name}",
        "delete it at the exchange and revoke its id; or, if it is still needed, renew `expires` in a merge request",
    )


def ends_early(key: Key, account: Account, moment: datetime, why: str, now: datetime) -> Words:
    """The exchange ends it before its file does."""
    declared = f"its file says {key.expires}" if key.expires else "its file names no last day"
    verb = "ended" if moment <= now else "ends"
    return (
        f"{account.exchange} {verb} {key.name} at {instant(moment)}, and {declared}: {why}",
        "rotate it before that, or remove the cause",
    )


def retiring_overdue(key: Key, account: Account) -> Words:
    """The replaced id should be dead by now."""
    assert key.retiring is not None
    return (
        f"the retiring id {key.retiring.identifier.display} of {key.name} is alive on {account.name}; "
        f"it should have been revoked by {key.retiring.until}",
        f"delete it at the exchange and move it to `revoked` in {key.place.path}",
    )


def unmanaged(account: Account, live: LiveKey) -> Words:
    """Alive and declared nowhere."""
    rights = f"scopes {', '.join(in_order(live.scopes.value))}" if isinstance(live.scopes, Known) else "unknown scopes"
    if isinstance(live.ips, Known):
        places = "from any address" if live.ips.value.unrestricted else f"from {live.ips.value}"
    else:
        places = "from unknown addresses"
    return (
        f"{live.identifier.display}{_label(live)} is alive on {account.name} with {rights}, {places}; "
        "no key file declares it",
        f"find its owner and declare it ('exchange-keyctl adopt' begins its file), or delete it at the exchange and"
        f" revoke {live.identifier.fingerprint}",
    )


def reactivated(account: Account, live: LiveKey, tombstone: Tombstone) -> Words:
    """The loudest finding: a revoked id is alive."""
    whose = f" of {tombstone.key}" if tombstone.key else ""
    spelt = "" if live.identifier == tombstone.identifier else ", spelt with other letter case"
    return (
        f"revoked id {live.identifier.display}{_label(live)}{whose} is ALIVE on {account.name}{spelt} "
        f"({_life(tombstone)})",
        f"delete {_full(live.identifier)} on {_login(account)} at {account.exchange} now, "
        "then find out who brought it back and what it did since",
    )


def revoked_stranger(account: Account, live: LiveKey, tombstone: Tombstone) -> Words:
    """The same to who asks for a key's file: there is none for what is dead. The key is named before it."""
    spelt = "" if live.identifier == tombstone.identifier else ", spelt with other letter case"
    whose = f" as an id of {tombstone.key}" if tombstone.key else ""
    return (
        f"ALIVE, and revoked for ever{whose}{spelt} ({_life(tombstone)})",
        f"exchange-keyctl revoke --id {live.identifier.fingerprint} --reason TEXT; or delete it on {_login(account)} in"
        f" the page of {account.exchange} now; then find out who brought it back and what it did since",
    )


def unverified(tombstone: Tombstone, accounts: list[AccountName]) -> Words:
    """Nothing shows that it is dead."""
    whose = f" of {tombstone.key}" if tombstone.key else ""
    return (
        f"nothing shows that the revoked id {tombstone.identifier.display}{whose} is dead: "
        f"{', '.join(accounts)} can't be enumerated",
        "look at the exchange's own page; once it is gone: "
        f"exchange-keyctl attest --dead {tombstone.identifier.fingerprint} --evidence TEXT",
    )


def _why(seen: AccountSnapshot, identifier: Identifier) -> str:
    reason = next((row.reason for row in seen.unanswered if row.fingerprint == identifier.fingerprint), None)
    return reason or (
        "the account could not be observed" if seen.error else f"{seen.exchange} can't list this account's keys"
    )


def _attest(key: Key) -> str:
    return f"exchange-keyctl attest {key.name} --evidence TEXT"


def _id(key: Key) -> str:
    return key.identifier.display if key.identifier else "no id"


def _full(identifier: Identifier) -> str:
    return identifier.display if identifier.text is None else f"{identifier.display} ({identifier.fingerprint})"


def _login(account: Account) -> str:
    return f"sub-account {account.subaccount} ({account.name})" if account.subaccount else f"account {account.name}"


def _life(tombstone: Tombstone) -> str:
    when = f"revoked on {tombstone.on}" if tombstone.on else "revoked"
    why = f", {tombstone.reason}" if tombstone.reason else ""
    return f"{when}{why}; {tombstone.origin}"


def _set(value: Value) -> tuple[str, ...]:
    return value if isinstance(value, tuple) else ()


def _shown(value: Value) -> str:
    if value is None:
        return "none"
    return ", ".join(_short(item) for item in value) if isinstance(value, tuple) else str(value)


def _short(network: str) -> str:
    """A network of one address without its prefix length; anything else as it is."""
    return network.removesuffix("/32") if "." in network else network.removesuffix("/128")


def _more_and_less(more: list[str], less: list[str], gained: str, lost: str) -> str:
    parts = [f"{gained} {', '.join(map(_short, more))}"] if more else []
    parts += [f"{lost} {', '.join(map(_short, less))}"] if less else []
    return ", ".join(parts) or "differ"


def _label(live: LiveKey) -> str:
    """The label as somebody typed it at the exchange, with care."""
    told = labels.shown(live, ())
    if told is None:
        return ""
    return f" {told}" if labels.concealed(live, ()) else f" ({told!r})"
