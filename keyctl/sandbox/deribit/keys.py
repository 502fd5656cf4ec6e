"""The methods that show and change keys."""

from __future__ import annotations

from dataclasses import dataclass, replace
from hashlib import md5
from ipaddress import ip_address

from keyctl.sandbox.deribit.call import Call
from keyctl.sandbox.deribit.callers import Caller
from keyctl.sandbox.deribit.scopes import Scope, covers, of_rights, rights_of, text
from keyctl.sandbox.deribit.state import State, number
from keyctl.sandbox.deribit.vocabulary import FEATURES, MOST_KEYS, NAME, Refused, wrong
from keyctl.sandbox.scenario import SimulatedKey
from keyctl.sandbox.simulator import Distortion, Request


@dataclass(frozen=True, slots=True)
class Asked:
    """A call of a known caller."""

    call: Call
    caller: Caller
    request: Request
    distortion: Distortion


class Keys:
    """Answers of the methods, over the keys of the account that the caller acts on."""

    def __init__(self, state: State) -> None:
        self._state = state

    def list_api_keys(self, asked: Asked) -> object:
        keys = [] if asked.distortion.empty else self._state.keys(asked.caller.account)
        stronger = [key for key in keys if not covers(asked.caller.scope, of_rights(key.rights))]
        if stronger and self._state.option("stronger_keys", "") == "refused":
            raise Refused(13403)
        return [self._shown(key, secret=key not in stronger) for key in keys]

    def create_api_key(self, asked: Asked) -> object:
        call, caller = asked.call, asked.caller
        scope = self._permitted(call.scope("max_scope"), caller)
        label = self._label(call) if call.has("name") else ""
        features = self._features(call) if call.has("enabled_features") else []
        public_key = call.text("public_key") if call.has("public_key") else ""
        if public_key and not public_key.startswith("-----BEGIN PUBLIC KEY-----"):
            raise wrong("public_key")
        if len(self._state.keys(caller.account)) >= MOST_KEYS:
            raise Refused(11050, reason="too many API keys")
        key = self._state.issue(caller.account, label, rights_of(scope), asked.request.at_ms)
        kept = self._state.put(key, features=features, public_key=public_key)
        self._log(asked, kept, "new_api_key")
        return self._shown(kept)

    def edit_api_key(self, asked: Asked) -> object:
        call, key = asked.call, self._meant(asked)
        scope = self._permitted(call.scope("max_scope"), asked.caller)
        label = self._label(call) if call.has("name") else key.label
        enabled = call.flag("enabled") if call.has("enabled") else bool(key.native.get("enabled", True))
        features = self._features(call) if call.has("enabled_features") else key.native.get("features", [])
        ips = self._addresses(call) if call.has("ip_whitelist") else key.ips
        edited = replace(key, label=label, rights=rights_of(scope), ips=ips)
        kept = self._changed(asked, edited, enabled=enabled, features=features)
        if of_rights(key.rights) != scope:
            self._log(asked, kept, "changed_scope")
        if {ip_address(entry) for entry in key.ips} != {ip_address(entry) for entry in ips}:
            self._log(asked, kept, "changed_whitelist")
        if enabled is not key.native.get("enabled", True):
            self._log(asked, kept, "enabled_api_key" if enabled else "disabled_api_key")
        return self._shown(kept)

    def change_scope_in_api_key(self, asked: Asked) -> object:
        key = self._meant(asked)
        scope = self._permitted(asked.call.scope("max_scope"), asked.caller)
        kept = self._changed(asked, replace(key, rights=rights_of(scope)))
        self._log(asked, kept, "changed_scope")
        return self._shown(kept)

    def change_api_key_name(self, asked: Asked) -> object:
        key = self._meant(asked)
        return self._shown(self._changed(asked, replace(key, label=self._label(asked.call))))

    def enable_api_key(self, asked: Asked) -> object:
        return self._switched(asked, enabled=True)

    def disable_api_key(self, asked: Asked) -> object:
        return self._switched(asked, enabled=False)

    def reset_api_key(self, asked: Asked) -> object:
        key = self._meant(asked)
        resets = key.native.get("resets", 0)
        assert isinstance(resets, int)
        kept = self._changed(asked, key, resets=resets + 1)
        self._log(asked, kept, "reset_api_key")
        return self._shown(kept)

    def remove_api_key(self, asked: Asked) -> object:
        key = self._meant(asked)
        self._state.remove(key)
        self._log(asked, key, "removed_api_key")
        return "ok"

    def _switched(self, asked: Asked, *, enabled: bool) -> object:
        key = self._meant(asked)
        kept = self._changed(asked, key, enabled=enabled)
        self._log(asked, kept, "enabled_api_key" if enabled else "disabled_api_key")
        return self._shown(kept)

    def _meant(self, asked: Asked) -> SimulatedKey:
        """The key that the call names, if the caller may touch it."""
        wanted = asked.call.number("id")
        found = [key for key in self._state.keys(asked.caller.account) if number(key) == wanted]
        if not found:
            raise wrong("id", "not found")
        self._permitted(of_rights(found[0].rights), asked.caller)
        return found[0]

    def _permitted(self, scope: Scope, caller: Caller) -> Scope:
        if not covers(caller.scope, scope):
            raise Refused(13403)
        return scope

    def _changed(self, asked: Asked, key: SimulatedKey, **native: object) -> SimulatedKey:
        if self._state.option("timestamp", "created") == "modified":
            native["timestamp"] = asked.request.at_ms
        return self._state.put(key, **native)

    def _log(self, asked: Asked, key: SimulatedKey, event: str) -> None:
        self._state.record(key, event, asked.request.at_ms, asked.request.peer)

    def _label(self, call: Call) -> str:
        name = call.text("name")
        if not NAME.fullmatch(name):
            raise wrong("name")
        return name

    def _features(self, call: Call) -> list[str]:
        features = self._list(call, "enabled_features")
        if not set(features) <= set(FEATURES):
            raise wrong("enabled_features")
        return features

    def _addresses(self, call: Call) -> tuple[str, ...]:
        entries = self._list(call, "ip_whitelist")
        if not entries and self._state.option("empty_list", "unbinds") == "refused":
            raise wrong("ip_whitelist")
        try:
            return tuple(str(ip_address(entry)) for entry in entries)
        except ValueError:
            raise wrong("ip_whitelist") from None

    def _list(self, call: Call, name: str) -> list[str]:
        return call.texts(name, json_text=self._state.option("json_text_lists", False) is True)

    def _shown(self, key: SimulatedKey, *, secret: bool = True) -> dict[str, object]:
        public_key = str(key.native.get("public_key", ""))
        form: dict[str, object] = {
            "timestamp": key.native["timestamp"],
            "max_scope": text(of_rights(key.rights)),
            "id": number(key),
            "enabled": key.native.get("enabled", True),
            "default": False,
            "client_id": key.id,
            "name": key.label,
            "enabled_features": key.native.get("features", []),
        }
        if secret:
            form["client_secret"] = _fingerprint(public_key) if public_key else self._state.secret(key)
        if key.ips or self._state.option("empty_list_shown", False) is True:
            form["ip_whitelist"] = list(key.ips)
        if public_key:
            form["public_key"] = public_key
        return form


def _fingerprint(public_key: str) -> str:
    return md5(public_key.encode(), usedforsecurity=False).digest().hex(":")
