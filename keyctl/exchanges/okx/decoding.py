"""What OKX's answers mean. Facts: https://www.okx.com/docs-v5/en/#trading-account-rest-api-get-account-configuration
and https://www.okx.com/docs-v5/en/#sub-account."""

from __future__ import annotations

from datetime import datetime

from keyctl.exchanges.declaration import Endpoint, Holder
from keyctl.exchanges.decode import EPOCH, NOT_REPORTED, Fields
from keyctl.exchanges.edge import strip
from keyctl.exchanges.envelope import refusal
from keyctl.exchanges.errors import Cause, ExchangeError, Malformed
from keyctl.exchanges.okx.declaration import (
    ACCOUNT_CONFIG,
    CREATE,
    DECLARATION,
    MODIFY,
    SUB_APIKEYS,
    SUBACCOUNTS,
    TRADE,
)
from keyctl.exchanges.paging import Page
from keyctl.model.identifier import UNSAID, Identifier
from keyctl.model.ips import ANY, IpSet
from keyctl.model.live import LiveKey, SubAccount
from keyctl.model.observed import Known, NotObservable, Observed
from keyctl.model.scopes import READ, ScopeSet, other

MAIN = "0"
"""``type`` of a main account."""


def decode(endpoint: str, answer: object) -> tuple[LiveKey, ...]:
    """Every key in an answer, as it came; the one that account/config describes has the identifier UNSAID.

    Raises ExchangeError for refusals and for answers that list no keys."""
    if endpoint == ACCOUNT_CONFIG.name:
        item = only_row(ACCOUNT_CONFIG, answer)
        holder = Holder.SUBACCOUNT if _master(item) is False else Holder.MASTER
        return (_key(item, holder, UNSAID),)
    if endpoint == SUB_APIKEYS.name:
        return tuple(_named(item) for item in rows_of(SUB_APIKEYS, answer))
    for written in (CREATE, MODIFY):
        if endpoint == written.name:
            return (_named(only_row(written, answer)),)
    known = (ACCOUNT_CONFIG, SUB_APIKEYS, CREATE, MODIFY)
    raise ExchangeError(
        Cause.MALFORMED,
        f"answers of {endpoint!r} list no keys of OKX",
        f"name one of: {', '.join(known_endpoint.name for known_endpoint in known)}",
    )


def account_of(answer: object) -> tuple[str, bool | None]:
    """The uid of the account whose key asked account/config, and whether that is a master; None if it does not say."""
    item = only_row(ACCOUNT_CONFIG, answer)
    return item.text("uid"), _master(item)


def subaccount_page(endpoint: str, answer: object) -> Page[SubAccount]:
    """One page of a master's sub-accounts; only an empty one is certainly the last.

    The cursor is the creation time of the oldest in milliseconds: the next page holds those that are older still.
    Raises ExchangeError also for answers of other endpoints."""
    if endpoint != SUBACCOUNTS.name:
        raise ExchangeError(
            Cause.MALFORMED, f"answers of {endpoint!r} list no sub-accounts", f"name {SUBACCOUNTS.name}"
        )
    rows = rows_of(SUBACCOUNTS, answer)
    made = [_moment(row) for row in rows]
    oldest = round((min(made) - EPOCH).total_seconds() * 1000) if made else None
    return Page(tuple(_subaccount(row) for row in rows), None if oldest is None else str(oldest))


def rows_of(endpoint: Endpoint, answer: object) -> tuple[Fields, ...]:
    """The rows of an answer, declared fields only. Raises ExchangeError for refusals."""
    refused = refusal(DECLARATION, endpoint.name, answer)
    if refused is not None:
        raise refused
    return tuple(Fields(strip(answer, endpoint.fields)).each("data"))


def only_row(endpoint: Endpoint, answer: object) -> Fields:
    """The only row: `data` is a list even where the documentation describes one object."""
    rows = rows_of(endpoint, answer)
    if len(rows) != 1:
        raise Malformed("data", "a list of one object", "an empty list" if not rows else "a list of several")
    return rows[0]


def _master(item: Fields) -> bool | None:
    """Older answers have no `mainUid`; there the type of a main account is proof, and no other type is."""
    if item.has("mainUid"):
        return item.text("mainUid") == item.text("uid")
    return True if item.raw("type") == MAIN else None


def _named(item: Fields) -> LiveKey:
    return _key(item, Holder.SUBACCOUNT, item.identifier("apiKey"))


def _key(item: Fields, holder: Holder, identifier: Identifier) -> LiveKey:
    rights = _rights(item)
    return LiveKey(
        identifier=identifier,
        label=_label(item),
        scopes=_scopes(rights, holder, bound=item.raw("ip") != ""),
        ips=_ips(item),
        enabled=Known(True),  # there is no state of keys: one that is shown exists, and works
        created_at=_created(item),
        modified_at=NOT_REPORTED,
        expires_at=NOT_REPORTED,
        last_used_at=NOT_REPORTED,
        native=rights or (),
    )


def _rights(item: Fields) -> tuple[str, ...] | None:
    """The native rights, sorted; None where the answer names none."""
    perm = item.raw("perm")
    if perm is None or perm == "":
        return None
    rights = {right.strip() for right in item.text("perm").split(",")}
    if "" in rights:
        raise Malformed(item.at("perm"), "rights with commas between", "a comma without a right")
    return tuple(sorted(rights))


def _scopes(rights: tuple[str, ...] | None, holder: Holder, *, bound: bool) -> Observed[ScopeSet]:
    if rights is None:
        return NotObservable("the answer's `perm` names no right")
    scopes: ScopeSet = frozenset({READ})
    for right in rights:
        opened = DECLARATION.scopes_of(right, holder)
        if right == "trade" and not bound:  # only bound keys administer other keys; bound to anything will do
            opened = TRADE
        scopes |= frozenset({other(right)}) if opened is None else opened
    return Known(scopes)


def _ips(item: Fields) -> Observed[IpSet]:
    raw = item.raw("ip")
    if raw is None:
        return NotObservable("the answer has no `ip`")
    if raw == "":
        return Known(ANY)
    return Known(item.networks("ip", tuple(item.text("ip").split(","))))


def _label(item: Fields) -> Observed[str]:
    label = item.raw("label")
    if label is None:
        return NotObservable("the answer has no `label`")
    if not isinstance(label, str):
        raise item.malformed("label", "text")
    return Known(label)


def _created(item: Fields) -> Observed[datetime]:
    if not item.has("ts"):
        return NotObservable("the answer has no `ts`")
    created = _moment(item)
    return NotObservable("the answer's `ts` is the epoch") if created <= EPOCH else Known(created)


def _moment(item: Fields) -> datetime:
    """`ts`, which is text."""
    item.text("ts")
    return item.unix_ms("ts")


def _subaccount(item: Fields) -> SubAccount:
    enable = item.raw("enable")
    frozen: Observed[bool] = NotObservable("the list's `enable` is neither true nor false")
    if isinstance(enable, bool):
        frozen = Known(not enable)
    return SubAccount(item.text("uid"), item.text("subAcct"), frozen)
