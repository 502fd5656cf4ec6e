from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.metadata import EntryPoint

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyctl.model.refusal import Refusal
from keyctl.secrets.sinks import catalogue
from keyctl.secrets.sinks.catalogue import open_sink, schemes
from keyctl.secrets.sinks.destination import Address, Destination, destination, parse
from keyctl.secrets.sinks.sink import Parcel, SinkError
from tests.secrets.parcels import opened, parcel, refused


@pytest.mark.parametrize("sinks", [{}, {"KEYCTL_SINKS": ""}, {"KEYCTL_SINKS": " , "}])
def test_without_a_word_of_the_deployment_nothing_may_be_delivered(sinks: dict[str, str]) -> None:
    with pytest.raises(SinkError, match="KEYCTL_SINKS is not set") as caught:
        open_sink("vault:kv/hedger", sinks, work_tree=None)
    refused(caught)


@pytest.mark.parametrize(
    ("sinks", "reference"),
    [
        ("vault:kv", "vault:kv/hedger"),
        ("vault:kv/", "vault:kv/hedger"),
        ("vault:kv/hedger", "vault:kv/hedger"),
        ("age:/var/secrets/ vault:kv/", "vault:kv/team/hedger"),
        ("age:/var/secrets/,\tvault:kv/\n", "age:/var/secrets/hedger"),
    ],
)
def test_what_lies_under_a_prefix_is_accepted(sinks: str, reference: str) -> None:
    assert str(destination(reference, {"KEYCTL_SINKS": sinks}, None)) == reference


@pytest.mark.parametrize(
    ("sinks", "reference"),
    [
        ("vault:kv/hedger", "vault:kv/hedger2"),
        ("vault:kv/hedger", "vault:kv"),
        ("vault:kv/hedger/", "vault:kv/Hedger"),
        ("vault:kv/", "aws:kv/hedger"),
        ("age:/var/secrets/", "age:srv/secrets/hedger"),
        ("age:srv/secrets/", "age:/var/secrets/hedger"),
        ("age:/var/secrets", "file:/var/secrets/hedger"),
    ],
)
def test_what_lies_beside_it_is_refused(sinks: str, reference: str) -> None:
    with pytest.raises(SinkError, match="no prefix in KEYCTL_SINKS covers it") as caught:
        destination(reference, {"KEYCTL_SINKS": sinks}, None)
    refused(caught)


@pytest.mark.parametrize(
    "rest",
    [
        *("", "/", "kv/", "kv//hedger", "kv/../other", "kv/./hedger", "..", "kv/...", "//kv", "kv/a b", "kv/a\n"),
        *("kv/a\x00", "kv/%2e%2e", "kv/a?b", "kv/a#b", "kv/a\\b", "kv/~", "kv/*", "kv/ü", "kv/\u2028", "kv/$HOME"),
        *("kv/a:b", "-\x7f"),
    ],
)
def test_paths_that_could_mean_another_place_are_refused(rest: str) -> None:
    for text in (f"vault:{rest}", f"vault:kv/{rest}"):
        with pytest.raises(SinkError, match="is no place for a secret") as caught:
            destination(text, {"KEYCTL_SINKS": "vault:kv"}, None)
        assert re.fullmatch(r"[ -~]+", refused(caught))


@pytest.mark.parametrize("word", ["vault:", "age:/", "kv", "vault:..", "VAULT:kv", "vault:kv//"])
def test_a_prefix_that_names_no_place_allows_nothing(word: str) -> None:
    with pytest.raises(SinkError, match="in KEYCTL_SINKS is no prefix") as caught:
        destination("vault:kv/hedger", {"KEYCTL_SINKS": f"vault:kv/ {word}"}, None)
    refused(caught)


def test_the_longest_prefix_counts() -> None:
    found = destination("age:/a/b/c", {"KEYCTL_SINKS": "age:/a age:/a/b"}, None)
    assert found.prefix == Address("age", True, ("a", "b"))


@given(st.text(max_size=30))
def test_every_address_is_what_its_text_says_and_no_more(text: str) -> None:
    found = parse(text)
    if found is not None:
        assert str(found) == text
        assert all(re.fullmatch(r"[!-~]+", one) and one not in ("", ".", "..") for one in found.segments)


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=3), st.lists(st.sampled_from("abc"), min_size=1))
def test_a_prefix_covers_whole_segments(prefix: list[str], path: list[str]) -> None:
    covers = Address("vault", False, tuple(prefix)).contains(Address("vault", False, tuple(path)))
    assert covers == ("/".join(path) + "/").startswith("/".join(prefix) + "/")


# plug-ins


@dataclass
class Drawer:
    where: Destination

    def check(self, recipients: tuple[str, ...]) -> None: ...

    def deliver(self, parcel: Parcel) -> None: ...

    def holds(self, name: str) -> bool | None:
        return None


def plug(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    points = [EntryPoint(name, f"{__name__}:Drawer", catalogue.ENTRY_POINTS) for name in names]
    monkeypatch.setattr("importlib.metadata.entry_points", lambda group: points)


def test_a_scheme_that_nobody_knows_is_refused() -> None:
    with pytest.raises(
        SinkError, match=r"keyctl knows no sink 'drawer'; it knows age, aws, file, gitlab, vault"
    ) as caught:
        opened("drawer:top")
    refused(caught)


def test_a_plug_in_is_loaded_where_the_deployment_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    plug(monkeypatch, "drawer")
    with pytest.raises(SinkError, match="knows no sink"):
        opened("drawer:top")
    sink = opened("drawer:top", environ={"KEYCTL_PLUGINS": "other, drawer"})
    assert sink.holds("a.0123456789abcdef") is None
    assert "Drawer" in repr(sink) and "drawer:top" in repr(sink)
    assert "drawer" in schemes({"KEYCTL_PLUGINS": "drawer"})


@pytest.mark.parametrize("attempt", ["check", "deliver", "holds"])
def test_a_plug_in_s_own_fault_is_told_by_its_kind(attempt: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_drawer: Drawer, given: object) -> None:
        secret = given.secret.reveal() if isinstance(given, Parcel) else "canary-"
        raise ZeroDivisionError(secret)

    plug(monkeypatch, "drawer")
    monkeypatch.setattr(Drawer, attempt, fails)
    argument: object = {"check": (), "deliver": parcel(), "holds": parcel().name}[attempt]
    with pytest.raises(SinkError, match="drawer:top: the sink itself failed: ZeroDivisionError") as caught:
        getattr(opened("drawer:top", environ={"KEYCTL_PLUGINS": "drawer"}), attempt)(argument)
    refused(caught)


@pytest.mark.parametrize("names", [["vault"], ["drawer", "drawer"]])
def test_a_plug_in_can_t_take_a_name_that_is_taken(names: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    plug(monkeypatch, *names)
    with pytest.raises(Refusal, match="and there is one of that name"):
        opened("vault:kv/hedger", environ={"KEYCTL_PLUGINS": " ".join(names)})
