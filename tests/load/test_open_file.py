"""DuckDB's file is locked against other programs while one has it open: a sync that waits lets go of it."""

from __future__ import annotations

import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from bitbucket_emulator import Emulator, Fault
from bitbucket_source.api.retry import RetryPolicy
from bitbucket_source.load import slices
from bitbucket_source.source import selected_tables
from bitbucket_source.sync.agenda import SliceLimit
from tests.source.conftest import Warehouse

_OPEN = "import duckdb, sys; duckdb.connect(sys.argv[1]).execute('checkpoint')"


def test_others_write_to_the_file_while_a_later_slice_waits_for_the_rate_limit(
    bitbucket: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slices, "SLICE", SliceLimit(requests=20))
    warehouse = Warehouse(bitbucket, tmp_path)
    session = replace(warehouse.session(), retry=RetryPolicy())
    out_of_quota = Fault(kind="rate_limit", retry_after="seconds", seconds=600)
    opened: list[int] = []
    is_over = threading.Event()

    def open_it() -> None:
        while not session.budget.waiting and not is_over.is_set():
            is_over.wait(0.01)
        while not opened and not is_over.is_set():
            ended = subprocess.run([sys.executable, "-c", _OPEN, warehouse.path], capture_output=True, check=False)
            if ended.returncode == 0:
                opened.append(ended.returncode)
        session.budget.stop("seen enough")

    def spend_the_quota(_: slices.SyncResult) -> None:
        bitbucket.add_fault(out_of_quota)

    other = threading.Thread(target=open_it)
    late = threading.Timer(30, is_over.set)
    other.start()
    late.start()
    result = slices.run_sync(warehouse.pipeline(), session, selected_tables(None), on_slice=spend_the_quota)
    late.cancel()
    is_over.set()
    other.join()

    assert opened == [0]
    assert (result.stopped, result.slices) == ("seen enough", 2)
