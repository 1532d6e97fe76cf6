"""Code insights of a commit."""

from __future__ import annotations

from bitbucket_emulator.server import errors
from bitbucket_emulator.server.api import lookup
from bitbucket_emulator.server.endpoints import Call, Endpoints, Json
from bitbucket_emulator.server.paging import Envelope
from bitbucket_emulator.server.render import reports as render
from bitbucket_emulator.world.model import Report

endpoints = Endpoints()

_REPORTS = Envelope()
_BASE = "/repositories/{workspace}/{repo_slug}/commit/{commit}/reports"


@endpoints.get(_BASE, "repository")
def reports(call: Call) -> Json:
    """The reports of a commit."""
    return call.page(_reports(call), render.report, _REPORTS)


@endpoints.get(f"{_BASE}/{{report_id}}", "repository")
def report(call: Call) -> Json:
    """One report by uuid or external id."""
    return render.report(_report(call))


@endpoints.get(f"{_BASE}/{{report_id}}/annotations", "repository")
def report_annotations(call: Call) -> Json:
    """The findings of a report."""
    return call.page(_report(call).annotations, render.annotation, _REPORTS)


@endpoints.get(f"{_BASE}/{{report_id}}/annotations/{{annotation_id}}", "repository")
def report_annotation(call: Call) -> Json:
    """One finding by uuid or external id."""
    wanted = call.parameters["annotation_id"]
    for entry in _report(call).annotations:
        if wanted in (entry.uuid, entry.external_id):
            return render.annotation(entry)
    raise errors.not_found(f"Annotation {wanted} not found")


def _reports(call: Call) -> list[Report]:
    home = lookup.open_repository(call)
    return list(home.reports.get(lookup.commit(call, home).hash, {}).values())


def _report(call: Call) -> Report:
    wanted = call.parameters["report_id"]
    for entry in _reports(call):
        if wanted in (entry.uuid, entry.external_id):
            return entry
    raise errors.not_found(f"Report {wanted} not found")
