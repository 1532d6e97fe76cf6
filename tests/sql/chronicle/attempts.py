"""The attempts of steps that somebody who comes late can still see."""

from __future__ import annotations

from bitbucket_emulator.world.model import Attempt, Repository


def attempts_shown(repository: Repository) -> list[Attempt]:
    """Those that are still shown, by start."""
    shown = {(run.uuid, step.uuid, step.run_number) for run in repository.pipelines.values() for step in run.steps}
    attempts = repository.contents.chronicle.attempts
    found = [each for each in attempts if (each.pipeline, each.step, each.run_number) in shown]
    return sorted(found, key=lambda each: each.started_on)
