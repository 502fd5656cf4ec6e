"""How long a key may live, by what it may do."""

from __future__ import annotations

from collections.abc import Sequence

from keyctl.model.finding import Severity
from keyctl.model.key import Key
from keyctl.model.names import ExchangeId
from keyctl.model.policy import Policy, Subject
from keyctl.model.scopes import KEYS_MANAGE, READ, WITHDRAW, Scope, ScopeSet
from keyctl.policy.rule import Breach, KeyCase, Parameter, Parameters, PolicyRule
from keyctl.policy.settings import parameters_of

MOVES = frozenset({WITHDRAW, KEYS_MANAGE, Scope("transfer.internal"), Scope("transfer.subaccount")})


def check(case: KeyCase, parameters: Parameters) -> Sequence[Breach]:
    """Pure; see ``RULE``. A key that nobody says when it was issued is counted from today."""
    key = case.key
    if key.expires is None:
        return ()
    longest = longest_of(key.scopes, parameters)
    lives = (key.expires - (key.issued or case.world.today)).days
    if longest is None or lives <= longest:
        return ()
    since = f"after {key.issued}" if key.issued else "from today"
    message = f"{key.name} lives until {key.expires}, {lives} days {since}; {kind(key.scopes)} live {longest} at most"
    return (Breach(message, ("expires",)),)


def longest_of(scopes: ScopeSet, parameters: Parameters) -> int | None:
    """The days that a key with these rights may live; None for no limit."""
    own = parameters["move_days" if scopes & MOVES else "trade_days" if scopes - {READ} else "read_days"]
    return parameters["days"] if own is None else own


def kind(scopes: ScopeSet) -> str:
    """Keys with such rights, in words."""
    if scopes & MOVES:
        return "keys that move funds or administer keys"
    return "keys that trade" if scopes - {READ} else "keys that only read"


def allowed_days(policy: Policy, exchange: ExchangeId | None, key: Key) -> int | None:
    """The same for a declared key by a policy, whether or not the rule is silenced there."""
    return longest_of(key.scopes, parameters_of(RULE, policy, exchange, key.account, key.owner))


RULE = PolicyRule(
    name="max-lifetime",
    about=Subject.KEY,
    base=Severity.ERROR,
    strict=Severity.ERROR,
    meaning="A key is to live longer than keys of its kind may.",
    reason="The longer a key lives, the more copies of it there are.",
    remedy="write an earlier last day; rotate the key when it comes",
    check=check,
    parameters=(
        Parameter("days", "the most days from issue to last day", 365, 180),
        Parameter("read_days", "the same for keys that only read", None, 365),
        Parameter("trade_days", "the same for keys that trade", None, None),
        Parameter("move_days", "the same for keys that move funds or administer keys", None, 90),
    ),
)
