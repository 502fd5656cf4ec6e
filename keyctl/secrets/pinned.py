"""HTTP with a token: to one server, over TLS, without following anybody anywhere."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    import requests


def plain_address(url: str) -> str | None:
    """The address without a final slash; None for all but https, and http on this machine (for tests), without user,
    query and fragment."""
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        return None
    plain = parts.username is None and parts.password is None and not parts.query and not parts.fragment
    if not host or not plain or not (parts.scheme == "https" or (parts.scheme == "http" and _is_local(host))):
        return None
    return url.rstrip("/")


def session(address: str) -> requests.Session:
    """Requests to paths below the address, and to nothing else: not to where a redirect or a link leads. Nothing is
    tried twice.

    A proxy and certificate authorities that the environment names are used.
    """
    import requests
    from requests.adapters import HTTPAdapter

    made = requests.Session()
    made.adapters.clear()
    made.mount(address + "/", HTTPAdapter())
    made.max_redirects = 0
    return made


def _is_local(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
