"""IP allow-lists, compared by the addresses that they cover."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_network

Network = IPv4Network | IPv6Network
_MAPPED = int.from_bytes(b"\xff\xff") << 32


class IpError(ValueError):
    """The text names no address and no network; the message says why."""


@lru_cache(maxsize=65536)
def parse_network(text: str, *, strict: bool = True) -> Network:
    """One address or CIDR network; IPv4-mapped IPv6 becomes IPv4. Host bits are an error unless ``strict`` is off,
    which is for what exchanges report: there the whole network is taken, since a wider reading is the safe one."""
    if "%" in text:
        raise IpError(f"{text!r} names an interface of one machine; write the address without it")
    try:
        network = ip_network(text, strict=strict)
    except ValueError as error:
        if "has host bits set" in str(error):
            meant = ip_network(text, strict=False)
            raise IpError(f"{text!r} has host bits set; write {meant} or the single address") from None
        raise IpError(f"{text!r} is neither an IP address nor a network such as 203.0.113.0/28") from None
    if isinstance(network, IPv6Network) and network.prefixlen >= 96:
        first = int(network.network_address)
        if first >> 32 == _MAPPED >> 32:
            return IPv4Network((first & 0xFFFFFFFF, network.prefixlen - 96))
    return network


@dataclass(frozen=True, slots=True)
class IpSet:
    """The addresses from which a key may be used.

    ``networks`` are disjoint, merged where adjacent, IPv4 before IPv6, ascending: equal sets have equal tuples.
    ``unrestricted`` is ``any``; then ``networks`` is empty. A set that covers all of IPv4 or all of IPv6 is ``any``.
    """

    networks: tuple[Network, ...] = ()
    unrestricted: bool = False

    @classmethod
    def of(cls, networks: Iterable[Network]) -> IpSet:
        """Merged and sorted from any networks."""
        given = list(networks)
        if len(given) > 1 and not _are_apart(given):
            fours = collapse_addresses(n for n in given if isinstance(n, IPv4Network))
            sixes = collapse_addresses(n for n in given if isinstance(n, IPv6Network))
            given = [*fours, *sixes]
        if any(network.prefixlen == 0 for network in given):
            return ANY
        return cls(tuple(given))

    def beyond(self, other: IpSet) -> tuple[Network, ...]:
        """The networks of this set that ``other`` does not cover wholly; of an unrestricted set, both families."""
        if other.unrestricted:
            return ()
        if self.unrestricted:
            return (IPv4Network("0.0.0.0/0"), IPv6Network("::/0"))
        return tuple(
            network
            for network in self.networks
            if not any(
                network.version == known.version and network.subnet_of(known)  # type: ignore[arg-type]
                for known in other.networks
            )
        )

    def covers(self, other: IpSet) -> bool:
        """True when every address of ``other`` is in this set."""
        return not other.beyond(self)

    def texts(self) -> tuple[str, ...]:
        """Canonical networks with their prefix length, in order; ``("any",)`` when unrestricted."""
        return ("any",) if self.unrestricted else tuple(str(network) for network in self.networks)

    def __str__(self) -> str:
        """For people: single addresses without their prefix length."""
        if self.unrestricted:
            return "any"
        return ", ".join(
            str(n.network_address) if n.prefixlen == n.max_prefixlen else str(n) for n in self.networks
        ) or ("none")


def _are_apart(networks: list[Network]) -> bool:
    """Sorts in place; true when no two networks overlap or touch, so that there is nothing to merge."""
    spans = sorted(
        (n.version, int(n.network_address), n.max_prefixlen - n.prefixlen, i) for i, n in enumerate(networks)
    )
    networks[:] = [networks[index] for _, _, _, index in spans]
    end = (0, -1)
    for version, start, bits, _ in spans:
        if end >= (version, start - 1):
            return False
        end = (version, start + (1 << bits) - 1)
    return True


ANY = IpSet((), True)


def extent(texts: Iterable[str]) -> str:
    """How many addresses canonical networks cover, for people: ``any address``, ``1 address``, ``2^64 addresses``."""
    given = tuple(texts)
    if "any" in given:
        return "any address"
    number = sum(parse_network(text).num_addresses for text in given)
    if number == 1:
        return "1 address"
    if number < 1_000_000:
        return f"{number:,} addresses"
    power = number.bit_length() - 1
    return f"2^{power} addresses" if number == 1 << power else f"over 2^{power} addresses"
