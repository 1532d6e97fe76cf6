"""The benchmark of activity and comments runs, and both contenders load all that was said in the repository."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.reviews.__main__ import main
from benchmarks.work import REPOSITORY, SEED
from bitbucket_emulator import generate_world

SCALE = 0.2


def test_both_contenders_load_every_comment_and_all_activity(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world = generate_world(seed=SEED, repositories=3, scale=SCALE)
    (repository,) = (each for each in world.repositories.values() if each.slug == REPOSITORY)
    pull_requests = repository.pull_requests.values()
    comments = sum(len(each.comments) for each in pull_requests)
    activity = comments + sum(len(each.events) for each in pull_requests)

    assert main(["--scale", str(SCALE), "--folder", str(tmp_path)]) == 0

    title, table = capsys.readouterr().out.strip().split("\n\n")
    assert title == f"{len(pull_requests)} pull requests."
    lines = [[cell.strip() for cell in line.split("|")[1:5]] for line in table.splitlines()[2:]]
    (connector, ours, *of_ours), (rest_api, theirs, *of_theirs) = lines
    assert (connector, rest_api) == ("connector", "rest_api")
    assert of_ours == of_theirs == [f"{activity:,}", f"{comments:,}"]
    # a page of pull requests, and the two lists of each: none is longer than a page
    assert int(theirs) == 1 + 2 * len(pull_requests)
    assert int(ours) < int(theirs)
    assert list(tmp_path.iterdir()) == []
