"""How pull requests are reviewed: remarks, verdicts, answers, and another round."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bitbucket_emulator.world import graph
from bitbucket_emulator.world.actions.comments import (
    comment,
    create_task,
    delete_comment,
    edit_comment,
    resolve_comment,
    resolve_task,
)
from bitbucket_emulator.world.actions.reviews import (
    approve,
    change_reviewers,
    request_changes,
    unapprove,
    withdraw_changes,
)
from bitbucket_emulator.world.generate import words
from bitbucket_emulator.world.model import MINUTE, SECOND

if TYPE_CHECKING:
    from bitbucket_emulator.world.generate.desk import Desk, Play
    from bitbucket_emulator.world.generate.people import Person
    from bitbucket_emulator.world.model import Comment, PullRequest

_ROUNDS = 3


def review(desk: Desk, author: Person, pull_request: PullRequest, area: list[str], *, in_a_hurry: bool = False) -> Play:
    """Rounds of review until nobody wants changes (or everybody gives up asking)."""
    asked = set(pull_request.reviewers)
    reviewers = [each for each in desk.team if each.user.uuid in asked]
    if desk.chance(0.05):
        reviewers = reviewers[:0]  # nobody answers; the author merges alone
    if desk.chance(0.10):
        _bot_remark(desk, pull_request)
    for number in range(1 if in_a_hurry else _ROUNDS):
        open_threads: list[Comment] = []
        speed = 0.1 if in_a_hurry else 1.0 / (1 + number)
        arrivals = sorted(
            (
                (each.later(desk.now, each.review_hours * speed, desk.random), index)
                for index, each in enumerate(reviewers)
            )
        )
        for at, index in arrivals:
            yield at
            if pull_request.state != "OPEN":
                return
            yield from _look(desk, reviewers[index], pull_request, open_threads, calm=number > 0)
        if number == 0 and desk.chance(0.04):
            _ask_somebody_else(desk, author, pull_request)
        if not open_threads:
            return
        yield author.later(desk.now, 2.0, desk.random)
        yield from _answer(desk, author, pull_request, area, open_threads)
        reviewers = [each for each in reviewers if not _has_approved(pull_request, each)]


def _look(desk: Desk, reviewer: Person, pull_request: PullRequest, open_threads: list[Comment], *, calm: bool) -> Play:
    """One reviewer's visit: remarks within minutes of each other, then a verdict."""
    random = desk.random
    strict = reviewer.strictness * (0.4 if calm else 1.0)
    remarks = 0 if random.random() < 0.45 + 0.3 * calm else 1 + int(random.expovariate(0.6 / (1 + 3 * strict)))
    paths = [change.path for change in graph.pull_request_diffstat(desk.world, pull_request)] if remarks else []
    for _ in range(min(remarks, 9)):
        open_threads.append(_remark(desk, reviewer, pull_request, paths))
        yield desk.now + random.randrange(40 * SECOND, 8 * MINUTE)
        if pull_request.state != "OPEN":
            return
    participant = pull_request.participant(reviewer.user.uuid)
    state = participant.state if participant else None
    if remarks and random.random() < strict and state != "changes_requested":
        request_changes.do(desk.world, desk.repository, pull_request, reviewer.user, at=desk.now)
    elif state != "approved" and (not remarks or random.random() < 0.35):
        approve.do(desk.world, desk.repository, pull_request, reviewer.user, at=desk.now)
        if random.random() < 0.2:
            yield desk.now + random.randrange(5 * SECOND, 2 * MINUTE)
            text = random.choice(words.OVERALL)
            comment.do(desk.world, desk.repository, pull_request, reviewer.user, text, at=desk.now)
        if random.random() < 0.02:
            yield desk.now + random.randrange(3 * MINUTE, 50 * MINUTE)
            if pull_request.state == "OPEN":
                unapprove.do(desk.world, desk.repository, pull_request, reviewer.user, at=desk.now)


def _remark(desk: Desk, reviewer: Person, pull_request: PullRequest, paths: list[str]) -> Comment:
    random = desk.random
    path = random.choice(paths) if paths and random.random() < 0.75 else None
    line = random.randrange(1, 240) if path and random.random() < 0.93 else None
    old_line = None
    if line is not None and random.random() < 0.12:
        line, old_line = None, line
    text = random.choice(words.REMARKS)
    made = comment.do(
        desk.world, desk.repository, pull_request, reviewer.user, text, None, path, line, old_line,
        random.random() < 0.008, at=desk.now,
    )  # fmt: skip
    if random.random() < 0.06:
        text = random.choice(words.TASKS)
        create_task.do(desk.world, desk.repository, pull_request, reviewer.user, text, made, at=desk.now + SECOND)
    return made


def _answer(
    desk: Desk, author: Person, pull_request: PullRequest, area: list[str], open_threads: list[Comment]
) -> Play:
    """The author answers, pushes what was asked for, and closes the threads."""
    from bitbucket_emulator.world.generate.work import push_fix

    world, repository, random = desk.world, desk.repository, desk.random
    if pull_request.state != "OPEN":
        return
    if desk.chance(0.85):
        push_fix(desk, author, pull_request, area, random.choice(words.FIXES))
    for thread in open_threads:
        if not (thread.deleted or thread.pending):
            yield desk.now + random.randrange(20 * SECOND, 6 * MINUTE)
            _close_thread(desk, author, pull_request, thread)
    for task in pull_request.tasks.values():
        if task.state == "UNRESOLVED" and random.random() < 0.8:
            resolve_task.do(world, repository, pull_request, task, author.user, at=desk.now + 5 * SECOND)
    for participant in pull_request.participants:
        if participant.state == "changes_requested" and random.random() < 0.12:
            user = world.users[participant.user]
            withdraw_changes.do(world, repository, pull_request, user, at=desk.now + 9 * SECOND)


def _close_thread(desk: Desk, author: Person, pull_request: PullRequest, thread: Comment) -> None:
    world, repository, random = desk.world, desk.repository, desk.random
    if random.random() < 0.6:
        text = random.choice(words.REPLIES)
        reply = comment.do(world, repository, pull_request, author.user, text, thread, at=desk.now)
        if random.random() < 0.03:
            edit_comment.do(world, repository, pull_request, reply, f"{text} (edited)", at=desk.now + MINUTE)
    if random.random() < 0.4:
        resolve_comment.do(world, repository, pull_request, thread, author.user, at=desk.now + SECOND)
    if random.random() < 0.03:
        delete_comment.do(world, repository, pull_request, thread, at=desk.now + 2 * SECOND)


def _bot_remark(desk: Desk, pull_request: PullRequest) -> None:
    text = f"Coverage: {desk.random.randrange(700, 950) / 10} % ({desk.random.randrange(-9, 12) / 10:+} %)"
    bot = desk.company.build_bot.user
    comment.do(desk.world, desk.repository, pull_request, bot, text, at=desk.now + 3 * SECOND)


def _ask_somebody_else(desk: Desk, author: Person, pull_request: PullRequest) -> None:
    known = {*pull_request.reviewers, author.user.uuid}
    others = [each.user for each in desk.present() if each.user.uuid not in known]
    if others and pull_request.state == "OPEN":
        added = [desk.random.choice(others)]
        change_reviewers.do(desk.world, desk.repository, pull_request, author.user, added, at=desk.now)


def _has_approved(pull_request: PullRequest, person: Person) -> bool:
    participant = pull_request.participant(person.user.uuid)
    return participant is not None and participant.approved
