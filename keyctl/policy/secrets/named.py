"""Random text in general, and values of fields that are called secrets."""

from __future__ import annotations

import re
from collections.abc import Iterator

from keyctl.model.finding import Confidence
from keyctl.policy.secrets.context import says_secret
from keyctl.policy.secrets.hit import Hit
from keyctl.policy.secrets.randomness import entropy, is_placeholder, looks_drawn
from keyctl.policy.secrets.runs import Token

LONGEST = 128
"""Longer texts are certificates, pictures and archives, not keys."""

_NAMED = re.compile(
    r"(?i)(?:secret(?:[_-]?key|[_-]?access[_-]?key)?|passphrase|password|private[_-]?key)[\"']?\s{0,3}[:=]\s{0,3}[\"']?"
    r"([^\s\"'<>{}()$%,;#\[\]]{12,128})"
)
_WORDS = re.compile(r"[a-z]{4,}|[A-Z]{4,}|[A-Z][a-z]{3,}")


def in_token(text: str, token: Token) -> Iterator[Hit]:
    """A run that looks drawn by lot and is of no known form."""
    run = token.text
    if not token.whole or len(run) > LONGEST or run.count("/") > 4 or not looks_drawn(run):
        return
    if sum(letter.isdigit() for letter in run) < len(run) / 16:
        return  # names in small and capital letters that end in a number
    sure = len(run) >= 32 and says_secret(text, token.start)
    confidence = Confidence.MEDIUM if sure else Confidence.LOW
    yield Hit("random-text", "long random text, as secrets are", token.start, token.end + token.padding, confidence)


def in_fields(text: str) -> Iterator[Hit]:
    """The value after a name such as ``secret:`` or ``API_SECRET=``, if it is no word, reference or placeholder.
    A UUID counts: KuCoin's secrets are such."""
    small = text.lower()
    if not ("secret" in small or "passphrase" in small or "password" in small or "private" in small):
        return
    place = 0
    while found := _NAMED.search(text, place):
        place = found.start(1)  # what is no value may be the name of the next field
        if _is_likely(found[1]):
            place = found.end()
            what = "the value of a field that is called a secret"
            yield Hit("named-secret", what, found.start(1), place, Confidence.MEDIUM)


def _is_likely(value: str) -> bool:
    if value[0] in "/~." or is_placeholder(value) or "://" in value or not any(letter.isdigit() for letter in value):
        return False
    in_words = sum(len(word) for word in _WORDS.findall(value))
    return in_words < len(value) / 2 and entropy(value) >= 3
