"""HashiCorp's Vault and OpenBao: the KV version 2 engine, https://openbao.org/api-docs/secret/kv/kv-v2/.

The deployment's environment says where and who, in the words of Vault's own command line: ``VAULT_ADDR``,
``VAULT_NAMESPACE``, ``VAULT_CACERT``, and one of ``VAULT_TOKEN``; ``KEYCTL_VAULT_JWT`` (the token itself) with
``KEYCTL_VAULT_ROLE`` and ``KEYCTL_VAULT_AUTH_PATH`` (``jwt`` if not given); ``KEYCTL_VAULT_ROLE_ID`` with
``KEYCTL_VAULT_SECRET_ID``. A token file in somebody's home is not looked for.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from keyctl.secrets.failure import StoreError, Trouble
from keyctl.secrets.installed import installed
from keyctl.secrets.pinned import plain_address, session
from keyctl.secrets.sources.secret import Secret
from keyctl.secrets.stores.reach import Reach

TIMEOUT = 15.0
"""Seconds to connect, and between two parts of an answer."""
ADDRESS = "VAULT_ADDR"
_TOKEN, _JWT, _ROLE_ID = "VAULT_TOKEN", "KEYCTL_VAULT_JWT", "KEYCTL_VAULT_ROLE_ID"
_ROLE, _PATH, _SECRET_ID = "KEYCTL_VAULT_ROLE", "KEYCTL_VAULT_AUTH_PATH", "KEYCTL_VAULT_SECRET_ID"
_REFUSED_WRITE = "check-and-set"
"""In Vault's answer where the secret exists already."""


class Vault:
    """One server, logged in to once, when it is first asked."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        """Raises StoreError where the environment says too little, or hvac is not installed."""
        self._login = _login(environ)
        url = plain_address(environ.get(ADDRESS, ""))
        if url is None:
            raise StoreError(f"{ADDRESS} is no https address without user and query", f"set {ADDRESS} to Vault's")
        self._hvac: Any = installed("hvac", "vault")
        pinned = session(url)
        pinned.verify = environ.get("VAULT_CACERT") or True
        # hvac takes None for a token as "look in the environment and at home"
        self._client: Any = self._hvac.Client(
            url=url,
            token="",
            timeout=TIMEOUT,
            allow_redirects=False,
            session=pinned,
            namespace=environ.get("VAULT_NAMESPACE") or None,
        )
        self._lock = threading.Lock()
        self._entered = False
        self._denied: StoreError | None = None
        self._reach = Reach()

    def check(self, mount: str, path: str) -> None:
        """That a new secret may be made at the path, as far as Vault tells. The policy must let the token ask, as the
        policy ``default`` does. Raises StoreError."""
        self._enter()
        told = self._asked(lambda: self._client.adapter.get(f"/v1/sys/internal/ui/mounts/{mount}"))
        options = _inner(told, "data").get("options")
        if not isinstance(options, dict) or options.get("version") != "2":
            raise StoreError(f"{mount} is no KV engine of version 2", "only version 2 never overwrites: enable one")
        asked = f"{mount}/data/{path}"
        told = self._asked(
            lambda: self._client.adapter.post("/v1/sys/capabilities-self", json={"paths": [asked]}),
            "let its policy ask sys/capabilities-self, as the policy default does, or renew its token",
        )
        if not {"create", "root"} & set(_list(_inner(told, "data").get(asked))):
            raise StoreError(
                f"Vault lets keyctl create nothing at {mount}/{path}",
                f"give its policy the capability create on {asked}",
                Trouble.DENIED,
            )

    def create(self, mount: str, path: str, values: Mapping[str, str]) -> None:
        """A new secret; nothing is overwritten, and nothing is tried twice. Raises StoreError."""
        self._enter()
        kv = self._client.secrets.kv.v2
        told = self._asked(lambda: kv.create_or_update_secret(path, dict(values), cas=0, mount_point=mount))
        if _inner(told, "data").get("version") != 1:
            raise StoreError("Vault's answer is none of a KV engine of version 2", "see what lies at the path")

    def exists(self, mount: str, path: str) -> bool | None:
        """Whether there is a secret whose newest version is not deleted; None where Vault does not let keyctl see it.
        Raises StoreError for everything else."""
        self._enter()
        for look in (lambda: self._newest(mount, path), lambda: self.read(mount, path)):
            try:
                look()
                return True
            except StoreError as error:
                if error.trouble is Trouble.ABSENT:
                    return False
                if error.trouble is not Trouble.DENIED:
                    raise
        return None

    def read(self, mount: str, path: str) -> Mapping[str, object]:
        """The newest version of a secret. Raises StoreError."""
        self._enter()
        kv = self._client.secrets.kv.v2
        told = self._asked(
            lambda: kv.read_secret_version(path, mount_point=mount, raise_on_deleted_version=True),
        )
        return _inner(told, "data", "data")

    def _newest(self, mount: str, path: str) -> None:
        kv = self._client.secrets.kv.v2
        told = self._asked(lambda: kv.read_secret_metadata(path, mount_point=mount))
        newest = _inner(told, "data", "versions").get(str(_inner(told, "data").get("current_version")))
        if not isinstance(newest, dict) or newest.get("destroyed") or _over(newest.get("deletion_time")):
            raise StoreError("what was there is deleted", "see the path", Trouble.ABSENT)

    def _enter(self) -> None:
        with self._lock:
            if self._denied is not None:
                raise StoreError(self._denied.message, self._denied.remedy, self._denied.trouble)
            if not self._entered:
                try:
                    self._asked(lambda: self._login(self._client), "see that its login is right and not over")
                except StoreError as error:
                    self._denied = error if error.trouble is not Trouble.UNREACHABLE else None
                    raise
                self._entered = True

    def _asked(self, ask: Callable[[], Any], denied: str = "see what its policy lets it do") -> Any:
        """The answer. hvac's errors carry the server's words and what was sent, so nothing of them is kept."""
        import requests

        self._reach.check()
        failure: StoreError
        errors = self._hvac.exceptions
        try:
            answer = ask()
            if isinstance(answer, dict) or answer is None:
                self._reach.told()
                return answer
            failure = StoreError("Vault's answer is none of its API", f"see {ADDRESS}; redirects are not followed")
        except (errors.Forbidden, errors.Unauthorized):
            failure = StoreError("Vault denies it to keyctl", denied, Trouble.DENIED)
        except errors.InvalidPath as error:
            failure = _not_found(error)
        except errors.InvalidRequest as error:
            failure = _bad_request(error)
        except errors.VaultError as error:
            failure = StoreError(f"Vault answers with {_kind(error)}", "run it again when Vault is well")
        except (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError):
            failure = StoreError("Vault did not answer", f"see {ADDRESS}, and run it again", Trouble.UNREACHABLE)
        except requests.RequestException:
            failure = StoreError("Vault's answer leads to another server", f"see {ADDRESS}; nothing is sent elsewhere")
        except (KeyError, TypeError, ValueError):
            failure = StoreError("Vault's answer is none of its API", f"see {ADDRESS}")
        self._reach.told(failure)
        raise failure


def _login(environ: Mapping[str, str]) -> Callable[[Any], Any]:
    """What gives a client its token. Raises StoreError unless exactly one way is given, whole."""
    given = [name for name in (_TOKEN, _JWT, _ROLE_ID) if environ.get(name)]
    if len(given) != 1:
        how = f"set one of {_TOKEN}; {_JWT} with {_ROLE}; {_ROLE_ID} with {_SECRET_ID}"
        raise StoreError(f"{' and '.join(given) or 'no login for Vault'} {'are' if given else 'is'} set", how)
    first = Secret(environ[given[0]])
    other = {_JWT: _ROLE, _ROLE_ID: _SECRET_ID}.get(given[0])
    if other is not None and not environ.get(other):
        raise StoreError(f"{given[0]} is set, and {other} is not", f"set {other} too")
    if given[0] == _TOKEN:
        return lambda client: setattr(client, "token", first.reveal())
    if given[0] == _JWT:
        role, path = environ[_ROLE], environ.get(_PATH) or "jwt"
        return lambda client: client.auth.jwt.jwt_login(role=role, jwt=first.reveal(), path=path)
    second = Secret(environ[_SECRET_ID])
    return lambda client: client.auth.approle.login(role_id=first.reveal(), secret_id=second.reveal())


def _not_found(error: Any) -> StoreError:
    """Vault says that there is nothing by an empty list of errors, and by the metadata of what was deleted; any other
    404 is about a mount or a route, or somebody else's."""
    gone = isinstance(error.json, dict) and isinstance(error.json.get("data"), dict)
    if error.errors == [] or gone:
        return StoreError("Vault holds nothing there", "see the path", Trouble.ABSENT)
    return StoreError("Vault knows no such mount or namespace", f"see the path, and {ADDRESS}")


def _bad_request(error: Any) -> StoreError:
    if any(_REFUSED_WRITE in str(one) for one in error.errors or ()):
        return StoreError("something is there already, and is left as it is", "see what it is", Trouble.TAKEN)
    return StoreError("Vault refuses the request", "see the role, the path and Vault's own log")


def _kind(error: Exception) -> str:
    return {"RateLimitExceeded": "429", "BadGateway": "502", "VaultDown": "503"}.get(type(error).__name__, "an error")


def _inner(told: Any, *names: str) -> Mapping[str, Any]:
    for name in names:
        told = told.get(name) if isinstance(told, dict) else None
    if not isinstance(told, dict):
        raise StoreError("Vault's answer is none of a KV engine of version 2", "see the mount")
    return told


def _over(deletion_time: object) -> bool:
    """Whether a version was deleted: the time, in UTC and RFC 3339, may be that of a deletion to come."""
    return bool(deletion_time) and str(deletion_time) <= datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")


def _list(found: object) -> list[str]:
    return [str(one) for one in found] if isinstance(found, list) else []
