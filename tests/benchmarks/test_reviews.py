"""The benchmark of activity and comments runs, and all contenders load all that was said in the repository."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.reviews.__main__ import main
from benchmarks.work import REPOSITORY, SEED
from bitbucket_emulator import generate_world

SCALE = 0.2


@pytest.mark.long
def test_all_contenders_load_every_comment_and_all_activity(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    world = generate_world(seed=SEED, repositories=3, scale=SCALE)
    (repository,) = (each for each in world.repositories.values() if each.slug == REPOSITORY)
    pull_requests = repository.pull_requests.values()
    comments = sum(len(each.comments) for each in pull_requests)
    activity = comments + sum(len(each.events) for each in pull_requests)

    assert main(["--scale", str(SCALE), "--folder", str(tmp_path)]) == 0

    title, table = capsys.readouterr().out.strip().split("\n\n")
    assert title == f"{len(pull_requests)} pull requests."
    lines = [[cell.strip() for cell in line.split("|")[1:5]] for line in table.splitlines()[2:]]
    assert [name for name, *_ in lines] == ["connector", "rest_api", "rest_api_parquet"]
    assert [rows for _, _, *rows in lines] == [[f"{activity:,}", f"{comments:,}"]] * 3
    ours, *theirs = [int(requests) for _, requests, *_ in lines]
    # a page of pull requests, and the two lists of each: none is longer than a page
    assert theirs == [1 + 2 * len(pull_requests)] * 2
    assert ours < theirs[0]
    assert list(tmp_path.iterdir()) == []
