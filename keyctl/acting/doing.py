"""One action at one exchange: looked at again just before, done, and read back.

Nothing is sent twice but deletions, of which a second one does nothing. Whatever an exchange's answer leaves open, its
listing decides; what that leaves open too has failed, and the next run finds out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from keyctl.acting.journal import Event, Journal
from keyctl.acting.reach import Reach, Unreachable, Way
from keyctl.exchanges.aftermath import after
from keyctl.exchanges.errors import Cause, ExchangeError, surely_not_done
from keyctl.exchanges.retry import Patience
from keyctl.exchanges.slots import free_slots
from keyctl.exchanges.writing import Created, HalfMade, NotSent, Unlisted, Unsupported, Wanted
from keyctl.model.attempt import Attempt, Outcome
from keyctl.model.change import Change
from keyctl.model.finding import Risk
from keyctl.model.identifier import Identifier
from keyctl.model.key import Key
from keyctl.model.live import LiveKey
from keyctl.model.marker import marker, markers_in
from keyctl.model.observed import Known, value_of
from keyctl.model.plan import Action, Op
from keyctl.model.registry import Registry
from keyctl.reconcile import steps
from keyctl.reconcile.drift import drift, rests_on_reading
from keyctl.secrets.sinks.sink import Parcel, Sink, SinkError

LOOKS = 5
"""How often a listing is asked for whether a key is gone or there, before that counts as unknown."""


@dataclass(frozen=True, slots=True)
class Doing:
    """What all actions of a run share. ``sinks`` opens what a file says secrets go to, and raises SinkError.

    ``abide`` is asked before each action, and raises Refusal where nothing more may be done: the lock is no longer
    this run's. ``waiting`` is how long the exchange is waited for between two looks.
    """

    registry: Registry
    reach: Reach
    journal: Journal
    sinks: Callable[[str], Sink]
    abide: Callable[[], None] = lambda: None
    waiting: Patience = field(default_factory=lambda: Patience(attempts=LOOKS))

    async def do(self, action: Action) -> Attempt:
        """Carry out an action. Every end of it is an Attempt; Refusal alone is raised: nothing more may be done."""
        if action.manual:
            return Attempt(action, Outcome.BY_HAND, "a person does it")
        self.abide()
        self.journal.note(Event.ACTING, **_named(action))
        attempt = await self._tried(action)
        made = attempt.made.fingerprint if attempt.made else None
        self.journal.note(Event.ACTED, **_named(action), outcome=attempt.outcome.value, made=made, said=attempt.said)
        return attempt

    async def _tried(self, action: Action) -> Attempt:
        try:
            way = await self.reach.way(action.account)
            match action.op:
                case Op.CREATE | Op.ROTATE:
                    return await self._create(way, action)
                case Op.UPDATE:
                    return await self._update(way, action)
                case Op.DISABLE:
                    return await self._disable(way, action)
                case Op.DELETE:
                    return await self.delete(way, action)
        except Unreachable as error:
            said, outcome = str(error), Outcome.BY_HAND if error.by_hand else Outcome.NOT_TRIED
        except Unsupported as error:
            said, outcome = str(error), Outcome.BY_HAND
        except NotSent as error:
            said, outcome = str(error), Outcome.NOT_TRIED
        except ExchangeError as error:
            said, outcome = str(error), Outcome.NOT_TRIED if surely_not_done(error) else Outcome.FAILED
        return self.with_steps(Attempt(action, outcome, said))

    def with_steps(self, attempt: Attempt) -> Attempt:
        """With the exact steps of a person, where that is how it goes on."""
        action = attempt.action
        if attempt.outcome is not Outcome.BY_HAND or action.manual:
            return attempt
        account, key = self.registry.accounts[action.account], self._key(action)
        told = steps.by_hand(
            action.op, key, account, action.identifier, action.changes, self.reach.declared(account), own=False
        )
        return replace(attempt, action=replace(action, manual=tuple(told)))

    def _key(self, action: Action) -> Key | None:
        return self.registry.keys.get(action.key) if action.key is not None else None

    # a new key, also in another one's place

    async def _create(self, way: Way, action: Action) -> Attempt:
        key = self._key(action)
        assert key is not None
        place = key.deliver or self.registry.apps[key.owner].sink
        recipients = self.registry.apps[key.owner].recipients
        if place is None:
            return Attempt(
                action,
                Outcome.NOT_TRIED,
                f"nothing says where its secret goes: give app {key.owner} a `sink`, or the key `deliver`",
            )
        try:
            sink = self.sinks(place)
            with self.journal.asking(place, "check"):
                await asyncio.to_thread(sink.check, recipients)
        except SinkError as error:
            return Attempt(action, Outcome.NOT_TRIED, str(error))
        mark = marker(self.registry.id, key.name, key.generation)
        listed = await way.keys()
        if any(mark in markers_in(value_of(live.label) or "") for live in listed):
            return Attempt(action, Outcome.NOT_TRIED, "it was made meanwhile; look again")
        if free_slots(way.declared, listed) == 0:
            return Attempt(action, Outcome.NOT_TRIED, f"{way.account.name} has as many keys as it may")
        wanted = Wanted(mark, key.scopes, key.ips)
        try:
            created = await way.writer.create(way.transport, way.called, wanted)
        except HalfMade as error:
            return await self._undone(way, action, error.identifier, str(error))
        except ExchangeError as error:
            if surely_not_done(error):
                return Attempt(action, Outcome.FAILED, f"the exchange did not make it: {error}")
            return await self._lost(way, action, mark, str(error))
        return await self._delivered(way, action, key, wanted, created, sink, place)

    async def _delivered(
        self, way: Way, action: Action, key: Key, wanted: Wanted, created: Created, sink: Sink, place: str
    ) -> Attempt:
        """A key that was made: read back, then delivered, else deleted again at once (law 8)."""
        identifier = created.identifier
        try:
            live = await self._shown(way, identifier)
        except ExchangeError as error:
            return await self._undone(way, action, identifier, f"it could not be read back: {error}")
        if live is None:
            return await self._undone(way, action, identifier, "the exchange does not list it")
        proven, listed = after(wanted, created.answered), after(wanted, live)
        changes = tuple(dict.fromkeys((*_surely(proven.changes), *listed.changes)))
        unknown = tuple(name for name in listed.unknown if name in proven.unknown or name == "enabled")
        if any(change.risk is Risk.ESCALATION or change.field == "enabled" for change in changes):
            wrong = ", ".join(change.field for change in changes)
            return await self._undone(
                way, action, identifier, f"the exchange made it otherwise than asked for: {wrong}"
            )
        parcel = Parcel(
            key.name,
            key.owner,
            way.account.name,
            way.account.exchange,
            identifier,
            created.secret,
            created.passphrase,
            self.registry.apps[key.owner].recipients,
        )
        self.journal.redactor.learn(created.secret.reveal(), *_revealed(created))
        self.journal.note(Event.DELIVERING, key=key.name, fingerprint=identifier.fingerprint, place=place)
        failed = None
        try:
            await asyncio.to_thread(sink.deliver, parcel)
        except SinkError as error:
            failed = str(error)
        self.journal.note(Event.DELIVERED, key=key.name, fingerprint=identifier.fingerprint, failed=failed)
        if failed is not None:
            return await self._undone(way, action, identifier, f"its secret was not delivered: {failed}")
        said = f"made as {identifier.display}, its secret is in {place} as {parcel.name}"
        return Attempt(action, Outcome.DONE, said, identifier, place, changes, unknown)

    async def _lost(self, way: Way, action: Action, mark: str, why: str) -> Attempt:
        """Nobody knows whether a key was made. If it was, its marker shows it, and it goes: its secret is lost."""
        pause = self.waiting.first_pause
        for look in range(LOOKS):
            listed = await way.keys()
            made = [live.identifier for live in listed if mark in markers_in(value_of(live.label) or "")]
            if made:
                return await self._undone(way, action, made[0], f"its secret was lost on the way: {why}")
            if look + 1 < LOOKS:
                await self.waiting.sleep(pause * 2**look)
        return Attempt(action, Outcome.FAILED, f"the exchange did not say whether it was made, and lists none: {why}")

    async def _undone(self, way: Way, action: Action, identifier: Identifier, why: str) -> Attempt:
        """A key that was made and that nobody can use is deleted again."""
        gone = await self._gone(way, identifier)
        end = (
            "it was deleted again"
            if gone is None
            else f"it could not be deleted again ({gone}), and the next apply deletes it: its secret is nowhere"
        )
        return Attempt(action, Outcome.FAILED, f"made as {identifier.display}, and {why}; {end}")

    async def _shown(self, way: Way, identifier: Identifier) -> LiveKey | None:
        """The key as it is listed, once it is."""
        pause = self.waiting.first_pause
        for look in range(LOOKS):
            live = _in(await way.keys(), identifier)
            if live is not None or look + 1 == LOOKS:
                return live
            await self.waiting.sleep(pause * 2**look)
        return None

    # changes in place

    async def _update(self, way: Way, action: Action) -> Attempt:
        key, identifier = self._key(action), action.identifier
        assert key is not None and identifier is not None
        live = _in(await way.keys(), identifier)
        if live is None:
            raise Unlisted("the exchange no longer lists it", "look again with 'exchange-keyctl reconcile'")
        planned = {change.field.removeprefix("retiring."): change.live for change in action.changes}
        now = [
            change
            for change in drift(key, live, sets_expiry=False).changes
            if change.field in planned or not rests_on_reading(change, key, live)
        ]
        if not now:
            return Attempt(action, Outcome.DONE, "it is as its file says already")
        if any(planned.get(change.field, change) != change.live for change in now):
            return Attempt(action, Outcome.NOT_TRIED, "it was changed meanwhile; look again")
        fields = {change.field for change in now}
        wanted = Wanted(value_of(live.label) or "", key.scopes, key.ips)
        failure = None
        try:
            if fields - {"enabled"}:
                await way.writer.update(way.transport, way.called, live.identifier, wanted)
            if "enabled" in fields:
                switch = way.writer.disable if key.disabled else way.writer.enable
                await switch(way.transport, way.called, live.identifier)
        except ExchangeError as error:
            if surely_not_done(error) and len(fields) == 1:
                return Attempt(action, Outcome.FAILED, f"the exchange did not do it: {error}")
            failure = error
        came = _in(await way.keys(), identifier)
        if came is None:
            return Attempt(action, Outcome.FAILED, f"the exchange no longer lists it{_because(failure)}")
        left = after(wanted, came, replace(came, enabled=Known(not key.disabled)))
        if left.changes:
            what = ", ".join(change.field for change in left.changes)
            said = f"it is still otherwise than its file: {what}{_because(failure)}"
            return Attempt(action, Outcome.FAILED, said, changes=left.changes, unknown=left.unknown)
        said = f"{' and '.join(sorted(fields))} set as its file says"
        return Attempt(action, Outcome.DONE, said, unknown=left.unknown)

    async def _disable(self, way: Way, action: Action) -> Attempt:
        assert action.identifier is not None
        listed = await way.keys()
        live = _in(listed, action.identifier)
        if live is None and not way.tells(listed, {action.identifier.fingerprint}):
            raise Unlisted("the listing is empty, and keys are expected there", "look again")
        if live is None:
            return Attempt(action, Outcome.DONE, "the exchange no longer has it")
        if live.enabled == Known(False):
            return Attempt(action, Outcome.DONE, "it is disabled already")
        failure = None
        try:
            await way.writer.disable(way.transport, way.called, live.identifier)
        except ExchangeError as error:
            failure = error
        came = _in(await way.keys(), action.identifier)
        if came is None or came.enabled == Known(False):
            return Attempt(action, Outcome.DONE, "disabled")
        return Attempt(action, Outcome.FAILED, f"it is not disabled{_because(failure)}")

    # death

    async def delete(self, way: Way, action: Action) -> Attempt:
        """Gone is what no listing shows any more; gone already is as good."""
        assert action.identifier is not None
        identifier = action.identifier
        try:
            listed = await way.keys()
            live = _in(listed, identifier)
            if live is None and way.tells(listed, {identifier.fingerprint}):
                return Attempt(action, Outcome.DONE, "the exchange no longer has it")
            identifier = identifier if live is None else live.identifier
        except ExchangeError:
            if identifier.text is None:  # only a listing tells its text
                raise
        left = await self._gone(way, identifier)
        if left is None:
            return Attempt(action, Outcome.DONE, "deleted, and the exchange no longer lists it")
        return Attempt(action, Outcome.FAILED, f"it was not deleted: {left}")

    async def _deleted(self, way: Way, identifier: Identifier) -> ExchangeError | NotSent | None:
        try:
            await way.writer.delete(way.transport, way.called, identifier)
        except (ExchangeError, NotSent) as error:
            return error
        return None

    async def _gone(self, way: Way, identifier: Identifier) -> str | None:
        """Delete a key and look until it is gone; None once it is, else what stands against it."""
        failure = await self._deleted(way, identifier)
        pause, still = self.waiting.first_pause, "the exchange still lists it"
        for look in range(LOOKS):
            try:
                listed = await way.keys()
                if _in(listed, identifier) is None:
                    if failure is None or way.tells(listed, {identifier.fingerprint}):
                        return None
                    still = "its listing is empty, and keys are expected there"
                else:
                    still = "the exchange still lists it"
            except ExchangeError as error:
                still = f"its listing can't be read: {error}"
            if isinstance(failure, NotSent) or (
                failure is not None and surely_not_done(failure) and not passes(failure)
            ):
                break
            if look + 1 < LOOKS:
                await self.waiting.sleep(pause * 2**look)
                if failure is not None:
                    failure = await self._deleted(way, identifier)
        return f"{failure}" if failure is not None else still


def passes(error: ExchangeError) -> bool:
    """Whether a deletion that failed so is sent again: it was one call too many, or its answer was lost."""
    return error.is_only(Cause.RATE_LIMITED) or error.is_only(Cause.TRANSPORT)


def _named(action: Action) -> dict[str, str | None]:
    identifier = action.identifier.fingerprint if action.identifier else None
    return {"op": action.op.value, "key": action.key, "account": action.account, "fingerprint": identifier}


def _in(listed: tuple[LiveKey, ...], identifier: Identifier) -> LiveKey | None:
    return next((live for live in listed if live.identifier == identifier), None)


def _surely(changes: tuple[Change, ...]) -> tuple[Change, ...]:
    """Of what an answer to a creation says, which knows less than a listing: what is wider than asked for."""
    return tuple(change for change in changes if change.risk is Risk.ESCALATION and change.field == "scopes")


def _revealed(created: Created) -> tuple[str, ...]:
    return () if created.passphrase is None else (created.passphrase.reveal(),)


def _because(failure: ExchangeError | None) -> str:
    return "" if failure is None else f": {failure}"
