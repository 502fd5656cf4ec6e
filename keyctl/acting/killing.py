"""Killing many keys of one account at once: each is deleted by a call of its own, and one listing tells for all of them
whether they are gone. What fails and may pass is sent again: nothing can be deleted twice."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

from keyctl.acting.doing import LOOKS, Doing, passes
from keyctl.acting.journal import Event
from keyctl.acting.narrowing import row_of
from keyctl.acting.reach import Unreachable, Way
from keyctl.exchanges.errors import ExchangeError, surely_not_done
from keyctl.exchanges.writing import NotSent, Unsupported
from keyctl.model.attempt import Attempt, Outcome
from keyctl.model.identifier import Fingerprint, Identifier
from keyctl.model.live import LiveKey
from keyctl.model.plan import Action


async def kill(doing: Doing, actions: Collection[Action]) -> tuple[Attempt, ...]:
    """Attempts in the order of the actions; accounts side by side. Raises Refusal alone."""
    by_account: dict[str, list[Action]] = {}
    for action in actions:
        if _id(action).fingerprint not in doing.reach.protected:
            by_account.setdefault(action.account, []).append(action)
    for action in actions:
        doing.journal.note(Event.ACTING, **row_of(action))
    found = {action: _own(action) for action in actions if _id(action).fingerprint in doing.reach.protected}
    for attempts in await asyncio.gather(*(_account(doing, group) for group in by_account.values())):
        found |= {attempt.action: attempt for attempt in attempts}
    ends = [found[action] for action in actions]
    for action, end in zip(actions, ends, strict=True):
        doing.journal.note(Event.ACTED, **row_of(action), outcome=end.outcome.value, said=end.said)
    return tuple(doing.with_steps(end) for end in ends)


async def _account(doing: Doing, actions: list[Action]) -> list[Attempt]:
    try:
        way = await doing.reach.way(actions[0].account)
    except Unreachable as error:
        outcome = Outcome.BY_HAND if error.by_hand else Outcome.FAILED
        return [Attempt(action, outcome, str(error)) for action in actions]
    listed = await _listed(way) if any(_id(action).text is None for action in actions) else None
    texts = {live.identifier.fingerprint: live.identifier for live in listed or ()}
    troubles = await asyncio.gather(*(_deleted(way, texts.get(_id(one).fingerprint, _id(one))) for one in actions))
    standing = dict(zip(actions, troubles, strict=True))
    pause = doing.waiting.first_pause
    for look in range(LOOKS):
        seen = await _listed(way)
        alive = None if seen is None else {live.identifier.fingerprint for live in seen}
        waiting = [
            action
            for action, trouble in standing.items()
            if not _is_final(trouble) and (alive is None or _id(action).fingerprint in alive)
        ]
        if not waiting or look + 1 == LOOKS:
            whole = seen is not None and way.tells(seen, {_id(action).fingerprint for action in actions})
            return [_end(action, trouble, alive, whole=whole) for action, trouble in standing.items()]
        await doing.waiting.sleep(pause * 2**look)
        again = [action for action in waiting if standing[action] is not None]
        troubles = await asyncio.gather(*(_deleted(way, texts.get(_id(one).fingerprint, _id(one))) for one in again))
        standing |= dict(zip(again, troubles, strict=True))
    return []


def _own(action: Action) -> Attempt:
    """Law 9, whether or not its exchange can be reached: whoever ends these is left without."""
    said = f"{_id(action).display} is a credential that keyctl itself uses; give keyctl another one first,"
    said += " and where a file declares it, list it there under `revoked`"
    return Attempt(action, Outcome.NOT_TRIED, said)


def _id(action: Action) -> Identifier:
    assert action.identifier is not None
    return action.identifier


async def _listed(way: Way) -> tuple[LiveKey, ...] | None:
    if way.called is None and way.declared.master_capabilities is not None:
        return None  # a master's own keys are listed nowhere
    try:
        return await way.keys()
    except ExchangeError:
        return None


async def _deleted(way: Way, identifier: Identifier) -> ExchangeError | NotSent | None:
    try:
        await way.writer.delete(way.transport, way.called, identifier)
    except (ExchangeError, NotSent) as error:
        return error
    return None


def _is_final(trouble: ExchangeError | NotSent | None) -> bool:
    if isinstance(trouble, ExchangeError):
        return surely_not_done(trouble) and not passes(trouble)
    return trouble is not None


def _end(
    action: Action, trouble: ExchangeError | NotSent | None, alive: Collection[Fingerprint] | None, *, whole: bool
) -> Attempt:
    if alive is not None and _id(action).fingerprint not in alive and (trouble is None or whole):
        said = "deleted, and the exchange no longer lists it" if trouble is None else "the exchange no longer has it"
        return Attempt(action, Outcome.DONE, said)
    if isinstance(trouble, Unsupported):
        return Attempt(action, Outcome.BY_HAND, str(trouble))
    if trouble is not None:
        return Attempt(action, Outcome.FAILED, f"it was not deleted: {trouble}")
    why = "the exchange still lists it" if alive is not None else "the listing that would show it can't be read"
    return Attempt(action, Outcome.FAILED, f"the exchange took the call, and {why}: it may be alive")
