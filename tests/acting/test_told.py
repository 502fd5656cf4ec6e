"""What a person is told where a run that acts does nothing, or not all: the message leads on, the status is right."""

from __future__ import annotations

from pathlib import Path

from tests.acting.desk import BYBIT, OKX, TODAY, Desk, key_file
from tests.acting.test_apply import journal, with_new


def hook(desk: Desk, pattern: str) -> Path:
    """The remote refuses refs of this pattern."""
    made = desk.remote / "hooks" / "pre-receive"
    made.write_text(f"#!/bin/sh\nwhile read old new ref; do case $ref in {pattern}) exit 1;; esac; done\n")
    made.chmod(0o755)
    return made


def test_broken_laws_are_told_and_decide_the_status(here: Desk) -> None:
    dead = f'revoked:\n  - {{id: "{here.id("bybit-hold")}", on: {TODAY}, reason: leaked}}\n'
    here.write("keys.d/bybit-hold.yaml", key_file(BYBIT, more=dead))
    here.merge("Revoked")
    (here.root / "keys.d/bybit-hold.yaml").unlink()
    here.merge("Gone")
    for command in (("apply",), ("rotate", "okx-hold")):
        ran = here.run(*command)
        assert ran.status == 3 and ran.out == "", ran
        assert "tombstone-removed: " in ran.err and "put it back under 'revoked'" in ran.err
        assert "the registry breaks its own rules" in ran.err
    assert here.writes() == []


def test_what_a_review_refuses_is_told_with_its_findings(here: Desk) -> None:
    assert here.run("apply").status == 0
    here.write("registry/accounts.yaml", here.text("registry/accounts.yaml").replace("bybit-main: {", "bybit-top: {"))
    here.write("registry/accounts.yaml", here.text("registry/accounts.yaml").replace("t: bybit-main", "t: bybit-top"))
    for name in ("bybit-reads", "bybit-writes"):
        here.write(f"keys.d/{name}.yaml", here.text(f"keys.d/{name}.yaml").replace("t: bybit-main", "t: bybit-top"))
    here.merge("Another name")
    ran = here.run("apply")
    assert ran.status == 1 and "account-dropped: " in ran.err and "--accept" in ran.err, ran


def test_a_revocation_does_not_blame_the_steps_before_it(here: Desk) -> None:
    assert here.run("apply").status == 0
    here.write("README.md", "Something else\n")
    here.merge("Something else")
    dead = f'revoked:\n  - {{id: "{here.id("okx-hold")}", on: {TODAY}, reason: leaked}}\n'
    here.write("keys.d/okx-hold.yaml", key_file(OKX, more=dead))
    here.merge("Revoked")
    assert here.document("apply")["outcomes"][0]["outcome"] == "done"
    assert here.id("okx-hold") not in here.keys("okx-mm")


def test_a_step_that_brought_a_revoked_id_back_is_refused_though_a_later_one_mended_it(here: Desk) -> None:
    dead = f'revoked:\n  - {{id: "{here.id("okx-hold")}", on: {TODAY}, reason: leaked}}\n'
    here.write("keys.d/okx-hold.yaml", key_file(OKX, more=dead))
    here.merge("Revoked")
    assert here.run("apply", "--commit").status == 0
    here.write("keys.d/okx-hold.yaml", key_file(OKX, here.id("okx-hold")))
    step = here.merge("Back")
    here.write("keys.d/okx-hold.yaml", key_file(OKX, more=dead))
    here.merge("Mended")
    ran = here.run("apply")
    assert ran.status == 3 and f"--accept {step}" in ran.err and "revoked-id-declared: " in ran.err, ran
    assert here.run("apply", "--accept", step, "--commit").status == 0


def test_a_remote_that_takes_no_lock_is_not_taken_for_a_faster_run(here: Desk) -> None:
    hook(here, "refs/keyctl/*")
    ran = here.run("apply")
    assert ran.status == 1 and "origin can't be locked" in ran.err and "hook declined" in ran.err, ran
    here.git("config", "remote.origin.pushurl", str(here.folder / "nowhere.git"))
    ran = here.run("apply")
    assert ran.status == 1 and "origin can't be locked" in ran.err and "refs/keyctl/*" in ran.err, ran


def test_a_push_that_is_refused_is_not_told_as_written(here: Desk) -> None:
    with_new(here, OKX)
    made = hook(here, "refs/heads/keyctl/*")
    ran = here.run("apply", "--commit", "--push")
    assert ran.status == 1 and "could not be written back" in ran.out, ran
    assert "written into the files of this checkout" not in ran.out
    assert here.git("status", "--short") == ""
    made.unlink()
    again = here.document("apply", "--commit", "--push")
    assert again["pushed"] and again["written"][0]["why_not"] is None and len(here.delivered()) == 1


def test_a_key_that_nobody_declared_is_not_rotated(here: Desk) -> None:
    ran = here.run("rotate", "okx-hodl")
    assert ran.status == 1 and "no key 'okx-hodl' is declared" in ran.err and "--only" not in ran.err, ran


def test_a_confirmation_that_is_refused_has_ended(here: Desk) -> None:
    here.document("rotate", "bybit-hold")
    here.merge("Rotated")
    new = next(iter(set(here.keys("bybit-mm")) - {here.id("bybit-hold")}))
    here.change("bybit-mm", new, gone=True)
    assert "nothing shows that the new id" in here.run("confirm", "bybit-hold").err
    assert journal(here)[-1]["event"] == "ended"


def test_the_record_of_a_revocation_is_none_that_an_apply_takes_up(here: Desk) -> None:
    folder = here.root / ".git" / "keyctl" / "journal"
    folder.mkdir(parents=True)
    (folder / "20260901T100000Z-aaaaaa.jsonl").write_text('{"event": "begun", "actions": []}\n')
    resumed = here.document("apply", "--resume")
    assert resumed["exit_reasons"] == [] and "began anew" in resumed["notes"][0]


def test_a_sink_that_does_not_answer_is_told_once(here: Desk) -> None:
    with_new(here, OKX)
    here.document("apply")
    clone = here.clone()  # it has no record of the delivery
    here.sink.rename(here.folder / "away")
    notes = here.document("apply", "--yes", root=clone)["notes"]
    (here.folder / "away").rename(here.sink)
    assert len(notes) == 1 and "nothing tells whether its secret is in" in notes[0]
    assert len(here.keys("okx-mm")) == 2
