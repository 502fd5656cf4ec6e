"""docs/secrets.md says what the code says, and its examples work."""

from __future__ import annotations

import re

import pytest

from keyctl.secrets.sinks.catalogue import schemes as sinks
from keyctl.secrets.sinks.destination import destination
from keyctl.secrets.sources import Credentials
from keyctl.secrets.sources.catalogue import schemes as sources
from tests.packaging.checkout import ROOT
from tests.secrets.openbao import READ_ONLY, WRITE_AND_SEE, WRITE_ONLY
from tests.secrets.sources.mapped import mapping

GUIDE = (ROOT / "docs" / "secrets.md").read_text("utf-8")


def blocks(kind: str) -> list[str]:
    return re.findall(rf"(?ms)^```{kind}\n(.*?)^```$", GUIDE)


def test_every_sink_and_every_source_has_a_row() -> None:
    references = re.findall(r"(?m)^\| `([a-z]+):", GUIDE)
    assert sorted(references) == sorted([*sinks({}), *sources({})])


def test_every_sink_of_the_table_is_a_reference() -> None:
    for reference in re.findall(r"(?m)^\| `([a-z]+:[^`]+)` \| (?:a|variables)", GUIDE):
        if not reference.startswith(("env:", "keyring:")) and "#" not in reference and "," not in reference:
            assert str(destination(reference, {"KEYCTL_SINKS": reference}, None)) == reference


def test_the_example_of_prefixes_covers_what_it_names() -> None:
    (given,) = re.findall(r'KEYCTL_SINKS="([^"]+)"', GUIDE)
    for reference in ("vault:kv/hedger", "vault:kv/basis/spot", "age:/var/secrets/hedger"):
        assert destination(reference, {"KEYCTL_SINKS": given}, None)


def test_the_policies_are_those_that_the_tests_deliver_with() -> None:
    def squeezed(text: str) -> str:
        return " ".join(text.split())

    write, see, read = (squeezed(block) for block in blocks("hcl"))
    assert (write, f"{write} {see}", read) == (squeezed(WRITE_ONLY), squeezed(WRITE_AND_SEE), squeezed(READ_ONLY))


@pytest.mark.parametrize(("use", "count"), [("KEYCTL_READ", 7), ("KEYCTL_WRITE", 2)])
def test_the_example_of_credentials_is_read(use: str, count: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    (example,) = blocks("ini")
    file = mapping(tmp_path_factory.mktemp("etc"), *example.splitlines())
    assert len(Credentials.from_environ({"KEYCTL_CREDENTIALS": str(file)}, use).names) == count


def test_every_variable_that_it_names_is_one_that_the_code_reads() -> None:
    code = "".join(file.read_text("utf-8") for file in (ROOT / "keyctl" / "secrets").rglob("*.py"))
    code += (ROOT / "keyctl" / "exchanges" / "catalogue.py").read_text("utf-8")
    named = set(re.findall(r"`((?:KEYCTL|VAULT|AWS|CI)_[A-Z_]+[A-Z])`", GUIDE))
    assert named - set(re.findall(r"[A-Z_]+", code)) == set()
    assert {"KEYCTL_SINKS", "KEYCTL_CREDENTIALS", "VAULT_ADDR", "KEYCTL_SINK_GITLAB_TOKEN"} <= named
