"""``rotate``: another credential with the same rights, delivered; the old one retires until the app uses it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from pathlib import Path

from keyctl.acting.apply import Applying, Wishes, begun, refused
from keyctl.acting.doing import Doing
from keyctl.acting.hands import Hands
from keyctl.acting.killing import kill
from keyctl.acting.revoke import death_of
from keyctl.acting.writing_back import Entry, entries
from keyctl.model.account import Mode
from keyctl.model.application import Application, Verb
from keyctl.model.attempt import Attempt, Outcome
from keyctl.model.comparison import Comparison, Status
from keyctl.model.finding import Risk
from keyctl.model.identifier import Fingerprint
from keyctl.model.key import Key
from keyctl.model.live import Snapshot
from keyctl.model.names import KeyName
from keyctl.model.plan import Action, Op
from keyctl.model.refusal import Refusal
from keyctl.model.times import end_of
from keyctl.registry.admission import unknown
from keyctl.registry.files import KEYS
from keyctl.registry.recording import Death, with_death, with_reissue

LEAKED = "leaked"


@dataclass(frozen=True, slots=True)
class Rotation(Wishes):
    """``until`` is the last day of the old id's life beside the new one (UTC), None for a week. ``leaked`` kills it at
    once, whatever becomes of the new one."""

    key: KeyName = field(kw_only=True)
    until: date | None = None
    leaked: bool = False


def rotate(root: Path, rotation: Rotation, hands: Hands) -> Application:
    """Raises Refusal where nothing was done."""
    return begun(_Rotating, root, rotation, hands)


@dataclass(slots=True)
class _Rotating(Applying):
    @property
    def verb(self) -> Verb:
        return Verb.ROTATE

    def check(self) -> None:
        """What can't be rotated."""
        assert self._key

    def chosen(self, planned: Comparison) -> list[Action]:
        """One rotation; none where its new id is there already and waits to be written back. Where the old one is dead
        already, the new one alone."""
        key = self._key
        rows = [row for row in planned.keys if row.key == key.name]
        if any(Status.PENDING_WRITE_BACK in row.statuses for row in rows) or self._unwanted(key) is not None:
            return []
        if key.identifier is None:
            return [Action(Op.CREATE, key.name, key.account, None, "a person asks for it", Risk.ESCALATION)]
        return [Action(Op.ROTATE, key.name, key.account, key.identifier, "a person asks for it", Risk.NEUTRAL)]

    def held(self, actions: Collection[Action], snapshot: Snapshot, planned: Comparison) -> dict[Action, str]:
        del snapshot
        return refused(actions, planned)

    async def then(self, doing: Doing) -> list[Attempt]:
        """A leaked id dies whether or not another one could be made; so do those that should be dead already."""
        key = self._key
        if not self._rotation.leaked:
            return []
        current = () if key.identifier is None else (key.identifier,)
        return list(
            await kill(doing, [death_of(key.account, key.name, one, LEAKED) for one in (*current, *key.unconfirmed)])
        )

    def entries(
        self, snapshot: Snapshot, after: Comparison, delivered: Mapping[Fingerprint, bool], attempts: Sequence[Attempt]
    ) -> Iterator[Entry]:
        key, rotation, today = self._key, self._rotation, self.hands.clock().date()
        for entry in entries(self.registry, snapshot, after.keys, delivered, today, rotation.until):
            new = entry.identifier.fingerprint in delivered
            yield replace(entry, what="issued") if rotation.leaked and new else entry
        for attempt in attempts:
            tried = attempt.outcome is not Outcome.NOT_TRIED
            if attempt.action.kills and tried and attempt.action.identifier is not None:
                dead = attempt.outcome is Outcome.DONE
                death = Death(attempt.action.identifier, today, LEAKED, today if dead else None)
                what = "revoked, confirmed dead" if dead else "revoked"
                edit = partial(with_death, death=death) if self._unwanted(key) else partial(_succeeded, death=death)
                yield Entry(key.place.path, key.name, what, death.identifier, edit)

    def _unwanted(self, key: Key) -> str | None:
        """Why there is to be no other credential that works; a leaked id dies all the same."""
        if key.disabled:
            return "its file says `disabled: true`, and a new key would work"
        if key.expires is not None and self.hands.clock() >= end_of(key.expires):
            return f"its last day was {key.expires}"
        return None

    @property
    def _rotation(self) -> Rotation:
        assert isinstance(self.wishes, Rotation)
        return self.wishes

    @property
    def _key(self) -> Key:
        """The key, if it can be rotated. Raises Refusal."""
        name = self._rotation.key
        if name not in self.registry.keys:
            raise unknown("key", name, self.registry.keys, KEYS)
        key = self.registry.keys[name]
        if key.identifier is None and not key.reissue:
            how = "'exchange-keyctl apply' makes its first one"
            if key.ended:
                how = f"write `reissue: true` into {key.place.path} and have it merged, then 'exchange-keyctl apply'"
            raise Refusal(f"{name} has no id that could be replaced", how)
        if key.retiring is not None:
            raise Refusal(
                f"{name} is being rotated: {key.retiring.identifier.display} retires until {key.retiring.until}",
                f"once the app uses the new id: exchange-keyctl confirm {name}",
            )
        unwanted = self._unwanted(key)
        if unwanted is not None and not self._rotation.leaked:
            raise Refusal(f"{name} gets no other id: {unwanted}", "change its file first, in a merge request")
        if self.registry.accounts[key.account].mode is not Mode.ENFORCE:
            raise Refusal(
                f"account {key.account} is only observed",
                "set `mode: enforce` in registry/accounts.yaml, or do it by hand",
            )
        return key


def _succeeded(data: bytes, death: Death) -> bytes:
    """A key's file without an id that leaked. Where no other one could be made yet, it says that one is to be."""
    return with_reissue(with_death(data, death))
