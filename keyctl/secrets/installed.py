"""Libraries of the extras, imported when they are needed."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from keyctl.secrets.failure import StoreError


def installed(module: str, extra: str) -> Any:
    """The module. Raises StoreError that says what to install."""
    try:
        return import_module(module)
    except ImportError:
        pass
    raise StoreError(f"{module} is not installed", f"pip install 'exchange-keyctl[{extra}]'")
