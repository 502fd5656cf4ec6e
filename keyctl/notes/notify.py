"""Messages to chats, mail and pagers through apprise. https://github.com/caronc/apprise"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from keyctl.notes.failure import NotTold
from keyctl.reports.text import plain
from keyctl.secrets.sources import Secret

TARGETS = "KEYCTL_NOTIFY"
TIMEOUT = 60.0
"""Seconds for all targets together."""
_LOUD = ("apprise", "urllib3", "requests", "requests_oauthlib", "oauthlib")
"""At DEBUG these print URLs, and the URLs hold tokens."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """How many targets took the message, and the kinds of those that did not ("Slack"); never their addresses."""

    taken: int
    failed: tuple[str, ...]


def targets(environ: Mapping[str, str]) -> tuple[Secret, ...]:
    """The apprise URLs of KEYCTL_NOTIFY, which white space separates. Raises NotTold where there is none."""
    found = tuple(Secret(word) for word in environ.get(TARGETS, "").split())
    if not found:
        raise NotTold(f"{TARGETS} is not set", "set it to apprise URLs with white space between them (docs/notes.md)")
    return found


def notify(title: str, body: str, to: tuple[Secret, ...]) -> Delivery:
    """Send one message to every target. Raises NotTold where none of them took it."""
    try:
        import apprise
    except ImportError:
        raise NotTold("apprise is not installed", "pip install 'exchange-keyctl[notify]'") from None
    refused = 0
    with _silence():
        # what goes wrong in a target's code could name its URL, so nothing of it is repeated
        courier = apprise.Apprise(asset=apprise.AppriseAsset(app_id="keyctl", app_desc="keyctl", secure_logging=True))
        for target in to:
            refused += not courier.add(target.reveal())
        if len(courier):
            sent = courier.notify(body, title, body_format=apprise.NotifyFormat.TEXT, timeout=TIMEOUT)
            taken = sent.success_count
            failed = [plain(str(one.name)) for one in sent.results if one.status != apprise.AppriseResultStatus.SUCCESS]
        else:
            taken, failed = 0, []
    failed += ["a URL that apprise does not know"] * refused
    if not taken:
        raise NotTold(
            f"nobody took the message: {', '.join(failed) or 'no answer'}",
            f"see the URLs in {TARGETS}; they are not shown",
        )
    return Delivery(taken, tuple(failed))


@contextmanager
def _silence() -> Iterator[None]:
    loggers = [logging.getLogger(name) for name in _LOUD]
    before = [logger.disabled for logger in loggers]
    levels = [(logger, logger.level, logger.propagate) for logger in loggers]
    for logger in loggers:
        logger.disabled, logger.propagate = True, False
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for (logger, level, propagate), disabled in zip(levels, before, strict=True):
            logger.setLevel(level)
            logger.propagate, logger.disabled = propagate, disabled
