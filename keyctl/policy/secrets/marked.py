"""Secrets that carry a mark of their own: tokens with a prefix, authorization headers, addresses of webhooks.

A detector runs only on a text that holds its mark, so that most texts cost one search in C for each.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from keyctl.model.finding import Confidence
from keyctl.policy.secrets.hit import Hit
from keyctl.policy.secrets.randomness import is_placeholder


@dataclass(frozen=True, slots=True)
class Marked:
    """``mark`` is a text without which ``pattern`` can't match; group 1, where there is one, is the secret part.
    Patterns are compiled where they are needed, which is seldom."""

    mark: str
    kind: str
    what: str
    pattern: str
    confidence: Confidence = Confidence.HIGH


MARKED = (
    # C2SP, age.md: the bech32 of 32 bytes in capitals
    Marked(
        "AGE-SECRET-KEY-1",
        "age-secret-key",
        "an age secret key",
        r"AGE-SECRET-KEY-1[02-9AC-HJ-NP-Z]{58}",
    ),
    # RFC 7519: header and claims are JSON objects in base64url
    Marked("eyJ", "jwt", "a JSON web token", r"\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{24,}"),
    Marked(
        "Bearer ",
        "authorization-header",
        "an authorization header",
        r"\bBearer +([A-Za-z0-9._~+/-]{24,}=*)",
    ),
    # https://docs.deribit.com/articles/authentication
    Marked(
        "deri-hmac-sha256",
        "authorization-header",
        "an authorization header",
        r"deri-hmac-sha256 +id=[\w-]+,[^\s\"']*sig=([0-9a-f]{64})[^\s\"']*",
    ),
    # https://docs.gitlab.com/security/tokens/#token-prefixes
    Marked("gl", "gitlab-token", "a GitLab token", r"\bgl(?:pat|ptt|rt|dt|cbt|soat|agent)-([\w-]{20,})"),
    # https://github.blog/2021-04-05-behind-githubs-new-authentication-token-formats/
    *(Marked(f"gh{kind}_", "github-token", "a GitHub token", rf"\bgh{kind}_[A-Za-z0-9]{{36}}\b") for kind in "opsur"),
    Marked("github_pat_", "github-token", "a GitHub token", r"\bgithub_pat_[A-Za-z0-9_]{40,}"),
    # https://developer.hashicorp.com/vault/docs/concepts/tokens#token-prefixes
    *(Marked(f"hv{kind}.", "vault-token", "a Vault token", rf"\bhv{kind}\.[\w-]{{24,}}") for kind in "sbr"),
    Marked("xox", "slack-token", "a Slack token", r"\bxox[abeoprs]-[A-Za-z0-9-]{20,}"),
    Marked(
        "hooks.slack.com",
        "webhook",
        "the address of a Slack webhook",
        r"hooks\.slack\.com/(?:services|workflows)/([A-Za-z0-9_/]{20,})",
    ),
    Marked(
        "/api/webhooks/",
        "webhook",
        "the address of a Discord webhook",
        r"discord(?:app)?\.com/api/webhooks/([0-9]{15,}/[\w-]{40,})",
    ),
    # https://core.telegram.org/bots/api#authorizing-your-bot
    Marked(":AA", "telegram-token", "the token of a Telegram bot", r"(?<![0-9A-Za-z])[0-9]{8,10}:AA[\w-]{33}\b"),
)
SHORT = (
    Marked(
        "Basic ",
        "authorization-header",
        "an authorization header",
        r"(?i)\bauthorization[\"']?\s*[:=]\s*[\"']?Basic +([A-Za-z0-9+/]{12,}={0,2})",
    ),
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
    Marked("AKIA", "aws-key", "an AWS access key", r"\bAKIA[A-Z2-7]{16}\b", Confidence.MEDIUM),
    Marked("ASIA", "aws-key", "an AWS access key", r"\bASIA[A-Z2-7]{16}\b", Confidence.MEDIUM),
)
_AWS_SECRET = re.compile(r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/]{40}(?![A-Za-z0-9+/=_-])")
_HEX = re.compile(r"[0-9a-fA-F]+")


def in_text(text: str) -> Iterator[Hit]:
    """Every secret that its own mark gives away; samples that say so of themselves (``EXAMPLE``) are none.
    All have a run of 24 characters of no public form: a text without one (``runs.tokens``) need not be asked."""
    for marked in MARKED:
        if marked.mark in text:
            yield from _of(marked, text)
    if "AKIA" in text or "aws_secret" in text.lower():
        yield from _aws_secrets(text)


def short(text: str) -> Iterator[Hit]:
    """Marked secrets that may be shorter than 24 characters."""
    for marked in SHORT:
        if marked.mark in text:
            yield from _of(marked, text)


def _of(marked: Marked, text: str) -> Iterator[Hit]:
    for found in re.finditer(marked.pattern, text):
        if not is_placeholder(found[found.re.groups]):
            yield Hit(marked.kind, marked.what, found.start(), found.end(), marked.confidence)


def _aws_secrets(text: str) -> Iterator[Hit]:
    for found in _AWS_SECRET.finditer(text):
        value = found[0]
        if not _HEX.fullmatch(value) and not is_placeholder(value) and any(letter.isdigit() for letter in value):
            yield Hit("aws-secret", "an AWS secret access key", found.start(), found.end(), Confidence.HIGH)
