"""``revoke``: kill keys now, have their exchanges confirm it, and list their ids for ever.

It waits for nothing: not for a clean tree, a valid registry, other accounts, or anybody else's lock. Whatever the
exchange says, the id is listed: what is alive then is the loudest finding there is, until it is dead.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from secrets import token_hex

from keyctl.acting.doing import Doing
from keyctl.acting.hands import Hands
from keyctl.acting.journal import Event, Journal, folder_of
from keyctl.acting.killing import kill
from keyctl.acting.narrowing import row_of
from keyctl.acting.reach import Unreachable
from keyctl.acting.writing import Place, Sent, write
from keyctl.acting.writing_back import Entry, edited, unwritten
from keyctl.exchanges.errors import ExchangeError
from keyctl.exchanges.writing import NotSent
from keyctl.history.git import Git, GitError, NotARepository, discover
from keyctl.history.remote import Remote, remote_of
from keyctl.model.application import Application, Verb
from keyctl.model.attempt import Attempt, Outcome
from keyctl.model.finding import ExitReason, Risk
from keyctl.model.identifier import Identifier
from keyctl.model.key import NEVER_ISSUED
from keyctl.model.names import AccountName, AppName, KeyName
from keyctl.model.plan import Action, Op
from keyctl.model.refusal import Refusal
from keyctl.model.registry import Registry
from keyctl.reconcile.desired import Desired, read_desired
from keyctl.registry.admission import unknown
from keyctl.registry.edit import EditRefused
from keyctl.registry.files import KEYS
from keyctl.registry.reader import YamlError
from keyctl.registry.recording import Death, with_death, with_tombstone
from keyctl.registry.references import ACCOUNTS, APPS

REVOKED = "registry/revoked.yaml"


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to die: a key's ids, one id, all of an app's or an account's keys; ``account`` beside ``identifier`` says
    where an id is that no file holds. ``freeze`` asks for the sub-accounts to be frozen too."""

    reason: str
    key: KeyName | None = None
    identifier: Identifier | None = None
    app: AppName | None = None
    account: AccountName | None = None
    freeze: bool = False
    commit: bool = False
    push: bool = False


def revoke(root: Path, wish: Wish, hands: Hands, confirmed: Callable[[Collection[Action]], bool]) -> Application:
    """Raises Refusal where it is not clear what is meant, and nothing was done. ``confirmed`` is asked where several
    keys are to die."""
    desired = read_desired(root, environ=hands.environ, cached=False, progress=hands.commits)
    registry = desired.registry or desired.readable
    actions = list(dict.fromkeys(_actions(registry, wish)))
    if not actions:
        raise Refusal("there is nothing to revoke", "see 'exchange-keyctl status', and name what is meant")
    if len(actions) > 1 and not confirmed(actions):
        raise Refusal("that was not confirmed, so nothing was revoked", "run it again, or with --yes")
    return carry_out(root, desired, actions, Verb.REVOKE, wish, hands)


def carry_out(
    root: Path,
    desired: Desired,
    actions: Sequence[Action],
    verb: Verb,
    wish: Wish,
    hands: Hands,
    check: Callable[[Doing], Awaitable[None]] | None = None,
) -> Application:
    """Kill, and write it down. ``check`` is asked before, and raises Refusal."""
    registry = desired.registry or desired.readable
    git = _repository(root, hands)
    run = f"{hands.clock():%Y%m%dT%H%M%SZ}-{token_hex(3)}"
    folder = folder_of(git.common if git is not None else root, hands.environ)
    journal = Journal.begin(folder, run, hands.clock, hands.redactor())
    journal.note(Event.BEGUN, actions=[row_of(action) for action in actions])
    notes: list[str] = []
    doing = hands.doing(registry, desired.tombstones, journal)
    try:
        attempts, frozen = asyncio.run(_killed(doing, actions, wish, notes, check))
    except Refusal:
        journal.note(Event.ENDED)
        raise
    today = hands.clock().date()
    head = desired.history.commit if desired.history is not None else git.head if git is not None else None
    given = list(_entries(registry, attempts, wish, today))
    texts = _texts(desired)
    if wish.commit and git is not None and head is not None:
        texts |= _committed(git, head, {entry.path for entry in given})
    files, written = edited(texts, given)
    failed = any(one.why_not for one in written) or any(one.outcome is not Outcome.DONE for one in attempts)
    failed |= not frozen
    sent = Sent()
    if files:
        journal.note(Event.WRITING, files=sorted(files))
        remote = _remote(git, desired, hands)
        place = Place(
            root, git, head, remote, hands.author, wish.commit, wish.push, git.common / "keyctl" if git else None
        )
        try:
            sent = write(place, verb, files, written, run, None, hands.clock())
        except (GitError, Refusal) as error:
            failed = True
            written = unwritten(written)
            notes.append(f"what was revoked could not be written down: {error}; run it again, or write it by hand")
        journal.note(Event.WRITTEN, files=sorted(files), commit=sent.commit)
    journal.note(Event.ENDED)
    return Application(
        verb,
        run,
        hands.clock(),
        attempts,
        written,
        (ExitReason.FAILED,) if failed else (),
        None,
        sent.commit,
        sent.branch,
        sent.pushed,
        (*notes, *([sent.note] if sent.note else [])),
    )


def _actions(registry: Registry, wish: Wish) -> Iterator[Action]:
    """Every living id that is meant, and every revoked one that nothing confirms as dead yet. Where there is neither,
    every revoked one: somebody asks because it may have come back."""
    if wish.key is not None and wish.key not in registry.keys:
        raise unknown("key", wish.key, registry.keys, KEYS)
    if wish.app is not None and wish.app not in registry.apps:
        raise unknown("app", wish.app, registry.apps, APPS)
    if wish.account is not None and wish.account not in registry.accounts:
        raise unknown("account", wish.account, registry.accounts, ACCOUNTS)
    if wish.identifier is not None:
        yield _of_identifier(registry, wish, wish.identifier)
        return
    keys = [
        key
        for key in registry.keys.values()
        if wish.key in (None, key.name) and wish.app in (None, key.owner) and wish.account in (None, key.account)
    ]
    meant = [(key, one) for key in keys for one in (*key.living, *key.unconfirmed)]
    meant = meant or [(key, dead.identifier) for key in keys for dead in key.revoked if dead.reason != NEVER_ISSUED]
    yield from (death_of(key.account, key.name, one, wish.reason) for key, one in meant)


def _of_identifier(registry: Registry, wish: Wish, meant: Identifier) -> Action:
    for key in registry.keys.values():
        for identifier in (*key.living, *(dead.identifier for dead in key.revoked)):
            if identifier == meant:
                if wish.account not in (None, key.account):
                    raise Refusal(
                        f"{meant.display} is an id of {key.name}, whose file says that it is at {key.account}",
                        "leave out --account; if it lives at another one too, 'exchange-keyctl reconcile' shows it",
                    )
                known = identifier if meant.text is None else meant
                return death_of(key.account, key.name, known, wish.reason)
    if wish.account is None:
        raise Refusal(
            f"no key file holds the id {meant.display}, so nothing says at which account it is",
            "say it with --account; 'exchange-keyctl reconcile' lists the keys that nobody declared",
        )
    return death_of(wish.account, None, meant, wish.reason)


def death_of(account: AccountName, key: KeyName | None, identifier: Identifier, reason: str) -> Action:
    """The action that kills an id."""
    return Action(Op.DELETE, key, account, identifier, reason, Risk.REDUCTION, kills=True)


async def _killed(
    doing: Doing,
    actions: Sequence[Action],
    wish: Wish,
    notes: list[str],
    check: Callable[[Doing], Awaitable[None]] | None,
) -> tuple[tuple[Attempt, ...], bool]:
    frozen = [True]
    async with doing.reach:
        if check is not None:
            await check(doing)
        if wish.freeze:
            accounts = sorted({one.account for one in actions})
            frozen = await asyncio.gather(*(_frozen(doing, name, notes) for name in accounts))
        return await kill(doing, actions), all(frozen)


async def _frozen(doing: Doing, name: AccountName, notes: list[str]) -> bool:
    try:
        way = await doing.reach.way(name)
        await way.writer.freeze(way.transport, way.called)
        notes.append(f"{name} is frozen: only a person can unfreeze it, in the exchange's web page")
        return True
    except (Unreachable, NotSent, ExchangeError) as error:
        notes.append(f"{name} was not frozen: {error}")
        return False


def _entries(registry: Registry, attempts: tuple[Attempt, ...], wish: Wish, today: date) -> Iterator[Entry]:
    """Every id is listed, dead or not; but one that keyctl itself uses is left to people, who replace it first."""
    for attempt in attempts:
        action = attempt.action
        assert action.identifier is not None
        done = attempt.outcome is Outcome.DONE
        if attempt.outcome is Outcome.NOT_TRIED:
            continue
        death = Death(action.identifier, today, wish.reason, today if done else None)
        what = "revoked, confirmed dead" if done else "revoked"
        key = registry.keys.get(action.key) if action.key is not None else None
        if key is not None:
            yield Entry(key.place.path, key.name, what, action.identifier, _edit(death))
        else:
            exchange = registry.accounts[action.account].exchange
            yield Entry(REVOKED, None, what, action.identifier, _listed(replace(death, exchange=exchange)))


def _edit(death: Death) -> Callable[[bytes], bytes]:
    return lambda data: _readably(with_death, data, death)


def _listed(death: Death) -> Callable[[bytes], bytes]:
    return lambda data: _readably(with_tombstone, data or b"revoked: []\n", death)


def _readably(edit: Callable[[bytes, Death], bytes], data: bytes, death: Death) -> bytes:
    try:
        return edit(data, death)
    except YamlError as error:
        unread = str(error)
    raise EditRefused(f"the file can't be read: {unread}; write the entry by hand")


def _texts(desired: Desired) -> dict[str, bytes]:
    return {REVOKED: b"", **desired.texts}


def _committed(git: Git, head: str, paths: Collection[str]) -> dict[str, bytes]:
    """Files as the commit has them that is added to: what somebody edits in the work tree is no part of it."""
    found: dict[str, bytes] = {}
    for path in paths:
        try:
            found[path] = git.output("cat-file", "blob", f"{head}:{git.prefix}{path}")
        except GitError:
            continue  # it is new in the work tree
    return found


def _repository(root: Path, hands: Hands) -> Git | None:
    try:
        return discover(root, hands.environ)
    except (NotARepository, GitError):
        return None


def _remote(git: Git | None, desired: Desired, hands: Hands) -> Remote | None:
    ref = desired.history.protected_ref if desired.history is not None else None
    return remote_of(git, ref or "refs/heads/main", hands.environ) if git is not None else None
