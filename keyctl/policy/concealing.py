"""Findings without any secret that a registry's files hold: not even an error message may repeat one (law 5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from keyctl.exchanges.redaction import Redactor
from keyctl.model.finding import Confidence, Finding
from keyctl.policy.reading import hits_by_file, text_of
from keyctl.policy.secrets import Hit


def redactor_of(texts: Mapping[str, bytes], hits: Mapping[str, tuple[Hit, ...]]) -> Redactor | None:
    """What blacks out the hits in these files; None where there is nothing to black out."""
    found = [
        text_of(texts[path])[hit.start : hit.end]
        for path, there in hits.items()
        for hit in there
        if hit.confidence is not Confidence.LOW
    ]
    return Redactor(found) if found else None


def concealed(finding: Finding, redactor: Redactor) -> Finding:
    """The finding with message and remedy blacked out."""
    return replace(finding, message=redactor.scrub(finding.message), remedy=redactor.scrub(finding.remedy))


def all_concealed(texts: Mapping[str, bytes], findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """The findings without what looks like a secret in these files, which are only searched if there are findings."""
    redactor = redactor_of(texts, hits_by_file(texts)) if findings else None
    return findings if redactor is None else tuple(concealed(finding, redactor) for finding in findings)
