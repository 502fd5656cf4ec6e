"""``keyring:keyctl/bybit-main``: an entry of the desktop's keyring, by service and user, for people at their own
machine: https://keyring.readthedocs.io."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from keyctl.secrets.failure import StoreError, Trouble
from keyctl.secrets.installed import installed

_NONE = ("keyring.backends.fail", "keyring.backends.null")
_PLAIN = "keyrings.alt"
_CHAIN = "keyring.backends.chainer"


class KeyringSource:
    """Backends that keep nothing, and those of keyrings.alt, most of which keep plain text, are refused."""

    def __init__(self) -> None:
        self._keyring: Any = installed("keyring", "keyring")
        self._backend: Any = self._keyring.get_keyring()
        for one in _each(self._backend):
            module = type(one).__module__
            if module.startswith(_NONE):
                raise StoreError(
                    "this machine has no keyring", "keep the credential elsewhere, such as in age: or vault:"
                )
            if module.split(".")[:2] == _PLAIN.split("."):
                raise StoreError(
                    "this machine's keyring is one of keyrings.alt, which keep secrets in plain text",
                    "uninstall keyrings.alt, or name a real backend in PYTHON_KEYRING_BACKEND",
                )

    def fetch(self, rest: str) -> str:
        service, _slash, user = rest.rpartition("/")
        if not service or not user:
            raise StoreError("it is no entry of a keyring", "write keyring:, the service, a slash and the user")
        found: str | None = None
        failed = True
        # each backend has errors of its own, some of which repeat what they read
        with suppress(Exception):
            found = self._backend.get_password(service, user)
            failed = False
        if failed:
            raise StoreError("the keyring can't be read", "unlock it")
        if found is None:
            raise StoreError("the keyring has no such entry", "make it: keyring set SERVICE USER", Trouble.ABSENT)
        return found


def _each(backend: Any) -> list[Any]:
    """The backend, or all of those that one asks in turn."""
    return list(backend.backends) if type(backend).__module__ == _CHAIN else [backend]


def open_source(environ: Mapping[str, str]) -> KeyringSource:  # noqa: ARG001 - keyring reads its own variables
    return KeyringSource()
