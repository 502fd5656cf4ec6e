"""All detectors over one text."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from keyctl.model.finding import Confidence
from keyctl.policy.secrets import blocks, formats, key_blocks, marked, mnemonic, named, urls, wallets
from keyctl.policy.secrets.hit import Hit, without_overlaps
from keyctl.policy.secrets.randomness import looks_drawn
from keyctl.policy.secrets.runs import Token, one_byte_each, tokens

_LEGACY_VAULT = re.compile(r"(?:|[^\w.-])s\.", re.ASCII)


def find(text: str, *, identifiers: Collection[str] = ()) -> tuple[Hit, ...]:
    """Everything that looks like a secret, by start, without overlaps.

    ``identifiers`` are the public ids that the file rightly holds: a run that is one, or part of one, is no hit for its
    form alone. Fingerprints (``sha256:…``), UUIDs, git object ids, addresses and public keys are never hits.
    """
    raw = one_byte_each(text)
    hits = list(mnemonic.in_text(text, raw))
    hits += urls.in_text(text)
    hits += marked.short(text)
    hits += (hit for hit in named.in_fields(text) if not _is_known(text[hit.start : hit.end], identifiers))
    found = tokens(text, raw)
    if found:
        hits += key_blocks.in_text(text)
        hits += marked.in_text(text)
        hits += _in_tokens(text, found, identifiers)
    return without_overlaps(hits) if hits else ()


def _in_tokens(text: str, found: Sequence[Token], identifiers: Collection[str]) -> Iterator[Hit]:
    public = blocks.public(text)
    for token in found:
        yield from wallets.in_token(token)
        if _is_known(token.text, identifiers) or any(start <= token.start < end for start, end in public):
            continue
        if not blocks.is_line_of_one(text, token):
            yield from _by_form(text, token)


def _by_form(text: str, token: Token) -> Iterator[Hit]:
    found = tuple(formats.in_token(text, token))
    yield from found or named.in_token(text, token)
    run = token.text
    if (
        len(run) == 24
        and run.isalnum()
        and looks_drawn(run)
        and _LEGACY_VAULT.fullmatch(text[max(token.start - 3, 0) : token.start])
    ):
        # https://developer.hashicorp.com/vault/docs/concepts/tokens: service tokens before Vault 1.10
        yield Hit("vault-token", "a Vault token", token.start - 2, token.end, Confidence.HIGH)


def _is_known(run: str, identifiers: Collection[str]) -> bool:
    return any(run in identifier for identifier in identifiers)
