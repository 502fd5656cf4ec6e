"""Files that are keys by their name."""

from __future__ import annotations

import pytest

from keyctl.model.finding import Confidence
from keyctl.policy.secrets import Hit, find_in_name

KINDS = {
    "an SSH private key": [
        "id_rsa",
        "keys.d/desk/id_ed25519",
        "id_ecdsa_sk",
        "id_dsa",
        "keys.d/deploy_rsa",
        "x_ed25519",
    ],
    "a private key or certificate": ["keys.d/hedger.pem", "keys.d/HEDGER.KEY", "a.p8", "a.pk8"],
    "a store of keys": ["keys.d\\hedger.p12", "a.pfx", "a.jks", "a.keystore", "a.kdbx", "a.ppk"],
    "a wallet file": [
        "registry/wallet.json",
        "wallet.dat",
        "keys.d\\wallet.dat",
        "keys.d/UTC--2027-01-01T00-00-00Z--00aa",
        "keystore-main.json",
    ],
    "a file of environment variables": [".env", "keys.d/.env.production", "prod.env", ".env.example.local"],
    "a file of credentials": [
        "cdp_api_key.json",
        "cdp-api-key-2.json",
        "credentials",
        "credentials.csv",
        "a/credentials.json",
        ".netrc",
        ".npmrc",
        ".pypirc",
    ],
    "a file of secret keys": ["key.txt", "keys.txt", ".vault-token", "desk.agekey"],
}


@pytest.mark.parametrize(("what", "path"), [(what, path) for what, paths in KINDS.items() for path in paths])
def test_key_files(what: str, path: str) -> None:
    assert find_in_name(path) == Hit("key-file", f"by its name {what}", 0, 0, Confidence.MEDIUM)


@pytest.mark.parametrize(
    "path",
    [
        "keys.d/hedger/hedger-quotes.yaml",
        "registry/apps.yaml",
        "id_rsa.pub",
        ".env.example",
        "keys.d/key.yaml",
        "keys.d/environment.yaml",
        "hedger.pub.pem",
        "wallet.yaml",
        ".env.sample",
        ".env.template",
        ".env.dist",
        "id_rsa.yaml",
        "key.txt.md",
        "wallet.dat.yaml",
        "monkey.txt",
        "a.pem/readme.md",
        "",
    ],
)
def test_other_files(path: str) -> None:
    assert find_in_name(path) is None
