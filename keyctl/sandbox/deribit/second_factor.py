"""The second factor: a challenge instead of an answer, and the code that is expected back."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256

from keyctl.sandbox.deribit.call import Call
from keyctl.sandbox.deribit.vocabulary import FLAGGED, Refused
from keyctl.sandbox.scenario import SimulatedAccount

GOOD_FOR_MS = 60_000
STEP_MS = 30_000
RP_ID = "www.deribit.com"


class SecondFactor:
    """Challenges that were handed out, and codes that were used; both are forgotten at a restart."""

    def __init__(self, scenario: str) -> None:
        self._scenario = scenario
        self._challenges: dict[str, tuple[str, int]] = {}
        self._used: set[tuple[str, str]] = set()
        self._count = 0

    def challenge(self, call: Call, account: SimulatedAccount, at_ms: int) -> dict[str, object] | None:
        """What is answered instead; None when the call may go on. Raises Refused for a code that is not good."""
        mode = account.native.get("two_factor", "none")
        name = call.method.partition("/")[2]
        asked = name in FLAGGED or (name == "list_api_keys" and mode in ("all", "setup-required"))
        if mode == "none" or not asked:
            return None
        if mode == "setup-required":
            raise Refused(13904)
        if not call.has("authorization_data") and not call.has("challenge"):
            return self._new(account, at_ms)
        self._check(call, account, at_ms)
        return None

    def _new(self, account: SimulatedAccount, at_ms: int) -> dict[str, object]:
        self._count += 1
        seed = f"challenge\n{self._scenario}\n{account.name}\n{self._count}\n{at_ms}"
        challenge = b64encode(sha256(seed.encode()).digest()).decode()
        self._challenges[challenge] = (account.name, at_ms)
        return {
            "security_keys": [{"type": "tfa", "name": "tfa"}],
            "security_key_authorization_required": True,
            "rp_id": RP_ID,
            "challenge": challenge,
        }

    def _check(self, call: Call, account: SimulatedAccount, at_ms: int) -> None:
        if not call.has("authorization_data"):
            raise Refused(13668, reason="tfa_code_is_required")
        whose, issued_ms = self._challenges.pop(str(call.parameters.get("challenge", "")), ("", 0))
        if whose != account.name or at_ms - issued_ms > GOOD_FOR_MS:
            raise Refused(13668, reason="challenge_timeout")
        code = str(call.parameters["authorization_data"])
        step = at_ms // STEP_MS
        if code not in {f"{(int(account.uid) + near) % 1_000_000:06d}" for near in (step - 1, step, step + 1)}:
            raise Refused(13668, reason="tfa_code_not_matched")
        if (account.name, code) in self._used:
            raise Refused(13668, reason="used_tfa_code")
        self._used.add((account.name, code))
