"""Nothing in a registry looks like a secret."""

from __future__ import annotations

from collections.abc import Sequence

from keyctl.model.finding import Confidence, Severity
from keyctl.model.place import Place
from keyctl.model.policy import Subject
from keyctl.policy.rule import Breach, Parameters, PolicyRule, RegistryCase

_SEVERITIES = {Confidence.LOW: Severity.INFO, Confidence.MEDIUM: Severity.ERROR, Confidence.HIGH: None}


def check(case: RegistryCase, _parameters: Parameters) -> Sequence[Breach]:
    """Pure; see ``RULE``. What was found is never repeated, neither here nor in any other finding."""
    found = []
    for path, hits in case.world.hits.items():
        lines = case.world.line_ends(path)
        for hit in hits:
            place = Place(path, (), *lines.at(hit.start)) if hit.end else Place(path)
            what = f"{hit.what} stands in {path}" if hit.end else f"{path} is {hit.what}"
            found.append(Breach(what, place=place, severity=_SEVERITIES[hit.confidence]))
    return found


RULE = PolicyRule(
    name="secret-in-registry",
    about=Subject.REGISTRY,
    base=Severity.CRITICAL,
    strict=Severity.CRITICAL,
    meaning="Something in the registry looks like a secret.",
    reason="Everybody who can read the repository can use it, now and for ever: git forgets nothing, clones neither.",
    remedy="revoke it where it belongs first, whoever has seen it; then take it out of the file. If it is an id, write"
    " it into id, or as its fingerprint",
    check=check,
    law=True,
)
