"""The forms of the exchanges' keys and secrets.

A form alone proves nothing: 64 hex digits are a Gate secret or a digest. Forms that ordinary files hold too are of low
confidence unless the line says that a secret follows. Each form names the page that shows it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from keyctl.model.finding import Confidence
from keyctl.policy.secrets.context import says_digest, says_secret
from keyctl.policy.secrets.hit import Hit
from keyctl.policy.secrets.randomness import entropy, is_drawn_hex, is_placeholder, looks_drawn
from keyctl.policy.secrets.runs import Token


@dataclass(frozen=True, slots=True)
class Form:
    """The form of one exchange's secret, as a regular expression. ``public`` is the form of its identifiers, None where
    both have one form. ``assumed``: reported by users, shown by no page of the exchange.
    """

    exchange: str
    name: str
    secret: str
    public: str | None
    source: str
    assumed: bool = False


_HEX_64 = r"[0-9a-f]{64}"
_HEX_32 = r"[0-9a-f]{32}"
_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_BASE64_88 = r"[A-Za-z0-9+/]{86}=="

FORMS = (
    Form(
        "binance",
        "Binance",
        r"[A-Za-z0-9]{64}",
        None,
        "https://developers.binance.com/docs/binance-spot-api-docs/rest-api/request-security",
    ),
    Form(
        "bybit",
        "Bybit",
        r"[A-Za-z0-9]{36}",
        r"[A-Za-z0-9]{18}",
        "https://github.com/bybit-exchange/api-connectors (encryption_example)",
    ),
    Form(
        "okx",
        "OKX",
        r"[0-9A-F]{32}",
        _UUID,
        "https://www.okx.com/docs-v5/en/#overview-rest-authentication-signature",
    ),
    Form(
        "bitget",
        "Bitget",
        _HEX_64,
        r"bg_[0-9a-f]{32}",
        "https://www.bitget.com/api-doc/broker (the key only; no page shows a whole secret)",
        assumed=True,
    ),
    Form(
        "gate",
        "Gate",
        _HEX_64,
        _HEX_32,
        "https://www.gate.io/docs/developers/apiv4/en/#create-new-sub-account-api-key-pair",
    ),
    Form(
        "deribit",
        "Deribit",
        r"[A-Za-z0-9_-]{43}",
        r"[A-Za-z0-9_-]{8,10}",
        "https://docs.deribit.com/api-reference/account-management/private-list_api_keys",
    ),
    Form(
        "mexc",
        "MEXC",
        _HEX_32,
        r"mx0[A-Za-z0-9]{15}",
        "https://github.com/mexcdevelop/apidocs/tree/spot_v3_en (signed endpoint examples)",
    ),
    Form(
        "htx",
        "HTX",
        r"(?:[0-9a-f]{8}-){3}[0-9a-z]{5}",
        None,
        "https://huobiapi.github.io/docs/spot/v1/en/#authentication",
    ),
    Form(
        "kucoin",
        "KuCoin",
        _UUID,
        r"[0-9a-f]{24}",
        "https://github.com/gitleaks/gitleaks/blob/master/cmd/generate/config/rules/kucoin.go",
    ),
    Form(
        "kraken",
        "Kraken",
        _BASE64_88,
        r"[A-Za-z0-9+/]{56}",
        "https://support.kraken.com/articles/360029054811-what-is-the-authentication-algorithm-for-private-endpoints-",
    ),
    Form(
        "coinbase",
        "Coinbase",
        _BASE64_88,
        r"(?:organizations/[0-9a-f-]{36}/apiKeys/)?[0-9a-f-]{36}",
        "https://github.com/ccxt/ccxt/blob/master/python/ccxt/coinbase.py (Ed25519 secrets have 88 characters)",
    ),
    Form(
        "xt",
        "XT",
        r"[0-9a-f]{40}",
        _UUID,
        "https://doc.xt.com/docs/trading-third-party/OAuth%20Interface/CreateApiKey",
    ),
)
_SAME = {"myokx": "okx", "okxus": "okx", "gateio": "gate", "binanceusdm": "binance", "binancecoinm": "binance"}
_BY_EXCHANGE = {form.exchange: form for form in FORMS}
_HTX = re.compile(r"(?:[0-9a-f]{8}-){3}[0-9a-z]{5,10}")


def secret_form(exchange: str, identifier: str) -> str | None:
    """Words if an identifier that is declared at the exchange has the form of its secret, and not of its public id.
    None where no page documents both forms, or where they are one; where they are two, no text has both."""
    form = _BY_EXCHANGE.get(_SAME.get(exchange, exchange))
    if form is None or form.public is None or form.assumed:
        return None
    if not re.fullmatch(form.secret, identifier):
        return None
    return f"what has the form of {_article(form.name)} {form.name} secret, not of its key id"


def in_token(text: str, token: Token) -> Iterator[Hit]:
    """What the form of one long run says."""
    run = token.text
    found = _form_of(run, token)
    if found is None:
        return
    kind, what, confidence = found
    if says_digest(text, token.start):
        if confidence is Confidence.LOW:
            return
        confidence = Confidence.LOW
    elif confidence is Confidence.LOW and says_secret(text, token.start):
        confidence = Confidence.MEDIUM
    yield Hit(kind, what, token.start, token.end + token.padding, confidence)


def _form_of(run: str, token: Token) -> tuple[str, str, Confidence] | None:
    length = len(run)
    if length == 64 and run.isalnum():
        if is_drawn_hex(run) and _is_hex(run):
            return "gate-secret", "what has the form of a Gate or Bitget secret, or a digest", Confidence.LOW
        if looks_drawn(run):
            return "binance-secret", "what has the form of a Binance key or secret", Confidence.MEDIUM
    elif length == 36 and run.isalnum() and looks_drawn(run):
        return "bybit-secret", "what has the form of a Bybit secret", Confidence.MEDIUM
    elif length == 32 and _is_hex(run) and is_drawn_hex(run):
        if run.isupper():
            return "okx-secret", "what has the form of an OKX secret", Confidence.MEDIUM
        if run.islower():
            return "mexc-secret", "what has the form of a MEXC secret, a Gate key or a digest", Confidence.LOW
    elif length == 66 and run.startswith("0x") and _is_hex(run[2:]) and is_drawn_hex(run[2:]):
        return "wallet-key", "what has the form of an Ethereum private key", Confidence.MEDIUM
    elif length == 43 and not token.padding and looks_drawn(run) and "/" not in run and "+" not in run:
        return "deribit-secret", "what has the form of a Deribit secret", Confidence.MEDIUM
    elif length == 86 and token.padding == 2 and token.whole and looks_drawn(run):
        return "kraken-secret", "what has the form of a Kraken or Coinbase secret", Confidence.MEDIUM
    elif length == 56 and looks_drawn(run) and not token.padding and ("+" in run or "/" in run):
        return "kraken-secret", "what has the form of a Kraken key", Confidence.LOW
    elif 32 <= length <= 37 and _HTX.fullmatch(run) and not is_placeholder(run) and entropy(run) > 3:
        return "htx-secret", "what has the form of an HTX key or secret", Confidence.MEDIUM
    return None


def _is_hex(text: str) -> bool:
    return not text.strip("0123456789abcdefABCDEF")


def _article(name: str) -> str:
    return "an" if name[0] in "AEIOUHX" and name.isupper() else "a"
