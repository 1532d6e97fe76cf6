"""Figures of an emulated company as its own chronicle has them, each beside the query that asks the models for it.

The chronicle was written while things happened; rows of the API do not enter it. A figure is a value by key: of a pull
request, a run, a step, a repository. Moments are microseconds since 1970. What was overwritten before anybody synced
(the attempt of a step that ran again later) is left out: no model can know it.
"""

from __future__ import annotations

from .figure import Figure
from .of_deployments import OF_DEPLOYMENTS
from .of_people import OF_PEOPLE
from .of_pull_requests import OF_PULL_REQUESTS
from .of_runs import OF_RUNS

FIGURES: tuple[Figure, ...] = (*OF_PULL_REQUESTS, *OF_DEPLOYMENTS, *OF_RUNS, *OF_PEOPLE)
