"""A person's word on what no API shows goes stale."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from keyctl.model.finding import Severity
from keyctl.model.key import Key
from keyctl.model.names import ExchangeId
from keyctl.model.policy import Policy, Subject
from keyctl.model.vouching import covered, key_fault
from keyctl.policy.rule import Breach, KeyCase, Parameter, Parameters, PolicyRule
from keyctl.policy.settings import parameters_of


def check(case: KeyCase, parameters: Parameters) -> Sequence[Breach]:
    """Pure; see ``RULE``. It is said also of keys that exchanges show: what stands in a file should be true."""
    key = case.key
    fault = key_fault(key, case.world.today, parameters["days"]) if key.identifier is not None else None
    return () if fault is None else (Breach(f"{key.name}: its attestation {fault}", ("attested", "on")),)


def vouched_fields(policy: Policy, exchange: ExchangeId | None, key: Key, today: date) -> frozenset[str]:
    """The fields of a key that its attestation stands in for by a policy, whether or not the rule is silent."""
    return covered(key, today, oldest(policy, exchange, key))


def oldest(policy: Policy, exchange: ExchangeId | None, key: Key) -> int | None:
    """How many days old a key's attestation may be by a policy."""
    return parameters_of(RULE, policy, exchange, key.account, key.owner)["days"]


RULE = PolicyRule(
    name="attestation-stale",
    about=Subject.KEY,
    base=Severity.WARNING,
    strict=Severity.ERROR,
    meaning="A person's word on a key does not hold any more.",
    reason="What nobody has looked at for long, or since the id or the file changed, may be otherwise by now.",
    remedy="look at the exchange's page, then 'exchange-keyctl attest' the key anew; else take `attested` out",
    check=check,
    parameters=(Parameter("days", "the most days since somebody looked", 90, 30),),
)
