"""How code comes about: branches, commits, pull requests and their ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bitbucket_emulator.world import graph
from bitbucket_emulator.world.actions.closing import decline, merge
from bitbucket_emulator.world.actions.git import delete_branch
from bitbucket_emulator.world.actions.reviews import edit_pull_request, open_pull_request, retarget, set_draft
from bitbucket_emulator.world.commits import move_branch
from bitbucket_emulator.world.generate import words
from bitbucket_emulator.world.generate.delivery import check_pull_request, main_moved
from bitbucket_emulator.world.generate.review import review
from bitbucket_emulator.world.generate.wording import branch_name, commit_message, describe, invent_title
from bitbucket_emulator.world.model import MINUTE

if TYPE_CHECKING:
    from collections.abc import Generator

    from bitbucket_emulator.world.generate.desk import Desk, Play
    from bitbucket_emulator.world.generate.people import Person
    from bitbucket_emulator.world.model import PullRequest


def feature(desk: Desk, author: Person, kind: str = "feature") -> Play:
    """One piece of work from the first commit to the merge, the rejection, or oblivion."""
    desk.must_push()
    key, title = invent_title(desk)
    branch, area, size = branch_name(desk, kind, key, title), desk.files.area(), desk.random.lognormvariate(-0.1, 0.6)
    base = _stack(desk, branch)
    yield from write(desk, author, branch, area, key, title, 1 + int(desk.random.expovariate(0.48)), size)
    full_title = f"{key} {title}" if key else title
    pull_request = open_for(desk, author, branch, full_title, base=base, draft=desk.chance(0.14))
    if pull_request.draft:
        yield from write(desk, author, branch, area, key, title, desk.random.randrange(3), size)
        yield author.later(desk.now, 10, desk.random)
        set_draft.do(desk.world, desk.repository, pull_request, draft=False, user=author.user, at=desk.now)
    if desk.chance(0.08):
        yield desk.now + desk.random.randrange(2, 30) * MINUTE
        text = describe(desk, title)
        edit_pull_request.do(desk.world, desk.repository, pull_request, author.user, None, text, at=desk.now)
    yield from finish(desk, author, pull_request, area)


def hotfix(desk: Desk, author: Person) -> Play:
    """A small repair that cannot wait."""
    desk.must_push()
    key, title = invent_title(desk)
    branch, area = branch_name(desk, "hotfix", key, title), desk.files.area()
    desk.commit(branch, author, commit_message(desk, key, f"Hotfix: {title}"), desk.files.change(area, 0.4))
    pull_request = open_for(desk, author, branch, f"{key} Hotfix: {title}", reviewers=1)
    yield desk.now + desk.random.randrange(10, 50) * MINUTE
    yield from review(desk, author, pull_request, area, in_a_hurry=True)
    yield from land(desk, author, pull_request, area)


def revert(desk: Desk, author: Person, commit: str) -> Play:
    """Take a commit of the main branch back, as Bitbucket's Revert button writes it."""
    desk.must_push()
    bad = desk.repository.commits[commit]
    subject = bad.message.partition("\n")[0]
    undone = [
        change._replace(lines_added=change.lines_removed, lines_removed=change.lines_added)
        for change in graph.changes(desk.repository, bad)
        if change.status == "modified"
    ]
    branch = f"revert-{commit[:8]}-{desk.repository.contents.comment_count}"
    message = f'Revert "{subject}"\n\nThis reverts commit {commit}.'
    desk.commit(branch, author, message, undone, parents=(desk.main_head,))
    pull_request = open_for(desk, author, branch, f'Revert "{subject}"', reviewers=1)
    yield desk.now + desk.random.randrange(3, 20) * MINUTE
    yield from land(desk, author, pull_request, desk.files.area())


def direct_push(desk: Desk, author: Person) -> Play:
    """A commit straight to the main branch, perhaps by somebody without account."""
    raw = desk.random.choice(words.OUTSIDERS) if desk.chance(0.15) else None
    message = desk.random.choice(("Fix typo", "Update README", "Bump version", "Tidy up configuration", "WIP"))
    commit = desk.commit(desk.main, author, message, desk.files.change(desk.files.area(), 0.3), raw=raw)
    main_moved(desk, commit, author)
    yield from ()


def write(
    desk: Desk, author: Person, branch: str, area: list[str], key: str, title: str, count: int, size: float
) -> Play:
    """Write `count` commits over hours and days, pushing now and then; at the end everything is pushed."""
    repository = desk.repository
    for number in range(count):
        unpushed = desk.chance(0.4)
        text = title if number == 0 else desk.random.choice(words.DETAILS).capitalize()
        head = _unpushed_head(desk, branch)
        raw = desk.random.choice(words.OUTSIDERS) if desk.chance(0.012) else None
        commit = desk.commit(
            branch,
            author,
            commit_message(desk, key, text),
            desk.files.change(area, size),
            raw=raw,
            parents=head,
            pushed=not unpushed or number == count - 1,
        )
        desk.drafts[branch] = commit.hash
        yield author.later(desk.now, desk.random.choice((0.3, 1, 4, 18)), desk.random)
    desk.must_push()
    if count and desk.chance(0.09) and not graph.is_ancestor(repository, desk.main_head, desk.drafts[branch]):
        _back_merge(desk, author, branch)


def open_for(
    desk: Desk,
    author: Person,
    branch: str,
    title: str,
    *,
    base: str | None = None,
    draft: bool = False,
    reviewers: int | None = None,
) -> PullRequest:
    """Open a pull request and ask colleagues."""
    colleagues = [each for each in desk.present() if each is not author]
    asked = min(len(colleagues), reviewers or desk.random.choice((1, 1, 2, 2, 3)))
    pull_request = open_pull_request.do(
        desk.world,
        desk.repository,
        branch,
        author.user,
        base if base in desk.repository.branches else desk.main,
        title,
        describe(desk, title),
        [each.user for each in desk.random.sample(colleagues, asked)],
        draft,
        close_source_branch=desk.chance(0.8),
        at=desk.now,
    )
    desk.checks[pull_request.id] = check_pull_request(desk, pull_request, author)
    return pull_request


def finish(desk: Desk, author: Person, pull_request: PullRequest, area: list[str]) -> Play:
    """Review, and then one of the ends a pull request can have."""
    fate = desk.random.random()
    if fate < 0.03:  # nobody ever looks at it again
        return
    yield from review(desk, author, pull_request, area)
    if fate < 0.045:
        return
    yield author.later(desk.now, desk.random.choice((0.2, 1, 5)), desk.random)
    if fate < 0.10:
        reason = desk.random.choice(words.DECLINE_REASONS)
        decline.do(desk.world, desk.repository, pull_request, author.user, reason, at=desk.now)
        if desk.may_push() and desk.chance(0.6) and pull_request.source_branch in desk.repository.branches:
            delete_branch.do(desk.world, desk.repository, pull_request.source_branch, at=desk.now)
        return
    yield from land(desk, author, pull_request, area)


def land(desk: Desk, author: Person, pull_request: PullRequest, area: list[str]) -> Play:
    """Make the checks green, bring the branch up to date where that is the habit, and merge."""
    yield from _make_green(desk, author, pull_request, area)
    yield from _follow_base(desk, author, pull_request)
    if desk.plan.strategy == "fast_forward" or desk.chance(0.05):
        _rebase(desk, author, pull_request)
    desk.must_push()
    if pull_request.state != "OPEN" or pull_request.source_branch not in desk.repository.branches:
        return
    if graph.is_ancestor(
        desk.repository, pull_request.source_hash, desk.repository.branches[pull_request.destination_branch]
    ):
        return
    brought = graph.pull_request_diffstat(desk.world, pull_request)
    strategy = desk.plan.strategy if desk.chance(0.96) or desk.plan.strategy == "fast_forward" else "merge_commit"
    approvers = [
        each for each in desk.team if any(p.user == each.user.uuid and p.approved for p in pull_request.participants)
    ]
    merger = desk.random.choice(approvers) if approvers and desk.chance(0.25) else author
    merge.do(desk.world, desk.repository, pull_request, merger.user, strategy, at=desk.now)
    desk.files.adopt(area, brought)
    desk.drafts.pop(pull_request.source_branch, None)
    if pull_request.destination_branch == desk.main:
        main_moved(desk, desk.repository.commits[desk.main_head], merger)


def _stack(desk: Desk, branch: str) -> str | None:
    """Now and then build on a colleague's open pull request: its branch becomes the destination."""
    if not desk.chance(0.02):
        return None
    requests = desk.repository.pull_requests.values()
    open_branches = [
        p.source_branch for p in requests if p.state == "OPEN" and p.source_branch in desk.repository.branches
    ]
    if not open_branches:
        return None
    base = desk.random.choice(open_branches)
    desk.drafts[branch] = desk.repository.branches[base]
    return base


def _make_green(desk: Desk, author: Person, pull_request: PullRequest, area: list[str]) -> Play:
    outcome = desk.checks.get(pull_request.id)
    for _ in range(3):
        if outcome is None or outcome.green:
            return
        yield author.later(max(desk.now, outcome.ended), 0.6, desk.random)
        push_fix(desk, author, pull_request, area, "Fix the build")
        outcome = desk.checks[pull_request.id]


def push_fix(desk: Desk, author: Person, pull_request: PullRequest, area: list[str], text: str) -> None:
    """Push one more commit to the pull request's branch; the checks run again."""
    desk.must_push()
    branch = pull_request.source_branch
    commit = desk.commit(branch, author, text, desk.files.change(area, 0.5), parents=_unpushed_head(desk, branch))
    desk.drafts[branch] = commit.hash
    desk.checks[pull_request.id] = check_pull_request(desk, pull_request, author)


def _follow_base(desk: Desk, author: Person, pull_request: PullRequest) -> Generator[int, None, None]:
    """Where the destination was another feature branch that is merged by now, go for the main branch."""
    if pull_request.destination_branch not in desk.repository.branches:
        retarget.do(desk.world, desk.repository, pull_request, desk.main, author.user, at=desk.now)
        yield desk.now + 2 * MINUTE


def _back_merge(desk: Desk, author: Person, branch: str) -> None:
    """Merge the main branch into the feature branch."""
    head = _unpushed_head(desk, branch)
    assert head is not None
    message = f"Merge branch '{desk.main}' into {branch}"
    desk.drafts[branch] = desk.commit(branch, author, message, [], parents=(*head, desk.main_head)).hash


def _rebase(desk: Desk, author: Person, pull_request: PullRequest) -> None:
    """Write the branch anew on top of its destination: a force push, the old commits are left behind."""
    repository, branch = desk.repository, pull_request.source_branch
    head = repository.branches[pull_request.destination_branch]
    if branch not in repository.branches or graph.is_ancestor(repository, head, repository.branches[branch]):
        return
    own = [commit for commit in graph.pull_request_commits(desk.world, pull_request) if len(commit.parents) == 1]
    for commit in reversed(own):
        head = desk.commit(
            branch, author, commit.message, list(commit.changes), raw=commit.author_raw, parents=(head,), pushed=False
        ).hash
    desk.drafts[branch] = head
    move_branch(desk.world, repository, branch, head, author.user, desk.now)


def _unpushed_head(desk: Desk, branch: str) -> tuple[str, ...] | None:
    head = desk.drafts.get(branch) or desk.repository.branches.get(branch)
    return (head,) if head else None
