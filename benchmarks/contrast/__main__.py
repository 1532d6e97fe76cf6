"""`python -m benchmarks.contrast`: the same histories, loaded by this connector and by dlt's `rest_api` source.

A history is a small emulated company, a first load, and three rounds of a few changes by chance (pushes, also of old
commits; force pushes; refs made, moved and deleted; pull requests opened, edited, commented, approved, merged and
declined; pipelines that start, finish later or run again; repositories made, forked, renamed, shown late, hidden,
deleted) with an hour up to three days between them, each followed by a load. At the end what each contender holds is
compared with a full read of the company: rows missing, rows stale (a column of a row is not as it is now) and rows too
many (deleted or hidden; `rest_api` with merge has no notion of it) are told apart. Nothing fails meanwhile and nothing
changes while a load reads: what is compared is only what each way of loading can see at all. How `rest_api` is
configured, and why so, stands in `rest_api.py`.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from benchmarks.contrast.contenders import CONTENDERS
from benchmarks.contrast.histories import live_through
from benchmarks.contrast.report import by_table, story, summary


def main(arguments: Sequence[str] | None = None) -> int:
    """Lives through the histories and prints. Returns 1 where this connector ends one of them unequal."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.contrast", description=__doc__)
    parser.add_argument("--histories", type=int, default=50, help="how many (default: 50)")
    parser.add_argument("--seed", type=int, default=1, help="another number, other histories (default: 1)")
    parser.add_argument("--only", type=int, help="the number of a history: this one alone, told whole")
    given = parser.parse_args(arguments)
    # dlt would tell of each column without a value
    os.environ.setdefault("RUNTIME__LOG_LEVEL", "ERROR")
    os.environ.setdefault("RUNTIME__DLTHUB_TELEMETRY", "false")
    numbers = range(1, given.histories + 1) if given.only is None else [given.only]
    ours = next(iter(CONTENDERS))
    histories = []
    for number in numbers:
        history = live_through(given.seed, number)
        histories.append(history)
        equal = ", ".join(f"{name}: {'equal' if end.is_equal else 'not'}" for name, end in history.outcomes.items())
        print(f"... history {number}: {equal}", file=sys.stderr, flush=True)
        told = CONTENDERS if given.only is not None else [ours]
        for name in told:
            if not history.outcomes[name].is_equal:
                print(story(history, name), file=sys.stderr, flush=True)
    print(f"{len(histories)} histories, seed {given.seed}.", summary(histories), sep="\n\n", end="\n\n")
    print("Rows that differ, and in how many histories:", by_table(histories), sep="\n\n")
    return 0 if all(history.outcomes[ours].is_equal for history in histories) else 1


if __name__ == "__main__":
    sys.exit(main())
