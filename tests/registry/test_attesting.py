"""A person's word goes into any file that can be written, and takes nothing else along."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from keyctl.model.attestation import Attestation
from keyctl.registry.attesting import NAME, with_attestation, with_confirmation
from keyctl.registry.canonical import account_fields, canonical, key_fields
from keyctl.registry.edit import EditRefused, remove
from keyctl.registry.load import load_documents
from keyctl.registry.reader import read
from tests.registry.strategies import Written, registries

DAY = date(2026, 11, 25)
WORDS = st.builds(
    Attestation,
    st.just(DAY),
    st.sampled_from(["ann@desk.example", "Ann <ann@desk.example>", "no", "0123"]),
    st.sampled_from(["ticket 4711", "page 2: all, #3", 'it\'s "there" [now]', "2026-11-24", "~", "- x"]),
    st.sampled_from([(), ("exists",), ("scopes", "ips")]),
    st.sampled_from([None, "sha256:" + "0" * 64]),
)


@given(registries(max_keys=3), WORDS)
def test_a_key_s_file_says_it_and_all_else_as_before(written: Written, word: Attestation) -> None:
    for key in written.registry.keys.values():
        path = key.place.path
        data = written.documents[path]
        try:
            edited = with_attestation(data, (), word, key_fields())
        except EditRefused:
            assert key.attested is not None, "only what stands there can be in the way"
            continue
        loaded = load_documents({**written.documents, path: edited})
        assert loaded.registry is not None, loaded.findings
        assert loaded.registry.keys[key.name] == replace(key, attested=word)
        if key.attested is None:
            assert remove(edited, (NAME,)) == data
        assert with_attestation(edited, (), word, key_fields()) == edited
        if canonical(data, "key") == data and key.attested is None:
            assert canonical(edited, "key") == edited


@given(registries(max_keys=1), WORDS)
def test_an_account_s_entry_too(written: Written, word: Attestation) -> None:
    word = replace(word, fields=())
    path = "registry/accounts.yaml"
    data = written.documents[path]
    for account in written.registry.accounts.values():
        try:
            edited = with_attestation(data, (account.name,), word, account_fields())
        except EditRefused:
            assert account.attested is not None
            continue
        loaded = load_documents({**written.documents, path: edited})
        assert loaded.registry is not None, loaded.findings
        expected = {**written.registry.accounts, account.name: replace(account, attested=word)}
        assert loaded.registry.accounts == expected
        if account.attested is None:
            assert remove(edited, (account.name, NAME)) == data


@given(registries(max_keys=3), st.sampled_from([None, "ticket 4711: gone"]))
def test_a_tombstone_is_confirmed_and_all_else_as_before(written: Written, note: str | None) -> None:
    for key in written.registry.keys.values():
        data = written.documents[key.place.path]
        for entry in key.revoked:
            if entry.confirmed is not None or (note is not None and entry.note is not None):
                continue
            edited = with_confirmation(data, entry.place.pointer, DAY, note)
            loaded = load_documents({**written.documents, key.place.path: edited})
            assert loaded.registry is not None, loaded.findings
            told = replace(entry, confirmed=DAY, note=note or entry.note)
            revoked = tuple(told if one is entry else one for one in key.revoked)
            assert loaded.registry.keys[key.name] == replace(key, revoked=revoked)
            back = edited if note is None else remove(edited, (*entry.place.pointer, "note"))
            assert remove(back, (*entry.place.pointer, "confirmed")) == data
            assert read(edited) != read(data)
