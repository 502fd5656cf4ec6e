"""An allow-list as it is sent: what one list of an exchange can hold."""

from __future__ import annotations

from keyctl.exchanges.declaration import Declaration
from keyctl.exchanges.writing import Unsupported
from keyctl.model.ips import IpSet, Network

MOST_SPELT_OUT = 64
"""Addresses of networks that are spelt out one by one, where no documentation says that a list takes networks."""


def entries(declaration: Declaration, ips: IpSet) -> tuple[str, ...]:
    """The entries of a list, none for any address. Single addresses are never sent as networks; neighbours, which an
    IpSet holds as one network, are addresses again unless the exchange documents that it takes networks.

    Raises Unsupported for what no list can hold, and for a list that would allow nothing.
    """
    if ips.unrestricted:
        return ()
    if not ips.networks:
        raise Unsupported(
            "an allow-list that allows no address can't be sent, since an empty one means any address",
            "disable or delete the key instead",
        )
    found = [entry for network in ips.networks for entry in _spelt(declaration, network)]
    most = declaration.limits.max_ips
    if most is not None and len(found) > most:
        raise Unsupported(
            f"the allow-list has {len(found)} entries, and {declaration.title} takes {most}",
            "shorten `ips`, by networks say" if declaration.limits.cidr else "shorten `ips`",
        )
    return tuple(found)


def _spelt(declaration: Declaration, network: Network) -> tuple[str, ...]:
    if network.prefixlen == network.max_prefixlen:
        return (str(network.network_address),)
    if declaration.limits.cidr:
        return (str(network),)
    if network.num_addresses > MOST_SPELT_OUT:
        raise Unsupported(
            f"{declaration.title} does not document networks in allow-lists, and {network} has too many addresses to"
            " list them one by one",
            f"name at most {MOST_SPELT_OUT} single addresses in `ips`",
        )
    return tuple(str(address) for address in network)
