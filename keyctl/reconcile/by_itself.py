"""Keys of an account that can't be listed: each is asked with its own credential, and answers for itself only."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from keyctl.exchanges.errors import Cause, ExchangeError
from keyctl.exchanges.reading import SelfView
from keyctl.model.identifier import Fingerprint
from keyctl.model.key import Key
from keyctl.model.live import LiveKey, Unanswered
from keyctl.secrets.sources import Credential, CredentialError, prefix

if TYPE_CHECKING:
    from keyctl.reconcile.group import Group

Answers = tuple[tuple[LiveKey, ...], tuple[Unanswered, ...], frozenset[Fingerprint]]
"""The keys that answered, those about which nothing could be learnt, and those that the exchange says do not exist."""


async def each_by_itself(group: Group, credential: Credential, view: SelfView) -> Answers:
    """What is known of the root account's declared keys; ``view`` is what the account's credential said of itself."""
    wanted: dict[Fingerprint, Key] = {}
    for key in group.keys.get(group.root.name, ()):
        for identifier in key.living:
            if identifier != credential.identifier:
                wanted.setdefault(identifier.fingerprint, key)
    answers = await asyncio.gather(*(_ask(group, key, fingerprint, view) for fingerprint, key in wanted.items()))
    return (
        (view.key, *(answer for answer in answers if isinstance(answer, LiveKey))),
        tuple(sorted((a for a in answers if isinstance(a, Unanswered)), key=lambda answer: answer.fingerprint)),
        frozenset(answer for answer in answers if isinstance(answer, str)),
    )


async def _ask(group: Group, key: Key, fingerprint: Fingerprint, root: SelfView) -> LiveKey | Unanswered | Fingerprint:
    """The key's own answer; its fingerprint where the exchange says explicitly that there is no such key."""
    reason: str
    own: Credential | None = None
    try:
        own = await asyncio.to_thread(group.credentials.for_key, group.root, key)
        if own is None or own.identifier.fingerprint != fingerprint:
            variables = prefix(group.root, key.name)
            given = "it is not set" if own is None else "it holds another id"
            parts = "_KEY, _SECRET and _PASSPHRASE" if group.declaration.needs_passphrase else "_KEY and _SECRET"
            reason = f"only its own credential can describe it, {variables}{parts}; {given}"
            return Unanswered(fingerprint, reason, askable=own is not None)
        if group.tombstones.find(own.identifier) is not None:
            return Unanswered(fingerprint, "its id is revoked, so its credential is not used")
        async with group.connect(group.root, own) as transport:
            view = await group.inspect(transport, own)
        if view.uid == root.uid:
            return view.key
        reason = f"its credential {own.variables}_… belongs to account {view.uid}, not to {root.uid}"
    except ExchangeError as error:
        if error.is_only(Cause.NOT_FOUND):
            return fingerprint
        reason = group.words(error, own)
    except CredentialError as error:
        reason = group.words(error, None)
    return Unanswered(fingerprint, reason)
