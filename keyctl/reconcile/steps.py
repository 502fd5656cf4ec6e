"""What a person does where no API can: exact steps, in order, for one action."""

from __future__ import annotations

from collections.abc import Iterator

from keyctl.exchanges.declaration import Declaration
from keyctl.model.account import Account
from keyctl.model.change import Change, Value
from keyctl.model.identifier import Identifier
from keyctl.model.key import Key
from keyctl.model.plan import Op
from keyctl.model.scopes import in_order


def by_hand(
    op: Op,
    key: Key | None,
    account: Account,
    identifier: Identifier | None,
    changes: tuple[Change, ...],
    venue: Declaration | None,
    *,
    own: bool,
) -> Iterator[str]:
    """``own`` says that it is a credential which keyctl uses."""
    title = venue.title if venue is not None else account.exchange
    what = f"the key {identifier.display} ({identifier.fingerprint})" if identifier is not None else "a key"
    if own and op is not Op.CREATE:
        yield f"give keyctl another credential for {account.name}, and declare it with owner: keyctl"
    yield f"log in to {title} as {account.name}{_called(account)}, and open the page of its API keys"
    match op:
        case Op.CREATE:
            yield from _create(key, title)
        case Op.DELETE:
            yield f"delete {what}"
        case Op.DISABLE:
            yield f"disable {what}; if the page can't, delete it"
        case Op.UPDATE | Op.ROTATE:
            for change in changes:
                yield f"set {change.field.removeprefix('retiring.')} of {what} to {_shown(change.desired)}"
    if op is Op.DELETE and key is not None:
        yield f"list its id under `revoked` in {key.place.path}, with `confirmed`, in a merge request"
    yield "run 'exchange-keyctl reconcile' to see that it is done"


def _create(key: Key | None, title: str) -> Iterator[str]:
    if key is None:
        return
    yield f"create a key for {key.owner} with exactly these rights: {', '.join(in_order(key.scopes))}"
    if key.ips.unrestricted:
        yield f"bind it to no address, as {key.place.path} says"
    else:
        yield f"bind it to these addresses and no others: {key.ips}"
    yield "put its secret straight where the app takes it from; never into git, a chat or a ticket"
    yield f"write its id as {title} shows it, and the day as `issued`, into {key.place.path}, in a merge request"


def _called(account: Account) -> str:
    name = account.subaccount or account.uid
    return f" ({name})" if name is not None else ""


def _shown(value: Value) -> str:
    match value:
        case None:
            return "none"
        case bool():
            return str(value).lower()
        case tuple():
            return ", ".join(value) or "none"
        case _:
            return value
