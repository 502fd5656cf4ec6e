"""Any two commits can be reviewed, whatever lies between them, and each change has its author."""

from __future__ import annotations

from pathlib import Path

import pytest

from keyctl.model.finding import ExitReason, Severity
from keyctl.model.refusal import Refusal
from keyctl.model.review import Meaning, Review
from tests.history.repository import Repository, move
from tests.review.conftest import Look
from tests.review.corpus import FILES, edited

QUOTES, SPOT, NETWORKS = "keys.d/hedger/quotes.yaml", "keys.d/arbitrage/spot.yaml", "registry/networks.yaml"
REVOKED, POLICY = "registry/revoked.yaml", "registry/policy.yaml"
WIDER = {"[read, trade.spot]": "[read, trade.spot, trade.futures]"}


def commit(repository: Repository, edits: dict[str, object], who: str = "Tester") -> str:
    """One commit that edits the small registry's files as they lie in the work tree."""
    lying = {path: (repository.root / path).read_text("utf-8") for path in FILES if (repository.root / path).is_file()}
    after = edited(lying, edits)
    repository.environ["GIT_AUTHOR_NAME"] = who
    return repository.commit({**after, **{path: None for path in lying if path not in after}}, "an edit")


def rows(review: Review) -> list[str]:
    return [f"{row.key} {row.field} {row.risk.value}" for row in review.changes]


def rules(review: Review) -> list[str]:
    return sorted(finding.rule for finding in review.findings)


def test_without_names_it_is_what_the_branch_did_since_it_left_the_protected_one(desk: Repository, look: Look) -> None:
    start = desk.head()
    desk.checkout("main")
    commit(desk, {SPOT: {"purpose: spot legs": "purpose: other legs"}})
    desk.checkout("mr")
    commit(desk, {QUOTES: WIDER})
    review = look(desk)
    assert (review.base, review.head) == (start, desk.head())
    assert rows(review) == ["quotes scopes escalation"]
    assert review.judged_by == desk.git("rev-parse", "main")


def test_a_branch_that_took_the_protected_one_in_shows_its_own_commits_only(desk: Repository, look: Look) -> None:
    commit(desk, {QUOTES: WIDER}, "Ann")
    desk.checkout("main")
    commit(desk, {SPOT: WIDER}, "Mia")
    desk.checkout("mr")
    desk.merge("main")
    review = look(desk)
    assert rows(review) == ["quotes scopes escalation"]
    assert [one.author.name for one in review.changes[0].commits] == ["Ann"]


def test_two_named_commits_in_either_direction(desk: Repository, look: Look) -> None:
    first = desk.head()
    second = commit(desk, {QUOTES: WIDER})
    assert rows(look(desk, first, second)) == ["quotes scopes escalation"]
    assert rows(look(desk, second, first)) == ["quotes scopes reduction"]
    assert rows(look(desk, "mr~1", "mr")) == ["quotes scopes escalation"]
    assert look(desk, second, second).changes == ()


@pytest.mark.parametrize("name", ["", "-n", "--all", "nowhere", "main:registry", "a\nb"])
def test_what_names_no_commit_is_refused_in_words(desk: Repository, look: Look, name: str) -> None:
    with pytest.raises(Refusal) as refused:
        look(desk, name)
    assert "commit" in refused.value.message and refused.value.remedy


def test_histories_without_a_common_commit_are_refused(desk: Repository, look: Look) -> None:
    desk.git("checkout", "-q", "--orphan", "other")
    commit(desk, {})
    with pytest.raises(Refusal, match="no commit in common"):
        look(desk)


def test_without_a_protected_branch_the_base_must_be_named_and_nothing_is_trusted(desk: Repository, look: Look) -> None:
    commit(desk, {QUOTES: WIDER})
    with pytest.raises(Refusal, match="protected branch 'trunk'"):
        look(desk, protected="trunk")
    review = look(desk, "mr~1", protected="trunk")
    assert (review.judged_by, rows(review)) == (None, ["quotes scopes escalation"])
    assert ExitReason.FAILED in review.exit_reasons


def test_outside_git_is_refused(tmp_path: Path, look: Look) -> None:
    plain = Repository(tmp_path / "plain")
    plain.path.mkdir()
    plain.write(FILES)
    with pytest.raises(Refusal, match="no git repository"):
        look(plain)


def test_the_first_merge_request_issues_everything(tmp_path: Path, look: Look) -> None:
    path = tmp_path / "new"
    path.mkdir()
    repository = Repository(path)
    repository.git("init", "-q", "-b", "main")
    repository.commit({"README.md": "# ours\n"}, "first")
    repository.branch("mr")
    repository.commit(FILES, "the registry")
    review = look(repository)
    assert {row.key for row in review.changes} == {"books", "ended", "perps", "planned", "quotes", "spot"}
    assert {row.meaning for row in review.changes} == {Meaning.ISSUED}
    held = {(one.rule, one.key) for one in review.findings if one.severity is Severity.ERROR}
    assert held == {
        ("expiry-required", "books"),
        ("expiry-required", "planned"),
        ("least-scope", "perps"),
        ("least-scope", "quotes"),
    }, "with no policy on the base side the rule set base judges, not what the branch brings along"
    assert {one.known for one in review.tombstones} == {False}


def test_a_registry_that_moved_to_another_folder_is_the_same(desk: Repository, look: Look) -> None:
    move(desk, "desk")
    desk.commit({}, "moved")
    review = look(desk)
    assert review.changes == ()
    assert [(edit.field, edit.before, edit.after) for edit in review.shared] == [("folder", ".", "desk/")]
    assert review.exit_reasons == ()
    commit(desk, {QUOTES: WIDER})
    assert rows(look(desk)) == ["quotes scopes escalation"]
    assert look(desk).findings[0].place is not None


def test_another_registry_in_the_same_repository_is_not_reviewed(desk: Repository, look: Look) -> None:
    other = {f"other/{path}": text.replace("7b0f6f0e", "00000000") for path, text in FILES.items()}
    desk.commit({**other, f"other/{QUOTES}": other[f"other/{QUOTES}"].replace("trade.spot", "trade.futures")})
    review = look(desk)
    assert (review.changes, review.shared, review.tombstones, review.findings) == ((), (), (), ())


def test_another_id_where_the_registry_stood_is_blocked(desk: Repository, look: Look) -> None:
    commit(desk, {"registry/registry.yaml": {"7b0f6f0e": "00000000"}})
    review = look(desk)
    assert "registry-replaced" in rules(review)
    assert review.exit_reasons[0] is ExitReason.BLOCKED


def test_a_registry_that_the_head_has_no_more_is_blocked(desk: Repository, look: Look) -> None:
    desk.git("rm", "-q", "-r", "registry", "keys.d")
    desk.commit({}, "gone")
    review = look(desk)
    assert "registry-gone" in rules(review)
    assert review.exit_reasons[0] is ExitReason.BLOCKED


def test_what_is_not_committed_is_not_reviewed_and_said(desk: Repository, look: Look) -> None:
    commit(desk, {QUOTES: WIDER})
    desk.write({SPOT: "not even YAML: ["})
    review = look(desk)
    assert (review.dirty, rows(review)) == (True, ["quotes scopes escalation"])
    assert not look(desk, "main", "mr").dirty, "another commit was asked for by name"


def test_forty_keys_that_a_network_widens_are_forty_rows(desk: Repository, look: Look) -> None:
    keys = {f"keys.d/many/many-{n:02}.yaml": FILES[SPOT].replace("SpotId01", f"ManyId{n:02}") for n in range(40)}
    desk.checkout("main")
    desk.commit(dict(keys))
    desk.branch("wide")
    commit(desk, {NETWORKS: {"203.0.113.24": "203.0.113.0/24"}}, "Ann")
    review = look(desk)
    touched = ["ended", *(f"many-{n:02}" for n in range(40)), "spot"]
    assert rows(review) == [f"{key} ips escalation" for key in touched]
    assert {row.cause for row in review.changes} == {"network host"}
    assert {one.author.name for row in review.changes for one in row.commits} == {"Ann"}
    assert [finding.rule for finding in review.findings] == ["escalation"]
    assert "42 keys" in review.findings[0].message
    place = review.findings[0].place
    assert place is not None and (place.path, place.line) == (NETWORKS, 2)


def test_a_tombstone_that_a_merge_drops_is_told_with_the_merge(desk: Repository, look: Look) -> None:
    desk.branch("leak")
    commit(desk, {REVOKED: {"revoked:": "revoked:\n  - {id: Leaked0001, on: 2026-11-25, reason: leaked}"}}, "Ann")
    desk.checkout("mr")
    commit(desk, {QUOTES: {"purpose: quotes": "purpose: more"}})
    desk.environ["GIT_AUTHOR_NAME"] = "Mal"
    merge = desk.merge("leak", "-s", "ours")
    review = look(desk)
    assert [(one.kept, one.known) for one in review.tombstones] == [(False, False)]
    assert [one.author.name for one in review.tombstones[0].commits] == ["Ann"]
    blocked = next(finding for finding in review.findings if finding.rule == "tombstone-removed")
    assert ExitReason.BLOCKED in review.exit_reasons
    assert "Ann" in blocked.message
    assert merge == review.head


def test_a_change_that_only_a_merge_makes_has_the_merge_for_its_author(desk: Repository, look: Look) -> None:
    desk.branch("side")
    commit(desk, {SPOT: {"purpose: spot legs": "purpose: legs"}})
    desk.checkout("mr")
    commit(desk, {QUOTES: {"purpose: quotes": "purpose: more"}})
    desk.environ["GIT_AUTHOR_NAME"] = "Mal"
    desk.git("merge", "-q", "--no-ff", "--no-commit", "side")
    merge = commit(desk, {"keys.d/ledger/books.yaml": {"[read]": "[read, trade.spot]"}}, "Mal")
    review = look(desk)
    gain = next(row for row in review.changes if row.field == "scopes")
    assert [(one.id, one.author.name) for one in gain.commits] == [(merge, "Mal")]


def test_a_stale_branch_that_holds_what_the_protected_one_revoked_is_blocked(desk: Repository, look: Look) -> None:
    commit(desk, {QUOTES: {"purpose: quotes": "purpose: more"}})
    desk.checkout("main")
    commit(
        desk,
        {SPOT: {"id: SpotId01\n": "", "issued:": "revoked: [{id: SpotId01, on: 2026-11-25, reason: leaked}]\nissued:"}},
    )
    desk.checkout("mr")
    review = look(desk)
    assert review.exit_reasons == (ExitReason.BLOCKED,)
    assert "merge refs/heads/main first" in review.findings[0].remedy


def test_the_protected_tip_judges_not_the_branch_s_own_start(desk: Repository, look: Look) -> None:
    commit(desk, {QUOTES: {"2027-03-31": "2027-09-30"}})
    assert rows(look(desk)) == ["quotes expires renewal"]
    desk.checkout("main")
    commit(desk, {POLICY: {"days: 400": "days: 300"}})
    desk.checkout("mr")
    review = look(desk)
    assert rows(review) == ["quotes expires escalation"], "main has become stricter since"
    assert "policy-weakened" not in rules(review), "being behind weakens nothing"


def test_protection_that_the_protected_tip_added_later_counts(desk: Repository, look: Look) -> None:
    commit(
        desk, {SPOT: None, REVOKED: {"revoked:": "revoked:\n  - {id: SpotId01, on: 2026-11-25, reason: app retired}"}}
    )
    assert "protected-removed" not in rules(look(desk))
    desk.checkout("main")
    commit(desk, {SPOT: {"issued:": "protected: true\nissued:"}})
    desk.checkout("mr")
    assert "protected-removed" in rules(look(desk))


def test_a_base_that_can_not_be_read_is_said_and_its_keys_are_neither_new_nor_gone(
    desk: Repository, look: Look
) -> None:
    desk.checkout("main")
    commit(desk, {QUOTES: {"scopes: [read, trade.spot]": "scopes: [read, nonsense]"}})
    desk.branch("mend")
    commit(desk, {QUOTES: {"[read, nonsense]": "[read]"}})
    review = look(desk)
    assert (review.changes, rules(review)) == ((), ["base-unread"])
    assert review.exit_reasons == (ExitReason.DIFFERENCES,)


def test_a_link_in_the_registry_of_the_head_fails(desk: Repository, look: Look) -> None:
    (desk.path / "keys.d/link.yaml").symlink_to("/etc/hostname")
    desk.commit({}, "a link")
    review = look(desk)
    assert "file" in rules(review) and review.exit_reasons[0] is ExitReason.FAILED


def test_an_anchor_that_holds_more_than_the_head_is_blocked(desk: Repository, look: Look, tmp_path: Path) -> None:
    from keyctl.history.anchors import digest_of

    document = {
        "schema_version": 1,
        "registry": "7b0f6f0e-6a51-4c0a-9d3e-2f6a5c1f9b42",
        "commit": "0" * 40,
        "declared": [],
        "revoked": [{"fingerprint": "sha256:" + "ab" * 32}],
    }
    import json

    anchor = tmp_path / "anchor.json"
    anchor.write_text(json.dumps({**document, "digest": digest_of(document)}))
    assert rules(look(desk, anchor=anchor)) == ["anchor-broken"]


def test_a_mail_map_and_hostile_configuration_choose_no_author(desk: Repository, look: Look) -> None:
    desk.write({".mailmap": "Boss <boss@desk.example> <tester@desk.example>\n"})
    commit(desk, {QUOTES: WIDER}, "Mal")
    for name, value in (("log.mailmap", "true"), ("gpg.program", "/bin/false"), ("diff.orderFile", "/nowhere")):
        desk.git("config", name, value)
    review = look(desk)
    assert [one.author.name for one in review.changes[0].commits] == ["Mal"]
    assert "by Mal <tester@desk.example>" in review.findings[0].message


def test_the_same_range_gives_the_same_review(desk: Repository, look: Look) -> None:
    commit(desk, {QUOTES: WIDER, NETWORKS: {"203.0.113.24": "203.0.113.0/24"}})
    assert look(desk) == look(desk)
