"""``apply`` as its user sees it: real git, real HTTP, a real sink."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from keyctl.sandbox.invented import CANARY
from keyctl.sandbox.okx import writing
from tests.acting.desk import ACCOUNTS, BYBIT, DERIBIT, OKX, TODAY, VENUES, Desk, Venue, fingerprint, key_file

YESTERDAY = TODAY - timedelta(days=1)


def outcomes(document: dict[str, object]) -> dict[str, str]:
    """By key, how its action ended."""
    rows = document["outcomes"]
    assert isinstance(rows, list)
    return {row["key"]: row["outcome"] for row in rows}


def journal(desk: Desk, root: Path | None = None) -> list[dict[str, object]]:
    """The latest record."""
    folder = (root or desk.root) / ".git" / "keyctl" / "journal"
    return [json.loads(line) for line in sorted(folder.glob("*.jsonl"))[-1].read_text().splitlines()]


def with_new(desk: Desk, *venues: Venue, **more: str) -> None:
    for venue in venues:
        desk.write(f"keys.d/{venue.name}-new.yaml", key_file(venue))
    for name, text in more.items():
        desk.write(f"keys.d/{name}.yaml", text)
    desk.merge("More keys")


def test_what_agrees_is_left_alone(here: Desk) -> None:
    ran = here.run("apply")
    assert ran.status == 0 and "nothing to do" in ran.out, ran
    assert here.writes() == [] and here.git("status", "--short") == ""
    applied = here.git("ls-remote", "origin", "refs/keyctl/*").split()
    assert applied == [here.git("rev-parse", "HEAD"), "refs/keyctl/applied"]


def test_keys_are_made_delivered_and_written_back(here: Desk) -> None:
    with_new(here, *VENUES)
    made = here.document("apply")
    assert set(outcomes(made).values()) == {"done"} and made["exit_reasons"] == []
    parcels = here.delivered()
    for venue in VENUES:
        text = here.text(f"keys.d/{venue.name}-new.yaml")
        row = next(row for row in made["outcomes"] if row["key"] == f"{venue.name}-new")
        assert f"id: {row['id']}\n" in text and f"issued: {TODAY}\n" in text
        live = here.keys(venue.account)[row["id"]]
        assert live["ips"] == ["203.0.113.7"] and live["label"].startswith("kc")
        parcel = parcels[row["id"]]
        assert (parcel["key"], parcel["owner"], parcel["account"]) == (row["key"], "hedger", venue.account)
        assert parcel["secret"] and ("passphrase" in parcel) == (venue is OKX)
    here.merge("Written back")
    assert here.run("plan").status == 0 and here.run("apply").status == 0
    assert len(here.delivered()) == 3


def test_every_request_and_delivery_is_on_record_before_and_after_and_no_secret_is(here: Desk) -> None:
    with_new(here, *VENUES)
    before = len(here.control("GET", "/requests"))
    ran = here.run("apply", "--format", "json", "--full-ids")
    record = journal(here)
    events = [line["event"] for line in record]
    assert events[0] == "calling" and events[-1] == "ended"
    assert events.index("begun") < events.index("acting") < events.index("delivering")
    sent = Counter(f"{entry['method']} {entry['path']}" for entry in here.control("GET", "/requests")[before:])
    noted = [line for line in record if line["event"] == "calling"]
    assert Counter(line["call"] for line in noted if "account" in line) == sent, "each request, looks too"
    assert Counter(line["call"] for line in noted if "sink" in line) == Counter(check=3, holds=3)
    for begun, ended in (
        ("calling", "called"),
        ("delivering", "delivered"),
        ("acting", "acted"),
        ("writing", "written"),
    ):
        assert events.count(begun) == events.count(ended) > 0
    assert "POST /api/v5/users/subaccount/apikey" in sent
    told = json.dumps(record) + ran.out + ran.err + here.text("keys.d/okx-new.yaml")
    parcels = here.delivered().values()
    assert len(parcels) == 3 and CANARY not in told
    assert not [one for parcel in parcels for one in ("secret", "passphrase") if parcel.get(one, "none of it") in told]


def test_until_it_is_merged_a_fresh_clone_makes_no_second_key(here: Desk) -> None:
    with_new(here, *VENUES)
    first = here.document("apply", "--commit", "--push")
    assert first["branch"] == "keyctl/write-back" and first["pushed"] and here.git("status", "--short") == ""
    clone, writes = here.clone(), here.writes()
    assert here.run("reconcile", root=clone).status == 2
    again = here.document("apply", "--commit", "--push", root=clone)
    assert again["outcomes"] == [] and again["exit_reasons"] == []
    assert here.writes() == writes and len(here.delivered()) == 3
    here.git("fetch", "-q", "origin")
    shown = [here.git("show", f"{one['commit']}:keys.d/bybit-new.yaml") for one in (first, again)]
    assert shown[0] == shown[1] and f"issued: {TODAY}" in shown[0]
    here.merge_branch("keyctl/write-back")
    assert here.run("plan").status == 0


def test_write_back_is_one_commit_with_trailers_and_a_merge_request_is_asked_for(here: Desk) -> None:
    here.git("config", "receive.advertisePushOptions", "true", root=here.remote)
    hook = here.remote / "hooks" / "pre-receive"
    hook.write_text(
        "#!/bin/sh\nenv | grep ^GIT_PUSH_OPTION_ >> options.txt\n"
        "while read old new ref; do [ $ref != refs/heads/main ] || exit 1; done\n"
    )
    with_new_pushed_before_hook(here, hook)
    made = here.document("apply", "--commit", "--push")
    assert made["notes"] == [] and made["pushed"]
    body = here.git("log", "-1", "--format=%B", "keyctl/write-back")
    (row,) = made["outcomes"]
    assert body.startswith("Write back what apply did: okx-new\n")
    assert f"Keyctl-Action: issued okx-new {row['fingerprint']}" in body and "Keyctl-Plan: sha256:" in body
    told = (here.remote / "options.txt").read_text()
    assert "merge_request.create" in told and "merge_request.target=main" in told
    assert here.git("rev-list", "--count", "main..keyctl/write-back") == "1"


def with_new_pushed_before_hook(desk: Desk, hook: Path) -> None:
    """From the hook on nobody writes to the protected branch."""
    with_new(desk, OKX)
    hook.chmod(0o755)
    with pytest.raises(subprocess.CalledProcessError):
        desk.git("push", "origin", "HEAD~1:main", "--force")


def test_a_tree_with_edits_an_old_commit_and_a_clone_without_remote_do_not_act(here: Desk) -> None:
    with_new(here, OKX)
    here.write("keys.d/okx-new.yaml", key_file(OKX) + "# a thought\n")
    assert "differ from the commit" in here.run("apply").err
    here.git("checkout", "-q", "keys.d")
    old = here.clone()
    here.merge("Something else")
    ran = here.run("apply", root=old)
    assert ran.status == 1 and "a job of an older commit" in ran.err
    here.git("remote", "remove", "origin", root=old)
    assert here.run("apply", "--protected", "main", root=old).status == 1
    assert here.writes() == []


def test_what_a_review_refuses_stops_an_apply_until_somebody_looked(here: Desk) -> None:
    here.write("keys.d/okx-hold.yaml", key_file(OKX, here.id("okx-hold"), more="protected: true\n"))
    here.merge("Protected")
    assert here.run("apply").status == 0
    (here.root / "keys.d/okx-hold.yaml").unlink()
    here.write("registry/revoked.yaml", f"revoked:\n  - {{id: {here.id('okx-hold')}, on: {TODAY}, reason: gone}}\n")
    step = here.merge("Removed")
    ran = here.run("apply")
    assert ran.status == 1 and "what a review refuses" in ran.err and f"--accept {step}" in ran.err
    assert here.run("apply", "--accept", step[:6]).status == 1
    assert here.run("apply", "--accept", step[:7]).status == 0
    assert here.id("okx-hold") not in here.keys("okx-mm")
    assert here.run("apply").status == 0


def test_a_branch_that_was_rewritten_is_no_continuation(here: Desk) -> None:
    assert here.run("apply").status == 0
    here.git("commit", "-q", "--amend", "-m", "Another beginning")
    here.git("push", "-q", "--force", "origin", "HEAD:main")
    here.git("fetch", "-q", "origin")
    ran = here.run("apply", KEYCTL_CACHE=str(here.folder / "cache"))
    assert ran.status == 1 and "does not follow from it" in ran.err


def expired(desk: Desk, *names: str, more: str = "") -> None:
    for name in names:
        venue = next(one for one in VENUES if name.startswith(one.name))
        desk.write(f"keys.d/{name}.yaml", key_file(venue, desk.id(name), expires=YESTERDAY, more=more))
    desk.merge("Over")


@pytest.mark.parametrize("venue", VENUES, ids=lambda venue: venue.name)
def test_an_expired_key_goes_as_its_account_says_and_its_id_is_listed(here: Desk, venue: Venue) -> None:
    name = f"{venue.name}-hold"
    expired(here, name)
    asked = here.run("apply")
    assert asked.status == 1 and "delete 1 key" in asked.err and "--yes" in asked.err
    made = here.document("apply", "--yes")
    assert outcomes(made) == {name: "done"} and made["exit_reasons"] == []
    assert here.id(name) not in here.keys(venue.account)
    text = here.text(f"keys.d/{name}.yaml")
    assert f"reason: expired, confirmed: {TODAY}" in text and "\nid:" not in text


def test_a_protected_key_is_kept_while_the_rest_goes_on(here: Desk) -> None:
    expired(here, "bybit-hold", more="protected: true\n")
    expired(here, "okx-hold")
    made = here.document("apply", "--yes")
    assert outcomes(made) == {"okx-hold": "done"} and here.id("bybit-hold") in here.keys("bybit-mm")


def test_brakes_hold_all_deletions_of_an_account_and_name_their_way_out(here: Desk) -> None:
    made = here.document("apply")
    with_new(here, OKX, **{f"okx-{n}": key_file(OKX) for n in range(3)})
    here.document("apply")
    for name in ("okx-new", "okx-0", "okx-1", "okx-2"):
        text = here.text(f"keys.d/{name}.yaml")
        here.write(
            f"keys.d/{name}.yaml",
            text.replace(f"issued: {TODAY}\n", "").replace(str(TODAY + timedelta(30)), str(YESTERDAY)),
        )
    here.merge("All over")
    made = here.document("apply", "--yes")
    assert set(outcomes(made).values()) == {"not-tried"} and len(here.keys("okx-mm")) == 5
    assert all("--allow-deletes okx-mm=4" in row["said"] for row in made["outcomes"])
    assert made["exit_reasons"][0] == "failed"
    freed = here.document("apply", "--yes", "--allow-deletes", "okx-mm=4")
    assert set(outcomes(freed).values()) == {"done"} and len(here.keys("okx-mm")) == 1


@pytest.mark.parametrize("venue", VENUES, ids=lambda venue: venue.name)
def test_what_was_changed_by_hand_is_set_back(here: Desk, venue: Venue) -> None:
    name, identifier = f"{venue.name}-hold", here.id(f"{venue.name}-hold")
    before = here.keys(venue.account)[identifier]
    here.change(venue.account, identifier, rights=dict(venue.wider), ips=["203.0.113.7", "198.51.100.9"])
    made = here.document("apply", "--only-reductions")
    assert outcomes(made) == {name: "done"} and made["exit_reasons"] == [], made
    after = here.keys(venue.account)[identifier]
    assert after["ips"] == before["ips"] and here.run("reconcile").status == 0
    assert here.git("status", "--short") == ""


@pytest.mark.parametrize("command", [("apply", "--yes"), ("rotate", "okx-hold", "--yes")], ids=" ".join)
def test_what_was_made_and_not_seen_at_the_end_is_not_done_yet(here: Desk, command: tuple[str, ...]) -> None:
    if command[0] == "apply":
        with_new(here, OKX)
    name = "okx-hold" if command[0] == "rotate" else "okx-new"
    config = "GET /api/v5/account/config"
    assert here.run("plan").status in (0, 2)
    looks = sum(entry["path"] == config.removeprefix("GET ") for entry in here.control("GET", "/requests"))
    fault = {"exchange": "okx", "match": config, "kind": "rate-limit", "times": None, "after": looks + 1}
    here.control("POST", "/faults", fault)
    done = here.document(*command)
    here.control("DELETE", "/faults")
    assert outcomes(done) == {name: "done"} and done["written"] == [] and "failed" in done["exit_reasons"], done
    assert any("was made, and could not be written into its file" in note for note in done["notes"])
    made = done["outcomes"][0]["id"]
    again = here.document(*command)
    assert again["outcomes"] == [] and again["exit_reasons"] == [] and made in here.text(f"keys.d/{name}.yaml")


def test_a_key_that_only_reads_is_set_again_at_bybit_until_somebody_looked_at_it(here: Desk) -> None:
    """The listing's flag is documented both ways; the answer to a change has it as a number, and nothing else has."""
    name, reads = "bybit-hold", key_file(BYBIT, here.id("bybit-hold"), scopes=("read",))
    here.write(f"keys.d/{name}.yaml", reads)
    here.merge("It is to read alone")
    for _ in range(2):
        made = here.document("apply", "--only-reductions")
        assert outcomes(made) == {name: "done"} and made["outcomes"][0]["unknown"] == ["scopes"]
        assert here.keys("bybit-mm")[here.id(name)]["native"]["read_only"] is True
        assert {one["rule"] for one in made["findings"]} >= {"drift", "assumed"}
    words = ("--evidence", "the web page says read-only", "--field", "scopes", "--by", "ann@desk.example")
    assert here.run("attest", name, *words).status == 0
    here.merge("Ann looked")
    writes = here.writes()
    assert here.document("plan")["actions"] == [] and here.run("plan").status == 0
    assert here.run("apply").status == 0 and here.writes() == writes
    both = here.text(f"keys.d/{name}.yaml").replace('["203.0.113.7"]', '["203.0.113.7", "203.0.113.8"]')
    here.write(f"keys.d/{name}.yaml", both)
    here.merge("One address more")
    assert outcomes(here.document("apply")) == {name: "done"} and here.run("plan").status == 0
    wider = here.text(f"keys.d/{name}.yaml").replace("[read]", "[read, trade.spot]")
    here.write(f"keys.d/{name}.yaml", wider)
    here.merge("It trades")
    assert outcomes(here.document("apply")) == {}, "by the worse reading it could do that already"


@pytest.mark.parametrize("op", ["create", "update"])
def test_what_the_exchange_silently_made_otherwise_is_a_finding(
    here: Desk, op: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It keeps the first address alone, and says that all is well."""
    both = '["203.0.113.7", "203.0.113.8"]'
    here.write("keys.d/okx-odd.yaml", key_file(OKX, ips=both))
    if op == "update":
        here.write("keys.d/okx-odd.yaml", key_file(OKX, here.id("okx-hold"), ips=both))
        (here.root / "keys.d/okx-hold.yaml").unlink()
    here.merge("Two addresses")
    kept = writing._addresses
    monkeypatch.setattr(writing, "_addresses", lambda ip: kept(ip)[:1])
    made = here.document("apply", "--yes")
    (row,) = made["outcomes"]
    assert (row["op"], row["outcome"]) == (op, "done" if op == "create" else "failed")
    assert [change["field"] for change in row["changes"]] == ["ips"]
    told = [one for one in made["findings"] if one["rule"] == "not-as-sent"]
    assert [(one["severity"], one["key"], one["account"]) for one in told] == [("warning", "okx-odd", "okx-mm")]
    assert "203.0.113.7, 203.0.113.8" in told[0]["message"] and "differences" in made["exit_reasons"]


def test_only_reductions_neither_makes_widens_nor_deletes(here: Desk) -> None:
    with_new(here, OKX)
    expired(here, "bybit-hold")
    here.change("deribit-mm", here.id("deribit-hold"), ips=["203.0.113.9"])
    made = here.document("apply", "--only-reductions", "--yes")
    assert made["outcomes"] == [] and here.writes() == []


def test_deribit_keys_are_switched_off_and_on_as_their_files_say(here: Desk) -> None:
    identifier = here.id("deribit-hold")
    here.write("keys.d/deribit-hold.yaml", key_file(DERIBIT, identifier, more="disabled: true\n"))
    here.merge("Off")
    assert outcomes(here.document("apply")) == {"deribit-hold": "done"}
    assert here.keys("deribit-mm")[identifier]["native"]["enabled"] is False
    here.write("keys.d/deribit-hold.yaml", key_file(DERIBIT, identifier))
    here.merge("On")
    assert outcomes(here.document("apply")) == {"deribit-hold": "done"}
    assert here.keys("deribit-mm")[identifier].get("native", {}).get("enabled", True) is True
    assert here.run("plan").status == 0


@pytest.mark.parametrize("venue", VENUES, ids=lambda venue: venue.name)
def test_a_revoked_id_that_is_alive_is_killed_first_without_a_question(here: Desk, venue: Venue) -> None:
    name, identifier = f"{venue.name}-hold", here.id(f"{venue.name}-hold")
    dead = f'revoked:\n  - {{id: "{identifier}", on: {YESTERDAY}, reason: leaked}}\n'
    here.write(f"keys.d/{name}.yaml", key_file(venue, more=dead + "protected: true\n"))
    here.merge("Leaked")
    assert here.run("reconcile").status == 3
    made = here.document("apply", "--only-reductions")
    assert outcomes(made) == {name: "done"} and made["exit_reasons"] == []
    assert identifier not in here.keys(venue.account)
    assert f"reason: leaked, confirmed: {TODAY}" in here.text(f"keys.d/{name}.yaml")


def test_an_observed_account_is_never_changed(here: Desk) -> None:
    here.write("registry/accounts.yaml", ACCOUNTS.replace("mode: enforce", "mode: observe"))
    with_new(here, *VENUES)
    here.change("bybit-mm", here.id("bybit-hold"), ips=["198.51.100.9"])
    assert here.document("apply", "--yes")["outcomes"] == [] and here.writes() == []


def test_a_saved_plan_can_only_leave_out(here: Desk) -> None:
    with_new(here, OKX)
    plan = here.folder / "plan.json"
    here.run("plan", "--only", "account=bybit-mm", "--out", str(plan))
    assert here.document("apply", str(plan))["outcomes"] == []
    here.run("plan", "--out", str(plan))
    saved = json.loads(plan.read_text())
    for field, wrong in (
        ("commit", "0" * 40),
        ("registry_digest", "sha256:" + "0" * 64),
        ("tool_version", "0.0.1"),
        ("expires_at", "2026-01-01T00:00:00Z"),
    ):
        (here.folder / "wrong.json").write_text(json.dumps({**saved, field: wrong}))
        assert here.run("apply", str(here.folder / "wrong.json")).status == 1
    assert here.writes() == []
    assert outcomes(here.document("apply", str(plan))) == {"okx-new": "done"}


def test_a_key_that_the_policy_refuses_is_not_made(here: Desk) -> None:
    here.write("keys.d/bybit-new.yaml", key_file(BYBIT, ips="any"))
    here.merge("Open to all")
    made = here.document("apply")
    (row,) = made["outcomes"]
    assert row["outcome"] == "not-tried" and "(ip-required" in row["said"] and here.writes() == []


def test_without_a_sink_that_the_deployment_allows_nothing_is_made(here: Desk) -> None:
    with_new(here, OKX)
    here.environ["KEYCTL_SINKS"] = "vault:kv/"
    (row,) = here.document("apply")["outcomes"]
    assert row["outcome"] == "not-tried" and "KEYCTL_SINKS" in row["said"] and here.writes() == []


def test_without_a_credential_for_writing_a_person_gets_the_steps(here: Desk) -> None:
    with_new(here, OKX)
    for name in [name for name in here.environ if name.startswith("KEYCTL_WRITE_OKX")]:
        del here.environ[name]
    (row,) = here.document("apply")["outcomes"]
    assert row["outcome"] == "by-hand" and "KEYCTL_WRITE_OKX_SANDBOX_OKX_MAIN" in row["said"]
    assert any("create a key for hedger" in step for step in row["manual"])


def test_what_is_not_on_record_is_not_done(here: Desk) -> None:
    with_new(here, OKX)
    (here.folder / "full").write_text("no folder")
    ran = here.run("apply", KEYCTL_JOURNAL=str(here.folder / "full"))
    assert ran.status == 1 and "KEYCTL_JOURNAL" in ran.err and here.writes() == []


def test_a_key_that_nobody_declared_goes_where_its_account_says_so_after_its_grace(here: Desk) -> None:
    line = '  subaccount: "1001"\n'
    here.write("registry/accounts.yaml", ACCOUNTS.replace(line, f"{line}  unmanaged: delete\n"))
    (here.root / "keys.d/bybit-hold.yaml").unlink()
    here.write("keys.d/bybit-other.yaml", key_file(BYBIT, "SomeoneElsesKey001"))
    here.git("add", "-A")
    here.git("commit", "-q", "--amend", "-m", "Never declared")
    here.git("push", "-q", "--force", "origin", "HEAD:main")
    here.git("fetch", "-q", "origin")
    made = here.document("apply", "--yes", "--only", "account=bybit-mm")
    rows = [row for row in made["outcomes"] if row["op"] == "delete"]
    assert [row["outcome"] for row in rows] == ["done"] and here.id("bybit-hold") not in here.keys("bybit-mm")
    assert fingerprint(here.id("bybit-hold")) == rows[0]["fingerprint"]


def test_a_registry_that_breaks_a_law_does_not_act_and_says_which(here: Desk) -> None:
    here.write("keys.d/okx-hold.yaml", key_file(OKX))
    here.merge("An id is lost")
    ran = here.run("apply")
    assert ran.status == 3 and "identifier-lost" in ran.err and "exchange-keyctl revoke" in ran.err
    assert here.writes() == []


def test_a_key_whose_secret_is_missing_though_a_record_says_that_it_arrived_is_not_deleted(here: Desk) -> None:
    """The deployment may look into the wrong place, and the app may use the key."""
    with_new(here, OKX)
    here.document("apply", "--commit")
    (parcel,) = here.sink.glob("*.json")
    parcel.unlink()
    made = here.document("apply", "--yes")
    assert made["outcomes"] == [] and any("as a record says" in note for note in made["notes"])
    clone = here.clone()
    again = here.document("apply", "--yes", "--commit", root=clone)
    assert [(row["op"], row["outcome"]) for row in again["outcomes"]] == [("delete", "done"), ("create", "done")]
    assert len(here.keys("okx-mm")) == 2 and len(here.delivered()) == 1
