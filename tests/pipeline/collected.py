"""A job's reports as GitLab takes them: each by a format of its own, and nothing of one that breaks it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema_rs
import yaml
from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics import parser

from tests.packaging.checkout import ROOT
from tests.pipeline.gitlab import Pipeline
from tests.reports.test_codequality import VALIDATOR as CODE_QUALITY
from tests.reports.test_junit import XSD as JUNIT

families: Callable[[str], Iterable[Metric]] = parser.text_string_to_metric_families
COMPARISON = jsonschema_rs.validator_for(
    json.loads((ROOT / "schemas" / "comparison.schema.json").read_text("utf-8")), validate_formats=True
)


def collect(pipeline: Pipeline, job: str) -> dict[str, Any]:
    """The reports that the job declares, by kind, each of them valid."""
    described = _expanded(pipeline)[job]["artifacts"]["reports"]
    return {kind: _READERS[kind](pipeline.report(job, path)) for kind, path in described.items()}


def comparison(file: Path) -> Any:
    """A comparison document that is what its schema says."""
    document = json.loads(file.read_text("utf-8"))
    assert [error.message for error in COMPARISON.iter_errors(document)] == []
    return document


def _expanded(pipeline: Pipeline) -> dict[str, Any]:
    """The pipeline with what it includes and extends."""
    text = (pipeline.folder / ".gitlab-ci-local" / "expanded-gitlab-ci.yml").read_text("utf-8")
    read: dict[str, Any] = yaml.safe_load(text.removeprefix("---\n"))
    return read


def _code_quality(file: Path) -> Any:
    issues = json.loads(file.read_text("utf-8"))
    assert [error.message for error in CODE_QUALITY.iter_errors(issues)] == []
    return issues


def _junit(file: Path) -> ElementTree.Element:
    text = file.read_text("utf-8")
    JUNIT.validate(text)
    return ElementTree.fromstring(text)


def _terraform(file: Path) -> Any:
    counts = json.loads(file.read_text("utf-8"))
    assert set(counts) == {"create", "update", "delete"} and all(type(one) is int for one in counts.values())
    return counts


def _metrics(file: Path) -> set[str]:
    return {family.name for family in families(file.read_text("utf-8"))}


_READERS = {"codequality": _code_quality, "junit": _junit, "terraform": _terraform, "metrics": _metrics}
