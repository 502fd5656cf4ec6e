"""validate --fix: what is mechanical goes, nothing becomes wider, every other byte stays."""

from __future__ import annotations

from pathlib import Path

from keyctl.registry.load import load
from tests.cli.program import keyctl
from tests.history.repository import Repository

QUOTES = Path("keys.d/hedger/hedger-quotes.yaml")
NETWORKS, WAIVERS = Path("registry/networks.yaml"), Path("registry/waivers.yaml")


def test_a_clean_registry_stays_as_it_is(example: Repository) -> None:
    ran = keyctl("validate", "--fix")
    assert (ran.status, ran.err) == (0, "")
    assert example.git("status", "--porcelain") == ""


def test_overlaps_unused_networks_and_waivers_that_are_over_go(example: Repository) -> None:
    before = load(Path()).registry
    assert before is not None
    quotes, networks, waivers = QUOTES.read_text(), NETWORKS.read_text(), WAIVERS.read_text()
    QUOTES.write_text(quotes.replace('["203.0.113.10", ', '["203.0.113.17", "203.0.113.10", "203.0.113.10/32", '))
    NETWORKS.write_text(networks + 'old-office: ["198.51.100.99"]   # until the move\n')
    over = "{rule: ip-required, key: gone, reason: it was, approved_by: sec, expires: 2026-01-31}"
    WAIVERS.write_text(waivers + f"  - {over}\n")
    ran = keyctl("validate", "--fix")
    assert ran.status == 0
    assert ran.err.splitlines() == [
        "mended: keys.d/hedger/hedger-quotes.yaml: ips.0 is taken out",
        "mended: keys.d/hedger/hedger-quotes.yaml: ips.2 is taken out",
        "mended: registry/networks.yaml: old-office is taken out",
        "mended: registry/waivers.yaml: waivers.2 is taken out",
    ]
    assert (QUOTES.read_text(), NETWORKS.read_text(), WAIVERS.read_text()) == (quotes, networks, waivers)
    after = load(Path()).registry
    assert after is not None and dict(after.keys) == dict(before.keys)
    assert keyctl("validate", "--fix").err == ""


def test_what_is_waived_is_left(example: Repository) -> None:
    QUOTES.write_text(QUOTES.read_text().replace('["203.0.113.10", ', '["203.0.113.17", "203.0.113.10", '))
    waiver = "{rule: ip-overlap, key: hedger-quotes, reason: the host moves, approved_by: sec, expires: 2027-12-31}"
    WAIVERS.write_text(WAIVERS.read_text() + f"  - {waiver}\n")
    before = QUOTES.read_bytes()
    assert keyctl("validate", "--fix").err == "" and QUOTES.read_bytes() == before


def test_the_only_waiver_leaves_an_empty_list(example: Repository) -> None:
    WAIVERS.write_text(
        "# ours\nwaivers:\n  - rule: ip-required\n    key: gone\n    reason: it was\n    approved_by: sec\n"
        "    expires: 2026-01-31\n"
    )
    ran = keyctl("validate", "--fix")
    assert "waivers.0 is taken out" in ran.err
    assert WAIVERS.read_text() == "# ours\nwaivers: []\n"


def test_what_can_not_be_mended_by_itself_is_said_and_left(example: Repository) -> None:
    WAIVERS.write_text(
        "waivers:\n  # moving\n"
        "  - {rule: ip-required, key: gone, reason: it was, approved_by: sec, expires: 2026-01-31}\n"
    )
    before = WAIVERS.read_bytes()
    ran = keyctl("validate", "--fix")
    assert "left as it is: registry/waivers.yaml: waivers.0: a comment stands between" in ran.err
    assert WAIVERS.read_bytes() == before and "waiver-expired" in ran.out


def test_files_that_are_wrong_are_not_touched(example: Repository) -> None:
    NETWORKS.write_text(NETWORKS.read_text() + 'old-office: ["198.51.100.99"]\n')
    Path("keys.d/broken.yaml").write_text("account: &a b\n")
    before = NETWORKS.read_bytes()
    assert keyctl("validate", "--fix").status == 1 and NETWORKS.read_bytes() == before


def test_it_mends_the_whole_as_of_now(example: Repository) -> None:
    assert keyctl("validate", "--fix", "--at", "2026-12-01").status == 64
    assert keyctl("validate", "--fix", "--only", "key=ledger").status == 64
