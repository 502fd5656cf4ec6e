"""Files that hold keys by their nature, known by their name."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from keyctl.model.finding import Confidence
from keyctl.policy.secrets.hit import Hit

_NAMES = {
    r"id_(?:rsa|dsa|ecdsa|ed25519)(?:_sk)?|.*_(?:rsa|ed25519|ecdsa)": "an SSH private key",
    r".+\.(?:pem|key|p8|pk8)": "a private key or certificate",
    r".+\.(?:p12|pfx|jks|keystore|kdbx|ppk)": "a store of keys",
    r"wallet\.(?:json|dat)|utc--.+|keystore.*\.json": "a wallet file",
    r"\.env(?:\..+)?|.+\.env": "a file of environment variables",
    r"cdp[_-]?api[_-]?key.*\.json|credentials(?:\.json|\.csv)?|\.netrc|\.npmrc|\.pypirc": "a file of credentials",
    r"\.vault-token|keys?\.txt|.+\.agekey": "a file of secret keys",
}
_HARMLESS = re.compile(r".+\.pub|\.env\.(?:example|sample|template|dist)|.+\.pub\.pem")


def find_in_name(path: str) -> Hit | None:
    """A hit at 0 to 0 if a file of this name is a key file wherever it lies; its content is for ``find``.
    Public halves (``id_rsa.pub``) and samples (``.env.example``) are none."""
    name = PurePosixPath(path.replace("\\", "/")).name.lower()
    if _HARMLESS.fullmatch(name):
        return None
    for pattern, what in _NAMES.items():
        if re.fullmatch(pattern, name):
            return Hit("key-file", f"by its name {what}", 0, 0, Confidence.MEDIUM)
    return None
