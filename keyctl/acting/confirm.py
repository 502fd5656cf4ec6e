"""``confirm``: the app uses its new id, so the old one dies."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from keyctl.acting.doing import Doing
from keyctl.acting.hands import Hands
from keyctl.acting.reach import Unreachable
from keyctl.acting.revoke import Wish, carry_out, death_of
from keyctl.acting.writing_back import ROTATED
from keyctl.exchanges.errors import ExchangeError
from keyctl.model.app import App
from keyctl.model.application import Application, Verb
from keyctl.model.identifier import Identifier
from keyctl.model.key import Key
from keyctl.model.names import KeyName
from keyctl.model.observed import Known
from keyctl.model.refusal import Refusal
from keyctl.reconcile.desired import read_desired
from keyctl.registry.admission import unknown
from keyctl.registry.files import KEYS


def confirm(root: Path, name: KeyName, hands: Hands, *, commit: bool, push: bool) -> Application:
    """Raises Refusal where nothing was done: nothing retires, the app is not to be changed now, or the new id is not
    alive, so that the app would be left without any."""
    desired = read_desired(root, environ=hands.environ, cached=False, progress=hands.commits)
    registry = desired.registry
    if registry is None:
        raise Refusal("the registry is not valid", "mend what 'exchange-keyctl validate' finds first")
    if name not in registry.keys:
        raise unknown("key", name, registry.keys, KEYS)
    key = registry.keys[name]
    old = _replaced(key)
    if old is None or key.identifier is None:
        raise Refusal(f"no id of {name} retires", f"'exchange-keyctl rotate {name}' begins a rotation")
    check_hours(registry.apps[key.owner], key, hands.clock())
    dies = death_of(key.account, name, old, ROTATED)
    wish = Wish(ROTATED, key=name, commit=commit, push=push)
    return carry_out(root, desired, [dies], Verb.CONFIRM, wish, hands, lambda doing: _check_alive(doing, key))


def _replaced(key: Key) -> Identifier | None:
    """The id that retires, or the one that did so last: saying it twice is no mistake."""
    if key.retiring is not None:
        return key.retiring.identifier
    rotated = [dead.identifier for dead in key.revoked if dead.reason == ROTATED]
    return rotated[-1] if rotated else None


def check_hours(app: App, key: Key, now: datetime) -> None:
    """The app is not in hours in which nothing may change. Raises Refusal."""
    for window in app.no_change:
        if window.holds(now) and key.retiring is not None:
            raise Refusal(
                f"{app.name} is not to be changed from {window.start:%H:%M} to {window.end:%H:%M} ({window.zone})",
                "confirm it after that; if the old id leaked: exchange-keyctl revoke --id"
                f" {key.retiring.identifier.fingerprint} --reason leaked",
            )


async def _check_alive(doing: Doing, key: Key) -> None:
    assert key.identifier is not None
    why = "the exchange does not list it, or it is disabled"
    try:
        way = await doing.reach.way(key.account)
        if any(live.identifier == key.identifier and live.enabled != Known(False) for live in await way.keys()):
            return
    except (Unreachable, ExchangeError) as error:
        why = str(error)
    raise Refusal(
        f"nothing shows that the new id {key.identifier.display} of {key.name} is alive: {why}",
        "the old one stays, so that the app has one; see 'exchange-keyctl reconcile'",
    )
