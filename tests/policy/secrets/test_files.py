"""Files that are keys by their name."""

from __future__ import annotations

import pytest

from keyctl.policy.secrets import find_in_name


@pytest.mark.parametrize(
    "path",
    [
        "id_rsa",
        "keys.d/desk/id_ed25519",
        "keys.d/deploy_rsa",
        "keys.d/hedger.pem",
        "keys.d/HEDGER.KEY",
        "keys.d\\hedger.p12",
        "registry/wallet.json",
        "keys.d/UTC--2027-01-01T00-00-00Z--00aa",
        "keystore-main.json",
        ".env",
        "keys.d/.env.production",
        "prod.env",
        "cdp_api_key.json",
        ".netrc",
        "key.txt",
    ],
)
def test_key_files(path: str) -> None:
    hit = find_in_name(path)
    assert hit is not None
    assert (hit.kind, hit.start, hit.end) == ("key-file", 0, 0)


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
    ],
)
def test_other_files(path: str) -> None:
    assert find_in_name(path) is None
