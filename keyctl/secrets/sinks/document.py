"""A parcel as the app reads it."""

from __future__ import annotations

import json

from keyctl.secrets.sinks.sink import Parcel, SinkError


def document(parcel: Parcel) -> dict[str, str]:
    """The credential with all that an app needs to use it, in this order; no passphrase where the exchange has none.
    Raises SinkError where only the id's fingerprint is known."""
    return {
        "exchange": parcel.exchange,
        "account": parcel.account,
        "key": parcel.key,
        "owner": parcel.owner,
        "api_key": api_key(parcel),
        "secret": parcel.secret.reveal(),
        **({"passphrase": parcel.passphrase.reveal()} if parcel.passphrase is not None else {}),
    }


def text(parcel: Parcel) -> str:
    """The same as a line of JSON."""
    return json.dumps(document(parcel)) + "\n"


def api_key(parcel: Parcel) -> str:
    """The id as the app sends it. Raises SinkError where only its fingerprint is known."""
    if parcel.identifier.text is None:
        raise SinkError(
            f"the id of {parcel.key} is known by its fingerprint only, and nobody can use a credential without its id",
            "make a new key",
        )
    return parcel.identifier.text
