"""The native rights that a change leaves a key with."""

from __future__ import annotations

from keyctl.exchanges.declaration import Declaration, Holder, Ungrantable
from keyctl.exchanges.writing import Unsupported
from keyctl.model.live import LiveKey
from keyctl.model.observed import Known
from keyctl.model.scopes import ScopeSet


def rights_for(
    declaration: Declaration,
    scopes: ScopeSet,
    holder: Holder,
    live: LiveKey | None = None,
    held: tuple[str, ...] = (),
) -> tuple[str, ...]:
    """What a key is sent that is to have these scopes. ``held`` are the native rights of the ``live`` key: where it has
    just these scopes they are sent as they are, so that a change of addresses takes nothing away that has no scope of
    its own, one right of reading beside another say.

    Raises Unsupported for scopes that no key of this holder can have exactly.
    """
    if held and live is not None and live.scopes == Known(scopes):
        return held
    why: Ungrantable
    try:
        return declaration.native_for(scopes, holder)
    except Ungrantable as error:
        why = error
    raise Unsupported(str(why), "correct `scopes` in the key's file; `exchange-keyctl validate` says what can be had")
