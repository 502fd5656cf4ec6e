"""``keyctl attest``."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from keyctl.cli.options import RegistryOption, day_of
from keyctl.cli.roots import registry_root
from keyctl.model.refusal import Refusal

if TYPE_CHECKING:
    from keyctl.model.attestation import Attestation
    from keyctl.model.key import Key, Revocation
    from keyctl.model.names import KeyName
    from keyctl.model.registry import Registry

LONGEST = 200
"""The most characters of evidence, and of who looked."""


def attest(
    evidence: Annotated[
        str, typer.Option("--evidence", metavar="TEXT", help="What shows it, on one line, such as a ticket's number.")
    ],
    key: Annotated[
        str | None, typer.Argument(metavar="[KEY]", help="The key that somebody looked at.", show_default=False)
    ] = None,
    account: Annotated[
        str | None,
        typer.Option(
            "--account",
            metavar="A",
            help="This account's second factor and e-mail address instead.",
            show_default=False,
        ),
    ] = None,
    dead: Annotated[
        str | None,
        typer.Option(
            "--dead",
            metavar="ID",
            help="That this revoked id, or the one with this fingerprint, is dead.",
            show_default=False,
        ),
    ] = None,
    by: Annotated[
        str | None, typer.Option("--by", metavar="NAME", help="Who looked; else git's identity.", show_default=False)
    ] = None,
    on: Annotated[
        str | None, typer.Option("--on", metavar="DAY", help="When; else today (UTC).", show_default=False)
    ] = None,
    field: Annotated[
        list[str] | None,
        typer.Option(
            "--field",
            metavar="F",
            help="What of the key: exists, scopes, ips, enabled or expires; repeatable; else all.",
            show_default=False,
        ),
    ] = None,
    registry: RegistryOption = None,
) -> None:
    """Write down that a person looked, and vouches for what no API shows. It goes stale. No commit is made."""
    from keyctl.model.attestation import FIELDS, Attestation
    from keyctl.registry.load import load

    if account is not None and (key is not None or dead is not None):
        raise typer.BadParameter("name a key or an account, not both")
    if account is None and key is None and dead is None:
        raise typer.BadParameter("name a key, an account with --account, or a revoked id with --dead")
    if field and (account is not None or dead is not None):
        raise typer.BadParameter("--field is for keys")
    if by is not None and dead is not None:
        raise typer.BadParameter("--by is for keys and accounts; who confirms a death is told by the commit")
    fields = tuple(name for name in FIELDS if name in (field or ()))
    if unknown := sorted(set(field or ()) - set(FIELDS)):
        raise typer.BadParameter(f"--field: {unknown[0]!r} is none of {', '.join(FIELDS)}")
    today = datetime.now(UTC).date()
    day = _day(on, today)
    root = registry_root(registry)
    declared = load(root).registry
    if declared is None:
        raise Refusal("the registry is not valid", "mend what 'exchange-keyctl validate' finds first")
    told = _line(evidence, "--evidence", declared)
    if dead is not None:
        _confirm(root, declared, key, dead, day, told)
        return
    attested = Attestation(day, _who(by, root, declared), told, fields)
    if account is not None:
        _account(root, declared, account, attested, today)
    elif key is not None:
        _key(root, declared, key, attested, today)


def _key(root: Path, declared: Registry, name: str, attested: Attestation, today: date) -> None:
    from dataclasses import replace

    from keyctl.model.names import KeyName
    from keyctl.model.vouching import key_fault, key_state
    from keyctl.policy.rules.attestation_stale import oldest
    from keyctl.registry.admission import unknown
    from keyctl.registry.attesting import with_attestation
    from keyctl.registry.canonical import key_fields
    from keyctl.registry.files import KEYS

    key = declared.keys.get(KeyName(name))
    if key is None:
        raise unknown("key", name, declared.keys, KEYS)
    _check_alive(key, declared, today)
    attested = replace(attested, state=key_state(key, attested.looked_at))
    days = oldest(declared.policy, declared.accounts[key.account].exchange, key)
    _check(f"{name}: an attestation that", key_fault(replace(key, attested=attested), today, days))
    _write(root, key.place.path, lambda data: with_attestation(data, (), attested, key_fields()))
    sys.stdout.write(f"{name}: {attested}  {key.place.path}\n")


def _account(root: Path, declared: Registry, name: str, attested: Attestation, today: date) -> None:
    from dataclasses import replace

    from keyctl.model.names import AccountName
    from keyctl.model.vouching import account_fault, account_state
    from keyctl.policy.rules.account_unattested import oldest
    from keyctl.registry.admission import unknown
    from keyctl.registry.attesting import with_attestation
    from keyctl.registry.canonical import account_fields
    from keyctl.registry.references import ACCOUNTS

    account = declared.accounts.get(AccountName(name))
    if account is None:
        raise unknown("account", name, declared.accounts, ACCOUNTS)
    if account.closed is not None:
        raise Refusal(f"account {name!r} was closed on {account.closed.on}", "name another account")
    if account.two_factor is None and account.email is None:
        raise Refusal(
            f"account {name!r} says nothing that could be attested", f"write two_factor or email into {ACCOUNTS} first"
        )
    attested = replace(attested, state=account_state(account))
    days = oldest(declared.policy, account)
    _check(f"{name}: an attestation that", account_fault(replace(account, attested=attested), today, days))
    _write(root, ACCOUNTS, lambda data: with_attestation(data, (name,), attested, account_fields()))
    sys.stdout.write(f"{name}: {attested}  {ACCOUNTS}\n")


def _confirm(root: Path, declared: Registry, key: str | None, dead: str, day: date, told: str) -> None:
    from keyctl.registry.attesting import with_confirmation

    whose, entry = _tombstone(declared, key, dead)
    if day < entry.on:
        raise Refusal(
            f"{entry.identifier.display} was revoked on {entry.on}, and a look on {day} says nothing of it since",
            "look again, and name that day",
        )
    note = told if entry.note is None else None
    path = entry.place.path
    _write(root, path, lambda data: with_confirmation(data, entry.place.pointer, day, note))
    named = f"{whose}: " if whose else ""
    sys.stdout.write(f"{named}revoked id {entry.identifier.display} is dead, confirmed on {day}: {told}  {path}\n")
    if note is None:
        sys.stderr.write("its note stays as it is; put the evidence into the commit's message\n")


def _tombstone(declared: Registry, key: str | None, dead: str) -> tuple[KeyName | None, Revocation]:
    """The entry that is meant, with its key where it stands in a key's file. Raises Refusal."""
    from keyctl.model.identifier import Identifier, IdentifierError
    from keyctl.model.names import KeyName
    from keyctl.registry.admission import unknown
    from keyctl.registry.files import KEYS

    if key is not None and KeyName(key) not in declared.keys:
        raise unknown("key", key, declared.keys, KEYS)
    try:
        meant = Identifier.parse(dead)
    except IdentifierError as error:
        raise Refusal(f"--dead: {error}", "copy the id from the registry") from None
    entries: list[tuple[KeyName | None, Revocation]] = [
        (one.name, entry) for one in declared.keys.values() for entry in one.revoked
    ]
    entries += [(None, entry) for entry in declared.revoked]
    found = [(whose, entry) for whose, entry in entries if entry.identifier == meant]
    if not found:
        living = any(meant in one.living for one in declared.keys.values())
        raise Refusal(
            f"{meant.display} is a living id, and not revoked" if living else f"no id {meant.display} is revoked here",
            "delete it at the exchange and list it under revoked first" if living else "correct the id",
        )
    here = [(whose, entry) for whose, entry in found if key is None or whose in (key, None)]
    if not here:
        whose, _ = found[0]
        raise Refusal(f"{meant.display} is a revoked id of {whose}, not of {key}", f"name {whose}")
    waiting = [(whose, entry) for whose, entry in here if entry.confirmed is None]
    if not waiting:
        _, entry = here[0]
        raise Refusal(f"{meant.display} is confirmed as dead since {entry.confirmed}", "nothing is left to do")
    return waiting[0]


def _check_alive(key: Key, declared: Registry, today: date) -> None:
    """There is something to look at: an id that may live. Raises Refusal."""
    closed = declared.accounts[key.account].closed
    if closed is not None:
        raise Refusal(f"{key.name}: account {key.account!r} was closed on {closed.on}", "name another key")
    if key.identifier is None:
        raise Refusal(
            f"{key.name} has no id, so nobody can have seen it",
            "write its id first; a revoked one is attested with --dead",
        )
    if declared.tombstones().find(key.identifier):
        raise Refusal(f"{key.name}: its id is revoked for ever", "attest that it is dead, with --dead")
    if key.expires is not None and key.expires < today:
        raise Refusal(
            f"{key.name} expired on {key.expires}; that somebody saw it is no excuse",
            "delete it at the exchange, list its id under revoked, and attest that with --dead",
        )


def _check(subject: str, fault: str | None) -> None:
    if fault is not None:
        raise Refusal(f"{subject} {fault} does not hold; nothing was written", "look again, and name that day")


def _write(root: Path, path: str, edit: Callable[[bytes], bytes]) -> None:
    from keyctl.registry.edit import EditRefused
    from keyctl.registry.files import FileRefused, read_file
    from keyctl.registry.saving import save

    try:
        data = edit(read_file(root, path))
    except (EditRefused, FileRefused) as error:
        raise Refusal(f"{path}: {error}; nothing was changed", "edit that file by hand") from None
    save(root, path, data)


def _day(given: str | None, today: date) -> date:
    if given is None:
        return today
    day = day_of(given, "--on")
    if day > today:
        raise typer.BadParameter(f"--on: {given} has not come; today is {today} (UTC)")
    return day


def _who(given: str | None, root: Path, declared: Registry) -> str:
    from keyctl.cli.identity import person

    if given is not None:
        return _line(given, "--by", declared)
    known = person(root)
    if known is None:
        raise Refusal(
            "nothing says who looked: git knows neither your name nor your address",
            "say it with --by, or set git's user.name and user.email",
        )
    return _line(known, "git's identity", declared)


def _line(given: str, option: str, declared: Registry) -> str:
    """A text as files take it. One that looks like a secret is refused, and not repeated."""
    from keyctl.model.finding import Confidence
    from keyctl.policy.secrets import find

    text = given.strip()
    if not text or not text.isprintable() or len(text) > LONGEST:
        raise typer.BadParameter(f"{option} is one line of 1 to {LONGEST} characters")
    keys = declared.keys.values()
    ids = [*(one for key in keys for one in key.living), *(stone.identifier for stone in declared.tombstones())]
    known = {one.text for one in ids if one.text is not None}
    for hit in find(text, identifiers=known):
        if hit.confidence is not Confidence.LOW:
            raise Refusal(
                f"{option} holds what looks like {hit.what}; nothing was written",
                "say where it can be looked up; if it is a secret, it was typed where others may read it: replace it",
            )
    return text
