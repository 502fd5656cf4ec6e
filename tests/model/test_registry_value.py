"""What the values of a registry say of themselves: its tombstones, a key's ids, a place, what is known of a field."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from keyctl.model.account import Account, Environment
from keyctl.model.app import KEYCTL
from keyctl.model.comparison import AccountRow, Comparison, KeyRow, Status
from keyctl.model.finding import ExitReason
from keyctl.model.identifier import Identifier
from keyctl.model.ips import ANY
from keyctl.model.key import NEVER_ISSUED, Key, Retiring, Revocation
from keyctl.model.live import Coverage, KeyEvent
from keyctl.model.names import AccountName, AppName, ExchangeId, KeyName
from keyctl.model.observed import ABSENT, Known, NotObservable, value_of
from keyctl.model.place import Place
from keyctl.model.refusal import Refusal
from keyctl.model.registry import Registry
from keyctl.model.tombstone import Tombstone

DAY = date(2026, 6, 1)
ONE, TWO, THREE = (Identifier.of_text(text) for text in ("one", "two", "three"))
FILE = Place("keys.d/quotes.yaml")
KEY = Key(KeyName("quotes"), AccountName("main"), AppName("hedger"), "quotes", frozenset(), ANY, FILE)


def revocation(identifier: Identifier, place: Place, confirmed: date | None = None) -> Revocation:
    return Revocation(identifier, DAY, "leaked", place, confirmed)


def test_tombstones_tell_all_that_the_files_say_and_are_gathered_once() -> None:
    own = revocation(ONE, Place("keys.d/quotes.yaml", ("revoked", 0), 7, 3), confirmed=date(2026, 6, 2))
    listed = revocation(TWO, Place("registry/revoked.yaml", (0,)))
    key = Key(KEY.name, KEY.account, KEY.owner, "quotes", frozenset(), ANY, FILE, THREE, revoked=(own,))
    account = Account(KEY.account, ExchangeId("bybit"), Environment.LIVE, FILE)
    registry = Registry("id", {account.name: account}, {}, {}, {key.name: key}, (listed,), "sha256:0")
    stones = registry.tombstones()
    assert stones is registry.tombstones()
    assert len(stones) == 2
    assert stones.find(ONE) == Tombstone(
        ONE, "keys.d/quotes.yaml:7:3", key.name, key.account, DAY, "leaked", date(2026, 6, 2), own.place
    )
    assert stones.find(TWO) == Tombstone(
        TWO, "registry/revoked.yaml", None, None, DAY, "leaked", None, Place("registry/revoked.yaml", (0,))
    )
    assert stones.find(THREE) is None


def test_registries_are_compared_by_what_they_say_and_not_by_what_was_gathered() -> None:
    def registry() -> Registry:
        return Registry("id", {}, {}, {}, {}, (revocation(ONE, FILE),), "sha256:0")

    asked, fresh = registry(), registry()
    asked.tombstones()
    assert asked == fresh
    assert "_tombstones" not in repr(asked)
    assert len(fresh.tombstones()) == 1


@pytest.mark.parametrize(
    ("identifier", "retiring", "living"),
    [
        (None, None, ()),
        (ONE, None, (ONE,)),
        (ONE, Retiring(TWO, DAY), (ONE, TWO)),
        (None, Retiring(TWO, DAY), (TWO,)),
    ],
)
def test_the_current_and_the_retiring_id_are_the_living_ones(
    identifier: Identifier | None, retiring: Retiring | None, living: tuple[Identifier, ...]
) -> None:
    key = Key(KEY.name, KEY.account, KEY.owner, "quotes", frozenset(), ANY, FILE, identifier, retiring=retiring)
    assert key.living == living


def test_a_key_s_generation_counts_the_ids_that_it_lost() -> None:
    assert KEY.generation == 0
    twice = tuple(revocation(identifier, FILE) for identifier in (ONE, TWO))
    key = Key(KEY.name, KEY.account, KEY.owner, "quotes", frozenset(), ANY, FILE, revoked=twice)
    assert key.generation == 2


def test_the_owner_of_keyctl_s_own_credentials_is_the_documented_one() -> None:
    assert KEYCTL == "keyctl"


def test_the_reason_for_a_mistyped_id_is_the_documented_one() -> None:
    assert NEVER_ISSUED == "never-issued"


def test_a_place_is_shown_with_its_line_once_that_was_looked_up() -> None:
    assert str(Place("a.yaml", ("id",))) == "a.yaml"
    assert str(Place("a.yaml", ("id",), 3, 5)) == "a.yaml:3:5"
    assert str(Place("a.yaml", (), 1, 0)) == "a.yaml:1:0"


def test_places_and_events_have_an_order() -> None:
    assert sorted([Place("b"), Place("a", (), 2), Place("a", (), 1)]) == [
        Place("a", (), 1),
        Place("a", (), 2),
        Place("b"),
    ]
    early, late = (KeyEvent(datetime(2026, 1, day, tzinfo=UTC), "edited") for day in (1, 2))
    assert sorted([late, early]) == [early, late]


def test_only_what_is_known_has_a_value() -> None:
    assert value_of(Known("x")) == "x"
    assert value_of(ABSENT) is None
    assert value_of(NotObservable("unsaid")) is None


def test_a_refusal_says_what_is_wrong_and_what_to_do() -> None:
    refusal = Refusal("no such file", "write one")
    assert (str(refusal), refusal.message, refusal.remedy) == ("no such file", "no such file", "write one")
    assert Refusal("no such file").remedy == ""


def test_a_row_s_status_is_its_loudest() -> None:
    row = KeyRow(None, None, None, None, (Status.EXPIRED, Status.DRIFTED))
    assert row.status is Status.EXPIRED


def account_row(coverage: Coverage) -> AccountRow:
    return AccountRow(AccountName("main"), ExchangeId("bybit"), coverage, None, None)


@pytest.mark.parametrize(
    ("coverages", "partial", "reasons", "complete"),
    [
        ([Coverage.ENUMERATED, Coverage.DECLARED_ONLY], False, [], True),
        ([Coverage.ENUMERATED], False, [ExitReason.BLOCKED, ExitReason.DIFFERENCES, ExitReason.INCOMPLETE], True),
        ([], False, [], False),
        ([Coverage.ENUMERATED, Coverage.INCOMPLETE], False, [], False),
        ([Coverage.ENUMERATED], True, [], False),
        ([Coverage.ENUMERATED], False, [ExitReason.FAILED], False),
    ],
)
def test_a_comparison_is_complete_when_everything_was_looked_at(
    coverages: list[Coverage], partial: bool, reasons: list[ExitReason], complete: bool
) -> None:
    comparison = Comparison(
        generated_at=datetime(2026, 11, 25, tzinfo=UTC),
        commit=None,
        dirty=False,
        registry_digest=None,
        live_digest=None,
        partial=partial,
        accounts=tuple(map(account_row, coverages)),
        keys=(),
        findings=(),
        exit_reasons=tuple(reasons),
    )
    assert comparison.complete is complete
