"""The passphrase that keyctl chooses for a new key."""

from __future__ import annotations

from secrets import choice
from string import ascii_lowercase, ascii_uppercase, digits

from keyctl.secrets.sources import Secret

LENGTH = 24
SPECIAL = "!#%+@_"
"""Some of the characters that are neither letters nor digits, none that a shell or a quotation takes for its own."""
KINDS = (ascii_lowercase, ascii_uppercase, digits, SPECIAL)


def passphrase() -> Secret:
    """By chance: 8 to 32 characters with a digit, a capital, a small letter and a special one are documented
    (https://www.okx.com/docs-v5/en/#sub-account-rest-api-create-an-api-key-for-a-sub-account)."""
    alphabet = "".join(KINDS)
    while True:
        chosen = "".join(choice(alphabet) for _ in range(LENGTH))
        if all(any(character in kind for character in chosen) for kind in KINDS):
            return Secret(chosen)
