"""Whatever a team, an exchange and keyctl do, in whatever order: the laws hold after every step (design 3).

Short by default. ``KEYCTL_SEQUENCES=N`` tells N stories at each exchange, of up to ``KEYCTL_SEQUENCES_STEPS`` steps.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from keyctl.model.marker import markers_in
from tests.acting.desk import DERIBIT, TODAY, VENUES, Venue
from tests.acting.world import LISTINGS, RIGHTS, SCOPES, Act, World, _living, _revoked, expired, new_key, world

EXAMPLES = int(os.environ.get("KEYCTL_SEQUENCES", "0"))
STEPS = int(os.environ.get("KEYCTL_SEQUENCES_STEPS", "30"))
IPS = (["203.0.113.7"], ["203.0.113.7", "198.51.100.9"], ["203.0.113.8"])
FAULTS = ("drop", "server-error", "rate-limit", "truncate", "html", "commit-then-drop", "empty-list", "reshape")
FREE = ("--allow-deletes", "--allow-changes")
pick = st.integers(0, 11)
commits = st.sampled_from([(), ("--commit",), ("--commit", "--push"), ("--commit", "--push")])


def chosen(rows: list[Any], number: int) -> Any:
    """One of some rows; None of none."""
    return rows[number % len(rows)] if rows else None


class Sequences(RuleBasedStateMachine):
    """One story. What it does not find to do, it leaves undone."""

    venue: Venue
    folder: Path
    numbers = count()

    def __init__(self) -> None:
        super().__init__()
        self.stack: Iterator[World] | None = None

    @initialize(
        unmanaged=st.sampled_from(["report", "delete"]), on_expiry=st.sampled_from(["delete", "disable", "report"])
    )
    def begin(self, unmanaged: str, on_expiry: str) -> None:
        expiry = on_expiry if self.venue is DERIBIT or on_expiry != "disable" else "delete"
        self.unmanaged, self.on_expiry = unmanaged, expiry
        folder = Path(mkdtemp(prefix=f"story{next(self.numbers)}-", dir=self.folder))
        self.context = world(folder, self.venue, unmanaged=unmanaged, on_expiry=expiry)
        self.world: World = self.context.__enter__()
        self.begun = True

    def teardown(self) -> None:
        if getattr(self, "begun", False):
            try:
                self.world.clear_faults()
                self.world.check_no_secret()
            finally:
                self.context.__exit__(None, None, None)

    # merge requests

    def names(self) -> list[str]:
        """Keys of the app on the account that may be acted on."""
        files = self.world.files()
        return [
            name for name, form in files.items() if form["account"] == self.venue.account and form["owner"] == "hedger"
        ]

    def edited(self, number: int, change: Callable[[dict[str, Any]], object]) -> None:
        def rewrite() -> None:
            name = chosen(self.names(), number)
            form = self.world.files()[name]
            before = dict(form)
            change(form)
            if form != before:
                self.world.rewrite(name, form)

        self.world.edit(rewrite)

    @rule(
        scopes=pick,
        days=st.sampled_from([30, 60, -1]),
        more=st.sampled_from(["", "", "protected: true\n", "disabled: true\n"]),
    )
    def merge_a_new_key(self, scopes: int, days: int, more: str) -> None:
        if len(self.names()) > 4:
            return
        text = new_key(self.venue, chosen(list(SCOPES[self.venue.name]), scopes), days)
        name = f"k{self.world.made}"
        self.world.made += 1
        self.world.edit(lambda: self.world.desk.write(f"keys.d/{name}.yaml", text + more))

    @rule(number=pick, scopes=pick)
    def merge_other_scopes(self, number: int, scopes: int) -> None:
        self.edited(number, lambda form: form.update(scopes=list(chosen(list(SCOPES[self.venue.name]), scopes))))

    @rule(number=pick, ips=pick)
    def merge_other_addresses(self, number: int, ips: int) -> None:
        self.edited(number, lambda form: form.update(ips=chosen(list(IPS), ips)))

    @rule(number=pick, days=st.sampled_from([-1, -1, 20, 40]))
    def merge_another_last_day(self, number: int, days: int) -> None:
        def change(form: dict[str, Any]) -> None:
            form["expires"] = TODAY + timedelta(days=days)
            if days < 0 and "issued" in form:
                form["issued"] = min(datetime.fromisoformat(str(form["issued"])).date(), form["expires"])

        self.edited(number, change)

    @rule(number=pick, field=st.sampled_from(["protected", "disabled", "reissue"]), on=st.booleans())
    def merge_a_switch(self, number: int, field: str, on: bool) -> None:
        if field == "disabled" and self.venue is not DERIBIT:
            return
        self.edited(number, lambda form: form.update({field: True}) if on else form.pop(field, None))

    @rule(number=pick, which=st.booleans())
    def merge_a_revocation(self, number: int, which: bool) -> None:
        """Somebody lists an id as revoked, and nobody has killed it yet."""

        def change(form: dict[str, Any]) -> None:
            retiring = form.get("retiring")
            if retiring is not None and which:
                dead = form.pop("retiring")["id"]
            elif "id" in form:
                dead = form.pop("id")
                if retiring is not None:
                    form["id"] = form.pop("retiring")["id"]
            else:
                return
            form["revoked"] = [*_revoked(form), {"id": dead, "on": str(TODAY), "reason": "leaked"}]

        self.edited(number, change)

    # by hand

    def live(self, *, own: bool = False) -> list[str]:
        keys = self.world.keys()
        return sorted(one for one, key in keys.items() if own or one not in self.world.own)

    @rule(number=pick, wide=st.booleans(), ips=pick, label=st.booleans())
    def somebody_changes_a_key(self, number: int, wide: bool, ips: int, label: bool) -> None:
        identifier = chosen(self.live(), number)
        if identifier is not None:
            form = self.world.keys()[identifier]
            form["rights"], form["ips"] = RIGHTS[self.venue.name][wide], chosen(list(IPS), ips)
            if label and not markers_in(form.get("label", "")):
                form["label"] = "by hand"
            self.world.put(form["account"], identifier, form)

    @precondition(lambda self: self.venue is DERIBIT)
    @rule(number=pick, on=st.booleans())
    def somebody_switches_a_key(self, number: int, on: bool) -> None:
        identifier = chosen(self.live(), number)
        if identifier is not None:
            form = self.world.keys()[identifier]
            form["native"] = {**form.get("native", {}), "enabled": on}
            self.world.put(form["account"], identifier, form)

    @rule(number=pick)
    def somebody_deletes_a_key(self, number: int) -> None:
        identifier = chosen(self.live(), number)
        if identifier is not None:
            self.world.put(self.world.keys()[identifier]["account"], identifier, None)

    @rule(old=st.booleans(), seen=st.booleans())
    def somebody_makes_a_key(self, old: bool, seen: bool) -> None:
        account = self.world.seen if seen else self.venue.account
        self.world.made += 1
        identifier = f"ByHand{self.world.made:012}"
        form = {
            "id": identifier,
            "ips": IPS[0],
            "created": "30d ago" if old else "1h ago",
            "rights": RIGHTS[self.venue.name][0],
        }
        self.world.put(account, identifier, form)

    @rule(number=pick, seen=st.booleans())
    def a_revoked_id_comes_back(self, number: int, seen: bool) -> None:
        identifier = chosen(sorted(self.world.dead & set(self.world.once)), number)
        if identifier is not None:
            form = {**self.world.once[identifier], "native": self.world.once[identifier].get("native", {})}
            form["native"] = {
                name: value for name, value in form["native"].items() if name not in ("enabled", "number")
            }
            account = self.world.seen if seen else self.venue.account
            for where in (account, form["account"]):
                self.world.put(where, identifier, None)
            self.world.put(account, identifier, form)

    # write-back

    @rule(number=pick)
    def the_branch_is_merged(self, number: int) -> None:
        branch = chosen(self.world.branches(), number)
        if branch is not None:
            self.world.merge_branch(branch)

    @rule(number=pick)
    def the_branch_is_dropped(self, number: int) -> None:
        branch = chosen(self.world.branches(), number)
        if branch is not None:
            self.world.drop_branch(branch)

    @rule(keep=st.booleans())
    def the_work_tree_is_merged_or_dropped(self, keep: bool) -> None:
        self.world.settle_tree(keep=keep)

    # keyctl

    def acts(
        self, *words: str, root: Path | None = None, dies_at: int | None = None, aims: set[str] | None = None
    ) -> Act:
        """A command, and what holds of it. ``aims`` are ids that a person wants dead."""
        stones, files, held = self.world.tombstones() | self.world.dead, self.world.files(), self.world.desk.delivered()
        act = self.world.act(*words, root=root, dies_at=dies_at)
        reductions = "--only-reductions" in words
        by_id = {one: form for form in files.values() for one in _living(form)}

        def allowed(identifier: str, key: dict[str, Any]) -> bool:
            if identifier in (aims or set()):
                return True
            if key["account"] != self.venue.account:
                return False
            if identifier in stones:
                return True
            if reductions or words[0] in ("revoke", "confirm"):
                return False
            form = by_id.get(identifier)
            if form is not None:
                current = form.get("id") == identifier
                over = current and expired(form) and self.on_expiry == "delete"
                return words[0] == "apply" and over and not form.get("protected")
            if markers_in(key.get("label", "")):
                return identifier not in held
            age = datetime.now(UTC) - datetime.fromisoformat(key["created"])
            return words[0] == "apply" and self.unmanaged == "delete" and age > timedelta(days=7)

        self.world.check_own(act)
        self.world.check_dead(act, stones)
        self.world.check_touched(act, allowed)
        self.world.check_one_each()
        return act

    def free(self) -> tuple[str, ...]:
        return tuple(word for option in FREE for word in (option, f"{self.venue.account}=99"))

    @rule(how=commits, brakes=st.booleans(), reductions=st.booleans(), fresh=st.booleans())
    def apply(self, how: tuple[str, ...], brakes: bool, reductions: bool, fresh: bool) -> None:
        self.world.settle_tree(keep=False)
        words = ["apply", "--yes", *how, *(() if brakes else self.free())]
        words += ["--only-reductions"] if reductions else []
        root = self.world.desk.clone() if fresh and how[-1:] == ("--push",) else None
        act = self.acts(*words, root=root)
        if not reductions and not act.failed:
            self.world.check_delivered()

    @rule(
        kind=st.sampled_from(FAULTS),
        after=st.integers(0, 25),
        times=st.integers(1, 3),
        how=commits,
    )
    def apply_while_something_goes_wrong(self, kind: str, after: int, times: int, how: tuple[str, ...]) -> None:
        self.world.settle_tree(keep=False)
        self.world.fault(kind, "* /", after, times)
        self.acts("apply", "--yes", *how, *self.free())
        self.world.clear_faults()

    @rule(kind=st.sampled_from(["drop", "server-error", "truncate", "empty-list"]), how=commits)
    def apply_while_nothing_is_listed(self, kind: str, how: tuple[str, ...]) -> None:
        """Law 4: nothing is inferred from what is not seen."""
        self.world.settle_tree(keep=False)
        stones = self.world.tombstones()
        self.world.fault(kind, LISTINGS[self.venue.name], 0, None)
        act = self.acts("apply", "--yes", *how, *self.free())
        self.world.clear_faults()
        expected = [one for form in self.world.files().values() for one in _living(form)]
        if kind != "empty-list" or set(expected) & set(act.before):
            assert set(act.before) - set(act.after) <= stones, act.ran
        assert kind == "empty-list" or set(act.after) <= set(act.before), act.ran

    @rule(at=st.integers(1, 40), lost=st.booleans(), how=commits)
    def apply_dies(self, at: int, lost: bool, how: tuple[str, ...]) -> None:
        self.world.settle_tree(keep=False)
        self.acts("apply", "--yes", *how, *self.free(), dies_at=at)
        if lost:
            self.world.lose_journal()

    @rule(how=commits, what=st.sampled_from(["key", "id", "app", "unmanaged"]), number=pick)
    def revoke(self, how: tuple[str, ...], what: str, number: int) -> None:
        files, reason = self.world.files(), ("--reason", "leaked")
        name = chosen(self.names(), number)
        unconfirmed = [row["id"] for row in _revoked(files[name]) if "confirmed" not in row]
        if what == "key":
            aims, words = {*_living(files[name]), *unconfirmed}, [name]
        elif what == "app":
            if number > 1:
                return
            mine = [form for form in files.values() if form["owner"] == "hedger"]
            aims = {one for form in mine for one in _living(form)}
            aims |= {row["id"] for form in mine for row in _revoked(form) if "confirmed" not in row}
            words = ["--app", "hedger", "--yes"]
        else:
            declared = {one for form in files.values() for one in _living(form)}
            there = [one for one in self.live() if (one in declared) is (what == "id")]
            identifier = chosen(there, number)
            if identifier is None:
                return
            aims, words = {identifier}, ["--id", identifier]
            if what == "unmanaged":
                if identifier in self.world.tombstones():
                    return
                words += ["--account", self.world.keys()[identifier]["account"]]
        act = self.acts("revoke", *words, *reason, *how, aims=aims)
        if act.document is not None and not act.failed:
            assert not aims & {one for one, key in act.after.items() if key["account"] == self.venue.account}, act.ran

    @rule(how=commits, number=pick, leaked=st.booleans(), dies_at=st.none() | st.none() | st.integers(1, 30))
    def rotate(self, how: tuple[str, ...], number: int, leaked: bool, dies_at: int | None) -> None:
        self.world.settle_tree(keep=False)
        name = chosen(self.names(), number)
        form = self.world.files()[name]
        words = ["rotate", name, "--yes", *how, *(["--leaked"] if leaked else [])]
        aims = {form["id"]} if leaked and "id" in form else set()
        act = self.acts(*words, dies_at=dies_at, aims=aims)
        for identifier in set(act.after) - set(act.before):
            if not act.failed:
                assert sorted(act.after[identifier]["ips"]) == sorted(form["ips"]), act.after[identifier]

    @rule(how=commits, number=pick)
    def confirm(self, how: tuple[str, ...], number: int) -> None:
        name = chosen(self.names(), number)
        form = self.world.files()[name]
        retiring = form.get("retiring")
        act = self.acts("confirm", name, *how, aims={retiring["id"]} if retiring else set())
        if retiring is not None and retiring["id"] in act.before and retiring["id"] not in act.after:
            assert form["id"] in act.after

    @rule()
    def somebody_clones(self) -> None:
        if len(self.world.stale) < 2:
            self.world.stale.append(self.world.desk.clone())

    @rule(number=pick)
    def a_stale_clone_acts(self, number: int) -> None:
        root = chosen(self.world.stale, number)
        if root is not None:
            head = self.world.desk.git("rev-parse", "HEAD", root=root)
            tip = self.world.desk.git("ls-remote", "origin", "refs/heads/main").split()[0]
            if head != tip:
                act = self.acts("apply", "--yes", root=root)
                assert act.ran is not None and act.ran.status in (1, 3) and act.after == act.before, act.ran

    @rule()
    def looking(self) -> None:
        self.world.check_looking()

    @rule()
    def all_is_settled(self) -> None:
        """With nothing in between, what was merged comes true, is merged again, and leaves nothing to do."""
        self.world.settle_tree(keep=False)
        for _ in range(7):
            for branch in self.world.branches():
                self.world.drop_branch(branch)
            act = self.acts("apply", "--yes", *self.free(), "--commit", "--push")
            document = act.document
            assert document is not None, act.ran
            branches = self.world.branches()
            done = [row for row in document["outcomes"] if row["outcome"] == "done" and not self.doubtful(row)]
            if branches:
                assert self.world.merge_branch(branches[0]), act.ran
            elif not done:
                break
            self.somebody_looks(done)
        else:
            raise AssertionError(f"it never ends: {act.ran}")
        self.world.check_delivered()
        rest = [row for row in document["outcomes"] if not self.doubtful(row)]
        left = [row for row in rest if row["outcome"] != "by-hand" and "policy" not in row["said"]]
        assert left == [], left
        writes = self.world.desk.writes()
        planned = self.world.desk.document("plan")["actions"]
        refused = {row["key"] for row in document["outcomes"]}
        assert [row for row in planned if not row["manual"] and row["key"] not in refused] == [], planned
        assert self.world.desk.writes() == writes

    def doubtful(self, row: dict[str, Any]) -> bool:
        """Whether it is about a retiring id that is to read alone, of which Bybit's listing never says that it does."""
        form = self.world.files().get(row["key"] or "", {})
        return bool(row["unknown"] == ["scopes"] and form.get("retiring", {}).get("id") == row["id"])

    def somebody_looks(self, rows: list[dict[str, Any]]) -> None:
        """In the web page, at keys that were to read alone and of which the listing does not say it; and vouches."""
        words = ("--field", "scopes", "--evidence", "the web page", "--by", "ann@desk.example")
        for row in rows:
            if row["op"] == "update" and row["unknown"] == ["scopes"]:
                self.world.edit(partial(self.world.desk.run, "attest", row["key"], *words))

    @invariant()
    def ids_are_conserved(self) -> None:
        if getattr(self, "begun", False):
            ran = self.world.desk.run("validate")
            assert ran.status in (0, 2), ran
            if not self.world.dirty():
                self.world.check_conserved()


def story(venue: Venue, folder: Path) -> type[Sequences]:
    return type(f"At{venue.name}", (Sequences,), {"venue": venue, "folder": folder})


SHORT = settings(
    max_examples=3,
    stateful_step_count=12,
    deadline=None,
    derandomize=True,
    database=None,
    phases=(Phase.generate,),
    suppress_health_check=list(HealthCheck),
)
LONG = settings(
    max_examples=max(EXAMPLES, 1),
    stateful_step_count=STEPS,
    deadline=None,
    database=None,
    print_blob=True,
    phases=(Phase.generate, Phase.shrink) if os.environ.get("KEYCTL_SEQUENCES_SHRINK") else (Phase.generate,),
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.timeout(0 if EXAMPLES else 240)
@pytest.mark.parametrize("venue", VENUES, ids=lambda venue: venue.name)
def test_the_laws_hold_after_every_step(venue: Venue, tmp_path: Path) -> None:
    run_state_machine_as_test(story(venue, tmp_path), settings=LONG if EXAMPLES else SHORT)
