"""Which live keys may be adopted, what they are called, and who is meant by what a person types."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyctl.model.account import Account, Environment
from keyctl.model.finding import ExitReason
from keyctl.model.identifier import Identifier
from keyctl.model.ips import ANY
from keyctl.model.key import Key, Revocation
from keyctl.model.live import AccountSnapshot, Coverage, LiveKey, Snapshot
from keyctl.model.marker import marker
from keyctl.model.names import AccountName, AppName, ExchangeId, KeyName
from keyctl.model.observed import ABSENT
from keyctl.model.place import Place
from keyctl.model.registry import Registry
from keyctl.model.scopes import READ
from keyctl.reconcile.adoption import Ground, Stranger, strangers
from keyctl.reconcile.choosing import Choice, chosen
from keyctl.reconcile.compare import compare
from keyctl.reconcile.labels import shown, words
from keyctl.registry.files import accept
from tests.policy.secrets.pieces import fill
from tests.reconcile.worlds import NOW, UNSAID, live

HERE = Place("registry/accounts.yaml")
MM, OTHER = AccountName("mm"), AccountName("other")
REGISTRY = "7b0f6f0e-6a51-4c0a-9d3e-2f6a5c1f9b42"
DECLARED, DEAD, NEW, SECOND = (
    Identifier.of_text(text) for text in ("DeclaredId01", "DeadId000001", "NewId0000001", "NewId0000002")
)
SECRET, _ = fill("{alnum:36}", "label")


def stranger(identifier: Identifier = NEW, label: str = "", **changes: Any) -> LiveKey:
    return replace(live(identifier, frozenset({READ}), ANY, label=label), **changes)


def key(**changes: Any) -> Key:
    made = Key(
        KeyName("quotes"), MM, AppName("hedger"), "", frozenset({READ}), ANY, Place("keys.d/quotes.yaml"), DECLARED
    )
    return replace(made, **changes)


def registry(*keys: Key) -> Registry:
    accounts = {name: Account(name, ExchangeId("bybit"), Environment.SANDBOX, HERE) for name in (MM, OTHER)}
    dead = Revocation(DEAD, date(2026, 6, 1), "leaked", Place("registry/revoked.yaml", ("revoked", 0)))
    return Registry(REGISTRY, accounts, {}, {}, {one.name: one for one in keys}, (dead,), "")


def seen(*keys: LiveKey, name: AccountName = MM, **changes: Any) -> AccountSnapshot:
    made = AccountSnapshot(name, ExchangeId("bybit"), Coverage.ENUMERATED, NOW, tuple(keys), subaccounts=UNSAID)
    return replace(made, **changes)


def found(*accounts: AccountSnapshot, declared: Registry | None = None, **ground: Any) -> tuple[Stranger, ...]:
    known = declared or registry(key())
    snapshot = Snapshot(REGISTRY, NOW, accounts)
    rows = compare(known, known.tombstones(), snapshot, NOW, {}).keys
    return strangers(known, known.tombstones(), snapshot, rows, Ground(**ground))


def choice(*texts: str, of: tuple[Stranger, ...]) -> Choice:
    return chosen(texts, of, ())


def obstacle(one: LiveKey, **ground: Any) -> tuple[str, ExitReason]:
    (only,) = found(seen(one), **ground)
    assert only.obstacle is not None and only.obstacle.remedy
    return only.obstacle.message, only.obstacle.consequence


def test_what_nobody_declared_is_a_stranger_and_what_is_declared_is_none() -> None:
    (one,) = found(seen(stranger(DECLARED), stranger(NEW, "Weekend Test")))
    assert (one.name, one.label, one.obstacle, one.live.identifier) == ("mm-weekend-test", "Weekend Test", None, NEW)


@pytest.mark.parametrize(
    ("one", "ground", "told", "consequence"),
    [
        (stranger(DEAD), {}, "ALIVE, and revoked for ever (revoked on 2026-06-01, leaked; ", ExitReason.BLOCKED),
        (stranger(Identifier.of_text("deadid000001")), {}, "other letter case", ExitReason.BLOCKED),
        (stranger(), {"own": frozenset({NEW.fingerprint})}, "keyctl itself uses it", ExitReason.DIFFERENCES),
        (stranger(), {"elsewhere": {NEW.fingerprint: "the registry in fx/"}}, "fx/ has it", ExitReason.DIFFERENCES),
        (stranger(), {"remembered": {NEW.fingerprint: "history knows"}}, "history knows", ExitReason.BLOCKED),
        (stranger(Identifier.of_text("New***01")), {}, "a mask", ExitReason.INCOMPLETE),
        (stranger(label=f"x {marker(REGISTRY, KeyName('quotes'), 0)}"), {}, "mark of quotes", ExitReason.DIFFERENCES),
        (stranger(label=marker("another", KeyName("quotes"), 0)), {}, "another registry", ExitReason.DIFFERENCES),
        (replace(stranger(), label=UNSAID), {}, "its label could not be observed", ExitReason.INCOMPLETE),
    ],
)
def test_what_is_or_was_anybody_s_is_left_to_them(
    one: LiveKey, ground: dict[str, Any], told: str, consequence: ExitReason
) -> None:
    message, because = obstacle(one, **ground)
    assert told in message and because is consequence


def test_a_key_that_carries_no_label_at_all_carries_no_mark() -> None:
    (one,) = found(seen(replace(stranger(), label=ABSENT)))
    assert one.obstacle is None and one.label is None


def test_the_credential_that_asked_is_to_be_declared_as_keyctl_s_own() -> None:
    (one,) = found(seen(stranger(), credential=NEW))
    assert one.obstacle is not None and one.obstacle.remedy == (
        "declare it: exchange-keyctl new keyctl-mm --account mm --owner keyctl --scopes read --ips any;"
        f" then write id: {NEW.fingerprint} into that file"
    )


@pytest.mark.parametrize("coverage", [Coverage.INCOMPLETE, Coverage.DECLARED_ONLY])
def test_nothing_of_an_account_that_was_not_seen_wholly_is_adopted(coverage: Coverage) -> None:
    (one,) = found(seen(stranger(), coverage=coverage, error="no answer"))
    assert one.obstacle is not None and one.obstacle.consequence is ExitReason.INCOMPLETE
    (dead,) = found(seen(stranger(DEAD), coverage=coverage, error="no answer"))
    assert dead.obstacle is not None and dead.obstacle.consequence is ExitReason.BLOCKED


def test_an_id_that_two_accounts_report_is_neither_s() -> None:
    both = found(seen(stranger()), seen(stranger(), name=OTHER))
    assert [one.obstacle is not None and "several accounts" in one.obstacle.message for one in both] == [True, True]


def test_a_key_that_is_declared_on_an_account_that_was_not_asked_is_not_adopted() -> None:
    (one,) = found(seen(stranger(DECLARED), name=OTHER))
    assert one.obstacle is not None and "quotes declares it, on mm" in one.obstacle.message


# names


def names(*accounts: AccountSnapshot, **ground: Any) -> dict[str, str]:
    return {one.live.identifier.text or "": one.name for one in found(*accounts, **ground)}


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("weekend test", "mm-weekend-test"),
        ("Hedger_OLD (2)", "mm-hedger-old-2"),
        ("mm weekend", "mm-weekend"),
        ("../../etc/passwd", "mm-etc-passwd"),
        ("x" * 90, "mm-" + "x" * 40),
    ],
)
def test_a_key_is_called_after_its_account_and_label(label: str, name: str) -> None:
    assert names(seen(stranger(label=label))) == {"NewId0000001": name}


@pytest.mark.parametrize("label", ["", "!!!", "ключ", "a\nb", "newid0000001", "x DECLAREDID01", "DeadId000001", SECRET])
def test_a_label_that_does_not_do_is_replaced_by_a_number_of_the_id(label: str) -> None:
    (name,) = names(seen(stranger(label=label))).values()
    assert name == names(seen(stranger()))["NewId0000001"]
    assert name.startswith("mm-") and len(name) == len("mm-") + 6 and name[3:].isdigit()


def test_a_name_does_not_depend_on_which_others_are_adopted_with_it() -> None:
    one, two = stranger(NEW, "bot"), stranger(SECOND, "bot")
    together = names(seen(one, two))
    assert together["NewId0000001"] != together["NewId0000002"]
    declared = registry(key(identifier=SECOND))
    assert {one.live.identifier.text: one.name for one in found(seen(one, two), declared=declared)} == {
        "NewId0000001": together["NewId0000001"]
    }


def test_a_name_that_is_or_was_a_key_s_is_not_taken() -> None:
    free = names(seen(stranger(label="bot")), taken=frozenset({"mm-bot"}))["NewId0000001"]
    assert free.startswith("mm-bot-") and free[7:].isdigit()


def test_no_name_is_an_id() -> None:
    unlucky = Identifier.of_text("MM-bot")
    assert names(seen(stranger(label="bot")), seen(stranger(unlucky), name=OTHER))["NewId0000001"] != "mm-bot"


labels = st.text(max_size=40) | st.sampled_from(["bot", "Bot", "a b", SECRET, "NewId0000001", "# x", "a: b", "\u202eb"])


@given(st.lists(labels, min_size=1, max_size=5))
def test_any_labels_give_names_that_files_can_have(given_labels: list[str]) -> None:
    keys = [stranger(Identifier.of_text(f"NewId000000{n}"), label) for n, label in enumerate(given_labels)]
    forwards, backwards = names(seen(*keys)), names(seen(*reversed(keys)))
    assert forwards == backwards, "the order of an answer decides nothing"
    assert len({*forwards.values()}) == len(keys)
    paths = [f"keys.d/mm/{name}.yaml" for name in forwards.values()]
    assert accept(paths) == (tuple(sorted(paths)), ())


# labels


@given(labels)
def test_what_is_shown_of_a_label_is_one_short_line(label: str) -> None:
    text = shown(stranger(label=label), ["NewId0000001"])
    assert text is None if not label else text is not None and text.isprintable() and len(text) < 140
    assert text is None or "newid0000001" not in text.lower()


def test_a_label_with_a_secret_is_not_repeated_and_names_nothing() -> None:
    one = stranger(label=f"bot {SECRET}")
    assert shown(one, ()) == "(not repeated here: it holds what looks like what has the form of a Bybit secret)"
    assert words(one, ()) is None


# choosing

TWO = found(seen(stranger(NEW, "weekend"), stranger(SECOND, "ledger"), stranger(DEAD, "dead")))


def by_text(of: tuple[Stranger, ...]) -> list[str | None]:
    return [one.live.identifier.text for one in of]


def test_without_arguments_everything_that_nothing_stands_against_is_meant() -> None:
    all_of_them = choice(of=TWO)
    assert by_text(all_of_them.adopted) == ["NewId0000002", "NewId0000001"]
    assert by_text(all_of_them.left) == ["DeadId000001"]


FINGERPRINT = NEW.fingerprint


@pytest.mark.parametrize(
    "text", ["NewId0000001", "mm-weekend", "mm-w", FINGERPRINT, FINGERPRINT[:11], FINGERPRINT[:11] + "…"]
)
def test_a_key_is_meant_by_its_id_its_name_its_fingerprint_or_a_beginning(text: str) -> None:
    asked = choice(text, text, of=TWO)
    assert by_text(asked.adopted) == ["NewId0000001"] and asked.unmet == ()
    assert by_text(asked.left) == ["DeadId000001"], "a revoked id that is alive is told to everybody"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("NewI", "'NewI' may be any of mm-ledger (sha256:"),
        ("NewId", "mm-weekend (sha256:"),
        ("New", "too short"),
        ("N…", "too short"),
        ("sha256:", "too short"),
        ("sha256:abc", "too short"),
        ("newid0000001", "no live key"),
        ("nothing", "no live key"),
    ],
)
def test_what_names_no_key_or_several_is_refused(text: str, told: str) -> None:
    asked = choice(text, of=TWO)
    assert asked.adopted == () and told in asked.unmet[0].message
    assert asked.unmet[0].consequence is ExitReason.FAILED


def test_a_declared_key_is_said_to_be_declared() -> None:
    known = registry(key())
    rows = compare(known, known.tombstones(), Snapshot(REGISTRY, NOW, (seen(stranger(DECLARED)),)), NOW, {}).keys
    for text in ("quotes", "DeclaredId01", DECLARED.fingerprint):
        assert "declared already, as key quotes" in chosen([text], (), rows).unmet[0].message


def test_a_name_is_exact_before_it_is_a_beginning() -> None:
    pair = found(seen(stranger(NEW, "bot"), stranger(SECOND, "bot two")))
    assert by_text(choice("mm-bot", of=pair).adopted) == ["NewId0000001"]


def test_only_a_label_that_can_t_be_seen_gives_way_to_a_person_s_word() -> None:
    blind = found(seen(replace(stranger(), label=UNSAID)))
    assert choice(of=blind).adopted == ()
    (adopted,) = choice("NewId0000001", of=blind).adopted
    assert adopted.obstacle is None
    marked = found(seen(stranger(label=marker("another", KeyName("k"), 0))))
    assert choice("NewId0000001", of=marked).adopted == () and len(choice("NewId0000001", of=marked).left) == 1
