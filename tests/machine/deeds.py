"""All that people may do, by name."""

from __future__ import annotations

from tests.machine.chance import Choose
from tests.machine.company import COMPANY
from tests.machine.loss import LOSS
from tests.machine.runs import RUNS
from tests.machine.settings import SETTINGS
from tests.machine.silence import SILENCE
from tests.machine.work import WORK

DEEDS: dict[str, Choose] = {choose.__name__: choose for choose in (*WORK, *RUNS, *COMPANY, *LOSS, *SETTINGS, *SILENCE)}
SILENT = frozenset(choose.__name__ for choose in SILENCE)
"""Only an audit sees these."""
