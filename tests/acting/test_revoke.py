"""``revoke`` as its user sees it: real git, real HTTP, nothing waited for."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from keyctl.sandbox.invented import CANARY
from tests.acting.desk import ACCOUNTS, BYBIT, DERIBIT, OKX, TODAY, VENUES, Desk, Venue, fingerprint, key_file

BECAUSE = ("--reason", "leaked")
DEAD = f"on: {TODAY}, reason: leaked, confirmed: {TODAY}"
UNCONFIRMED = f"on: {TODAY}, reason: leaked}}"


def told(desk: Desk, *arguments: str, root: Path | None = None) -> Any:
    return desk.document("revoke", *arguments, *BECAUSE, root=root)


def down(desk: Desk, exchange: str, what: str = "* /") -> None:
    """From now on an exchange drops such requests."""
    desk.control("POST", "/faults", {"exchange": exchange, "match": what, "kind": "drop", "times": None})


def up(desk: Desk) -> None:
    desk.control("DELETE", "/faults")


def alive(desk: Desk, venue: Venue, name: str | None = None) -> bool:
    return desk.id(name or f"{venue.name}-hold") in desk.keys(venue.account)


def with_manual(desk: Desk, account: str, identifier: str, **fields: Any) -> None:
    """Somebody makes a key by hand."""
    state = desk.control("GET", "/state")
    part = next(part for part in state["exchanges"].values() if account in part["accounts"])
    made = {"id": identifier, "ips": ["203.0.113.7"], "created": "30d ago", **fields}
    part["accounts"][account].setdefault("keys", {})[f"by-hand-{identifier}"] = made
    desk.control("PUT", "/state", state)


# what is named


@pytest.mark.parametrize("venue", VENUES, ids=lambda venue: venue.name)
def test_a_key_is_killed_confirmed_and_listed_for_ever(here: Desk, venue: Venue) -> None:
    name = f"{venue.name}-hold"
    others = {one.name: here.keys(one.account) for one in VENUES if one is not venue}
    done = told(here, name)
    (row,) = done["outcomes"]
    assert row["outcome"] == "done" and done["exit_reasons"] == [] and not alive(here, venue)
    text = here.text(f"keys.d/{name}.yaml")
    assert DEAD in text and here.id(name) in text and "\nid:" not in text
    assert {one.name: here.keys(one.account) for one in VENUES if one is not venue} == others
    here.merge("Revoked")
    assert here.run("plan").status == 0 and here.run("apply").status == 0


@pytest.mark.parametrize("venue", VENUES, ids=lambda venue: venue.name)
def test_an_id_or_its_fingerprint_is_enough(here: Desk, venue: Venue) -> None:
    identifier = here.id(f"{venue.name}-hold")
    assert here.run("revoke", "--id", fingerprint(identifier), *BECAUSE).status == 0
    assert not alive(here, venue) and DEAD in here.text(f"keys.d/{venue.name}-hold.yaml")


@pytest.mark.parametrize("venue", VENUES, ids=lambda venue: venue.name)
def test_where_the_file_knows_a_fingerprint_alone_the_listing_tells_the_id(here: Desk, venue: Venue) -> None:
    name = f"{venue.name}-hold"
    here.write(f"keys.d/{name}.yaml", key_file(venue, fingerprint(here.id(name))))
    here.merge("Fingerprints")
    assert here.run("revoke", name, *BECAUSE).status == 0 and not alive(here, venue)


def test_an_app_loses_all_its_keys_after_a_question(here: Desk) -> None:
    asked = here.run("revoke", "--app", "hedger", *BECAUSE)
    assert asked.status == 1 and "revoke 3 keys" in asked.err and "--yes" in asked.err and here.writes() == []
    done = told(here, "--app", "hedger", "--yes")
    assert {row["outcome"] for row in done["outcomes"]} == {"done"} and len(done["outcomes"]) == 3
    assert not any(alive(here, venue) for venue in VENUES)
    here.merge("Revoked")
    assert here.run("reconcile").status == 0


def test_an_account_loses_all_its_declared_keys_but_keyctls_own(here: Desk) -> None:
    done = told(here, "--account", "deribit-mm", "--yes")
    ends = {row["key"]: row["outcome"] for row in done["outcomes"]}
    assert ends == {"deribit-hold": "done", "deribit-reads": "not-tried", "deribit-writes": "not-tried"}
    assert done["exit_reasons"] == ["failed"]
    assert alive(here, DERIBIT, "deribit-reads") and alive(here, DERIBIT, "deribit-writes")
    assert [row["key"] for row in done["written"]] == ["deribit-hold"]


def test_both_ids_of_a_rotation_die(here: Desk) -> None:
    assert here.run("rotate", "okx-hold").status == 0
    here.merge("Rotated")
    asked = here.run("revoke", "--app", "hedger", *BECAUSE)
    assert "revoke 4 keys" in asked.err
    assert here.run("revoke", "okx-hold", *BECAUSE).status == 0
    text = here.text("keys.d/okx-hold.yaml")
    assert here.keys("okx-mm") == {} and text.count(DEAD) == 2 and "retiring" not in text and "\nid:" not in text


def test_an_id_that_nobody_declared_goes_where_a_person_says_it_is(here: Desk) -> None:
    with_manual(here, "bybit-mm", "ByHandAtBybit00001", rights=dict(BYBIT.rights))
    unclear = here.run("revoke", "--id", "ByHandAtBybit00001", *BECAUSE)
    assert unclear.status == 1 and "--account" in unclear.err and here.writes() == []
    assert here.run("revoke", "--id", "ByHandAtBybit00001", "--account", "bybit-mm", *BECAUSE).status == 0
    assert "ByHandAtBybit00001" not in here.keys("bybit-mm")
    text = here.text("registry/revoked.yaml")
    assert "ByHandAtBybit00001" in text and "exchange: bybit" in text and DEAD in text
    here.merge("Revoked")
    assert here.run("plan").status == 0
    with_manual(here, "bybit-mm", "ByHandAtBybit00001", rights=dict(BYBIT.rights))
    assert here.run("reconcile").status == 3


def test_an_id_of_a_file_is_not_looked_for_at_another_account(here: Desk) -> None:
    ran = here.run("revoke", "--id", here.id("bybit-hold"), "--account", "okx-mm", *BECAUSE)
    assert ran.status == 1 and "bybit-mm" in ran.err, ran
    assert here.git("status", "--short") == "" and here.writes() == []


@pytest.mark.parametrize("named", [(), ("okx-hold", "--app", "hedger"), ("--app", "hedger", "--account", "okx-mm")])
def test_exactly_one_thing_is_named(here: Desk, named: tuple[str, ...]) -> None:
    assert here.run("revoke", *named, *BECAUSE).status == 64 and here.writes() == []


@pytest.mark.parametrize("named", [("okx-held",), ("--app", "hedge"), ("--account", "okx-m")])
def test_what_is_not_there_is_told_with_what_is(here: Desk, named: tuple[str, ...]) -> None:
    ran = here.run("revoke", *named, *BECAUSE)
    assert ran.status == 1 and here.writes() == []


def test_a_reason_is_needed_and_holds_no_secret(here: Desk) -> None:
    assert here.run("revoke", "okx-hold").status == 64
    assert here.run("revoke", "okx-hold", "--reason", "two\nlines").status == 64
    assert here.run("revoke", "okx-hold", "--reason", " ").status == 64
    token = "glpat-" + "Ab3dEf7hIjKlMn0pQrSt"
    ran = here.run("revoke", "okx-hold", "--reason", f"leaked with {token}")
    assert ran.status == 1 and token not in ran.err and here.writes() == []


# it waits for nothing


def test_edits_in_the_tree_hold_nothing_up_and_stay(here: Desk) -> None:
    here.write("keys.d/okx-hold.yaml", here.text("keys.d/okx-hold.yaml") + "# a thought\n")
    here.write("keys.d/bybit-hold.yaml", here.text("keys.d/bybit-hold.yaml") + "# another\n")
    assert here.run("revoke", "okx-hold", *BECAUSE).status == 0
    text = here.text("keys.d/okx-hold.yaml")
    assert DEAD in text and "# a thought" in text and "# another" in here.text("keys.d/bybit-hold.yaml")


def test_edits_in_the_tree_do_not_get_into_the_commit(here: Desk) -> None:
    """A review of a revocation must not merge half-done work of somebody's."""
    here.write("keys.d/okx-hold.yaml", here.text("keys.d/okx-hold.yaml").replace('"203.0.113.7"', '"198.51.100.77"'))
    done = told(here, "okx-hold", "--commit", "--push")
    shown = here.git("show", f"{done['commit']}:keys.d/okx-hold.yaml")
    assert not alive(here, OKX) and DEAD in shown and "198.51.100.77" not in shown
    assert "198.51.100.77" in here.text("keys.d/okx-hold.yaml")


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("keys.d/broken.yaml", "account: [\n"),
        ("keys.d/broken.yaml", "account: nowhere\nowner: nobody\nscopes: [fly]\nips: any\n"),
        ("registry/policy.yaml", "set: nonsense\n"),
        ("registry/waivers.yaml", "]\n"),
    ],
)
def test_a_registry_that_is_wrong_elsewhere_holds_nothing_up(here: Desk, path: str, text: str) -> None:
    here.write(path, text)
    assert here.run("validate").status == 1
    ran = here.run("revoke", "okx-hold", *BECAUSE)
    assert not alive(here, OKX) and DEAD in here.text("keys.d/okx-hold.yaml"), ran
    assert ran.status == 0, ran


def test_a_registry_without_git_is_enough(here: Desk) -> None:
    import shutil

    shutil.rmtree(here.root / ".git")
    ran = here.run("revoke", "okx-hold", *BECAUSE)
    assert ran.status == 0 and not alive(here, OKX) and DEAD in here.text("keys.d/okx-hold.yaml"), ran


def test_other_accounts_credentials_are_not_needed(here: Desk) -> None:
    for name in [name for name in here.environ if "BYBIT" in name or "DERIBIT" in name]:
        here.environ[name] = "broken"
    assert here.run("revoke", "okx-hold", *BECAUSE).status == 0 and not alive(here, OKX)


def test_a_lock_of_another_run_holds_nothing_up(here: Desk) -> None:
    lock = here.git("commit-tree", "HEAD^{tree}", "-m", "keyctl acts\n\nrun: x\non: y\nends: 2999-01-01T00:00:00Z")
    here.git("push", "-q", "origin", f"{lock}:refs/keyctl/lock")
    assert here.run("apply").status == 1
    assert here.run("revoke", "okx-hold", *BECAUSE).status == 0 and not alive(here, OKX)


def test_a_stale_clone_may_revoke(here: Desk) -> None:
    old = here.clone()
    here.write("keys.d/okx-new.yaml", key_file(OKX))
    here.merge("One more")
    assert here.run("revoke", "okx-hold", *BECAUSE, root=old).status == 0 and not alive(here, OKX)


# what the exchange says


@pytest.mark.parametrize("venue", VENUES, ids=lambda venue: venue.name)
def test_with_the_exchange_down_the_id_is_listed_and_a_second_run_confirms(here: Desk, venue: Venue) -> None:
    name = f"{venue.name}-hold"
    down(here, venue.name)
    first = told(here, name)
    assert first["exit_reasons"] == ["failed"] and first["outcomes"][0]["outcome"] == "failed"
    text = here.text(f"keys.d/{name}.yaml")
    assert UNCONFIRMED in text and "\nid:" not in text and alive(here, venue)
    up(here)
    assert here.run("reconcile").status == 3
    second = told(here, name)
    assert second["exit_reasons"] == [] and not alive(here, venue)
    assert DEAD in here.text(f"keys.d/{name}.yaml") and here.text(f"keys.d/{name}.yaml").count("leaked") == 1


@pytest.mark.parametrize("venue", VENUES, ids=lambda venue: venue.name)
@pytest.mark.parametrize("known", ["id", "fingerprint"])
def test_where_the_listing_fails_nothing_is_confirmed(here: Desk, venue: Venue, known: str) -> None:
    """The id is listed all the same, also where only a listing could tell its text."""
    name, listing = f"{venue.name}-hold", LISTINGS[venue.name]
    if known == "fingerprint":
        here.write(f"keys.d/{name}.yaml", key_file(venue, fingerprint(here.id(name))))
        here.merge("Fingerprints")
    down(here, venue.name, listing)
    assert here.run("revoke", name, *BECAUSE).status == 1
    assert UNCONFIRMED in here.text(f"keys.d/{name}.yaml")
    up(here)
    assert here.run("revoke", name, *BECAUSE).status == 0 and not alive(here, venue)
    assert DEAD in here.text(f"keys.d/{name}.yaml")


LISTINGS = {
    "bybit": "GET /v5/user/sub-apikeys",
    "okx": "GET /api/v5/users/subaccount/apikey",
    "deribit": "* /api/v2/private/list_api_keys",
}
DELETIONS = {
    "bybit": "POST /v5/user/delete-sub-api",
    "okx": "POST /api/v5/users/subaccount/delete-apikey",
    "deribit": "* /api/v2/private/remove_api_key",
}


@pytest.mark.parametrize("venue", VENUES, ids=lambda venue: venue.name)
def test_a_refused_deletion_is_not_confirmed(here: Desk, venue: Venue) -> None:
    down(here, venue.name, DELETIONS[venue.name])
    assert here.run("revoke", f"{venue.name}-hold", *BECAUSE).status == 1
    assert alive(here, venue) and UNCONFIRMED in here.text(f"keys.d/{venue.name}-hold.yaml")


@pytest.mark.parametrize("venue", VENUES, ids=lambda venue: venue.name)
def test_a_listing_that_is_empty_by_mistake_confirms_nothing(here: Desk, venue: Venue) -> None:
    """The deletion fails, and then the listing shows nothing at all: that proves no death."""
    others = {"bybit-mm": "bybit-other", "okx-mm": "okx-other", "deribit-mm": "deribit-other"}
    name = others[venue.account]
    with_manual(here, venue.account, f"OtherKey{venue.name}0001", rights=dict(venue.rights))
    here.write(f"keys.d/{name}.yaml", key_file(venue, f"OtherKey{venue.name}0001"))
    here.merge("Another key")
    down(here, venue.name, DELETIONS[venue.name])
    fault = {"exchange": venue.name, "match": LISTINGS[venue.name], "kind": "empty-list", "times": None}
    here.control("POST", "/faults", fault)
    assert here.run("revoke", f"{venue.name}-hold", *BECAUSE).status == 1
    assert alive(here, venue) and UNCONFIRMED in here.text(f"keys.d/{venue.name}-hold.yaml")


@pytest.mark.parametrize("venue", VENUES, ids=lambda venue: venue.name)
def test_a_deletion_whose_answer_is_lost_is_confirmed_by_the_listing(here: Desk, venue: Venue) -> None:
    fault = {"exchange": venue.name, "match": DELETIONS[venue.name], "kind": "commit-then-drop"}
    here.control("POST", "/faults", fault)
    assert here.run("revoke", f"{venue.name}-hold", *BECAUSE).status == 0
    assert not alive(here, venue) and DEAD in here.text(f"keys.d/{venue.name}-hold.yaml")


@pytest.mark.parametrize("venue", VENUES, ids=lambda venue: venue.name)
def test_gone_already_is_success(here: Desk, venue: Venue) -> None:
    here.change(venue.account, here.id(f"{venue.name}-hold"), gone=True)
    assert here.run("revoke", f"{venue.name}-hold", *BECAUSE).status == 0
    assert DEAD in here.text(f"keys.d/{venue.name}-hold.yaml")


def test_what_is_revoked_and_confirmed_may_be_revoked_once_more(here: Desk) -> None:
    assert here.run("revoke", "okx-hold", *BECAUSE).status == 0
    text = here.text("keys.d/okx-hold.yaml")
    for named in (("okx-hold",), ("--id", here.id("okx-hold"))):
        again = here.run("revoke", *named, *BECAUSE)
        assert (again.status, here.text("keys.d/okx-hold.yaml")) == (0, text), again
    app = here.run("revoke", "--app", "hedger", *BECAUSE, "--yes")
    assert app.status == 0 and here.id("okx-hold") not in app.out
    texts = here.git("diff")
    assert here.run("revoke", "--app", "hedger", *BECAUSE, "--yes").status == 0 and here.git("diff") == texts


def test_what_was_never_issued_can_not_be_revoked(here: Desk) -> None:
    here.write("keys.d/okx-new.yaml", key_file(OKX))
    ran = here.run("revoke", "okx-new", *BECAUSE)
    assert ran.status == 1 and "there is nothing to revoke" in ran.err and here.writes() == []


@pytest.mark.parametrize("by_id", [True, False], ids=["by its id", "by its key"])
def test_an_id_that_came_back_is_killed_again(here: Desk, by_id: bool) -> None:
    identifier = here.id("deribit-hold")
    before = here.keys("deribit-mm")[identifier]
    assert here.run("revoke", "deribit-hold", *BECAUSE).status == 0
    with_manual(
        here, "deribit-mm", identifier, **{name: before[name] for name in ("rights", "native") if name in before}
    )
    named = ("--id", identifier) if by_id else ("deribit-hold",)
    assert here.run("revoke", *named, *BECAUSE).status == 0 and not alive(here, DERIBIT)


# what keyctl does not do itself


@pytest.mark.parametrize("account", ["bybit-main", "okx-main"])
def test_a_masters_keys_are_for_a_person_who_gets_the_steps(here: Desk, account: str) -> None:
    venue = BYBIT if account == "bybit-main" else OKX
    rights = {"Wallet": ["SubMemberTransfer"]} if venue is BYBIT else dict(venue.rights)
    with_manual(here, account, "MastersOwnKey00001", rights=rights)
    here.write("keys.d/of-master.yaml", key_file(venue, "MastersOwnKey00001", account=account))
    here.merge("A key of the master's")
    done = told(here, "of-master")
    (row,) = done["outcomes"]
    assert row["outcome"] == "by-hand" and done["exit_reasons"] == ["failed"]
    assert any(f"as {account}" in step for step in row["manual"]) and any("delete the key" in s for s in row["manual"])
    assert UNCONFIRMED in here.text("keys.d/of-master.yaml") and "MastersOwnKey00001" in here.keys(account)


def test_without_a_credential_for_writing_a_person_gets_the_steps(here: Desk) -> None:
    for name in [name for name in here.environ if name.startswith("KEYCTL_WRITE_OKX")]:
        del here.environ[name]
    (row,) = told(here, "okx-hold")["outcomes"]
    assert row["outcome"] == "by-hand" and row["manual"] and UNCONFIRMED in here.text("keys.d/okx-hold.yaml")


@pytest.mark.parametrize("trouble", ["none", "down", "unset"])
@pytest.mark.parametrize("name", ["bybit-writes", "okx-reads", "deribit-reads", "deribit-writes"])
def test_keyctls_own_credentials_are_refused_and_not_listed(here: Desk, name: str, trouble: str) -> None:
    """Whatever else is wrong: a tombstone on one would lock keyctl out, and nothing could be killed any more."""
    exchange = name.partition("-")[0]
    if trouble == "down":
        down(here, exchange)
    if trouble == "unset":
        for variable in [one for one in here.environ if one.startswith(f"KEYCTL_WRITE_{exchange.upper()}")]:
            del here.environ[variable]
    refused = told(here, name)
    assert refused["outcomes"][0]["outcome"] == "not-tried" and refused["exit_reasons"] == ["failed"]
    assert "keyctl itself uses" in refused["outcomes"][0]["said"]
    up(here)
    account = "deribit-mm" if exchange == "deribit" else f"{exchange}-main"
    assert here.id(name) in here.keys(account) and here.git("status", "--short") == "" and here.writes() == []


# freezing


def test_a_sub_account_of_bybit_is_frozen_where_that_is_asked_for(here: Desk) -> None:
    done = told(here, "bybit-hold", "--freeze")
    assert done["exit_reasons"] == [] and any("bybit-mm is frozen" in note for note in done["notes"])
    state = here.control("GET", "/state")["exchanges"]["bybit"]["accounts"]
    assert "frozen-sub-member" in " ".join(here.writes())
    assert state["bybit-mm"]["native"] != {} and not alive(here, BYBIT)


@pytest.mark.parametrize("venue", [OKX, DERIBIT], ids=lambda venue: venue.name)
def test_others_can_not_be_frozen_and_are_killed_all_the_same(here: Desk, venue: Venue) -> None:
    done = told(here, f"{venue.name}-hold", "--freeze")
    assert any(f"{venue.account} was not frozen" in note for note in done["notes"]) and not alive(here, venue)
    assert done["exit_reasons"] == ["failed"]


# into git


def test_a_commit_on_a_branch_of_its_own_is_pushed(here: Desk) -> None:
    done = told(here, "deribit-hold", "--commit", "--push")
    assert done["pushed"] and done["branch"].startswith("keyctl/revoke-deribit-hold-")
    assert here.git("status", "--short") == "" and here.git("rev-list", "--count", f"main..{done['branch']}") == "1"
    body = here.git("log", "-1", "--format=%B", done["commit"])
    assert body.startswith("Revoke: deribit-hold\n") and fingerprint(here.id("deribit-hold")) in body
    assert here.run("reconcile").status == 2
    here.merge_branch(done["branch"])
    assert here.run("reconcile").status == 0 and here.run("apply").status == 0


def test_one_revocation_does_not_take_anothers_branch(here: Desk) -> None:
    """Two unmanaged ids, one after the other, neither merged yet: both must be merged in the end."""
    for number in (1, 2):
        identifier = f"ByHandAtBybit0000{number}"
        with_manual(here, "bybit-mm", identifier, rights=dict(BYBIT.rights))
    branches = []
    for number in (1, 2):
        words = ("--id", f"ByHandAtBybit0000{number}", "--account", "bybit-mm", "--commit", "--push")
        branches.append(told(here, *words)["branch"])
    here.git("fetch", "-q", "origin")
    shown = [here.git("show", f"origin/{branch}:registry/revoked.yaml") for branch in branches]
    for number in (1, 2):
        assert any(f"ByHandAtBybit0000{number}" in text for text in shown)


def test_push_needs_commit(here: Desk) -> None:
    assert here.run("revoke", "okx-hold", "--push", *BECAUSE).status == 64 and here.writes() == []


def test_every_request_is_on_record_and_no_secret_is(here: Desk) -> None:
    ran = here.run("revoke", "okx-hold", *BECAUSE, "--format", "json")
    folder = here.root / ".git" / "keyctl" / "journal"
    record = [json.loads(line) for line in sorted(folder.glob("*.jsonl"))[-1].read_text().splitlines()]
    events = [line["event"] for line in record]
    assert events[0] == "begun" and events[-1] == "ended" and events.count("calling") == events.count("called") > 0
    assert CANARY not in json.dumps(record) + ran.out + ran.err


def test_an_observed_account_does_not_stop_a_person(here: Desk) -> None:
    here.write("registry/accounts.yaml", ACCOUNTS.replace("mode: enforce", "mode: observe"))
    here.merge("Only looking")
    assert here.run("revoke", "okx-hold", *BECAUSE).status == 0 and not alive(here, OKX)


def test_a_protected_key_and_an_old_one_die_too(here: Desk) -> None:
    old = TODAY - timedelta(days=3)
    here.write("keys.d/okx-hold.yaml", key_file(OKX, here.id("okx-hold"), expires=old, more="protected: true\n"))
    here.merge("Protected, and over")
    assert here.run("revoke", "okx-hold", *BECAUSE).status == 0 and not alive(here, OKX)
