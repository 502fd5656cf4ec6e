"""A key's own view says what the key is, and nothing of anything else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from keyctl.exchanges.retry import Patience
from keyctl.model.identifier import Identifier
from keyctl.model.live import AccountSnapshot, Coverage, Snapshot
from keyctl.model.names import AccountName, KeyName
from keyctl.model.observed import NotObservable
from keyctl.model.refusal import Refusal
from keyctl.model.registry import Registry
from keyctl.model.tombstone import Tombstone, Tombstones
from keyctl.reconcile import snapshots
from keyctl.reconcile.own_view import NotObserved, RevokedCredential, own_credential, own_view
from keyctl.secrets.sources import Credentials
from tests.canary import CANARY
from tests.reconcile.desk import Desk, at_once, of, opened, with_key

PREFIX = "KEYCTL_READ_BYBIT_SANDBOX_MAIN_LEDGER"


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    with opened() as desk:
        yield desk


@pytest.fixture
def environ(desk: Desk) -> dict[str, str]:
    """What is set beside the app: its own credential, and none of keyctl's."""
    return {name: value for name, value in desk.environ().items() if name.startswith(PREFIX)}


def view(
    desk: Desk, environ: dict[str, str], name: str = "ledger", *, declared: Registry | None = None, dead: str = ""
) -> Snapshot:
    registry = declared or desk.registry
    stones = Tombstones([Tombstone(Identifier.of_text(dead), "test")] if dead else [])
    credentials = Credentials.from_environ(environ)
    key = registry.keys[KeyName(name)]
    return own_view(
        registry,
        key,
        own_credential(registry, key, credentials, stones),
        credentials=credentials,
        tombstones=stones,
        sandbox=desk.sandbox.control_url,
        clock=lambda: datetime.now(UTC),
        patience=Patience(timeout=5, sleep=at_once),
    )


def test_it_holds_one_account_and_one_key(desk: Desk, environ: dict[str, str]) -> None:
    snapshot = view(desk, environ)
    (seen,) = snapshot.accounts
    assert (seen.account, seen.coverage, seen.credential) == ("main", Coverage.DECLARED_ONLY, None)
    assert [key.identifier for key in seen.keys] == [desk.registry.keys[KeyName("ledger")].identifier]
    assert isinstance(seen.subaccounts, NotObservable)


def test_the_account_s_credential_serves_where_it_is_the_key_s_id(desk: Desk, environ: dict[str, str]) -> None:
    moved = {name.replace("_LEDGER", ""): value for name, value in environ.items()}
    assert of(view(desk, moved), "main").keys


def test_a_whole_run_merges_it(desk: Desk, environ: dict[str, str], tmp_path: Path) -> None:
    path = tmp_path / "own.json"
    path.write_text(json.dumps(snapshots.document(view(desk, environ))))
    assert not CANARY.search(path.read_bytes())
    without = {name: value for name, value in desk.environ().items() if not name.startswith(PREFIX)}
    live = desk.observe(environ=without, only={"main"})
    ledger = desk.registry.keys[KeyName("ledger")].identifier
    assert ledger is not None
    assert ledger.fingerprint in {row.fingerprint for row in of(live, "main").unanswered}
    merged = of(snapshots.merge(live, [snapshots.load(path, "registry-id", datetime.now(UTC))]), "main")
    assert merged.coverage is Coverage.DECLARED_ONLY
    assert ledger in {key.identifier for key in merged.keys}
    assert ledger.fingerprint not in {row.fingerprint for row in merged.unanswered}
    assert merged.credential == of(live, "main").credential
    assert merged.subaccounts == of(live, "main").subaccounts


@pytest.mark.parametrize("coverage", [Coverage.INCOMPLETE, Coverage.ENUMERATED])
def test_it_never_betters_what_is_known_of_the_account(desk: Desk, environ: dict[str, str], coverage: Coverage) -> None:
    mine = AccountSnapshot(
        AccountName("main"),
        desk.registry.accounts[AccountName("main")].exchange,
        coverage,
        datetime.now(UTC),
        error="nobody answered" if coverage is Coverage.INCOMPLETE else None,
        subaccounts=NotObservable("not asked"),
    )
    merged = of(snapshots.merge(Snapshot("registry-id", mine.observed_at, (mine,)), [view(desk, environ)]), "main")
    assert (merged.coverage, merged.error) == (mine.coverage, mine.error)
    assert len(merged.keys) == (0 if coverage is Coverage.ENUMERATED else 1)


def test_an_id_that_the_key_says_is_gone_is_gone_after_merging(desk: Desk, environ: dict[str, str]) -> None:
    own = view(desk, environ)
    (key,) = own.accounts[0].keys
    later = replace(
        own.accounts[0], keys=(), gone=frozenset({key.identifier.fingerprint}), observed_at=datetime.now(UTC)
    )
    merged = of(snapshots.merge(own, [replace(own, accounts=(later,))]), "main")
    assert merged.keys == () and merged.gone == {key.identifier.fingerprint}


def test_a_key_without_an_id_is_refused(desk: Desk, environ: dict[str, str]) -> None:
    with pytest.raises(Refusal, match="has no id"):
        view(desk, environ, declared=with_key(desk.registry, "ledger", identifier=None))


def test_a_missing_and_another_key_s_credential_are_refused(desk: Desk, environ: dict[str, str]) -> None:
    with pytest.raises(Refusal, match="is not set"):
        view(desk, {})
    with pytest.raises(Refusal, match="holds id"):
        view(desk, {**environ, f"{PREFIX}_KEY": "AnotherId000000001"})
    with pytest.raises(Refusal, match="_SECRET is not set"):
        view(desk, {f"{PREFIX}_KEY": environ[f"{PREFIX}_KEY"]})


def test_a_revoked_id_is_never_sent(desk: Desk, environ: dict[str, str]) -> None:
    before = len(desk.requests())
    for dead in (environ[f"{PREFIX}_KEY"], environ[f"{PREFIX}_KEY"].swapcase()):
        with pytest.raises(RevokedCredential):
            view(desk, environ, dead=dead)
    assert len(desk.requests()) == before


def test_what_the_exchange_refuses_is_said_without_the_secret(desk: Desk, environ: dict[str, str]) -> None:
    with pytest.raises(NotObserved, match="credential-invalid") as refused:
        view(desk, {**environ, f"{PREFIX}_SECRET": "canary-" + "0" * 32})
    assert "canary" not in str(refused.value)
    with pytest.raises(NotObserved, match="belongs to account 1000"):
        account = replace(desk.registry.accounts[AccountName("main")], uid="4711")
        view(desk, environ, declared=replace(desk.registry, accounts={AccountName("main"): account}))
