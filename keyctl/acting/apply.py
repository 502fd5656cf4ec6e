"""``apply``: the plan, made anew from what was merged, carried out, written back, and looked at once more."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from itertools import chain
from pathlib import Path
from secrets import token_hex

from keyctl.acting.brakes import held_up
from keyctl.acting.doing import Doing
from keyctl.acting.findings import not_as_sent
from keyctl.acting.gate import Passed, check_laws, check_merged, check_reviewed
from keyctl.acting.hands import Hands
from keyctl.acting.journal import Event, Journal, folder_of, unfinished
from keyctl.acting.journal import delivered as arrived_by
from keyctl.acting.lock import Lock
from keyctl.acting.narrowing import Keeps, name_of, of_plan, of_record, only_reductions, row_of
from keyctl.acting.writing import Place, Sent, write
from keyctl.acting.writing_back import Entry, edited, entries, unwritten
from keyctl.history.git import GitError
from keyctl.history.remote import APPLIED, Rejected
from keyctl.model.account import Mode
from keyctl.model.application import Application, Verb
from keyctl.model.attempt import Attempt, Outcome
from keyctl.model.comparison import Comparison, Status
from keyctl.model.finding import ExitReason, Risk, Severity, in_order
from keyctl.model.identifier import Fingerprint, Identifier
from keyctl.model.live import Snapshot
from keyctl.model.names import AccountName, KeyName
from keyctl.model.plan import Action, Op
from keyctl.model.refusal import Refusal
from keyctl.model.registry import Registry
from keyctl.model.tombstone import Tombstones
from keyctl.policy import catalogue as policy
from keyctl.reconcile import run
from keyctl.reconcile.desired import Desired, read_desired
from keyctl.reconcile.narrowing import Narrowing
from keyctl.registry.load import load_documents
from keyctl.secrets.sinks.sink import SinkError, parcel_name


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the person or the pipeline asked for."""

    only: Narrowing = field(default_factory=Narrowing)
    saved: Path | None = None
    only_reductions: bool = False
    resume: bool = False
    yes: bool = False
    allow_deletes: Mapping[AccountName, int] = field(default_factory=dict)
    allow_changes: Mapping[AccountName, int] = field(default_factory=dict)
    accepted: Collection[str] = ()
    require_signed: bool = False
    take_lock: str | None = None
    commit: bool = False
    push: bool = False
    protected: str | None = None
    anchor: Path | None = None


def apply(root: Path, wishes: Wishes, hands: Hands) -> Application:
    """Do what was merged. Raises Refusal where nothing was done."""
    return begun(Applying, root, wishes, hands)


def begun(kind: type[Applying], root: Path, wishes: Wishes, hands: Hands) -> Application:
    """A run of some kind, if this checkout may act, and under the lock. Raises Refusal where nothing was done."""
    desired = read_desired(
        root,
        environ=hands.environ,
        protected=wishes.protected,
        anchor=wishes.anchor,
        cached=False,
        progress=hands.commits,
    )
    check_laws(desired)
    passed = check_merged(root, desired, hands.environ)
    check_reviewed(
        root,
        passed,
        hands.environ,
        hands.clock(),
        hands.progress,
        wishes.protected,
        frozenset(wishes.accepted),
        require_signed=wishes.require_signed,
    )
    folder = passed.git.common / "keyctl"
    name = f"{hands.clock():%Y%m%dT%H%M%SZ}-{token_hex(3)}"
    with Lock(passed.remote, folder, name, hands.clock, wishes.take_lock) as lock:
        journal = Journal.begin(folder_of(passed.git.common, hands.environ), name, hands.clock, hands.redactor())
        return kind(root, wishes, hands, desired, passed, lock, journal).run()


@dataclass(frozen=True, slots=True)
class _Begun:
    """What a run is to do, as its record says: ``held`` is why some of it is not done, and ``keeps`` what it is about,
    should it have to plan once more."""

    orphans: Sequence[Action]
    actions: Sequence[Action]
    held: Mapping[Action, str]
    keeps: Keeps
    digest: str


@dataclass(slots=True)
class Applying:
    """One run of ``apply``. What other commands that create keys do otherwise are the methods without underscore."""

    root: Path
    wishes: Wishes
    hands: Hands
    desired: Desired
    passed: Passed
    lock: Lock
    journal: Journal
    notes: list[str] = field(default_factory=list)

    @property
    def verb(self) -> Verb:
        """Which command it is."""
        return Verb.APPLY

    def check(self) -> None:
        """Raises Refusal for what can be refused before anything is asked."""

    def chosen(self, planned: Comparison) -> list[Action]:
        """What is to be done."""
        return list(planned.actions)

    def held(self, actions: Collection[Action], snapshot: Snapshot, planned: Comparison) -> dict[Action, str]:
        """What of that is not, and why."""
        brakes, wishes = self.registry.brakes, self.wishes
        seen = {account.account: account for account in snapshot.accounts}
        return held_up(actions, seen, brakes, wishes.allow_deletes, wishes.allow_changes) | refused(actions, planned)

    async def then(self, doing: Doing) -> list[Attempt]:  # noqa: ARG002
        """What is done at the end, whatever came before."""
        return []

    def entries(
        self, snapshot: Snapshot, after: Comparison, delivered: Mapping[Fingerprint, bool], attempts: Sequence[Attempt]
    ) -> Iterator[Entry]:
        """What is written back."""
        del attempts
        return entries(self.registry, snapshot, after.keys, delivered, self.hands.clock().date())

    def run(self) -> Application:
        """Raises Refusal where nothing was done."""
        try:
            begun = self._begin()
        except Refusal:
            self.journal.note(Event.ENDED)
            raise
        attempts, actions, held = [], begun.actions, begun.held
        if begun.orphans:
            attempts += asyncio.run(self._do(begun.orphans, {}))
            snapshot, planned = self._look()
            chosen = self.chosen(planned)
            actions = [one for one in chosen if begun.keeps(one) and (one.op is not Op.DELETE or one in actions)]
            held = self.held(actions, snapshot, planned)
        attempts += asyncio.run(self._do(actions, held, last=True))
        snapshot, after = self._look()
        delivered, _ = self._waiting(after)
        return self._finished(begun.digest, attempts, snapshot, after, delivered)

    def _begin(self) -> _Begun:
        """Look, and put on record what is to be done."""
        self.check()
        resumed = self._resumed()
        snapshot, planned = self._look()
        _, orphans = self._waiting(planned)
        orphans = [] if self.wishes.only_reductions or self.wishes.saved is not None else orphans
        keeps = self._keeps(planned, resumed)
        actions = [action for action in self.chosen(planned) if keeps(action)]
        held = self.held(actions, snapshot, planned)
        self._confirm([*orphans, *(action for action in actions if action not in held)])
        digest = _digest(self.passed.head, actions)
        self.journal.note(
            Event.BEGUN,
            commit=self.passed.head,
            registry=self.registry.digest,
            plan=digest,
            actions=[row_of(action) for action in actions],
            orphans=[row_of(action) for action in orphans],
        )
        return _Begun(orphans, actions, held, keeps, digest)

    @property
    def registry(self) -> Registry:
        """What was merged."""
        assert self.desired.registry is not None
        return self.desired.registry

    def _look(self) -> tuple[Snapshot, Comparison]:
        return self._compared(self.desired, self.hands.observe(self.desired, self.journal.watch))

    def _compared(self, desired: Desired, observe: Callable[[Registry], Snapshot]) -> tuple[Snapshot, Comparison]:
        now = self.hands.clock()
        done = run.reconcile(self.root, desired, observe, now=now, real_now=now, only=self.wishes.only, planned=True)
        assert done.snapshot is not None
        return done.snapshot, done.comparison

    def _resumed(self) -> Keeps | None:
        """The actions of the run that did not end, where it is to be taken up again."""
        found = unfinished(self.journal.path.parent)
        if found is None:
            if self.wishes.resume:
                self.notes.append("no earlier run was interrupted; this one began anew")
            return None
        record, begun = found
        if not self.wishes.resume:
            self.notes.append(f"an earlier run did not end; its record is {record}")
            return None
        if "commit" not in begun:
            self.notes.append(f"run {record.stem} killed keys and planned nothing; this one began anew")
            return None
        if begun["commit"] != self.passed.head:
            raise Refusal(
                f"run {record.stem} acted from {str(begun['commit'])[:12]}, and {self.passed.head[:12]} is"
                " merged by now",
                "run 'exchange-keyctl apply' without --resume: it finds what was left undone by itself",
            )
        self.notes.append(f"resumed run {record.stem}")
        return of_record(begun)

    def _keeps(self, planned: Comparison, resumed: Keeps | None) -> Keeps:
        tests: list[Keeps] = []
        if self.wishes.saved is not None:
            tests.append(of_plan(self.wishes.saved, planned, self.hands.clock()))
        if self.wishes.only_reductions:
            tests.append(only_reductions)
        if resumed is not None:
            tests.append(resumed)
        return lambda action: all(test(action) for test in tests)

    def _waiting(self, planned: Comparison) -> tuple[dict[Fingerprint, bool], list[Action]]:
        """Of each key that was made and is in no file yet whether its secret arrived, and those that are to be deleted
        because it did not."""
        delivered: dict[Fingerprint, bool] = {}
        orphans: list[Action] = []
        arrived = arrived_by(self.journal.path.parent)
        for row in planned.keys:
            if Status.PENDING_WRITE_BACK not in row.statuses or row.key is None or row.identifier is None:
                continue
            key = self.registry.keys[row.key]
            place = key.deliver or self.registry.apps[key.owner].sink
            held, why = self._held_by(place, key.name, row.identifier)
            if held or (held is None and row.identifier.fingerprint in arrived):
                delivered[row.identifier.fingerprint] = True
            elif held is None:
                self.notes.append(
                    f"{key.name}: {row.identifier.display} was made, and nothing tells whether its secret is in"
                    f" {place}{why}; look there, then write the id into its file, or delete the key by hand"
                )
            elif row.identifier.fingerprint in arrived:
                self.notes.append(
                    f"{key.name}: {row.identifier.display} was made, and its secret was delivered, as a record says;"
                    f" yet {place} does not hold it: see whether this is the right one, and whether the app uses it"
                )
            elif self.registry.accounts[key.account].mode is Mode.ENFORCE:
                reason = "it was made, and its secret is nowhere"
                orphans.append(Action(Op.DELETE, key.name, key.account, row.identifier, reason, Risk.REDUCTION))
        return delivered, orphans

    def _held_by(self, place: str | None, key: KeyName, identifier: Identifier) -> tuple[bool | None, str]:
        """Whether a sink holds the secret of an id, None where it does not tell, and why not."""
        if place is None:
            return None, ""
        try:
            with self.journal.asking(place, "holds"):
                return self.hands.sinks(place).holds(parcel_name(key, identifier)), ""
        except SinkError as error:
            return None, f" ({error})"

    def _confirm(self, actions: Collection[Action]) -> None:
        deletions = [action for action in actions if action.op is Op.DELETE and not action.kills and not action.manual]
        if deletions and not self.wishes.yes and not self.hands.confirmed(deletions):
            raise Refusal("the deletions were not confirmed, so nothing was done", "run it again, or with --yes")

    async def _do(
        self, actions: Collection[Action], held: Mapping[Action, str], *, last: bool = False
    ) -> list[Attempt]:
        attempts: list[Attempt] = []
        over: Refusal | None = None
        doing = self.hands.doing(self.registry, self.desired.tombstones, self.journal, self.lock.check)
        async with doing.reach:
            for action in actions:
                if action in held:
                    attempts.append(Attempt(action, Outcome.NOT_TRIED, held[action]))
                elif over is not None:
                    attempts.append(Attempt(action, Outcome.NOT_TRIED, over.message))
                else:
                    self.hands.progress(f"{action.op.value} {action.key or action.account}")
                    try:
                        attempts.append(await doing.do(action))
                    except Refusal as error:
                        over = error
                        attempts.append(Attempt(action, Outcome.FAILED, error.message))
            if last and over is None:
                attempts += await self.then(doing)
        return attempts

    def _finished(
        self,
        digest: str,
        attempts: list[Attempt],
        snapshot: Snapshot,
        after: Comparison,
        delivered: Mapping[Fingerprint, bool],
    ) -> Application:
        now = self.hands.clock()
        files, written = edited(self.desired.texts, self.entries(snapshot, after, delivered, attempts))
        failed = any(one.why_not for one in written)
        failed |= any(one.outcome in (Outcome.FAILED, Outcome.NOT_TRIED) for one in attempts)
        for one in attempts:
            if one.made is not None and all(entry.identifier != one.made for entry in written):
                failed = True
                self.notes.append(
                    f"{one.action.key}: {one.made.display} was made, and could not be written into its file, since"
                    f" {one.action.account} was not seen wholly at the end; the next apply writes it"
                )
        sent = Sent()
        if files:
            try:
                merged = with_texts(self.desired, {**self.desired.texts, **files})
            except Refusal as error:
                failed, files, written = True, {}, tuple(replace(one, why_not=error.message) for one in written)
            else:
                _, after = self._compared(merged, lambda _: snapshot)
        if files:
            self.journal.note(Event.WRITING, files=sorted(files))
            passed, wishes = self.passed, self.wishes
            place = Place(
                self.root,
                passed.git,
                passed.head,
                passed.remote,
                self.hands.author,
                wishes.commit,
                wishes.push,
                self.lock.folder,
            )
            try:
                sent = write(place, self.verb, files, written, self.journal.run, digest, now)
            except (GitError, Refusal) as error:
                failed = True
                written = unwritten(written)
                self.notes.append(f"what was done could not be written back: {error}; the next apply does it again")
            self.journal.note(Event.WRITTEN, files=sorted(files), commit=sent.commit)
        self._mark_applied()
        told = tuple(not_as_sent(self.registry, attempts))
        after = replace(after, findings=in_order([*after.findings, *told]))
        reasons = {*after.exit_reasons, *(one.consequence for one in told), *([ExitReason.FAILED] if failed else [])}
        self.journal.note(Event.ENDED)
        return Application(
            self.verb,
            self.journal.run,
            now,
            tuple(attempts),
            written,
            tuple(reason for reason in ExitReason if reason in reasons),
            after,
            sent.commit,
            sent.branch,
            sent.pushed,
            tuple(dict.fromkeys((*self.notes, *([sent.note] if sent.note else [])))),
        )

    def _mark_applied(self) -> None:
        try:
            if self.passed.applied != self.passed.head:
                self.passed.remote.move(APPLIED, self.passed.head, self.passed.applied)
        except Rejected:
            self.notes.append(f"{APPLIED} was moved by somebody else meanwhile, and stays as it is")
        except GitError as error:
            self.notes.append(f"{APPLIED} could not be moved, so the next apply reviews the same steps again: {error}")


def refused(actions: Collection[Action], planned: Comparison) -> dict[Action, str]:
    """Actions that give power to a key which breaks the policy at severity error or above, and which rule it breaks."""
    names = {rule.name for rule in policy.rules()}
    broken = {
        one.key: one
        for one in planned.findings
        if one.rule in names and one.key is not None and one.severity.rank >= Severity.ERROR.rank
    }
    return {
        action: f"the policy refuses it: {broken[action.key].message} ({broken[action.key].rule})"
        for action in actions
        if action.risk is Risk.ESCALATION and action.key in broken
    }


def with_texts(desired: Desired, texts: Mapping[str, bytes]) -> Desired:
    """The same with other files, as if they were checked out. Raises Refusal where they are wrong."""
    loaded = load_documents(texts)
    if loaded.registry is None:
        raise Refusal(f"what was to be written back is no valid registry: {loaded.findings[0].message}", "report this")
    history = desired.history
    stones = Tombstones(chain(loaded.registry.tombstones(), history.tombstones if history else ()))
    return replace(desired, registry=loaded.registry, tombstones=stones, readable=loaded.readable, texts=texts)


def _digest(head: str, actions: Collection[Action]) -> str:
    told = json.dumps([head, [name_of(action) for action in actions]]).encode("utf-8")
    return "sha256:" + sha256(told).hexdigest()
