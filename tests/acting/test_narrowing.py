"""A saved plan and an unattended run can only leave out."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyctl import __version__
from keyctl.acting.narrowing import name_of, named, of_plan, only_reductions, row_of
from keyctl.model.comparison import Comparison
from keyctl.model.finding import Risk
from keyctl.model.identifier import Identifier
from keyctl.model.names import AccountName, KeyName
from keyctl.model.plan import Action, Op
from keyctl.model.refusal import Refusal

NOW = datetime(2026, 9, 1, 12, tzinfo=UTC)
FRESH = Comparison(NOW, "c" * 40, False, "sha256:1", None, False, (), (), (), ())
SAVED: dict[str, Any] = {
    "commit": FRESH.commit,
    "registry_digest": FRESH.registry_digest,
    "tool_version": __version__,
    "expires_at": "2026-09-01T13:00:00Z",
    "actions": [],
}

actions = st.builds(
    Action,
    op=st.sampled_from(Op),
    key=st.none() | st.sampled_from([KeyName("a"), KeyName("b")]),
    account=st.sampled_from([AccountName("one"), AccountName("two")]),
    identifier=st.none() | st.sampled_from([Identifier.of_text("idOne0001"), Identifier.of_text("idTwo0002")]),
    reason=st.just("why"),
    risk=st.sampled_from(Risk),
    kills=st.booleans(),
)


@given(actions)
def test_unattended_runs_kill_disable_and_narrow_and_nothing_else(action: Action) -> None:
    if only_reductions(action):
        assert action.kills or action.risk is Risk.REDUCTION
        assert action.kills or action.op in (Op.DISABLE, Op.UPDATE)
    elif action.kills:
        raise AssertionError("a killing is never left out")


@given(actions)
def test_a_row_names_what_the_action_names(action: Action) -> None:
    assert named(json.loads(json.dumps(row_of(action)))) == name_of(action)


@given(st.lists(actions), st.lists(actions))
def test_what_a_saved_plan_has_not_is_left_out(saved: list[Action], planned: list[Action]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "plan.json"
        path.write_text(json.dumps({**SAVED, "actions": [row_of(one) for one in saved]}))
        keeps = of_plan(path, FRESH, NOW)
    names = {name_of(one) for one in saved}
    assert [one for one in planned if keeps(one)] == [one for one in planned if name_of(one) in names]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "null",
        json.dumps({**SAVED, "actions": [{}]}),
        json.dumps({**SAVED, "actions": [{"op": [], "key": None, "account": "a", "fingerprint": None}]}),
        json.dumps({**SAVED, "actions": None}),
        json.dumps({**SAVED, "expires_at": None}),
        json.dumps({**SAVED, "expires_at": "soon"}),
        json.dumps({**SAVED, "expires_at": "2027-01-01"}),
        json.dumps({**SAVED, "expires_at": "2027-01-01T00:00:00"}),
        json.dumps({**SAVED, "expires_at": "2026-09-01T12:00:00Z"}),
        json.dumps({**SAVED, "commit": "d" * 40}),
        json.dumps({**SAVED, "commit": None}),
        json.dumps({**SAVED, "registry_digest": "sha256:2"}),
        json.dumps({**SAVED, "tool_version": "0.0.1"}),
        "\udcff",
    ],
)
def test_anything_else_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "plan.json"
    path.write_text(text, "utf-8", "surrogateescape")
    with pytest.raises(Refusal):
        of_plan(path, FRESH, NOW)


def test_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refusal):
        of_plan(tmp_path / "none.json", FRESH, NOW)
