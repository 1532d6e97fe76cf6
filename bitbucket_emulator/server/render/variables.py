"""Variables, runners, and what schedules started (shapes from the schema: no recording)."""

from __future__ import annotations

from typing import Any

from bitbucket_emulator.server import timestamps
from bitbucket_emulator.world.model import Pipeline, Runner, Variable

Json = dict[str, Any]


def variable(entry: Variable) -> Json:
    """A variable; the value of a secured one is never shown."""
    shown = {"type": "pipeline_variable", "uuid": entry.uuid, "key": entry.key, "secured": entry.secured}
    return shown if entry.secured else {**shown, "value": entry.value}


def runner(entry: Runner) -> Json:
    """A machine that runs steps."""
    return {
        "type": "pipeline_runner",
        "uuid": entry.uuid,
        "name": entry.name,
        "labels": list(entry.labels),
        "state": {
            "type": "pipeline_runner_state",
            "status": entry.status,
            "updated_on": timestamps.java_style(entry.updated_on),
        },
        "created_on": timestamps.java_style(entry.created_on),
        "updated_on": timestamps.java_style(entry.updated_on),
    }


def execution(run: Pipeline) -> Json:
    """A run that a schedule started."""
    return {
        "type": "pipeline_schedule_execution_executed",
        "pipeline": {"type": "pipeline", "uuid": run.uuid},
        "executed_on": timestamps.java_style(run.created_on),
    }
