"""The contrast runs, and its measure is right: who reads everything again ends equal, and each kind is told apart."""

from __future__ import annotations

import re
from random import Random

import pytest

from benchmarks.contrast.__main__ import main
from benchmarks.contrast.comparing import MISSING, STALE, TOO_MANY, Difference, differences
from benchmarks.contrast.contenders import CONTENDERS
from benchmarks.contrast.histories import History, Outcome
from benchmarks.contrast.reading import TABLES, Rows, read_everything
from benchmarks.contrast.report import by_table, summary
from benchmarks.contrast.world import change, make_world
from bitbucket_emulator import Emulator

EMPTY: Rows = {table: {} for table in TABLES}


@pytest.mark.long
def test_two_histories_end_equal_for_this_connector_and_for_who_reads_everything_again(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["--histories", "2"]) == 0
    title, table, *_ = capsys.readouterr().out.strip().split("\n\n")
    assert title == "2 histories, seed 1."
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]
    assert [line[0] for line in lines] == list(CONTENDERS)
    assert [line[1:3] for line in (lines[0], lines[2])] == [["2 of 2", "2 of 2"]] * 2
    assert all(re.fullmatch(r"[1-9]\d*", cell) for line in lines for cell in line[3:])


def test_a_history_is_always_the_same() -> None:
    told = []
    for _ in range(2):
        random = Random("1 1")
        with Emulator(make_world(random)) as bitbucket:
            told.append((change(bitbucket, random), read_everything(bitbucket.base_url)))
    assert told[0] == told[1]
    assert all(told[0][1].values())


def test_rows_that_are_missing_stale_and_too_many_are_told_apart() -> None:
    truth = EMPTY | {"tags": {("r", "same"): ("1",), ("r", "moved"): ("2",), ("r", "new"): ("3",)}}
    found = EMPTY | {"tags": {("r", "same"): ("1",), ("r", "moved"): ("1",), ("r", "gone"): ("3",)}}
    assert differences(truth, found) == [
        Difference("tags", TOO_MANY, ("r", "gone")),
        Difference("tags", STALE, ("r", "moved")),
        Difference("tags", MISSING, ("r", "new")),
    ]


def test_the_report_forgives_rows_too_many_in_a_column_of_its_own() -> None:
    connector, cursors, everything = CONTENDERS
    too_many = [Difference("branches", TOO_MANY, ("r", name)) for name in ("a", "b")]
    histories = [
        History(1, [], {connector: Outcome(9, 8), cursors: Outcome(7, 6, too_many), everything: Outcome(5, 40)}),
        History(
            2,
            [],
            {
                connector: Outcome(9, 8),
                cursors: Outcome(7, 6, [Difference("pipelines", STALE, ("r", "p"))]),
                everything: Outcome(5, 40),
            },
        ),
    ]
    assert summary(histories).splitlines()[2:] == [
        f"| {connector} | 2 of 2 | 2 of 2 | 9 | 2 |",
        f"| {cursors} | 0 of 2 | 1 of 2 | 7 | 2 |",
        f"| {everything} | 2 of 2 | 2 of 2 | 5 | 10 |",
    ]
    assert by_table(histories).splitlines()[2:] == [
        f"| {cursors} | branches |  |  | 2 in 1 |",
        f"| {cursors} | pipelines |  | 1 in 1 |  |",
    ]
