"""A revoked agent's address never signs again, not as a wallet either, also where only history remembers it."""

from __future__ import annotations

from pathlib import Path

import pytest

from keyctl.history.examine import History
from keyctl.model.finding import ExitReason, Severity
from keyctl.reconcile.desired import read_desired
from tests.history.repository import Repository, key_file, new_repository, revoked_file, rules

DEAD, LIVE = "0x" + "Ab" * 20, "LiveKey0002xyz"
FILE, APPS = "keys.d/mm/hedger.yaml", "registry/apps.yaml"


def apps(address: str) -> str:
    """One app with keys, and one that signs with a wallet."""
    wallet = f"{{venue: hyperliquid, chain: arbitrum, address: '{address}'}}"
    return (
        "hedger: {team: desk, kind: internal}\n"
        f"signer:\n  team: desk\n  kind: internal\n  access: wallet\n  wallet: {wallet}\n"
    )


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """An address was a key's id, and was revoked."""
    made = new_repository(tmp_path / "desk", files={FILE: key_file(DEAD)})
    made.commit({FILE: key_file(LIVE, revoked=[DEAD])}, "rotate")
    return made


def assert_blocked(history: History) -> None:
    """The one finding about the wallet, at its line."""
    (finding,) = (finding for finding in history.findings if finding.rule == "revoked-id-declared")
    assert (finding.severity, finding.consequence) == (Severity.CRITICAL, ExitReason.BLOCKED)
    assert finding.place is not None and (finding.place.path, finding.place.line) == (APPS, 6)
    assert "0xab… was revoked for ever" in finding.message


@pytest.mark.parametrize("spelling", [DEAD, DEAD.lower(), DEAD.upper().replace("0X", "0x")])
def test_a_revoked_address_as_a_wallet_however_it_is_spelt(repository: Repository, spelling: str) -> None:
    repository.commit({APPS: apps(spelling)})
    assert_blocked(repository.examine())


def test_where_only_history_knows_the_tombstone(repository: Repository) -> None:
    repository.commit({FILE: None, "registry/revoked.yaml": revoked_file(LIVE), APPS: apps(DEAD)})
    history = repository.examine()
    assert rules(history) == ["revoked-id-declared", "tombstone-removed"]
    assert_blocked(history)


def test_on_the_protected_branch_only_while_a_stale_branch_adds_the_wallet(repository: Repository) -> None:
    repository.branch("stale", "HEAD~1")
    repository.commit({FILE: key_file(), APPS: apps(DEAD)})
    history = repository.examine(protected="main")
    assert_blocked(history)
    assert all("merge refs/heads/main first" in finding.remedy for finding in history.findings)


def test_a_wallet_that_was_never_revoked_is_no_finding_and_may_leave(repository: Repository) -> None:
    repository.commit({APPS: apps("0x" + "cd" * 20)})
    assert repository.examine().findings == ()
    repository.commit({APPS: apps("0x" + "ef" * 20)})
    assert repository.examine().findings == (), "law 1 is about ids of keys"


def test_checkout_and_history_say_it_once(repository: Repository) -> None:
    repository.commit({APPS: apps(DEAD)})
    desired = read_desired(repository.root, environ=repository.environ)
    assert [finding.rule for finding in desired.findings] == ["revoked-id-declared"]
