"""Where a simulated exchange listens: on this machine only, and only where the deployment says (law 6)."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

from keyctl.exchanges.errors import Cause, ExchangeError

SANDBOX = "KEYCTL_SANDBOX"
_LIMIT = 1_000_000


def loopback(url: str) -> str:
    """The base URL without a final slash. Raises ValueError, with the reason, for all but ``http`` on loopback."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme != "http":
        raise ValueError("it must start with http://")
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise ValueError("it must be a plain address without user, query or fragment")
    if parts.path not in ("", "/"):
        raise ValueError("it must have no path")
    if host != "localhost":
        try:
            local = ip_address(host).is_loopback
        except ValueError:
            local = False
        if not local:
            raise ValueError("only loopback addresses are accepted")
    port = f":{parts.port}" if parts.port is not None else ""
    return f"http://[{host}]{port}" if ":" in host else f"http://{host}{port}"


def sandbox_hosts(control: str | None, timeout: float = 10.0) -> Mapping[str, str]:
    """Base URLs of the simulated exchanges by exchange id, as the sandbox's control port names them.

    Raises ExchangeError when there is no such URL, nobody answers, or the answer leads off this machine.
    """
    if not control:
        raise ExchangeError(
            Cause.TRANSPORT,
            f"the account is in environment sandbox, and {SANDBOX} is not set",
            "start `exchange-keyctl sandbox serve` and set it to the control URL",
        )
    problem: str
    try:
        base = loopback(control)
        answer = _get(base, timeout)
        exchanges = answer["exchanges"] if isinstance(answer, dict) else None
        if not isinstance(exchanges, dict) or not all(isinstance(url, str) for url in exchanges.values()):
            raise ValueError("its answer has no table `exchanges`")
        return {str(name): loopback(url) for name, url in exchanges.items()}
    except (ValueError, KeyError) as error:
        problem = str(error) if not isinstance(error, KeyError) else "its answer has no table `exchanges`"
    except (OSError, http.client.HTTPException):
        problem = "nobody answers there"
    raise ExchangeError(
        Cause.TRANSPORT,
        f"{SANDBOX} can't be used: {problem}",
        "set it to the control URL that `exchange-keyctl sandbox serve` prints, such as http://127.0.0.1:8080",
    )


def _get(base: str, timeout: float) -> object:
    # http.client knows no proxies and follows no redirects
    parts = urlsplit(base)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=timeout)
    try:
        connection.request("GET", "/")
        response = connection.getresponse()
        if response.status != 200:
            raise ValueError(f"it answers with HTTP status {response.status}")
        answer: object = json.loads(response.read(_LIMIT))
        return answer
    finally:
        connection.close()
