"""Titles, branch names, commit messages and descriptions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bitbucket_emulator.world.generate import words

if TYPE_CHECKING:
    from bitbucket_emulator.world.generate.desk import Desk

_MAX_SLUG = 40


def invent_title(desk: Desk) -> tuple[str, str]:
    """An issue key (mostly; "" where somebody has no ticket) and a title."""
    random = desk.random
    key = ""
    if random.random() < 0.82:
        desk.issue += random.randrange(1, 6)
        key = f"{desk.plan.project}-{desk.issue}"
    if random.random() < 0.035:
        return key, random.choice(words.SPECIAL_TITLES)
    title = f"{random.choice(words.VERBS)} {random.choice(words.OBJECTS)}"
    return key, f"{title} {random.choice(words.DETAILS)}" if random.random() < 0.4 else title


def branch_name(desk: Desk, kind: str, key: str, title: str) -> str:
    """`kind/KEY-title-in-short`, not used before in this repository."""
    slug = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:_MAX_SLUG] or "change"
    name = f"{kind}/{key}-{slug}" if key else f"{kind}/{slug}"
    while name in desk.names:
        name += f"-{len(desk.names)}"
    desk.names.add(name)
    return name


def commit_message(desk: Desk, key: str, text: str) -> str:
    """A subject with the issue key, sometimes a body and trailers."""
    random = desk.random
    lines = [f"{key}: {text}" if key and random.random() < 0.8 else text]
    if random.random() < 0.18:
        lines += ["", f"{random.choice(words.OBJECTS).capitalize()} did not work {random.choice(words.DETAILS)}."]
    trailers = []
    if random.random() < 0.05:
        trailers.append(f"Co-authored-by: {random.choice(desk.team).raw}")
    if random.random() < 0.03:
        trailers.append("Co-authored-by: Pair Assistant <assistant@ai.example>")
    if random.random() < 0.04:
        trailers.append(f"Signed-off-by: {random.choice(desk.team).raw}")
    return "\n".join([*lines, "", *trailers] if trailers else lines) + "\n"


def describe(desk: Desk, title: str) -> str:
    """A description: often none, sometimes Markdown."""
    choice = desk.random.random()
    if choice < 0.35:
        return ""
    if choice < 0.75:
        return f"{title}, {desk.random.choice(words.DETAILS)}."
    return f"## Why\n\n{desk.random.choice(words.REMARKS)}\n\n## What\n\n* {title}\n* tests\n\n- [ ] checked on staging"
