"""What files lack, told from files, exchanges and sinks alone."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

import pytest

from keyctl.acting.writing_back import RETIRES_FOR, Entry, edited, entries
from keyctl.model.identifier import Identifier
from keyctl.model.ips import ANY
from keyctl.model.live import AccountSnapshot, Coverage, LiveKey, Snapshot
from keyctl.model.marker import marker
from keyctl.model.names import AccountName, ExchangeId, KeyName
from keyctl.model.observed import Known, NotObservable
from keyctl.model.registry import Registry
from keyctl.model.scopes import STANDARD
from keyctl.reconcile.compare import compare
from keyctl.registry.load import load_documents
from keyctl.registry.reader import read

REGISTRY_ID = "7b0f6f0e-6a51-4c0a-9d3e-2f6a5c1f9b42"
NOW = datetime(2026, 9, 10, 12, tzinfo=UTC)
TODAY = NOW.date()
UNSAID = NotObservable("not said")
OLD, NEW, OTHER = "oldId0000000000001", "newId0000000000002", "otherId00000000003"
REST = "account: mm\nowner: hedger\nscopes: [read]\nips: any\n"


def texts(key: str, on_expiry: str = "delete") -> dict[str, bytes]:
    told = {
        "registry/registry.yaml": f"version: 1\nid: {REGISTRY_ID}\n",
        "registry/accounts.yaml": f"mm: {{exchange: bybit, environment: live, mode: enforce, on_expiry: {on_expiry}}}\n"
        "other: {exchange: bybit, environment: live}\n",
        "registry/apps.yaml": "hedger: {team: desk, kind: internal}\n",
        "keys.d/hold.yaml": REST + key,
    }
    return {path: text.encode() for path, text in told.items()}


def live(identifier: str, label: str = "", created: date | None = None) -> LiveKey:
    moment = None if created is None else datetime(created.year, created.month, created.day, 23, tzinfo=UTC)
    return LiveKey(
        Identifier.of_text(identifier),
        Known(label),
        Known(frozenset({STANDARD[0]})),
        Known(ANY),
        Known(True),
        UNSAID if moment is None else Known(moment),
        UNSAID,
        UNSAID,
        UNSAID,
    )


def made(identifier: str, generation: int = 0, created: date | None = None) -> LiveKey:
    return live(identifier, f"hold {marker(REGISTRY_ID, KeyName('hold'), generation)}", created)


def seen(*keys: LiveKey, coverage: Coverage = Coverage.ENUMERATED, elsewhere: Iterable[LiveKey] = ()) -> Snapshot:
    def account(name: str, held: tuple[LiveKey, ...], how: Coverage) -> AccountSnapshot:
        return AccountSnapshot(AccountName(name), ExchangeId("bybit"), how, NOW, held, subaccounts=UNSAID)

    return Snapshot(
        REGISTRY_ID, NOW, (account("mm", keys, coverage), account("other", tuple(elsewhere), Coverage.ENUMERATED))
    )


def told(
    files: dict[str, bytes], snapshot: Snapshot, delivered: dict[str, bool] | None = None, until: date | None = None
) -> list[Entry]:
    registry = load_documents(files).registry
    assert isinstance(registry, Registry)
    rows = compare(registry, registry.tombstones(), snapshot, NOW, {}).keys
    held = {Identifier.of_text(one).fingerprint: whether for one, whether in (delivered or {}).items()}
    return list(entries(registry, snapshot, rows, held, TODAY, until))


def after(
    files: dict[str, bytes], snapshot: Snapshot, delivered: dict[str, bool] | None = None, until: date | None = None
) -> str:
    """The key's file, in which a second look finds nothing more to write."""
    found, written = edited(files, told(files, snapshot, delivered, until))
    assert not [one for one in written if one.why_not]
    assert told({**files, **found}, snapshot, delivered, until) == []
    return found.get("keys.d/hold.yaml", files["keys.d/hold.yaml"]).decode()


def test_an_id_whose_secret_arrived_is_written_with_the_day_of_its_creation() -> None:
    day = TODAY - timedelta(days=2)
    text = after(texts(""), seen(made(NEW, created=day)), {NEW: True})
    assert f"id: {NEW}\n" in text and f"issued: {day}\n" in text
    assert f"issued: {TODAY}\n" in after(texts(""), seen(made(NEW)), {NEW: True})


def test_an_id_that_was_made_after_a_last_day_that_was_set_back_meanwhile_is_written_without_its_day() -> None:
    """The file would be wrong otherwise, and nothing at all could be written back."""
    text = after(texts("expires: 2026-09-09\n"), seen(made(NEW, created=TODAY)), {NEW: True})
    assert f"id: {NEW}\n" in text and "issued" not in text
    files = texts(f"id: {OLD}\nissued: 2026-08-01\nexpires: 2026-09-09\n")
    text = after(files, seen(live(OLD), made(NEW, 1, TODAY)), {NEW: True})
    assert f"id: {NEW}\n" in text and "issued" not in text and OLD in text


@pytest.mark.parametrize("delivered", [{}, {NEW: False}, {OTHER: True}])
def test_one_whose_secret_is_nowhere_is_not(delivered: dict[str, bool]) -> None:
    assert told(texts(""), seen(made(NEW)), delivered) == []


def test_a_successor_takes_the_place_of_an_id_that_retires() -> None:
    files = texts(f"id: {OLD}\nissued: 2026-08-01\n")
    text = after(files, seen(live(OLD), made(NEW, 1)), {NEW: True})
    document = read(text.encode())
    assert isinstance(document, dict)
    assert document["id"] == NEW and document["retiring"] == {"id": OLD, "until": str(TODAY + RETIRES_FOR)}


def test_until_is_what_somebody_says_and_never_before_the_new_ids_first_day() -> None:
    files = texts(f"id: {OLD}\nissued: 2026-08-01\n")
    snapshot = seen(live(OLD), made(NEW, 1, TODAY))
    assert f"until: {TODAY + timedelta(days=2)}" in after(
        files, snapshot, {NEW: True}, TODAY + timedelta(days=2)
    ).replace("'", "").replace('"', "")
    assert f"{TODAY - timedelta(days=2)}" not in after(files, snapshot, {NEW: True}, TODAY - timedelta(days=2))


def test_an_expired_key_that_is_gone_is_revoked_where_the_account_deletes() -> None:
    over = f"id: {OLD}\nissued: 2026-06-01\nexpires: 2026-09-09\n"
    text = after(texts(over), seen(live(OTHER)))
    assert f"reason: expired, confirmed: {TODAY}" in text and "\nid:" not in text
    assert told(texts(over), seen(live(OLD))) == []
    assert told(texts(over), seen(live(OTHER), coverage=Coverage.INCOMPLETE)) == []
    assert told(texts(over), seen(live(OTHER), coverage=Coverage.DECLARED_ONLY)) == []
    assert told(texts(over, "report"), seen(live(OTHER))) == []
    assert told(texts(over.replace("09-09", "09-10")), seen(live(OTHER))) == []


def test_a_retiring_id_that_is_gone_is_revoked() -> None:
    files = texts(f"id: {NEW}\nissued: 2026-08-01\nretiring: {{id: {OLD}, until: 2026-09-12}}\n")
    text = after(files, seen(live(NEW)))
    assert f"reason: rotated, confirmed: {TODAY}" in text and "retiring" not in text and f"id: {NEW}\n" in text
    assert told(files, seen(live(NEW), live(OLD))) == []
    assert told(files, seen(live(NEW), coverage=Coverage.INCOMPLETE)) == []


DEAD = f"revoked: [{{id: {OLD}, on: 2026-09-01, reason: leaked}}]\n"


def test_a_revoked_id_that_no_listing_shows_is_confirmed() -> None:
    assert f"confirmed: {TODAY}" in after(texts(DEAD), seen(live(OTHER)))


@pytest.mark.parametrize(
    "snapshot",
    [
        seen(live(OLD)),
        seen(live(OTHER), elsewhere=[live(OLD)]),
        seen(live(OTHER), coverage=Coverage.INCOMPLETE),
        seen(live(OTHER), coverage=Coverage.DECLARED_ONLY),
    ],
    ids=["alive", "alive-elsewhere", "incomplete", "declared-only"],
)
def test_one_that_may_be_alive_is_not(snapshot: Snapshot) -> None:
    assert told(texts(DEAD), snapshot) == []


def test_one_that_was_never_issued_or_is_confirmed_is_left_as_it_is() -> None:
    for dead in (DEAD.replace("leaked", "never-issued"), DEAD.replace("leaked", "leaked, confirmed: 2026-09-02")):
        assert told(texts(dead), seen(live(OTHER))) == []


def test_several_things_in_one_file_are_one_file_and_all_of_them() -> None:
    two = DEAD.replace("]", f", {{id: {OTHER}, on: 2026-09-01, reason: leaked}}]")
    text = after(texts(f"id: {NEW}\nissued: 2026-06-01\nexpires: 2026-09-09\n" + two), seen())
    assert text.count(f"confirmed: {TODAY}") == 3


def test_what_can_not_be_written_is_told() -> None:
    files = texts("")
    both = [made(NEW), made(OTHER)]
    found, written = edited(files, told(files, seen(*both), {NEW: True, OTHER: True}))
    assert [one.why_not is None for one in written] == [True, False] and len(found) == 1
