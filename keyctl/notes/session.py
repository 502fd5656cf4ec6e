"""HTTP with a token: to one server, over TLS, without following anybody anywhere."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from keyctl.notes.failure import NotTold

if TYPE_CHECKING:
    import requests

TIMEOUT = 15.0
"""Seconds to connect, and between two parts of an answer."""
PER_PAGE = 100
"""The most that both forges give at once."""
PAGES = 100
"""More notes than this many pages hold are not searched."""


def server(url: str, variable: str) -> str:
    """The address without a final slash. Raises NotTold for all but https, and http on this machine (for tests)."""
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        parts, host = urlsplit(""), ""
    plain = parts.username is None and parts.password is None and not parts.query and not parts.fragment
    if not host or not plain or not (parts.scheme == "https" or (parts.scheme == "http" and _is_local(host))):
        raise NotTold(f"{variable} is no https address without user and query", "the CI sets it; leave it as it is")
    return url.rstrip("/")


def session(address: str) -> requests.Session:
    """Requests to paths below the address, and to nothing else: not to where a redirect or a link leads.

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
