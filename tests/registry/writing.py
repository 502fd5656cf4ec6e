"""A small valid registry to damage, and findings as lines to compare."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from keyctl.registry.load import Loaded, load_documents


def base() -> dict[str, str]:
    """One account, one app, one issued key."""
    return {
        "registry/registry.yaml": "version: 1\nid: 7b0f6f0e-6a51-4c0a-9d3e-2f6a5c1f9b42\n",
        "registry/accounts.yaml": "bybit-main:\n  exchange: bybit\n",
        "registry/apps.yaml": "hedger: {team: market-making, kind: internal}\n",
        "keys.d/one.yaml": "account: bybit-main\nowner: hedger\nid: w8HqB0tXn3KcVz\nscopes: [read]\nips: any\n",
    }


def write(root: Path, files: Mapping[str, str | bytes]) -> None:
    """The files below a folder."""
    for path, text in files.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text if isinstance(text, bytes) else text.encode())


def loaded_with(**changed: str) -> Loaded:
    """The base with files replaced or added: ``accounts=…`` for registry/accounts.yaml, ``one=…`` for a key file."""
    files = base()
    for name, text in changed.items():
        folder = (
            "registry"
            if name in ("registry", "accounts", "apps", "networks", "revoked", "waivers", "policy")
            else "keys.d"
        )
        files[f"{folder}/{name.replace('_', '-')}.yaml"] = text
    return load_documents({path: text.encode() for path, text in files.items()})


def text_of(loaded: Loaded) -> list[str]:
    """Each finding as ``path:line:column message``, sorted."""
    return sorted(f"{finding.place} {finding.message}" for finding in loaded.findings)
