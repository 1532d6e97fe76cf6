"""The benchmark runs, and compares like with like."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.processes import Measured
from benchmarks.report import Results, faults, verdicts

_ROWS = {"pull_requests": 50, "commits": 200, "commit_parents": 241}


def measured(*, seconds: float = 1.0, peak: float = 100.0, made: int = 0, rows: dict[str, int] = _ROWS) -> Measured:
    return Measured(seconds, seconds, peak, 10, made, rows)


def results(
    *, ours: Measured | None = None, rest_api: Measured | None = None, doubled: Measured | None = None
) -> Results:
    return Results(
        contenders={
            "connector": ours or measured(),
            "rest_api": rest_api or measured(seconds=20.0),
            "read_json": measured(),
        },
        floors={name: measured(rows={}) for name in ("connector", "rest_api", "read_json")},
        doubled=doubled or measured(),
        seconds={
            "bitbucket-source --help": 0.1,
            "import dlt": 0.3,
            "import bitbucket_source": 0.1,
            "from bitbucket_source import bitbucket_source": 0.4,
            "second sync, 20 repositories, nothing new": 2.0,
        },
    )


@pytest.mark.parametrize(
    ("found", "missed"),
    [
        pytest.param(results(), [], id="all met"),
        pytest.param(results(rest_api=measured(seconds=14.0)), ["rows/s, times rest_api"], id="too slow"),
        pytest.param(
            results(ours=measured(peak=700.0), doubled=measured(peak=700.0)), ["peak memory"], id="too much memory"
        ),
        pytest.param(results(doubled=measured(peak=200.0)), ["peak memory, work doubled"], id="memory grows"),
    ],
)
def test_a_missed_target_is_named(found: Results, missed: list[str]) -> None:
    assert [each.what for each in verdicts(found) if not each.is_met] == missed


def test_contenders_with_other_rows_are_a_fault() -> None:
    fewer = measured(seconds=20.0, rows={**_ROWS, "commits": 199})
    assert list(faults(results(rest_api=fewer))) == [
        "rest_api loaded {'pull_requests': 50, 'commits': 199, 'commit_parents': 241}, "
        "the connector {'pull_requests': 50, 'commits': 200, 'commit_parents': 241}"
    ]


def test_an_answer_made_while_the_clock_ran_is_a_fault() -> None:
    assert list(faults(results(ours=measured(made=3)))) == ["connector asked for 3 answers that were not prepared"]


@pytest.mark.long
def test_the_command_runs_and_all_contenders_load_the_same_rows(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "benchmarks", "--quick", "--scale", "0.2", "--folder", str(tmp_path)]
    ended = subprocess.run(
        command, cwd=Path(__file__).resolve().parents[2], capture_output=True, text=True, check=False, timeout=300
    )
    assert ended.returncode == 0, ended.stderr
    title, table, targets = ended.stdout.strip().split("\n\n")
    assert title == "200 pull requests, 800 commits."
    rows = [[cell.strip() for cell in line.split("|")[1:3]] for line in table.splitlines()[2:]]
    assert rows == [
        ["connector", "1,000"],
        ["rest_api", "1,000"],
        ["read_json", "1,000"],
        ["connector, work doubled", "2,000"],
    ]
    assert len(targets.splitlines()) == 2 + 7
    assert list(tmp_path.iterdir()) == []
