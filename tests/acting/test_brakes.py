"""How much one apply may do: all of a kind at an account, or nothing of it."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from keyctl.acting.brakes import held_up
from keyctl.model.finding import Risk
from keyctl.model.identifier import Identifier
from keyctl.model.ips import ANY
from keyctl.model.live import AccountSnapshot, Coverage, LiveKey
from keyctl.model.names import AccountName, ExchangeId, KeyName
from keyctl.model.observed import Known, NotObservable
from keyctl.model.plan import Action, Op
from keyctl.model.registry import Brakes

UNSAID = NotObservable("not said")
NAMES = ("one", "two")


def account(name: str, keys: int) -> AccountSnapshot:
    live = tuple(
        LiveKey(Identifier.of_text(f"{name}{n:05}"), UNSAID, UNSAID, Known(ANY), UNSAID, UNSAID, UNSAID, UNSAID, UNSAID)
        for n in range(keys)
    )
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    return AccountSnapshot(
        AccountName(name), ExchangeId("bybit"), Coverage.ENUMERATED, moment, live, subaccounts=UNSAID
    )


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[Action], dict[AccountName, AccountSnapshot]]:
    seen, actions = {}, []
    for name in NAMES:
        keys = draw(st.integers(0, 12))
        seen[AccountName(name)] = account(name, keys)
        for number in range(keys):
            op = draw(st.sampled_from([*Op, None]))
            if op is None:
                continue
            kills = op in (Op.DELETE, Op.DISABLE) and draw(st.booleans())
            manual = ("by hand",) if draw(st.integers(0, 4)) == 0 else ()
            identifier = None if op is Op.CREATE else Identifier.of_text(f"{name}{number:05}")
            key = KeyName(f"{name}-{number}")
            actions.append(Action(op, key, AccountName(name), identifier, "why", Risk.NEUTRAL, manual, kills))
    return actions, seen


brakes = st.builds(
    Brakes,
    max_deletes=st.integers(0, 6),
    max_deletes_percent=st.integers(0, 100),
    max_changes_percent=st.integers(0, 100),
)
allowances = st.dictionaries(st.sampled_from([AccountName(name) for name in NAMES]), st.integers(0, 12))


def counted(actions: list[Action], name: str, *, deletes: bool) -> list[Action]:
    ops = (Op.DELETE,) if deletes else (Op.UPDATE, Op.DISABLE, Op.ROTATE)
    return [one for one in actions if one.account == name and one.op in ops and not one.kills and not one.manual]


@given(cases(), brakes, allowances, allowances)
def test_an_account_loses_no_more_than_is_allowed_and_all_of_a_kind_or_nothing(
    case: tuple[list[Action], dict[AccountName, AccountSnapshot]],
    limits: Brakes,
    deletes: dict[AccountName, int],
    changes: dict[AccountName, int],
) -> None:
    actions, seen = case
    held = held_up(actions, seen, limits, deletes, changes)
    for name in NAMES:
        there, account_name = len(seen[AccountName(name)].keys), AccountName(name)
        for of_deletes, allowed in ((True, deletes), (False, changes)):
            group = counted(actions, name, deletes=of_deletes)
            tried = [one for one in group if one not in held]
            assert tried in ([], group)
            percent = limits.max_deletes_percent if of_deletes else limits.max_changes_percent
            most = max(1, there * percent // 100)
            most = min(most, limits.max_deletes) if of_deletes else most
            most = allowed.get(account_name, most)
            assert (tried == group) is (len(group) <= most) or not group


@given(cases(), brakes)
def test_killings_creations_and_what_people_do_are_never_held_up(
    case: tuple[list[Action], dict[AccountName, AccountSnapshot]], limits: Brakes
) -> None:
    actions, seen = case
    held = held_up(actions, seen, limits, {}, {})
    assert not [one for one in held if one.kills or one.manual or one.op is Op.CREATE]


@given(cases(), brakes)
def test_every_refusal_names_a_way_that_lets_all_of_it_through(
    case: tuple[list[Action], dict[AccountName, AccountSnapshot]], limits: Brakes
) -> None:
    actions, seen = case
    allowed: dict[str, dict[AccountName, int]] = {"--allow-deletes": {}, "--allow-changes": {}}
    for said in held_up(actions, seen, limits, {}, {}).values():
        option, told = said.rsplit(" ", 2)[1:]
        name, _, number = told.partition("=")
        allowed[option][AccountName(name)] = int(number)
    assert held_up(actions, seen, limits, allowed["--allow-deletes"], allowed["--allow-changes"]) == {}
