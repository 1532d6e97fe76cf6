"""Code insights: reports of a commit and their annotations (shape from the schema: no recording)."""

from __future__ import annotations

from typing import Any

from bitbucket_emulator.server import timestamps
from bitbucket_emulator.world.model import Annotation, Report

Json = dict[str, Any]


def report(entry: Report) -> Json:
    """A report."""
    return {
        "type": "report",
        "uuid": entry.uuid,
        "title": entry.title,
        "details": entry.details,
        "external_id": entry.external_id,
        "reporter": entry.reporter,
        "remote_link_enabled": False,
        "report_type": entry.report_type,
        "result": entry.result,
        "data": [{"title": title, "type": kind, "value": value} for title, kind, value in entry.data],
        "created_on": timestamps.java_style(entry.created_on),
        "updated_on": timestamps.java_style(entry.updated_on),
    }


def annotation(entry: Annotation) -> Json:
    """One finding of a report."""
    shown: Json = {
        "type": "report_annotation",
        "uuid": entry.uuid,
        "external_id": entry.external_id,
        "annotation_type": entry.annotation_type,
        "path": entry.path,
        "line": entry.line,
        "summary": entry.summary,
        "severity": entry.severity,
        "created_on": timestamps.java_style(entry.created_on),
        "updated_on": timestamps.java_style(entry.updated_on),
    }
    return shown if entry.result is None else {**shown, "result": entry.result}
