"""What Bybit's answers mean. Facts: https://bybit-exchange.github.io/docs/v5/user/apikey-info and its neighbours."""

from __future__ import annotations

from datetime import datetime

from keyctl.exchanges.bybit.declaration import (
    CREATE_SUB_API,
    DECLARATION,
    ESCROW_SUB_MEMBERS,
    QUERY_API,
    QUERY_SUB_MEMBERS,
    SUB_APIKEYS,
    SUBMEMBERS,
    UPDATE_API,
    UPDATE_SUB_API,
)
from keyctl.exchanges.declaration import Holder
from keyctl.exchanges.decode import EPOCH, NOT_REPORTED, Fields, kind
from keyctl.exchanges.edge import strip
from keyctl.exchanges.envelope import refusal
from keyctl.exchanges.errors import Cause, ExchangeError, Malformed
from keyctl.exchanges.paging import Page
from keyctl.model.ips import ANY, IpSet
from keyctl.model.live import Assumption, LiveKey, SubAccount
from keyctl.model.observed import ABSENT, Known, NotObservable, Observed
from keyctl.model.scopes import READ, ScopeSet, other

POLARITY = Assumption(
    "scopes",
    "the listing's `readOnly` is documented both ways (true as read-write and true as read-only):"
    " read-write is assumed",
    frozenset({READ}),
)
_NOT_IN_ANSWER = NotObservable("the answer does not say")
_ENABLED = {1: True, 2: False, 3: True, 4: True}
"""`status` of the listing: permanent, expired, valid for now, ends in under 7 days."""
_NORMAL, _LOGIN_BANNED, _FROZEN = 1, 2, 4


def decode(endpoint: str, answer: object) -> tuple[LiveKey, ...]:
    """Every key in an answer, as it came. Raises ExchangeError for refusals and for answers that list no keys."""
    if endpoint == QUERY_API.name:
        result = opened(endpoint, answer)
        return (_inspected(result, Holder.MASTER if result.flag("isMaster") else Holder.SUBACCOUNT),)
    if endpoint == SUB_APIKEYS.name:
        return key_page(answer).items
    if endpoint in (CREATE_SUB_API.name, UPDATE_SUB_API.name):
        return (_written(opened(endpoint, answer), Holder.SUBACCOUNT),)
    if endpoint == UPDATE_API.name:
        return (_written(opened(endpoint, answer), Holder.MASTER),)
    known = (QUERY_API, SUB_APIKEYS, CREATE_SUB_API, UPDATE_SUB_API, UPDATE_API)
    raise ExchangeError(
        Cause.MALFORMED,
        f"answers of {endpoint!r} list no keys of Bybit",
        f"name one of: {', '.join(known_endpoint.name for known_endpoint in known)}",
    )


def key_page(answer: object) -> Page[LiveKey]:
    """One page of a sub-account's keys; an empty ``nextPageCursor`` is the last one's."""
    result = opened(SUB_APIKEYS.name, answer)
    keys = tuple(_listed(item) for item in result.each("result"))
    return Page(keys, _cursor(result, "nextPageCursor", end="") or None)


def subaccount_page(endpoint: str, answer: object) -> Page[SubAccount]:
    """One page of a master's sub-accounts; ``nextCursor`` is ``0`` on the last one.

    Raises ExchangeError also for answers of other endpoints."""
    if endpoint not in (SUBMEMBERS.name, ESCROW_SUB_MEMBERS.name, QUERY_SUB_MEMBERS.name):
        raise ExchangeError(
            Cause.MALFORMED, f"answers of {endpoint!r} list no sub-accounts", "name an endpoint that lists them"
        )
    result = opened(endpoint, answer)
    found = tuple(_subaccount(item) for item in result.each("subMembers"))
    if endpoint == QUERY_SUB_MEMBERS.name:  # has no pages, and is cut at 1,000 without a sign
        return Page(found, None)
    cursor = _cursor(result, "nextCursor", end="0")
    return Page(found, None if cursor == "0" else cursor)


def opened(endpoint: str, answer: object) -> Fields:
    """The `result` of an answer, declared fields only. Raises ExchangeError for refusals."""
    refused = refusal(DECLARATION, endpoint, answer)
    if refused is not None:
        raise refused
    return Fields(strip(answer, DECLARATION.endpoint(endpoint).fields)).inner("result")


def account_of(answer: object) -> tuple[str, bool]:
    """The uid of the key that asked query-api, and whether its account is a master."""
    result = opened(QUERY_API.name, answer)
    return str(result.integer("userID")), result.flag("isMaster")


def _cursor(result: Fields, name: str, end: str) -> str:
    value = result.raw(name)
    if not isinstance(value, str) or (not value and end):
        raise result.malformed(name, f"a cursor, {end!r} on the last page")
    return value


def _inspected(item: Fields, holder: Holder) -> LiveKey:
    return _key(item, _scopes(item, holder, read_only=_read_only(item)), enabled=Known(True))


def _listed(item: Fields) -> LiveKey:
    # the polarity of this boolean is unknown, so nothing may follow from it; other clients' types have 0 and 1 here
    raw = item.raw("readOnly")
    if not isinstance(raw, bool | int) or raw not in (0, 1):
        raise item.malformed("readOnly", "true or false")
    status = item.raw("status")
    enabled: Observed[bool] = NotObservable("the answer's `status` has no documented value")
    if isinstance(status, int) and not isinstance(status, bool) and status in _ENABLED:
        enabled = Known(_ENABLED[status])
    return _key(item, _scopes(item, Holder.SUBACCOUNT, read_only=False), enabled=enabled, assumptions=(POLARITY,))


def _written(item: Fields, holder: Holder) -> LiveKey:
    return _key(item, _scopes(item, holder, read_only=_read_only(item)), enabled=_NOT_IN_ANSWER)


def _key(
    item: Fields, scopes: Observed[ScopeSet], *, enabled: Observed[bool], assumptions: tuple[Assumption, ...] = ()
) -> LiveKey:
    ips = _ips(item)
    return LiveKey(
        identifier=item.identifier("apiKey"),
        label=_label(item),
        scopes=scopes,
        ips=ips,
        enabled=enabled,
        created_at=_created(item),
        modified_at=NOT_REPORTED,
        expires_at=_expires(item, ips),
        last_used_at=NOT_REPORTED,
        native=_native(item),
        assumptions=assumptions,
    )


def _read_only(item: Fields) -> bool:
    """`readOnly` where it is a number: 1 is read-only, 0 is read-write, anything else is not documented."""
    value = item.integer("readOnly")
    if value not in (0, 1):
        raise Malformed(item.at("readOnly"), "0 or 1", "another number")
    return value == 1


def _groups(item: Fields) -> dict[str, tuple[str, ...]] | None:
    if not item.has("permissions"):
        return None
    permissions = item.inner("permissions")
    if "" in permissions.names():
        raise Malformed(permissions.path, "permission groups with names", "one without a name")
    return {group: permissions.texts(group) for group in permissions.names()}


def _scopes(item: Fields, holder: Holder, *, read_only: bool) -> Observed[ScopeSet]:
    groups = _groups(item)
    if groups is None:
        return NotObservable("the answer has no `permissions`")
    if not groups:  # single groups may be missing and are empty then; an answer without any is documented nowhere
        return NotObservable("the answer's `permissions` names no group")
    scopes: ScopeSet = frozenset({READ})
    if read_only:
        return Known(scopes)
    documented = {right.native.split(".")[0] for right in DECLARATION.rights}
    for group, values in groups.items():
        for value in values:
            opened = DECLARATION.scopes_of(f"{group}.{value}", holder)
            if opened is None:  # a new value of a known group, or a whole new group: nothing is dropped
                opened = frozenset({other(f"{group}.{value}" if group in documented else group)})
            scopes |= opened
    return Known(scopes)


def _ips(item: Fields) -> Observed[IpSet]:
    raw = item.raw("ips")
    if raw is None:
        return NotObservable("the answer has no `ips`")
    entries = tuple(raw.split(",")) if isinstance(raw, str) else item.texts("ips")
    if any(entry.strip() == "*" for entry in entries):
        return Known(ANY)
    if entries in ((), ("",)):
        return NotObservable("the answer's `ips` names nothing, which is documented neither as `any` nor as none")
    return Known(item.networks("ips", entries))


def _label(item: Fields) -> Observed[str]:
    note = item.raw("note")
    if note is None:
        return NotObservable("the answer has no `note`")
    if not isinstance(note, str):
        raise item.malformed("note", "text")
    return Known(note)


def _created(item: Fields) -> Observed[datetime]:
    if not item.has("createdAt"):
        return NotObservable("the answer has no `createdAt`")
    created = item.iso_time("createdAt")
    return NotObservable("the answer's `createdAt` is the epoch") if created <= EPOCH else Known(created)


def _expires(item: Fields, ips: Observed[IpSet]) -> Observed[datetime]:
    """The epoch is how Bybit's own sample says that a key bound to addresses has no expiry; an unbound key has one
    (90 days), so there it explains nothing."""
    if not item.has("expiredAt"):
        return NotObservable("the answer has no `expiredAt`")
    expires = item.iso_time("expiredAt")
    if expires > EPOCH:
        return Known(expires)
    if isinstance(ips, Known) and not ips.value.unrestricted:
        return ABSENT
    return NotObservable("the answer says no expiry, but not that the key is bound to addresses")


def _native(item: Fields) -> tuple[str, ...]:
    found = [f"{group}.{value}" for group, values in (_groups(item) or {}).items() for value in values]
    if item.has("readOnly"):
        raw = item.raw("readOnly")
        found.append(f"readOnly={str(raw).lower() if isinstance(raw, bool) else raw}")
    for name in ("type", "flag"):
        raw = item.raw(name)
        if isinstance(raw, int | str) and not isinstance(raw, bool) and raw != "":
            found.append(f"{name}={raw}")
        elif raw not in (None, ""):
            raise Malformed(item.at(name), "a number or text", kind(raw))
    if item.has("rsaPublicKey") and item.raw("rsaPublicKey") != "":
        found.append("rsa")
    return tuple(sorted(found))


def _subaccount(item: Fields) -> SubAccount:
    status = item.raw("status")
    frozen: Observed[bool] = NotObservable("the list's `status` has no documented value")
    if isinstance(status, int) and not isinstance(status, bool):
        if status in (_NORMAL, _LOGIN_BANNED):
            frozen = Known(False)
        elif status == _FROZEN:
            frozen = Known(True)
    name = item.raw("username")
    return SubAccount(item.text("uid"), name if isinstance(name, str) else "", frozen)
