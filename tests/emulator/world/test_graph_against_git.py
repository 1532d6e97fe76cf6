"""The graph's answers compared with a real git's, over a generated repository written by `git fast-import`."""

from __future__ import annotations

import shutil
import subprocess
from itertools import pairwise
from random import Random
from typing import TYPE_CHECKING, NamedTuple

import pytest

from bitbucket_emulator.world import generate_world, graph
from bitbucket_emulator.world.actions import create_repository, push
from bitbucket_emulator.world.model import DAY, SECOND, Commit, Repository

if TYPE_CHECKING:
    from pathlib import Path

    from bitbucket_emulator.world import World

GIT = shutil.which("git")
pytestmark = pytest.mark.skipif(GIT is None, reason="git is not installed")

Tree = dict[str, str]


class Twin(NamedTuple):
    """A generated repository and the same in git; `ours` maps git's hashes to ours, `theirs` the other way round."""

    world: World
    repository: Repository
    folder: Path
    ours: dict[str, str]
    theirs: dict[str, str]

    def git(self, *arguments: str) -> list[str]:
        """The lines that git answers."""
        command = [GIT or "git", "-C", str(self.folder), *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.split("\n")[:-1]

    def rev_list(self, order: str, include: list[str], exclude: list[str]) -> list[str]:
        """Our hashes, in git's order."""
        refs = [self.theirs[each] for each in include] + ["^" + self.theirs[each] for each in exclude]
        return [self.ours[line] for line in self.git("rev-list", order, *refs)]


@pytest.fixture(scope="module", params=["platform", "ledger"])
def twin(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Twin:
    world = generate_world(seed=11, scale=0.4)
    repository = world.repository(world.workspace.uuid, request.param)
    assert repository is not None
    folder = tmp_path_factory.mktemp(request.param)
    subprocess.run([GIT or "git", "init", "-q", "--bare", str(folder)], check=True)
    marks = folder / "marks"
    command = [GIT or "git", "-C", str(folder), "fast-import", "--quiet", f"--export-marks={marks}"]
    subprocess.run(command, check=True, input=_stream(repository))
    numbers = dict(enumerate(repository.commits, 1))
    pairs = (line.split() for line in marks.read_text().splitlines())
    ours = {theirs: numbers[int(mark[1:])] for mark, theirs in pairs}
    return Twin(world, repository, folder, ours, {mine: theirs for theirs, mine in ours.items()})


def _stream(repository: Repository) -> bytes:
    marks = {name: index for index, name in enumerate(repository.commits, 1)}
    trees: dict[str, Tree] = {}
    lines: list[str] = []
    for commit in repository.commits.values():
        trees[commit.hash] = tree = _tree(repository, commit, trees)
        before = trees[commit.parents[0]] if commit.parents else {}
        message = commit.message
        lines += [f"commit refs/commits/{commit.hash}", f"mark :{marks[commit.hash]}"]
        lines += [f"committer Somebody <some@body.example> {commit.date // SECOND} +0000"]
        lines += [f"data {len(message.encode())}", message]
        lines += [f"{'merge' if index else 'from'} :{marks[parent]}" for index, parent in enumerate(commit.parents)]
        lines += [f"D {path}" for path in before if path not in tree]
        for path, content in tree.items():
            if before.get(path) != content:
                lines += [f"M 100644 inline {path}", f"data {len(content)}", content]
        lines.append("")
    return "\n".join(lines).encode()


def _tree(repository: Repository, commit: Commit, trees: dict[str, Tree]) -> Tree:
    """Path -> content, the content naming who changed the file last."""
    tree = dict(trees[commit.parents[0]]) if commit.parents else {}
    other = trees[commit.parents[1]] if len(commit.parents) > 1 else {}
    for change in graph.changes(repository, commit):
        tree.pop(change.old_path or change.path, None)
        if change.status != "removed":
            tree[change.path] = other.get(change.path, commit.hash) if other else commit.hash
    return tree


def _samples(twin: Twin, count: int) -> list[tuple[str, str]]:
    random = Random(3)
    names = list(twin.repository.commits)
    return [(random.choice(names), random.choice(names)) for _ in range(count)]


def test_all_refs_list_the_same_commits(twin: Twin) -> None:
    heads = graph.heads(twin.repository)
    ours = [each.hash for each in graph.log(twin.repository)]
    assert sorted(ours) == sorted(twin.rev_list("--topo-order", heads, []))
    dates = [twin.repository.commits[each].date for each in ours]
    assert dates == [twin.repository.commits[each].date for each in twin.rev_list("--date-order", heads, [])]


@pytest.mark.parametrize("order", ["--topo-order", "--date-order"])
def test_include_and_exclude(twin: Twin, order: str) -> None:
    for include, exclude in _samples(twin, 40):
        ours = [each.hash for each in graph.log(twin.repository, [include], [exclude])]
        assert sorted(ours) == sorted(twin.rev_list(order, [include], [exclude]))


def test_several_includes_and_excludes(twin: Twin) -> None:
    pairs = _samples(twin, 12)
    include, exclude = [pair[0] for pair in pairs], [pair[1] for pair in pairs[:4]]
    ours = [each.hash for each in graph.log(twin.repository, include, exclude)]
    assert sorted(ours) == sorted(twin.rev_list("--topo-order", include, exclude))


def test_children_come_before_parents(twin: Twin) -> None:
    seen: set[str] = set()
    for commit in graph.log(twin.repository):
        assert not seen.intersection(commit.parents) or commit.hash not in seen
        seen.add(commit.hash)
    place = {each.hash: index for index, each in enumerate(graph.log(twin.repository))}
    for commit in graph.log(twin.repository):
        assert all(place[parent] > place[commit.hash] for parent in commit.parents)


def test_merge_bases_and_ancestry(twin: Twin) -> None:
    for first, second in _samples(twin, 40):
        found = graph.merge_base(twin.repository, first, second)
        theirs = [twin.ours[line] for line in twin.git("merge-base", "--all", twin.theirs[first], twin.theirs[second])]
        assert found in theirs
        assert graph.is_ancestor(twin.repository, first, second) is (first in theirs)


def test_pull_requests_have_the_files_that_git_sees(twin: Twin) -> None:
    compared = 0
    for pull_request in twin.repository.pull_requests.values():
        source, destination = pull_request.source_hash, pull_request.destination_hash
        if pull_request.source_repository != twin.repository.uuid or pull_request.state == "OPEN":
            continue
        base = graph.merge_base(twin.repository, source, destination)
        own = list(graph.pull_request_commits(twin.world, pull_request))
        if base is None or any(len(commit.parents) > 1 for commit in own):
            continue  # what a back merge brought counts for git from the merge base on
        paths = twin.git("diff", "--no-renames", "--name-only", twin.theirs[base], twin.theirs[source])
        ours = graph.pull_request_diffstat(twin.world, pull_request)
        assert sorted(paths) == sorted({name for each in ours for name in (each.path, each.old_path) if name})
        compared += 1
    assert compared > 15


def test_histories_with_clocks_that_went_backwards_stay_topological(world: World) -> None:
    repository = create_repository(world, "skewed")
    random = Random(5)
    push(world, repository, "main", "alice")
    for number in range(60):
        heads = random.sample(list(repository.commits), k=min(len(repository.commits), random.choice((1, 1, 2))))
        push(
            world, repository, f"b{number}", "alice",
            parents=heads, date=world.clock - random.randrange(900) * DAY, message=f"Commit {number}",
        )  # fmt: skip
    ours = list(graph.log(repository))
    place = {commit.hash: index for index, commit in enumerate(ours)}
    assert len(ours) == len(repository.commits) == 61
    assert all(place[parent] > place[commit.hash] for commit in ours for parent in commit.parents)
    assert all(first.rank >= second.rank for first, second in pairwise(ours))
    for head in repository.branches.values():
        assert {each.hash for each in graph.log(repository, [head])} == graph.reachable(repository, [head])
