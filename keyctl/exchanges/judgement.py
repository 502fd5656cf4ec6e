"""What one HTTP answer comes to: the stripped JSON of a success, or an error of the taxonomy."""

from __future__ import annotations

import re
from collections.abc import Mapping

from keyctl.exchanges.declaration import Declaration, Endpoint
from keyctl.exchanges.edge import parse, seal, strip
from keyctl.exchanges.envelope import refusal, said
from keyctl.exchanges.errors import Cause, ExchangeError, Malformed
from keyctl.secrets.sources import Secret

OFFLINE = "check the network and the exchange's status page, then run again"


def judge(
    declaration: Declaration, endpoint: Endpoint, status: int, headers: Mapping[str, str], body: str, now: float
) -> tuple[object, tuple[Secret, ...]]:
    """The declared fields of an answer, and the secrets among them. ``now`` is Unix time in seconds, for reset times.
    Raises ExchangeError."""
    answer: object = None
    refused: ExchangeError | None = None
    try:
        answer = parse(body)
    except Malformed as error:
        refused = error
    if refused is None:
        refused = refusal(declaration, endpoint.name, answer)
    if status != 200:
        refused = _by_status(declaration, endpoint, status, refused)
    if refused is None:
        return seal(strip(answer, (*endpoint.fields, *endpoint.secrets)), endpoint.secrets)
    if refused.is_only(Cause.RATE_LIMITED):
        refused.retry_after = _retry_after(declaration, headers, now)
    raise refused


def _by_status(
    declaration: Declaration, endpoint: Endpoint, status: int, refused: ExchangeError | None
) -> ExchangeError:
    """An answer that is not HTTP 200 is none. Its own code, if it has one that is known, explains it."""
    code = f"HTTP {status}"
    answered = f"{declaration.title} answered {code} to {endpoint.name}"
    if status >= 500:
        return ExchangeError(Cause.TRANSPORT, answered, OFFLINE, code=code)
    if refused is not None and refused.code in declaration.refusals:
        return refused
    if status in declaration.statuses:
        return said(declaration, endpoint.name, code, declaration.statuses[status])
    if status == 429:
        return ExchangeError(
            Cause.RATE_LIMITED,
            f"{answered}: too many requests",
            "run again later, and no two runs at a time",
            code=code,
        )
    if status in (401, 403):
        return ExchangeError(
            (Cause.CREDENTIAL_INVALID, Cause.IP_REFUSED, Cause.PERMISSION_DENIED),
            f"{answered} without saying why",
            "check the credential, its allow-list and its rights",
            code=code,
        )
    return ExchangeError(
        Cause.MALFORMED,
        f"{answered}, which is no documented answer",
        "check that the host is the exchange's own and that nothing stands between",
        code=code,
    )


def _retry_after(declaration: Declaration, headers: Mapping[str, str], now: float) -> float | None:
    """Seconds that the answer asks to wait: its reset time where the exchange has one, else ``Retry-After``."""
    given = {name.lower(): value for name, value in headers.items()}
    reset = declaration.limits.reset_header
    if reset is not None and re.fullmatch(r"[0-9]{13}", given.get(reset.lower(), "")):
        return max(0.0, int(given[reset.lower()]) / 1000 - now)
    seconds = given.get("retry-after", "")
    return float(seconds) if re.fullmatch(r"[0-9]{1,6}", seconds) else None
