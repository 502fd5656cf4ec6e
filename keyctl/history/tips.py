"""The protected branch's last verified tip: what one clone remembers, a rewritten branch can't talk away."""

from __future__ import annotations

from keyctl.history.cache import Store
from keyctl.history.git import Git, GitError
from keyctl.history.protected import Protected
from keyctl.model.finding import Finding
from keyctl.model.rules import found

_NAME = "tips"


def check_tip(git: Git, store: Store, protected: Protected) -> list[Finding]:
    """A finding when the remembered tip is not on the first-parent chain of the present one."""
    before = _remembered(store).get(protected.ref)
    if before is None or before == protected.tip or _on_chain(git, before, protected.tip):
        return []
    return [
        found(
            "protected-rewritten",
            f"{protected.ref} is at {protected.tip[:12]}, and its last verified tip {before[:12]} is not on its "
            "first-parent chain: it was rewritten, or merged the wrong way round",
            f"find out who rewrote it and what was dropped; when that is settled, remove {store.path(_NAME)} by hand",
        )
    ]


def remember_tip(store: Store, protected: Protected) -> None:
    """To be called only after a run that verified the history and found nothing that blocks."""
    tips = _remembered(store)
    if tips.get(protected.ref) != protected.tip:
        store.save(_NAME, dict(sorted({**tips, protected.ref: protected.tip}.items())))


def _remembered(store: Store) -> dict[str, str]:
    document = store.load(_NAME)
    return document if isinstance(document, dict) else {}


def _on_chain(git: Git, before: str, tip: str) -> bool:
    try:
        listing = git.output("rev-list", "--first-parent", "--parents", "--end-of-options", tip, f"^{before}", "--")
    except GitError:
        return False
    chain = listing.decode("ascii").splitlines()
    return bool(chain) and chain[-1].split()[1:2] == [before]
