"""What OKX's codes mean. Codes and texts: https://www.okx.com/docs-v5/en/#error-code; they are told apart by the JSON
``code`` alone, since the HTTP status of one code differs between the documentation and what is seen."""

from __future__ import annotations

from keyctl.exchanges.declaration import NativeError
from keyctl.exchanges.errors import Cause

_CREDENTIAL = "check that the three parts of the credential are one key's, of this exchange and environment"
_OWN_FAULT = "check the versions of keyctl and ccxt; if they are current, report this"
_LATER = "check the exchange's status page, then run again"
_PACE = "run again later, and no two runs at a time"


def _one(cause: Cause, meaning: str, remedy: str) -> NativeError:
    return NativeError((cause,), meaning, remedy)


REFUSALS = {
    # reading and writing alike
    "50000": _one(Cause.MALFORMED, "the request's body is empty", _OWN_FAULT),
    "50001": _one(Cause.TRANSPORT, "the service is not available", _LATER),
    "50002": _one(Cause.MALFORMED, "the request's body is no JSON", _OWN_FAULT),
    "50004": _one(Cause.TRANSPORT, "the exchange itself waited too long; nothing is known of what it did", _LATER),
    "50011": _one(Cause.RATE_LIMITED, "too many requests", _PACE),
    "50013": _one(Cause.TRANSPORT, "the exchange's systems are busy", _LATER),
    "50014": _one(Cause.MALFORMED, "a parameter is missing", "check `subaccount` in registry/accounts.yaml"),
    "50026": _one(Cause.TRANSPORT, "the exchange failed", _LATER),
    "50030": _one(Cause.PERMISSION_DENIED, "the key may not use this call", "take a key with the right Read"),
    "50035": _one(
        Cause.PERMISSION_DENIED,
        "the call wants a key that is bound to IP addresses",
        "bind keyctl's own key to the addresses that it is used from",
    ),
    "50038": _one(
        Cause.PERMISSION_DENIED,
        "demo trading does not have this",
        "observe accounts of environment testnet by hand, in the web page",
    ),
    "50040": _one(Cause.RATE_LIMITED, "too many operations", _PACE),
    "50100": _one(
        Cause.PERMISSION_DENIED,
        "the exchange has frozen the API of this account; its keys exist",
        "ask the exchange's support",
    ),
    "50101": _one(
        Cause.CREDENTIAL_INVALID,
        "the key is of the other environment, demo or live",
        "correct `environment` of the account in registry/accounts.yaml, or the credential",
    ),
    "50102": _one(Cause.CLOCK_SKEW, "the request's time is too far off", "set this machine's clock (NTP)"),
    "50103": _one(Cause.CREDENTIAL_INVALID, "the request names no key", _CREDENTIAL),
    "50104": _one(Cause.CREDENTIAL_INVALID, "the request has no passphrase", _CREDENTIAL),
    "50105": _one(
        Cause.CREDENTIAL_INVALID,
        "the passphrase is wrong",
        "give the passphrase that was set when the key was made; it can't be changed or shown",
    ),
    "50106": _one(Cause.MALFORMED, "the request has no signature", _OWN_FAULT),
    "50107": _one(Cause.MALFORMED, "the request has no time", _OWN_FAULT),
    "50110": _one(
        Cause.IP_REFUSED,
        "this address is not in the key's allow-list",
        "run keyctl from an allowed address, or add this one to its key",
    ),
    "50111": _one(Cause.CREDENTIAL_INVALID, "the key is invalid", _CREDENTIAL),
    "50112": _one(Cause.MALFORMED, "the request's time has another form than the exchange wants", _OWN_FAULT),
    "50113": _one(Cause.CREDENTIAL_INVALID, "the signature is wrong", "check that the secret is the key's own"),
    "50114": _one(Cause.CREDENTIAL_INVALID, "the authorization is invalid", _CREDENTIAL),
    # not proof that a key was deleted: a key asked at another region's site does not exist there either
    "50119": NativeError(
        (Cause.CREDENTIAL_INVALID, Cause.NOT_FOUND),
        "there is no such key here: it was deleted, or it belongs to another regional domain",
        "check that `exchange` in registry/accounts.yaml is the key's site (okx: www.okx.com, myokx: eea.okx.com,"
        " okxus: us.okx.com), then look at that site's web page whether the key still exists",
    ),
    "50120": _one(
        Cause.PERMISSION_DENIED,
        "the key lacks the right for this call",
        "take a key with the right Read for reading, Trade for administering keys of sub-accounts",
    ),
    "50121": _one(Cause.IP_REFUSED, "the exchange does not serve this address", "call from another country"),
    "51000": _one(Cause.MALFORMED, "a parameter is wrong", "check `subaccount` in registry/accounts.yaml"),
    # sub-accounts and their keys
    "59500": _one(
        Cause.PERMISSION_DENIED,
        "only a key of the main account may do this",
        "give keyctl a key of the master account",
    ),
    "59501": _one(
        Cause.PERMISSION_DENIED, "the account has 50 keys, the most that it may have", "delete keys that nobody uses"
    ),
    "59502": _one(Cause.MALFORMED, "another key has this label", "choose another label"),
    "59503": _one(Cause.MALFORMED, "an allow-list has more than 20 addresses", "shorten `ips`, by networks say"),
    "59504": _one(Cause.PERMISSION_DENIED, "keys of sub-accounts can't withdraw", "leave out `withdraw`"),
    "59505": _one(
        Cause.MALFORMED,
        "the passphrase has another form than the exchange wants",
        "use 8 to 32 characters with a digit, a lower-case and an upper-case letter and a special character",
    ),
    # only said of a key of a sub-account that exists; see 59510
    "59506": _one(
        Cause.NOT_FOUND, "the sub-account has no such key", "revoke the id in the registry if this is news"
    ),
    "59508": _one(
        Cause.PERMISSION_DENIED, "the sub-account is suspended; its keys exist", "look at it in the web page"
    ),
    "59510": _one(
        Cause.MALFORMED,
        "there is no sub-account of this name, which says nothing of any key",
        "set `subaccount` in registry/accounts.yaml to the name that the web page shows",
    ),
}  # fmt: skip
