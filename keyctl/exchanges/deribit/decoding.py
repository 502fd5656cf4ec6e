"""What Deribit's answers mean. Facts: https://docs.deribit.com/api-reference/account-management/private-list_api_keys
and its neighbours."""

from __future__ import annotations

import re
from collections.abc import Mapping

from keyctl.exchanges.declaration import Holder
from keyctl.exchanges.decode import NOT_REPORTED, Fields, kind
from keyctl.exchanges.deribit.declaration import (
    DECLARATION,
    GET_ACCOUNT_SUMMARY,
    GET_SUBACCOUNTS,
    LIST_API_KEYS,
    ONE_KEY,
)
from keyctl.exchanges.edge import strip
from keyctl.exchanges.envelope import refusal
from keyctl.exchanges.errors import Cause, ExchangeError, Malformed
from keyctl.exchanges.paging import Page
from keyctl.model.account import Environment
from keyctl.model.identifier import Identifier
from keyctl.model.ips import ANY, IpSet
from keyctl.model.live import Assumption, LiveKey, SubAccount
from keyctl.model.observed import Known, NotObservable, Observed
from keyctl.model.scopes import READ, ScopeSet, other

HOLDER = Assumption(
    "scopes",
    "the answer does not say whether this is a main account, whose keys can do more (withdraw, move positions):"
    " a main account is assumed",
)
ALLOW_LIST = Assumption(
    "ips",
    "an `ip_whitelist` that names no address is documented nowhere: it is taken to allow every address, not none",
)
_AMBIGUOUS = NotObservable("the key's `timestamp` is documented neither as its creation nor as its last change")
_TYPES = {"main": True, "subaccount": False}
_TOKEN = re.compile(r"([!-9;-~]+):([!-9;-~]+)")
"""``<group>:<level>``."""


def decode(endpoint: str, answer: object) -> tuple[LiveKey, ...]:
    """Every key in an answer, as it came. Raises ExchangeError for refusals and for answers that list no keys.

    A single answer does not tell whose the keys are, so they are read as a main account's, and say so.
    """
    if endpoint == LIST_API_KEYS.name:
        return listed(answer, None)
    if endpoint in {written.name for written in ONE_KEY}:
        return (_key(opened(endpoint, answer).inner("result"), None),)
    known = (LIST_API_KEYS, *ONE_KEY)
    raise ExchangeError(
        Cause.MALFORMED,
        f"answers of {endpoint!r} list no keys of Deribit",
        f"name one of: {', '.join(known_endpoint.name for known_endpoint in known)}",
    )


def listed(answer: object, holder: Holder | None) -> tuple[LiveKey, ...]:
    """The keys of a listing; ``holder`` is whose they are, None where nothing says it."""
    return tuple(_key(item, holder) for item in opened(LIST_API_KEYS.name, answer).each("result"))


def numbers(answer: object) -> Mapping[Identifier, int]:
    """What each key of a listing is called in calls that change it: a number that counts within its account only.
    Raises ExchangeError for one that two keys have: a call could mean either."""
    items = opened(LIST_API_KEYS.name, answer).each("result")
    found = {item.identifier("client_id"): item.integer("id") for item in items}
    if len({*found.values()}) != len(found):
        raise Malformed("result", "each key with an id of its own", "one that two keys have")
    return found


def written(endpoint: str, answer: object, holder: Holder) -> tuple[int, LiveKey]:
    """The number and the key of an answer of an endpoint that makes or changes one, a key of this holder."""
    item = opened(endpoint, answer).inner("result")
    return item.integer("id"), _key(item, holder)


def account_of(answer: object) -> tuple[str, bool]:
    """The uid of the account whose key asked for its summary, and whether it is a main account."""
    result = opened(GET_ACCOUNT_SUMMARY.name, answer).inner("result")
    return str(result.integer("id")), _is_main(result)


def subaccount_page(endpoint: str, answer: object) -> Page[SubAccount]:
    """A main account's sub-accounts; there is one page.

    The list names the main account too, and one that does not is malformed: nothing else shows that it is whole.
    """
    if endpoint != GET_SUBACCOUNTS.name:
        raise ExchangeError(
            Cause.MALFORMED, f"answers of {endpoint!r} list no sub-accounts", "name an endpoint that lists them"
        )
    found: list[SubAccount] = []
    mains = 0
    for item in opened(endpoint, answer).each("result"):
        if _is_main(item):
            mains += 1
        else:
            found.append(SubAccount(str(item.integer("id")), _name(item), _FROZEN))
    if mains != 1:
        raise Malformed("result", "one main account in the list", "none" if not mains else "several")
    if len({subaccount.uid for subaccount in found}) != len(found):
        raise Malformed("result", "each sub-account once", "one twice")
    return Page(tuple(found), None)


def check_environment(answer: object, environment: Environment) -> None:
    """Raises ExchangeError unless the answer says that it comes from the system that the account is on."""
    flag = Fields(answer).flag("testnet")
    if flag is not (environment is Environment.TESTNET):
        raise ExchangeError(
            Cause.MALFORMED,
            f"the answer comes from Deribit's {'test system' if flag else 'live system'}, and the account's"
            f" environment is {environment}",
            "check `environment` of the account in registry/accounts.yaml and where its credential is from",
        )


_FROZEN: Observed[bool] = NotObservable("what a blocked login does to a sub-account's keys is not documented")


def opened(endpoint: str, answer: object) -> Fields:
    """An answer, declared fields only. Raises ExchangeError for refusals."""
    refused = refusal(DECLARATION, endpoint, answer)
    if refused is not None:
        raise refused
    return Fields(strip(answer, DECLARATION.endpoint(endpoint).fields))


def _is_main(item: Fields) -> bool:
    main = _TYPES.get(item.text("type"))
    if main is None:
        raise Malformed(item.at("type"), "main or subaccount", "other text")
    return main


def _name(item: Fields) -> str:
    for name in ("username", "system_name"):
        value = item.raw(name)
        if isinstance(value, str) and value:
            return value
    return ""


def _key(item: Fields, holder: Holder | None) -> LiveKey:
    tokens = _tokens(item)
    ips, assumed = _ips(item)
    return LiveKey(
        identifier=item.identifier("client_id"),
        label=_label(item),
        scopes=Known(_scopes(tokens, holder or Holder.MASTER)),
        ips=ips,
        enabled=_enabled(item),
        created_at=_AMBIGUOUS,
        modified_at=_AMBIGUOUS,
        expires_at=NOT_REPORTED,
        last_used_at=NOT_REPORTED,
        native=_native(item, tokens),
        assumptions=(*((HOLDER,) if holder is None else ()), *assumed),
    )


def _tokens(item: Fields) -> tuple[tuple[str, str], ...]:
    """Group and level of each part of ``max_scope``, as it is spelt."""
    found = []
    for token in item.text("max_scope").split(" "):
        matched = _TOKEN.fullmatch(token)
        if matched is None:
            raise Malformed(item.at("max_scope"), "<group>:<level>, separated by spaces", "other text")
        found.append((matched[1], matched[2]))
    return tuple(found)


def _scopes(tokens: tuple[tuple[str, str], ...], holder: Holder) -> ScopeSet:
    scopes: ScopeSet = frozenset()
    for group, level in tokens:
        if level == "none":
            continue
        native = f"{group}:{level}"
        opened = DECLARATION.scopes_of(native, holder)
        # whatever a new group or level opens, it reads
        scopes |= opened if opened is not None else frozenset({READ, other(native)})
    return scopes


def _ips(item: Fields) -> tuple[Observed[IpSet], tuple[Assumption, ...]]:
    if not item.has("ip_whitelist"):
        return Known(ANY), ()
    entries = item.texts("ip_whitelist")
    if not entries or "*" in entries:
        return Known(ANY), (ALLOW_LIST,)
    return Known(item.networks("ip_whitelist", entries)), ()


def _enabled(item: Fields) -> Observed[bool]:
    if item.raw("enabled") is None:
        return NotObservable("the answer has no `enabled`")
    return Known(item.flag("enabled"))


def _label(item: Fields) -> Observed[str]:
    name = item.raw("name")
    if name is None:
        return NotObservable("the answer has no `name`")
    if not isinstance(name, str):
        raise item.malformed("name", "text")
    return Known(name)


def _native(item: Fields, tokens: tuple[tuple[str, str], ...]) -> tuple[str, ...]:
    found = [f"{group}:{level}" for group, level in tokens]
    if item.has("enabled_features"):
        found += [f"enabled_features={feature}" for feature in item.texts("enabled_features")]
    public = item.raw("public_key")
    if isinstance(public, str) and public:
        found.append("public_key")
    elif public not in (None, ""):
        raise Malformed(item.at("public_key"), "text", kind(public))
    return tuple(sorted(found))
