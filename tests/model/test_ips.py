"""IP lists are compared by the addresses that they cover."""

from __future__ import annotations

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyctl.model.ips import ANY, IpError, IpSet, extent, parse_network

small = st.builds(
    lambda last, length: parse_network(f"203.0.113.{last}/{length}", strict=False),
    st.integers(0, 255),
    st.integers(26, 32),
)
sets = st.lists(small, max_size=6).map(IpSet.of)
EVERY = [ip_address(f"203.0.113.{last}") for last in range(256)]


def covered(ips: IpSet) -> set[object]:
    return {address for address in EVERY if any(address in network for network in ips.networks)}


@given(sets, sets)
def test_sets_are_equal_when_they_cover_the_same(one: IpSet, other: IpSet) -> None:
    assert (one == other) == (covered(one) == covered(other))


@given(sets, sets)
def test_covering_is_the_subset_relation(one: IpSet, other: IpSet) -> None:
    assert one.covers(other) == (covered(one) >= covered(other))


@given(st.lists(small, max_size=6))
def test_order_and_repetition_do_not_matter(networks: list[object]) -> None:
    assert IpSet.of(networks) == IpSet.of([*reversed(networks), *networks])  # type: ignore[arg-type,list-item]


@pytest.mark.parametrize("texts", [["0.0.0.0/0"], ["::/0"], ["0.0.0.0/1", "128.0.0.0/1"], ["203.0.113.1", "::/0"]])
def test_everything_of_a_family_is_any(texts: list[str]) -> None:
    assert IpSet.of(parse_network(text) for text in texts) == ANY


def test_any_is_beyond_every_list_and_no_list_is_beyond_any() -> None:
    some = IpSet.of([parse_network("203.0.113.0/24")])
    assert ANY.covers(some) and ANY.covers(ANY)
    assert not some.covers(ANY)
    assert [str(network) for network in ANY.beyond(some)] == ["0.0.0.0/0", "::/0"]
    assert some.beyond(ANY) == ANY.beyond(ANY) == ()


def test_mapped_addresses_are_the_ipv4_ones() -> None:
    assert parse_network("::ffff:203.0.113.7") == parse_network("203.0.113.7")
    assert parse_network("::ffff:203.0.113.0/120") == parse_network("203.0.113.0/24")
    assert parse_network("::fffe:203.0.113.7").version == 6


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("203.0.113.10/24", "host bits set; write 203.0.113.0/24"),
        ("203.0.113", "neither"),
        ("example.com", "neither"),
        ("203.0.113.010", "neither"),
        ("", "neither"),
    ],
)
def test_what_is_no_network_is_refused_with_what_was_meant(text: str, words: str) -> None:
    with pytest.raises(IpError, match=words):
        parse_network(text)


def test_what_exchanges_report_is_read_widely() -> None:
    assert str(parse_network("203.0.113.10/24", strict=False)) == "203.0.113.0/24"


def test_people_see_addresses_and_documents_see_networks() -> None:
    ips = IpSet.of(parse_network(text) for text in ["2001:db8::1", "203.0.113.16/30", "203.0.113.10"])
    assert str(ips) == "203.0.113.10, 203.0.113.16/30, 2001:db8::1"
    assert ips.texts() == ("203.0.113.10/32", "203.0.113.16/30", "2001:db8::1/128")
    assert (str(ANY), ANY.texts(), str(IpSet())) == ("any", ("any",), "none")


def test_an_address_with_an_interface_is_refused_as_such() -> None:
    with pytest.raises(IpError, match="interface of one machine"):
        parse_network("fe80::1%eth0")


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("::ffff:0:0/96", "0.0.0.0/0"),
        ("::ffff:128.0.0.0/97", "128.0.0.0/1"),
        ("::fffe:0:0/95", "::fffe:0:0/95"),
        ("::fffe:0:0/96", "::fffe:0:0/96"),
        ("1::ffff:203.0.113.7", "1::ffff:cb00:7107/128"),
    ],
)
def test_only_networks_wholly_within_the_mapped_range_are_ipv4(text: str, meant: str) -> None:
    assert str(parse_network(text)) == meant


def test_a_network_covers_nothing_of_the_other_family() -> None:
    four, six = IpSet.of([parse_network("203.0.113.0/24")]), IpSet.of([parse_network("2001:db8::/32")])
    both = IpSet.of([*four.networks, *six.networks])
    assert not four.covers(six) and not six.covers(four)
    assert both.covers(four) and both.covers(six)
    assert both.beyond(four) == six.networks and both.beyond(six) == four.networks


@pytest.mark.parametrize(
    ("texts", "merged"),
    [
        (["203.0.113.128/25", "203.0.113.0/25"], ["203.0.113.0/24"]),
        (["203.0.113.0/24", "203.0.113.9"], ["203.0.113.0/24"]),
        (["203.0.113.9", "203.0.113.0/24"], ["203.0.113.0/24"]),
        (["203.0.113.1", "203.0.113.0"], ["203.0.113.0/31"]),
        (["203.0.113.1", "203.0.113.2"], ["203.0.113.1/32", "203.0.113.2/32"]),
        (["203.0.113.7", "203.0.113.7"], ["203.0.113.7/32"]),
        (["2001:db8::1", "203.0.113.3", "203.0.113.0/31"], ["203.0.113.0/31", "203.0.113.3/32", "2001:db8::1/128"]),
        (["2001:db8:0:1::/64", "2001:db8::/64"], ["2001:db8::/63"]),
        (["0.0.0.1", "0.0.0.0"], ["0.0.0.0/31"]),
        (["::", "255.255.255.255"], ["255.255.255.255/32", "::/128"]),
    ],
)
def test_sets_are_merged_and_in_order(texts: list[str], merged: list[str]) -> None:
    assert list(IpSet.of(parse_network(text) for text in texts).texts()) == merged


def of_sizes(*bits: int) -> list[str]:
    """Networks of 2 to the power of each size."""
    return [f"{10 + n}.0.0.0/{32 - power}" for n, power in enumerate(bits)]


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        (["any"], "any address"),
        (["203.0.113.7/32", "any"], "any address"),
        ([], "0 addresses"),
        (["203.0.113.7/32"], "1 address"),
        (["203.0.113.0/24", "198.51.100.0/25"], "384 addresses"),
        (of_sizes(19), "524,288 addresses"),
        ([*of_sizes(19, 18, 17, 16, 14, 9, 5, 4, 3, 2, 1, 0)], "999,999 addresses"),
        (of_sizes(19, 18, 17, 16, 14, 9, 6), "over 2^19 addresses"),
        (of_sizes(20), "2^20 addresses"),
        (["2001:db8::/64"], "2^64 addresses"),
        (["2001:db8::/64", "203.0.113.7/32"], "over 2^64 addresses"),
    ],
)
def test_people_are_told_how_many_addresses_a_list_covers(texts: list[str], words: str) -> None:
    assert extent(texts) == words
