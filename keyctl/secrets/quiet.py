"""Loggers of libraries that would print what they send."""

from __future__ import annotations

import logging


def silence(library: str) -> None:
    """Mutes all loggers of a library that is imported, whatever level anybody sets."""
    names = list(logging.Logger.manager.loggerDict)
    for name in (library, *(name for name in names if name.startswith(f"{library}."))):
        logger = logging.getLogger(name)
        logger.addHandler(logging.NullHandler())
        logger.setLevel(logging.CRITICAL + 1)
        logger.propagate = False
